// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/dns_message.h"

#include <algorithm>

#include "probes/dissect/findings.h"

namespace gatewitness::dissect {

std::string to_text(std::span<const std::string_view> labels) {
  std::string text;
  for (const auto label : labels) {
    if (!text.empty()) text += '.';
    text += label;
  }
  return text;
}

bool same_name(std::span<const std::string_view> a, std::span<const std::string_view> b) {
  return std::ranges::equal(a, b, [](auto x, auto y) { return ascii_lower(x) == ascii_lower(y); });
}

std::optional<DnsReader::NameAt> DnsReader::name_at(std::size_t offset) const {
  NameAt result;
  std::size_t part_begin = offset;  // where the part being read began; a pointer must lead to before it
  std::size_t total = 1;            // the final zero
  ByteReader in(message_.subspan(std::min(offset, message_.size())));
  unsigned pointers = 0;
  for (;;) {
    const uint8_t length = in.u8();
    if (!in.ok()) return std::nullopt;
    if (length >= 0xc0) {
      const std::size_t target = (length & std::size_t{0x3f}) << 8 | in.u8();
      if (!in.ok() || target >= part_begin || pointers == kMaxPointers) return std::nullopt;
      if (pointers++ == 0) result.end = message_.size() - in.left();
      part_begin = target;
      in = ByteReader(message_.subspan(target));
      continue;
    }
    if (length >= 0x40) return std::nullopt;  // RFC 6891 section 5: label types that nobody uses
    if (length == 0) break;
    result.name.push_back(as_text(in.take(length)));
    total += length + std::size_t{1};
    if (!in.ok() || total > kMaxNameBytes || result.name.size() > kMaxLabels) return std::nullopt;
  }
  if (pointers == 0) result.end = message_.size() - in.left();
  return result;
}

std::optional<DnsName> DnsReader::take_name() {
  auto at = ok_ ? name_at(cursor_) : std::nullopt;
  ok_ = at.has_value();
  if (!at) return std::nullopt;
  cursor_ = at->end;
  return std::move(at->name);
}

std::optional<DnsHeader> DnsReader::header() {
  ByteReader in(message_);
  DnsHeader header;
  in.skip(2);
  const uint16_t flags = in.u16();
  header.response = (flags & 0x8000) != 0;
  header.opcode = static_cast<uint8_t>(flags >> 11 & 0x0f);
  header.truncated = (flags & 0x0200) != 0;
  header.questions = in.u16();
  for (int section = 0; section < 3; ++section) header.records += in.u16();
  ok_ = in.ok();
  if (!ok_) return std::nullopt;
  cursor_ = message_.size() - in.left();
  return header;
}

std::optional<DnsQuestion> DnsReader::question() {
  auto name = take_name();
  if (!name) return std::nullopt;
  ByteReader in = from_cursor();
  DnsQuestion question{std::move(*name), in.u16(), in.u16()};
  ok_ = in.ok();
  if (!ok_) return std::nullopt;
  cursor_ = message_.size() - in.left();
  return question;
}

std::optional<DnsRecord> DnsReader::record() {
  auto name = take_name();
  if (!name) return std::nullopt;
  ByteReader in = from_cursor();
  DnsRecord record;
  record.name = std::move(*name);
  record.type = in.u16();
  record.klass = in.u16();
  record.ttl_s = in.u32();
  const uint16_t length = in.u16();
  record.data_offset = message_.size() - in.left();
  record.data = in.take(length);
  ok_ = in.ok();
  if (!ok_) return std::nullopt;
  cursor_ = message_.size() - in.left();
  return record;
}

std::optional<DnsName> DnsReader::name_in(const DnsRecord& record, std::size_t skip) const {
  if (skip >= record.data.size()) return std::nullopt;
  auto at = name_at(record.data_offset + skip);
  if (!at || at->end > record.data_offset + record.data.size()) return std::nullopt;
  return std::move(at->name);
}

}  // namespace gatewitness::dissect
