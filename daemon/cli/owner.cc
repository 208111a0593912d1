// SPDX-License-Identifier: Apache-2.0
//
// name and enrol: the owner's word on a device, which the daemon keeps and which wins over what it learned.
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

std::string in_words(const json& holds) {
  const std::string name = shown(holds, "name"), role = shown(holds, "role");
  return shown(holds, "mac") + (name.empty() ? " has no name of yours" : " is called \"" + name + "\"") +
         (role.empty() ? "" : " and is enrolled as " + role) + ".\n";
}

}  // namespace

int run_owner(const Command& command, int argc, const char* const* argv) {
  Place place;
  bool as_json = false;
  const bool naming = command.name == "name";
  Flags flags = daemon_flags(command, place, as_json);
  const auto rest = flags.parse(argc, argv);
  if (!rest) return Flags::print(rest.error());
  if (rest->size() != 2)
    return Flags::print(
        flags.usage_error(naming ? "needs a MAC and a name in quotes" : "needs a MAC and a role"));
  const auto run_dir = find_run_dir(place);
  if (!run_dir) return complain(command, run_dir.error());
  const json request = {
      {"command", "owner"}, {"mac", (*rest)[0]}, {naming ? "name" : "role", repaired_utf8((*rest)[1])}};
  const auto answer = ask(*run_dir, request);
  if (!answer) return complain(command, answer.error());
  write_output(as_json ? control::as_line(*answer) + "\n" : in_words(*answer));
  return kDone;
}

}  // namespace gatewitness::cli
