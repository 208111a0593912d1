// SPDX-License-Identifier: Apache-2.0
#include "tests/eval/table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "tests/eval/incumbents.h"

namespace gatewitness::eval {

std::string number(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

double recall(const Caught& caught, uint32_t homes) {
  return homes == 0 ? 0 : static_cast<double>(caught.alarmed) / homes;
}

namespace {

// An alarm so long after the last bad attempt still counts as caught.
constexpr Duration kGrace = std::chrono::hours(1);

bool is_subject(const Home& home, uint32_t device) {
  return device == kGatewayDevice || home.devices[device].subject;
}

struct Span {
  Timestamp first, last;
};

Span bad_span(const Home& home) {
  Span span{Timestamp::max(), Timestamp{}};
  for (const Session& session : home.sessions) {
    if (!session.bad) continue;
    span.first = std::min(span.first, session.start);
    span.last = std::max(span.last, session.start);
  }
  return span;
}

double bad_attempts_until(const Home& home, Timestamp time) {
  return static_cast<double>(std::count_if(home.sessions.begin(), home.sessions.end(), [&](const Session& s) {
    return s.bad && !s.inbound && s.start <= time;
  }));
}

void note(Caught& caught, const Home& home, const std::vector<Spoken>& spoken, const Span& bad) {
  const auto alarm = std::find_if(spoken.begin(), spoken.end(), [&](const Spoken& s) {
    return s.alarm && is_subject(home, s.device) && s.time >= bad.first && s.time <= bad.last + kGrace;
  });
  if (alarm == spoken.end()) return;
  ++caught.alarmed;
  caught.attempts.push_back(bad_attempts_until(home, alarm->time));
  caught.seconds.push_back(std::chrono::duration<double>(alarm->time - bad.first).count());
}

std::string time_text(double seconds) {
  if (seconds < 120) return number(seconds, seconds < 10 ? 1 : 0) + " s";
  if (seconds < 7200) return number(seconds / 60, 0) + " min";
  if (seconds < 172'800) return number(seconds / 3600, 1) + " h";
  return number(seconds / 86'400, 1) + " d";
}

std::string caught_text(const Caught& caught, uint32_t homes) {
  if (caught.alarmed == 0) return "0";
  return number(recall(caught, homes), 2) + " (" + number(quantile(caught.attempts, 0.5), 0) + ")";
}

// Whom gatewitness does not beat on that row: more recall, or as much of it in fewer attempts.
std::string ahead_of_us(const SenderRow& row) {
  std::string names;
  for (std::size_t i = 0; i < row.incumbents.size(); ++i) {
    const double theirs = recall(row.incumbents[i], row.homes), ours = recall(row.witness, row.homes);
    if (theirs == 0) continue;
    const bool more = theirs > ours + 0.005;
    const bool sooner = theirs >= ours - 0.005 &&
                        quantile(row.incumbents[i].attempts, 0.5) < quantile(row.witness.attempts, 0.5);
    if (more || sooner) names += (names.empty() ? "" : ", ") + std::string(incumbents()[i].name);
  }
  return names.empty() ? "-" : names;
}

std::string sender_table(const Tally& tally) {
  std::string text = "| sender | homes | recall | noticed | attempts median, p95 | time median, p95 |";
  std::string rule = "|---|---|---|---|---|---|";
  for (const auto& kind : incumbents()) {
    text += " " + std::string(kind.name) + " |";
    rule += "---|";
  }
  text += " better than us |\n" + rule + "---|\n";
  for (const auto& row : tally.senders) {
    text += "| " + row.name + " | " + std::to_string(row.homes) + " | " +
            number(recall(row.witness, row.homes), 3) + " | " +
            number(row.homes == 0 ? 0 : static_cast<double>(row.noticed) / row.homes, 2) + " | " +
            number(quantile(row.witness.attempts, 0.5), 0) + ", " +
            number(quantile(row.witness.attempts, 0.95), 0) + " | " +
            time_text(quantile(row.witness.seconds, 0.5)) + ", " +
            time_text(quantile(row.witness.seconds, 0.95)) + " |";
    for (const auto& caught : row.incumbents) text += " " + caught_text(caught, row.homes) + " |";
    text += " " + ahead_of_us(row) + " |\n";
  }
  return text;
}

std::string innocent_table(const Tally& tally) {
  std::string text = "| innocent | home-years | false alarms a home-year (95 %) | notices a home-year |";
  std::string rule = "|---|---|---|---|";
  for (const auto& kind : incumbents()) {
    text += " " + std::string(kind.name) + " |";
    rule += "---|";
  }
  text += "\n" + rule + "\n";
  for (const auto& row : tally.innocents) {
    const Interval interval = poisson_interval(row.alarms, row.home_years);
    text += "| " + row.name + " | " + number(row.home_years, 0) + " | " +
            number(static_cast<double>(row.alarms) / row.home_years, 3) + " (" + number(interval.low, 3) +
            " to " + number(interval.high, 3) + ") | " +
            number(static_cast<double>(row.notices) / row.home_years, 2) + " |";
    for (const uint64_t count : row.incumbents)
      text += " " + number(static_cast<double>(count) / row.home_years, 2) + " |";
    text += "\n";
  }
  return text;
}

double poisson_below(double mean, uint64_t count) {  // P(X <= count)
  double term = std::exp(-mean), sum = term;
  for (uint64_t k = 1; k <= count; ++k) sum += term *= mean / static_cast<double>(k);
  return sum;
}

template <typename F>
double bisect(double low, double high, F below) {
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (below(middle) ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
  return values[std::min(values.size() - 1, rank == 0 ? 0 : rank - 1)];
}

Interval poisson_interval(uint64_t count, double exposure) {
  if (count > 600) {  // the terms above leave the range of a double; the normal limit is as good there
    const double n = static_cast<double>(count), width = 1.96 * std::sqrt(n);
    return {(n - width) / exposure, (n + width) / exposure};
  }
  const double most = static_cast<double>(count) * 2 + 20;
  Interval out;
  if (count > 0) out.low = bisect(0, most, [&](double m) { return 1 - poisson_below(m, count - 1) < 0.025; });
  out.high = bisect(0, most, [&](double m) { return poisson_below(m, count) > 0.025; });
  return {out.low / exposure, out.high / exposure};
}

void Tally::judge_sender(SenderRow& row, InnocentRow& beside, const Home& home, const Played& played) {
  const Span bad = bad_span(home);
  if (bad.first == Timestamp::max()) return;
  ++row.homes;
  note(row.witness, home, played.spoken, bad);
  row.noticed += std::any_of(played.spoken.begin(), played.spoken.end(), [&](const Spoken& s) {
    return is_subject(home, s.device) && s.time >= bad.first;
  });
  row.incumbents.resize(played.by_incumbent.size());
  for (std::size_t i = 0; i < played.by_incumbent.size(); ++i)
    note(row.incumbents[i], home, played.by_incumbent[i], bad);
  // Whoever is not the sender, and the sender before its time, is innocent.
  beside.home_years += home.days / 365;
  const auto wrong = [&](const Spoken& s) { return !is_subject(home, s.device) || s.time < bad.first; };
  for (const auto& s : played.spoken) {
    if (wrong(s)) ++(s.alarm ? beside.alarms : beside.notices);
  }
  beside.incumbents.resize(played.by_incumbent.size());
  for (std::size_t i = 0; i < played.by_incumbent.size(); ++i)
    beside.incumbents[i] += static_cast<uint64_t>(
        std::count_if(played.by_incumbent[i].begin(), played.by_incumbent[i].end(), wrong));
}

void Tally::judge_innocent(InnocentRow& row, InnocentRow& beside, const Home& home, const Played& played) {
  row.home_years += home.days / 365;
  beside.home_years += home.days / 365;
  for (const auto& s : played.spoken) {
    InnocentRow& whose = is_subject(home, s.device) ? row : beside;
    ++(s.alarm ? whose.alarms : whose.notices);
  }
  row.incumbents.resize(played.by_incumbent.size());
  beside.incumbents.resize(played.by_incumbent.size());
  for (std::size_t i = 0; i < played.by_incumbent.size(); ++i) {
    for (const auto& s : played.by_incumbent[i]) ++(is_subject(home, s.device) ? row : beside).incumbents[i];
  }
}

std::string page(const Tally& tally) {
  return sender_table(tally) + "\n" + innocent_table(tally);
}

std::string summary(const Tally& tally) {
  double least = 1, sum = 0, worst = 0, alarms = 0, years = 0;
  std::string least_name, worst_name;
  for (const auto& row : tally.senders) {
    const double r = recall(row.witness, row.homes);
    sum += r;
    if (r <= least) least = r, least_name = row.name;
  }
  for (const auto& row : tally.innocents) {
    const double rate = static_cast<double>(row.alarms) / row.home_years;
    alarms += static_cast<double>(row.alarms);
    years += row.home_years;
    if (rate >= worst) worst = rate, worst_name = row.name;
  }
  return "mean recall " +
         number(tally.senders.empty() ? 0 : sum / static_cast<double>(tally.senders.size()), 3) + ", least " +
         number(least, 3) + " (" + least_name + "); false alarms a home-year " +
         number(years == 0 ? 0 : alarms / years, 3) + ", most " + number(worst, 3) + " (" + worst_name + ")";
}

}  // namespace gatewitness::eval
