// SPDX-License-Identifier: Apache-2.0
//
// mute and muted: what the owner does not want to be told of for a while.
#include <nlohmann/json.hpp>

#include "daemon/cli/client.h"
#include "daemon/cli/command.h"
#include "daemon/cli/fields.h"
#include "daemon/config/values.h"
#include "daemon/control/answer.h"
#include "probes/process/flags.h"

namespace gatewitness::cli {
namespace {

using nlohmann::json;
using process::Flags;

struct Muting {
  Place place;
  bool as_json = false;
  std::string device, kind, length = "1d";
};

std::string in_words(const json& mute) {
  const std::string device = shown(mute, "device"), kind = shown(mute, "kind");
  const bool home = device.empty() && mute.contains("device") && mute.at("device").is_string();
  return (home             ? "The home"
          : device.empty() ? "Every device"
                           : device) +
         ", " + (kind.empty() ? "every kind" : kind) + ": silent until " + shown(mute, "until") + "\n";
}

std::expected<json, std::string> request_of(const Muting& muting, const std::vector<std::string>& rest) {
  json request = {{"command", "mute"}};
  if (rest.size() == 1) request["incident"] = rest.front();
  if (!muting.device.empty()) request["device"] = muting.device;
  if (!muting.kind.empty()) request["kind"] = muting.kind;
  const auto length = config::parse_duration(muting.length);
  if (!length || *length < Duration(0) || *length > std::chrono::hours(31 * 24))
    return std::unexpected("--for must be a time with its unit from 0s (not any more) to 31d");
  request["for_s"] = std::chrono::duration_cast<std::chrono::seconds>(*length).count();
  return request;
}

}  // namespace

int run_mute(const Command& command, int argc, const char* const* argv) {
  Muting muting;
  const bool listing = command.name == "muted";
  Flags flags("gatewitness " + std::string(command.name), command.help);
  flags.flag("--json", muting.as_json);
  if (!listing) {
    flags.text("--device", muting.device);
    flags.text("--kind", muting.kind);
    flags.text("--for", muting.length);
  }
  flags.text("--run-dir", muting.place.run_dir);
  flags.text("--config", muting.place.config);
  const auto rest = flags.parse(argc, argv);
  if (!rest) return Flags::print(rest.error());
  const bool named = !muting.device.empty() || !muting.kind.empty();
  if (listing ? !rest->empty() : rest->size() + (named ? 1 : 0) != 1)
    return Flags::print(flags.usage_error(
        listing ? "takes no argument" : "needs the id of an incident, or --device, --kind or both"));
  const auto request = listing ? json{{"command", "muted"}} : request_of(muting, *rest);
  if (!request) return Flags::print(flags.usage_error(request.error()));
  const auto run_dir = find_run_dir(muting.place);
  if (!run_dir) return complain(command, run_dir.error());
  const auto answer = ask(*run_dir, *request);
  if (!answer) return complain(command, answer.error());
  std::string text;
  if (muting.as_json)
    text = control::as_line(*answer) + "\n";
  else if (!listing)
    text = muting.length.starts_with("0") ? "It is told again.\n" : in_words(*answer);
  else
    for (const auto& mute : *answer) text += in_words(mute);
  write_output(text.empty() ? "Nothing is muted.\n" : text);
  return kDone;
}

}  // namespace gatewitness::cli
