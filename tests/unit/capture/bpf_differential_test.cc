// SPDX-License-Identifier: Apache-2.0
//
// The filter's program against the same rules in plain C++, on random frames: two readings of bpf_program.h's
// list, written apart, must agree on everything.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

#include "probes/capture/bpf_program.h"
#include "probes/dissect/bytes.h"
#include "tests/unit/capture/test_frames.h"

namespace gatewitness::capture {
namespace {

using dissect::ByteReader;

// ---- the rules, plainly ----

bool mail_port(unsigned port) {
  return port == 25 || port == 465 || port == 587 || port == 2525;
}

bool digit(uint8_t byte, char low, char high) {
  return byte >= low && byte <= high;
}

bool begins_dialogue(std::span<const uint8_t> payload) {
  if (payload.size() < 4) return false;
  if (digit(payload[0], '2', '5') && digit(payload[1], '0', '5') && digit(payload[2], '0', '9') &&
      (payload[3] == ' ' || payload[3] == '-' || payload[3] == '\r'))
    return true;
  std::string word;
  for (const uint8_t byte : payload.first(4)) word += static_cast<char>(byte | 0x20);
  static constexpr std::array kWords = {"ehlo", "helo", "lhlo", "mail", "rcpt", "data",
                                        "bdat", "auth", "star", "rset", "quit"};
  return std::ranges::find(kWords, word) != kWords.end();
}

bool tcp_passes(ByteReader in) {
  const auto all = in.rest();
  const unsigned source = in.u16(), destination = in.u16();
  // Both ports must be there, even where one suffices: the destination is read first.
  if (all.size() < 4) return false;
  if (mail_port(source) || mail_port(destination)) return true;
  in.skip(8);
  const std::size_t header = std::size_t{in.u8()} / 16 * 4;
  return in.ok() && header <= all.size() && begins_dialogue(all.subspan(header));
}

bool udp_passes(ByteReader in) {
  const unsigned source = in.u16(), destination = in.u16();
  if (!in.ok()) return false;
  static constexpr std::array<unsigned, 7> kTo = {53, 67, 68, 546, 547, 1900, 5353};
  return std::ranges::find(kTo, destination) != kTo.end() || source == 1900 || source == 5353;
}

bool quoted_v4_passes(ByteReader in) {
  in.skip(4);  // after type, code and checksum
  const auto quoted = in.rest();
  if (quoted.size() < 10 || quoted[9] != 6) return false;
  const std::size_t header = std::size_t{quoted[0]} % 16 * 4;
  return header <= quoted.size() && tcp_passes(ByteReader(quoted.subspan(header)));
}

bool ipv4_passes(ByteReader in) {
  const auto all = in.rest();
  if (all.size() < 10) return false;
  const std::size_t header = std::size_t{all[0]} % 16 * 4;
  const unsigned protocol = all[9];
  if (protocol != 6 && protocol != 17 && protocol != 1) return false;
  if (((all[6] << 8 | all[7]) & 0x1fff) != 0) return protocol == 6;
  if (header > all.size()) return false;
  ByteReader rest(all.subspan(header));
  if (protocol == 6) return tcp_passes(rest);
  if (protocol == 17) return udp_passes(rest);
  const unsigned type = rest.u8();
  rest.skip(3);
  return rest.ok() && type == 3 && quoted_v4_passes(rest);
}

bool icmpv6_passes(ByteReader in) {
  const unsigned type = in.u8();
  if (!in.ok()) return false;
  if (type >= 133 && type <= 136) return true;
  in.skip(7);
  if (type != 1 || in.left() < 7 || in.rest()[6] != 6) return false;
  in.skip(40);
  return in.ok() && tcp_passes(in);
}

bool ipv6_passes(ByteReader in) {
  in.skip(6);
  unsigned next = in.u8();
  if (!in.ok()) return false;
  if (in.left() < 33) return false;  // nothing behind the header
  in.skip(33);
  for (unsigned headers = 0;; ++headers) {
    if (next == 6) return tcp_passes(in);
    if (next == 17) return udp_passes(in);
    if (next == 58) return icmpv6_passes(in);
    if (headers == kMaxIpv6Headers) return false;
    const bool options = next == 0 || next == 43 || next == 60;
    if (!options && next != 44) return false;
    const auto all = in.rest();
    next = in.u8();
    const std::size_t eights = in.u8();
    if (options) {
      if (!in.ok() || 8 + eights * 8 > all.size()) return false;
      in = ByteReader(all.subspan(8 + eights * 8));
      continue;
    }
    const unsigned offset = in.u16();
    if (!in.ok()) return false;
    if ((offset & 0xfff8U) != 0) return next == 6;
    if (all.size() < 8) return false;
    in = ByteReader(all.subspan(8));
  }
}

bool pppoe_passes(ByteReader in) {
  in.skip(6);
  const unsigned protocol = in.u16();
  if (!in.ok()) return false;
  if (protocol == 0x21) return ipv4_passes(in);
  return protocol == 0x57 && ipv6_passes(in);
}

bool frame_passes(std::span<const uint8_t> frame) {
  ByteReader in(frame);
  in.skip(12);
  unsigned type = in.u16();
  for (unsigned tags = 0; tags < kMaxVlanTags && (type == 0x8100 || type == 0x88a8 || type == 0x9100);
       ++tags) {
    in.skip(2);
    type = in.u16();
  }
  if (!in.ok()) return false;
  switch (type) {
    case 0x0800:
      return ipv4_passes(in);
    case 0x86dd:
      return ipv6_passes(in);
    case 0x0806:
      return true;
    case 0x8864:
      return pppoe_passes(in);
    default:
      return false;
  }
}

// ---- random frames, most of them nearly right ----

class FrameMaker {
 public:
  explicit FrameMaker(unsigned seed) : random_(seed) {}

