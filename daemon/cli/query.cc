// SPDX-License-Identifier: Apache-2.0
//
// status, devices, incidents and explain: one question to the daemon, its answer shown.
#include <algorithm>
#include <fstream>
#include <iomanip>
#include <nlohmann/json.hpp>

#include "daemon/cli/client.h"
#include "daemon/cli/command.h"
#include "daemon/cli/render.h"
#include "daemon/cli/rpcd.h"
#include "daemon/control/answer.h"
#include "probes/process/flags.h"
#include "probes/wire/text.h"

namespace gatewitness::cli {
namespace {

using nlohmann::json;
using process::Flags;

struct Query {
  Place place;
  bool as_json = false;
  bool exit_code = false;
};

std::expected<json, std::string> fetch(const Place& place, const json& request) {
  const auto run_dir = find_run_dir(place);
  if (!run_dir) return std::unexpected(run_dir.error());
  auto answer = ask(*run_dir, request);
  if (answer && request.at("command") == "status") {
    (*answer)["offload"] = read_offload(*run_dir);
    (*answer)["notifier"] = read_notifier(*run_dir);
  }
  return answer;
}

void print(const json& answer, bool as_json, std::string (*render)(const json&, const Style&)) {
  const std::string text = as_json ? control::as_line(answer) + "\n" : render(answer, style_of_output());
  write_output(text);
}

bool alarm_open(const json& answer) {
  if (answer.is_object()) return answer.value("quiet", true) == false;
  for (const auto& incident : answer)
    if (incident.value("severity", "") == "alarm" && incident.value("state", "") == "open") return true;
  return false;
}

auto renderer_of(std::string_view name) {
  if (name == "status") return render_status;
  return name == "devices" ? render_devices : render_incidents;
}

}  // namespace

// What a script of the platform found out about flow offload, as two words in a file beside the folder: no
// process of ours may look into the firewall.
json read_offload(const std::string& run_dir) {
  std::ifstream file(run_dir + ".offload");
  std::string state, exemption;
  const auto one_of = [](const std::string& word, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, word) != words.end();
  };
  if (!(file >> std::setw(16) >> state >> std::setw(16) >> exemption)) return nullptr;
  if (!one_of(state, {"none", "software", "hardware", "unknown"})) return nullptr;
  if (!one_of(exemption, {"unneeded", "active", "absent"})) return nullptr;
  return {{"state", state}, {"exemption", exemption}};
}

int run_query(const Command& command, int argc, const char* const* argv) {
  Query query;
  Flags flags = daemon_flags(command, query.place, query.as_json);
  if (command.name != "devices") flags.flag("--exit-code", query.exit_code);
  const auto rest = flags.parse(argc, argv);
  if (!rest) return Flags::print(rest.error());
  const bool one_device = command.name == "devices" && rest->size() == 1;
  if (!rest->empty() && !one_device)
    return Flags::print(flags.usage_error("does not understand \"" + printable(rest->front()) + "\""));
  const auto answer = fetch(query.place, {{"command", command.name}});
  if (!answer) return complain(command, answer.error());
  if (one_device) {
    for (const auto& device : *answer) {
      if (device.value("id", "") != rest->front()) continue;
      print(device, query.as_json, render_device);
      return kDone;
    }
    return complain(command, "no device \"" + printable(rest->front(), 64) + "\" has been seen");
  }
  print(*answer, query.as_json, renderer_of(command.name));
  return query.exit_code && alarm_open(*answer) ? kAlarmOpen : kDone;
}

int run_explain(const Command& command, int argc, const char* const* argv) {
  Query query;
  const Flags flags = daemon_flags(command, query.place, query.as_json);
  const auto rest = flags.parse(argc, argv);
  if (!rest) return Flags::print(rest.error());
  if (rest->size() != 1)
    return Flags::print(
        flags.usage_error("needs the ID of one incident, as `gatewitness incidents` shows it"));
  std::string id = rest->front();
  if (id.starts_with('#')) id.erase(0, 1);
  const auto answer = fetch(query.place, {{"command", "explain"}, {"id", id}});
  if (!answer) return complain(command, answer.error());
  print(*answer, query.as_json, render_explanation);
  return kDone;
}

}  // namespace gatewitness::cli
