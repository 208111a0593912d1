// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/fields.h"
#include "daemon/cli/render.h"

namespace gatewitness::cli {
namespace {

using nlohmann::json;

std::string why(const json& quarantine) {
  const std::string incident = shown(quarantine, "incident");
  const std::string who = quarantine.value("automatic", false) ? "automatic" : "you";
  return incident.empty() ? who : who + ", incident #" + incident;
}

}  // namespace

std::string render_quarantines(const json& answer, const Style& style) {
  const auto& all = list(answer, "quarantines");
  if (all.empty()) return "Nothing is in quarantine.\n";
  std::vector<std::vector<Cell>> rows = {{{"device"}, {"name"}, {"stopped"}, {"until"}, {"by"}}};
  for (const auto& each : all) {
    const std::string name = shown(each, "name", 32);
    rows.push_back({{shown(each, "device")},
                    {name.empty() ? "-" : name},
                    {shown(each, "scope") == "all" ? "all traffic" : "mail"},
                    {short_time(shown(each, "until"))},
                    {why(each)}});
  }
  return table(rows, 0, style) + "\nTimes are UTC. End one with: gatewitness unblock DEVICE\n";
}

}  // namespace gatewitness::cli
