// SPDX-License-Identifier: Apache-2.0
#include "probes/process/sandbox.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "probes/process/publisher.h"
#include "tests/unit/process/in_child.h"
#include "tests/unit/process/temporary_folder.h"

namespace gatewitness::process {
namespace {

#ifdef GATEWITNESS_SECCOMP
using namespace std::chrono_literals;
using enum SandboxProfile;
constexpr std::array kAll = {kCapture, kKernel, kDaemon, kGuard, kRequester};
constexpr bool kSanitizer =
#ifdef __SANITIZE_ADDRESS__
    true;
#else
    false;
#endif

// The body's result, or the signal that it died of; exit 99: no sandbox.
std::string sandboxed(SandboxProfile profile, const std::function<int()>& body) {
  return in_child([&] {
    if (!enter_sandbox(profile, {}).value_or(false)) return 99;
    return body();
  });
}
const std::string kKilled = "signal " + std::to_string(SIGSYS);

TEST(Sandbox, TheNotifierReachesTheInternetAndStartsNothing) {
  EXPECT_EQ(sandboxed(kNotify,
                      [] {
                        for (const int family : {AF_INET, AF_INET6, AF_NETLINK, AF_UNIX})
                          if (::socket(family, SOCK_DGRAM, 0) < 0 && errno != EAFNOSUPPORT) return 1;
                        return 0;
                      }),
            "exit 0");
  EXPECT_EQ(sandboxed(kNotify, [] { return ::socket(AF_PACKET, SOCK_RAW, 0); }), kKilled);
  EXPECT_EQ(sandboxed(kNotify, [] { return ::fork() == 0 ? 0 : 1; }), kKilled);
  EXPECT_EQ(sandboxed(kNotify, [] { return ::execl("/bin/true", "true", nullptr); }), kKilled);
  if (kSanitizer) return;
  EXPECT_EQ(sandboxed(kNotify,
                      [] {
                        void* page =
                            ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                        return page == MAP_FAILED && errno == EPERM ? 0 : 1;
                      }),
            "exit 0");
}

TEST(Sandbox, KillsWhatNoProfileMayDo) {
  struct Case {
    const char* name;
    std::function<int()> call;
  };
  const Case cases[] = {
      {"socket of IPv4", [] { return ::socket(AF_INET, SOCK_STREAM, 0); }},
      {"socket of IPv6", [] { return ::socket(AF_INET6, SOCK_DGRAM, 0); }},
      {"socket of packets", [] { return ::socket(AF_PACKET, SOCK_RAW, 0); }},
      {"socket of netlink", [] { return ::socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE); }},
      {"socket of IPv4 with dirt above 32 bits",
       [] { return static_cast<int>(::syscall(SYS_socket, 0x100000000L | AF_INET, SOCK_STREAM, 0)); }},
      {"a new process", [] { return ::fork() == 0 ? 0 : 1; }},
      {"another program", [] { return ::execl("/bin/true", "true", nullptr); }},
      {"tracing", [] { return static_cast<int>(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }},
      {"another user", [] { return ::setuid(0); }},
      {"a signal to others", [] { return ::kill(::getppid(), 0); }},
      {"mounting", [] { return static_cast<int>(::syscall(SYS_mount, "", "", "", 0, nullptr)); }},
      {"io_uring", [] { return static_cast<int>(::syscall(SYS_io_uring_setup, 1, nullptr)); }},
  };
  for (const auto& c : cases)
    for (const auto profile : kAll) {
      SCOPED_TRACE(c.name);
      EXPECT_EQ(sandboxed(profile, [&] { return c.call() >= 0 ? 0 : 1; }), kKilled)
          << static_cast<int>(profile);
    }
}

TEST(Sandbox, AllowsThreadsMemoryAndUnixSockets) {
  for (const auto profile : kAll) {
    const auto body = [] {
      int answer = 1;
      std::thread([&] { answer = ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 0 : 2; }).join();
      const std::string memory(32 * 1024 * 1024, 'x');
      return answer + (memory.back() == 'x' ? 0 : 4);
    };
    EXPECT_EQ(sandboxed(profile, body), "exit 0") << static_cast<int>(profile);
  }
}

TEST(Sandbox, TheFirewallIsForTheGuardAlone) {
  const auto body = [] { return ::socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER) >= 0 ? 0 : 1; };
  for (const auto profile : kAll)
    EXPECT_EQ(sandboxed(profile, body), profile == kGuard ? "exit 0" : kKilled) << static_cast<int>(profile);
}

TEST(Sandbox, NewMemoryIsNotExecutable) {
  if (kSanitizer) GTEST_SKIP() << "the sanitizer's runtime maps executable memory";
  const auto body = [] {
    ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return 0;
  };
  EXPECT_EQ(sandboxed(kCapture, body), kKilled);
}

TEST(Sandbox, CaptureReadsWhereItMayNotWrite) {
  struct Case {
    const char* name;
    int number;
    std::function<int(int)> call;
    std::string want;
  };
  const uint8_t byte = 0;
  const Case cases[] = {
      {"write to the capture socket", 64, [&](int fd) { return ::write(fd, &byte, 1) == 1 ? 0 : 1; },
       kKilled},
      {"send to the capture socket", 64, [&](int fd) { return ::send(fd, &byte, 1, 0) == 1 ? 0 : 1; },
       kKilled},
      {"send to another one", 127, [&](int fd) { return ::send(fd, &byte, 1, 0) == 1 ? 0 : 1; }, kKilled},
      {"the number with dirt above 32 bits", 64,
       [&](int fd) { return ::syscall(SYS_write, 0x100000000L | fd, &byte, 1) == 1 ? 0 : 1; }, kKilled},
      {"sendmsg anywhere", 20,
       [](int fd) {
         const msghdr empty{};
         return ::sendmsg(fd, &empty, 0) >= 0 ? 0 : 1;
       },
       kKilled},
      {"a descriptor with another number", 64, [](int fd) { return ::dup(fd) >= 0 ? 0 : 1; }, kKilled},
      {"bind elsewhere", 20, [](int fd) { return ::bind(fd, nullptr, 0) == 0 ? 0 : 1; }, kKilled},
      {"send to ZeroMQ's", 20, [&](int fd) { return ::send(fd, &byte, 1, 0) == 1 ? 0 : 1; }, "exit 0"},
      {"receive batches", 64,
       [](int fd) { return ::recvmmsg(fd, nullptr, 0, MSG_DONTWAIT, nullptr) == 0 ? 0 : 1; }, "exit 0"},
      {"ask for the index", 64,
       [](int fd) {
         ifreq request{};
         request.ifr_name[0] = 'l';
         request.ifr_name[1] = 'o';
         return ::ioctl(fd, SIOCGIFINDEX, &request) == 0 ? 0 : 1;
       },
       "exit 0"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    std::array<int, 2> pair{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM, 0, pair.data()), 0);
    ASSERT_EQ(::dup2(pair[0], c.number), c.number);
    EXPECT_EQ(sandboxed(kCapture, [&] { return c.call(c.number); }), c.want);
    for (const int fd : {pair[0], pair[1], c.number}) ::close(fd);
  }
}

TEST(Sandbox, FilesAreForThoseWhoNeedThem) {
  if (kSanitizer) GTEST_SKIP() << "the sanitizer's runtime opens files";
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/file";
  const auto read = [] { return ::open("/etc/passwd", O_RDONLY) >= 0 ? 0 : errno; };
  const auto write = [&] { return ::open(path.c_str(), O_CREAT | O_WRONLY, 0600) >= 0 ? 0 : errno; };
  const std::string refused = "exit " + std::to_string(EACCES);
  EXPECT_EQ(sandboxed(kCapture, read), refused);
  EXPECT_EQ(sandboxed(kKernel, read), refused);
  EXPECT_EQ(sandboxed(kDaemon, read), "exit 0");
  EXPECT_EQ(sandboxed(kRequester, read), "exit 0");
  EXPECT_EQ(sandboxed(kCapture, write), refused);
  EXPECT_EQ(sandboxed(kKernel, write), refused);
  EXPECT_EQ(sandboxed(kDaemon, write), "exit 0");
  EXPECT_EQ(sandboxed(kRequester, write), kKilled);
  const auto replace = [&] { return ::rename(path.c_str(), (path + "2").c_str()) == 0 ? 0 : errno; };
  EXPECT_EQ(sandboxed(kDaemon, replace), "exit 0");
  EXPECT_EQ(sandboxed(kKernel, replace), kKilled);
}

// Paths are Landlock's work; seccomp's is that nothing is written.
TEST(Sandbox, TheKernelProbeReadsWhatItWasTold) {
  const TemporaryFolder folder;
  const TemporaryFolder elsewhere;
  const std::string told = folder.path() + "/leases";
  const std::string other = elsewhere.path() + "/file";
  for (const auto& path : {told, other}) std::ofstream(path) << "x";
  const auto inside = [&](const std::function<int()>& body) {
    return in_child([&] {
      if (!enter_sandbox(kKernel, {}, {folder.path(), "/not/there"}).value_or(false)) return 99;
      return body();
    });
  };
  const auto read = [](const std::string& path) { return ::open(path.c_str(), O_RDONLY) >= 0 ? 0 : errno; };
  EXPECT_EQ(inside([&] { return read(told); }), "exit 0");
  const int watch = ::inotify_init1(IN_NONBLOCK);
  EXPECT_EQ(inside([&] { return ::inotify_add_watch(watch, told.c_str(), IN_MODIFY) >= 0 ? 0 : 1; }),
            "exit 0");
  ::close(watch);
  const auto write = [&] { return ::open(told.c_str(), O_WRONLY) >= 0 ? 0 : errno; };
  if (!kSanitizer) {
    EXPECT_EQ(inside(write), kKilled);
  }
  EXPECT_EQ(inside([&] {
              struct stat status {};
              const int fd = ::open(told.c_str(), O_RDONLY);
              return ::fstat(fd, &status) == 0 ? 0 : errno;
            }),
            "exit 0");
  if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1) < 0)
    GTEST_SKIP() << "this kernel has no Landlock";
  const std::string refused = "exit " + std::to_string(EACCES);
  EXPECT_EQ(inside([&] { return read(other); }), refused);
  EXPECT_EQ(inside([&] { return read("/etc/passwd"); }), refused);
  if (kSanitizer) {
    EXPECT_EQ(inside(write), refused);
  }
}

