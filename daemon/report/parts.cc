// SPDX-License-Identifier: Apache-2.0
#include "daemon/report/parts.h"

#include <algorithm>
#include <utility>

#include "daemon/report/ascii.h"
#include "daemon/report/claim.h"
#include "daemon/report/content_type.h"
#include "daemon/report/transfer.h"

namespace gatewitness::report {
namespace {

// A delimiter line of RFC 2046 section 5.1.1, with the blanks that transport may have added.
bool is_delimiter(std::string_view line, std::string_view boundary, bool& last) {
  if (!line.starts_with("--")) return false;
  line.remove_prefix(2);
  if (!line.starts_with(boundary)) return false;
  line.remove_prefix(boundary.size());
  last = line.starts_with("--");
  return trimmed(line.substr(last ? 2 : 0)).empty();
}

bool is_mail(const ContentType& type) {
  return type.type == "message/rfc822" || type.type == "message/global" ||
         type.type == "text/rfc822-headers" || type.type == "message/global-headers" ||
         type.type == "text/rfc822-header";
}
bool is_json(const ContentType& type) {
  return type.type == "application/json" || type.type == "application/xarf+json" ||
         type.type == "text/json" || (type.type.starts_with("application/") && type.name.ends_with(".json"));
}

class Walker {
 public:
  explicit Walker(const ReadOptions& options) : options_(options), room_(options.decoded_bytes) {}

  void mail(std::string_view text, const std::string& where, std::size_t depth) {
    const Header header = read_header(text, options_);
    findings_.found.push_back(hops_of(header, where));
    if (const auto* mark = header.find("X-XARF"); mark != nullptr && !same(trimmed(*mark), "JSON"))
      findings_.is_yaml_xarf = true;
    if (header.has_body) body(header, where, depth, "text/plain");
  }
  Findings take() { return std::move(findings_); }

 private:
  Finding hops_of(const Header& header, const std::string& where) {
    Finding mail;
    mail.where = where;
    for (const Field& field : header.fields)
      if (same(field.name, "Received")) mail.hops.push_back(parse_received(field.value, options_));
    const std::size_t unread = header.received - mail.hops.size();
    if (unread != 0) add_note(mail.notes, std::to_string(unread) + " more Received lines were not read");
    if (header.unread > unread)
      add_note(mail.notes,
               std::to_string(header.unread - unread) + " header fields were not read: there are too many");
    if (header.cut != 0)
      add_note(mail.notes, std::to_string(header.cut) + " header fields are too long and were cut");
    if (header.malformed != 0)
      add_note(mail.notes, std::to_string(header.malformed) + " lines of the header are no header fields");
    return mail;
  }

  void body(const Header& header, const std::string& where, std::size_t depth, std::string_view otherwise) {
    const auto* field = header.find("Content-Type");
    ContentType type = parse_content_type(field != nullptr ? std::string_view(*field) : otherwise);
    if (const auto* disposition = header.find("Content-Disposition");
        disposition != nullptr && type.name.empty())
      type.name = file_name(*disposition);
    if (type.is_multipart()) return multipart(header.body, type, where, depth);
    const bool feedback = type.type == "message/feedback-report";
    if (!feedback && !is_mail(type) && !is_json(type)) return;
    if (depth >= options_.depth)
      return note("parts nested more than " + std::to_string(options_.depth) + " deep were not read");
    const auto* encoding = header.find("Content-Transfer-Encoding");
    const std::string encoded = encoding != nullptr ? lower(trimmed(*encoding)) : "";
    std::string decoded;
    std::string_view text = header.body;
    if (encoded == "base64" || encoded == "quoted-printable") {
      decoded = decode(text, encoded == "base64", where);
      text = decoded;
    } else if (is_json(type)) {
      decoded = copy(text, where);
    }
    if (feedback)
      feedback_report(text, where);
    else if (is_json(type))
      json(std::move(decoded), where);
    else
      mail(text, where, depth + 1);
  }

