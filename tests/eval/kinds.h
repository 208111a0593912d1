// SPDX-License-Identifier: Apache-2.0
//
// Every kind of innocent and of sender that the judge knows: a name, what makes it hard, and the plan of a
// home with one subject of that kind. Two tables, in innocents.cc and senders.cc.
#pragma once

#include <span>
#include <string_view>

#include "tests/eval/home.h"

namespace gatewitness::eval {

struct KindOfHome {
  std::string_view name;
  std::string_view story;  // one line for the page
  double days;             // of one home
  void (*plan)(Home&);
};

std::span<const KindOfHome> innocents();
std::span<const KindOfHome> senders();

}  // namespace gatewitness::eval
