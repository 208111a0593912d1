// SPDX-License-Identifier: Apache-2.0
//
// Writes the capture that replay is measured on: what a home's gateway forwards (large TLS segments and their
// acknowledgements, QUIC, DNS) with 2 % of the packets being SMTP sessions, each with one accepted message.
// The same arguments give the same bytes. Prints what is in it as JSON.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t kHeaders = 14 + 20 + 20;
constexpr std::size_t kUdpHeaders = 14 + 20 + 8;
constexpr std::size_t kMss = 1448;

// One frame under construction. Ethernet, IPv4, then TCP or UDP; checksums of IP are right, those of TCP and
// UDP are zero, which no reader of captures objects to by default.
struct Frame {
  std::array<uint8_t, 1600> bytes{};
  std::size_t size = 0;

  void put16(std::size_t at, uint32_t value) {
    bytes[at] = static_cast<uint8_t>(value >> 8);
    bytes[at + 1] = static_cast<uint8_t>(value);
  }
  void put32(std::size_t at, uint32_t value) {
    put16(at, value >> 16);
    put16(at + 2, value);
  }
};

struct Side {
  uint32_t address;
  uint16_t port;
  uint8_t mac;  // last byte of 02:00:00:00:00:xx
};

void ip_frame(Frame& frame, const Side& from, const Side& to, uint8_t protocol, std::size_t ip_size) {
  std::fill_n(frame.bytes.begin(), kHeaders, uint8_t{0});
  frame.bytes[0] = frame.bytes[6] = 0x02;
  frame.bytes[5] = to.mac;
  frame.bytes[11] = from.mac;
  frame.put16(12, 0x0800);
  frame.bytes[14] = 0x45;
  frame.put16(16, static_cast<uint32_t>(ip_size));
  frame.bytes[22] = 64;
  frame.bytes[23] = protocol;
  frame.put32(26, from.address);
  frame.put32(30, to.address);
  uint32_t sum = 0;
  for (std::size_t i = 14; i < 34; i += 2)
    sum += static_cast<uint32_t>(frame.bytes[i] << 8 | frame.bytes[i + 1]);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  frame.put16(24, ~sum & 0xffff);
  frame.put16(34, from.port);
  frame.put16(36, to.port);
  frame.size = 14 + ip_size;
}

class Capture {
 public:
  explicit Capture(const char* path) : file_(std::fopen(path, "wb")) {
    if (file_ == nullptr) {
      std::perror(path);
      std::exit(1);
    }
    const std::array<uint32_t, 6> header = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1};
    std::fwrite(header.data(), sizeof(header), 1, file_);
  }
  ~Capture() { std::fclose(file_); }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  void write(const Frame& frame) {
    time_us_ += 40;
    const auto size = static_cast<uint32_t>(frame.size);
    const std::array<uint32_t, 4> record = {static_cast<uint32_t>(time_us_ / 1000000),
                                            static_cast<uint32_t>(time_us_ % 1000000), size, size};
    std::fwrite(record.data(), sizeof(record), 1, file_);
    std::fwrite(frame.bytes.data(), frame.size, 1, file_);
    ++packets_;
  }
  uint64_t packets() const { return packets_; }

 private:
  FILE* file_;
  uint64_t time_us_ = 1'790'000'000'000'000;
  uint64_t packets_ = 0;
};

constexpr uint8_t kSyn = 0x02, kAck = 0x10, kPushAck = 0x18, kFinAck = 0x11, kSynAck = 0x12;

class Connection {
 public:
  Connection(Capture& out, Side client, Side server) : out_(out), client_(client), server_(server) {}

  void segment(bool from_client, uint8_t flags, std::string_view payload) {
    const Side& from = from_client ? client_ : server_;
    ip_frame(frame_, from, from_client ? server_ : client_, 6, 40 + payload.size());
    uint32_t& sequence = from_client ? client_sequence_ : server_sequence_;
    frame_.put32(38, sequence);
    frame_.put32(42, from_client ? server_sequence_ : client_sequence_);
    frame_.bytes[46] = 0x50;
    frame_.bytes[47] = flags;
    frame_.put16(48, 64240);
    std::memcpy(frame_.bytes.data() + kHeaders, payload.data(), payload.size());
    out_.write(frame_);
    sequence += static_cast<uint32_t>(payload.size()) + ((flags & 0x03) != 0 ? 1 : 0);
  }
  void open() {
    segment(true, kSyn, "");
    segment(false, kSynAck, "");
    segment(true, kAck, "");
  }
  void say(bool from_client, std::string_view line) {
    segment(from_client, kPushAck, line);
    segment(!from_client, kAck, "");
  }
  void close() {
    segment(true, kFinAck, "");
    segment(false, kFinAck, "");
    segment(true, kAck, "");
  }

 private:
  Capture& out_;
  Side client_, server_;
  uint32_t client_sequence_ = 1000, server_sequence_ = 5000;
  Frame frame_;
};

