// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/fields.h"
#include "daemon/cli/render.h"

namespace gatewitness::cli {
namespace {

using nlohmann::json;

// The address that holds now, IPv4 first: it is the one that people know.
std::string address_of(const json& device) {
  std::string any;
  for (const auto& tenure : list(device, "addresses")) {
    if (!tenure.value("to", json()).is_null()) continue;
    const std::string address = shown(tenure, "address");
    if (address.find(':') == std::string::npos) return address;
    if (any.empty()) any = address;
  }
  return any.empty() ? "-" : any;
}

std::string remarks_of(const json& device) {
  std::string text = shown(device, "role");
  const auto add = [&text](const char* what) { text += (text.empty() ? "" : ", ") + std::string(what); };
  if (device.value("random_mac", false)) add("made-up MAC");
  if (device.value("shared_mac", false)) add("several devices behind it");
  if (const auto found = device.find("quarantine"); found != device.end() && found->is_object())
    add(shown(*found, "scope") == "all" ? "blocked" : "mail blocked");
  return text;
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

}  // namespace

std::string render_devices(const json& devices, const Style& style) {
  if (devices.empty()) return "No device has been seen yet.\n";
  std::vector<std::vector<Cell>> rows = {{{"device"},
                                          {"name"},
                                          {"class"},
                                          {"address"},
                                          {"port 25"},
                                          {"other ports"},
                                          {"last seen"},
                                          {"verdict"},
                                          {"remarks"}}};
  for (const auto& device : devices) {
    const json& attempts = device.at("attempts");
    const std::string verdict = shown(device, "verdict");
    rows.push_back({{shown(device, "id")},
                    {or_dash(shown(device, "name", 32))},
                    {shown(device, "class", 32)},
                    {address_of(device)},
                    {thousands(number(attempts, "port25"))},
                    {thousands(number(attempts, "submission") + number(attempts, "other"))},
                    {short_time(shown(device, "last_seen"))},
                    {verdict, tone_of(verdict)},
                    {remarks_of(device)}});
  }
  return table(rows, 0, style);
}

}  // namespace gatewitness::cli
