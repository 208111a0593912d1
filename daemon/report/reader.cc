// SPDX-License-Identifier: Apache-2.0
#include "daemon/report/reader.h"

#include <array>
#include <string>
#include <string_view>

#include "daemon/report/ascii.h"
#include "daemon/report/header.h"
#include "daemon/report/mbox.h"
#include "daemon/report/message.h"

namespace gatewitness::report {
namespace {

using namespace std::string_view_literals;

// What people hand over by mistake, known by its first bytes.
struct Foreign {
  std::string_view magic;
  std::string_view what;
};
constexpr std::array<Foreign, 8> kForeign = {
    {{"\xff\xfe"sv, "is UTF-16; save it as UTF-8"},
     {"\xfe\xff"sv, "is UTF-16; save it as UTF-8"},
     {"{\0"sv, "is UTF-16; save it as UTF-8"},
     {"\x1f\x8b"sv, "is compressed; unpack it first"},
     {"BZh"sv, "is compressed; unpack it first"},
     {"PK\x03\x04"sv, "is an archive; unpack it first"},
     {"%PDF"sv, "is a PDF; the report itself is needed"},
     {"\xd0\xcf\x11\xe0"sv, "is Outlook's own format (.msg); save it as .eml"}}};
constexpr std::string_view kUnderstood =
    "is neither a mail nor an mbox nor JSON; mails with Received lines, ARF, and XARF 3 and 4 are understood";

void read_mbox(std::string_view text, const ReadOptions& options, Reading& reading) {
  Mbox mbox(text);
  std::size_t number = 0;
  while (const auto mail = mbox.next()) {
    if (number == options.messages)
      return add_note(reading.notes, "there are more than " + std::to_string(options.messages) +
                                         " messages; the rest was not read");
    read_message(*mail, "mbox message " + std::to_string(++number), options, reading);
  }
}

void read_text(std::string_view text, const ReadOptions& options, Reading& reading) {
  for (const Foreign& foreign : kForeign)
    if (text.starts_with(foreign.magic))
      return reading.errors.push_back({"report", std::string(foreign.what)});
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  if (text.empty()) return reading.errors.push_back({"report", "is empty"});
  if (text.front() == '{' || text.front() == '[') return read_json(text, "JSON", options, reading);
  if (begins_mbox(text)) return read_mbox(text, options, reading);
  // A "From " line that is no mbox's, or one that was quoted, is passed over by the header's reader.
  if (looks_like_header(text) || begins(text, "From ") || begins(text, ">From "))
    return read_message(text, "mail", options, reading);
  reading.errors.push_back({"report", std::string(kUnderstood)});
}

}  // namespace

Reading read_report(std::span<const uint8_t> bytes, const ReadOptions& options) {
  Reading reading;
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.size() > options.input_bytes) {
    text = text.substr(0, options.input_bytes);
    add_note(reading.notes, "the input is larger than " + std::to_string(options.input_bytes) +
                                " bytes; the rest was not read");
  }
  read_text(text, options, reading);
  return reading;
}

}  // namespace gatewitness::report
