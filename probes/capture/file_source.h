// SPDX-License-Identifier: Apache-2.0
//
// Frames from a capture file: pcap or pcapng, plain or gzip, from a path or from standard input, through
// libpcap and zlib without temporary files. The mail filter (bpf_program.h) is run on each record before it
// is handed out, so a caller sees what a live capture would have seen, and nothing else costs it time. Owned
// by the capture probe (--file) and by `gatewitness replay`. Memory does not grow with the file, whatever a
// compressed one unpacks to.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "probes/dissect/frame.h"
#include "probes/process/file_descriptor.h"
#include "probes/wire/time.h"

namespace gatewitness::capture {

// One captured frame. bytes are borrowed until the source's next call.
struct CapturedFrame {
  Timestamp time;
  std::span<const uint8_t> bytes;
  uint32_t original_length = 0;  // on the wire
  dissect::LinkType link = dissect::LinkType::kEthernet;
  std::string_view interface;  // "file" for files
};

// What a capture's end looked like.
enum class FileState : uint8_t {
  kReading,
  kEnd,        // the file ended between two records
  kTruncated,  // it ended inside a record, or the compressed stream ended early: everything before was read
  kDamaged,    // a record that cannot be right: everything before was read, nothing behind can be
};

class FileSource {
 public:
  // path: a file, or "-" for standard input. mail_ports: TCP ports that pass whatever they carry, beside the
  // four of kMailPorts. The error is one line without the program's name that names the file: missing, a
  // folder, not readable, empty, not a capture, cut inside its header, an unknown link type (name and
  // number).
  static std::expected<FileSource, std::string> open(const std::string& path,
                                                     std::span<const uint16_t> mail_ports = {});
  // The same in two steps, for who opens with rights and parses without: the first touches no byte of the
  // file.
  static std::expected<process::FileDescriptor, std::string> open_descriptor(const std::string& path);
  static std::expected<FileSource, std::string> adopt(process::FileDescriptor descriptor,
                                                      const std::string& path,
                                                      std::span<const uint16_t> mail_ports = {});

  FileSource(FileSource&&) noexcept;
  FileSource& operator=(FileSource&&) noexcept;
  ~FileSource();

  // The next frame that passes the filter; nothing at the end (then state() says which end).
  std::optional<CapturedFrame> next();
  // The same, but returns nothing after at most max_records records even if none passed: for a caller that
  // has a progress bar to draw or a signal to heed. state() is kReading then.
  std::optional<CapturedFrame> next(uint64_t max_records);

  FileState state() const;
  // A sentence for people about the end, without the file's name; "" for kReading and kEnd.
  const std::string& state_text() const;
  const std::string& path() const;
  dissect::LinkType link() const;

  struct Progress {
    uint64_t bytes_read = 0;   // of the file as it lies on disk (compressed, if it is)
    uint64_t bytes_total = 0;  // 0: not known (a pipe)
    uint64_t records = 0;      // all records, whether they passed or not
    uint64_t passed = 0;
    Timestamp newest;  // newest time of any record, passed or not; the epoch if there was none
  };
  Progress progress() const;

 private:
  struct Impl;
  explicit FileSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatewitness::capture
