// SPDX-License-Identifier: Apache-2.0
//
// What others use, on the same traffic: rules of routers and published detectors, each as its own text has it
// where there is one. They see connections with their ends and, in the clear, what was refused; a session
// under TLS counts as one message. One object judges one device.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "tests/eval/session.h"

namespace gatewitness::eval {

class Incumbent {
 public:
  virtual ~Incumbent() = default;
  // True: it speaks.
  virtual bool opened(const Session& /*session*/, Timestamp /*now*/) { return false; }
  virtual bool ended(const Session& /*session*/, Timestamp /*now*/) { return false; }
};

struct IncumbentKind {
  std::string_view name;
  std::string_view what;
  std::unique_ptr<Incumbent> (*make)();
};

const std::vector<IncumbentKind>& incumbents();

}  // namespace gatewitness::eval
