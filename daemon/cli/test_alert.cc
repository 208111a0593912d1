// SPDX-License-Identifier: Apache-2.0
//
// test-alert: does an alert reach the phone, and what did the server say.
#include <nlohmann/json.hpp>

#include "daemon/cli/client.h"
#include "daemon/cli/command.h"
#include "daemon/cli/fields.h"
#include "daemon/control/answer.h"
#include "probes/process/flags.h"
#include "probes/wire/utf8.h"

namespace gatewitness::cli {
namespace {

using nlohmann::json;
using process::Flags;

std::string in_words(const json& results) {
  std::string text;
  for (const auto& result : results)
    text += shown(result, "channel") + " (" + shown(result, "type") +
            "): " + (result.value("ok", false) ? "taken" : "NOT taken") + " after " +
            std::to_string(number(result, "took_ms")) + " ms, " + shown_again(result, "said") + "\n";
  return text;
}

}  // namespace

int run_test_alert(const Command& command, int argc, const char* const* argv) {
  Place place;
  bool as_json = false;
  Flags flags = daemon_flags(command, place, as_json);
  const auto rest = flags.parse(argc, argv);
  if (!rest) return Flags::print(rest.error());
  if (rest->size() > 1) return Flags::print(flags.usage_error("takes one channel, or none for all"));
  const auto run_dir = find_run_dir(place);
  if (!run_dir) return complain(command, run_dir.error());
  json request = {{"command", "test-alert"}};
  if (!rest->empty()) request["channel"] = repaired_utf8(rest->front());
  const auto answer = ask_notifier(*run_dir, request);
  if (!answer) return complain(command, answer.error());
  write_output(as_json ? control::as_line(*answer) + "\n" : in_words(*answer));
  for (const auto& result : *answer)
    if (!result.value("ok", false)) return kFailed;
  return kDone;
}

}  // namespace gatewitness::cli
