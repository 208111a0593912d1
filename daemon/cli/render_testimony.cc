// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/fields.h"
#include "daemon/cli/render.h"

namespace gatewitness::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kIndent = 4;

std::string title(const std::string& text, const Style& style) {
  return "\n" + style.paint(Tone::kBold, text) + "\n";
}

std::string bullets(const json& lines, const Style& style) {
  std::string text;
  for (const auto& line : lines)
    text += wrapped("- " + printable(line.get<std::string>(), 1024), kIndent, style.width);
  return text;
}

// "ARF in standard input, of 2026-11-24 12:03:11 (arf arrival-date)", and what the report says.
std::string question(const json& testimony, const Style& style) {
  std::string text;
  const json report = testimony.value("report", json());
  if (report.is_object()) {
    text += "Report: " + shown(report, "file") + ", " + shown(report, "source") + " (" +
            shown(report, "format") + ")\n";
    if (number(report, "candidates") > 1)
      text +=
          "        hop " + shown(report, "candidate") + " of " + shown(report, "candidates") + " that fit\n";
  }
  const json& inquiry = testimony.at("inquiry");
  std::string asked;
  const auto add = [&](const char* word, const std::string& value) {
    if (!value.empty()) asked += (asked.empty() ? "" : ", ") + std::string(word) + value;
  };
  add("", shown(inquiry, "public_address"));
  add("port ", shown(inquiry, "port"));
  add("at ", short_time(shown(inquiry, "at")));
  add("to ", shown(inquiry, "destination"));
  add("queue id ", shown(inquiry, "queue_id"));
  add("HELO ", shown(inquiry, "helo"));
  text +=
      wrapped("Asked: " + asked + "; clocks may be " + std::to_string(number(inquiry, "skew_s")) + " s apart",
              0, style.width);
  if (report.is_object()) text += bullets(list(report, "notes"), style);
  return text + "\n";
}

constexpr const char* words_for(std::string_view match) {
  if (match == "queue-id") return "the receiver's queue id";
  if (match == "five-tuple") return "public address, port and receiver";
  if (match == "public-port") return "public address and port";
  if (match == "same-port") return "the port, as the gateway keeps ports";
  if (match == "destination") return "the receiver and the time";
  return "the time alone";
}

std::string device_line(const json& device) {
  const std::string name = shown(device, "name"), address = shown(device, "address");
  return shown(device, "id") + "  " + (name.empty() ? "(no name)" : name) + ", " + shown(device, "class") +
         (address.empty() ? "" : ", " + address + " at that time");
}

std::string candidate_in_words(const json& candidate, const Style& style) {
  const json& session = candidate.at("session");
  std::string text = title(device_line(candidate.at("device")), style);
  text += "    how sure: " + style.paint(Tone::kBold, shown(candidate, "grade")) + ", decided by " +
          words_for(shown(candidate, "match")) + "\n";
  const std::string outside = shown(session, "outside");
  text += wrapped(shown(session, "flow") + (outside.empty() ? "" : ", outside " + outside) + ", from " +
                      short_time(shown(session, "began")) + " to " + short_time(shown(session, "ended")) +
                      (number(candidate, "sessions") > 1
                           ? " (the nearest of " + shown(candidate, "sessions") + " that fit)"
                           : ""),
                  kIndent, style.width);
  if (!list(candidate, "grade_reasons").empty())
    text += "    not surer because\n" + bullets(list(candidate, "grade_reasons"), style);
  if (!list(candidate, "speaks_for").empty())
    text += "    for it\n" + bullets(list(candidate, "speaks_for"), style);
  if (!list(candidate, "speaks_against").empty())
    text += "    against it\n" + bullets(list(candidate, "speaks_against"), style);
  std::vector<std::vector<Cell>> rows = {{{"time"}, {"source"}, {"what"}}};
  for (const auto& one : list(candidate, "evidence"))
    rows.push_back({{short_time(shown(one, "time"))}, {shown(one, "source")}, {shown_again(one, "text")}});
  return rows.size() == 1 ? text : text + "    evidence\n" + table(rows, kIndent + 2, style);
}

std::string others_in_words(const json& testimony, const Style& style) {
  std::string cleared, not_cleared;
  for (const auto& other : list(testimony, "others")) {
    const std::string line =
        wrapped("- " + device_line(other) + ": " + shown_again(other, "why"), kIndent, style.width);
    (other.value("cleared", false) ? cleared : not_cleared) += line;
  }
  std::string text;
  if (!cleared.empty()) text += title("Cleared", style) + cleared;
  if (!not_cleared.empty()) text += title("Not cleared", style) + not_cleared;
  if (const auto more = number(testimony, "others_unlisted"); more > 0)
    text += "    and " + thousands(more) + " more\n";
  return text;
}

std::string what_was_recorded(const json& answer, const Style& style) {
  std::string text = title("What was recorded then", style) + bullets(list(answer, "watched"), style);
  for (const auto& gap : list(answer, "gaps"))
    text += wrapped("- missing: " + shown(gap, "reason") + " of " + shown(gap, "probe") + ", " +
                        short_time(shown(gap, "from")) + " to " + short_time(shown(gap, "to")),
                    kIndent, style.width);
  if (!list(answer, "notes").empty()) text += title("To know", style) + bullets(list(answer, "notes"), style);
  return text;
}

}  // namespace

std::string render_clearance(const json& clearance, const Style& style) {
  std::string cleared, others;
  for (const auto& device : list(clearance, "devices")) {
    const std::string line =
        wrapped("- " + device_line(device) + ": " + shown_again(device, "why"), kIndent, style.width);
    (device.value("cleared", false) ? cleared : others) += line;
  }
  std::string text =
      short_time(shown(clearance, "from")) + " to " + short_time(shown(clearance, "to")) + "\n\n";
  text += style.paint(clearance.value("complete", false) ? Tone::kBold : Tone::kYellow,
                      wrapped(shown_again(clearance, "sentence"), 0, style.width));
  if (!cleared.empty()) text += title("Cleared", style) + cleared;
  if (!others.empty()) text += title("Not cleared", style) + others;
  return text + what_was_recorded(clearance, style) + "\nTimes are UTC.\n";
}

std::string render_testimony(const json& testimony, const Style& style) {
  std::string text = question(testimony, style);
  const Tone tone = shown(testimony, "verdict") == "named" ? Tone::kBold : Tone::kYellow;
  text += style.paint(tone, wrapped(shown_again(testimony, "sentence"), 0, style.width));
  for (const auto& candidate : list(testimony, "candidates")) text += candidate_in_words(candidate, style);
  text += others_in_words(testimony, style);
  text += what_was_recorded(testimony, style);
  return text + "\nTimes are UTC.\n";
}

}  // namespace gatewitness::cli
