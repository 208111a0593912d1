// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/smtp_line.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "probes/dissect/bytes.h"

namespace gatewitness::dissect {

LineSplitter::~LineSplitter() {
  clear();
}

void LineSplitter::clear() {
  if (!buffer_.empty()) sodium_memzero(buffer_.data(), buffer_.size());
  buffer_.clear();
  pending_ = 0;
  last_was_cr_ = false;
  delivered_ = false;
}

std::string_view LineSplitter::pending_text() const {
  return delivered_ ? std::string_view{} : as_text(buffer_);
}

void LineSplitter::keep(std::span<const uint8_t> bytes) {
  if (bytes.empty()) return;
  const std::size_t room = limit_ - buffer_.size();
  const auto head = bytes.first(std::min(room, bytes.size()));
  if (buffer_.capacity() < buffer_.size() + head.size()) {
    // Growing would leave an unwiped copy behind.
    std::vector<uint8_t> larger;
    larger.reserve(std::min(limit_, std::max<std::size_t>(128, 2 * (buffer_.size() + head.size()))));
    larger.assign(buffer_.begin(), buffer_.end());
    if (!buffer_.empty()) sodium_memzero(buffer_.data(), buffer_.size());
    buffer_ = std::move(larger);
  }
  buffer_.insert(buffer_.end(), head.begin(), head.end());
  pending_ += bytes.size();
  last_was_cr_ = bytes.back() == '\r';
}

Line LineSplitter::joined(std::span<const uint8_t> tail) {
  keep(tail);
  Line line;
  line.bare_lf = !last_was_cr_;
  const std::size_t length = pending_ - (last_was_cr_ ? 1 : 0);
  line.cut = length > limit_;
  line.text = as_text(std::span(buffer_).first(std::min(length, buffer_.size())));
  delivered_ = true;
  return line;
}

std::optional<Line> LineSplitter::next(std::span<const uint8_t>& rest) {
  if (delivered_) clear();
  if (rest.empty()) return std::nullopt;
  const void* found = std::memchr(rest.data(), '\n', rest.size());
  if (found == nullptr) {
    keep(rest);
    rest = {};
    return std::nullopt;
  }
  const auto length = static_cast<std::size_t>(static_cast<const uint8_t*>(found) - rest.data());
  const auto body = rest.first(length);
  rest = rest.subspan(length + 1);
  if (pending_ > 0) return joined(body);
  const bool bare_lf = body.empty() || body.back() != '\r';
  const auto text = bare_lf ? body : body.first(length - 1);
  return Line{as_text(text.first(std::min(limit_, text.size()))), bare_lf, text.size() > limit_};
}

}  // namespace gatewitness::dissect
