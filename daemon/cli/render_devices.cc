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
  if (const auto link = device.find("link"); link != device.end() && link->is_object()) {
    const std::string name = shown(*link, "name", 32);
    text += (text.empty() ? "" : ", ") + std::string("may be ") + (name.empty() ? "" : name + " ") +
            shown(*link, "mac") + " (" + shown(*link, "strength") + ")";
  }
  if (!list(device, "contradictions").empty()) add("facts disagree");
  if (const auto found = device.find("quarantine"); found != device.end() && found->is_object())
    add(shown(*found, "scope") == "all" ? "blocked" : "mail blocked");
  return text;
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string reason_line(const json& reason) {
  const std::string source = shown(reason, "source");
  return shown(reason, "about") + " " + shown(reason, "says", 64) + ": " +
         (source == "oui" ? "the MAC is of " : source + " \"") + shown(reason, "fact", 128) +
         (source == "oui" ? "" : "\"") + " (" + shown(reason, "strength") + ")";
}

std::string section(const char* title, const std::string& lines, const Style& style) {
  return lines.empty() ? "" : "\n" + style.paint(Tone::kBold, title) + "\n" + lines;
}

}  // namespace

std::string render_device(const json& device, const Style& style) {
  const auto bullet = [&](const std::string& text) { return wrapped("- " + text, 4, style.width); };
  const std::string name = shown(device, "name", 64);
  std::string text =
      style.paint(Tone::kBold, shown(device, "id") + "  " + (name.empty() ? "(no name)" : name)) + "\n" +
      or_dash(shown(device, "vendor", 64)) + ", " + shown(device, "class", 32) + ", " + address_of(device) +
      "\n";
  if (const std::string remarks = remarks_of(device); !remarks.empty()) text += remarks + "\n";
  std::string why, against, link, facts;
  for (const auto& reason : list(device, "reasons")) why += bullet(reason_line(reason));
  for (const auto& reason : list(device, "contradictions")) against += bullet(reason_line(reason));
  if (const auto found = device.find("link"); found != device.end() && found->is_object())
    for (const auto& ground : list(*found, "grounds"))
      link += bullet(printable(ground.get<std::string>(), 256));
  for (const auto& fact : list(device, "facts"))
    facts += bullet(short_time(shown(fact, "time")) + "  " + shown(fact, "kind") + ": " +
                    shown(fact, "value", 128));
  return text + section("Known by", why, style) + section("What says otherwise", against, style) +
         section("Why it may be that earlier device", link, style) +
         section("What it said of itself", facts, style);
}

std::string render_devices(const json& devices, const Style& style) {
  if (devices.empty()) return "No device has been seen yet.\n";
  std::vector<std::vector<Cell>> rows = {{{"device"},
                                          {"name"},
                                          {"vendor"},
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
                    {or_dash(shown(device, "vendor", 20))},
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
