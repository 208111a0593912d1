// SPDX-License-Identifier: Apache-2.0
//
// attribute: from what somebody outside says of our public address to a device. Reads the reports, asks the
// daemon (or a copy of its journal) about each, shows the testimonies.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "daemon/cli/client.h"
#include "daemon/cli/command.h"
#include "daemon/cli/inquiry_flags.h"
#include "daemon/cli/render.h"
#include "daemon/cli/report_files.h"
#include "daemon/control/answer.h"
#include "daemon/control/settings.h"
#include "daemon/inquiry/inquiry.h"
#include "daemon/journal/inquire.h"
#include "daemon/report/reader.h"
#include "probes/process/clock.h"
#include "probes/process/flags.h"
#include "probes/wire/text.h"

namespace gatewitness::cli {
namespace {

using nlohmann::json;
using process::Flags;

struct Arguments {
  Place place;
  std::string journal;
  bool as_json = false;
  InquiryFlags said;
  std::vector<std::string> files;
};

std::expected<Arguments, Flags::Exit> parse(const Command& command, int argc, const char* const* argv) {
  Arguments arguments;
  Flags flags = daemon_flags(command, arguments.place, arguments.as_json);
  flags.text("--journal", arguments.journal);
  arguments.said.add_to(flags);
  auto rest = flags.parse(argc, argv);
  if (!rest) return std::unexpected(rest.error());
  arguments.files = std::move(*rest);
  const bool in_flags = arguments.said.any();
  if (arguments.files.empty() && !in_flags)
    return std::unexpected(flags.usage_error("needs a report, or --at and --public-address, or --queue-id"));
  if (!arguments.files.empty() && in_flags)
    return std::unexpected(flags.usage_error("takes a report, or what one would say, not both"));
  if (std::count(arguments.files.begin(), arguments.files.end(), "-") > 1)
    return std::unexpected(flags.usage_error("reads standard input once"));
  return arguments;
}

// Whom to ask: the daemon, or a copy of its journal.
class Witnesses {
 public:
  static std::expected<Witnesses, std::string> of(const Arguments& arguments) {
    Witnesses made;
    made.journal_ = arguments.journal;
    if (!made.journal_.empty()) {
      auto config = control::read_config(arguments.place.config, {});
      if (!config) return std::unexpected(config.error().front());
      made.options_ = {config->pipeline.network, config->pipeline.attribution, config->pipeline.identity};
      return made;
    }
    auto run_dir = find_run_dir(arguments.place);
    if (!run_dir) return std::unexpected(run_dir.error());
    made.run_dir_ = std::move(*run_dir);
    return made;
  }

  std::expected<json, std::string> attribute(const Inquiry& inquiry) const {
    if (!journal_.empty())
      return journal::inquire_copy(journal_, inquiry, options_, process::wall_clock_now());
    return ask(run_dir_, {{"command", "attribute"}, {"inquiry", to_json(inquiry)}});
  }
  std::expected<std::set<IpAddress>, std::string> own_addresses() const {
    const auto listed = journal_.empty() ? ask(run_dir_, {{"command", "addresses"}})
                                         : journal::outside_addresses_of_copy(journal_);
    if (!listed) return std::unexpected(listed.error());
    std::set<IpAddress> own;
    for (const auto& row : *listed) {
      if (const auto address = IpAddress::parse(row.value("address", ""))) own.insert(address->unmapped());
    }
    return own;
  }

 private:
  std::string run_dir_, journal_;
  TestifyOptions options_;
};

struct Tally {
  uint64_t named = 0, several = 0, nobody = 0, unread = 0;
  uint64_t all() const { return named + several + nobody + unread; }
  void count(const json& testimony) {
    const std::string verdict = testimony.value("verdict", "nobody");
    ++(verdict == "named" ? named : verdict == "several" ? several : nobody);
  }
  int status() const {
    if (unread > 0) return kFailed;
    return several + nobody > 0 ? kNotNamed : kDone;
  }
};

class Session {
 public:
  Session(const Command& command, const Arguments& arguments, Witnesses witnesses, Duration skew)
      : command_(command), arguments_(arguments), witnesses_(std::move(witnesses)), skew_(skew) {}

  int flags() {
    const auto inquiry = arguments_.said.inquiry(skew_);
    if (!inquiry) return complain(command_, inquiry.error(), kUsage);
    auto testimony = witnesses_.attribute(*inquiry);
    if (!testimony) return complain(command_, testimony.error());
    show(std::move(*testimony), nullptr);
    return tally_.status();
  }

