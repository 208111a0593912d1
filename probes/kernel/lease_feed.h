// SPDX-License-Identifier: Apache-2.0
//
// Keeps the lease book true to the files: reads each of them at the start, soon after the kernel says that it
// or its folder changed (inotify), and looks at all of them now and then, for inotify does not see everything
// (no such folder at the start, a file system of another machine). A file that is not there says nothing:
// what it said before stays until it runs out. Owned by the probe's loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "probes/kernel/conntrack_feed.h"
#include "probes/kernel/watched_file.h"
#include "probes/leases/lease_book.h"
#include "probes/process/file_descriptor.h"
#include "probes/process/log.h"

namespace gatewitness::kernel {

struct LeaseSources {
  std::vector<std::string> leases;  // files of DHCP servers
  std::string ethers;               // ethers(5); "": none

  bool empty() const { return leases.empty() && ethers.empty(); }
  // What the sandbox must let through: of leases the folders, for servers replace their files; of ethers the
  // file, for its folder is /etc.
  std::vector<std::string> readable() const;
};

struct LeaseFeedCounters {
  uint64_t reads = 0;      // of files that had changed
  uint64_t bad_lines = 0;  // in what was read; a line counts each time
  uint64_t unplaced = 0;   // leases of clients without a MAC
  uint64_t cut = 0;        // files, leases or names beyond a limit
  uint64_t refused = 0;    // files that may not be read, or that are not to be believed
};

class LeaseFeed {
 public:
  static constexpr std::chrono::seconds kLook{30};
  // From the first sign of a change, for a server writes in several steps.
  static constexpr std::chrono::milliseconds kSettle{250};

  // Before the sandbox: opens inotify and watches what is there. Without inotify it looks only.
  LeaseFeed(const LeaseSources& sources, const process::Log& log);

  int fd() const { return inotify_.get(); }
  void read_events(SteadyTime steady);
  // Reads what is due into the book.
  void tick(leases::LeaseBook& book, Timestamp now, SteadyTime steady);
  SteadyTime next_deadline() const { return next_look_; }
  const LeaseFeedCounters& counters() const { return counters_; }

 private:
  struct Source {
    WatchedFile file;
    bool is_ethers = false;
    bool complained = false;
  };

  void watch(const Source& source);
  void look(std::size_t number, leases::LeaseBook& book, Timestamp now);
  void take(std::size_t number, leases::LeaseBook& book, Timestamp now);
  void refuse(Source& source);

  const process::Log& log_;
  std::vector<Source> sources_;
  process::FileDescriptor inotify_;
  SteadyTime next_look_;
  LeaseFeedCounters counters_;
};

}  // namespace gatewitness::kernel
