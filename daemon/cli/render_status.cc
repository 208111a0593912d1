// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/fields.h"
#include "daemon/cli/render.h"

namespace gatewitness::cli {
namespace {

using nlohmann::json;

std::string interface_of(const json& interface) {
  std::string text = shown(interface, "name") + (interface.value("up", false) ? "" : " (down)") + ": " +
                     thousands(number(interface, "received")) + " frames";
  if (const auto dropped = number(interface, "dropped"); dropped > 0)
    text += ", " + thousands(dropped) + " dropped by the kernel";
  return text;
}

std::string health_of(const json& probe) {
  if (probe.value("silent", false)) return "silent";
  return probe.value("stopping", false) ? "ended" : "well";
}

std::string probe_line(const json& probe, const Style& style) {
  const std::string health = health_of(probe);
  std::string text = shown(probe, "probe") + "  " +
                     style.paint(health == "well" ? Tone::kGreen : Tone::kRed, health) + "  " +
                     count_of(number(probe, "records"), "record", "records") + ", last " +
                     short_time(shown(probe, "last_heard"));
  if (const auto lost = number(probe, "lost"); lost > 0) text += ", " + thousands(lost) + " lost";
  if (const auto restarts = number(probe, "restarts"); restarts > 0)
    text += ", " + count_of(restarts, "restart", "restarts");
  if (!probe.value("sandboxed", false)) text += ", not sandboxed";
  if (const auto note = shown(probe, "note"); !note.empty()) text += " (" + note + ")";
  text += "\n";
  for (const auto& interface : list(probe, "interfaces")) text += "    " + interface_of(interface) + "\n";
  return "  " + text;
}

std::string gap_line(const json& gap) {
  const std::string interface = shown(gap, "interface");
  return "  " + short_time(shown(gap, "from")) + " to " + short_time(shown(gap, "to")) + "  " +
         shown(gap, "probe") + (interface.empty() ? "" : " on " + interface) + ": " + shown(gap, "reason") +
         (number(gap, "count") == 0 ? "" : ", " + thousands(number(gap, "count"))) + "\n";
}

std::string key_line(const json& daemon) {
  const std::string key = shown(daemon, "signing_key"), fault = shown(daemon, "signing_key_fault");
  if (!key.empty()) return "Evidence is signed with the key " + key + "\n";
  return fault.empty() ? "" : "Evidence cannot be signed: " + fault + "\n";
}

std::string journal_line(const json& daemon) {
  const json& journal = daemon.at("journal");
  if (journal.value("failing", false))
    return "  The journal cannot be written: a restart would forget what comes now.\n";
  return "";
}

std::string offload_line(const json& status) {
  const auto offload = status.find("offload");
  if (offload == status.end() || offload->is_null()) return "";
  const std::string state = shown(*offload, "state"), exemption = shown(*offload, "exemption");
  if (state == "unknown") return "Flow offload: cannot be told, the firewall's rules are not readable.\n";
  if (state == "none") return "Flow offload: off.\n";
  return "Flow offload: " + state + "; mail is " +
         (exemption == "active"
              ? "exempt, all of it is seen.\n"
              : "not exempt: after the handshake its content is not seen, attempts and bindings are.\n");
}

// Only where there is one.
std::string guard_line(const json& daemon) {
  const auto guard = daemon.find("guard");
  if (guard == daemon.end() || !guard->value("enabled", false)) return "";
  if (!guard->value("answers", false)) return "\nGuard\n  silent: " + shown(*guard, "fault") + "\n";
  std::string text = "\nGuard\n  " + count_of(number(*guard, "quarantines"), "device", "devices") +
                     " in quarantine (`gatewitness blocked`)";
  if (const auto restored = number(*guard, "restored"); restored > 0)
    text += ", put back " + count_of(restored, "time", "times") + " after a change of the firewall";
  if (const auto refused = number(*guard, "refused"); refused > 0)
    text += ", " + count_of(refused, "stranger", "strangers") + " refused";
  return text + "\n";
}

std::string channel_line(const json& channel, const Style& style) {
  const std::string error = shown(channel, "last_error");
  const bool gone = flag(channel, "gone");
  std::string text =
      "  " + shown(channel, "name", 64) + " (" + shown(channel, "type", 16) + ", " +
      shown(channel, "to", 128) + ")  " +
      style.paint(gone || !error.empty() ? Tone::kRed : Tone::kGreen, gone            ? "ended"
                                                                      : error.empty() ? "well"
                                                                                      : "failing") +
      "  " + thousands(number(channel, "delivered")) + " delivered";
  if (const auto last = shown(channel, "last_delivered"); !last.empty()) text += ", last " + short_time(last);
  if (const auto waiting = number(channel, "waiting"); waiting > 0)
    text += ", " + thousands(waiting) + " waiting";
  if (const auto next = shown(channel, "next_try"); !next.empty()) text += " until " + short_time(next);
  if (flag(channel, "quiet")) text += ", quiet hours";
  const auto lost = number(channel, "refused") + number(channel, "expired") + number(channel, "overflowed");
  if (lost > 0) text += ", " + thousands(lost) + " given up";
  text += "\n";
  if (!error.empty()) text += "    " + short_time(shown(channel, "last_error_time")) + "  " + error + "\n";
  return text;
}

std::string buttons_line(const json& buttons) {
  uint64_t refused = 0;
  if (const auto reasons = buttons.find("refused"); reasons != buttons.end() && reasons->is_object())
    for (const auto& [reason, count] : reasons->items()) refused += number(*reasons, reason.c_str());
  std::string text = "  Buttons of " + shown(buttons, "channel", 64) +
                     (flag(buttons, "reading") ? ": " : ": nobody listens, ") +
                     thousands(number(buttons, "accepted")) + " pressed";
  if (refused > 0) text += ", " + thousands(refused) + " refused (forged, expired, used or not ours)";
  return text + "\n";
}

// Only where there is one, or was.
std::string notifier_lines(const json& status, const Style& style) {
  const auto notifier = status.find("notifier");
  if (notifier == status.end() || !notifier->is_object()) return "";
  std::string text = "\nNotifier\n";
  if (!flag(*notifier, "running"))
    text += "  " + style.paint(Tone::kRed, "not running: nobody is told") + "; this is how it was\n";
  if (const auto error = shown(*notifier, "daemon_error"); !error.empty()) text += "  " + error + "\n";
  for (const auto& channel : list(*notifier, "channels"))
    if (channel.is_object()) text += channel_line(channel, style);
  for (const auto& buttons : list(*notifier, "buttons"))
    if (buttons.is_object()) text += buttons_line(buttons);
  return text;
}

}  // namespace

std::string render_status(const json& status, const Style& style) {
  const json& open = status.at("incidents_open");
  const Tone tone = number(open, "alarm") > 0 ? Tone::kRed : Tone::kGreen;
  std::string text = style.paint(tone, shown(status, "sentence")) + "\n" +
                     count_of(number(status, "devices"), "device", "devices") + ", " +
                     count_of(number(status, "attempts"), "attempt to send mail", "attempts to send mail") +
                     ".\n";
  if (status.value("upstream_blocks_port25", false))
    text += "The provider seems to block outgoing port 25.\n";
  text += offload_line(status);
  text += "\nProbes\n";
  if (list(status, "probes").empty()) text += "  none has reported yet: nothing is seen\n";
  for (const auto& probe : list(status, "probes")) text += probe_line(probe, style);
  constexpr std::size_t kShown = 10;
  const auto& gaps = list(status, "gaps");
  if (!gaps.empty()) text += "\nNot seen (newest first)\n";
  for (std::size_t i = 0; i < std::min(kShown, gaps.size()); ++i) text += gap_line(gaps[i]);
  if (gaps.size() > kShown) text += "  and " + std::to_string(gaps.size() - kShown) + " more in --json\n";
  const auto daemon = status.find("daemon");
  if (daemon == status.end()) return text;
  text += guard_line(*daemon) + notifier_lines(status, style);
  return text + "\nDaemon " + shown(*daemon, "version") + ", since " + short_time(shown(*daemon, "started")) +
         ", " + count_of(number(*daemon, "received"), "record", "records") + "\n" + journal_line(*daemon) +
         key_line(*daemon);
}

}  // namespace gatewitness::cli
