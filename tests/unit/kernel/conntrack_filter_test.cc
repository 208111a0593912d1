// SPDX-License-Identifier: Apache-2.0
//
// The filter runs where it will run: in the kernel, here on a pair of local sockets, which needs no rights.
#include "probes/kernel/conntrack_filter.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "probes/process/file_descriptor.h"
#include "tests/unit/kernel/messages.h"

namespace gatewitness::kernel {
namespace {

class ConntrackFilter : public testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    kernel_.reset(ends[0]);
    probe_.reset(ends[1]);
    if (!kernel_has_our_byte_order())
      GTEST_SKIP() << "the kernel has another byte order (qemu-user): it would read other attributes";
    attach({25, 465, 587, 2525});
  }
  // Attributes are in the machine's order. One behind four bytes of nothing: is it found?
  bool kernel_has_our_byte_order() {
    constexpr uint16_t kNumber = 5;
    struct {
      uint32_t nothing = 0;
      nlattr header{NLA_HDRLEN, kNumber};
    } message;
    attach({{BPF_LD | BPF_IMM, 0, 0, sizeof(message.nothing)},
            {BPF_LDX | BPF_IMM, 0, 0, kNumber},
            {BPF_LD | BPF_B | BPF_ABS, 0, 0, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_NLATTR)},
            {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, sizeof(message.nothing)},
            {BPF_RET | BPF_K, 0, 0, 0xffffffffU},
            {BPF_RET | BPF_K, 0, 0, 0}});
    const auto* begin = reinterpret_cast<const uint8_t*>(&message);
    return passes(std::vector<uint8_t>(begin, begin + sizeof(message)));
  }
  void attach(const std::vector<uint16_t>& ports) { attach(conntrack_filter(ports)); }
  void attach(std::vector<sock_filter> program) {
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    ASSERT_EQ(setsockopt(probe_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)), 0)
        << std::strerror(errno);
  }
  bool passes(const std::vector<uint8_t>& bytes) {
    (void)send(kernel_.get(), bytes.data(), bytes.size(), 0);
    std::array<uint8_t, 2048> got{};
    const auto length = recv(probe_.get(), got.data(), got.size(), 0);
    return length == static_cast<ssize_t>(bytes.size());
  }
  bool passes(const ConntrackFields& fields) {
    Message message(conntrack_type(fields.subtype), fields.flags);
    fill(message, fields);
    return passes(message.bytes());
  }

  process::FileDescriptor kernel_;
  process::FileDescriptor probe_;
};

TEST_F(ConntrackFilter, PassesWhatTheProbeNeeds) {
  struct Case {
    const char* name;
    uint8_t subtype;
    uint16_t flags;
    const char* original;
    bool want;
  };
  constexpr uint16_t kCreate = NLM_F_CREATE | NLM_F_EXCL;
  const Case cases[] = {
      {"new mail", IPCTNL_MSG_CT_NEW, kCreate, "tcp 192.168.1.20:40000 > 198.51.100.9:25", true},
      {"new other TCP", IPCTNL_MSG_CT_NEW, kCreate, "tcp 192.168.1.20:40000 > 198.51.100.9:443", true},
      {"new UDP", IPCTNL_MSG_CT_NEW, kCreate, "udp 192.168.1.20:40000 > 198.51.100.9:443", false},
      {"new UDP to 25", IPCTNL_MSG_CT_NEW, kCreate, "udp 192.168.1.20:40000 > 198.51.100.9:25", false},
      {"update of mail", IPCTNL_MSG_CT_NEW, 0, "tcp 192.168.1.20:40000 > 198.51.100.9:587", true},
      {"update of mail over IPv6", IPCTNL_MSG_CT_NEW, 0, "tcp [fd00::2]:40000 > [2001:db8::9]:25", true},
      {"update from a mail port", IPCTNL_MSG_CT_NEW, 0, "tcp 192.168.1.20:25 > 198.51.100.9:443", false},
      {"update of other TCP", IPCTNL_MSG_CT_NEW, 0, "tcp 192.168.1.20:40000 > 198.51.100.9:443", false},
      {"update of other IPv6", IPCTNL_MSG_CT_NEW, 0, "tcp [fd00::2]:40000 > [2001:db8::9]:443", false},
      {"update of UDP", IPCTNL_MSG_CT_NEW, 0, "udp 192.168.1.20:40000 > 198.51.100.9:53", false},
      {"end of mail", IPCTNL_MSG_CT_DELETE, 0, "tcp 192.168.1.20:40000 > 198.51.100.9:25", true},
      {"end of other TCP", IPCTNL_MSG_CT_DELETE, 0, "tcp 192.168.1.20:40000 > 198.51.100.9:443", true},
      {"end of UDP", IPCTNL_MSG_CT_DELETE, 0, "udp 192.168.1.20:40000 > 198.51.100.9:443", false},
      {"dump, UDP first", IPCTNL_MSG_CT_NEW, NLM_F_MULTI, "udp 192.168.1.20:40000 > 198.51.100.9:53", true},
      {"dump, other TCP", IPCTNL_MSG_CT_NEW, NLM_F_MULTI, "tcp 192.168.1.2:40000 > 198.51.100.9:443", true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto original = FiveTuple::parse(c.original).value();
    EXPECT_EQ(
        passes({.subtype = c.subtype, .flags = c.flags, .original = original, .reply = original.reversed()}),
        c.want);
  }
}

TEST_F(ConntrackFilter, PassesErrorsAndTheEndOfADump) {
  for (const uint16_t type : std::initializer_list<uint16_t>{NLMSG_ERROR, NLMSG_DONE}) {
    Message message(type, 0);
    message.family(nlmsgerr{});
    EXPECT_TRUE(passes(message.bytes())) << type;
  }
}

TEST_F(ConntrackFilter, PassesWhatItCannotRead) {
  Message message(conntrack_type(IPCTNL_MSG_CT_NEW), 0);
  message.family(nfgenmsg{});
  EXPECT_TRUE(passes(message.bytes()));
}

TEST_F(ConntrackFilter, TakesAsManyPortsAsItSaysAndLeavesOutTheRest) {
  std::vector<uint16_t> ports;
  for (uint16_t i = 0; i <= kMaxFilterPorts; ++i) ports.push_back(static_cast<uint16_t>(2000 + i));
  attach(ports);
  auto update =
      ConntrackFields{.flags = 0, .original = FiveTuple::parse("tcp 10.0.0.2:4 > 192.0.2.1:2063").value()};
  update.reply = update.original.reversed();
  EXPECT_TRUE(passes(update));
  update.original.destination.port = 2064;
  EXPECT_FALSE(passes(update));
}

}  // namespace
}  // namespace gatewitness::kernel
