// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/fields.h"
#include "daemon/cli/render.h"

namespace gatewitness::cli {
namespace {

using nlohmann::json;

std::string files_of(const json& report, const Style& style) {
  std::string text;
  for (const auto& file : list(report, "files")) {
    std::string line = shown(file, "path") + ": " + count_of(number(file, "records"), "frame", "frames") +
                       ", " + thousands(number(file, "mail_records")) + " of them about mail or identity";
    if (const auto note = shown(file, "note"); !note.empty()) line += "; " + note;
    text += wrapped(line, 0, style.width);
  }
  return text;
}

std::string span_of(const json& report) {
  const std::string from = shown(report, "from");
  if (from.empty()) return "";
  return "From " + short_time(from) + " to " + short_time(shown(report, "to")) + " UTC.\n";
}

// What one would otherwise take for certain.
std::string reservations(const json& report, const Style& style) {
  const auto counters = report.value("counters", json::object());
  std::string text;
  if (const auto lost = number(counters, "bytes_lost"); lost > 0)
    text +=
        wrapped(thousands(lost) +
                    " bytes of mail sessions were not seen, since the capture lacks them or they went over a "
                    "port that is not watched whole (capture.mail_ports): counts are \"at least\".",
                0, style.width);
  if (const auto evicted = number(counters, "flows_evicted"); evicted > 0)
    text += wrapped(thousands(evicted) + " flows were given up for want of room.", 0, style.width);
  return text.empty() ? text : "\n" + text;
}

std::string headline(const json& incidents, const Style& style) {
  uint64_t alarms = 0, notices = 0;
  for (const auto& incident : incidents) ++(shown(incident, "severity") == "alarm" ? alarms : notices);
  std::string text = alarms == 0 ? "" : count_of(alarms, "alarm", "alarms");
  if (notices > 0) text += (text.empty() ? "" : ", ") + count_of(notices, "notice", "notices");
  return style.paint(alarms > 0 ? Tone::kRed : Tone::kYellow, text + ".") + "\n\n";
}

std::string conclusion(const json& report, const Style& style) {
  const auto& incidents = list(report, "incidents");
  if (incidents.empty()) {
    const uint64_t attempts = number(report.at("status"), "attempts");
    return style.paint(Tone::kGreen, "Quiet.") + " " +
           (attempts == 0
                ? "No device tried to send mail.\n"
                : count_of(attempts, "attempt", "attempts") + " to send mail, none of them suspicious.\n");
  }
  std::string text;
  for (const auto& incident : incidents)
    text += (text.empty() ? headline(incidents, style) : "\n") + render_explanation(incident, style);
  return text;
}

}  // namespace

std::string render_replay(const json& report, const Style& style) {
  std::string text = files_of(report, style) + span_of(report) + "\n" + conclusion(report, style);
  if (!list(report, "devices").empty())
    text += "\n" + style.paint(Tone::kBold, "Devices") + "\n" + render_devices(report.at("devices"), style);
  return text + reservations(report, style);
}

}  // namespace gatewitness::cli
