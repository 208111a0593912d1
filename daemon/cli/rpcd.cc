// SPDX-License-Identifier: Apache-2.0
//
// rpcd: the backend of the LuCI pages, as OpenWrt's rpcd starts it (rpcd-exec): "list" says which methods
// there are, "call METHOD" reads one JSON object and answers with one. What comes in is checked here,
// whatever the page checked; what goes out is short enough for ubus.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "daemon/cli/client.h"
#include "daemon/cli/command.h"
#include "daemon/cli/report_files.h"
#include "daemon/cli/rpcd.h"
#include "daemon/control/answer.h"
#include "probes/process/flags.h"
#include "probes/wire/json_text.h"
#include "probes/wire/text.h"
#include "probes/wire/utf8.h"

namespace gatewitness::cli {
namespace {

using nlohmann::json;
using process::Flags;
using Outcome = std::expected<json, std::string>;

struct Call {
  const std::string& run_dir;
  const json& arguments;
};

struct Method {
  std::string_view name;
  const char* signature;  // of "list": an example of each argument, by which rpcd tells its type
  Outcome (*answer)(const Call& call);
};

// ubus takes messages up to 1 MiB, and rpcd's copies of it cost a small router memory.
constexpr std::size_t kMaxAnswer = 512 * 1024;
constexpr std::size_t kMaxDevices = 256;
constexpr std::size_t kMaxIncidents = 100;
constexpr std::size_t kMaxRows = 40;

Outcome with(const Call& call, const char* command, std::expected<json, std::string> request) {
  if (!request) return std::unexpected(request.error());
  (*request)["command"] = command;
  return ask(call.run_dir, *request);
}

// At most so many rows; how many were left off stands in "left_off".
json first_rows(const json& rows, std::size_t most) {
  json kept = json::array();
  for (const auto& row : rows) {
    if (kept.size() == most) break;
    kept.push_back(row);
  }
  return kept;
}

json listed(const char* key, const json& rows, std::size_t most) {
  return {{key, first_rows(rows, most)}, {"left_off", rows.size() - std::min(most, rows.size())}};
}

json with_few_addresses(json device) {
  if (const auto found = device.find("addresses"); found != device.end()) *found = first_rows(*found, 4);
  device.erase("facts");
  return device;
}

Outcome status(const Call& call) {
  auto answer = with(call, "status", json::object());
  if (!answer) return answer;
  (*answer)["offload"] = read_offload(call.run_dir);
  if (const auto gaps = answer->find("gaps"); gaps != answer->end()) *gaps = first_rows(*gaps, kMaxRows);
  return answer;
}

Outcome devices(const Call& call) {
  auto answer = with(call, "devices", json::object());
  if (!answer) return answer;
  // What is of interest must not be what is left off.
  const auto weight = [](const json& device) {
    const std::string verdict = device.value("verdict", "");
    return verdict == "alarm" ? 0 : verdict == "notice" ? 1 : 2;
  };
  std::stable_sort(answer->begin(), answer->end(),
                   [&](const json& a, const json& b) { return weight(a) < weight(b); });
  json few = json::array();
  for (const auto& device : *answer) few.push_back(with_few_addresses(device));
  return listed("devices", few, kMaxDevices);
}

Outcome incidents(const Call& call) {
  const auto answer = with(call, "incidents", json::object());
  if (!answer) return answer;
  return listed("incidents", *answer, kMaxIncidents);
}

Outcome explain(const Call& call) {
  auto answer = with(call, "explain", pick_id(call.arguments, "id"));
  if (!answer) return answer;
  json left_off = json::object();
  for (const char* key : {"attempts", "evidence", "gaps"}) {
    const auto rows = answer->find(key);
    if (rows == answer->end() || rows->size() <= kMaxRows) continue;
    left_off[key] = rows->size() - kMaxRows;
    *rows = first_rows(*rows, kMaxRows);
  }
  (*answer)["left_off"] = left_off;
  return answer;
}

Outcome attribute(const Call& call) {
  const auto report = pick_report(call.arguments);
  if (!report) return std::unexpected(report.error());
  return attribute_report(*report, call.run_dir);
}

std::expected<json, std::string> owner_request(const json& arguments, bool naming) {
  auto request = pick_mac(arguments);
  if (!request) return request;
  const auto word = naming ? pick_name(arguments) : pick_role(arguments);
  if (!word) return word;
  request->update(*word);
  return request;
}

Outcome name(const Call& call) {
  return with(call, "owner", owner_request(call.arguments, true));
}

Outcome enrol(const Call& call) {
  return with(call, "owner", owner_request(call.arguments, false));
}

std::expected<json, std::string> with_time(std::expected<json, std::string> request, const json& arguments) {
  if (!request) return request;
  const auto time = pick_time(arguments);
  if (!time) return time;
  request->update(*time);
  return request;
}

Outcome mute(const Call& call) {
  return with(call, "mute", with_time(pick_id(call.arguments, "incident"), call.arguments));
}

Outcome block(const Call& call) {
  const auto mac = call.arguments.find("mac");
  const bool by_mac =
      mac != call.arguments.end() && mac->is_string() && !mac->get_ref<const std::string&>().empty();
  auto request = by_mac ? pick_mac(call.arguments) : pick_id(call.arguments, "incident");
  return with(call, "block", with_time(std::move(request), call.arguments));
}

Outcome unblock(const Call& call) {
  // The gateway itself is let go by this word, as on the command line.
  const auto mac = call.arguments.find("mac");
  if (mac != call.arguments.end() && *mac == "gateway")
    return with(call, "unblock", json{{"mac", "gateway"}});
  return with(call, "unblock", pick_mac(call.arguments));
}

Outcome blocked(const Call& call) {
  const auto answer = with(call, "blocked", json::object());
  if (!answer) return answer;
  return listed("blocked", answer->value("quarantines", json::array()), kMaxDevices);
}

Outcome test_alert(const Call& call) {
  return with(call, "test-alert", pick_channel(call.arguments));
}

Outcome features(const Call&) {
  return json{{"notify", is_installed("gatewitness-notify")}, {"guard", is_installed("gatewitness-guard")}};
}

constexpr auto kMethods = std::to_array<Method>({
    {"status", "{}", status},
    {"devices", "{}", devices},
    {"incidents", "{}", incidents},
    {"explain", R"({"id": ""})", explain},
    {"attribute", R"({"report": ""})", attribute},
    {"blocked", "{}", blocked},
    {"features", "{}", features},
    {"name", R"({"mac": "", "name": ""})", name},
    {"enrol", R"({"mac": "", "role": ""})", enrol},
    {"mute", R"({"incident": "", "for_s": 0})", mute},
    {"block", R"({"incident": "", "mac": "", "for_s": 0})", block},
    {"unblock", R"({"mac": ""})", unblock},
    {"test_alert", R"({"channel": ""})", test_alert},
});

int list_methods() {
  json methods = json::object();
  for (const auto& method : kMethods) methods[std::string(method.name)] = read_json(method.signature);
  write_output(methods.dump() + "\n");
  return kDone;
}

json wrapped(const Outcome& outcome) {
  if (!outcome) return {{"ok", false}, {"error", outcome.error()}};
  return {{"ok", true}, {"data", *outcome}};
}

// A refusal is an answer too: with another exit status rpcd would forget its words.
int call_method(const Method& method, const Place& place) {
  const auto arguments = read_arguments();
  const auto run_dir = find_run_dir(place);
  Outcome outcome = !arguments ? std::unexpected(arguments.error())
                    : !run_dir ? std::unexpected(run_dir.error())
                               : method.answer({*run_dir, *arguments});
  std::string line = control::as_line(wrapped(outcome));
  if (line.size() > kMaxAnswer)
    line = control::as_line(
        wrapped(std::unexpected("the answer is too long for this page; ask on the command line")));
  write_output(line + "\n");
  return kDone;
}

}  // namespace

int run_rpcd(const Command& command, int argc, const char* const* argv) {
  Place place;
  Flags flags("gatewitness rpcd", command.help);
  flags.text("--run-dir", place.run_dir);
  flags.text("--config", place.config);
  const auto rest = flags.parse(argc, argv);
  if (!rest) return Flags::print(rest.error());
  if (rest->size() == 1 && rest->front() == "list") return list_methods();
  if (rest->size() != 2 || rest->front() != "call")
    return Flags::print(flags.usage_error("needs list, or call and a method"));
  const auto method = std::ranges::find(kMethods, (*rest)[1], &Method::name);
  if (method == kMethods.end())
    return Flags::print(flags.usage_error("has no method \"" + printable((*rest)[1]) + "\""));
  return call_method(*method, place);
}

}  // namespace gatewitness::cli
