// SPDX-License-Identifier: Apache-2.0
#include "probes/capture/bpf_program.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>

#include "tests/unit/capture/test_frames.h"

namespace gatewitness::capture {
namespace {

using dissect::LinkType;

bool passes(const std::vector<bpf_insn>& program, const Bytes& frame) {
  return bpf_filter(program.data(), frame.data(), static_cast<u_int>(frame.size()),
                    static_cast<u_int>(frame.size())) != 0;
}
std::vector<bpf_insn> program_for(LinkType link, std::vector<uint16_t> ports = {}) {
  auto program = mail_filter(link, ports);
  EXPECT_TRUE(program);
  return *program;
}
Bytes eth4(const Ipv4& header, const Bytes& rest) {
  return ethernet(0x0800, ipv4(header, rest));
}
Bytes eth6(unsigned next, const Bytes& rest) {
  return ethernet(0x86dd, ipv6(next, rest));
}

struct Case {
  const char* name;
  Bytes frame;
  bool want;
};

void expect_all(const std::vector<bpf_insn>& program, std::span<const Case> cases) {
  for (const auto& c : cases) EXPECT_EQ(passes(program, c.frame), c.want) << c.name;
}

TEST(MailFilter, TcpByPort) {
  std::vector<Case> cases = {
      {"443", eth4({}, tcp(40000, 443, "\x17\x03\x03\x01\x00")), false},
      {"24", eth4({}, tcp(40000, 24)), false},
      {"26", eth4({}, tcp(40000, 26)), false},
      {"2526", eth4({}, tcp(40000, 2526)), false},
      {"port 0", eth4({}, tcp(0, 0)), false},
      {"25 over UDP", eth4({.protocol = 17}, udp(40000, 25)), false},
      {"SYN to 25 with options", eth4({}, tcp(40000, 25, "", 20)), true},
      {"25 behind IP options", eth4({.options = 40}, tcp(40000, 25)), true},
      {"443 whose IP options look like port 25",
       ethernet(0x0800, Bytes{0x46, 0, 0, 44, 0, 1, 0, 0, 64, 6, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0, 25, 0, 25} +
                            tcp(40000, 443)),
       false},
  };
  for (const uint16_t port : kMailPorts) {
    cases.push_back({"to a mail port", eth4({}, tcp(40000, port)), true});
    cases.push_back({"from a mail port", eth4({}, tcp(port, 40000)), true});
    cases.push_back({"to a mail port, IPv6", eth6(6, tcp(40000, port)), true});
    cases.push_back({"from a mail port, IPv6", eth6(6, tcp(port, 40000)), true});
  }
  expect_all(program_for(LinkType::kEthernet), cases);
}

TEST(MailFilter, SmtpOnAnyPort) {
  std::vector<Case> cases;
  for (const char* line :
       {"EHLO x\r\n", "ehlo x\r\n", "HeLo x\r\n", "LHLO x\r\n", "MAIL FROM:<>", "RCPT TO:<", "DATA\r\n",
        "BDAT 12", "AUTH PLAIN", "STARTTLS", "RSET\r\n", "QUIT\r\n", "220 hello", "220-hello", "250 OK",
        "354 go", "421 bye", "554-no", "250\r\n"})
    for (const unsigned options : {0U, 12U, 40U}) {
      cases.push_back({line, eth4({}, tcp(40000, 2526, line, options)), true});
      cases.push_back({line, eth4({.options = 8}, tcp(2526, 40000, line, options)), true});
      cases.push_back({line, eth6(6, tcp(40000, 2526, line, options)), true});
    }
  for (const char* line : {"",
                           "E",
                           "EHL",
                           "GET / HTTP/1.1",
                           "HEAD /",
                           "POST /",
                           "SSH-2.0",
                           "EHLA x",
                           "MAIM",
                           "200",
                           "2500",
                           "250x",
                           "650 x",
                           "150 x",
                           "260 x",
                           "190 x",
                           "2a0 x",
                           "25a x",
                           "\x17\x03\x03",
                           "\x16\x03\x01\x02",
                           " EHLO x",
                           "HTTP/1.1 250 "})
    for (const unsigned options : {0U, 12U}) {
      cases.push_back({line, eth4({}, tcp(40000, 2526, line, options)), false});
      cases.push_back({line, eth6(6, tcp(2526, 40000, line, options)), false});
    }
  expect_all(program_for(LinkType::kEthernet), cases);
}

TEST(MailFilter, IdentityProtocols) {
  const Case cases[] = {
      {"DHCP request", eth4({.protocol = 17}, udp(68, 67)), true},
      {"DHCP answer", eth4({.protocol = 17}, udp(67, 68)), true},
      {"DHCPv6 request", eth6(17, udp(546, 547)), true},
      {"DHCPv6 answer", eth6(17, udp(547, 546)), true},
      {"mDNS", eth4({.protocol = 17}, udp(5353, 5353)), true},
      {"mDNS unicast answer", eth6(17, udp(5353, 50000)), true},
      {"SSDP notify", eth4({.protocol = 17}, udp(50000, 1900)), true},
      {"SSDP answer", eth4({.protocol = 17}, udp(1900, 50000)), true},
      {"DNS query", eth4({.protocol = 17}, udp(50000, 53)), true},
      {"DNS query, IPv6", eth6(17, udp(50000, 53)), true},
      {"DNS answer", eth4({.protocol = 17}, udp(53, 50000)), false},
      {"DNS over TCP", eth4({}, tcp(50000, 53)), false},
      {"QUIC", eth4({.protocol = 17}, udp(50000, 443)), false},
      {"NTP", eth4({.protocol = 17}, udp(123, 123)), false},
      {"ARP", ethernet(0x0806, zeros(28)), true},
      {"router solicitation", eth6(58, icmp(133, zeros(8))), true},
      {"router advertisement", eth6(58, icmp(134, zeros(8))), true},
      {"neighbour solicitation", eth6(58, icmp(135, zeros(16))), true},
      {"neighbour advertisement", eth6(58, icmp(136, zeros(16))), true},
      {"redirect", eth6(58, icmp(137, zeros(16))), false},
      {"multicast listener", eth6(58, icmp(132, zeros(16))), false},
      {"ping", eth4({.protocol = 1}, icmp(8, zeros(32))), false},
      {"ping, IPv6", eth6(58, icmp(128, zeros(32))), false},
      {"SCTP", eth4({.protocol = 132}, tcp(40000, 25)), false},
      {"spanning tree", ethernet(0x0026, zeros(50)), false},
      {"LLDP", ethernet(0x88cc, zeros(50)), false},
      {"empty frame", {}, false},
  };
  expect_all(program_for(LinkType::kEthernet), cases);
}

TEST(MailFilter, UnreachableOnlyIfItQuotesMail) {
  const auto quote = [](const Bytes& segment) { return Bytes(segment.begin(), segment.begin() + 8); };
  const Case cases[] = {
      {"quotes 25", eth4({.protocol = 1}, icmp(3, ipv4({}, quote(tcp(40000, 25))))), true},
      {"quotes 25 behind options",
       eth4({.protocol = 1}, icmp(3, ipv4({.options = 12}, quote(tcp(40000, 25))))), true},
      {"quotes 443", eth4({.protocol = 1}, icmp(3, ipv4({}, quote(tcp(40000, 443))))), false},
      {"quotes UDP", eth4({.protocol = 1}, icmp(3, ipv4({.protocol = 17}, quote(udp(40000, 25))))), false},
      {"time exceeded", eth4({.protocol = 1}, icmp(11, ipv4({}, quote(tcp(40000, 25))))), false},
      {"IPv6 quotes 587", eth6(58, icmp(1, ipv6(6, quote(tcp(40000, 587))))), true},
      {"IPv6 quotes 443", eth6(58, icmp(1, ipv6(6, quote(tcp(40000, 443))))), false},
      {"IPv6 quotes UDP", eth6(58, icmp(1, ipv6(17, quote(udp(40000, 25))))), false},
  };
  expect_all(program_for(LinkType::kEthernet), cases);
}

TEST(MailFilter, Fragments) {
  const Case cases[] = {
      {"first, mail", eth4({.fragment = 0x2000}, tcp(40000, 25, "x")), true},
      {"first, other", eth4({.fragment = 0x2000}, tcp(40000, 443, "x")), false},
      {"do not fragment", eth4({.fragment = 0x4000}, tcp(40000, 443, "x")), false},
      {"later, TCP", eth4({.fragment = 0x2001}, zeros(64)), true},
      {"last, TCP", eth4({.fragment = 0x00b9}, zeros(64)), true},
      {"later, UDP", eth4({.protocol = 17, .fragment = 0x2001}, udp(50000, 53)), false},
      {"later, ICMP", eth4({.protocol = 1, .fragment = 0x2001}, zeros(64)), false},
      {"IPv6 first, mail", eth6(44, ipv6_fragment(6, 1, tcp(40000, 25))), true},
      {"IPv6 first, other", eth6(44, ipv6_fragment(6, 1, tcp(40000, 443))), false},
      {"IPv6 atomic", eth6(44, ipv6_fragment(6, 0, tcp(40000, 25))), true},
      {"IPv6 later, TCP", eth6(44, ipv6_fragment(6, 1448, zeros(64))), true},
      {"IPv6 later, UDP", eth6(44, ipv6_fragment(17, 1448, udp(50000, 53))), false},
  };
  expect_all(program_for(LinkType::kEthernet), cases);
}

TEST(MailFilter, Ipv6ExtensionHeadersUpToTheLimit) {
  static_assert(kMaxIpv6Headers == 3);
  const Bytes mail = tcp(40000, 25);
  const Case cases[] = {
      {"hop by hop", eth6(0, ipv6_options(6, 0, mail)), true},
      {"a long one", eth6(60, ipv6_options(6, 5, mail)), true},
      {"a long one, other", eth6(60, ipv6_options(6, 5, tcp(40000, 443))), false},
      {"three", eth6(0, ipv6_options(43, 1, ipv6_options(60, 2, ipv6_options(6, 0, mail)))), true},
      {"four",
       eth6(0, ipv6_options(43, 1, ipv6_options(60, 2, ipv6_options(60, 0, ipv6_options(6, 0, mail))))),
       false},
      {"then a fragment", eth6(0, ipv6_options(44, 0, ipv6_fragment(6, 1, mail))), true},
      {"mDNS behind options", eth6(0, ipv6_options(17, 0, udp(5353, 5353))), true},
      {"ND behind options", eth6(0, ipv6_options(58, 0, icmp(135, zeros(16)))), true},
      {"unknown header", eth6(135, ipv6_options(6, 0, mail)), false},
      {"longer than the frame", eth6(0, ipv6_options(6, 0, {})), false},
  };
  expect_all(program_for(LinkType::kEthernet), cases);
}

TEST(MailFilter, TagsAndTunnelsOfTheLink) {
  const Bytes mail4 = ipv4({}, tcp(40000, 2526, "EHLO x\r\n")), other4 = ipv4({}, tcp(40000, 443));
  const Bytes mail6 = ipv6(6, tcp(40000, 25)), other6 = ipv6(6, tcp(40000, 443));
  const Case cases[] = {
      {"802.1Q", ethernet(0x8100, tag(7, 0x0800, mail4)), true},
      {"802.1Q, IPv6", ethernet(0x8100, tag(7, 0x86dd, mail6)), true},
      {"802.1Q, ARP", ethernet(0x8100, tag(7, 0x0806, zeros(28))), true},
      {"802.1Q, other", ethernet(0x8100, tag(7, 0x0800, other4)), false},
      {"802.1ad with 802.1Q", ethernet(0x88a8, tag(7, 0x8100, tag(8, 0x0800, mail4))), true},
      {"802.1ad with 802.1Q, other", ethernet(0x88a8, tag(7, 0x8100, tag(8, 0x86dd, other6))), false},
      {"three tags", ethernet(0x88a8, tag(7, 0x8100, tag(8, 0x8100, tag(9, 0x0800, mail4)))), false},
      {"PPPoE", ethernet(0x8864, pppoe(0x0021, mail4)), true},
      {"PPPoE, IPv6", ethernet(0x8864, pppoe(0x0057, mail6)), true},
      {"PPPoE, other", ethernet(0x8864, pppoe(0x0021, other4)), false},
      {"PPPoE, link control", ethernet(0x8864, pppoe(0xc021, mail4)), false},
      {"PPPoE behind a tag", ethernet(0x8100, tag(7, 0x8864, pppoe(0x0021, mail4))), true},
  };
  expect_all(program_for(LinkType::kEthernet), cases);
}

TEST(MailFilter, OtherLinkTypes) {
  const Bytes mail4 = ipv4({}, tcp(40000, 25)), other4 = ipv4({}, tcp(40000, 443));
  const Bytes mail6 = ipv6(6, tcp(40000, 25)), other6 = ipv6(6, tcp(40000, 443));
  struct Link {
    const char* name;
    LinkType link;
    std::function<Bytes(bool v6, const Bytes&)> wrap;
  };
  const Link links[] = {
      {"SLL", LinkType::kLinuxSll,
       [](bool v6, const Bytes& ip) { return zeros(14) + u16(v6 ? 0x86dd : 0x0800) + ip; }},
      {"SLL tagged", LinkType::kLinuxSll,
       [](bool v6, const Bytes& ip) { return zeros(14) + u16(0x8100) + tag(3, v6 ? 0x86dd : 0x0800, ip); }},
      {"SLL2", LinkType::kLinuxSll2,
       [](bool v6, const Bytes& ip) { return u16(v6 ? 0x86dd : 0x0800) + zeros(18) + ip; }},
      {"raw", LinkType::kRawIp, [](bool, const Bytes& ip) { return ip; }},
      {"null", LinkType::kNull,
       [](bool v6, const Bytes& ip) {
         return Bytes{static_cast<uint8_t>(v6 ? 30 : 2), 0, 0, 0} + ip;
       }},
      {"PPP", LinkType::kPpp,
       [](bool v6, const Bytes& ip) { return u16(0xff03) + u16(v6 ? 0x57 : 0x21) + ip; }},
      {"PPP, no address", LinkType::kPpp,
       [](bool v6, const Bytes& ip) { return u16(v6 ? 0x57 : 0x21) + ip; }},
      {"PPP, short protocol", LinkType::kPpp,
       [](bool v6, const Bytes& ip) { return Bytes{static_cast<uint8_t>(v6 ? 0x57 : 0x21)} + ip; }},
      {"PPPoE", LinkType::kPppoe, [](bool v6, const Bytes& ip) { return pppoe(v6 ? 0x57 : 0x21, ip); }},
  };
  for (const auto& link : links) {
    SCOPED_TRACE(link.name);
    const auto program = program_for(link.link);
    EXPECT_TRUE(passes(program, link.wrap(false, mail4)));
    EXPECT_TRUE(passes(program, link.wrap(true, mail6)));
    EXPECT_FALSE(passes(program, link.wrap(false, other4)));
    EXPECT_FALSE(passes(program, link.wrap(true, other6)));
  }
}

TEST(MailFilter, FurtherPortsUpToTheLimit) {
  std::vector<uint16_t> ports;
  for (uint16_t i = 0; i < kMaxExtraPorts; ++i) ports.push_back(static_cast<uint16_t>(10000 + 7 * i));
  const auto program = program_for(LinkType::kEthernet, ports);
  for (const uint16_t port : ports) {
    EXPECT_TRUE(passes(program, eth4({}, tcp(40000, port))));
    EXPECT_TRUE(passes(program, eth4({}, tcp(port, 40000))));
    EXPECT_FALSE(passes(program, eth4({}, tcp(40000, port + 1U))));
    EXPECT_FALSE(passes(program, eth4({}, tcp(port - 1U, 40000))));
  }
  EXPECT_TRUE(passes(program, eth4({}, tcp(40000, 25))));
  ports.push_back(25);  // is one already
  EXPECT_TRUE(mail_filter(LinkType::kEthernet, ports));
  ports.push_back(9);
  EXPECT_FALSE(mail_filter(LinkType::kEthernet, ports));
  EXPECT_FALSE(mail_filter(LinkType::kEthernet, std::vector<uint16_t>{0}));
}

// A frame cut anywhere is judged without reading past its end (the sanitizer watches), and a cut can only
// drop it.
TEST(MailFilter, FramesCutAnywhere) {
  const auto program = program_for(LinkType::kEthernet);
  const Bytes whole = eth6(0, ipv6_options(44, 0, ipv6_fragment(6, 1, tcp(40000, 2526, "EHLO x"))));
  ASSERT_TRUE(passes(program, whole));
  const std::size_t needed = whole.size() - 2;  // "EHLO"
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(passes(program, Bytes(whole.begin(), whole.begin() + static_cast<long>(size))), size >= needed)
        << size;
}

// The kernel's own checker takes each program (attaching to one's own Unix socket needs no rights).
TEST(MailFilter, TheKernelAcceptsEveryProgram) {
  std::vector<uint16_t> ports;
  for (uint16_t i = 0; i < kMaxExtraPorts; ++i) ports.push_back(static_cast<uint16_t>(3000 + i));
  for (const auto link : {LinkType::kEthernet, LinkType::kLinuxSll, LinkType::kLinuxSll2, LinkType::kRawIp,
                          LinkType::kNull, LinkType::kPpp, LinkType::kPppoe}) {
    const auto program = program_for(link, ports);
    std::vector<sock_filter> code;
    for (const auto& insn : program) code.push_back({insn.code, insn.jt, insn.jf, insn.k});
    const sock_fprog filter{static_cast<unsigned short>(code.size()), code.data()};
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM, 0);
    EXPECT_EQ(::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)), 0)
        << static_cast<int>(link);
    ::close(socket);
    EXPECT_TRUE(bpf_validate(program.data(), static_cast<int>(program.size())));
  }
}

}  // namespace
}  // namespace gatewitness::capture
