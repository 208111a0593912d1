// SPDX-License-Identifier: Apache-2.0
//
// A year's journal of a busy home: as many NAT bindings as are asked for, spread over 365 days, with the
// attempts, leases and names of 30 devices among them; then questions about random moments of that year, each
// answer checked. The same home with a thousandth of the bindings gives the figure to compare with.
//
//   bench-journal [BINDINGS [FOLDER]]     default 10000000, in /var/tmp; the journal there is kept if it has
//   as many
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "daemon/journal/journal.h"
#include "probes/wire/codec.h"

namespace gatewitness::bench {
namespace {

using namespace std::chrono_literals;
using journal::Journal;
namespace fs = std::filesystem;

constexpr uint64_t kDevices = 30;
constexpr uint64_t kAttemptEvery = 50;  // of so many connections one is mail
constexpr Duration kYear = std::chrono::hours(24 * 365);
const Timestamp kBegin{std::chrono::seconds(1'735'689'600)};
constexpr uint64_t kMaxBytes = 8ULL << 30;
const IpAddress kHome = *IpAddress::parse("203.0.113.7");

[[noreturn]] void fail(const std::string& text) {
  std::fprintf(stderr, "bench-journal: %s\n", text.c_str());
  std::exit(1);
}

MacAddress mac_of(uint64_t device) {
  return {{0x02, 0x00, 0x5e, 0x10, 0x00, static_cast<uint8_t>(device)}};
}
IpAddress address_of(uint64_t device) {
  return IpAddress::v4({192, 168, 1, static_cast<uint8_t>(10 + device)});
}

// The connection of this number: the same for who writes and who asks.
struct Connection {
  Connection(uint64_t number, uint64_t all) {
    std::mt19937_64 dice(number * 0x9e3779b97f4a7c15ULL + 1);
    device = dice() % kDevices;
    port = static_cast<uint16_t>(1024 + dice() % 64'000);
    const uint64_t server = dice() % 5000;
    began = kBegin + kYear / static_cast<int64_t>(all) * static_cast<int64_t>(number);
    ended = began + std::chrono::milliseconds(200 + dice() % 20'000);
    is_mail = number % kAttemptEvery == 0;
    inside = {
        {address_of(device), static_cast<uint16_t>(1024 + dice() % 64'000)},
        {IpAddress::v4({198, 18, static_cast<uint8_t>(server / 250), static_cast<uint8_t>(server % 250)}),
         static_cast<uint16_t>(is_mail ? 25 : 443)},
        kProtocolTcp};
    queue_id = "4Q" + std::to_string(number) + "X";
  }
  uint64_t device;
  uint16_t port;
  Timestamp began, ended;
  bool is_mail;
  FiveTuple inside;
  std::string queue_id;
};

class Writer {
 public:
  Writer(Journal& journal, uint64_t all) : journal_(journal), all_(all) {}

  void write() {
    note("kernel", kBegin, wire::LocalAddress{"wan", {}, kHome, 24, false});
    note("kernel", kBegin,
         wire::LocalAddress{"br-lan", mac_of(200), IpAddress::v4({192, 168, 1, 1}), 24, false});
    for (uint64_t i = 0; i < all_; ++i) {
      const Connection connection(i, all_);
      if (connection.began >= leases_due_) leases(connection.began);
      bindings(connection, i);
      if (i % 100'000 == 0) {
        std::fprintf(stderr, "\r%llu million bindings ", static_cast<unsigned long long>(i / 1'000'000));
        if (auto done = journal_.snapshot(connection.ended, std::vector<uint8_t>(1000, 1)); !done)
          fail(done.error());
      }
    }
    if (auto done = journal_.snapshot(kBegin + kYear, std::vector<uint8_t>(1000, 1)); !done)
      fail(done.error());
    std::fprintf(stderr, "\n");
  }

 private:
  void note(const char* probe, Timestamp time, wire::Record record) {
    const wire::Envelope envelope{{probe, 1, sequence_++, time}, std::move(record)};
    if (auto done = journal_.note(envelope, wire::encode(envelope)); !done) fail(done.error());
  }
  void leases(Timestamp now) {
    leases_due_ = now + 12h;
    for (uint64_t device = 0; device < kDevices; ++device) {
      note("capture", now,
           wire::AddressClaim{"br-lan", mac_of(device), address_of(device), wire::ClaimSource::kDhcp, 86'400,
                              false, false});
      note("capture", now,
           wire::IdentityFact{"br-lan", mac_of(device), address_of(device), wire::FactKind::kDhcpHostName,
                              "device-" + std::to_string(device)});
    }
  }
  void bindings(const Connection& connection, uint64_t number) {
    wire::Binding binding;
    binding.id = number;
    binding.inside = connection.inside;
    binding.outside = {{kHome, connection.port}, connection.inside.destination, kProtocolTcp};
    binding.started = connection.began;
    binding.ended = connection.ended;
    binding.replied = binding.assured = true;
    binding.tcp_state = "TIME_WAIT";
    note("kernel", connection.ended, binding);
    if (!connection.is_mail) return;
    wire::Attempt attempt;
    attempt.id = number;
    attempt.final = true;
    attempt.interface = "br-lan";
    attempt.client_mac = mac_of(connection.device);
    attempt.next_hop_mac = mac_of(200);
    attempt.client_ttl = 64;
    attempt.flow = connection.inside;
    attempt.started = connection.began;
    attempt.last = connection.ended;
    attempt.outcome = wire::Outcome::kClosed;
    attempt.client_seen = attempt.server_seen = true;
    attempt.is_mail = wire::IsMail::kYes;
    auto& smtp = attempt.smtp.emplace();
    smtp.banner = "220 mx.example.net ESMTP Postfix";
    smtp.ehlo = "device-" + std::to_string(connection.device);
    smtp.messages_accepted = 1;
    smtp.queue_ids = {connection.queue_id};
    note("capture", connection.ended, attempt);
  }

  Journal& journal_;
  uint64_t all_;
  uint64_t sequence_ = 0;
  Timestamp leases_due_;
};

struct Figures {
  double median_ms = 0, p95_ms = 0;
  uint64_t right = 0, wrong = 0, untold = 0;
};

Figures ask(Journal& journal, uint64_t all, const std::function<Inquiry(const Connection&)>& inquiry,
            bool mail) {
  constexpr int kQuestions = 300;
  std::mt19937_64 dice(20'260'115);
  std::vector<double> times;
  Figures out;
  for (int i = 0; i < kQuestions; ++i) {
    uint64_t number = dice() % all;
    if (mail) number -= number % kAttemptEvery;
    const Connection connection(number, all);
    const Inquiry question = inquiry(connection);
    const auto begun = std::chrono::steady_clock::now();
    const auto answer = journal.inquire(question, {}, kBegin + kYear);
    times.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count());
    if (!answer) fail(answer.error());
    if (answer->at("verdict") != "named") {
      ++out.untold;
      continue;
    }
    const auto& device = answer->at("candidates").at(0).at("device");
    const bool right = device.at("mac") == to_string(mac_of(connection.device)) ||
                       device.at("address") == to_string(address_of(connection.device));
    ++(right ? out.right : out.wrong);
  }
  std::sort(times.begin(), times.end());
  out.median_ms = times[times.size() / 2];
  out.p95_ms = times[times.size() * 95 / 100];
  return out;
}

Inquiry at(const Connection& connection) {
  Inquiry inquiry;
  inquiry.public_address = kHome;
  inquiry.at = connection.began + 100ms;
  return inquiry;
}

const struct {
  const char* name;
  bool mail;
  Inquiry (*inquiry)(const Connection&);
} kQuestions[] = {
    {"address, port, time, receiver", false,
     [](const Connection& c) {
       Inquiry inquiry = at(c);
       inquiry.port = c.port;
       inquiry.destination = c.inside.destination.address;
       return inquiry;
     }},
    {"address, port, time", false,
     [](const Connection& c) {
       Inquiry inquiry = at(c);
       inquiry.port = c.port;
       return inquiry;
     }},
    {"queue id", true,
     [](const Connection& c) {
       Inquiry inquiry;
       inquiry.queue_id = c.queue_id;
       return inquiry;
     }},
    {"address, time, receiver (no port)", true,
     [](const Connection& c) {
       Inquiry inquiry = at(c);
       inquiry.destination = c.inside.destination.address;
       return inquiry;
     }},
};

Journal made(const std::string& path, uint64_t all) {
  const bool kept = fs::exists(path);
  auto journal = Journal::open({path, ""}, kBegin);
  if (!journal) fail(journal.error());
  journal->limit({.max_age = kYear * 2, .max_bytes = kMaxBytes});
  if (!kept) Writer(*journal, all).write();
  return std::move(*journal);
}

void report(const std::string& folder, uint64_t all, std::vector<double>& medians) {
  const std::string path = folder + "/gatewitness-bench-" + std::to_string(all) + ".db";
  Journal journal = made(path, all);
  const double size = static_cast<double>(fs::file_size(path));
  std::printf("%llu bindings: %.2f GiB, %.0f bytes a binding, %llu rows had to make room (limit %.0f GiB)\n",
              static_cast<unsigned long long>(all), size / (1 << 30), size / static_cast<double>(all),
              static_cast<unsigned long long>(journal.crowded_out()), static_cast<double>(kMaxBytes >> 30));
  for (const auto& question : kQuestions) {
    const Figures figures = ask(journal, all, question.inquiry, question.mail);
    std::printf(
        "  %-36s median %6.2f ms, p95 %6.2f ms; right %llu, wrong %llu, several or nobody %llu\n",
        question.name, figures.median_ms, figures.p95_ms, static_cast<unsigned long long>(figures.right),
        static_cast<unsigned long long>(figures.wrong), static_cast<unsigned long long>(figures.untold));
    medians.push_back(figures.median_ms);
  }
}

}  // namespace
}  // namespace gatewitness::bench

int main(int argc, char** argv) {
  using namespace gatewitness::bench;
  const uint64_t all = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
  const std::string folder = argc > 2 ? argv[2] : "/var/tmp";
  if (all < 100'000 || argc > 3) {
    std::fprintf(stderr, "usage: bench-journal [BINDINGS [FOLDER]], at least 100000\n");
    return 2;
  }
  std::vector<double> small, large;
  report(folder, all / 1000, small);
  report(folder, all, large);
  std::printf("a thousand times as many bindings take");
  for (std::size_t i = 0; i < large.size(); ++i)
    std::printf("%s %.1f", i > 0 ? "," : "", large[i] / small[i]);
  std::printf(" times as long\n");
  return 0;
}
