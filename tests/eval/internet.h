// SPDX-License-Identifier: Apache-2.0
//
// The world outside: mail exchangers, as skewed as mail is (a few providers take most of it, each with
// several networks), and providers that take submissions. The same for every home. Values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "probes/wire/ip.h"
#include "tests/eval/dice.h"

namespace gatewitness::eval {

struct Exchanger {
  IpAddress v4;
  IpAddress v6;
  std::string name;    // as in its banner
  std::string domain;  // whose mail it takes
};

struct Provider {
  IpAddress v4;
  IpAddress v6;
  std::string name;  // submission host
};

class Internet {
 public:
  Internet();
  // By weight: about two in five mails go to the four largest.
  const Exchanger& exchanger(Dice& dice) const;
  // Of the long tail only: each practically once.
  const Exchanger& rare_exchanger(Dice& dice) const;
  const Exchanger& exchanger_at(std::size_t index) const { return exchangers_[index % exchangers_.size()]; }
  const Provider& provider(std::size_t index) const { return providers_[index % providers_.size()]; }
  const Provider& provider(Dice& dice) const { return dice.pick(providers_); }
  std::size_t providers() const { return providers_.size(); }
  // The access provider's own relay, reachable on port 25 also where strangers' are blocked.
  const Provider& relay() const { return relay_; }

 private:
  std::vector<Exchanger> exchangers_;
  std::vector<Provider> providers_;
  Provider relay_;
};

}  // namespace gatewitness::eval
