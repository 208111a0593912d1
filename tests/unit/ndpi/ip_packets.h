// SPDX-License-Identifier: Apache-2.0
//
// Raw IPv4 packets of one TCP conversation, as the classifier gets them: headers with right lengths and
// running sequence numbers, no checksums (nDPI does not look at them).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatewitness::dissect::test {

struct Line {
  bool from_client = true;
  std::string payload;  // empty: a bare ACK
};

class Conversation {
 public:
  explicit Conversation(uint16_t server_port, uint16_t client_port = 40000)
      : server_port_(server_port), client_port_(client_port) {}

  std::vector<uint8_t> packet(const Line& line) {
    constexpr std::size_t kHeaders = 40;
    constexpr uint8_t kPushAck = 0x18;
    constexpr uint8_t kAck = 0x10;
    std::vector<uint8_t> bytes;
    const auto u16 = [&](std::size_t value) {
      bytes.push_back(static_cast<uint8_t>(value >> 8));
      bytes.push_back(static_cast<uint8_t>(value));
    };
    const auto u32 = [&](uint32_t value) {
      u16(value >> 16);
      u16(value & 0xffff);
    };
    u16(0x4500);
    u16(kHeaders + line.payload.size());
    u32(0x00004000);  // identification, do not fragment
    u16(0x4006);      // time to live 64, TCP
    u16(0);
    u32(line.from_client ? kClient : kServer);
    u32(line.from_client ? kServer : kClient);
    u16(line.from_client ? client_port_ : server_port_);
    u16(line.from_client ? server_port_ : client_port_);
    uint32_t& own = line.from_client ? client_next_ : server_next_;
    u32(own);
    u32(line.from_client ? server_next_ : client_next_);
    u16(0x5000U | (line.payload.empty() ? kAck : kPushAck));
    u16(64240);
    u32(0);
    bytes.insert(bytes.end(), line.payload.begin(), line.payload.end());
    own += static_cast<uint32_t>(line.payload.size());
    return bytes;
  }

 private:
  static constexpr uint32_t kClient = 0xc0a80114;  // 192.168.1.20
  static constexpr uint32_t kServer = 0xcb007105;  // 203.0.113.5
  uint16_t server_port_;
  uint16_t client_port_;
  uint32_t client_next_ = 1000;
  uint32_t server_next_ = 5000;
};

inline std::string big_endian(std::size_t value, unsigned bytes) {
  std::string text;
  for (unsigned i = bytes; i-- > 0;) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

// One TLS record with a ClientHello (RFC 8446 section 4.1.2) that offers TLS 1.2 and 1.3 and names a server.
inline std::string client_hello(std::string_view host) {
  using namespace std::string_literals;
  const std::string name = "\0"s + big_endian(host.size(), 2) + std::string(host);
  const std::string list = big_endian(name.size(), 2) + name;
  std::string extensions = "\0\0"s + big_endian(list.size(), 2) + list;
  extensions += "\0\x2b\0\x05\x04\x03\x04\x03\x03"s;
  extensions += "\0\x0a\0\x04\0\x02\0\x1d"s;
  std::string body = "\x03\x03"s + std::string(32, 'r') + "\0"s;
  body += "\0\x06\x13\x01\x13\x02\xc0\x2f"s + "\x01\0"s + big_endian(extensions.size(), 2) + extensions;
  const std::string handshake = "\x01" + big_endian(body.size(), 3) + body;
  return "\x16\x03\x01" + big_endian(handshake.size(), 2) + handshake;
}

inline std::string server_hello() {
  using namespace std::string_literals;
  const std::string body = "\x03\x03"s + std::string(32, 's') + "\0\xc0\x2f\0"s + "\0\x05\xff\x01\0\x01\0"s;
  const std::string handshake = "\x02" + big_endian(body.size(), 3) + body;
  return "\x16\x03\x03" + big_endian(handshake.size(), 2) + handshake;
}

// The first packet of each side of OpenVPN over TCP with tls-auth: length, opcode, session id, HMAC of 20
// bytes, packet id 1, time, acknowledged packet ids and (server) the peer's session id.
inline std::string openvpn_reset(bool from_client) {
  using namespace std::string_literals;
  const std::string hmac(20, 'h');
  const std::string id_and_time = "\0\0\0\x01\x65\0\0\0"s;
  std::string packet = (from_client ? "\x38"s + "clientID"s : "\x40"s + "serverID"s) + hmac + id_and_time;
  packet += from_client ? "\0"s : "\x01\0\0\0\0"s + "clientID"s;
  packet += "\0\0\0\0"s;
  return big_endian(packet.size(), 2) + packet;
}

}  // namespace gatewitness::dissect::test
