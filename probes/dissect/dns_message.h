// SPDX-License-Identifier: Apache-2.0
//
// A bounded reader of DNS messages (RFC 1035 section 4) for DNS and mDNS: header, questions and records in
// order, names with their compression. Whatever the pointers do, a name costs at most kMaxLabels labels,
// because each pointer must lead to before the part of the name that it ends. Borrows the message; internal
// to this folder.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "probes/dissect/bytes.h"

namespace gatewitness::dissect {

inline constexpr std::size_t kMaxLabels = 127;     // RFC 1035 section 2.3.4: 255 bytes on the wire
inline constexpr std::size_t kMaxNameBytes = 255;  // length bytes and the final zero counted
inline constexpr unsigned kMaxPointers = 32;  // compressors need one; chains of them are an attack on time

// Labels as they are on the wire; they borrow the message.
using DnsName = std::vector<std::string_view>;

// Labels joined by '.', without a final dot. A dot inside a label is not told apart.
std::string to_text(std::span<const std::string_view> labels);
// Case-insensitive for ASCII (RFC 4343).
bool same_name(std::span<const std::string_view> a, std::span<const std::string_view> b);

struct DnsHeader {
  bool response = false;
  uint8_t opcode = 0;
  bool truncated = false;
  uint16_t questions = 0;
  uint32_t records = 0;  // answers, authority and additional together
};

struct DnsQuestion {
  DnsName name;
  uint16_t type = 0;
  uint16_t klass = 0;  // mDNS uses the top bit for something else, see RFC 6762 section 5.4
};

struct DnsRecord {
  DnsName name;
  uint16_t type = 0;
  uint16_t klass = 0;  // mDNS: top bit is the cache flush flag
  uint32_t ttl_s = 0;
  std::span<const uint8_t> data;
  std::size_t data_offset = 0;  // of data in the message
};

inline constexpr uint16_t kDnsTypeA = 1;
inline constexpr uint16_t kDnsTypePtr = 12;
inline constexpr uint16_t kDnsTypeMx = 15;
inline constexpr uint16_t kDnsTypeTxt = 16;
inline constexpr uint16_t kDnsTypeAaaa = 28;
inline constexpr uint16_t kDnsTypeSrv = 33;
inline constexpr uint16_t kDnsClassIn = 1;
inline constexpr uint16_t kDnsClassAny = 255;

// Ask for the header, then for as many questions and records as it announces, in this order. nullopt: the
// message is broken from there on, and ok() is false.
class DnsReader {
 public:
  explicit DnsReader(std::span<const uint8_t> message) : message_(message) {}

  std::optional<DnsHeader> header();
  std::optional<DnsQuestion> question();
  std::optional<DnsRecord> record();
  // A name inside a record's data, skip bytes after its begin (SRV: 6, PTR: 0).
  std::optional<DnsName> name_in(const DnsRecord& record, std::size_t skip) const;
  bool ok() const { return ok_; }

 private:
  struct NameAt {
    DnsName name;
    std::size_t end = 0;  // offset of what follows the name where it stands
  };
  std::optional<NameAt> name_at(std::size_t offset) const;
  // Moves the cursor behind the name.
  std::optional<DnsName> take_name();
  ByteReader from_cursor() const { return ByteReader(message_.subspan(cursor_)); }

  std::span<const uint8_t> message_;
  std::size_t cursor_ = 0;
  bool ok_ = true;
};

}  // namespace gatewitness::dissect
