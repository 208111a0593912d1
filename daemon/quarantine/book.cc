// SPDX-License-Identifier: Apache-2.0
#include "daemon/quarantine/book.h"

#include <utility>

namespace gatewitness::quarantine {
namespace {

constexpr std::string_view kHead = "gatewitness-guard 1";

}  // namespace

std::expected<bool, std::string> Book::obey(const Request& request, Timestamp now) {
  if (const auto* block = std::get_if<Block>(&request)) return make(*block, now);
  if (const auto* move = std::get_if<Move>(&request)) {
    Quarantine* found = find_mine(move->target);
    if (found == nullptr) return std::unexpected(to_string(move->target) + " is not in quarantine");
    if (found->addresses == move->addresses) return false;
    found->addresses = move->addresses;
    return true;
  }
  if (const auto* unblock = std::get_if<Unblock>(&request)) {
    if (std::erase_if(quarantines_, [&](const auto& q) { return q.target == unblock->target; }) == 0)
      return std::unexpected(to_string(unblock->target) + " is not in quarantine");
    return true;
  }
  return false;
}

std::expected<bool, std::string> Book::make(const Block& block, Timestamp now) {
  // Its web page, its resolver and the way in are all its own traffic: nothing would be left to unblock it
  // with.
  if (block.target.is_gateway() && block.scope == Scope::kAll)
    return std::unexpected("of the gateway itself only the mail can be stopped, not all its traffic");
  const Quarantine wanted{block.target, block.scope, now + block.length,
                          block.length, block.cause, block.addresses};
  if (Quarantine* found = find_mine(block.target)) {
    *found = wanted;
    return true;
  }
  if (quarantines_.size() >= most_)
    return std::unexpected("there are " + std::to_string(most_) +
                           " quarantines already, which is the limit (guard.most)");
  const auto place = std::ranges::lower_bound(quarantines_, block.target, {}, &Quarantine::target);
  quarantines_.insert(place, wanted);
  return true;
}

bool Book::expire(Timestamp now) {
  bool changed = std::erase_if(quarantines_, [&](const auto& q) { return q.end <= now; }) != 0;
  for (auto& quarantine : quarantines_) {
    if (quarantine.end <= now + quarantine.length) continue;
    quarantine.end = now + quarantine.length;
    changed = true;
  }
  return changed;
}

std::optional<Timestamp> Book::next_end() const {
  if (quarantines_.empty()) return std::nullopt;
  return std::ranges::min_element(quarantines_, {}, &Quarantine::end)->end;
}

Quarantine* Book::find_mine(const Target& target) {
  const auto found = std::ranges::find(quarantines_, target, &Quarantine::target);
  return found == quarantines_.end() ? nullptr : &*found;
}

const Quarantine* Book::find(const Target& target) const {
  const auto found = std::ranges::find(quarantines_, target, &Quarantine::target);
  return found == quarantines_.end() ? nullptr : &*found;
}

std::string Book::save() const {
  std::string text = std::string(kHead) + "\n";
  for (const auto& quarantine : quarantines_) text += to_line(quarantine) + "\n";
  return text;
}

std::expected<Book, std::string> Book::restore(std::string_view text, std::size_t most) {
  if (text.size() > kMaxStateBytes) return std::unexpected("it is too long");
  Book book(most);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto fault = [&](const std::string& what) {
      return std::unexpected("line " + std::to_string(number) + ": " + what);
    };
    const auto end = text.find('\n');
    if (end == text.npos) return fault("it is cut short");
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (number == 1) {
      if (line != kHead) return fault("it must be \"" + std::string(kHead) + "\"");
      continue;
    }
    auto quarantine = parse_line(line);
    if (!quarantine) return fault(quarantine.error());
    if (book.find(quarantine->target) != nullptr) return fault("this target stands there twice");
    if (book.quarantines_.size() >= kMaxQuarantines) return fault("there are too many");
    const auto place =
        std::ranges::lower_bound(book.quarantines_, quarantine->target, {}, &Quarantine::target);
    book.quarantines_.insert(place, std::move(*quarantine));
  }
  return book;
}

}  // namespace gatewitness::quarantine
