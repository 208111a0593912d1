// SPDX-License-Identifier: Apache-2.0
//
// The commands that a server still has to answer, in order (RFC 2920), and the matching of replies to them.
// Runs of the same command take one place, so that thousands of pipelined RCPTs fit. Owned by the SMTP
// session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "probes/dissect/smtp_commands.h"

namespace gatewitness::dissect {

struct Expected {
  Verb verb = Verb::kUnknown;
  bool last_chunk = false;  // BDAT ... LAST
  uint32_t left = 0;        // replies that this run still waits for, after the matched one
};

class PendingCommands {
 public:
  // replies: how many the server will give (LMTP gives one per recipient after content). False if the limit
  // is reached: then everything is forgotten, because a queue with a hole would match wrongly.
  bool push(Verb verb, uint32_t replies = 1, bool last_chunk = false);

  // The command that a reply with this code answers. Codes that belong to one command only (354, 334, 235,
  // 221) find it behind others whose replies were lost. Nothing if no pending command can get such a reply.
  std::optional<Expected> match(uint16_t code);

  void clear() { runs_.clear(); }
  bool empty() const { return runs_.empty(); }
  bool holds(Verb verb) const;
  Verb front() const { return runs_.empty() ? Verb::kUnknown : runs_.front().verb; }

  static constexpr std::size_t kMaxRuns = 64;

 private:
  struct Run {
    Verb verb = Verb::kUnknown;
    bool last_chunk = false;
    uint32_t replies = 0;
  };
  std::vector<Run> runs_;  // short; a deque takes 576 bytes even when empty
};

}  // namespace gatewitness::dissect
