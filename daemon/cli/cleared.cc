// SPDX-License-Identifier: Apache-2.0
//
// cleared: which devices sent no mail in a stretch of time, and whether that can be said.
#include <nlohmann/json.hpp>

#include "daemon/cli/client.h"
#include "daemon/cli/command.h"
#include "daemon/cli/render.h"
#include "daemon/control/answer.h"
#include "daemon/control/settings.h"
#include "daemon/journal/inquire.h"
#include "probes/process/flags.h"
#include "probes/wire/text.h"

namespace gatewitness::cli {
namespace {

using nlohmann::json;
using process::Flags;

std::expected<json, std::string> from_copy(const std::string& journal, const Place& place, Timestamp from,
                                           Timestamp to) {
  const auto config = control::read_config(place.config, {});
  if (!config) return std::unexpected(config.error().front());
  const TestifyOptions options = {config->pipeline.network, config->pipeline.attribution,
                                  config->pipeline.identity};
  const auto clearance = journal::clearance_of_copy(journal, from, to, options);
  if (!clearance) return std::unexpected(clearance.error());
  return to_json(*clearance);
}

}  // namespace

int run_cleared(const Command& command, int argc, const char* const* argv) {
  Place place;
  std::string from_text, to_text, journal;
  bool as_json = false;
  Flags flags = daemon_flags(command, place, as_json);
  flags.text("--from", from_text);
  flags.text("--to", to_text);
  flags.text("--journal", journal);
  const auto rest = flags.parse(argc, argv);
  if (!rest) return Flags::print(rest.error());
  if (!rest->empty())
    return Flags::print(flags.usage_error("does not understand \"" + printable(rest->front()) + "\""));
  if (from_text.empty() || to_text.empty()) return Flags::print(flags.usage_error("needs --from and --to"));
  const auto from = parse_timestamp(from_text), to = parse_timestamp(to_text);
  for (const auto& [flag, time] : {std::pair{"--from", &from}, std::pair{"--to", &to}})
    if (!*time)
      return complain(command,
                      std::string(flag) + " must be a time such as 2026-11-24T12:03:11Z: it " + time->error(),
                      kUsage);
  if (const auto fault = fault_of(*from, *to)) return complain(command, *fault, kUsage);
  std::expected<json, std::string> answer;
  if (!journal.empty()) {
    answer = from_copy(journal, place, *from, *to);
  } else if (const auto run_dir = find_run_dir(place); !run_dir) {
    return complain(command, run_dir.error());
  } else {
    answer = ask(*run_dir, {{"command", "cleared"}, {"from", to_string(*from)}, {"to", to_string(*to)}});
  }
  if (!answer) return complain(command, answer.error());
  write_output(as_json ? control::as_line(*answer) + "\n" : render_clearance(*answer, style_of_output()));
  return answer->value("complete", false) ? kDone : kNotNamed;
}

}  // namespace gatewitness::cli
