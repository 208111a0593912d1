// SPDX-License-Identifier: Apache-2.0
#include "daemon/guard/keeper.h"

namespace gatewitness::guard {

using quarantine::Block;
using quarantine::Book;
using quarantine::Reply;
using quarantine::Request;

Keeper::Keeper(Firewall firewall, Connections connections, StateFile state,
               quarantine::RulesetOptions ruleset, std::size_t most, const process::Log& log)
    : firewall_(std::move(firewall)),
      connections_(std::move(connections)),
      state_(std::move(state)),
      ruleset_(std::move(ruleset)),
      book_(most),
      most_(most),
      log_(log) {}

std::expected<void, std::string> Keeper::begin(Timestamp now) {
  const auto text = state_.read(Book::kMaxStateBytes);
  if (!text) return std::unexpected(text.error());
  auto book = text->empty() ? Book(most_) : Book::restore(*text, most_);
  if (!book) {
    // The owner's protection must come up again all the same.
    log_.error(state_.path() + " cannot be used and is set aside (" + book.error() +
               "): no quarantine stands");
    state_.set_aside();
    book = Book(most_);
  }
  (void)book->expire(now);
  if (auto applied = apply(*book, now); !applied) return applied;
  book_ = std::move(*book);
  if (!text->empty()) (void)keep();
  for (const auto& each : book_.all()) end_connections(each);
  return {};
}

std::expected<void, std::string> Keeper::apply(const Book& book, Timestamp now) {
  auto done = firewall_.run(quarantine::ruleset(book.all(), ruleset_, now));
  if (!done && ruleset_.reject) {
    // Not every kernel has the module that sends resets; an open quarantine would be worse than a silent one.
    quarantine::RulesetOptions dropping = ruleset_;
    dropping.reject = false;
    const std::string first = done.error();
    done = firewall_.run(quarantine::ruleset(book.all(), dropping, now));
    if (done) {
      log_.warning("mail is dropped, not refused: " + first);
      ruleset_ = std::move(dropping);
    }
  }
  if (!done) return std::unexpected("the firewall does not take it: " + done.error());
  standing_ = book.all().empty() ? "" : firewall_.standing();
  return {};
}

// What went wrong, for the owner.
std::optional<std::string> Keeper::keep() {
  const auto kept = state_.write(book_.save());
  if (kept) return std::nullopt;
  log_.error("a restart would forget this: " + kept.error());
  return "it cannot be written down, a restart would forget it: " + kept.error();
}

void Keeper::end_connections(const quarantine::Quarantine& quarantine) {
  const auto ended = connections_.end(quarantine, ruleset_.mail_ports);
  if (!ended) return log_.warning("live connections go on until they end: " + ended.error());
  if (*ended != 0)
    log_.info(to_string(quarantine.target) + ": " + std::to_string(*ended) + " live connections ended");
}

std::expected<Reply, std::string> Keeper::obey(const Request& request, Timestamp now) {
  Book next = book_;
  (void)next.expire(now);
  const auto obeyed = next.obey(request, now);
  if (!obeyed) return std::unexpected(obeyed.error());
  Reply reply;
  if (*obeyed) {
    if (auto applied = apply(next, now); !applied) {
      if (auto undone = apply(book_, now); !undone)
        log_.error("what stood cannot be put back: " + undone.error());
      return std::unexpected(applied.error());
    }
    book_ = std::move(next);
    log_.info(to_text(request));
    if (auto fault = keep()) reply.notes.push_back(std::move(*fault));
    if (const auto* block = std::get_if<Block>(&request)) end_connections(*book_.find(block->target));
    if (const auto* move = std::get_if<quarantine::Move>(&request))
      end_connections(*book_.find(move->target));
  }
  reply.quarantines = book_.all();
  return reply;
}

void Keeper::tick(Timestamp now, bool jumped) {
  const bool changed = book_.expire(now);
  if (!changed && !(jumped && !book_.all().empty())) return;
  if (auto applied = apply(book_, now); !applied) log_.error(applied.error());
  (void)keep();
}

void Keeper::look(Timestamp now) {
  if (book_.all().empty() || firewall_.standing() == standing_) return;
  // An element that the kernel ended a moment before we do is no reason for a word.
  if (book_.expire(now)) return tick(now, true);
  if (auto applied = apply(book_, now); !applied) {
    if (!failing_) log_.error("the table is gone or changed and cannot be put back: " + applied.error());
    failing_ = true;
    return;
  }
  failing_ = false;
  ++restored_;
  log_.warning("the table was gone or changed, and is put back");
  for (const auto& each : book_.all()) end_connections(each);
}

}  // namespace gatewitness::guard
