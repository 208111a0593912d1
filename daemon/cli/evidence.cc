// SPDX-License-Identifier: Apache-2.0
//
// export: an incident or an attribution as a file that others can check. verify: such a check, which needs no
// daemon.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "daemon/cli/client.h"
#include "daemon/cli/command.h"
#include "daemon/cli/inquiry_flags.h"
#include "daemon/cli/render.h"
#include "daemon/cli/report_files.h"
#include "daemon/control/answer.h"
#include "daemon/evidence/verify.h"
#include "probes/process/file_descriptor.h"
#include "probes/process/flags.h"
#include "probes/wire/text.h"

namespace gatewitness::cli {
namespace {

using nlohmann::json;
using process::Flags;

// A file of its own, for its owner only: whole or not at all. One that is there is left alone.
std::expected<void, std::string> write_new(const std::string& path, std::string_view bytes) {
  const auto fault = [&] { return std::unexpected(printable(path, 256) + ": " + std::strerror(errno)); };
  const process::FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.is_open()) return fault();
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int why = errno;
      ::unlink(path.c_str());
      errno = why;
      return fault();
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

bool is_incident(const std::string& text) {
  return !text.empty() && text.size() <= 20 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The inquiry of the one message in a report for which something was recorded.
std::expected<Inquiry, std::string> inquiry_of_report(const std::string& file, const InquiryFlags& said,
                                                      Duration skew, const std::string& run_dir) {
  const auto bytes = read_bytes(file);
  if (!bytes) return std::unexpected(bytes.error());
  report::ReadOptions options;
  const auto own = ask(run_dir, {{"command", "addresses"}});
  if (!own) return std::unexpected(own.error());
  std::vector<IpAddress> addresses;
  for (const auto& row : *own)
    if (const auto address = IpAddress::parse(row.value("address", "")))
      addresses.push_back(address->unmapped());
  if (const auto address = IpAddress::parse(said.public_address)) addresses.push_back(address->unmapped());
  if (!addresses.empty())
    options.is_own = [&](const IpAddress& address) {
      return std::find(addresses.begin(), addresses.end(), address.unmapped()) != addresses.end();
    };
  const auto reading =
      report::read_report({reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size()}, options);
  if (!reading.errors.empty()) return std::unexpected(report::to_string(reading.errors.front()));
  std::size_t messages = 0;
  for (const auto& claim : reading.claims) messages += claim.candidate <= 1 ? 1 : 0;
  if (messages != 1)
    return std::unexpected("holds " + std::to_string(messages) + " reports: one is exported at a time");
  std::optional<Inquiry> first;
  for (const auto& claim : reading.claims) {
    Inquiry inquiry = inquiry_of(claim, skew);
    if (what_is_missing(inquiry)) continue;
    if (!first) first = inquiry;
    const auto testimony = ask(run_dir, {{"command", "attribute"}, {"inquiry", to_json(inquiry)}});
    if (!testimony) return std::unexpected(testimony.error());
    if (!testimony->at("candidates").empty()) return inquiry;
  }
  if (!first) return std::unexpected("says neither when nor a queue id");
  return *first;
}

std::expected<json, std::string> request_for(const std::string& what, const InquiryFlags& said, Duration skew,
                                             const std::string& run_dir) {
  if (is_incident(what)) return json{{"command", "export"}, {"incident", what}};
  const auto inquiry = what.empty() ? said.inquiry(skew) : inquiry_of_report(what, said, skew, run_dir);
  if (!inquiry) return std::unexpected((what.empty() ? "" : printable(what, 256) + ": ") + inquiry.error());
  return json{{"command", "export"}, {"inquiry", to_json(*inquiry)}};
}

std::string verdict_in_words(const evidence::Verification& verification, const Style& style) {
  const auto bullet = [&](const std::string& text) {
    return wrapped("- " + printable(text, 1024), 4, style.width);
  };
  std::string text = style.paint(verification.whole() ? Tone::kBold : Tone::kRed,
                                 verification.whole() ? "Whole." : "NOT WHOLE: do not rely on this file.");
  text += "\n\n";
  if (!verification.sentence.empty())
    text += wrapped(printable(verification.kind, 32) + ": " + printable(verification.sentence, 1024), 0,
                    style.width) +
            "\n";
  for (const auto& check : verification.checks)
    text += wrapped((check.passed ? "ok    " : "BAD   ") + check.name + ": " + printable(check.text, 512), 4,
                    style.width);
  if (!verification.proves.empty()) text += "\nThis proves\n";
  for (const auto& line : verification.proves) text += bullet(line);
  if (!verification.does_not_prove.empty()) text += "\nThis does not prove\n";
  for (const auto& line : verification.does_not_prove) text += bullet(line);
  return text;
}

json verdict_in_json(const evidence::Verification& verification) {
  json checks = json::array();
  for (const auto& check : verification.checks)
    checks.push_back({{"check", check.name}, {"passed", check.passed}, {"text", check.text}});
  return {{"whole", verification.whole()},
          {"kind", verification.kind},
          {"sentence", verification.sentence},
          {"made", verification.made},
          {"software", verification.software},
          {"key", verification.key},
          {"rows", verification.rows},
          {"frames", verification.frames},
          {"checks", std::move(checks)},
          {"proves", verification.proves},
          {"does_not_prove", verification.does_not_prove}};
}

}  // namespace

int run_export(const Command& command, int argc, const char* const* argv) {
  Place place;
  InquiryFlags said;
  std::string output;
  Flags flags("gatewitness export", command.help);
  flags.text("--output", output);
  flags.text("--run-dir", place.run_dir);
  flags.text("--config", place.config);
  said.add_to(flags);
  const auto rest = flags.parse(argc, argv);
  if (!rest) return Flags::print(rest.error());
  if (rest->size() > 1) return Flags::print(flags.usage_error("exports one incident or report at a time"));
  const std::string what = rest->empty() ? "" : rest->front();
  if (what.empty() && !said.any())
    return Flags::print(
        flags.usage_error("needs the ID of an incident, a report, or what one would say in flags"));
  if (!what.empty() && said.any())
    return Flags::print(
        flags.usage_error("takes an incident, a report, or what one would say, not two of them"));
  const auto skew = said.skew_time();
  if (!skew) return complain(command, skew.error(), kUsage);
  const auto run_dir = find_run_dir(place);
  if (!run_dir) return complain(command, run_dir.error());
  const auto request = request_for(what, said, *skew, *run_dir);
  if (!request) return complain(command, request.error());
  const auto answer = ask(*run_dir, *request);
  if (!answer) return complain(command, answer.error());
  const std::string file = answer->value("file", "");
  if (output.empty()) {
    write_output(file);
    return kDone;
  }
  if (auto written = write_new(output, file); !written) return complain(command, written.error());
  return kDone;
}

int run_verify(const Command& command, int argc, const char* const* argv) {
  std::string key_text, pcapng;
  bool as_json = false;
  Flags flags("gatewitness verify", command.help);
  flags.flag("--json", as_json);
  flags.text("--key", key_text);
  flags.text("--pcapng", pcapng);
  const auto rest = flags.parse(argc, argv);
  if (!rest) return Flags::print(rest.error());
  if (rest->size() != 1) return Flags::print(flags.usage_error("needs one evidence file, or \"-\""));
  std::optional<evidence::PublicKey> key;
  if (!key_text.empty() && !evidence::from_hex(key_text, key.emplace()))
    return complain(command, "--key must be 64 digits of hex in lower case, as `gatewitness status` shows it",
                    kUsage);
  const auto bytes = read_bytes(rest->front());
  if (!bytes) return complain(command, bytes.error());
  const auto verification = evidence::verify(*bytes, key);
  write_output(as_json ? control::as_line(verdict_in_json(verification)) + "\n"
                       : verdict_in_words(verification, style_of_output()));
  if (!verification.whole()) return kFailed;
  if (pcapng.empty()) return kDone;
  if (auto written = write_new(pcapng, verification.pcapng); !written)
    return complain(command, written.error());
  return kDone;
}

}  // namespace gatewitness::cli
