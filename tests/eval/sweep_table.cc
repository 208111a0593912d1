// SPDX-License-Identifier: Apache-2.0
#include "tests/eval/sweep_table.h"

#include <algorithm>

namespace gatewitness::eval {
namespace {

// Less than this is the dice.
constexpr double kNotable = 0.05;

double alarms_a_year(const InnocentRow& row) {
  return row.home_years == 0 ? 0 : static_cast<double>(row.alarms) / row.home_years;
}

void add(std::string& list, const std::string& text) {
  list += (list.empty() ? "" : ", ") + text;
}

// Recall, attempts to the alarm (mean of the medians) and false alarms, each over all kinds.
std::string figures(const Tally& tally) {
  double found = 0, attempts = 0, years = 0;
  uint64_t alarms = 0, caught = 0;
  for (const auto& row : tally.senders) {
    found += recall(row.witness, row.homes);
    if (row.witness.alarmed == 0) continue;
    attempts += quantile(row.witness.attempts, 0.5);
    ++caught;
  }
  for (const auto& row : tally.innocents) {
    alarms += row.alarms;
    years += row.home_years;
  }
  return number(found / static_cast<double>(std::max<std::size_t>(tally.senders.size(), 1)), 3) + " | " +
         number(caught == 0 ? 0 : attempts / static_cast<double>(caught), 1) + " | " +
         number(years == 0 ? 0 : static_cast<double>(alarms) / years, 3);
}

std::string differences(const Tally& tried, const Tally& as_it_is) {
  std::string list;
  for (std::size_t i = 0; i < tried.senders.size(); ++i) {
    const SenderRow& row = tried.senders[i];
    const double now = recall(as_it_is.senders[i].witness, as_it_is.senders[i].homes);
    const double then = recall(row.witness, row.homes);
    if (then < now - kNotable || then > now + kNotable)
      add(list, row.name + " " + number(now, 2) + " to " + number(then, 2));
    if (row.witness.alarmed == 0 || as_it_is.senders[i].witness.alarmed == 0) continue;
    const double soon = quantile(as_it_is.senders[i].witness.attempts, 0.5);
    const double late = quantile(row.witness.attempts, 0.5);
    if (late != soon) add(list, row.name + " at attempt " + number(late, 0) + ", not " + number(soon, 0));
  }
  for (std::size_t i = 0; i < tried.innocents.size(); ++i) {
    const double now = alarms_a_year(as_it_is.innocents[i]);
    const double then = alarms_a_year(tried.innocents[i]);
    if (then < now - kNotable || then > now + kNotable)
      add(list,
          "**" + tried.innocents[i].name + "** " + number(now, 2) + " to " + number(then, 2) + " a year");
  }
  return list.empty() ? "-" : list;
}

}  // namespace

std::string sweep_head(const Tally& as_it_is) {
  return "| setting | value | recall | attempts | false alarms | what is different (innocents in bold) |\n"
         "|---|---|---|---|---|---|\n"
         "| as it is | | " +
         figures(as_it_is) + " | |\n";
}

std::string sweep_row(const std::string& key, const std::string& value, const Tally& tried,
                      const Tally& as_it_is) {
  return "| " + key.substr(key.find('.') + 1) + " | " + value + " | " + figures(tried) + " | " +
         differences(tried, as_it_is) + " |\n";
}

}  // namespace gatewitness::eval
