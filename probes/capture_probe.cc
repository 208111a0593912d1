// SPDX-License-Identifier: Apache-2.0
//
// gatewitness-capture: opens its interfaces or files, locks the kernel filter, gives up all rights, enters
// its sandbox, and only then reads what strangers sent.
#include <cstdio>
#include <utility>

#include "probes/capture/hash_key.h"
#include "probes/capture/probe_loop.h"
#include "probes/capture/probe_options.h"
#include "probes/process/memory.h"
#include "probes/process/privileges.h"
#include "probes/process/sandbox.h"

namespace gatewitness::capture {
namespace {

constexpr const char* kProgram = "gatewitness-capture";

struct Opened {
  std::vector<LiveSource> interfaces;
  std::vector<process::FileDescriptor> files;  // not a byte of them is read yet
  dissect::HashKey key{};
  std::optional<process::User> user;
};

std::expected<Opened, std::string> open_everything(const ProbeOptions& options, const process::Log& log) {
  Opened opened;
  for (const auto& name : options.interfaces) {
    auto source = LiveSource::open(name, {options.mail_ports, options.buffer_bytes});
    if (!source) return std::unexpected(source.error());
    opened.interfaces.push_back(std::move(*source));
  }
  for (const auto& path : options.files) {
    auto file = FileSource::open_descriptor(path);
    if (!file) return std::unexpected(file.error());
    opened.files.push_back(std::move(*file));
  }
  if (options.hash_key.empty()) {
    opened.key = random_hash_key();
    log.info("no --hash-key: hashes of addresses will differ after a restart");
  } else {
    const auto key = read_hash_key(options.hash_key);
    if (!key) return std::unexpected(key.error());
    opened.key = *key;
  }
  auto user = process::find_user(options.user);
  if (!user) return std::unexpected(user.error());
  opened.user = std::move(*user);
  return opened;
}

std::expected<std::vector<FileSource>, std::string> adopt_files(Opened& opened, const ProbeOptions& options) {
  std::vector<FileSource> sources;
  for (std::size_t i = 0; i < opened.files.size(); ++i) {
    auto source = FileSource::adopt(std::move(opened.files[i]), options.files[i], options.mail_ports);
    if (!source) return std::unexpected(source.error());
    sources.push_back(std::move(*source));
  }
  return sources;
}

// What the owner should know, for the status.
std::string note_of(const Opened& opened, bool sandboxed) {
  std::string note;
  if (!sandboxed) note = "system calls are not restricted (no seccomp)";
  for (const auto& source : opened.interfaces) {
    if (source.link() == dissect::LinkType::kEthernet) continue;
    if (!note.empty()) note += "; ";
    note += source.interface() + " carries no MAC addresses: devices cannot be told apart there";
  }
  return note;
}

int fail(const process::Log& log, const std::string& text) {
  log.error(text);
  return 1;
}

int run(const ProbeOptions& options) {
  const process::Log log(kProgram);
  auto signals = process::SignalQueue::open_stop();
  if (!signals) return fail(log, signals.error());
  auto opened = open_everything(options, log);
  if (!opened) return fail(log, opened.error());
  auto context = process::ZmqContext::create();
  if (!context) return fail(log, context.error());
  if (auto dropped = process::drop_privileges(opened->user); !dropped) return fail(log, dropped.error());

  // Made before the sandbox: nDPI reads its tables, no packet yet.
  RecordOutlet outlet;
  dissect::DissectorConfig config{.hash_key = opened->key, .limits = {}, .use_ndpi = options.use_ndpi};
  config.limits.flows = options.flows;
  config.limits.talks = options.dialogues;
  config.evidence_frames = options.evidence_frames;
  config.mail_ports.insert(config.mail_ports.end(), options.mail_ports.begin(), options.mail_ports.end());
  dissect::Dissector dissector(std::move(config), [&outlet](dissect::TimedRecord&& timed) {
    outlet.publish(timed.time, timed.record);
  });
  const auto sandboxed = process::enter_sandbox(process::SandboxProfile::kCapture,
                                                {.allow_missing = options.allow_no_seccomp}, log);
  if (!sandboxed) return fail(log, sandboxed.error());

  auto files = adopt_files(*opened, options);
  if (!files) return fail(log, files.error());
  if (auto connected = outlet.connect(*context, options, !files->empty()); !connected)
    return fail(log, connected.error());
  process::give_back_memory();
  const ProbeParts parts{options, log, *signals, dissector, outlet, *sandboxed, note_of(*opened, *sandboxed)};
  return files->empty() ? run_live(parts, std::move(opened->interfaces))
                        : run_files(parts, std::move(*files));
}

}  // namespace
}  // namespace gatewitness::capture

int main(int argc, char** argv) {
  gatewitness::process::use_little_memory();
  const auto options = gatewitness::capture::parse_options(argc, argv);
  if (!options) return gatewitness::process::Flags::print(options.error());
  return gatewitness::capture::run(*options);
}
