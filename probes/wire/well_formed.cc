// SPDX-License-Identifier: Apache-2.0
#include "probes/wire/well_formed.h"

#include <array>
#include <optional>

namespace gatewitness::wire {
namespace {

// RFC 8949 section 3: the upper three bits of an item's first byte.
enum Major : uint8_t { kUnsigned, kNegative, kBytes, kText, kArray, kMap, kTag, kSimple };

constexpr uint8_t kIndefinite = 31;  // in the lower five bits; with kSimple: the end of such an item
constexpr uint8_t kFalse = 20;
constexpr uint8_t kNull = 22;
constexpr uint8_t kFirstFloat = 25;  // half, single, double
constexpr uint8_t kLastFloat = 27;

class Scanner {
 public:
  explicit Scanner(std::span<const uint8_t> bytes) : rest_(bytes) {}

  bool is_one_item() {
    do {
      if (!step()) return false;
    } while (depth_ != 0);
    return rest_.empty();
  }

 private:
  struct Head {
    uint8_t major = 0;
    uint8_t info = 0;    // the lower five bits
    uint64_t value = 0;  // the argument: a number, a length, a count
    bool is_end() const { return major == kSimple && info == kIndefinite; }
  };
  // A map or array that is open.
  struct Level {
    bool is_map = false;
    bool indefinite = false;
    bool at_value = false;  // of a map: the key has been read
    uint64_t left = 0;      // entries of an array, pairs of a map
  };

  std::optional<Head> head() {
    if (rest_.empty()) return std::nullopt;
    Head head{static_cast<uint8_t>(rest_[0] >> 5), static_cast<uint8_t>(rest_[0] & 0x1f), 0};
    rest_ = rest_.subspan(1);
    head.value = head.info;
    if (head.info < 24 || head.info == kIndefinite) return head;
    if (head.info > 27) return std::nullopt;  // reserved
    const std::size_t size = std::size_t{1} << (head.info - 24);
    if (rest_.size() < size) return std::nullopt;
    head.value = 0;
    for (const uint8_t byte : rest_.first(size)) head.value = head.value << 8 | byte;
    rest_ = rest_.subspan(size);
    return head;
  }

  bool skip(uint64_t count) {
    if (count > rest_.size()) return false;
    rest_ = rest_.subspan(static_cast<std::size_t>(count));
    return true;
  }

  // Chunks of the same kind, each of definite length (RFC 8949 section 3.2.3).
  bool skip_chunks(uint8_t major) {
    while (true) {
      const auto chunk = head();
      if (!chunk) return false;
      if (chunk->is_end()) return true;
      if (chunk->major != major || chunk->info == kIndefinite || !skip(chunk->value)) return false;
    }
  }

  // One head, with what belongs to it if it is not a map or array.
  bool step() {
    const auto item = head();
    if (!item) return false;
    if (depth_ != 0) {
      Level& level = levels_[depth_ - 1];
      if (item->is_end()) return end(level);
      if (level.is_map && !level.at_value && (item->major != kText || item->info == kIndefinite))
        return false;
    }
    return take(*item);
  }

  bool take(const Head& item) {
    switch (item.major) {
      case kUnsigned:
      case kNegative:
        return item.info != kIndefinite && done();
      case kBytes:
      case kText:
        return (item.info == kIndefinite ? skip_chunks(item.major) : skip(item.value)) && done();
      case kArray:
      case kMap:
        return open(item);
      case kSimple:
        return ((item.info >= kFalse && item.info <= kNull) ||
                (item.info >= kFirstFloat && item.info <= kLastFloat)) &&
               done();
      default:
        return false;
    }
  }

  bool open(const Head& item) {
    const bool indefinite = item.info == kIndefinite;
    if (depth_ == levels_.size()) return false;
    levels_[depth_++] = {item.major == kMap, indefinite, false, item.value};
    return indefinite || item.value != 0 || close();
  }

  // The end of a map or array of indefinite length.
  bool end(const Level& level) { return level.indefinite && !level.at_value && close(); }

  bool close() {
    --depth_;
    return done();
  }

  // An item is complete, and with it perhaps the maps and arrays whose last one it is.
  bool done() {
    while (depth_ != 0) {
      Level& level = levels_[depth_ - 1];
      if (level.is_map) {
        level.at_value = !level.at_value;
        if (level.at_value) return true;
      }
      if (level.indefinite || --level.left != 0) return true;
      --depth_;
    }
    return true;
  }

  std::span<const uint8_t> rest_;
  std::array<Level, kMaxDepth> levels_{};
  std::size_t depth_ = 0;
};

}  // namespace

bool is_well_formed(std::span<const uint8_t> bytes) {
  return Scanner(bytes).is_one_item();
}

}  // namespace gatewitness::wire
