// SPDX-License-Identifier: Apache-2.0
#include "probes/kernel/conntrack_filter.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/in.h>

#include <algorithm>

namespace gatewitness::kernel {
namespace {

constexpr uint32_t kAll = 0xffffffffU;
constexpr uint32_t kFirstAttribute = NLMSG_HDRLEN + sizeof(nfgenmsg);
constexpr uint32_t kPayload = NLA_HDRLEN;
constexpr uint16_t kNew = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW;

// Loads read network byte order, netlink headers have the machine's: compare with the swapped number.
uint32_t swapped(uint16_t value) {
  return htons(value);
}

class Program {
 public:
  // The attribute of that number: from the message's start, or inside the attribute that A points at. A:
  // where it lies. Without it the message passes: user space sees what it is.
  void find(uint16_t number, bool nested) {
    emit(BPF_LDX | BPF_IMM, number);
    emit(BPF_LD | BPF_B | BPF_ABS,
         static_cast<uint32_t>(SKF_AD_OFF + (nested ? SKF_AD_NLATTR_NEST : SKF_AD_NLATTR)));
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
    emit(BPF_RET | BPF_K, kAll);
  }
  // A: the byte or half word behind the header of the attribute that A points at.
  void load_payload(int size) {
    emit(BPF_MISC | BPF_TAX, 0);
    emit(BPF_LD | static_cast<uint16_t>(size) | BPF_IND, kPayload);
  }
  void pass_if(int comparison, uint32_t k) {
    emit(BPF_JMP | static_cast<uint16_t>(comparison) | BPF_K, k, 0, 1);
    emit(BPF_RET | BPF_K, kAll);
  }
  void drop_unless(uint32_t k) {
    emit(BPF_JMP | BPF_JEQ | BPF_K, k, 1, 0);
    emit(BPF_RET | BPF_K, 0);
  }
  void emit(int code, uint32_t k, uint8_t yes = 0, uint8_t no = 0) {
    instructions_.push_back({static_cast<uint16_t>(code), yes, no, k});
  }
  std::vector<sock_filter> take() { return std::move(instructions_); }

 private:
  std::vector<sock_filter> instructions_;
};

void go_to_ports(Program& program) {
  program.emit(BPF_LD | BPF_IMM, kFirstAttribute);
  program.find(CTA_TUPLE_ORIG, false);
  program.find(CTA_TUPLE_PROTO, true);
}

}  // namespace

std::vector<sock_filter> conntrack_filter(std::span<const uint16_t> mail_ports) {
  constexpr uint32_t kTypeAt = 4;
  constexpr uint32_t kFlagsAt = 6;
  Program program;
  // A dump packs many messages into one buffer and the filter sees the first only: all pass.
  program.emit(BPF_LD | BPF_H | BPF_ABS, kFlagsAt);
  program.pass_if(BPF_JSET, swapped(NLM_F_MULTI));
  // NLMSG_ERROR and NLMSG_DONE have no subsystem.
  program.emit(BPF_LD | BPF_H | BPF_ABS, kTypeAt);
  program.pass_if(BPF_JEQ, swapped(NLMSG_ERROR));
  program.pass_if(BPF_JEQ, swapped(NLMSG_DONE));
  go_to_ports(program);
  program.find(CTA_PROTO_NUM, true);
  program.load_payload(BPF_B);
  program.drop_unless(IPPROTO_TCP);
  // Only the message of an update is of type "new" without being created.
  program.emit(BPF_LD | BPF_H | BPF_ABS, kTypeAt);
  program.emit(BPF_JMP | BPF_JEQ | BPF_K, swapped(kNew), 1, 0);
  program.emit(BPF_RET | BPF_K, kAll);
  program.emit(BPF_LD | BPF_H | BPF_ABS, kFlagsAt);
  program.pass_if(BPF_JSET, swapped(NLM_F_CREATE));
  go_to_ports(program);
  program.find(CTA_PROTO_DST_PORT, true);
  program.load_payload(BPF_H);
  for (const uint16_t port : mail_ports.first(std::min(mail_ports.size(), kMaxFilterPorts)))
    program.pass_if(BPF_JEQ, port);
  program.emit(BPF_RET | BPF_K, 0);
  return program.take();
}

}  // namespace gatewitness::kernel
