// SPDX-License-Identifier: Apache-2.0
#include "probes/kernel/requester.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace gatewitness::kernel {
namespace {

constexpr int kPipe = 3;
constexpr int kNetlink = 4;
constexpr int kReport = 5;
constexpr int kFirstFree = 6;
// What the child says before it begins to serve.
constexpr uint8_t kConfined = 0;

struct Pipe {
  process::FileDescriptor read;
  process::FileDescriptor write;
};

std::expected<Pipe, std::string> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    return std::unexpected(std::string("cannot make a pipe: ") + std::strerror(errno));
  return Pipe{process::FileDescriptor(ends[0]), process::FileDescriptor(ends[1])};
}

// The child keeps its three descriptors at fixed numbers, and standard error for a sanitizer's last words.
bool keep_only(int pipe, int netlink, int report) {
  std::array<int, 3> high{};
  const std::array<int, 3> from{pipe, netlink, report};
  for (std::size_t i = 0; i < from.size(); ++i)
    if ((high[i] = fcntl(from[i], F_DUPFD, kFirstFree)) < 0) return false;
  for (std::size_t i = 0; i < high.size(); ++i)
    if (dup2(high[i], kPipe + static_cast<int>(i)) < 0) return false;
  ::close(0);
  ::close(1);
  // A kernel before 5.9 lacks close_range: then by hand.
  if (syscall(SYS_close_range, kFirstFree, ~0U, 0) == 0) return true;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  for (int fd = kFirstFree; fd < static_cast<int>(limit.rlim_cur); ++fd) ::close(fd);
  return true;
}

bool become(const process::User& user) {
  return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && setgroups(0, nullptr) == 0 &&
         setresgid(user.gid, user.gid, user.gid) == 0 && setresuid(user.uid, user.uid, user.uid) == 0;
}

// Bounding set first: dropping from it needs another capability.
bool keep_net_admin(const std::optional<process::User>& user) {
  for (unsigned long each = 0; prctl(PR_CAPBSET_READ, each, 0, 0, 0) >= 0; ++each)
    if (prctl(PR_CAPBSET_DROP, each, 0, 0, 0) != 0 && errno != EPERM) return false;
  if (user && !become(*user)) return false;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> wanted{};
  wanted[CAP_TO_INDEX(CAP_NET_ADMIN)].permitted = CAP_TO_MASK(CAP_NET_ADMIN);
  wanted[CAP_TO_INDEX(CAP_NET_ADMIN)].effective = CAP_TO_MASK(CAP_NET_ADMIN);
  return syscall(SYS_capset, &header, wanted.data()) == 0;
}

bool close_the_ways_back() {
  const rlimit none{0, 0};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
         setrlimit(RLIMIT_CORE, &none) == 0;
}

// Says why, then ends. Only system calls: nothing of the parent's memory is to be run down here.
[[noreturn]] void give_up(uint8_t fault) {
  [[maybe_unused]] const auto told = syscall(SYS_write, kReport, &fault, 1);
  syscall(SYS_exit, 1);
  __builtin_unreachable();
}

// Inlined, always: before a call that does not return, AddressSanitizer makes a system call of its own, which
// strict mode answers with death.
[[gnu::always_inline]] inline void serve(std::span<const uint8_t> request) {
  uint8_t asked = 0;
  // A request that fails is the parent's to notice: no dump comes.
  while (syscall(SYS_read, kPipe, &asked, 1) == 1)
    syscall(SYS_write, kNetlink, request.data(), request.size());
  syscall(SYS_exit, 0);
}

// Strict mode cannot follow a filter, and a service manager may have set one before this process began: then
// one more filter says the same. No look at the architecture: what these numbers are in another calling
// convention of the same processor can do nothing with two pipes and a socket.
bool become_strict() {
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) == 0) return true;
  if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER) return false;
  std::array<sock_filter, 6> rules = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog program{static_cast<unsigned short>(rules.size()), rules.data()};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

[[noreturn]] void child(std::span<const uint8_t> request, const std::optional<process::User>& user,
                        bool allow_no_seccomp) {
  const auto fault = [] { return static_cast<uint8_t>(errno == 0 ? EINVAL : errno); };
  if (!keep_net_admin(user) || !close_the_ways_back()) give_up(fault());
  if (!become_strict() && !allow_no_seccomp) give_up(fault());
  if (syscall(SYS_write, kReport, &kConfined, 1) != 1) give_up(EPIPE);
  serve(request);
  __builtin_unreachable();
}

}  // namespace

std::expected<Requester, std::string> Requester::start(int netlink_fd, std::span<const uint8_t> request,
                                                       const std::optional<process::User>& user,
                                                       bool allow_no_seccomp) {
  auto asks = make_pipe();
  if (!asks) return std::unexpected(asks.error());
  auto report = make_pipe();
  if (!report) return std::unexpected(report.error());
  const pid_t pid = fork();
  if (pid < 0) return std::unexpected(std::string("cannot fork: ") + std::strerror(errno));
  if (pid == 0) {
    if (!keep_only(asks->read.get(), netlink_fd, report->write.get())) _exit(1);
    child(request, user, allow_no_seccomp);
  }
  report->write.reset();
  uint8_t answer = EPIPE;
  ssize_t got = 0;
  while ((got = ::read(report->read.get(), &answer, 1)) < 0 && errno == EINTR) {
  }
  if (got != 1 || answer != kConfined) {
    waitpid(pid, nullptr, 0);
    return std::unexpected(std::string("cannot confine the process that asks for dumps: ") +
                           std::strerror(got == 1 ? answer : EPIPE));
  }
  // A child that does not read must not hold up the loop.
  fcntl(asks->write.get(), F_SETFL, O_NONBLOCK);
  return Requester(std::move(asks->write), pid);
}

bool Requester::ask() {
  const uint8_t byte = 1;
  return ::write(pipe_.get(), &byte, 1) == 1 || errno == EAGAIN;
}

}  // namespace gatewitness::kernel
