// SPDX-License-Identifier: Apache-2.0
#include "tests/eval/incumbents.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <set>

namespace gatewitness::eval {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

bool is_opaque(const Session& session) {
  return session.tls >= wire::Tls::kStarted;
}
bool refused(const Session& session) {
  return session.fate == Fate::kTalks && !is_opaque(session) && session.stop != Stop::kNowhere &&
         session.code >= 500;
}
bool judged(const Session& session) {
  return session.fate == Fate::kTalks && (session.messages > 0 || session.stop != Stop::kNowhere);
}

// So many messages within an hour.
template <uint32_t kLimit>
class CountThreshold : public Incumbent {
 public:
  bool ended(const Session& session, Timestamp now) override {
    if (!judged(session)) return false;
    times_.push_back(now);
    while (times_.front() <= now - hours(1)) times_.pop_front();
    return times_.size() >= kLimit;
  }

 private:
  std::deque<Timestamp> times_;
};

// Duan et al., section on percentage-based detection: in a window with at least six messages, half are spam.
class Percentage : public Incumbent {
 public:
  bool ended(const Session& session, Timestamp now) override {
    if (!judged(session)) return false;
    seen_.push_back({now, refused(session)});
    while (seen_.front().first <= now - hours(1)) seen_.pop_front();
    const auto bad = std::count_if(seen_.begin(), seen_.end(), [](const auto& s) { return s.second; });
    return seen_.size() >= 6 && 2 * bad >= static_cast<std::ptrdiff_t>(seen_.size());
  }

 private:
  std::deque<std::pair<Timestamp, bool>> seen_;
};

// The rule in many router configurations: connections to port 25 that are open at a time.
template <std::size_t kLimit>
class Simultaneous : public Incumbent {
 public:
  bool opened(const Session& session, Timestamp) override {
    if (session.port != 25) return false;
    return ++open_ > kLimit;
  }
  bool ended(const Session& session, Timestamp) override {
    if (session.port == 25 && open_ > 0) --open_;
    return false;
  }

 private:
  std::size_t open_ = 0;
};

class FiftyPerSecond : public Incumbent {
 public:
  bool opened(const Session& session, Timestamp now) override {
    if (session.port != 25) return false;
    times_.push_back(now);
    while (times_.front() <= now - seconds(1)) times_.pop_front();
    return times_.size() >= 50;
  }

 private:
  std::deque<Timestamp> times_;
};

// ntopng's "SMTP server contacts": more than five servers in the host's life.
class ServerContacts : public Incumbent {
 public:
  bool opened(const Session& session, Timestamp) override {
    return servers_.insert(session.server).second && servers_.size() > 5;
  }

 private:
  std::set<IpAddress> servers_;
};

// Jung et al. 2004 on first contacts, with the paper's parameters; starts anew after each decision.
class ThresholdRandomWalk : public Incumbent {
 public:
  bool ended(const Session& session, Timestamp) override {
    if (!contacted_.insert(session.server).second) return false;
    ratio_ *= session.fate == Fate::kTalks ? 0.2 / 0.8 : 0.8 / 0.2;
    if (ratio_ <= 0.01) ratio_ = 1;
    if (ratio_ < 99) return false;
    ratio_ = 1;
    return true;
  }

 private:
  std::set<IpAddress> contacted_;
  double ratio_ = 1;
};

// Duan et al. 2012, alpha = beta = 0.01, theta0 = 0.2, theta1 = 0.9; a refusal stands for "spam".
class Spot : public Incumbent {
 public:
  bool ended(const Session& session, Timestamp) override {
    if (!judged(session)) return false;
    walk_ += refused(session) ? std::log(0.9 / 0.2) : std::log(0.1 / 0.8);
    if (walk_ < std::log(0.01 / 0.99)) walk_ = 0;
    if (walk_ < std::log(0.99 / 0.01)) return false;
    walk_ = 0;
    return true;
  }

 private:
  double walk_ = 0;
};

// After Nemea's spam detector: flows of an hour, their ratio of bytes out to in and their unique servers, in
// a logistic score. The weights are ours, chosen so that ten servers an hour at an even ratio score one half.
class ServerScore : public Incumbent {
 public:
  bool ended(const Session& session, Timestamp now) override {
    seen_.push_back({now, session.server, out_bytes(session)});
    while (seen_.front().time <= now - hours(1)) seen_.pop_front();
    std::set<IpAddress> servers;
    double out = 0;
    for (const auto& flow : seen_) {
      servers.insert(flow.server);
      out += flow.out;
    }
    const double ratio = out / (500.0 * static_cast<double>(seen_.size()));
    const double score =
        0.5 * (static_cast<double>(servers.size()) - 10) + 0.5 * std::log(std::max(0.1, ratio) / 5);
    return score > 0;
  }

 private:
  struct Flow {
    Timestamp time;
    IpAddress server;
    double out;
  };
  static double out_bytes(const Session& session) {
    return session.fate == Fate::kTalks ? static_cast<double>(session.body_bytes) + 200 : 60;
  }
  std::deque<Flow> seen_;
};

template <typename T>
std::unique_ptr<Incumbent> make() {
  return std::make_unique<T>();
}

}  // namespace

const std::vector<IncumbentKind>& incumbents() {
  static const std::vector<IncumbentKind> kAll = {
      {"100/h", "100 messages an hour", make<CountThreshold<100>>},
      {"30/h", "30 messages an hour", make<CountThreshold<30>>},
      {"20/h", "20 messages an hour", make<CountThreshold<20>>},
      {"half refused", "percentage threshold: half of at least six an hour are refused", make<Percentage>},
      {">10 open", "MikroTik: more than 10 connections to port 25 at a time", make<Simultaneous<10>>},
      {">30 open", "MikroTik: more than 30 at a time", make<Simultaneous<30>>},
      {"50/s", "MikroTik: 50 new connections to port 25 in a second", make<FiftyPerSecond>},
      {">5 servers", "ntopng: more than five mail servers in a life", make<ServerContacts>},
      {"TRW", "Jung et al.: first contacts that fail", make<ThresholdRandomWalk>},
      {"SPOT", "Duan et al., refusals as its signal", make<Spot>},
      {"Nemea", "logistic score of unique servers and byte ratio, an hour", make<ServerScore>},
  };
  return kAll;
}

}  // namespace gatewitness::eval