  int reports() {
    const auto files = expand(arguments_.files);
    if (!files) return complain(command_, files.error());
    auto own = witnesses_.own_addresses();
    if (!own) return complain(command_, own.error());
    if (const auto said = IpAddress::parse(arguments_.said.public_address))
      own->insert(said->unmapped());
    else if (!arguments_.said.public_address.empty())
      return complain(command_, "--public-address must be an IPv4 or IPv6 address", kUsage);
    report::ReadOptions options;
    if (!own->empty())
      options.is_own = [&](const IpAddress& address) { return own->contains(address.unmapped()); };
    for (const auto& file : *files) {
      if (const auto status = one_file(file, options); status != kDone) return status;
    }
    if (tally_.all() > 1 && !arguments_.as_json) write_output(summary());
    return tally_.status();
  }

 private:
  void unread(const std::string& what) {
    ++tally_.unread;
    (void)complain(command_, what);
  }

  // kDone: go on with the next.
  int one_file(const std::string& file, const report::ReadOptions& options) {
    const auto bytes = read_bytes(file);
    if (!bytes) {
      unread(bytes.error());
      return kDone;
    }
    const std::string name = file == "-" ? "standard input" : printable(file, 256);
    const auto reading =
        report::read_report({reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size()}, options);
    for (const auto& error : reading.errors) unread(name + ": " + report::to_string(error));
    for (const auto& note : reading.notes) (void)complain(command_, name + ": " + note);
    for (std::size_t i = 0; i < reading.claims.size();) {
      std::size_t end = i + 1;  // all candidates of one message
      while (end < reading.claims.size() && reading.claims[end].candidate > 1) ++end;
      if (const auto status = one_message(name, {&reading.claims[i], end - i}); status != kDone)
        return status;
      i = end;
    }
    return kDone;
  }

  // The most trusted candidate whose connection is known; if none is, the most trusted one's answer.
  int one_message(const std::string& file, std::span<const report::Claim> candidates) {
    std::optional<json> first;
    const report::Claim* of_first = nullptr;
    for (const auto& claim : candidates) {
      const Inquiry inquiry = inquiry_of(claim, skew_);
      if (what_is_missing(inquiry)) continue;
      auto testimony = witnesses_.attribute(inquiry);
      if (!testimony) return complain(command_, testimony.error());
      const bool fits = !testimony->at("candidates").empty();
      if (first && !fits) continue;
      first = std::move(*testimony);
      of_first = &claim;
      if (fits) break;
    }
    if (!first) {
      unread(file + ": " + candidates.front().source + ": says neither when nor a queue id");
      return kDone;
    }
    const json report = {{"file", file},
                         {"source", of_first->source},
                         {"format", of_first->format},
                         {"time_source", of_first->time_source},
                         {"receiver", printable(of_first->receiver, 255)},
                         {"candidate", of_first->candidate},
                         {"candidates", of_first->candidates},
                         {"notes", of_first->notes}};
    show(std::move(*first), &report);
    return kDone;
  }

  void show(json testimony, const json* report) {
    tally_.count(testimony);
    testimony["report"] = report == nullptr ? json(nullptr) : *report;
    if (arguments_.as_json) return write_output(control::as_line(testimony) + "\n");
    const Style style = style_of_output();
    write_output((shown_++ > 0 ? "\n" + std::string(style.width, '-') + "\n\n" : "") +
                 render_testimony(testimony, style));
  }

  std::string summary() const {
    const auto count = [](uint64_t number, const char* what) {
      return number == 0 ? std::string() : ", " + thousands(number) + " " + what;
    };
    const std::string parts = count(tally_.named, "with one device") + count(tally_.several, "with several") +
                              count(tally_.nobody, "with none") + count(tally_.unread, "not understood");
    return "\n" + thousands(tally_.all()) + " reports: " + parts.substr(2) + ".\n";
  }

  const Command& command_;
  const Arguments& arguments_;
  Witnesses witnesses_;
  Duration skew_;
  Tally tally_;
  uint64_t shown_ = 0;
};

}  // namespace

int run_attribute(const Command& command, int argc, const char* const* argv) {
  const auto arguments = parse(command, argc, argv);
  if (!arguments) return Flags::print(arguments.error());
  const auto skew = arguments->said.skew_time();
  if (!skew) return complain(command, skew.error(), kUsage);
  auto witnesses = Witnesses::of(*arguments);
  if (!witnesses) return complain(command, witnesses.error());
  Session session(command, *arguments, std::move(*witnesses), *skew);
  return arguments->files.empty() ? session.flags() : session.reports();
}

}  // namespace gatewitness::cli
