// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/keys.h"

#include <algorithm>

#include "daemon/alert/schedule.h"
#include "daemon/config/channels.h"
#include "daemon/config/values.h"

namespace gatewitness::config {
namespace {

using namespace std::chrono_literals;

constexpr Duration kDay = 24h;

// A socket's path has 107 bytes (unix(7)); the longest name below it takes 13.
bool is_folder(std::string_view text) {
  return text.size() >= 2 && text.size() <= 90 && text.front() == '/' && text.find('\0') == text.npos;
}

bool is_path_or_empty(std::string_view text) {
  return text.empty() || is_folder(text);
}

bool is_loopback(std::string_view text) {
  if (text.empty()) return true;
  for (const std::string_view host : {"127.0.0.1:", "[::1]:"}) {
    if (!text.starts_with(host)) continue;
    const auto port = parse_count(text.substr(host.size()));
    return port && *port >= 1 && *port <= 65535;
  }
  return false;
}

bool is_user_name(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// As the kernel's dev_valid_name() has it.
bool is_interface_name(std::string_view text) {
  return !text.empty() && text.size() <= 15 && text != "." && text != ".." &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != '/' && c != ':'; });
}

constexpr std::string_view kLevels[] = {"error", "warning", "info", "debug"};

bool is_language(std::string_view text) {
  return words::parse_language(text).has_value();
}

bool is_level(std::string_view text) {
  return std::ranges::find(kLevels, text) != std::end(kLevels);
}

void set_level(Config& config, std::string_view text) {
  config.daemon.log_level = static_cast<LogLevel>(std::ranges::find(kLevels, text) - kLevels);
}

bool is_scope(std::string_view text) {
  return text == "mail" || text == "all";
}

constexpr std::string_view kAutomatic[] = {"off", "mail", "all"};

bool is_automatic(std::string_view text) {
  return std::ranges::find(kAutomatic, text) != std::end(kAutomatic);
}

void set_automatic(Config& config, std::string_view text) {
  config.guard.automatic = static_cast<Automatic>(std::ranges::find(kAutomatic, text) - kAutomatic);
}

template <typename T, typename U>
bool add_once(std::vector<T>& list, U&& value) {
  if (std::ranges::find(list, value) != list.end()) return false;
  list.emplace_back(std::forward<U>(value));
  return true;
}

bool add_interface(Config& config, std::string_view text) {
  return is_interface_name(text) && add_once(config.capture.interfaces, std::string(text));
}

bool add_mail_port(Config& config, std::string_view text) {
  const auto port = parse_count(text);
  if (!port || *port < 1 || *port > 65535) return false;
  return !config.pipeline.network.is_mail_port(static_cast<uint16_t>(*port)) &&
         add_once(config.capture.mail_ports, static_cast<uint16_t>(*port));
}

bool add_leases(Config& config, std::string_view text) {
  return is_folder(text) && add_once(config.identity.leases, std::string(text));
}

bool add_prefix(Config& config, std::string_view text) {
  const auto prefix = Prefix::parse(text);
  return prefix && add_once(config.pipeline.network.lan_prefixes, *prefix);
}

// A number's place, whatever its width: the table's range keeps it from wrapping.
#define GATEWITNESS_COUNT(low, high, member)                                                               \
  CountKey {                                                                                               \
    low, high, [](Config& c, uint64_t value) { c.member = static_cast<decltype(Config{}.member)>(value); } \
  }
#define GATEWITNESS_AT(member) \
  [](Config & c) -> auto& {    \
    return c.member;           \
  }

constexpr Key kKeys[] = {
    {"daemon.run_dir", TextKey{is_folder, "an absolute path of at most 90 bytes",
                               [](Config& c, std::string_view v) { c.daemon.run_dir = v; }}},
    {"daemon.state_dir", TextKey{is_folder, "an absolute path of at most 90 bytes",
                                 [](Config& c, std::string_view v) { c.daemon.state_dir = v; }}},
    {"daemon.user",
     TextKey{is_user_name, "the name of a user", [](Config& c, std::string_view v) { c.daemon.user = v; }}},
    {"daemon.allow_no_seccomp", FlagKey{GATEWITNESS_AT(daemon.allow_no_seccomp)}},
    {"daemon.log_level", TextKey{is_level, "one of error, warning, info, debug", set_level}},

    {"capture.interfaces",
     ListKey{16, "an interface's name of at most 15 characters, and given once", add_interface}},
    {"capture.mail_ports",
     ListKey{16, "a port from 1 to 65535, given once, and none of 25, 465, 587, 2525", add_mail_port}},
    {"capture.buffer", GATEWITNESS_COUNT(64 * 1024, 256 * 1024 * 1024, capture.buffer_bytes)},
    {"capture.heartbeat", DurationKey{1s, 1h, GATEWITNESS_AT(capture.heartbeat)}},
    {"capture.ndpi", FlagKey{GATEWITNESS_AT(capture.ndpi)}},
    {"capture.evidence_frames", GATEWITNESS_COUNT(0, 64, capture.evidence_frames)},
    {"capture.flows", GATEWITNESS_COUNT(256, 1024 * 1024, capture.flows)},
    {"capture.dialogues", GATEWITNESS_COUNT(16, 64 * 1024, capture.dialogues)},

    {"journal.in_memory", FlagKey{GATEWITNESS_AT(journal.in_memory)}},
    {"journal.copy_interval", DurationKey{1min, 7 * kDay, GATEWITNESS_AT(journal.copy_interval)}},
    {"journal.max_age", DurationKey{1h, 3650 * kDay, GATEWITNESS_AT(journal.max_age)}},
    {"journal.max_bytes", GATEWITNESS_COUNT(1024 * 1024, 64ULL * 1024 * 1024 * 1024, journal.max_bytes)},
    {"journal.snapshot_records", GATEWITNESS_COUNT(100, 1'000'000, journal.snapshot_records)},
    {"journal.snapshot_interval", DurationKey{1s, kDay, GATEWITNESS_AT(journal.snapshot_interval)}},

    {"identity.vendors", TextKey{is_path_or_empty, "an absolute path of at most 90 bytes, or empty",
                                 [](Config& c, std::string_view v) { c.identity.vendors = v; }}},
    {"identity.leases", ListKey{8, "an absolute path of at most 90 bytes, given once", add_leases,
                                [](Config& c) { c.identity.leases.clear(); }}},
    {"identity.ethers", TextKey{is_path_or_empty, "an absolute path of at most 90 bytes, or empty",
                                [](Config& c, std::string_view v) { c.identity.ethers = v; }}},
    {"guard.enabled", FlagKey{GATEWITNESS_AT(guard.enabled)}},
    {"guard.scope",
     TextKey{is_scope, "mail or all", [](Config& c, std::string_view v) { c.guard.all = v == "all"; }}},
    {"guard.for", DurationKey{1min, 365 * kDay, GATEWITNESS_AT(guard.length)}},
    {"guard.automatic", TextKey{is_automatic, "off, mail or all", set_automatic}},
    {"guard.automatic_for", DurationKey{1min, 365 * kDay, GATEWITNESS_AT(guard.automatic_length)}},
    {"guard.most", GATEWITNESS_COUNT(1, 64, guard.most)},

    {"network.lan_prefixes", ListKey{64, "an IPv4 or IPv6 prefix without host bits, given once", add_prefix}},
    {"devices", DevicesKey{1024}},

    {"attribution.devices", GATEWITNESS_COUNT(16, 65536, pipeline.attribution.devices)},
    {"attribution.bindings", GATEWITNESS_COUNT(64, 1'048'576, pipeline.attribution.bindings)},
    {"attribution.addresses_per_device",
     GATEWITNESS_COUNT(4, 256, pipeline.attribution.addresses_per_device)},
    {"attribution.claim_validity",
     DurationKey{1min, kDay, GATEWITNESS_AT(pipeline.attribution.claim_validity)}},
    {"attribution.binding_grace",
     DurationKey{100ms, 60s, GATEWITNESS_AT(pipeline.attribution.binding_grace)}},
    {"attribution.shared_mac_addresses", GATEWITNESS_COUNT(2, 64, pipeline.attribution.shared_mac_addresses)},

    {"detection.policy.enabled", FlagKey{GATEWITNESS_AT(pipeline.detection.policy.enabled)}},
    {"detection.policy.mx_window", DurationKey{1s, 1h, GATEWITNESS_AT(pipeline.detection.policy.mx_window)}},
    {"detection.policy.mx_weight",
     RealKey{0, 20, "from 0 to 20", GATEWITNESS_AT(pipeline.detection.policy.mx_weight)}},
    {"detection.burst.enabled", FlagKey{GATEWITNESS_AT(pipeline.detection.burst.enabled)}},
    {"detection.burst.short_attempts",
     GATEWITNESS_COUNT(2, 100'000, pipeline.detection.burst.short_attempts)},
    {"detection.burst.short_window",
     DurationKey{1s, 1h, GATEWITNESS_AT(pipeline.detection.burst.short_window)}},
    {"detection.burst.long_attempts", GATEWITNESS_COUNT(2, 100'000, pipeline.detection.burst.long_attempts)},
    {"detection.burst.long_window",
     DurationKey{10s, kDay, GATEWITNESS_AT(pipeline.detection.burst.long_window)}},
    {"detection.burst.destinations", GATEWITNESS_COUNT(1, 64, pipeline.detection.burst.destinations)},
    {"detection.burst.surprise",
     RealKey{1e-12, 0.1, "from 1e-12 to 0.1", GATEWITNESS_AT(pipeline.detection.burst.surprise)}},
    {"detection.burst.daily_weight",
     RealKey{0.001, 1, "from 0.001 to 1", GATEWITNESS_AT(pipeline.detection.burst.daily_weight)}},
    {"detection.burst.server_attempts",
     GATEWITNESS_COUNT(2, 100'000, pipeline.detection.burst.server_attempts)},
    {"detection.burst.server_factor",
     RealKey{1, 100, "from 1 to 100", GATEWITNESS_AT(pipeline.detection.burst.server_factor)}},
    {"detection.burst.server_unlearned",
     GATEWITNESS_COUNT(2, 1'000'000, pipeline.detection.burst.server_unlearned)},
    {"detection.burst.server_days", GATEWITNESS_COUNT(1, 365, pipeline.detection.burst.server_days)},
    {"detection.fan_out.enabled", FlagKey{GATEWITNESS_AT(pipeline.detection.fan_out.enabled)}},
    {"detection.fan_out.benign_new",
     RealKey{0.001, 0.999, "from 0.001 to 0.999", GATEWITNESS_AT(pipeline.detection.fan_out.benign_new)}},
    {"detection.fan_out.bot_new",
     RealKey{0.001, 0.999, "from 0.001 to 0.999", GATEWITNESS_AT(pipeline.detection.fan_out.bot_new)}},
    {"detection.fan_out.memory",
     DurationKey{kDay, 365 * kDay, GATEWITNESS_AT(pipeline.detection.fan_out.memory)}},
    {"detection.failed_contacts.enabled",
     FlagKey{GATEWITNESS_AT(pipeline.detection.failed_contacts.enabled)}},
    {"detection.failed_contacts.benign_failure",
     RealKey{0.001, 0.999, "from 0.001 to 0.999",
             GATEWITNESS_AT(pipeline.detection.failed_contacts.benign_failure)}},
    {"detection.failed_contacts.bot_failure",
     RealKey{0.001, 0.999, "from 0.001 to 0.999",
             GATEWITNESS_AT(pipeline.detection.failed_contacts.bot_failure)}},
    {"detection.failed_contacts.false_alarm",
     RealKey{1e-9, 0.1, "from 1e-9 to 0.1", GATEWITNESS_AT(pipeline.detection.failed_contacts.false_alarm)}},
    {"detection.failed_contacts.no_answer",
     DurationKey{1s, 75s, GATEWITNESS_AT(pipeline.detection.failed_contacts.no_answer)}},
    {"detection.failed_contacts.destinations",
     GATEWITNESS_COUNT(1, 32, pipeline.detection.failed_contacts.destinations)},
    {"detection.failed_contacts.blocked_share",
     RealKey{0.5, 1, "from 0.5 to 1", GATEWITNESS_AT(pipeline.detection.failed_contacts.blocked_share)}},
    {"detection.failed_contacts.blocked_attempts",
     GATEWITNESS_COUNT(1, 1000, pipeline.detection.failed_contacts.blocked_attempts)},
    {"detection.credentials.enabled", FlagKey{GATEWITNESS_AT(pipeline.detection.credentials.enabled)}},
    {"detection.credentials.identities", GATEWITNESS_COUNT(2, 16, pipeline.detection.credentials.identities)},
    {"detection.credentials.providers", GATEWITNESS_COUNT(2, 32, pipeline.detection.credentials.providers)},
    {"detection.credentials.appliance_providers",
     GATEWITNESS_COUNT(1, 32, pipeline.detection.credentials.appliance_providers)},
    {"detection.credentials.bulk", GATEWITNESS_COUNT(10, 10'000, pipeline.detection.credentials.bulk)},
    {"detection.credentials.refused_logins",
     GATEWITNESS_COUNT(2, 100, pipeline.detection.credentials.refused_logins)},
    {"detection.credentials.refused_at_one",
     GATEWITNESS_COUNT(2, 100, pipeline.detection.credentials.refused_at_one)},
    {"detection.credentials.refused_window",
     DurationKey{10s, kDay, GATEWITNESS_AT(pipeline.detection.credentials.refused_window)}},
    {"detection.credentials.short_session",
     DurationKey{1s, 1min, GATEWITNESS_AT(pipeline.detection.credentials.short_session)}},
    {"detection.credentials.short_bytes",
     GATEWITNESS_COUNT(500, 100'000, pipeline.detection.credentials.short_bytes)},
    {"detection.refusals.enabled", FlagKey{GATEWITNESS_AT(pipeline.detection.refusals.enabled)}},
    {"detection.refusals.weight",
     RealKey{0, 20, "from 0 to 20", GATEWITNESS_AT(pipeline.detection.refusals.weight)}},
    {"detection.refusals.list_weight",
     RealKey{0, 20, "from 0 to 20", GATEWITNESS_AT(pipeline.detection.refusals.list_weight)}},
    {"detection.refusals.benign_share",
     RealKey{0.001, 0.999, "from 0.001 to 0.999", GATEWITNESS_AT(pipeline.detection.refusals.benign_share)}},
    {"detection.refusals.bot_share",
     RealKey{0.001, 0.999, "from 0.001 to 0.999", GATEWITNESS_AT(pipeline.detection.refusals.bot_share)}},
    {"detection.support.dialect", FlagKey{GATEWITNESS_AT(pipeline.detection.support.dialect)}},
    {"detection.support.mx_queries", FlagKey{GATEWITNESS_AT(pipeline.detection.support.mx_queries)}},
    {"detection.support.mx_names", GATEWITNESS_COUNT(2, 64, pipeline.detection.support.mx_names)},
    {"detection.support.rhythm", FlagKey{GATEWITNESS_AT(pipeline.detection.support.rhythm)}},
    {"detection.relay.enabled", FlagKey{GATEWITNESS_AT(pipeline.detection.relay.enabled)}},
    {"detection.relay.step", DurationKey{1s, 10min, GATEWITNESS_AT(pipeline.detection.relay.step)}},
    {"detection.relay.destinations", GATEWITNESS_COUNT(1, 16, pipeline.detection.relay.destinations)},
    {"detection.scan.enabled", FlagKey{GATEWITNESS_AT(pipeline.detection.scan.enabled)}},
    {"detection.scan.hosts", GATEWITNESS_COUNT(2, 32, pipeline.detection.scan.hosts)},
    {"detection.scan.ports", GATEWITNESS_COUNT(2, 4, pipeline.detection.scan.ports)},
    {"detection.account.enabled", FlagKey{GATEWITNESS_AT(pipeline.detection.account.enabled)}},
    {"detection.account.false_alarm",
     RealKey{1e-9, 0.1, "from 1e-9 to 0.1", GATEWITNESS_AT(pipeline.detection.account.false_alarm)}},
    {"detection.account.half_life",
     DurationKey{1h, 365 * kDay, GATEWITNESS_AT(pipeline.detection.account.half_life)}},
    {"detection.smarthost_days", GATEWITNESS_COUNT(1, 30, pipeline.detection.smarthost_days)},

    {"incident.quiet", DurationKey{1min, 30 * kDay, GATEWITNESS_AT(pipeline.incident.quiet)}},
    {"incident.reopen", DurationKey{0s, 365 * kDay, GATEWITNESS_AT(pipeline.incident.reopen)}},
    {"incident.silence", DurationKey{5s, 1h, GATEWITNESS_AT(pipeline.incident.silence)}},
    {"incident.incidents", GATEWITNESS_COUNT(16, 65536, pipeline.incident.incidents)},
    {"incident.attempts", GATEWITNESS_COUNT(4, 1024, pipeline.incident.attempts)},

    {"notify.language",
     TextKey{is_language, "one of en (English), de (German), sv (Swedish)",
             [](Config& c, std::string_view v) { c.notify.language = *words::parse_language(v); }}},
    {"notify.repeat", DurationKey{10min, 7 * kDay, GATEWITNESS_AT(notify.repeat)}},
    {"notify.group_wait", DurationKey{0s, 5min, GATEWITNESS_AT(notify.group_wait)}},
    {"notify.poll", DurationKey{1s, 1min, GATEWITNESS_AT(notify.poll)}},
    {"notify.timeout", DurationKey{1s, 2min, GATEWITNESS_AT(notify.timeout)}},
    {"notify.max_age", DurationKey{1h, 30 * kDay, GATEWITNESS_AT(notify.max_age)}},
    {"notify.queue", GATEWITNESS_COUNT(16, 10'000, notify.queue)},
    {"notify.quiet_hours",
     TextKey{is_quiet_hours, "never, or local times such as 22:00-07:00",
             [](Config& c, std::string_view v) { c.notify.quiet_hours = alert::parse_quiet_hours(v); }}},
    {"notify.url",
     TextKey{is_web_address, "an address http(s)://HOST... of at most 1024 bytes, or empty in quotes",
             [](Config& c, std::string_view v) { c.notify.url = v; }}},
    {"notify.channels", ChannelsKey{alert::kMaxChannels}},

    {"metrics.textfile", TextKey{is_path_or_empty, "an absolute path of at most 90 bytes, or empty in quotes",
                                 [](Config& c, std::string_view v) { c.metrics.textfile = v; }}},
    {"metrics.interval", DurationKey{1s, 1h, GATEWITNESS_AT(metrics.interval)}},
    {"metrics.listen", TextKey{is_loopback, "127.0.0.1:PORT, [::1]:PORT, or empty in quotes",
                               [](Config& c, std::string_view v) { c.metrics.listen = v; }}},
    {"metrics.macs", FlagKey{GATEWITNESS_AT(metrics.macs)}},
};

#undef GATEWITNESS_COUNT
#undef GATEWITNESS_AT

struct Expectation {
  std::string operator()(const FlagKey&) const { return "must be true or false"; }
  std::string operator()(const CountKey& key) const {
    return "must be a whole number from " + std::to_string(key.low) + " to " + std::to_string(key.high);
  }
  std::string operator()(const RealKey& key) const { return std::string("must be a number ") + key.range; }
  std::string operator()(const DurationKey& key) const {
    return "must be a time with its unit (ms, s, m, h, d) from " + duration_text(key.low) + " to " +
           duration_text(key.high);
  }
  std::string operator()(const TextKey& key) const { return std::string("must be ") + key.range; }
  std::string operator()(const ListKey& key) const {
    return "must be a list of at most " + std::to_string(key.most) + ", each " + key.range;
  }
  std::string operator()(const DevicesKey& key) const {
    return "must be at most " + std::to_string(key.most) + " MAC addresses, each with a name, a role or both";
  }
  std::string operator()(const ChannelsKey& key) const {
    return "must be at most " + std::to_string(key.most) + " channels, each a name and its keys";
  }
};

}  // namespace

std::span<const Key> keys() {
  return kKeys;
}

std::string expectation(const Kind& kind) {
  return std::visit(Expectation{}, kind);
}

}  // namespace gatewitness::config
