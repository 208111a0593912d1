// SPDX-License-Identifier: Apache-2.0
#include "probes/process/seccomp_rules.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <memory>

namespace gatewitness::process {
namespace {

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define GATEWITNESS_ASAN
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(GATEWITNESS_ASAN)
constexpr bool kSanitizer = true;
#else
constexpr bool kSanitizer = false;
#endif

// Names, not numbers: libseccomp skips those that an architecture does not have (32-bit ones have the
// *_time64).
using Calls = std::initializer_list<const char*>;

constexpr Calls kEverywhere = {"brk",
                               "clock_getres",
                               "clock_getres_time64",
                               "clock_gettime",
                               "clock_gettime64",
                               "clock_nanosleep",
                               "clock_nanosleep_time64",
                               "close",
                               "connect",
                               "epoll_create",
                               "epoll_create1",
                               "epoll_ctl",
                               "epoll_ctl_old",
                               "epoll_pwait",
                               "epoll_pwait2",
                               "epoll_wait",
                               "eventfd2",
                               "exit",
                               "exit_group",
                               "fstat",
                               "fstat64",
                               "futex",
                               "futex_time64",
                               "getegid",
                               "getegid32",
                               "geteuid",
                               "geteuid32",
                               "getgid",
                               "getgid32",
                               "getpeername",
                               "getpid",
                               "getrandom",
                               "getrusage",
                               "getsockname",
                               "getsockopt",
                               "gettid",
                               "gettimeofday",
                               "getuid",
                               "getuid32",
                               "lseek",
                               "_llseek",
                               "madvise",
                               "membarrier",
                               "mremap",
                               "munmap",
                               "nanosleep",
                               "poll",
                               "ppoll",
                               "ppoll_time64",
                               "pread64",
                               "read",
                               "readv",
                               "recvfrom",
                               "recv",
                               "restart_syscall",
                               "rseq",
                               "rt_sigaction",
                               "rt_sigpending",
                               "rt_sigprocmask",
                               "rt_sigreturn",
                               "rt_sigtimedwait",
                               "sched_getaffinity",
                               "sched_getparam",
                               "sched_getscheduler",
                               "sched_yield",
                               "set_robust_list",
                               "set_tid_address",
                               "setsockopt",
                               "shutdown",
                               "sigaltstack",
                               "sigreturn",
                               "sysinfo",
                               "tgkill",
                               "time",
                               "uname"};

// Everything but kCapture may write where it likes, and pass messages.
constexpr Calls kWrite = {"pwrite64", "recvmsg", "send", "sendmsg", "sendto", "write", "writev"};

constexpr Calls kServe = {"accept", "accept4", "bind", "listen", "unlink", "unlinkat"};

constexpr Calls kReadFiles = {
    "access", "faccessat", "faccessat2", "fstatat64", "fstatfs",    "fstatfs64", "getcwd", "getdents64",
    "lstat",  "lstat64",   "newfstatat", "readlink",  "readlinkat", "stat",      "stat64", "statx"};

constexpr Calls kChangeFiles = {"chmod",     "fchmod",      "fchmodat",  "fdatasync", "flock", "fsync",
                                "ftruncate", "ftruncate64", "mkdir",     "mkdirat",   "open",  "openat",
                                "rename",    "renameat",    "renameat2", "rmdir",     "umask"};

constexpr Calls kSanitizerNeeds = {"fcntl",
                                   "getppid",
                                   "getrlimit",
                                   "gettid",
                                   "ioctl",
                                   "mmap",
                                   "mmap2",
                                   "mprotect",
                                   "newfstatat",
                                   "pipe",
                                   "pipe2",
                                   "open",
                                   "openat",
                                   "prctl",
                                   "prlimit64",
                                   "readlink",
                                   "readlinkat",
                                   "stat",
                                   "sched_getaffinity",
                                   "statx",
                                   "ugetrlimit"};

// Collects rules; the first failure latches.
class Rules {
 public:
  Rules() : filter_(seccomp_init(SCMP_ACT_KILL_PROCESS)) {
    if (!filter_) fault_ = -ENOMEM;
  }

