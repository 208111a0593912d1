// SPDX-License-Identifier: Apache-2.0
//
// EVENTS.md and the stream say the same: every field that is sent is documented, and every documented field
// is sent.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "daemon/control/guard_desk.h"
#include "daemon/control/witness.h"
#include "tests/unit/control/one_attempt.h"
#include "tests/unit/process/temporary_folder.h"
#include "tests/unit/wire/random_record.h"

namespace gatewitness::control {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Fields = std::map<std::string, std::set<std::string>>;  // by section

const Timestamp kStart{std::chrono::seconds(1'790'000'000)};

// "smtp.refusals.kind": lists are walked as what they hold.
void add_paths(const json& value, const std::string& prefix, std::set<std::string>& into) {
  if (value.is_object())
    for (const auto& [key, inner] : value.items()) {
      const std::string path = prefix.empty() ? key : prefix + "." + key;
      into.insert(path);
      add_paths(inner, path, into);
    }
  if (value.is_array())
    for (const auto& inner : value) add_paths(inner, prefix, into);
}

// The tables below each heading "## `name`", their first column.
Fields documented() {
  Fields fields;
  std::ifstream file(GATEWITNESS_EVENTS_DOCUMENT);
  static const std::regex kHeading("## `([a-z_-]+)`"), kNames("`([a-z0-9_.]+)`");
  std::string line, section;
  std::smatch found;
  while (std::getline(file, line)) {
    if (std::regex_match(line, found, kHeading)) section = found[1];
    if (section.empty() || !line.starts_with("| `")) continue;
    const std::string first = line.substr(0, line.find(" | "));
    for (std::sregex_iterator name(first.begin(), first.end(), kNames), end; name != end; ++name)
      fields[section].insert((*name)[1]);
  }
  return fields;
}

Fields of_records() {
  Fields fields;
  for (uint64_t i = 0; i < 2000; ++i) {
    const auto envelope =
        wire::filled(static_cast<std::size_t>(i % std::variant_size_v<wire::Record>), wire::RandomFiller(i));
    const json line = json::parse(wire::to_json_line(envelope));
    if (line.at("type") == "frame") continue;  // evidence stays in the journal
    add_paths(line.at("record"), "", fields[line.at("type")]);
    for (const auto& [key, value] : line.items()) fields["record"].insert(key);
  }
  return fields;
}

Fields of_events() {
  Fields fields;
  TemporaryFolder folder;
  auto witness = Witness::open({}, {folder.path() + "/journal.db", ""}, kStart);
  if (!witness) return fields;
  const std::vector<std::vector<uint8_t>> messages = {
      attempt(0, kStart), wire::encode({{"capture", 1, 1, kStart}, wire::ProbeStatus{}})};
  (void)witness->receive(messages, kStart);
  auto lines = witness->take_events();
  witness->tick(kStart + 24h);
  for (auto& line : witness->take_events()) lines.push_back(std::move(line));
  for (const auto& text : lines) {
    const json line = json::parse(text);
    const std::string name = line.at("event");
    add_paths(line, "", fields[name.starts_with("incident-") ? "incident" : name]);
  }
  return fields;
}

// Of what the guard's answer makes known: one quarantine began, then it was over.
Fields of_quarantines() {
  config::GuardConfig config;
  config.enabled = true;
  GuardDesk desk(config);
  const Home nobody = {
      .device_of = [](std::string_view) { return std::nullopt; },
      .device = [](const DeviceId&) { return json(); },
      .addresses_of = [](const DeviceId&) { return std::vector<IpAddress>(); },
      .mac_of = [](const IpAddress&) { return std::nullopt; },
      .is_gateway = [](const MacAddress&) { return false; },
  };
  quarantine::Quarantine one;
  one.target = *quarantine::Target::parse("02:00:5e:10:00:01");
  one.addresses = {*IpAddress::parse("192.168.1.20")};
  one.end = kStart + 1h;
  desk.learn({}, quarantine::Reply{{}, {}, {one}}, nobody, kStart);
  desk.learn({}, quarantine::Reply{}, nobody, kStart + 1h);
  Fields fields;
  for (const auto& line : desk.take_events()) {
    const json told = json::parse(line);
    add_paths(told, "", fields[told.at("event")]);
  }
  EXPECT_EQ(fields["device-quarantined"], fields["device-released"]);
  return {{"quarantine", fields["device-quarantined"]}};
}

TEST(Events, TheDocumentIsTrue) {
  Fields sent = of_records();
  sent.merge(of_events());
  sent.merge(of_quarantines());
  const Fields told = documented();
  for (const auto& [section, fields] : sent) {
    SCOPED_TRACE(section);
    ASSERT_TRUE(told.contains(section));
    for (const auto& field : fields)
      EXPECT_TRUE(told.at(section).contains(field)) << field << " is not documented";
  }
  for (const auto& [section, fields] : told) {
    SCOPED_TRACE(section);
    ASSERT_TRUE(sent.contains(section));
    for (const auto& field : fields)
      EXPECT_TRUE(sent.at(section).contains(field)) << field << " is never sent";
  }
}

}  // namespace
}  // namespace gatewitness::control
