// SPDX-License-Identifier: Apache-2.0
#include "probes/capture/file_source.h"

#include <fcntl.h>
#include <pcap/pcap.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "probes/capture/bpf_program.h"
#include "probes/capture/compressed_file.h"
#include "probes/wire/text.h"

namespace gatewitness::capture {
namespace {

constexpr std::string_view kInterface = "file";

struct PcapClose {
  void operator()(pcap_t* pcap) const noexcept { pcap_close(pcap); }
};
using PcapHandle = std::unique_ptr<pcap_t, PcapClose>;

std::string named(const std::string& path) {
  return path == "-" ? "standard input" : printable(path, 512);
}

// Files say seconds and a fraction that nobody checked: what is out of a Timestamp's range is cut to it.
Timestamp time_of(const pcap_pkthdr& header) {
  constexpr int64_t kLatest = 253402300799;  // 9999-12-31
  const auto seconds = std::clamp<int64_t>(header.ts.tv_sec, 0, kLatest);
  const auto micros = std::clamp<int64_t>(header.ts.tv_usec, 0, 999999);
  return Timestamp(std::chrono::seconds(seconds) + Duration(micros));
}

std::string unknown_link_type(int dlt) {
  const char* name = pcap_datalink_val_to_name(dlt);
  return "holds frames of link type " + std::to_string(dlt) + (name ? " (" + std::string(name) + ")" : "") +
         ", which is not supported (Ethernet, SLL, SLL2, raw IP, NULL, PPP and PPPoE are)";
}

// libpcap says it in a buffer; its words for a short file begin with "truncated".
bool says_truncated(std::string_view error) {
  return error.find("truncated") != std::string_view::npos;
}

std::string header_fault(std::string_view error, const StreamState& stream) {
  if (stream.bytes_read == 0) return "is empty";
  if (stream.damaged) return "is damaged: its compressed data are wrong";
  if (says_truncated(error)) return "is cut off inside its header";
  if (error.find("unknown file format") != std::string_view::npos ||
      error.find("bad dump file") != std::string_view::npos)
    return "is not a capture (pcap or pcapng, plain or gzip)";
  return "cannot be read as a capture: " + printable(error, 256);
}

}  // namespace

struct FileSource::Impl {
  std::string path;
  std::shared_ptr<StreamState> stream;
  PcapHandle pcap;
  dissect::LinkType link{};
  std::vector<bpf_insn> filter;
  Progress progress;
  FileState state = FileState::kReading;
  std::string text;

  void finish(int result) {
    if (result == PCAP_ERROR_BREAK && !stream->cut && !stream->damaged) {
      state = FileState::kEnd;
      return;
    }
    const std::string_view error = result == PCAP_ERROR ? pcap_geterr(pcap.get()) : "";
    if (!stream->damaged && (stream->cut || says_truncated(error))) {
      state = FileState::kTruncated;
      text = "truncated: it ends inside a record after " + std::to_string(progress.records) + " packets";
      if (stream->cut)
        text =
            "truncated: its compressed data end early after " + std::to_string(progress.records) + " packets";
      return;
    }
    state = FileState::kDamaged;
    text = "damaged after " + std::to_string(progress.records) +
           " packets: " + (stream->damaged ? "its compressed data are wrong" : printable(error, 256));
  }
};

FileSource::FileSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
FileSource::FileSource(FileSource&&) noexcept = default;
FileSource& FileSource::operator=(FileSource&&) noexcept = default;
FileSource::~FileSource() = default;

std::expected<process::FileDescriptor, std::string> FileSource::open_descriptor(const std::string& path) {
  process::FileDescriptor descriptor(path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                                 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor.is_open()) return std::unexpected(named(path) + ": " + std::strerror(errno));
  struct stat status {};
  if (::fstat(descriptor.get(), &status) == 0 && S_ISDIR(status.st_mode))
    return std::unexpected(named(path) + ": is a folder, not a capture");
  return descriptor;
}

std::expected<FileSource, std::string> FileSource::open(const std::string& path,
                                                        std::span<const uint16_t> mail_ports) {
  auto descriptor = open_descriptor(path);
  if (!descriptor) return std::unexpected(descriptor.error());
  return adopt(std::move(*descriptor), path, mail_ports);
}

std::expected<FileSource, std::string> FileSource::adopt(process::FileDescriptor descriptor,
                                                         const std::string& path,
                                                         std::span<const uint16_t> mail_ports) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->stream = std::make_shared<StreamState>();
  struct stat status {};
  if (::fstat(descriptor.get(), &status) == 0 && S_ISREG(status.st_mode))
    impl->progress.bytes_total = static_cast<uint64_t>(status.st_size);
  const auto stream = open_stream(std::move(descriptor), impl->stream);
  if (!stream) return std::unexpected(named(path) + ": " + stream.error());
  char error[PCAP_ERRBUF_SIZE] = "";
  impl->pcap.reset(pcap_fopen_offline(*stream, error));
  if (!impl->pcap) {
    std::fclose(*stream);
    return std::unexpected(named(path) + ": " + header_fault(error, *impl->stream));
  }
  const int dlt = pcap_datalink(impl->pcap.get());
  const auto link = dissect::link_type_from_dlt(dlt);
  if (!link) return std::unexpected(named(path) + ": " + unknown_link_type(dlt));
  impl->link = *link;
  auto filter = mail_filter(*link, mail_ports);
  if (!filter) return std::unexpected(filter.error());
  impl->filter = std::move(*filter);
  return FileSource(std::move(impl));
}

std::optional<CapturedFrame> FileSource::next() {
  return next(UINT64_MAX);
}

std::optional<CapturedFrame> FileSource::next(uint64_t max_records) {
  Impl& self = *impl_;
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  for (uint64_t i = 0; i < max_records && self.state == FileState::kReading; ++i) {
    const int result = pcap_next_ex(self.pcap.get(), &header, &bytes);
    if (result != 1) {
      self.finish(result);
      break;
    }
    ++self.progress.records;
    const Timestamp time = time_of(*header);
    self.progress.newest = std::max(self.progress.newest, time);
    if (bpf_filter(self.filter.data(), bytes, header->len, header->caplen) == 0) continue;
    ++self.progress.passed;
    return CapturedFrame{time, {bytes, header->caplen}, header->len, self.link, kInterface};
  }
  return std::nullopt;
}

FileState FileSource::state() const {
  return impl_->state;
}
const std::string& FileSource::state_text() const {
  return impl_->text;
}
const std::string& FileSource::path() const {
  return impl_->path;
}
dissect::LinkType FileSource::link() const {
  return impl_->link;
}

FileSource::Progress FileSource::progress() const {
  Progress progress = impl_->progress;
  progress.bytes_read = impl_->stream->bytes_read;
  return progress;
}

}  // namespace gatewitness::capture
