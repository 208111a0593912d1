// SPDX-License-Identifier: Apache-2.0
#include "daemon/metrics/metrics.h"

#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "probes/wire/text.h"

namespace gatewitness::metrics {
namespace {

using nlohmann::json;
using Labels = std::initializer_list<std::pair<std::string_view, std::string>>;

// As many devices as the daemon knows by default; each is four lines.
constexpr std::size_t kMaxDevices = 2048;

const json& at(const json& object, const char* key) {
  static const json kNothing;
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

std::string text_at(const json& object, const char* key) {
  const json& value = at(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

// A number, true as 1; what is none is 0.
uint64_t number_at(const json& object, const char* key) {
  const json& value = at(object, key);
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  return value.is_number_unsigned() ? value.get<uint64_t>() : 0;
}

class Page {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += "# HELP gatewitness_" + name_ + " " + std::string(help) + "\n# TYPE gatewitness_" + name_ + " " +
             std::string(type) + "\n";
  }
  void sample(uint64_t value, Labels labels = {}) {
    text_ += "gatewitness_" + name_;
    const char* before = "{";
    for (const auto& [label, content] : labels) {
      text_ += before + std::string(label) + "=\"" + escaped(content) + "\"";
      before = ",";
    }
    if (labels.size() > 0) text_ += "}";
    text_ += " " + std::to_string(value) + "\n";
  }
  std::string take() { return std::move(text_); }

 private:
  static std::string escaped(const std::string& content) {
    std::string out;
    for (const char c : printable(content, 96)) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    return out;
  }

  std::string name_;
  std::string text_;
};

void of_home(const json& status, Page& page) {
  page.family("devices", "gauge", "Devices that are known.");
  page.sample(number_at(status, "devices"));
  page.family("attempts", "gauge", "Outbound attempts to hand over mail, of the devices that are known.");
  page.sample(number_at(status, "attempts"));
  page.family("bindings", "gauge", "NAT bindings that are remembered.");
  page.sample(number_at(status, "bindings"));
  page.family("upstream_blocks_port25", "gauge", "The provider seems to block outgoing port 25.");
  page.sample(number_at(status, "upstream_blocks_port25"));
}

void of_incidents(const json& status, const json& incidents, Page& page) {
  const json& open = at(status, "incidents_open");
  page.family("incidents_open", "gauge", "Open incidents.");
  for (const char* severity : {"alarm", "notice"})
    page.sample(number_at(open, severity), {{"severity", severity}});
  std::map<std::string, uint64_t> by_kind;
  if (incidents.is_array())
    for (const auto& incident : incidents)
      if (incident.is_object() && text_at(incident, "state") == "open") ++by_kind[text_at(incident, "kind")];
  page.family("incidents_open_by_kind", "gauge", "Open incidents by what they are about.");
  for (const auto& [kind, count] : by_kind) page.sample(count, {{"kind", kind}});
}

void of_daemon(const json& status, Page& page) {
  const json& daemon = at(status, "daemon");
  if (!daemon.is_object()) return;
  page.family("build_info", "gauge", "Version of the daemon.");
  page.sample(1, {{"version", text_at(daemon, "version")}});
  page.family("records_received_total", "counter", "Records that were taken from probes.");
  page.sample(number_at(daemon, "received"));
  page.family("records_refused_total", "counter",
              "Messages that were no record, by what was wrong with them.");
  for (const auto& [reason, count] : at(daemon, "refused").items())
    if (count.is_number_unsigned()) page.sample(count.get<uint64_t>(), {{"reason", reason}});
  const json& journal = at(daemon, "journal");
  page.family("journal_failing", "gauge", "The journal cannot be written: a restart would forget.");
  page.sample(number_at(journal, "failing"));
  page.family("journal_failures_total", "counter", "Writes to the journal that failed.");
  page.sample(number_at(journal, "failures"));
  page.family("journal_log_bytes", "gauge", "Bytes of the journal's log.");
  page.sample(number_at(journal, "log_bytes"));
}

void of_probes(const json& status, Page& page) {
  const json& probes = at(status, "probes");
  if (!probes.is_array()) return;
  const auto each = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
    page.family(name, type, help);
    for (const auto& probe : probes) page.sample(value(probe), {{"probe", text_at(probe, "probe")}});
  };
  each("probe_up", "gauge", "The probe is heard.", [](const json& probe) {
    return uint64_t{number_at(probe, "silent") == 0 && number_at(probe, "stopping") == 0};
  });
  each("probe_records_total", "counter", "Records of the probe.",
       [](const json& probe) { return number_at(probe, "records"); });
  each("probe_lost_total", "counter", "Records of the probe that never came.",
       [](const json& probe) { return number_at(probe, "lost"); });
  each("probe_restarts_total", "counter", "Starts of the probe after the first.",
       [](const json& probe) { return number_at(probe, "restarts"); });
  for (const auto& [name, key, help] :
       {std::tuple("interface_received_total", "received", "Frames that were captured."),
        std::tuple("interface_dropped_total", "dropped",
                   "Frames that the kernel dropped before the probe saw them.")}) {
    page.family(name, "counter", help);
    for (const auto& probe : probes)
      if (at(probe, "interfaces").is_array())
        for (const auto& interface : at(probe, "interfaces"))
          page.sample(number_at(interface, key),
                      {{"probe", text_at(probe, "probe")}, {"interface", text_at(interface, "name")}});
  }
}

void of_devices(const json& devices, Page& page) {
  if (!devices.is_array()) return;
  page.family("device_attempts", "gauge", "Outbound attempts of a device.");
  std::size_t told = 0;
  for (const auto& device : devices) {
    const std::string mac = text_at(device, "mac");
    if (mac.empty() || ++told > kMaxDevices) continue;
    for (const char* port : {"port25", "submission", "other"})
      page.sample(number_at(at(device, "attempts"), port), {{"mac", mac}, {"port", port}});
  }
  page.family("device_alarm", "gauge", "The device has an open alarm.");
  told = 0;
  for (const auto& device : devices)
    if (const std::string mac = text_at(device, "mac"); !mac.empty() && ++told <= kMaxDevices)
      page.sample(text_at(device, "verdict") == "alarm" ? 1 : 0, {{"mac", mac}});
}

}  // namespace

std::string text(const json& status, const json& incidents, const json& devices, bool with_macs) {
  Page page;
  of_home(status, page);
  of_incidents(status, incidents, page);
  of_daemon(status, page);
  of_probes(status, page);
  if (with_macs) of_devices(devices, page);
  return page.take();
}

}  // namespace gatewitness::metrics
