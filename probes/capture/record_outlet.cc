// SPDX-License-Identifier: Apache-2.0
#include "probes/capture/record_outlet.h"

#include <algorithm>

#include "probes/capture/bpf_program.h"

namespace gatewitness::capture {
namespace {

constexpr const char* kProbe = "capture";
constexpr std::chrono::milliseconds kPatience{2000};
constexpr int kHintQueue = 64;

}  // namespace

bool is_hint(const wire::Record& record, const std::vector<uint16_t>& mail_ports) {
  const auto* attempt = std::get_if<wire::Attempt>(&record);
  if (attempt == nullptr || attempt->is_mail != wire::IsMail::kYes) return false;
  const uint16_t port = attempt->flow.destination.port;
  return std::ranges::find(kMailPorts, port) == kMailPorts.end() &&
         std::ranges::find(mail_ports, port) == mail_ports.end();
}

std::expected<void, std::string> RecordOutlet::connect(process::ZmqContext& context,
                                                       const ProbeOptions& options, bool patient) {
  mail_ports_ = options.mail_ports;
  process::PublisherOptions wanted{.endpoint = options.publish, .probe = kProbe};
  if (patient) {
    wanted.wait = kPatience;
    wanted.linger = kPatience;
  }
  auto daemon = process::Publisher::connect(context, wanted);
  if (!daemon) return std::unexpected(daemon.error());
  daemon_ = std::move(*daemon);
  if (options.hints.empty()) return {};
  auto hints = process::Publisher::connect(context, {.endpoint = options.hints,
                                                     .probe = kProbe,
                                                     .queue = kHintQueue,
                                                     .linger = std::chrono::milliseconds(0)});
  if (!hints) return std::unexpected(hints.error());
  hints_ = std::move(*hints);
  return {};
}

void RecordOutlet::publish(Timestamp time, const wire::Record& record) {
  if (daemon_) daemon_->publish(time, record);
  if (hints_ && is_hint(record, mail_ports_)) hints_->publish(time, record);
}

std::vector<wire::Counter> RecordOutlet::counters() const {
  return {{"records_published", daemon_ ? daemon_->published() : 0},
          {"records_dropped", daemon_ ? daemon_->dropped() : 0}};
}

}  // namespace gatewitness::capture
