// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/tls_client_hello.h"

#include <algorithm>

#include "probes/dissect/bytes.h"
#include "probes/dissect/smtp_commands.h"
#include "probes/wire/attempt.h"

namespace gatewitness::dissect {
namespace {

constexpr std::size_t kHeader = 5;
constexpr uint8_t kHandshake = 22;
constexpr uint8_t kClientHello = 1;
constexpr uint16_t kServerNameExtension = 0;
constexpr uint16_t kProtocolExtension = 16;
// RFC 8446 section 5.2: 2^14 and 256 bytes; TLS 1.2 allows 2048 more than 2^14.
constexpr std::size_t kMaxRecord = 16384 + 2048;

bool is_name_byte(uint8_t byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         byte == '.' || byte == '-' || byte == '_';
}

std::string read_server_name(std::span<const uint8_t> extension) {
  ByteReader list(extension);
  ByteReader names(list.take(list.u16()));
  while (names.ok() && names.left() > 0) {
    const uint8_t type = names.u8();
    const auto name = names.take(names.u16());
    if (!names.ok() || type != 0) continue;
    if (name.empty() || name.size() > wire::kMaxEhlo ||
        !std::all_of(name.begin(), name.end(), is_name_byte)) {
      return {};
    }
    std::string lowered(as_text(name.first(std::min(name.size(), wire::kMaxText))));
    std::transform(lowered.begin(), lowered.end(), lowered.begin(), lower);
    return lowered;
  }
  return {};
}

std::string read_protocol(std::span<const uint8_t> extension) {
  ByteReader list(extension);
  ByteReader protocols(list.take(list.u16()));
  return std::string(as_text(protocols.take(protocols.u8())));
}

// The extensions of a ClientHello's body.
std::span<const uint8_t> extensions_of(std::span<const uint8_t> body) {
  ByteReader reader(body);
  reader.skip(2 + 32);        // legacy_version, random
  reader.skip(reader.u8());   // legacy_session_id
  reader.skip(reader.u16());  // cipher_suites
  reader.skip(reader.u8());   // legacy_compression_methods
  const std::size_t length = reader.u16();
  return reader.take(
      std::min(length, reader.left()));  // a hello beyond the limit is read as far as it is kept
}

}  // namespace

bool looks_like_tls_record(std::span<const uint8_t> bytes) {
  if (bytes.empty() || bytes[0] < 20 || bytes[0] > 23) return false;
  if (bytes.size() > 1 && bytes[1] != 3) return false;
  if (bytes.size() > 2 && bytes[2] > 4) return false;
  if (bytes.size() < kHeader) return true;
  const std::size_t length = static_cast<std::size_t>(bytes[3]) << 8 | bytes[4];
  return length > 0 && length <= kMaxRecord;
}

bool ClientHelloReader::take_record_header(std::span<const uint8_t>& rest) {
  const std::size_t count = std::min(kHeader - header_.size(), rest.size());
  header_.insert(header_.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(count));
  rest = rest.subspan(count);
  if (!looks_like_tls_record(header_)) {
    state_ = message_.empty() ? State::kNotTls : State::kOther;
    return false;
  }
  if (header_.size() < kHeader) return false;
  if (header_[0] != kHandshake) {
    state_ = State::kOther;
    return false;
  }
  record_left_ = static_cast<std::size_t>(header_[3]) << 8 | header_[4];
  header_.clear();
  return true;
}

void ClientHelloReader::take_fragment(std::span<const uint8_t>& rest) {
  const auto part = rest.first(std::min(record_left_, rest.size()));
  rest = rest.subspan(part.size());
  record_left_ -= part.size();
  message_.insert(
      message_.end(), part.begin(),
      part.begin() + static_cast<std::ptrdiff_t>(std::min(part.size(), kMaxMessage - message_.size())));
  if (message_[0] != kClientHello) {
    state_ = State::kOther;
    message_ = {};
  } else if (message_.size() >= 4) {
    finish();
  }
}

void ClientHelloReader::finish() {
  ByteReader reader(message_);
  reader.skip(1);
  const std::size_t length = static_cast<std::size_t>(reader.u8()) << 16 | reader.u16();
  if (reader.left() < length && message_.size() < kMaxMessage) return;
  const auto body = reader.take(std::min(length, reader.left()));
  ByteReader extensions(extensions_of(body));
  while (extensions.ok() && extensions.left() > 0) {
    const uint16_t type = extensions.u16();
    const auto value = extensions.take(extensions.u16());
    if (type == kServerNameExtension && server_name_.empty()) server_name_ = read_server_name(value);
    if (type == kProtocolExtension && protocol_.empty()) protocol_ = read_protocol(value);
  }
  state_ = State::kDone;
  message_.resize(1);
  message_.shrink_to_fit();
}

ClientHelloReader::State ClientHelloReader::feed(std::span<const uint8_t> bytes) {
  while (state_ == State::kMore && !bytes.empty()) {
    if (record_left_ == 0 && !take_record_header(bytes)) continue;
    if (!bytes.empty()) take_fragment(bytes);
  }
  return state_;
}

}  // namespace gatewitness::dissect
