// SPDX-License-Identifier: Apache-2.0
//
// The real Dissector over real captures, compared with what their manifest says of them, column by column.
// Where the two differ, the table of differences says what we read and why; a difference that is not in it,
// or is in it but is not there, fails. The captures are not part of this tree: the variable GATEWITNESS_PCAPS
// or, beside the source tree,
// ../shared/pcaps names their folder; without it the test says so and is skipped.
#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "probes/dissect/dissector.h"

namespace gatewitness::dissect {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> folder() {
  if (const char* named = std::getenv("GATEWITNESS_PCAPS")) return fs::path(named);
  const fs::path beside = fs::path(GATEWITNESS_SOURCE_ROOT) / ".." / "shared" / "pcaps";
  return fs::is_directory(beside) ? std::optional(beside) : std::nullopt;
}

using Row = std::map<std::string, std::string>;

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, by);) parts.push_back(part);
  return parts;
}

std::vector<Row> read_manifest(const fs::path& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  const auto names = split(line, '\t');
  std::vector<Row> rows;
  while (std::getline(in, line)) {
    const auto cells = split(line, '\t');
    Row row;
    for (std::size_t i = 0; i < std::min(names.size(), cells.size()); ++i) row[names[i]] = cells[i];
    rows.push_back(std::move(row));
  }
  return rows;
}

struct PcapClose {
  void operator()(pcap_t* capture) const noexcept { pcap_close(capture); }
};

// The last revision of every attempt.
std::vector<wire::Attempt> attempts_of(const fs::path& path) {
  std::map<uint64_t, wire::Attempt> attempts;
  DissectorConfig config;
  config.use_ndpi = false;  // the dialogue alone is under test here
  Dissector dissector(config, [&](TimedRecord&& timed) {
    if (auto* attempt = std::get_if<wire::Attempt>(&timed.record))
      attempts[attempt->id] = std::move(*attempt);
  });
  char error[PCAP_ERRBUF_SIZE] = {};
  const std::unique_ptr<pcap_t, PcapClose> capture(pcap_open_offline(path.c_str(), error));
  if (!capture) throw std::runtime_error(error);
  const auto link = link_type_from_dlt(pcap_datalink(capture.get()));
  if (!link) throw std::runtime_error("link type");
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  Timestamp now{};
  while (pcap_next_ex(capture.get(), &header, &bytes) == 1) {
    now = Timestamp(std::chrono::seconds(header->ts.tv_sec) + std::chrono::microseconds(header->ts.tv_usec));
    dissector.frame("file", *link, now, {bytes, header->caplen}, header->len);
  }
  dissector.finish(now);
  std::vector<wire::Attempt> all;
  for (auto& [id, attempt] : attempts) all.push_back(std::move(attempt));
  return all;
}

std::string join(const std::set<std::string>& parts, char by) {
  std::string all;
  for (const auto& part : parts) all += (all.empty() ? "" : std::string(1, by)) + part;
  return all;
}

std::string replies_text(const std::map<std::string, uint64_t>& counts) {
  std::string all;
  for (const auto& [klass, count] : counts) {
    if (count != 0) all += (all.empty() ? "" : " ") + klass + ":" + std::to_string(count);
  }
  return all;
}

// What we say of a capture, in the manifest's columns.
Row ours(const std::vector<wire::Attempt>& attempts) {
  uint64_t answered = 0, data = 0, bdat = 0, mail = 0, rcpt = 0, tls = 0, auth = 0;
  std::set<std::string> names, servers;
  std::map<std::string, uint64_t> replies;
  for (const auto& attempt : attempts) {
    answered += attempt.connect_us ? 1 : 0;  // a SYN-ACK came
    if (!attempt.smtp) continue;
    const auto& d = *attempt.smtp;
    data += d.data_commands;
    bdat += d.bdat_commands;
    mail += d.mail_commands;
    rcpt += d.rcpt_commands;
    auth += d.auth_tried;
    tls += d.tls == wire::Tls::kStarted ? 1 : 0;
    if (!d.ehlo.empty()) names.insert(d.ehlo);
    if (!d.sni.empty()) servers.insert(d.sni);
    replies["2xx"] += d.replies_2xx;
    replies["3xx"] += d.replies_3xx;
    replies["4xx"] += d.replies_4xx;
    replies["5xx"] += d.replies_5xx;
  }
  const auto n = [](uint64_t value) { return std::to_string(value); };
  return {{"mail_flows", n(attempts.size())},
          {"answered_flows", n(answered)},
          {"messages(DATA+BDAT/MAIL)", n(data) + "+" + n(bdat) + "/" + n(mail)},
          {"rcpt", n(rcpt)},
          {"starttls_or_tls", "STARTTLS:" + n(tls) + " sni:" + join(servers, ',')},
          {"auth", n(auth)},
          {"helo", join(names, ';')},
          {"replies", replies_text(replies)}};
}

