// SPDX-License-Identifier: Apache-2.0
//
// SYNs as operating systems write them, and as somebody writes them who wants a parser to stumble.
#include "probes/dissect/syn_fingerprint.h"

#include <gtest/gtest.h>

#include "probes/wire/attempt.h"
#include "tests/support/packet_builder.h"

namespace gatewitness::dissect {
namespace {

using test::Bytes;
using test::operator+;

const Bytes kMss1460 = {2, 4, 5, 0xb4}, kSackOk = {4, 2}, kNop = {1};
Bytes timestamp(uint32_t own) {
  return {8,
          10,
          static_cast<uint8_t>(own >> 24),
          static_cast<uint8_t>(own >> 16),
          static_cast<uint8_t>(own >> 8),
          static_cast<uint8_t>(own),
          0,
          0,
          0,
          0};
}
Bytes scale(uint8_t shift) {
  return {3, 3, shift};
}

struct Syn {
  Bytes options;
  uint16_t window = 64240;
  uint8_t ttl = 64;
  bool dont_fragment = true;
  uint8_t flags = TcpHeader::kSyn;
  uint32_t sequence = 1000;
  uint32_t acknowledgement = 0;
  bool v6 = false;
};

std::string fingerprint(const Syn& syn) {
  test::TcpSpec tcp;
  tcp.options = syn.options;
  tcp.window = syn.window;
  tcp.flags = syn.flags;
  tcp.sequence = syn.sequence;
  tcp.acknowledgement = syn.acknowledgement;
  test::Ipv4Spec four;
  four.ttl = syn.ttl;
  four.dont_fragment = syn.dont_fragment;
  test::Ipv6Spec six;
  six.hop_limit = syn.ttl;
  const Bytes packet = syn.v6 ? test::ipv6(six, test::tcp(tcp)) : test::ipv4(four, test::tcp(tcp));
  return syn_fingerprint(decode_ip(packet));
}

TEST(SynFingerprint, Systems) {
  const Bytes linux_options = kMss1460 + kSackOk + timestamp(77) + kNop + scale(7);
  const Bytes windows_options = kMss1460 + kNop + scale(8) + kNop + kNop + kSackOk;
  const Bytes mac_options = kMss1460 + kNop + scale(6) + kNop + kNop + timestamp(9) + kSackOk + Bytes{0, 0};
  const struct {
    std::string_view name;
    Syn syn;
    std::string_view want;
  } cases[] = {
      {"Linux 5", {.options = linux_options}, "4:64:1460:mss*44,7:mss,sok,ts,nop,ws:df"},
      {"Linux 3", {.options = linux_options, .window = 29200}, "4:64:1460:mss*20,7:mss,sok,ts,nop,ws:df"},
      {"Linux behind a router",
       {.options = linux_options, .ttl = 63},
       "4:64:1460:mss*44,7:mss,sok,ts,nop,ws:df"},
      {"Linux over IPv6", {.options = linux_options, .v6 = true}, "6:64:1460:mss*44,7:mss,sok,ts,nop,ws:"},
      {"Windows 10",
       {.options = windows_options, .window = 64240, .ttl = 128},
       "4:128:1460:mss*44,8:mss,nop,ws,nop,nop,sok:df"},
      {"Windows 7",
       {.options = windows_options, .window = 8192, .ttl = 127},
       "4:128:1460:8192,8:mss,nop,ws,nop,nop,sok:df"},
      {"macOS",
       {.options = mac_options, .window = 65535},
       "4:64:1460:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df"},
      {"macOS with ECN",
       {.options = mac_options,
        .window = 65535,
        .flags = TcpHeader::kSyn | TcpHeader::kEce | TcpHeader::kCwr},
       "4:64:1460:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df,ecn"},
      {"lwIP: an embedded stack",
       {.options = kMss1460, .window = 5840, .ttl = 255, .dont_fragment = false},
       "4:255:1460:mss*4,0:mss:"},
      {"no options at all: a scanner",
       {.options = {}, .window = 1024, .ttl = 40, .dont_fragment = false},
       "4:64:0:1024,0::"},
  };
  for (const auto& one : cases) EXPECT_EQ(fingerprint(one.syn), one.want) << one.name;
}

TEST(SynFingerprint, Oddities) {
  const struct {
    std::string_view name;
    Syn syn;
    std::string_view want;
  } cases[] = {
      {"sequence zero", {.options = kMss1460, .sequence = 0}, "4:64:1460:mss*44,0:mss:df,seq-"},
      {"an acknowledgement nobody asked for",
       {.options = kMss1460, .acknowledgement = 5},
       "4:64:1460:mss*44,0:mss:df,ack+"},
      {"urgent and push",
       {.options = kMss1460, .flags = TcpHeader::kSyn | TcpHeader::kUrg | TcpHeader::kPsh},
       "4:64:1460:mss*44,0:mss:df,urgf+,pushf+"},
      {"timestamp zero", {.options = kMss1460 + timestamp(0)}, "4:64:1460:mss*44,0:mss,ts,eol+1:df,ts1-"},
      {"scale as far as RFC 7323 goes",
       {.options = kMss1460 + scale(14) + kNop},
       "4:64:1460:mss*44,14:mss,ws,nop:df"},
      {"scale farther", {.options = kMss1460 + scale(15) + kNop}, "4:64:1460:mss*44,15:mss,ws,nop:df,exws"},
      {"unknown options", {.options = kMss1460 + Bytes{34, 2, 30, 2}}, "4:64:1460:mss*44,0:mss,?34,?30:df"},
      {"window zero", {.options = kMss1460, .window = 0}, "4:64:1460:0,0:mss:df"},
      {"MSS zero", {.options = {2, 4, 0, 0}, .window = 512}, "4:64:0:512,0:mss:df"},
      {"SACK blocks in a SYN",
       {.options = kMss1460 + Bytes{5, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1}},
       "4:64:1460:mss*44,0:mss,sack,nop,nop:df"},
      {"length zero", {.options = {2, 0, 5, 0xb4}}, "4:64:0:64240,0::df,bad"},
      {"length one", {.options = {2, 1, 5, 0xb4}}, "4:64:0:64240,0::df,bad"},
      {"length beyond the options", {.options = {2, 5, 5, 0xb4}}, "4:64:0:64240,0::df,bad"},
      {"nothing but a kind", {.options = {1, 1, 1, 2}}, "4:64:0:64240,0:nop,nop,nop:df,bad"},
      {"an MSS of one byte", {.options = {2, 3, 5, 1}}, "4:64:0:64240,0:mss,nop:df,bad"},
  };
  for (const auto& one : cases) EXPECT_EQ(fingerprint(one.syn), one.want) << one.name;
}

TEST(SynFingerprint, InitialTtl) {
  const std::pair<uint8_t, std::string_view> cases[] = {{0, "32"},    {1, "32"},    {32, "32"},
                                                        {33, "64"},   {64, "64"},   {65, "128"},
                                                        {128, "128"}, {129, "255"}, {255, "255"}};
  for (const auto& [ttl, want] : cases)
    EXPECT_EQ(fingerprint({.options = {}, .ttl = ttl}), "4:" + std::string(want) + ":0:64240,0::df")
        << int{ttl};
}

TEST(SynFingerprint, OnlyOfSyns) {
  for (const uint8_t flags :
       {uint8_t{TcpHeader::kAck}, uint8_t{TcpHeader::kSyn | TcpHeader::kAck}, uint8_t{0}})
    EXPECT_EQ(fingerprint({.options = kMss1460, .flags = flags}), "");
  EXPECT_EQ(syn_fingerprint(Packet{}), "");
}

TEST(SynFingerprint, OptionsToTheLimitAndNeverLongerThanATextMayBe) {
  const auto options_of = [](std::size_t count) {
    std::string text = fingerprint({.options = Bytes(count, 1)});
    return std::count(text.begin(), text.end(), 'n');
  };
  EXPECT_EQ(options_of(12), 12);
  EXPECT_EQ(options_of(16), 12);
  Bytes many;
  for (uint8_t kind = 200; kind < 220; ++kind) many = many + Bytes{kind, 2};
  const std::string text = fingerprint({.options = many});
  EXPECT_LE(text.size(), wire::kMaxText);
}

}  // namespace
}  // namespace gatewitness::dissect
