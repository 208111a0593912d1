// SPDX-License-Identifier: Apache-2.0
#include "daemon/replay/replay.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/cli/command.h"
#include "daemon/cli/render.h"
#include "daemon/control/answer.h"
#include "daemon/control/settings.h"
#include "daemon/replay/progress.h"
#include "daemon/replay/replayer.h"
#include "probes/process/flags.h"
#include "probes/process/signals.h"
#include "probes/wire/text.h"

namespace gatewitness::replay {
namespace {

using nlohmann::json;
using process::Flags;

constexpr const char* kHelp =
    R"(usage: gatewitness replay FILE... [options]

Runs captures through the same code as live traffic, in one process, and ends
with a report. The same captures give the same bytes. Files: pcap or pcapng,
also .gz; "-": standard input; several are one capture in parts, oldest first.

  --json               the report as one line of JSON
  --exit-code          exit with 4 if an alarm is open at the end
  --lan PREFIX         addresses of the home besides private ones; may repeat
  --config FILE        detection and network settings (default: built-in ones)
  --no-progress        no progress bar on a terminal

Exit status: 0 read to the end; 1 could not; 2 wrong command line; 3 a capture
is truncated or damaged, what could be read is in the report; 4 as above.
)";

// For what it says of what goes wrong.
constexpr cli::Command kCommand = {"replay", "", kHelp, nullptr};

struct Arguments {
  std::vector<std::string> files;
  std::string config;
  std::vector<std::string> lan;
  bool as_json = false;
  bool exit_code = false;
  bool no_progress = false;
};

std::expected<Arguments, Flags::Exit> parse(int argc, const char* const* argv) {
  Arguments arguments;
  Flags flags("gatewitness replay", kHelp);
  flags.flag("--json", arguments.as_json);
  flags.flag("--exit-code", arguments.exit_code);
  flags.flag("--no-progress", arguments.no_progress);
  flags.text("--config", arguments.config);
  flags.texts("--lan", arguments.lan);
  auto rest = flags.parse(argc, argv);
  if (!rest) return std::unexpected(rest.error());
  if (rest->empty()) return std::unexpected(flags.usage_error("needs a capture file"));
  if (std::count(rest->begin(), rest->end(), "-") > 1)
    return std::unexpected(flags.usage_error("reads standard input once"));
  arguments.files = std::move(*rest);
  return arguments;
}

std::expected<config::Config, std::string> configure(const Arguments& arguments) {
  auto config = control::read_config(arguments.config, {});
  if (!config) {
    std::string lines;
    for (const auto& line : config.error()) lines += (lines.empty() ? "" : "\n") + line;
    return std::unexpected(lines);
  }
  for (const auto& text : arguments.lan) {
    const auto prefix = Prefix::parse(text);
    if (!prefix)
      return std::unexpected("--lan " + printable(text, 64) +
                             " is no prefix such as 198.51.100.0/24 or 2001:db8:1::/48");
    config->pipeline.network.lan_prefixes.push_back(*prefix);
  }
  return *config;
}

// All of them before the first is read: a wrong name must not cost an hour.
std::expected<std::vector<capture::FileSource>, std::string> open_all(const Arguments& arguments,
                                                                      const config::Config& config) {
  std::vector<capture::FileSource> sources;
  for (const auto& file : arguments.files) {
    auto source = capture::FileSource::open(file, config.capture.mail_ports);
    if (!source) return std::unexpected(source.error());
    sources.push_back(std::move(*source));
  }
  return sources;
}

bool is_whole(const capture::FileSource& source) {
  return source.state() == capture::FileState::kEnd;
}

// False: a signal ended it.
bool read_all(Replayer& replayer, std::vector<capture::FileSource>& sources, bool show_progress) {
  auto signals = process::SignalQueue::open_stop();
  ProgressBar bar(show_progress);
  Timestamp newest{};
  for (auto& source : sources) {
    const bool to_its_end = replayer.read(source, [&](const capture::FileSource::Progress& progress) {
      bar.show(source.path(), progress.bytes_read, progress.bytes_total, progress.records);
      return signals && signals->take().has_value();
    });
    bar.clear();
    if (!to_its_end) return false;
    if (!is_whole(source))
      (void)cli::complain(kCommand, printable(source.path(), 512) + ": " + source.state_text());
    if (source.progress().records > 0 && source.progress().newest < newest)
      (void)cli::complain(
          kCommand,
          printable(source.path(), 512) +
              " is older than the file before it: time does not step back, so name the oldest first");
    newest = std::max(newest, source.progress().newest);
  }
  replayer.finish();
  return true;
}

int run(int argc, const char* const* argv) {
  const auto arguments = parse(argc, argv);
  if (!arguments) return Flags::print(arguments.error());
  const auto config = configure(*arguments);
  if (!config) return cli::complain(kCommand, config.error());
  auto sources = open_all(*arguments, *config);
  if (!sources) return cli::complain(kCommand, sources.error());

  Replayer replayer(*config);
  if (!read_all(replayer, *sources, !arguments->no_progress))
    return cli::complain(kCommand, "interrupted: no report");
  const json report = replayer.report();
  const std::string text = arguments->as_json ? control::as_line(report) + "\n"
                                              : cli::render_replay(report, cli::style_of_output());
  cli::write_output(text);
  if (!std::all_of(sources->begin(), sources->end(), is_whole)) return cli::kPartial;
  return arguments->exit_code && !report.at("status").value("quiet", true) ? cli::kAlarmOpen : cli::kDone;
}

}  // namespace

int run_replay(int argc, const char* const* argv) {
  return cli::end_output(run(argc, argv));
}

}  // namespace gatewitness::replay
