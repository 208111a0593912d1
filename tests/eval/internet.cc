// SPDX-License-Identifier: Apache-2.0
#include "tests/eval/internet.h"

namespace gatewitness::eval {
namespace {

constexpr std::size_t kLarge = 4;          // providers
constexpr std::size_t kNetworks = 5;       // of each
constexpr std::size_t kExchangers = 3000;  // all in all
constexpr std::size_t kProviders = 60;

IpAddress v4(uint32_t network, uint8_t host) {
  return IpAddress::v4({static_cast<uint8_t>(100 + (network >> 16)), static_cast<uint8_t>(network >> 8),
                        static_cast<uint8_t>(network), host});
}

IpAddress v6(uint32_t network) {
  std::array<uint8_t, 16> bytes{
      0x2a, 0x0d, 0, 0, static_cast<uint8_t>(network >> 8), static_cast<uint8_t>(network)};
  bytes[15] = 25;
  return IpAddress::v6(bytes);
}

}  // namespace

Internet::Internet() {
  for (std::size_t i = 0; i < kExchangers; ++i) {
    const auto network = static_cast<uint32_t>(i);
    const bool large = i < kLarge * kNetworks;
    const std::string domain =
        large ? "big" + std::to_string(i / kNetworks) + ".example" : "d" + std::to_string(i) + ".example";
    // Not every exchanger is called one.
    const char* host = i % 4 == 3 ? "mail." : i % 4 == 2 ? "gate." : "mx1.";
    exchangers_.push_back({v4(0x010000 + network, 25), v6(0x1000 + network), host + domain, domain});
  }
  for (std::size_t i = 0; i < kProviders; ++i) {
    const auto network = static_cast<uint32_t>(i);
    providers_.push_back(
        {v4(0x020000 + network, 58), v6(0x8000 + network), "smtp.provider" + std::to_string(i) + ".example"});
  }
  relay_ = {v4(0x030000, 25), v6(0x9000), "relay.access.example"};
}

const Exchanger& Internet::exchanger(Dice& dice) const {
  if (dice.chance(0.4)) return exchangers_[dice.next() % (kLarge * kNetworks)];
  return rare_exchanger(dice);
}

const Exchanger& Internet::rare_exchanger(Dice& dice) const {
  return exchangers_[kLarge * kNetworks + dice.next() % (kExchangers - kLarge * kNetworks)];
}

}  // namespace gatewitness::eval
