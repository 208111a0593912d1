// SPDX-License-Identifier: Apache-2.0
//
// A store is opened, brought up to date, checked, and, where it is corrupt, put aside. Private to this
// folder.
#pragma once

#include <expected>
#include <string>

#include "daemon/journal/journal.h"

namespace gatewitness::journal {

struct Opened {
  Database database;
  std::string notice;  // what the owner should know; "" if nothing
};

std::expected<Opened, std::string> open_store(const Place& place, Timestamp now);

}  // namespace gatewitness::journal
