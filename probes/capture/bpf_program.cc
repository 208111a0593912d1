// SPDX-License-Identifier: Apache-2.0
#include "probes/capture/bpf_program.h"

#include <algorithm>

#include "probes/capture/bpf_assembler.h"

namespace gatewitness::capture {
namespace {

using Label = BpfAssembler::Label;

constexpr uint32_t kEthertypeIpv4 = 0x0800, kEthertypeArp = 0x0806, kEthertypeIpv6 = 0x86dd;
constexpr uint32_t kEthertypePppoeSession = 0x8864;
constexpr std::array<uint32_t, 3> kEthertypesOfTags = {0x8100, 0x88a8, 0x9100};
constexpr uint32_t kPppIpv4 = 0x0021, kPppIpv6 = 0x0057, kPppAddressControl = 0xff03;

constexpr uint32_t kTcp = 6, kUdp = 17, kIcmp = 1, kIcmpv6 = 58;
constexpr uint32_t kHopByHop = 0, kRouting = 43, kFragment = 44, kDestinationOptions = 60;
constexpr uint32_t kIpv6HeaderSize = 40, kIcmpHeaderSize = 8;

// DNS, DHCP, DHCPv6, SSDP, mDNS. A query's answer comes from the port: mDNS and SSDP answers may go to any.
constexpr std::array<uint32_t, 7> kUdpDestinations = {53, 67, 68, 546, 547, 1900, 5353};
constexpr std::array<uint32_t, 2> kUdpSources = {1900, 5353};

constexpr uint32_t kLowerCase = 0x20202020;
constexpr uint32_t word(const char (&text)[5]) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(text[i]);
  return value;
}
constexpr std::array<uint32_t, 11> kVerbs = {word("auth"), word("bdat"), word("data"), word("ehlo"),
                                             word("helo"), word("lhlo"), word("mail"), word("quit"),
                                             word("rcpt"), word("rset"), word("star")};
static_assert(std::ranges::is_sorted(kVerbs));

// The program in the order of a frame's headers. Between the parts register X holds the offset of the header
// that the part reads; each part keeps its own way out, so that conditional jumps stay short.
class MailFilter {
 public:
  explicit MailFilter(std::vector<uint32_t> ports) : ports_(std::move(ports)) {}

  std::vector<bpf_insn> build(dissect::LinkType link) {
    link_layer(link);
    ipv4();
    ipv6();
    icmp();
    icmpv6();
    udp();
    tcp();
    return asm_.finish();
  }

 private:
  void link_layer(dissect::LinkType link) {
    switch (link) {
      case dissect::LinkType::kEthernet:
        return ethertype(12, 14, kMaxVlanTags);
      case dissect::LinkType::kLinuxSll:
        return ethertype(14, 16, kMaxVlanTags);
      case dissect::LinkType::kLinuxSll2:
        return ethertype(0, 20, kMaxVlanTags);
      case dissect::LinkType::kRawIp:
        return ip_version(0);
      case dissect::LinkType::kNull:
        return ip_version(4);
      case dissect::LinkType::kPpp:
        return ppp();
      case dissect::LinkType::kPppoe:
        return pppoe(0);
    }
  }

  // type_at: where the EtherType lies; next: where what it names begins.
  void ethertype(uint32_t type_at, uint32_t next, unsigned tags) {
    const Label tagged = asm_.label(), session = asm_.label(), arp = asm_.label();
    load_half_at(type_at);
    go_if(kEthertypeIpv4, next, ipv4_);
    go_if(kEthertypeIpv6, next, ipv6_);
    asm_.jump_if(BPF_JEQ, kEthertypeArp, arp);
    asm_.jump_if(BPF_JEQ, kEthertypePppoeSession, session);
    if (tags > 0)
      for (const uint32_t tag : kEthertypesOfTags) asm_.jump_if(BPF_JEQ, tag, tagged);
    drop();
    asm_.place(arp);
    accept();
    asm_.place(session);
    pppoe(next);
    asm_.place(tagged);
    if (tags > 0) ethertype(next + 2, next + 4, tags - 1);
  }

  // RFC 2516: six bytes, then the PPP protocol.
  void pppoe(uint32_t at) {
    load_half_at(at + 6);
    go_if(kPppIpv4, at + 8, ipv4_);
    go_if(kPppIpv6, at + 8, ipv6_);
    drop();
  }

  // RFC 1662 address and control, and RFC 1661's first byte of the protocol, may be left out.
  void ppp() {
    load_half_at(0);
    const Label bare = asm_.label();
    asm_.jump_unless(BPF_JEQ, kPppAddressControl, bare);
    load_half_at(2);
    go_if(kPppIpv4, 4, ipv4_);
    go_if(kPppIpv6, 4, ipv6_);
    asm_.emit(BPF_ALU | BPF_RSH | BPF_K, 8);
    go_if(kPppIpv4, 3, ipv4_);
    go_if(kPppIpv6, 3, ipv6_);
    drop();
    asm_.place(bare);
    go_if(kPppIpv4, 2, ipv4_);
    go_if(kPppIpv6, 2, ipv6_);
    asm_.emit(BPF_ALU | BPF_RSH | BPF_K, 8);
    go_if(kPppIpv4, 1, ipv4_);
    go_if(kPppIpv6, 1, ipv6_);
    drop();
  }