  Bytes frame() {
    Bytes made = link();
    if (one_in(3)) damage(made);
    if (one_in(4)) made.resize(below(made.size() + 1));
    if (one_in(6)) made = made + zeros(below(20));
    return made;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  bool one_in(unsigned count) { return below(count) == 0; }
  template <typename T, std::size_t N>
  T any(const std::array<T, N>& values) {
    return values[below(N)];
  }
  void damage(Bytes& bytes) {
    for (std::size_t i = 0; i <= below(3) && !bytes.empty(); ++i)
      bytes[below(bytes.size())] = static_cast<uint8_t>(random_());
  }

  Bytes link() {
    const bool v6 = one_in(2);
    const Bytes packet = v6 ? ip6() : ip4();
    const unsigned type = one_in(12) ? any(std::array{0x0806U, 0x88ccU, 0x8863U}) : v6 ? 0x86ddU : 0x0800U;
    switch (below(6)) {
      case 0:
        return ethernet(any(std::array{0x8100U, 0x88a8U, 0x9100U}), tag(9, type, packet));
      case 1:
        return ethernet(0x88a8, tag(9, 0x8100, tag(8, type, packet)));
      case 2:
        return ethernet(0x8864, pppoe(v6 ? 0x57 : 0x21, packet));
      case 3:
        return ethernet(0x8100, tag(9, 0x8864, pppoe(v6 ? 0x57 : 0x21, packet)));
      default:
        return ethernet(type, packet);
    }
  }
  Bytes ip4() {
    const unsigned protocol = any(std::array{6U, 6U, 6U, 17U, 1U, 132U});
    const unsigned fragment = one_in(6) ? any(std::array{0x2000U, 0x2001U, 0x00b9U, 0x4000U}) : 0;
    return ipv4({protocol, static_cast<unsigned>(below(11)) * 4, fragment}, transport(protocol, false));
  }
  Bytes ip6() {
    unsigned next = any(std::array{6U, 6U, 6U, 17U, 58U, 132U});
    Bytes rest = transport(next, true);
    for (std::size_t i = below(3) == 0 ? below(6) : 0; i > 0; --i) {
      const unsigned header = any(std::array{0U, 43U, 60U, 44U});
      if (header == 44)
        rest = ipv6_fragment(next, any(std::array{0U, 1U, 8U, 1448U}), rest);
      else
        rest = ipv6_options(next, static_cast<unsigned>(below(3)), rest);
      next = header;
    }
    return ipv6(next, rest);
  }
  Bytes transport(unsigned protocol, bool v6) {
    if (protocol == 17) return udp(port(), port(), below(40));
    if (protocol == 1 || protocol == 58) return control(v6);
    return segment();
  }
  Bytes control(bool v6) {
    const unsigned type =
        v6 ? any(std::array{1U, 1U, 132U, 133U, 134U, 135U, 136U, 137U}) : any(std::array{3U, 3U, 8U, 11U});
    Bytes quoted = segment();
    if (one_in(2)) quoted.resize(8);
    const unsigned inner = any(std::array{6U, 6U, 17U});
    return icmp(type, v6 ? ipv6(inner, quoted)
                         : ipv4({.protocol = inner, .options = static_cast<unsigned>(below(4)) * 4}, quoted));
  }
  Bytes segment() {
    static constexpr std::array<std::string_view, 22> kPayloads = {
        "",      "EHLO x",   "helo y", "LHLO",  "MAIL FROM",    "RCPT",  "DATA",    "BDAT 1",
        "AUTH",  "STARTTLS", "RSET",   "QUIT",  "220 x",        "250-x", "554\r\n", "199 x",
        "600 x", "269 x",    "2x0 y",  "GET /", "\x17\x03\x03", "E"};
    return tcp(port(), port(), any(kPayloads), static_cast<unsigned>(below(11)) * 4);
  }
  unsigned port() {
    static constexpr std::array<unsigned, 20> kPorts = {
        25, 465, 587, 2525, 24, 26, 466, 586, 2524, 2526, 443, 53, 67, 68, 546, 1900, 5353, 80, 0, 65535};
    return one_in(2) ? kPorts[below(kPorts.size())] : 1024 + static_cast<unsigned>(below(64512));
  }

  std::mt19937 random_;
};

TEST(MailFilter, AgreesWithThePlainRules) {
  const auto program = mail_filter(dissect::LinkType::kEthernet);
  ASSERT_TRUE(program);
  FrameMaker maker(20260101);
  std::array<int, 2> seen{};
  for (int i = 0; i < 300'000; ++i) {
    const Bytes frame = maker.frame();
    const bool want = frame_passes(frame);
    ++seen[want ? 1 : 0];
    const auto size = static_cast<u_int>(frame.size());
    ASSERT_EQ(bpf_filter(program->data(), frame.data(), size, size) != 0, want)
        << "frame " << i << ": " << testing::PrintToString(frame);
  }
  // Neither answer is so rare that agreeing would be easy.
  EXPECT_GT(seen[0], 30'000);
  EXPECT_GT(seen[1], 30'000);
}

}  // namespace
}  // namespace gatewitness::capture
