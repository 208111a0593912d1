// SPDX-License-Identifier: Apache-2.0
//
// conf/gatewitness.yaml is the documentation of the keys: it must say what the code does.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <fstream>
#include <set>
#include <sstream>

#include "daemon/config/keys.h"

namespace gatewitness::config {
namespace {

std::string file(const std::string& name) {
  std::ifstream in(std::string(GATEWITNESS_CONF) + "/" + name);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

Config parsed(const std::string& text) {
  const auto config = parse(text);
  if (!config) ADD_FAILURE() << to_string("file", config.error().front());
  return config ? *config : Config{};
}

void collect(const YAML::Node& map, const std::string& prefix, std::set<std::string>& paths) {
  for (const auto& pair : map) {
    const std::string path = prefix + pair.first.as<std::string>();
    if (pair.second.IsMap() && path != "devices" && path != "notify.channels")
      collect(pair.second, path + ".", paths);
    else
      paths.insert(path);
  }
}

// Every number, text and flag of a Config that the table reaches, as text.
std::string fingerprint(Config c) {
  std::ostringstream out;
  out << c.daemon.run_dir << ' ' << c.daemon.state_dir << ' ' << c.daemon.user << ' '
      << static_cast<int>(c.daemon.log_level) << ' ' << c.capture.interfaces.size() << ' '
      << c.capture.mail_ports.size() << ' ' << c.capture.buffer_bytes << ' ' << c.journal.snapshot_records
      << ' ' << c.pipeline.network.lan_prefixes.size() << ' ' << c.pipeline.owner.size();
  out << ' ' << c.guard.all << ' ' << static_cast<int>(c.guard.automatic) << ' ' << c.guard.most;
  const auto& a = c.pipeline.attribution;
  out << ' ' << a.devices << ' ' << a.bindings << ' ' << a.addresses_per_device << ' '
      << a.shared_mac_addresses;
  const auto& d = c.pipeline.detection;
  out << ' ' << d.burst.short_attempts << ' ' << d.burst.long_attempts << ' ' << d.burst.destinations << ' '
      << d.failed_contacts.destinations << ' ' << d.failed_contacts.blocked_attempts << ' '
      << d.burst.server_attempts << ' ' << d.burst.server_unlearned << ' ' << d.burst.server_days << ' '
      << d.credentials.identities << ' ' << d.credentials.providers << ' '
      << d.credentials.appliance_providers << ' ' << d.credentials.bulk << ' ' << d.credentials.refused_logins
      << ' ' << d.credentials.refused_at_one << ' ' << d.credentials.short_bytes << ' ' << d.support.mx_names
      << ' ' << d.relay.destinations << ' ' << d.scan.hosts << ' ' << d.scan.ports << ' ' << d.smarthost_days
      << ' ' << c.pipeline.incident.incidents << ' ' << c.pipeline.incident.attempts << ' ' << c.notify.queue
      << ' ' << c.notify.quiet_hours.has_value() << ' ' << c.notify.url << ' ' << c.notify.channels.size()
      << ' ' << c.identity.vendors << ' ' << c.identity.ethers;
  for (const auto& path : c.identity.leases) out << ' ' << path;
  for (const Key& key : keys()) {
    if (const auto* flag = std::get_if<FlagKey>(&key.kind)) out << ' ' << flag->at(c);
    if (const auto* real = std::get_if<RealKey>(&key.kind)) out << ' ' << real->at(c);
    if (const auto* duration = std::get_if<DurationKey>(&key.kind)) out << ' ' << duration->at(c).count();
  }
  return out.str();
}

TEST(ConfFile, ParsesToTheDefaults) {
  EXPECT_EQ(fingerprint(parsed(file("gatewitness.yaml"))), fingerprint(Config{}));
}

TEST(ConfFile, MentionsExactlyAllKeys) {
  std::set<std::string> in_file;
  collect(YAML::Load(file("gatewitness.yaml")), "", in_file);
  std::set<std::string> in_table;
  for (const Key& key : keys()) EXPECT_TRUE(in_table.emplace(key.path).second) << key.path << " twice";
  EXPECT_EQ(in_file, in_table);
}

TEST(ConfFile, EveryDefaultLiesInItsRange) {
  Config defaults;
  for (const Key& key : keys()) {
    SCOPED_TRACE(key.path);
    if (const auto* real = std::get_if<RealKey>(&key.kind)) {
      EXPECT_GE(real->at(defaults), real->low);
      EXPECT_LE(real->at(defaults), real->high);
    }
    if (const auto* duration = std::get_if<DurationKey>(&key.kind)) {
      EXPECT_GE(duration->at(defaults), duration->low);
      EXPECT_LE(duration->at(defaults), duration->high);
    }
  }
}

TEST(ConfFile, TheHomeProfileParses) {
  EXPECT_EQ(parsed(file("profiles/home.yaml")).capture.interfaces, std::vector<std::string>{"br-lan"});
}

// What the documents promise of it (packaging/README.md).
TEST(ConfFile, TheIspProfileKeepsLessAndTellsNobody) {
  const Config isp = parsed(file("profiles/isp.yaml"));
  EXPECT_EQ(isp.capture.evidence_frames, 0U);
  EXPECT_LE(isp.journal.max_age, std::chrono::days(7));
  EXPECT_TRUE(isp.journal.in_memory);
  EXPECT_TRUE(isp.identity.ethers.empty());
  EXPECT_TRUE(isp.notify.channels.empty());
  EXPECT_FALSE(isp.guard.enabled);
  EXPECT_TRUE(isp.pipeline.owner.empty());
  EXPECT_TRUE(isp.capture.interfaces.empty()) << "each gateway finds its own";
}

}  // namespace
}  // namespace gatewitness::config
