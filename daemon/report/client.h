// SPDX-License-Identifier: Apache-2.0
//
// The client in a Received field's `from` clause: the address and port that the server saw, and the HELO that
// the client gave, told apart. Words and comments of the clause in, values out. Called by parse_received();
// parse_address() also for ARF and XARF.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "probes/wire/ip.h"

namespace gatewitness::report {

struct Endpoint {
  std::optional<IpAddress> address;
  std::optional<uint16_t> port;
};

// "203.0.113.7", "[203.0.113.7]", "[IPv6:2001:db8::7]"; unmapped.
std::optional<IpAddress> parse_address(std::string_view text);

// "[addr]" or "[addr]:port" at the head of the text.
Endpoint bracketed_endpoint(std::string_view text);
// "addr", "addr:port" for IPv4, perhaps after "ident@".
Endpoint bare_endpoint(std::string_view word);

// Up to the first blank.
std::string_view first_word(std::string_view text);

// What the comments beside the client's name say. The server's own words end where it quotes the client, and
// with the first comment that names an address or a port: in those after it the client's certificate may
// speak. Holds views of the comments, which must outlive it.
class ClientComments {
 public:
  void read(std::string_view comment);

  const Endpoint& seen() const { return bracketed_.address ? bracketed_ : bare_; }
  std::optional<uint16_t> port() const { return seen().port ? seen().port : port_; }
  std::string_view helo() const { return helo_; }
  // One comment has more than one address; the last counts: names before it may be the client's choice.
  bool contradicts_itself() const { return several_; }

 private:
  std::string_view before_quotation(std::string_view comment);
  void read_bracketed(std::string_view text);
  void read_words(std::string_view text);
  void read_port(std::string_view text);

  Endpoint bracketed_;
  Endpoint bare_;
  std::optional<uint16_t> port_;
  std::string_view helo_;
  bool several_ = false;
  unsigned tries_ = 0;
};

}  // namespace gatewitness::report