// The manifest's cell in the same form: sets sorted, "{'2xx': 5, '3xx': 3}" as "2xx:5 3xx:3", nothing for no
// mail.
std::string theirs(const std::string& column, const std::string& cell) {
  if (column == "replies") {
    std::string text;
    for (const char c : cell) {
      if (c != '{' && c != '}' && c != '\'' && c != ' ') text += c == ',' ? ' ' : c;
    }
    const auto parts = split(text, ' ');
    return join({parts.begin(), parts.end()}, ' ');
  }
  if (column == "helo") {
    const auto parts = split(cell, ';');
    return join({parts.begin(), parts.end()}, ';');
  }
  if (!cell.empty()) return cell;
  if (column == "messages(DATA+BDAT/MAIL)") return "0+0/0";
  return column == "starttls_or_tls" ? "STARTTLS:0 sni:" : "0";
}

struct Difference {
  std::string_view file, column, manifest, ours, why;
};

constexpr std::string_view kOtherFlows =
    "the manifest lists the server names of all TLS in the capture; these stand in ClientHellos to port 443";
constexpr std::string_view kPipelined =
    "MAIL, RCPT and BDAT LAST with its content share one segment, twice; tshark shows such a segment as "
    "lines of text "
    "and not as commands, and the manifest follows it";
constexpr std::string_view kSplitReply =
    "the answer to EHLO comes in two segments, the first ending in a line \"250-\": one reply, which tshark "
    "and the "
    "manifest count once for each segment";
constexpr std::string_view kFourteenYears =
    "the last two packets have the five-tuple of the first five and come fourteen years later: another "
    "attempt, where "
    "tshark sees retransmissions";
constexpr std::string_view kClearOn465 =
    "the client begins TLS, but the server greets in clear text: a 220 that tshark, told by the port, does "
    "not read";

constexpr std::string_view kAcknowledgedFirst =
    "the answers to HELO and MAIL were captured just after the packets that acknowledge them; tshark takes "
    "such a "
    "segment for a retransmission and does not read it";

constexpr Difference kDifferences[] = {
    {"mail/suricata-verify__issue-4220-01-ids.pcap", "replies", "2xx:4 3xx:1", "2xx:6 3xx:1",
     kAcknowledgedFirst},
    {"mail/zeek__smtp.pcap", "starttls_or_tls", "STARTTLS:0 sni:p31-keyvalueservice.icloud.com",
     "STARTTLS:0 sni:", kOtherFlows},
    {"mixed/mercury__capture2.pcap", "starttls_or_tls", "STARTTLS:0 sni:ssl.gstatic.com",
     "STARTTLS:0 sni:", kOtherFlows},
    {"mixed/PcapFlowLab__pcap_flow_lab_showcase.pcap", "starttls_or_tls",
     "STARTTLS:0 sni:bulk-download.example.test,edge.microsoft.com,ep2.adtrafficquality.google",
     "STARTTLS:0 sni:", kOtherFlows},
    {"mail/zeek__smtp-bdat-pipeline-8bitmime.pcap", "messages(DATA+BDAT/MAIL)", "0+0/0", "0+2/2", kPipelined},
    {"mail/zeek__smtp-bdat-pipeline-8bitmime.pcap", "rcpt", "0", "2", kPipelined},
    {"mail/phish-analysis__SensitiveURI.pcap", "replies", "2xx:7 3xx:1", "2xx:6 3xx:1", kSplitReply},
    {"mail/nDPI__smtps.pcapng", "replies", "", "2xx:1", kClearOn465},
    {"mail/suricata-verify__smtp-tls-protodetect.pcap", "replies", "", "2xx:1", kClearOn465},
    {"mail/PcapPlusPlus__Smtp.pcap", "mail_flows", "2", "3", kFourteenYears},
    {"mail/PcapPlusPlus__Smtp.pcap", "helo", "", "Test Option", kFourteenYears},
    {"mail/PcapPlusPlus__Smtp.pcap", "replies", "2xx:2 3xx:1", "2xx:2 3xx:1 4xx:1", kFourteenYears},
    {"mail/BruteShark__IMAP_-_Authenticate_Plain_Base64_.pcap", "replies", "2xx:9 3xx:1", "2xx:8 3xx:1",
     kSplitReply},
};

const Difference* explained(const std::string& file, const std::string& column) {
  const auto* found = std::find_if(std::begin(kDifferences), std::end(kDifferences),
                                   [&](const Difference& d) { return d.file == file && d.column == column; });
  return found == std::end(kDifferences) ? nullptr : found;
}

void compare(const std::string& file, const std::string& column, const std::string& manifest,
             const std::string& got) {
  SCOPED_TRACE(file + ", " + column);
  const auto* difference = explained(file, column);
  if (difference == nullptr) {
    EXPECT_EQ(got, manifest);
    return;
  }
  EXPECT_EQ(manifest, difference->manifest) << "the manifest has changed";
  EXPECT_EQ(got, difference->ours) << "explained otherwise: " << difference->why;
  EXPECT_NE(got, manifest) << "no difference to explain any more";
}