  static std::string file_name(std::string_view disposition) {
    // The same grammar: "attachment; filename=xarf.json".
    const std::size_t at = lower(disposition).find("filename=");
    if (at == std::string::npos) return {};
    return parse_content_type("x/x; name=" + std::string(disposition.substr(at + 9))).name;
  }

  std::string decode(std::string_view text, bool base64, const std::string& where) {
    Decoded decoded = base64 ? decode_base64(text, room_) : decode_quoted_printable(text, room_);
    room_ -= decoded.bytes.size();
    if (decoded.cut) note_cut(where);
    if (decoded.faults != 0)
      note(where + " has " + std::to_string(decoded.faults) + " characters that its encoding does not know");
    return std::move(decoded.bytes);
  }

  // What is kept as it is costs as much as what was decoded.
  std::string copy(std::string_view text, const std::string& where) {
    if (text.size() > room_) note_cut(where);
    std::string kept(text.substr(0, room_));
    room_ -= kept.size();
    return kept;
  }

  void note_cut(const std::string& where) {
    note(where + " was cut: the parts of the mail are larger than " + std::to_string(options_.decoded_bytes) +
         " bytes");
  }

  void feedback_report(std::string_view text, const std::string& where) {
    const Header header = read_header(text, options_);
    Finding finding;
    finding.kind = Finding::Kind::kFeedback;
    finding.where = where;
    for (const Field& field : header.fields) finding.fields.emplace_back(field.name, field.value);
    if (header.unread != 0)
      add_note(finding.notes, std::to_string(header.unread) + " fields of the feedback report were not read");
    if (header.malformed != 0)
      add_note(finding.notes,
               std::to_string(header.malformed) + " lines of the feedback report are no fields");
    findings_.found.push_back(std::move(finding));
  }

  void json(std::string bytes, const std::string& where) {
    Finding finding;
    finding.kind = Finding::Kind::kJson;
    finding.where = where;
    finding.bytes = std::move(bytes);
    findings_.found.push_back(std::move(finding));
  }

  void multipart(std::string_view text, const ContentType& type, const std::string& where,
                 std::size_t depth) {
    if (depth >= options_.depth)
      return note("parts nested more than " + std::to_string(options_.depth) + " deep were not read");
    if (type.boundary.empty()) return note("a multipart without a boundary was not read");
    const std::string prefix = where.empty() ? "part " : where + ".";
    std::size_t number = 0;
    const char* begin = nullptr;
    bool last = false;
    while (!text.empty() && !last) {
      const char* const line_begin = text.data();
      if (!is_delimiter(take_line(text), type.boundary, last)) continue;
      if (begin != nullptr) part({begin, line_begin}, type, prefix + std::to_string(number), depth);
      begin = text.data();
      if (!last && ++number > 0 && ++parts_ > options_.parts)
        return note("more than " + std::to_string(options_.parts) + " parts; the rest was not read");
    }
    if (last) return;
    note("a multipart has no end: the mail was cut off, or its boundary is wrong");
    if (begin != nullptr)
      part({begin, text.data() + text.size()}, type, prefix + std::to_string(number), depth);
  }

  void part(std::string_view text, const ContentType& container, const std::string& where,
            std::size_t depth) {
    // A part without a header begins with an empty line, which read_header() takes as the end of one.
    const Header header = read_header(text, options_);
    if (!header.has_body) return;
    body(header, where, depth + 1, container.type == "multipart/digest" ? "message/rfc822" : "text/plain");
  }

  void note(std::string text) { add_note(findings_.notes, std::move(text)); }

  const ReadOptions& options_;
  std::size_t room_;  // of decoded bytes
  std::size_t parts_ = 0;
  Findings findings_;
};

}  // namespace

Findings find_parts(std::string_view mail, const ReadOptions& options) {
  Walker walker(options);
  walker.mail(mail, "", 0);
  return walker.take();
}

}  // namespace gatewitness::report