  void ip_version(uint32_t at) {
    asm_.emit(BPF_LD | BPF_B | BPF_ABS, at);
    asm_.emit(BPF_ALU | BPF_RSH | BPF_K, 4);
    go_if(4, at, ipv4_);
    go_if(6, at, ipv6_);
    drop();
  }

  void ipv4() {
    const Label is_tcp = asm_.label(), is_udp = asm_.label(), is_icmp = asm_.label();
    const Label pass = asm_.label(), no = asm_.label();
    asm_.place(ipv4_);
    load_byte(9);
    asm_.jump_if(BPF_JEQ, kTcp, is_tcp);
    asm_.jump_if(BPF_JEQ, kUdp, is_udp);
    asm_.jump_unless(BPF_JEQ, kIcmp, no);
    asm_.place(is_icmp);
    unless_later_fragment(no);
    over_ipv4_header(icmp_);
    asm_.place(is_udp);
    unless_later_fragment(no);
    over_ipv4_header(udp_);
    asm_.place(is_tcp);
    unless_later_fragment(pass);
    over_ipv4_header(tcp_);
    asm_.place(pass);
    accept();
    asm_.place(no);
    drop();
  }

  void unless_later_fragment(Label later) {
    load_half(6);
    asm_.jump_if(BPF_JSET, 0x1fff, later);
  }

  void over_ipv4_header(Label next) {
    load_byte(0);
    asm_.emit(BPF_ALU | BPF_AND | BPF_K, 0x0f);
    asm_.emit(BPF_ALU | BPF_LSH | BPF_K, 2);
    advance_by_accumulator();
    asm_.jump(next);
  }

  // Register A: the next header's number, while X is still on the header before it.
  void ipv6() {
    const Label is_tcp = asm_.label(), is_udp = asm_.label(), is_icmp = asm_.label();
    const Label pass = asm_.label(), no = asm_.label();
    asm_.place(ipv6_);
    load_byte(6);
    advance_keeping_accumulator(kIpv6HeaderSize);
    for (unsigned header = 0; header <= kMaxIpv6Headers; ++header) {
      asm_.jump_if(BPF_JEQ, kTcp, is_tcp);
      asm_.jump_if(BPF_JEQ, kUdp, is_udp);
      asm_.jump_if(BPF_JEQ, kIcmpv6, is_icmp);
      if (header < kMaxIpv6Headers) over_extension_header(pass, no);
    }
    asm_.jump(no);
    asm_.place(is_tcp);
    asm_.jump(tcp_);
    asm_.place(is_udp);
    asm_.jump(udp_);
    asm_.place(is_icmp);
    asm_.jump(icmpv6_);
    asm_.place(pass);
    accept();
    asm_.place(no);
    drop();
  }

  // RFC 8200 section 4: fragments are eight bytes long, the others say their length.
  void over_extension_header(Label pass, Label no) {
    const Label options = asm_.label(), first = asm_.label(), done = asm_.label();
    for (const uint32_t number : {kHopByHop, kRouting, kDestinationOptions})
      asm_.jump_if(BPF_JEQ, number, options);
    asm_.jump_unless(BPF_JEQ, kFragment, no);
    load_half(2);
    asm_.jump_unless(BPF_JSET, 0xfff8, first);
    load_byte(0);
    asm_.jump_if(BPF_JEQ, kTcp, pass);
    asm_.jump(no);
    asm_.place(first);
    load_byte(0);
    advance_keeping_accumulator(8);
    asm_.jump(done);
    asm_.place(options);
    load_byte(0);
    asm_.emit(BPF_ST, 0);
    load_byte(1);
    asm_.emit(BPF_ALU | BPF_ADD | BPF_K, 1);
    asm_.emit(BPF_ALU | BPF_LSH | BPF_K, 3);
    advance_by_accumulator();
    asm_.emit(BPF_LD | BPF_MEM, 0);
    asm_.place(done);
  }

  // "Unreachable" quotes the packet it answers (RFC 792): read on in there, as if it were the packet. A quote
  // that ends behind the ports fails the load of what follows, and that drops it.
  void icmp() {
    const Label no = asm_.label();
    asm_.place(icmp_);
    load_byte(0);
    asm_.jump_unless(BPF_JEQ, 3, no);
    load_byte(kIcmpHeaderSize + 9);
    asm_.jump_unless(BPF_JEQ, kTcp, no);
    advance(kIcmpHeaderSize);
    over_ipv4_header(tcp_);
    asm_.place(no);
    drop();
  }

  void icmpv6() {
    const Label no = asm_.label(), unreachable = asm_.label();
    asm_.place(icmpv6_);
    load_byte(0);
    asm_.jump_if(BPF_JEQ, 1, unreachable);
    asm_.jump_unless(BPF_JGE, 133, no);
    asm_.jump_if(BPF_JGT, 136, no);
    accept();
    asm_.place(unreachable);
    load_byte(kIcmpHeaderSize + 6);
    asm_.jump_unless(BPF_JEQ, kTcp, no);
    advance(kIcmpHeaderSize + kIpv6HeaderSize);
    asm_.jump(tcp_);
    asm_.place(no);
    drop();
  }