// The context before, the socket after: the order that every main keeps.
TEST(Sandbox, ProbesPublishAndOthersListenInside) {
  const TemporaryFolder folder;
  const std::string endpoint = "ipc://" + folder.path() + "/inbox";
  for (const auto listener : {kDaemon, kKernel})
    for (const auto sender : {kCapture, kKernel}) {
      const auto listen = [&] {
        auto context = ZmqContext::create();
        if (!enter_sandbox(listener, {}).value_or(false)) return 99;
        auto pull = ZmqSocket::create(*context, ZmqKind::kPull);
        if (!pull || !pull->bind(endpoint)) return 2;
        return pull->receive(10s) ? 0 : 1;
      };
      const auto send = [&] {
        auto context = ZmqContext::create();
        if (!enter_sandbox(sender, {}).value_or(false)) return 99;
        auto out = Publisher::connect(*context, {.endpoint = endpoint, .probe = "test", .linger = 10s});
        if (!out) return 2;
        out->publish(Timestamp{}, wire::ProbeStatus{});
        return 0;
      };
      const Child listening(listen);
      EXPECT_EQ(in_child(send), "exit 0");
      EXPECT_EQ(listening.end(), "exit 0");
    }
}

TEST(Sandbox, RequestersAsk) {
  const TemporaryFolder folder;
  const std::string endpoint = "ipc://" + folder.path() + "/control";
  const auto ask = [&] {
    auto context = ZmqContext::create();
    if (!enter_sandbox(kRequester, {}).value_or(false)) return 99;
    auto request = ZmqSocket::create(*context, ZmqKind::kReq);
    if (!request || !request->connect(endpoint)) return 2;
    const uint8_t byte = 1;
    if (request->send({&byte, 1}, 1s) != ZmqSend::kSent) return 3;
    return request->receive(10s) ? 0 : 1;
  };
  const Child asker(ask);
  auto context = ZmqContext::create();
  auto router = ZmqSocket::create(*context, ZmqKind::kRouter);
  ASSERT_TRUE(router->bind(endpoint));
  auto parts = router->receive_parts(10s);
  ASSERT_TRUE(parts);
  EXPECT_EQ(router->send_parts(*parts), ZmqSend::kSent);
  EXPECT_EQ(asker.end(), "exit 0");
}
#else
TEST(Sandbox, ABuildWithoutItSaysSoUnlessAllowed) {
  const auto refused = enter_sandbox(SandboxProfile::kCapture, {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().find("--allow-no-seccomp"), std::string::npos);
  EXPECT_EQ(enter_sandbox(SandboxProfile::kCapture, {.allow_missing = true}), false);
}
#endif

}  // namespace
}  // namespace gatewitness::process
