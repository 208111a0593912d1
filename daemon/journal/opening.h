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
  bool lasting;        // false: in memory alone, because the store's place cannot be written
};

std::expected<Opened, std::string> open_store(const Place& place, Timestamp now);

}  // namespace gatewitness::journal