TEST(Pcaps, AreReadAsTheirManifestSays) {
  const auto where = folder();
  if (!where || !fs::is_regular_file(*where / "MANIFEST.tsv")) {
    GTEST_SKIP() << "NO CAPTURES: set GATEWITNESS_PCAPS to a folder with MANIFEST.tsv; nothing was compared";
  }
  std::size_t compared = 0;
  std::size_t differences = 0;
  for (const auto& row : read_manifest(*where / "MANIFEST.tsv")) {
    const auto& file = row.at("file");
    ASSERT_TRUE(fs::is_regular_file(*where / file)) << file;
    for (const auto& [column, got] : ours(attempts_of(*where / file))) {
      const auto cell = row.find(column);
      compare(file, column, theirs(column, cell == row.end() ? "" : cell->second), got);
      differences += explained(file, column) != nullptr ? 1 : 0;
    }
    ++compared;
  }
  EXPECT_EQ(differences, std::size(kDifferences))
      << "a difference names a capture that is not in the manifest";
  std::printf("%zu captures compared, %zu cells differ as explained\n", compared, differences);
}

// "mail accepted/refused recipients accepted/refused queue ids auth tried/failed/succeeded tls": what no
// column holds.
std::string summary(const wire::Attempt& attempt) {
  constexpr std::string_view kMail[] = {"unknown", "mail", "other"};
  constexpr std::string_view kTls[] = {"clear", "offered", "started", "implicit"};
  std::string text(kMail[static_cast<std::size_t>(attempt.is_mail)]);
  if (!attempt.smtp) return text;
  const auto& d = *attempt.smtp;
  const auto add = [&](auto value, char before) { text += before + std::to_string(value); };
  add(d.messages_accepted, ' ');
  add(d.messages_refused, '/');
  add(d.rcpt_accepted, ' ');
  add(d.rcpt_refused, '/');
  add(d.auth_tried, ' ');
  add(d.auth_failed, '/');
  add(d.auth_succeeded, '/');
  text += " " + std::string(kTls[static_cast<std::size_t>(d.tls)]);
  for (const auto& id : d.queue_ids) text += " " + id;
  return text;
}

TEST(Pcaps, ResultsAndProtocols) {
  const auto where = folder();
  if (!where) GTEST_SKIP() << "NO CAPTURES: set GATEWITNESS_PCAPS; nothing was compared";
  const std::pair<std::string_view, std::vector<std::string>> cases[] = {
      {"confuser/nDPI__openvpn_obfuscated.pcapng", {"other"}},
      {"mail/nDPI__smtps.pcapng", {"mail 0/0 0/0 0/0/0 implicit"}},
      {"mail/nDPI__smtp.pcap", {"mail 1/0 30/0 0/0/0 clear"}},
      {"mail/suricata-verify__bug-6733-syn-packet-flow-output.pcap", {"unknown"}},
      {"mail/zeek__smtp-one-side-only.pcap", {"mail 0/0 0/0 0/0/0 clear"}},
      {"mail/zeek__smtp-starttls.pcap", {"mail 0/0 0/0 0/0/0 started"}},
      {"mail/zeek__smtp-mail-transactions-invalid.pcap",
       {"mail 2/3 2/1 0/0/0 offered 1pgobK-001mwq-ED 1pgobM-001mwq-Vc"}},
      {"mail/zeek__smtp-bdat-pipeline-8bitmime.pcap",
       {"mail 2/0 2/0 0/0/0 offered 1lHkUh-008hPw-NY 1lHkUi-008hPw-0x"}},
      {"mail/zeek__rfc3030-bdat-multipart-chunked.pcap", {"mail 1/0 1/0 0/0/0 offered E4F471CA025"}},
      {"mail/suricata-verify__ruletype-firewall-135-smtp-multi-mail-accept.pcap",
       {"mail 3/0 4/0 0/0/0 clear B912F4BA970A BB6C44BA970C BC6DC4BA970D"}},
      {"mail/suricata-verify__mime-quoted-printable.pcap", {"mail 1/0 1/0 1/0/1 clear 1182675387 qp 77793"}},
      {"mail/BruteShark__SMTP_-_Auth_Cram_MD5.pcap", {"mail 0/0 0/0 1/0/1 clear"}},
      {"malicious/nDPI__emotet_trim.pcap", {"mail 0/0 1/0 1/0/1 clear"}},
  };
  for (const auto& [file, want] : cases) {
    std::vector<std::string> got;
    for (const auto& attempt : attempts_of(*where / file)) got.push_back(summary(attempt));
    EXPECT_EQ(got, want) << file;
  }
}

}  // namespace
}  // namespace gatewitness::dissect
