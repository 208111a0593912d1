// SPDX-License-Identifier: Apache-2.0
#include "probes/wire/flow.h"

#include <charconv>

namespace gatewitness {
namespace {

template <typename T>
std::optional<T> number(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;  // octal to some
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<uint8_t> protocol_number(std::string_view text) {
  if (text == "tcp") return kProtocolTcp;
  if (text == "udp") return kProtocolUdp;
  return number<uint8_t>(text);
}

std::string protocol_name(uint8_t protocol) {
  if (protocol == kProtocolTcp) return "tcp";
  if (protocol == kProtocolUdp) return "udp";
  return std::to_string(protocol);
}

std::size_t mix(std::size_t seed, std::size_t value) {
  return seed ^ (value + 0x9e3779b9U + (seed << 6) + (seed >> 2));
}

}  // namespace

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  const auto port = number<uint16_t>(text.substr(colon + 1));
  if (!address || !port || address->is_v6() != bracketed) return std::nullopt;
  return Endpoint{*address, *port};
}

std::string to_string(const Endpoint& endpoint) {
  const std::string host = to_string(endpoint.address);
  return (endpoint.address.is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port);
}

std::optional<FiveTuple> FiveTuple::parse(std::string_view text) {
  const auto blank = text.find(' ');
  const auto arrow = text.find(" > ");
  if (blank == text.npos || arrow == text.npos || arrow <= blank) return std::nullopt;
  const auto protocol = protocol_number(text.substr(0, blank));
  const auto source = Endpoint::parse(text.substr(blank + 1, arrow - blank - 1));
  const auto destination = Endpoint::parse(text.substr(arrow + 3));
  if (!protocol || !source || !destination) return std::nullopt;
  if (source->address.is_v6() != destination->address.is_v6()) return std::nullopt;
  return FiveTuple{*source, *destination, *protocol};
}

std::string to_string(const FiveTuple& tuple) {
  return protocol_name(tuple.protocol) + " " + to_string(tuple.source) + " > " + to_string(tuple.destination);
}

}  // namespace gatewitness

std::size_t std::hash<gatewitness::Endpoint>::operator()(
    const gatewitness::Endpoint& endpoint) const noexcept {
  return gatewitness::mix(std::hash<gatewitness::IpAddress>{}(endpoint.address), endpoint.port);
}

std::size_t std::hash<gatewitness::FiveTuple>::operator()(
    const gatewitness::FiveTuple& tuple) const noexcept {
  const std::hash<gatewitness::Endpoint> endpoint;
  return gatewitness::mix(gatewitness::mix(endpoint(tuple.source), endpoint(tuple.destination)),
                          tuple.protocol);
}
