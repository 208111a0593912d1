// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/fields.h"
#include "daemon/cli/render.h"

namespace gatewitness::cli {
namespace {

using nlohmann::json;

// Columns of labels before wrapped text.
constexpr std::size_t kIndent = 4;

std::string heading(const json& incident, const Style& style) {
  const std::string severity = shown(incident, "severity");
  std::string word = severity == "alarm" ? "ALARM" : "Notice";
  const bool open = shown(incident, "state") == "open";
  return style.paint(open ? tone_of(severity) : Tone::kDim, word) +
         style.paint(Tone::kBold, "  #" + shown(incident, "id") + "  " + shown(incident, "kind")) + "  " +
         short_time(shown(incident, "opened")) +
         (open ? ", open" : ", closed " + short_time(shown(incident, "closed"))) + "\n";
}

std::string counts(const json& incident) {
  if (incident.value("device", json()).is_null()) return "";
  const json& counted = incident.at("counts");
  return count_of(number(counted, "attempts"), "attempt", "attempts") + " to " +
         count_of(number(counted, "destinations"), "place", "places") + ", last change " +
         short_time(shown(incident, "updated"));
}

// What stands against its device.
std::string quarantine(const json& incident, const Style& style) {
  const auto found = incident.find("quarantine");
  if (found == incident.end() || !found->is_object()) return "";
  return wrapped(shown_again(*found, "sentence"), kIndent, style.width);
}

std::string brief(const json& incident, const Style& style) {
  std::string text =
      heading(incident, style) + wrapped(shown_again(incident, "sentence"), kIndent, style.width);
  const std::string counted = counts(incident);
  if (!counted.empty())
    text += wrapped(counted + "; how sure: " + shown(incident, "grade"), kIndent, style.width);
  return text + quarantine(incident, style);
}

std::string title(const char* text, const Style& style) {
  return "\n" + style.paint(Tone::kBold, text) + "\n";
}

std::string certainty(const json& incident, const Style& style) {
  const auto& reasons = list(incident, "grade_reasons");
  if (shown(incident, "grade").empty()) return "";
  std::string text = title("How sure", style) + "    " + style.paint(Tone::kBold, shown(incident, "grade"));
  text += reasons.empty() ? "\n" : ", and not surer because\n";
  for (const auto& reason : reasons)
    text += wrapped("- " + printable(reason.get<std::string>(), 512), kIndent, style.width);
  return text;
}

std::string verdicts(const json& incident, const Style& style) {
  if (list(incident, "verdicts").empty()) return "";
  std::vector<std::vector<Cell>> rows = {
      {{"time"}, {"rule"}, {"severity"}, {"counted"}, {"limit"}, {"window"}}};
  for (const auto& verdict : list(incident, "verdicts")) {
    const std::string severity = shown(verdict, "severity");
    const uint64_t window = number(verdict, "window_s");
    rows.push_back({{short_time(shown(verdict, "time"))},
                    {shown(verdict, "rule")},
                    {severity, tone_of(severity)},
                    {shown(verdict, "count")},
                    {number(verdict, "limit") == 0 ? "-" : shown(verdict, "limit")},
                    {window == 0 ? "-" : std::to_string(window) + " s"}});
  }
  return title("Verdicts", style) + table(rows, kIndent, style);
}

// The account of the newest verdict that has one, term by term.
std::string account(const json& incident, const Style& style) {
  const json* newest = nullptr;
  for (const auto& verdict : list(incident, "verdicts")) {
    const auto found = verdict.find("account");
    if (found != verdict.end() && found->is_object() && !list(*found, "shares").empty()) newest = &*found;
  }
  if (newest == nullptr) return "";
  std::vector<std::vector<Cell>> rows = {{{"weight"}, {"counted"}, {"rule"}, {"what"}}};
  for (const auto& share : list(*newest, "shares"))
    rows.push_back({{"+" + shown(share, "weight")},
                    {shown(share, "count")},
                    {shown(share, "rule")},
                    {shown(share, "text")}});
  rows.push_back({{"=" + shown(*newest, "score"), Tone::kBold},
                  {""},
                  {"sum"},
                  {"an alarm from " + shown(*newest, "bound") + " on"}});
  return title("Account", style) + table(rows, kIndent, style);
}

std::string refusals_of(const json& attempt) {
  std::string text;
  for (const auto& refusal : list(attempt, "refusals")) {
    const std::string name = shown(refusal, "list");
    text += (text.empty() ? "" : ", ") + shown(refusal, "code") + " " + shown(refusal, "kind") +
            (name.empty() ? "" : " (" + name + ")");
  }
  return text;
}

// What the dialogue shows, in a few words.
std::string dialogue_of(const json& attempt) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  if (const auto ehlo = shown(attempt, "ehlo", 64); !ehlo.empty()) add("says it is " + ehlo);
  const std::string least = attempt.value("at_least", false) ? "at least " : "";
  if (const auto accepted = number(attempt, "accepted"); accepted > 0)
    add(least + count_of(accepted, "message accepted", "messages accepted"));
  if (const auto refusals = refusals_of(attempt); !refusals.empty()) add(refusals);
  if (const auto& ids = list(attempt, "queue_ids"); !ids.empty())
    add("queued as " + printable(ids.back().get<std::string>(), 64));
  const std::string sides = shown(attempt, "sides");
  if (sides == "server") add("what the device said was not captured");
  if (sides == "client" && shown(attempt, "outcome") != "syn-only")
    add("the server's replies were not captured");
  const std::string tls = shown(attempt, "tls");
  if (tls == "started" || tls == "implicit")  // an offer that nobody took up says nothing
    add("TLS" + (shown(attempt, "sni").empty() ? "" : " to " + shown(attempt, "sni")));
  return text.empty() ? "-" : text;
}

// What became of the connection, in words.
std::string outcome_of(const json& attempt) {
  const std::string outcome = shown(attempt, "outcome");
  if (outcome == "syn-only") return "no answer";
  return outcome == "established" ? "connected" : outcome;
}

// "tcp 192.0.2.1:40000 > 198.51.100.9:25": all of it is TCP.
std::string without_protocol(const std::string& tuple) {
  return tuple.starts_with("tcp ") ? tuple.substr(4) : tuple;
}

// The address and port that the remote server, and an abuse report, would name.
std::string public_side(const json& attempt) {
  const json& binding = attempt.at("binding");
  if (binding.is_null()) return "-";
  const std::string tuple = without_protocol(shown(binding, "outside"));
  return tuple.substr(0, tuple.find(" > "));
}

std::string attempts(const json& incident, const Style& style) {
  const auto& all = list(incident, "attempts");
  if (all.empty()) return "";
  constexpr std::size_t kShown = 20;
  std::vector<std::vector<Cell>> rows = {{{"time"}, {"from > to"}, {"outcome"}, {"left as"}, {"dialogue"}}};
  const std::size_t first = all.size() > kShown ? all.size() - kShown : 0;
  for (std::size_t i = first; i < all.size(); ++i) {
    const json& attempt = all[i];
    rows.push_back({{short_time(shown(attempt, "time"))},
                    {without_protocol(shown(attempt, "flow"))},
                    {outcome_of(attempt)},
                    {public_side(attempt)},
                    {dialogue_of(attempt)}});
  }
  std::string text = title("Attempts", style) + table(rows, kIndent, style);
  const uint64_t counted = number(incident.at("counts"), "attempts");
  if (counted > rows.size() - 1)
    text += wrapped("the newest " + std::to_string(rows.size() - 1) + " of " + thousands(counted) +
                        "; those kept are in --json",
                    kIndent, style.width);
  return text;
}

std::string evidence(const json& incident, const Style& style) {
  if (list(incident, "evidence").empty()) return "";
  std::vector<std::vector<Cell>> rows = {{{"time"}, {"source"}, {"what"}}};
  for (const auto& piece : list(incident, "evidence"))
    rows.push_back({{short_time(shown(piece, "time"))}, {shown(piece, "source")}, {shown(piece, "text")}});
  return title("Evidence", style) + table(rows, kIndent, style);
}

// What is missing inside the sessions themselves.
std::string missing_inside(const json& incident, const Style& style) {
  uint64_t bytes = 0, halves = 0;
  for (const auto& attempt : list(incident, "attempts")) {
    const std::string sides = shown(attempt, "sides");
    bytes += number(attempt, "lost_bytes");
    halves += sides == "server" || (sides == "client" && shown(attempt, "outcome") != "syn-only") ? 1 : 0;
  }
  std::string text;
  if (bytes > 0)
    text += wrapped(count_of(bytes, "byte", "bytes") + " inside these sessions", kIndent, style.width);
  if (halves > 0)
    text +=
        wrapped("one of the two sides of " + count_of(halves, "session", "sessions"), kIndent, style.width);
  return text;
}

std::string gaps(const json& incident, const Style& style) {
  std::string text = title("Not seen meanwhile", style);
  const std::string inside = missing_inside(incident, style);
  if (list(incident, "gaps").empty() && inside.empty())
    return text + wrapped("nothing is known to be missing", kIndent, style.width);
  text += inside;
  for (const auto& gap : list(incident, "gaps")) {
    const std::string interface = shown(gap, "interface");
    text += wrapped(short_time(shown(gap, "from")) + " to " + short_time(shown(gap, "to")) + ": " +
                        shown(gap, "reason") + " at probe " + shown(gap, "probe") +
                        (interface.empty() ? "" : " on " + interface) +
                        (number(gap, "count") == 0 ? "" : ", " + thousands(number(gap, "count")) + " lost"),
                    kIndent, style.width);
  }
  return text;
}

}  // namespace

std::string render_incidents(const json& incidents, const Style& style) {
  if (incidents.empty()) return "Nothing happened that needs a word.\n";
  std::string text;
  for (const auto& incident : incidents) text += (text.empty() ? "" : "\n") + brief(incident, style);
  return text + "\nTimes are UTC. More: gatewitness explain ID\n";
}

std::string render_explanation(const json& incident, const Style& style) {
  return heading(incident, style) + wrapped(shown_again(incident, "sentence"), kIndent, style.width) +
         wrapped(counts(incident), kIndent, style.width) + quarantine(incident, style) +
         certainty(incident, style) + title("What to do", style) +
         wrapped(shown_again(incident, "advice"), kIndent, style.width) + account(incident, style) +
         verdicts(incident, style) + attempts(incident, style) + evidence(incident, style) +
         gaps(incident, style) + "\nTimes are UTC.\n";
}

}  // namespace gatewitness::cli
