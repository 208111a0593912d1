// SPDX-License-Identifier: Apache-2.0
#include "daemon/quarantine/ruleset.h"

#include <algorithm>
#include <map>

namespace gatewitness::quarantine {
namespace {

// Element → its rest in seconds; of one that two quarantines share the longer.
using Elements = std::map<std::string, int64_t>;

struct Sets {
  Elements macs, v4, v6;
};

void add(Elements& elements, const std::string& element, int64_t rest_s) {
  int64_t& known = elements[element];
  known = std::max(known, rest_s);
}

int64_t rest_of(const Quarantine& quarantine, Timestamp now) {
  const auto rest = std::chrono::ceil<std::chrono::seconds>(quarantine.end - now).count();
  return std::clamp<int64_t>(rest, 1, kLongest.count());
}

Sets sets_of(std::span<const Quarantine> quarantines, Scope scope, Timestamp now) {
  Sets sets;
  for (const auto& quarantine : quarantines) {
    if (quarantine.scope != scope || quarantine.target.is_gateway()) continue;
    const int64_t rest_s = rest_of(quarantine, now);
    add(sets.macs, to_string(*quarantine.target.mac), rest_s);
    for (const auto& address : quarantine.addresses)
      add(address.is_v4() ? sets.v4 : sets.v6, to_string(address), rest_s);
  }
  return sets;
}

std::string set_text(const std::string& name, const char* type, const Elements& elements) {
  std::string text = "  set " + name + " {\n    type " + type + "\n    flags timeout\n";
  if (!elements.empty()) {
    text += "    elements = { ";
    bool first = true;
    for (const auto& [element, rest_s] : elements) {
      text += (first ? "" : ", ") + element + " timeout " + std::to_string(rest_s) + "s";
      first = false;
    }
    text += " }\n";
  }
  return text + "  }\n";
}

std::string sets_text(const std::string& prefix, const Sets& sets) {
  return set_text(prefix + "_macs", "ether_addr", sets.macs) +
         set_text(prefix + "_addresses4", "ipv4_addr", sets.v4) +
         set_text(prefix + "_addresses6", "ipv6_addr", sets.v6);
}

std::string ports_text(const std::vector<uint16_t>& ports) {
  std::string text = "{ ";
  for (std::size_t i = 0; i < ports.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(ports[i]);
  return text + " }";
}

std::string rule(const std::string& match, const char* action) {
  return "    " + match + " counter " + action + "\n";
}

std::string forward_rules(const RulesetOptions& options, const char* refuse) {
  std::string text;
  for (const char* match : {"ether saddr @all_macs", "ip saddr @all_addresses4", "ip daddr @all_addresses4",
                            "ip6 saddr @all_addresses6", "ip6 daddr @all_addresses6"})
    text += rule(match, "drop");
  const std::string mail = "tcp dport " + ports_text(options.mail_ports) + " ";
  for (const char* match :
       {"ether saddr @mail_macs", "ip saddr @mail_addresses4", "ip6 saddr @mail_addresses6"})
    text += rule(mail + match, refuse);
  return text;
}

std::string chain(const char* hook, const std::string& rules) {
  return std::string("  chain ") + hook + " {\n    type filter hook " + hook +
         " priority filter - 10; policy accept;\n" + rules + "  }\n";
}

Elements gateway_ports(std::span<const Quarantine> quarantines, const RulesetOptions& options,
                       Timestamp now) {
  Elements ports;
  for (const auto& quarantine : quarantines)
    if (quarantine.target.is_gateway())
      for (const auto port : options.mail_ports) add(ports, std::to_string(port), rest_of(quarantine, now));
  return ports;
}

}  // namespace

std::string no_table() {
  // Added first, so that there is one to delete.
  return "add table " + std::string(kTable) + "\ndelete table " + std::string(kTable) + "\n";
}

std::string ruleset(std::span<const Quarantine> quarantines, const RulesetOptions& options, Timestamp now) {
  if (quarantines.empty()) return no_table();
  const char* refuse = options.reject ? "reject with tcp reset" : "drop";
  return no_table() + "table " + std::string(kTable) + " {\n" +
         sets_text("mail", sets_of(quarantines, Scope::kMail, now)) +
         sets_text("all", sets_of(quarantines, Scope::kAll, now)) +
         set_text("gateway_ports", "inet_service", gateway_ports(quarantines, options, now)) +
         chain("forward", forward_rules(options, refuse)) +
         chain("output", rule("tcp dport @gateway_ports", refuse)) + "}\n";
}

}  // namespace gatewitness::quarantine
