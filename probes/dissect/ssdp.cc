// SPDX-License-Identifier: Apache-2.0
//
// SSDP (UPnP Device Architecture 2.0, section 1): NOTIFY and answers to searches say what a device runs
// (SERVER) and what it is (NT, ST); a search says with what it was made (USER-AGENT), its ST is a question
// and no claim. The header ends where the datagram or an empty line does; a value never reaches beyond its
// line.
#include <optional>
#include <utility>

#include "probes/dissect/bytes.h"
#include "probes/dissect/findings.h"

namespace gatewitness::dissect {
namespace {

constexpr std::size_t kMaxHeaderBytes = 4096;
constexpr int kMaxLines = 64;

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The next line without its end; nullopt if no line end follows.
std::optional<std::string_view> next_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  auto line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

struct Headers {
  std::string_view server, notification_type, notification_subtype, search_target, user_agent;
  bool malformed = false;
};

// The first of several headers of one name is the one that counts.
void keep(Headers& headers, std::string_view name, std::string_view value) {
  const std::pair<std::string_view, std::string_view*> slots[] = {
      {"server", &headers.server},
      {"nt", &headers.notification_type},
      {"nts", &headers.notification_subtype},
      {"st", &headers.search_target},
      {"user-agent", &headers.user_agent},
  };
  const std::string lower = ascii_lower(name.substr(0, 16));
  for (const auto& [known, slot] : slots) {
    if (lower == known && slot->empty()) *slot = value;
  }
}

Headers read_headers(std::string_view rest, Findings& out) {
  Headers headers;
  for (int lines = 0;; ++lines) {
    const auto line = next_line(rest);
    if (!line) {
      headers.malformed = !rest.empty();
      break;
    }
    if (line->empty()) break;
    if (lines == kMaxLines) {
      ++out.over_limit;
      break;
    }
    const auto colon = line->find(':');
    if (colon == std::string_view::npos || colon == 0) {
      headers.malformed = true;
      continue;
    }
    keep(headers, trim(line->substr(0, colon)), trim(line->substr(colon + 1)));
  }
  return headers;
}

// "uuid:..." names the one device, not a kind of device.
void add_type(Findings& out, const Speaker& speaker, std::string_view type) {
  if (!ascii_lower(type.substr(0, 5)).starts_with("uuid:"))
    add_fact(out, speaker, wire::FactKind::kSsdpType, type);
}

}  // namespace

void read_ssdp(const Packet& packet, Findings& out) {
  const auto whole = as_text(packet.payload);
  auto rest = whole.substr(0, kMaxHeaderBytes);
  if (rest.size() < whole.size()) ++out.over_limit;
  const auto start = next_line(rest);
  const bool notify = start && start->starts_with("NOTIFY ");
  const bool search = start && start->starts_with("M-SEARCH ");
  const bool answer = start && start->starts_with("HTTP/1.") && start->find(" 200") == 8;
  if (!notify && !search && !answer) {
    out.malformed = true;
    return;
  }
  const Headers headers = read_headers(rest, out);
  out.malformed |= headers.malformed;
  const Speaker speaker = frame_speaker(packet);
  if (search) return add_fact(out, speaker, wire::FactKind::kUserAgentOfSsdp, headers.user_agent);
  if (ascii_lower(headers.notification_subtype.substr(0, 16)) == "ssdp:byebye") return;
  add_fact(out, speaker, wire::FactKind::kSsdpServer, headers.server);
  add_type(out, speaker, notify ? headers.notification_type : headers.search_target);
}

}  // namespace gatewitness::dissect
