// SPDX-License-Identifier: Apache-2.0
//
// Keeps the firewall as the book says: every change of the book becomes a transaction, then a line of the
// state file, then the end of the connections that it is about; a table that somebody took away is put back.
// Owned by the guard's loop, which passes the time in.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <utility>

#include "daemon/guard/connections.h"
#include "daemon/guard/firewall.h"
#include "daemon/guard/state_file.h"
#include "daemon/quarantine/book.h"
#include "daemon/quarantine/ruleset.h"
#include "probes/process/log.h"

namespace gatewitness::guard {

class Keeper {
 public:
  Keeper(Firewall firewall, Connections connections, StateFile state, quarantine::RulesetOptions ruleset,
         std::size_t most, const process::Log& log);

  // Takes over what the state file remembers. An error: the firewall does not do what it is told.
  std::expected<void, std::string> begin(Timestamp now);
  // The reply to one request; counters of the loop are not in it.
  std::expected<quarantine::Reply, std::string> obey(const quarantine::Request& request, Timestamp now);
  // Ends what is over. jumped: the clock was set, so the kernel's rests of time are wrong.
  void tick(Timestamp now, bool jumped);
  // The ruleset may have changed: looks, and puts the table back.
  void look(Timestamp now);

  Firewall& firewall() { return firewall_; }
  const quarantine::Book& book() const { return book_; }
  uint64_t restored() const { return restored_; }

 private:
  std::expected<void, std::string> apply(const quarantine::Book& book, Timestamp now);
  std::optional<std::string> keep();
  void end_connections(const quarantine::Quarantine& quarantine);

  Firewall firewall_;
  Connections connections_;
  StateFile state_;
  quarantine::RulesetOptions ruleset_;
  quarantine::Book book_;
  std::size_t most_;
  const process::Log& log_;
  std::string standing_;  // the table as it was right after it was made
  bool failing_ = false;
  uint64_t restored_ = 0;
};

}  // namespace gatewitness::guard
