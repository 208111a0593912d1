// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/cli/command.h"
#include "daemon/cli/progress.h"
#include "daemon/cli/render.h"
#include "daemon/cli/replayer.h"
#include "daemon/control/answer.h"
#include "daemon/control/settings.h"
#include "probes/process/flags.h"
#include "probes/process/signals.h"
#include "probes/wire/text.h"

namespace gatewitness::cli {
namespace {

using nlohmann::json;
using process::Flags;

struct Arguments {
  std::vector<std::string> files;
  std::string config;
  std::vector<std::string> lan;
  bool as_json = false;
  bool exit_code = false;
  bool no_progress = false;
};

std::expected<Arguments, Flags::Exit> parse(const Command& command, int argc, const char* const* argv) {
  Arguments arguments;
  Flags flags("gatewitness replay", command.help);
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
bool read_all(const Command& command, Replayer& replayer, std::vector<capture::FileSource>& sources,
              bool show_progress) {
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
      (void)complain(command, printable(source.path(), 512) + ": " + source.state_text());
    if (source.progress().records > 0 && source.progress().newest < newest)
      (void)complain(
          command,
          printable(source.path(), 512) +
              " is older than the file before it: time does not step back, so name the oldest first");
    newest = std::max(newest, source.progress().newest);
  }
  replayer.finish();
  return true;
}

}  // namespace

int run_replay(const Command& command, int argc, const char* const* argv) {
  const auto arguments = parse(command, argc, argv);
  if (!arguments) return Flags::print(arguments.error());
  const auto config = configure(*arguments);
  if (!config) return complain(command, config.error());
  auto sources = open_all(*arguments, *config);
  if (!sources) return complain(command, sources.error());

  Replayer replayer(*config);
  if (!read_all(command, replayer, *sources, !arguments->no_progress))
    return complain(command, "interrupted: no report");
  const json report = replayer.report();
  const std::string text =
      arguments->as_json ? control::as_line(report) + "\n" : render_replay(report, style_of_output());
  write_output(text);
  if (!std::all_of(sources->begin(), sources->end(), is_whole)) return kPartial;
  return arguments->exit_code && !report.at("status").value("quiet", true) ? kAlarmOpen : kDone;
}

}  // namespace gatewitness::cli