  void allow(const char* call, std::initializer_list<scmp_arg_cmp> when = {}) {
    add(SCMP_ACT_ALLOW, call, when);
  }
  void allow(Calls calls) {
    for (const char* call : calls) allow(call);
  }
  void answer(int error, const char* call, std::initializer_list<scmp_arg_cmp> when = {}) {
    add(SCMP_ACT_ERRNO(static_cast<uint16_t>(error)), call, when);
  }
  void answer(int error, Calls calls) {
    for (const char* call : calls) answer(error, call);
  }

  std::expected<void, std::string> load() {
    if (!filter_)
      return std::unexpected(
          "libseccomp makes no filter; one that stands already must let the system call seccomp through");
    attribute(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    attribute(SCMP_FLTATR_CTL_TSYNC, 1);
    attribute(SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (fault_ == 0) fault_ = seccomp_load(filter_.get());
    if (fault_ == 0) return {};
    return std::unexpected(std::string("libseccomp: ") + std::strerror(-fault_));
  }

 private:
  struct Release {
    void operator()(void* filter) const noexcept { seccomp_release(filter); }
  };

  void attribute(scmp_filter_attr name, uint32_t value) {
    if (fault_ == 0) fault_ = seccomp_attr_set(filter_.get(), name, value);
  }
  void add(uint32_t action, const char* call, std::initializer_list<scmp_arg_cmp> when) {
    const int number = seccomp_syscall_resolve_name(call);
    if (fault_ != 0 || number == __NR_SCMP_ERROR) return;
    const int result = seccomp_rule_add_array(filter_.get(), action, number,
                                              static_cast<unsigned>(when.size()), when.begin());
    // -EDOM: a call of another architecture, with a condition on its arguments.
    if (result != 0 && result != -EDOM) fault_ = result;
  }

  std::unique_ptr<void, Release> filter_;
  int fault_ = 0;
};

// Only the low 32 bits count: that is what the kernel takes of an int, whatever the register holds above
// them.
scmp_arg_cmp is(unsigned argument, int value) {
  return {argument, SCMP_CMP_MASKED_EQ, 0xffffffffU, static_cast<uint32_t>(value)};
}
scmp_arg_cmp has_bits(unsigned argument, uint64_t bits) {
  return {argument, SCMP_CMP_MASKED_EQ, bits, bits};
}
scmp_arg_cmp lacks_bits(unsigned argument, uint64_t bits) {
  return {argument, SCMP_CMP_MASKED_EQ, bits, 0};
}

void allow_everywhere(Rules& rules) {
  rules.allow(kEverywhere);
  rules.allow("socket", {is(0, AF_UNIX)});
  rules.allow("socketpair", {is(0, AF_UNIX)});
  // Threads, not processes. clone3 hides its flags in memory: glibc falls back to clone.
  rules.allow("clone", {has_bits(0, CLONE_THREAD | CLONE_VM)});
  rules.answer(ENOSYS, "clone3");
  rules.allow("prctl", {is(0, PR_SET_NAME)});
  rules.allow("sched_setscheduler", {is(1, SCHED_OTHER)});  // libzmq, for each thread
  for (const int command : {F_GETFD, F_SETFD, F_GETFL, F_SETFL}) rules.allow("fcntl", {is(1, command)});
  for (const int command : {F_GETFD, F_SETFD, F_GETFL, F_SETFL}) rules.allow("fcntl64", {is(1, command)});
  for (const int request : {FIONBIO, FIONREAD, TCGETS}) rules.allow("ioctl", {is(1, request)});
  if (kSanitizer) return rules.allow(kSanitizerNeeds);
  for (const char* call : {"mmap", "mmap2", "mprotect"}) rules.allow(call, {lacks_bits(2, PROT_EXEC)});
}

void allow_capture(Rules& rules) {
  for (const char* call : {"send", "sendto", "write", "writev"})
    rules.allow(call, {lacks_bits(0, kReadOnlyDescriptorBit)});
  for (const char* call : {"bind", "recvmmsg", "recvmmsg_time64"})
    rules.allow(call, {has_bits(0, kReadOnlyDescriptorBit)});
  if (kSanitizer) return;
  for (const int request : {SIOCGIFINDEX, SIOCGIFFLAGS, SIOCGIFHWADDR})
    rules.allow("ioctl", {is(1, request)});
}

void allow_daemon(Rules& rules) {
  rules.allow(kWrite);
  rules.allow(kServe);
  rules.allow(kReadFiles);
  rules.allow(kChangeFiles);
  if (kSanitizer) return;
  for (const int command : {F_GETLK, F_SETLK, F_SETLKW, F_OFD_SETLK}) {
    rules.allow("fcntl", {is(1, command)});
    rules.allow("fcntl64", {is(1, command)});
  }
}

// The resolver asks the kernel for its addresses (AF_NETLINK). Name services that glibc would load now (mDNS,
// say) are refused, not deadly: /etc/nsswitch.conf may name any.
void allow_notify(Rules& rules) {
  allow_daemon(rules);
  for (const int family : {AF_INET, AF_INET6, AF_NETLINK}) rules.allow("socket", {is(0, family)});
  rules.allow({"getcpu", "pipe", "pipe2", "recvmmsg", "recvmmsg_time64", "sendmmsg"});
  rules.allow({"_newselect", "pselect6", "pselect6_time64", "select"});  // libmosquitto
  if (kSanitizer) return;
  for (const char* call : {"mmap", "mmap2", "mprotect"}) rules.answer(EPERM, call, {has_bits(2, PROT_EXEC)});
}

// libnftables and libnetfilter_conntrack talk through sockets of this one protocol; newer ones open them for
// each transaction. CAP_NET_ADMIN is all that the process has: routes and interfaces are out of its reach.
void allow_guard(Rules& rules) {
  allow_daemon(rules);
  rules.allow("socket", {is(0, AF_NETLINK), is(2, NETLINK_NETFILTER)});
  rules.allow({"select", "_newselect", "pselect6", "pselect6_time64"});  // libnftables waits with it
}

void allow_reading(Rules& rules) {
  rules.allow("open", {lacks_bits(1, O_ACCMODE | O_CREAT | O_TRUNC)});
  rules.allow("openat", {lacks_bits(2, O_ACCMODE | O_CREAT | O_TRUNC)});
}

void allow_requester(Rules& rules) {
  rules.allow(kWrite);
  rules.allow(kReadFiles);
  if (kSanitizer) return;
  allow_reading(rules);
  rules.allow("ioctl", {is(1, TIOCGWINSZ)});
}

// AT_EMPTY_PATH: glibc's fstat, of a descriptor that is open.
constexpr uint64_t kEmptyPath = 0x1000;

// A C library that looks for an optional file is told no, and lives.
void refuse_looks(Rules& rules) {
  if (kSanitizer) return;
  rules.answer(EACCES, {"access", "faccessat", "faccessat2", "readlink", "readlinkat", "stat", "stat64"});
  for (const char* call : {"newfstatat", "fstatat64"}) {
    rules.allow(call, {has_bits(3, kEmptyPath)});
    rules.answer(EACCES, call, {lacks_bits(3, kEmptyPath)});
  }
  rules.allow("statx", {has_bits(2, kEmptyPath)});  // musl's fstat on 32 bits
  rules.answer(EACCES, "statx", {lacks_bits(2, kEmptyPath)});
}

void refuse_files(Rules& rules) {
  refuse_looks(rules);
  if (!kSanitizer) rules.answer(EACCES, {"open", "openat"});
}

void allow_kernel(Rules& rules, bool reads) {
  rules.allow(kWrite);
  rules.allow(kServe);
  if (!reads) return refuse_files(rules);
  rules.allow({"inotify_add_watch", "inotify_rm_watch"});
  refuse_looks(rules);
  if (!kSanitizer) allow_reading(rules);
}

}  // namespace

bool kernel_has_seccomp() {
  // EFAULT: the mode is known and looked at its (null) filter. EINVAL: not built in.
  return prctl(PR_SET_SECCOMP, 2 /* SECCOMP_MODE_FILTER */, nullptr, 0, 0) == -1 && errno == EFAULT;
}

std::expected<void, std::string> load_seccomp(SandboxProfile profile, bool reads) {
  Rules rules;
  allow_everywhere(rules);
  switch (profile) {
    case SandboxProfile::kCapture:
      allow_capture(rules);
      refuse_files(rules);
      break;
    case SandboxProfile::kKernel:
      allow_kernel(rules, reads);
      break;
    case SandboxProfile::kDaemon:
      allow_daemon(rules);
      break;
    case SandboxProfile::kNotify:
      allow_notify(rules);
      break;
    case SandboxProfile::kGuard:
      allow_guard(rules);
      break;
    case SandboxProfile::kRequester:
      allow_requester(rules);
      break;
  }
  return rules.load();
}

}  // namespace gatewitness::process
