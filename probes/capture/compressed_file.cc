// SPDX-License-Identifier: Apache-2.0
#include "probes/capture/compressed_file.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#ifdef GATEWITNESS_GZIP
#include <zlib.h>
#endif

namespace gatewitness::capture {
namespace {

constexpr std::size_t kFirstLook = 4096;
constexpr std::size_t kBuffer = 65536;  // one read(2); larger ones fall out of the cache before they are used
constexpr std::array<uint8_t, 2> kGzipMagic = {0x1f, 0x8b};

// The file's own bytes through one buffer, so that its first bytes can be looked at even in a pipe.
class RawFile {
 public:
  RawFile(process::FileDescriptor descriptor, std::shared_ptr<StreamState> state)
      : descriptor_(std::move(descriptor)), state_(std::move(state)), buffer_(kFirstLook) {}

  // Makes at least count bytes ready, unless the file ends before. Used before anything is taken.
  bool starts_with(std::span<const uint8_t> magic) {
    while (end_ < magic.size() && fill()) {
    }
    return end_ >= magic.size() && std::equal(magic.begin(), magic.end(), buffer_.begin());
  }

  // 0: the end; -1: errno. Past the first buffer the bytes go straight to where they are wanted.
  ssize_t read(uint8_t* out, std::size_t count) {
    if (begin_ == end_) return fetch(out, count);
    const std::size_t taken = std::min(count, end_ - begin_);
    std::memcpy(out, buffer_.data() + begin_, taken);
    begin_ += taken;
    if (begin_ == end_) buffer_ = {};
    return static_cast<ssize_t>(taken);
  }

 private:
  bool fill() {
    const ssize_t got = fetch(buffer_.data() + end_, buffer_.size() - end_);
    if (got > 0) end_ += static_cast<std::size_t>(got);
    return got > 0;
  }

  ssize_t fetch(uint8_t* out, std::size_t count) {
    ssize_t got = -1;
    do got = ::read(descriptor_.get(), out, count);
    while (got < 0 && errno == EINTR);
    if (got > 0) state_->bytes_read += static_cast<uint64_t>(got);
    return got;
  }

  process::FileDescriptor descriptor_;
  std::shared_ptr<StreamState> state_;
  std::vector<uint8_t> buffer_;
  std::size_t begin_ = 0, end_ = 0;
};

struct PlainCookie {
  RawFile file;
  std::shared_ptr<StreamState> state;

  ssize_t read(uint8_t* out, std::size_t count) {
    const ssize_t got = file.read(out, count);
    if (got > 0) state->bytes_unpacked += static_cast<uint64_t>(got);
    return got;
  }
};

#ifdef GATEWITNESS_GZIP
// RFC 1952: one or more members after each other.
class GzipCookie {
 public:
  GzipCookie(RawFile file, std::shared_ptr<StreamState> state)
      : file_(std::move(file)), state_(std::move(state)), packed_(kPacked) {
    ready_ = inflateInit2(&zlib_, 15 + 16) == Z_OK;
  }
  ~GzipCookie() { inflateEnd(&zlib_); }
  GzipCookie(const GzipCookie&) = delete;
  GzipCookie& operator=(const GzipCookie&) = delete;

  // A cut or damaged stream simply ends here; why is in the state.
  ssize_t read(uint8_t* out, std::size_t count) {
    if (!ready_) return 0;
    zlib_.next_out = out;
    zlib_.avail_out = static_cast<uInt>(std::min(count, kBuffer));
    const uInt wanted = zlib_.avail_out;
    while (ready_ && zlib_.avail_out == wanted)
      if (!step()) break;
    const uInt got = wanted - zlib_.avail_out;
    state_->bytes_unpacked += got;
    return static_cast<ssize_t>(got);
  }

 private:
  static constexpr std::size_t kPacked = 65536;

  bool step() {
    if (zlib_.avail_in == 0 && !refill()) return false;
    if (member_ended_) {
      inflateReset(&zlib_);
      member_ended_ = false;
    }
    const int result = inflate(&zlib_, Z_NO_FLUSH);
    member_ended_ = result == Z_STREAM_END;
    if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR) return true;
    state_->damaged = true;
    return ready_ = false;
  }

  bool refill() {
    const ssize_t got = file_.read(packed_.data(), packed_.size());
    if (got > 0) {
      zlib_.next_in = packed_.data();
      zlib_.avail_in = static_cast<uInt>(got);
      return true;
    }
    state_->damaged = got < 0;
    state_->cut = !member_ended_;
    return ready_ = false;
  }

  RawFile file_;
  std::shared_ptr<StreamState> state_;
  std::vector<uint8_t> packed_;
  z_stream zlib_{};
  bool ready_ = false;
  bool member_ended_ = false;
};
#endif

// stdio calls back into the cookie.
template <typename Cookie>
std::FILE* stream_of(std::unique_ptr<Cookie> cookie, std::vector<char>& buffer) {
  cookie_io_functions_t calls{};
  calls.read = [](void* self, char* out, std::size_t count) -> ssize_t {
    return static_cast<Cookie*>(self)->read(reinterpret_cast<uint8_t*>(out), count);
  };
  calls.close = [](void* self) {
    const std::unique_ptr<Cookie> dying(static_cast<Cookie*>(self));
    return 0;
  };
  std::FILE* stream = fopencookie(cookie.get(), "rb", calls);
  if (stream == nullptr) return nullptr;
  (void)cookie.release();
  // A buffer of ours: glibc takes no notice of a size that comes without one.
  buffer.resize(kBuffer);
  std::setvbuf(stream, buffer.data(), _IOFBF, buffer.size());
  return stream;
}

}  // namespace

std::expected<std::FILE*, std::string> open_stream(process::FileDescriptor descriptor,
                                                   const std::shared_ptr<StreamState>& state) {
  RawFile file(std::move(descriptor), state);
  state->compressed = file.starts_with(kGzipMagic);
  std::FILE* stream = nullptr;
#ifdef GATEWITNESS_GZIP
  if (state->compressed)
    stream = stream_of(std::make_unique<GzipCookie>(std::move(file), state), state->buffer);
#else
  if (state->compressed)
    return std::unexpected("is compressed, and this build cannot unpack (zlib): use gunzip first");
#endif
  if (!state->compressed) {
    // NOLINTNEXTLINE(bugprone-use-after-move): one of the two
    stream = stream_of(std::make_unique<PlainCookie>(std::move(file), state), state->buffer);
  }
  if (stream == nullptr) return std::unexpected(std::string("cannot be read: ") + std::strerror(errno));
  return stream;
}

}  // namespace gatewitness::capture
