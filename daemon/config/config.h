// SPDX-License-Identifier: Apache-2.0
//
// gatewitness.yaml as a value: text in, Config out, or every error of the file in one run, each with its line
// and column. PURE: the caller reads the file. Used by the daemon, `gatewitness run`, `replay` and
// `check-config`. The keys, their ranges and their words stand in keys.cc; conf/gatewitness.yaml documents
// them for people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/alert/channel.h"
#include "daemon/pipeline/options.h"

namespace gatewitness::config {

enum class LogLevel : uint8_t { kError, kWarning, kInfo, kDebug };

struct DaemonConfig {
  std::string run_dir = "/run/gatewitness";
  std::string state_dir = "/var/lib/gatewitness";
  std::string user = "gatewitness";
  bool allow_no_seccomp = false;
  LogLevel log_level = LogLevel::kInfo;
};

struct CaptureConfig {
  std::vector<std::string> interfaces;  // at most 16
  std::vector<uint16_t> mail_ports;     // besides 25, 465, 587 and 2525; at most 16
  uint64_t buffer_bytes = 2 * 1024 * 1024;
  Duration heartbeat = std::chrono::seconds(10);
  bool ndpi = true;
  uint8_t evidence_frames = 24;  // of each attempt: headers and the dialogue's verbs; 0: none
  uint64_t flows = 16384;        // followed at a time; the one that was quiet for longest makes room
  uint64_t dialogues = 1024;     // of them with payload
};

struct JournalConfig {
  // What is written to lies in daemon.run_dir (tmpfs), a copy of it in daemon.state_dir; else only in the
  // latter.
  bool in_memory = true;
  Duration copy_interval =
      std::chrono::hours(1);  // of copies, if anything changed; an incident makes one too
  Duration max_age = std::chrono::hours(24 * 30);         // of what is kept for questions about the past
  uint64_t max_bytes = 8 * 1024 * 1024;                   // of that
  uint32_t snapshot_records = 5'000;                      // a snapshot replaces the log after so many
  Duration snapshot_interval = std::chrono::minutes(10);  // or after so long, if anything was logged
};

struct IdentityConfig {
  std::string vendors;  // the table of makers by MAC; "": where the build installs it, if it is there
  // The gateway's own records of its devices; files that are not there are waited for. At most 8.
  std::vector<std::string> leases = {"/tmp/dhcp.leases", "/tmp/hosts/odhcpd", "/tmp/odhcpd.leases",
                                     "/var/lib/misc/dnsmasq.leases"};
  std::string ethers = "/etc/ethers";  // "": none
};

// What the guard (daemon/guard) does, if it runs.
enum class Automatic : uint8_t { kOff, kMail, kAll };
struct GuardConfig {
  bool enabled = false;
  bool all = false;                          // what `block` stops without a word on it: all, or mail
  Duration length = std::chrono::hours(24);  // for how long, without a word on it
  Automatic automatic = Automatic::kOff;     // what stops by itself at an alarm that is sure enough
  Duration automatic_length = std::chrono::hours(24);
  uint32_t most = 16;  // quarantines at once
};

struct MetricsConfig {
  std::string textfile;  // "": none
  Duration interval = std::chrono::seconds(15);
  std::string listen;  // loopback's HOST:PORT; "": nobody listens
  bool macs = false;
};

struct Config {
  DaemonConfig daemon;
  IdentityConfig identity;
  CaptureConfig capture;
  JournalConfig journal;
  GuardConfig guard;
  PipelineOptions pipeline;
  alert::NotifyOptions notify;
  MetricsConfig metrics;
};

struct Error {
  std::size_t line = 1;  // from 1, as editors count
  std::size_t column = 1;
  std::string text;  // "detection.burst.attempts must be a whole number from 2 to 100000"
};

// "conf/gatewitness.yaml:12:18: text"
std::string to_string(std::string_view file, const Error& error);

// An empty text is the defaults. At most kMaxBytes of text; at most kMaxErrors errors, the last of which says
// that there are more.
std::expected<Config, std::vector<Error>> parse(std::string_view text);

inline constexpr std::size_t kMaxBytes = 256 * 1024;
inline constexpr std::size_t kMaxErrors = 100;

}  // namespace gatewitness::config
