// SPDX-License-Identifier: Apache-2.0
//
// block, unblock and blocked: what the owner asks of the guard, through the daemon.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/cli/caller.h"
#include "daemon/cli/client.h"
#include "daemon/cli/command.h"
#include "daemon/cli/fields.h"
#include "daemon/cli/render.h"
#include "daemon/config/values.h"
#include "daemon/control/answer.h"
#include "probes/process/flags.h"
#include "probes/wire/mac.h"

namespace gatewitness::cli {
namespace {

using nlohmann::json;
using process::Flags;
using namespace std::chrono_literals;

struct Common {
  Place place;
  bool as_json = false;
};

bool is_target(const std::string& word) {
  return word == "gateway" || MacAddress::parse(word).has_value();
}

// "12" or "#12".
std::optional<std::string> incident_in(std::string word) {
  if (word.starts_with('#')) word.erase(0, 1);
  const bool digits = !word.empty() && word.size() <= 20 &&
                      std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
  return digits ? std::optional(word) : std::nullopt;
}

std::string notes_of(const json& answer) {
  std::string text;
  for (const auto& note : list(answer, "notes"))
    text += "Note: " + printable(note.get<std::string>(), 512) + ".\n";
  return text;
}

// Asks, and prints the answer as `render` has it.
int ask_and_print(const Command& command, const Common& common, const json& request,
                  std::string (*render)(const json&)) {
  const auto run_dir = find_run_dir(common.place);
  if (!run_dir) return complain(command, run_dir.error());
  const auto answer = ask(*run_dir, request);
  if (!answer) return complain(command, answer.error());
  write_output(common.as_json ? control::as_line(*answer) + "\n" : render(*answer));
  return kDone;
}

std::string render_blocked_one(const json& answer) {
  return shown_again(answer.at("quarantine"), "sentence") + "\n" + notes_of(answer);
}
std::string render_released(const json& answer) {
  return shown(answer, "released") + " is no longer in quarantine.\n" + notes_of(answer);
}
std::string render_all(const json& answer) {
  return render_quarantines(answer, style_of_output());
}

}  // namespace

int run_block(const Command& command, int argc, const char* const* argv) {
  Common common;
  std::string length_text;
  bool all = false, mail = false, force = false;
  Flags flags = daemon_flags(command, common.place, common.as_json);
  flags.text("--for", length_text);
  flags.flag("--all", all);
  flags.flag("--mail", mail);
  flags.flag("--force", force);
  const auto rest = flags.parse(argc, argv);
  if (!rest) return Flags::print(rest.error());
  if (rest->size() != 1) return Flags::print(flags.usage_error("needs a MAC or the ID of an incident"));
  if (all && mail) return Flags::print(flags.usage_error("--all and --mail are not both possible"));
  json request = {{"command", "block"}, {"force", force}};
  if (is_target(rest->front()))
    request["mac"] = rest->front();
  else if (const auto incident = incident_in(rest->front()))
    request["incident"] = *incident;
  else
    return Flags::print(
        flags.usage_error("\"" + printable(rest->front(), 64) +
                          "\" is no MAC such as 02:00:5e:10:00:01, and no ID of an incident"));
  if (all || mail) request["all"] = all;
  if (!length_text.empty()) {
    const auto length = config::parse_duration(length_text);
    if (!length || *length < 1s || *length > 24h * 365)
      return Flags::print(
          flags.usage_error("--for must be a time with its unit (s, m, h, d) from 1s to 365d, not \"" +
                            printable(length_text, 64) + "\""));
    request["for_s"] = static_cast<uint64_t>(std::chrono::ceil<std::chrono::seconds>(*length).count());
  }
  if (const auto from = callers_address()) request["from_address"] = to_string(*from);
  return ask_and_print(command, common, request, render_blocked_one);
}

int run_unblock(const Command& command, int argc, const char* const* argv) {
  Common common;
  const Flags flags = daemon_flags(command, common.place, common.as_json);
  const auto rest = flags.parse(argc, argv);
  if (!rest) return Flags::print(rest.error());
  if (rest->size() != 1 || !is_target(rest->front()))
    return Flags::print(
        flags.usage_error("needs the MAC of one device, such as 02:00:5e:10:00:01, or gateway"));
  return ask_and_print(command, common, {{"command", "unblock"}, {"mac", rest->front()}}, render_released);
}

int run_blocked(const Command& command, int argc, const char* const* argv) {
  Common common;
  const Flags flags = daemon_flags(command, common.place, common.as_json);
  const auto rest = flags.parse(argc, argv);
  if (!rest) return Flags::print(rest.error());
  if (!rest->empty())
    return Flags::print(flags.usage_error("does not understand \"" + printable(rest->front()) + "\""));
  return ask_and_print(command, common, {{"command", "blocked"}}, render_all);
}

}  // namespace gatewitness::cli