// One message of four full segments; 3 + 2 * 14 + 4 + 3 packets or so.
void mail_session(Capture& out, uint32_t number) {
  const Side client{0xc0a80100 + 10 + number % 40, static_cast<uint16_t>(20000 + number % 40000),
                    static_cast<uint8_t>(10 + number % 40)};
  const Side server{0xcb007100 + number % 200, 25, 1};
  Connection c(out, client, server);
  c.open();
  c.say(false, "220 mx.example.net ESMTP\r\n");
  c.say(true, "EHLO host" + std::to_string(number) + ".example.org\r\n");
  c.say(false, "250-mx.example.net\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250 8BITMIME\r\n");
  c.say(true, "MAIL FROM:<sender" + std::to_string(number) + "@example.org>\r\n");
  c.say(false, "250 2.1.0 Ok\r\n");
  c.say(true, "RCPT TO:<someone@example.net>\r\n");
  c.say(false, "250 2.1.5 Ok\r\n");
  c.say(true, "DATA\r\n");
  c.say(false, "354 End data with <CR><LF>.<CR><LF>\r\n");
  std::string line(76, 'x');
  std::string body = "Subject: generated\r\n\r\n";
  while (body.size() < 4 * kMss - 5) body += line + "\r\n";
  body.resize(4 * kMss - 5);
  body += "\r\n.\r\n";
  for (std::size_t at = 0; at < body.size(); at += kMss)
    c.segment(true, kAck, std::string_view(body).substr(at, kMss));
  c.say(false, "250 2.0.0 Ok: queued as " + std::to_string(100000 + number) + "\r\n");
  c.say(true, "QUIT\r\n");
  c.say(false, "221 2.0.0 Bye\r\n");
  c.close();
}

// Everything else: one packet a call.
class OtherTraffic {
 public:
  explicit OtherTraffic(Capture& out) : out_(out) {
    for (char& byte : noise_) byte = static_cast<char>(random_());
    noise_[0] = 0x17;  // a TLS record
  }
  void packet() {
    const uint32_t draw = static_cast<uint32_t>(random_() % 1000);
    const auto device = static_cast<uint32_t>(random_() % 40);
    // 25 flows a device at a time, each living for about 100 packets: 20,000 flows in 2 million packets.
    const auto flow = static_cast<uint32_t>(out_.packets() / 100'000 * 25 + random_() % 25);
    const Side client{0xc0a80100 + 10 + device, static_cast<uint16_t>(40000 + flow),
                      static_cast<uint8_t>(10 + device)};
    const Side web{0xc6336400 + (device * 7 + flow) % 200, 443, 1};
    if (draw < 450)
      tcp(web, client, kMss);
    else if (draw < 880)
      tcp(client, web, 0);
    else if (draw < 940)
      tcp(client, web, 200);
    else if (draw < 998)
      udp(web, client, 1200);
    else
      dns(client);
  }

 private:
  void tcp(const Side& from, const Side& to, std::size_t size) {
    ip_frame(frame_, from, to, 6, 40 + size);
    frame_.put32(38, static_cast<uint32_t>(random_()));
    frame_.bytes[46] = 0x50;
    frame_.bytes[47] = kAck;
    std::memcpy(frame_.bytes.data() + kHeaders, noise_.data(), size);
    out_.write(frame_);
  }
  void udp(const Side& from, const Side& to, std::size_t size) {
    ip_frame(frame_, from, to, 17, 28 + size);
    frame_.put16(38, static_cast<uint32_t>(8 + size));
    std::memcpy(frame_.bytes.data() + kUdpHeaders, noise_.data(), size);
    out_.write(frame_);
  }
  void dns(const Side& client) {
    static constexpr std::string_view kQuestion{
        "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07"
        "example\x03"
        "com\x00\x00\x01\x00\x01",
        33};
    ip_frame(frame_, client, {0xc0a80101, 53, 1}, 17, 28 + kQuestion.size());
    frame_.put16(38, static_cast<uint32_t>(8 + kQuestion.size()));
    std::memcpy(frame_.bytes.data() + kUdpHeaders, kQuestion.data(), kQuestion.size());
    out_.write(frame_);
  }

  Capture& out_;
  std::mt19937_64 random_{42};
  std::array<char, kMss> noise_{};
  Frame frame_;
};

}  // namespace

int main(int argc, char** argv) {
  const long wanted = argc == 3 ? std::strtol(argv[2], nullptr, 10) : 0;
  if (wanted < 1000) {
    std::fprintf(stderr, "usage: bench-make-capture FILE PACKETS    (PACKETS: at least 1000)\n");
    return 2;
  }
  Capture out(argv[1]);
  OtherTraffic other(out);
  uint64_t mail_packets = 0;
  uint32_t sessions = 0;
  while (out.packets() < static_cast<uint64_t>(wanted)) {
    if (mail_packets * 50 < out.packets()) {
      const uint64_t before = out.packets();
      mail_session(out, sessions++);
      mail_packets += out.packets() - before;
    } else {
      other.packet();
    }
  }
  std::printf("{\"packets\": %llu, \"mail_packets\": %llu, \"sessions\": %u}\n",
              static_cast<unsigned long long>(out.packets()), static_cast<unsigned long long>(mail_packets),
              sessions);
  return 0;
}