  void udp() {
    const Label pass = asm_.label();
    asm_.place(udp_);
    load_half(2);
    asm_.jump_if_any(kUdpDestinations, pass);
    load_half(0);
    asm_.jump_if_any(kUdpSources, pass);
    drop();
    asm_.place(pass);
    accept();
  }

  void tcp() {
    const Label pass = asm_.label(), reply = asm_.label(), no = asm_.label();
    asm_.place(tcp_);
    load_half(2);
    asm_.jump_if_any(ports_, pass);
    load_half(0);
    asm_.jump_if_any(ports_, pass);
    load_byte(12);  // the data offset, in the high half
    asm_.emit(BPF_ALU | BPF_AND | BPF_K, 0xf0);
    asm_.emit(BPF_ALU | BPF_RSH | BPF_K, 2);
    advance_by_accumulator();
    asm_.emit(BPF_LD | BPF_W | BPF_IND, 0);
    asm_.emit(BPF_ALU | BPF_OR | BPF_K, kLowerCase);
    asm_.jump_unless(BPF_JGE, kVerbs.front(), reply);
    asm_.jump_if_any(kVerbs, pass);
    asm_.jump(no);
    asm_.place(reply);
    asm_.jump_if(BPF_JGE, word("6   "), no);
    reply_code(no);
    asm_.place(pass);
    accept();
    asm_.place(no);
    drop();
  }

  // RFC 5321 section 4.2: [2-5][0-5][0-9], then a blank, a hyphen or the line's end.
  void reply_code(Label no) {
    const std::array<std::array<uint32_t, 2>, 3> ranges = {{{'2', '5'}, {'0', '5'}, {'0', '9'}}};
    for (uint32_t i = 0; i < ranges.size(); ++i) {
      load_byte(i);
      asm_.jump_unless(BPF_JGE, ranges[i][0], no);
      asm_.jump_if(BPF_JGT, ranges[i][1], no);
    }
    const Label yes = asm_.label();
    load_byte(3);
    for (const uint32_t end : {0x20U, 0x2dU}) asm_.jump_if(BPF_JEQ, end, yes);
    asm_.jump_unless(BPF_JEQ, '\r', no);
    asm_.place(yes);
  }

  void load_half_at(uint32_t at) { asm_.emit(BPF_LD | BPF_H | BPF_ABS, at); }
  void load_byte(uint32_t from_x) { asm_.emit(BPF_LD | BPF_B | BPF_IND, from_x); }
  void load_half(uint32_t from_x) { asm_.emit(BPF_LD | BPF_H | BPF_IND, from_x); }

  // If the accumulator is value, X becomes at and the program goes on there.
  void go_if(uint32_t value, uint32_t at, Label there) {
    const Label other = asm_.label();
    asm_.jump_unless(BPF_JEQ, value, other);
    asm_.emit(BPF_LDX | BPF_IMM, at);
    asm_.jump(there);
    asm_.place(other);
  }
  void advance_by_accumulator() {
    asm_.emit(BPF_ALU | BPF_ADD | BPF_X);
    asm_.emit(BPF_MISC | BPF_TAX);
  }
  void advance(uint32_t bytes) {
    asm_.emit(BPF_MISC | BPF_TXA);
    asm_.emit(BPF_ALU | BPF_ADD | BPF_K, bytes);
    asm_.emit(BPF_MISC | BPF_TAX);
  }
  void advance_keeping_accumulator(uint32_t bytes) {
    asm_.emit(BPF_ST, 0);
    advance(bytes);
    asm_.emit(BPF_LD | BPF_MEM, 0);
  }
  void accept() { asm_.emit(BPF_RET | BPF_K, kSnapLength); }
  void drop() { asm_.emit(BPF_RET | BPF_K, 0); }

  std::vector<uint32_t> ports_;
  BpfAssembler asm_;
  Label ipv4_ = asm_.label(), ipv6_ = asm_.label(), icmp_ = asm_.label(), icmpv6_ = asm_.label(),
        udp_ = asm_.label(), tcp_ = asm_.label();
};

}  // namespace

std::expected<std::vector<bpf_insn>, std::string> mail_filter(dissect::LinkType link,
                                                              std::span<const uint16_t> extra_ports) {
  std::vector<uint32_t> ports(kMailPorts.begin(), kMailPorts.end());
  ports.insert(ports.end(), extra_ports.begin(), extra_ports.end());
  std::ranges::sort(ports);
  const auto repeated = std::ranges::unique(ports);
  ports.erase(repeated.begin(), repeated.end());
  if (ports.front() == 0) return std::unexpected("a mail port must be from 1 to 65535");
  if (ports.size() > kMailPorts.size() + kMaxExtraPorts)
    return std::unexpected("at most " + std::to_string(kMaxExtraPorts) + " further mail ports");
  return MailFilter(std::move(ports)).build(link);
}

}  // namespace gatewitness::capture
