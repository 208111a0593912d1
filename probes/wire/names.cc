// SPDX-License-Identifier: Apache-2.0
#include "probes/wire/names.h"

#include <array>

namespace gatewitness::wire {
namespace {

template <std::size_t N, typename Enum>
std::string_view name(const std::array<std::string_view, N>& names, Enum value) {
  static_assert(N == value_count(Enum{}));
  const auto index = static_cast<std::size_t>(value);
  return index < N ? names[index] : "?";
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  static constexpr std::array<std::string_view, 6> kNames = {"syn-only",    "refused", "unreachable",
                                                             "established", "reset",   "closed"};
  return name(kNames, outcome);
}

std::string_view to_string(IsMail is_mail) {
  static constexpr std::array<std::string_view, 3> kNames = {"unknown", "yes", "no"};
  return name(kNames, is_mail);
}

std::string_view to_string(Tls tls) {
  static constexpr std::array<std::string_view, 4> kNames = {"none", "offered", "started", "implicit"};
  return name(kNames, tls);
}

std::string_view to_string(Refusal refusal) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "block-list", "unknown-user", "rate-limit", "spam-content", "policy", "auth", "other"};
  return name(kNames, refusal);
}

std::string_view to_string(ClaimSource source) {
  static constexpr std::array<std::string_view, 6> kNames = {"dhcp", "dhcpv6",    "arp",
                                                             "nd",   "neighbour", "lease"};
  return name(kNames, source);
}

std::string_view to_string(FactKind kind) {
  static constexpr std::array<std::string_view, 16> kNames = {"dhcp-host-name",
                                                              "dhcp-vendor-class",
                                                              "dhcp-parameters",
                                                              "dhcp-client-id",
                                                              "dhcp-fqdn",
                                                              "mdns-name",
                                                              "mdns-service",
                                                              "mdns-model",
                                                              "ssdp-server",
                                                              "ssdp-type",
                                                              "syn-fingerprint",
                                                              "ssdp-user-agent",
                                                              "dhcp-requested-address",
                                                              "smtp-ehlo",
                                                              "static-name",
                                                              "dns-cloud"};
  return name(kNames, kind);
}

std::string_view to_string(GapReason reason) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "kernel-drop", "probe-start", "netlink-loss", "interface-down", "queue-full", "table-full", "sequence"};
  return name(kNames, reason);
}

}  // namespace gatewitness::wire
