// SPDX-License-Identifier: Apache-2.0
//
// The system call filter that a process lives under after its start (seccomp-bpf through libseccomp): a list
// of what it may do; the first call outside of it kills the process with SIGSYS. Entered once by each main,
// after drop_privileges() and before the first ZeroMQ socket, whose threads inherit it.
//
// All profiles: memory (none of it executable from now on), time, threads (no new processes, no exec),
// reading and writing what is open already, poll and epoll, sockets of AF_UNIX only (kNotify: of the internet
// too). What each profile may do
// beyond that is said beside its name. Opening a file in a profile without files answers EACCES instead of
// killing, because C libraries probe for optional files.
//
// Built with AddressSanitizer, a profile also allows what the sanitizer's runtime needs (its maps,
// symbolising, executable mappings); leak checking is off from here on, for it wants to trace the process.
// Such builds are for tests.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "probes/process/log.h"

namespace gatewitness::process {

// An AF_PACKET socket can send raw frames as well as receive them. In profile kCapture a descriptor whose
// number has this bit can be read, bound and asked, but not written; all others cannot be bound, and none can
// be renumbered.
inline constexpr int kReadOnlyDescriptorBit = 64;

enum class SandboxProfile : uint8_t {
  kCapture,  // AF_PACKET sockets at numbers with kReadOnlyDescriptorBit: recvmmsg, bind,
             // SIOCGIF{INDEX,FLAGS,HWADDR}
  kKernel,   // netlink sockets that are open already; binds ipc for hints, which removes an old socket file;
             // reads the files that enter_sandbox was told of, and watches them (inotify)
  kDaemon,   // binds ipc; opens, writes, renames and removes files (its state folder); locks
  kNotify,   // as kDaemon, and speaks to the internet; whoever maps a library at run time is told no
  kGuard,    // as kDaemon, and netlink sockets of netfilter: its firewall table, connections
  kRequester,  // opens files for reading only; the terminal's size: the command, which asks the daemon
};

struct SandboxOptions {
  bool allow_missing = false;  // go on without, if this build or this kernel has no seccomp
};

// True: loaded. False: not available, and that was allowed. An error is one line that says what to do.
// readable: for kKernel the files, and folders with all that lies in them, that it may read; none: it opens
// no file at all. Where the kernel has no Landlock: what its user may read.
std::expected<bool, std::string> enter_sandbox(SandboxProfile profile, SandboxOptions options,
                                               std::vector<std::string> readable = {});
// The same; where it is not available, the log is told.
std::expected<bool, std::string> enter_sandbox(SandboxProfile profile, SandboxOptions options, const Log& log,
                                               std::vector<std::string> readable = {});

}  // namespace gatewitness::process
