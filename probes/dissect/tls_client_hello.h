// SPDX-License-Identifier: Apache-2.0
//
// The server name in a TLS ClientHello (RFC 8446 section 4.1.2, RFC 6066 section 3), put together from the
// records and segments it comes in (RFC 8446 section 5.1 lets it span several). Bounded; owned by the SMTP
// session from the start of TLS until the hello is whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gatewitness::dissect {

// A record header of TLS 1.0 to 1.3 at the front of bytes; fewer than 5 bytes are compared as far as they go.
bool looks_like_tls_record(std::span<const uint8_t> bytes);

class ClientHelloReader {
 public:
  enum class State : uint8_t {
    kMore,   // nothing contradicts, but it is not whole
    kDone,   // read; server_name() may still be empty
    kOther,  // TLS, but not a ClientHello (the flow was joined late), or one beyond the limit
    kNotTls,
  };

  State feed(std::span<const uint8_t> bytes);
  State state() const { return state_; }
  // Nothing was fed yet.
  bool fresh() const {
    return state_ == State::kMore && header_.empty() && message_.empty() && record_left_ == 0;
  }
  // A record header and the handshake type were seen: this is a ClientHello.
  bool is_hello() const { return !message_.empty() && state_ != State::kNotTls; }
  // Lower case, letters, digits, '-', '_' and '.' only; empty if there is none.
  const std::string& server_name() const { return server_name_; }
  // The first protocol of ALPN (RFC 7301), e.g. "h2"; empty if there is none.
  const std::string& protocol() const { return protocol_; }

  // Handshake bytes that are kept. Hellos with post-quantum key shares have about 1,800.
  static constexpr std::size_t kMaxMessage = 4096;

 private:
  bool take_record_header(std::span<const uint8_t>& rest);
  void take_fragment(std::span<const uint8_t>& rest);
  void finish();

  State state_ = State::kMore;
  std::vector<uint8_t> header_;  // of the current record, at most 5 bytes
  std::size_t record_left_ = 0;
  std::vector<uint8_t> message_;  // handshake header and body, at most kMaxMessage
  std::string server_name_;
  std::string protocol_;
};

}  // namespace gatewitness::dissect
