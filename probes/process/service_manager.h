// SPDX-License-Identifier: Apache-2.0
//
// What a service manager is told: that all runs, that the loop still turns, that the end has begun. systemd's
// protocol (sd_notify(3)): datagrams to the socket that NOTIFY_SOCKET names; nobody to tell is no error.
// Owned by the loop of a process that systemd starts; time is passed in.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "probes/process/file_descriptor.h"
#include "probes/wire/time.h"

namespace gatewitness::process {

class ServiceManager {
 public:
  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and takes them out of the environment: they are not
  // for our children.
  static ServiceManager from_environment();

  bool told_ready() const { return ready_ || !socket_.is_open(); }
  void ready();
  void stopping() { tell("STOPPING=1"); }
  // Says that the loop turns, if it is time to: twice in each period that the manager waits for.
  void alive(Timestamp now);
  // When the next one is due; nothing if nobody waits for it.
  std::optional<Timestamp> next_alive() const;

 private:
  void tell(std::string_view text) const;

  FileDescriptor socket_;
  std::string name_;  // of sockaddr_un; one that begins with a zero byte is abstract
  bool ready_ = false;
  std::optional<Duration> period_;
  Timestamp last_;
};

}  // namespace gatewitness::process
