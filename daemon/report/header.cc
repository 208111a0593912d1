// SPDX-License-Identifier: Apache-2.0
#include "daemon/report/header.h"

#include <algorithm>

#include "daemon/report/ascii.h"

namespace gatewitness::report {
namespace {

constexpr std::size_t kMaxName = 76;

// The length of the name, or npos. RFC 5322 section 3.6.8; blanks before the colon are its obsolete form.
std::size_t name_length(std::string_view line) {
  const std::size_t colon = line.substr(0, kMaxName + 1).find(':');
  if (colon == line.npos || colon == 0) return line.npos;
  const std::string_view name = trimmed(line.substr(0, colon));
  if (name.empty() || is_blank(line.front())) return line.npos;
  if (!std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; })) return line.npos;
  return colon;
}

class Collector {
 public:
  Collector(Header& header, const ReadOptions& options) : header_(header), options_(options) {}

  void line(std::string_view line) {
    if (is_blank(line.front())) return continuation(line);
    const std::size_t colon = name_length(line);
    open_ = nullptr;
    if (colon == line.npos) {
      const bool mbox = begins(line, "From ") || begins(line, ">From ");
      if (!mbox || !header_.fields.empty()) ++header_.malformed;
      in_field_ = false;
      return;
    }
    in_field_ = true;
    field_cut_ = false;
    const std::string_view name = trimmed(line.substr(0, colon));
    const bool received = same(name, "Received");
    if (received) ++header_.received;
    if (full() || (received && header_.received > options_.hops)) {
      ++header_.unread;
      return;
    }
    header_.fields.push_back({name, {}});
    open_ = &header_.fields.back().value;
    bytes_ += name.size();
    append(trimmed(line.substr(colon + 1)));
  }

 private:
  bool full() const { return header_.fields.size() >= options_.fields || bytes_ >= options_.header_bytes; }

  void continuation(std::string_view line) {
    if (!in_field_) ++header_.malformed;
    if (open_ != nullptr) append(line);
  }

  void append(std::string_view text) {
    const std::size_t room = options_.field_bytes - std::min(options_.field_bytes, open_->size());
    if (text.size() > room && !field_cut_) {
      field_cut_ = true;
      ++header_.cut;
    }
    open_->append(text.substr(0, room));
    bytes_ += std::min(text.size(), room);
  }

  Header& header_;
  const ReadOptions& options_;
  std::string* open_ = nullptr;  // the field that a continuation goes to; nullptr: it is not kept
  bool in_field_ = false;
  bool field_cut_ = false;
  std::size_t bytes_ = 0;
};

}  // namespace

const std::string* Header::find(std::string_view name) const {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return same(field.name, name); });
  return found == fields.end() ? nullptr : &found->value;
}

std::size_t Header::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(fields.begin(), fields.end(),
                                                [&](const Field& field) { return same(field.name, name); }));
}

Header read_header(std::string_view text, const ReadOptions& options) {
  Header header;
  Collector collector(header, options);
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) {
      header.has_body = true;
      header.body = text;
      break;
    }
    collector.line(line);
  }
  return header;
}

bool looks_like_header(std::string_view text) {
  if (text.empty()) return false;
  return name_length(text.substr(0, std::min(text.find('\n'), kMaxName + 2))) != text.npos;
}

}  // namespace gatewitness::report
