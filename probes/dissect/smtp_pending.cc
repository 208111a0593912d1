// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/smtp_pending.h"

#include <algorithm>

namespace gatewitness::dissect {
namespace {

bool is_auth(Verb verb) {
  return verb == Verb::kAuth || verb == Verb::kAuthLine;
}

// Whether a server can answer the command so (RFC 5321 section 4.3.2, RFC 4954 section 6).
bool can_answer(Verb verb, uint16_t code) {
  switch (code) {
    case 354:
      return verb == Verb::kData;
    case 334:
    case 235:
      return is_auth(verb);
    case 221:
      return verb == Verb::kQuit;
    default:
      break;
  }
  if (code < 200) return false;  // RFC 5321 section 4.2.1: SMTP has no such replies
  if (code >= 400) return true;
  if (verb == Verb::kData) return code >= 300;
  return code < 300 && !is_auth(verb);
}

// Each message and each chunk has its own result; other commands of a run are alike.
bool merges(Verb verb) {
  return verb != Verb::kContentEnd && verb != Verb::kBdat;
}

}  // namespace

bool PendingCommands::push(Verb verb, uint32_t replies, bool last_chunk) {
  if (!runs_.empty() && runs_.back().verb == verb && merges(verb)) {
    runs_.back().replies += replies;
    return true;
  }
  if (runs_.size() >= kMaxRuns) {
    runs_.clear();
    return false;
  }
  runs_.push_back({verb, last_chunk, replies});
  return true;
}

std::optional<Expected> PendingCommands::match(uint16_t code) {
  const auto found =
      std::find_if(runs_.begin(), runs_.end(), [&](const Run& run) { return can_answer(run.verb, code); });
  if (found == runs_.end()) return std::nullopt;
  runs_.erase(runs_.begin(), found);
  auto& run = runs_.front();
  const Expected expected{run.verb, run.last_chunk, --run.replies};
  if (run.replies == 0) runs_.erase(runs_.begin());
  return expected;
}

bool PendingCommands::holds(Verb verb) const {
  return std::any_of(runs_.begin(), runs_.end(), [&](const Run& run) { return run.verb == verb; });
}

}  // namespace gatewitness::dissect
