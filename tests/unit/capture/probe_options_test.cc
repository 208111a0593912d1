// SPDX-License-Identifier: Apache-2.0
#include "probes/capture/probe_options.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "probes/capture/hash_key.h"
#include "probes/capture/record_outlet.h"
#include "tests/unit/process/temporary_folder.h"

namespace gatewitness::capture {
namespace {

auto parse(std::vector<const char*> words) {
  words.insert(words.begin(), "gatewitness-capture");
  return parse_options(static_cast<int>(words.size()), words.data());
}

TEST(ProbeOptions, AllOfThem) {
  const auto options =
      parse({"--interface", "br-lan",       "--interface", "guest",   "--publish",   "ipc:///run/x",
             "--hints",     "ipc:///run/h", "--user",      "witness", "--mail-port", "2526",
             "--hash-key",  "/k",           "--heartbeat", "3",       "--buffer",    "1048576",
             "--flows",     "300",          "--dialogues", "20",      "--no-ndpi",   "--allow-no-seccomp"});
  ASSERT_TRUE(options) << options.error().text;
  EXPECT_EQ(options->interfaces, (std::vector<std::string>{"br-lan", "guest"}));
  EXPECT_EQ(options->publish, "ipc:///run/x");
  EXPECT_EQ(options->hints, "ipc:///run/h");
  EXPECT_EQ(options->user, "witness");
  EXPECT_EQ(options->mail_ports, std::vector<uint16_t>{2526});
  EXPECT_EQ(options->hash_key, "/k");
  EXPECT_EQ(options->heartbeat, std::chrono::seconds(3));
  EXPECT_EQ(options->buffer_bytes, 1048576U);
  EXPECT_EQ(options->flows, 300U);
  EXPECT_EQ(options->dialogues, 20U);
  EXPECT_FALSE(options->use_ndpi);
  EXPECT_TRUE(options->allow_no_seccomp);
}

TEST(ProbeOptions, ContradictionsAreNamed) {
  struct Case {
    std::vector<const char*> words;
    const char* want;
  };
  const Case cases[] = {
      {{"--publish", "ipc:///x"}, "needs --interface or --file"},
      {{"--publish", "ipc:///x", "--interface", "a", "--file", "b"}, "not both"},
      {{"--interface", "a"}, "needs --publish"},
      {{"--interface", "a", "--publish", "tcp://10.0.0.1:1"}, "ipc://"},
      {{"--interface", "a", "--publish", "ipc://"}, "ipc://"},
      {{"--interface", "a", "--publish", "ipc:///x", "--hints", "tcp://h:1"}, "ipc://"},
      {{"--interface", "a", "--interface", "a", "--publish", "ipc:///x"}, "twice"},
      {{"--interface", "a", "--publish", "ipc:///x", "--mail-port", "0"}, "--mail-port"},
      {{"--interface", "a", "--publish", "ipc:///x", "--mail-port", "65536"}, "--mail-port"},
      {{"--interface", "a", "--publish", "ipc:///x", "stray"}, "stray"},
  };
  for (const auto& c : cases) {
    const auto options = parse(c.words);
    ASSERT_FALSE(options) << c.want;
    EXPECT_EQ(options.error().status, 2);
    EXPECT_NE(options.error().text.find(c.want), std::string::npos) << options.error().text;
  }
}

TEST(ProbeOptions, HelpFitsAScreen) {
  const auto options = parse({"--help"});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().status, 0);
  EXPECT_LE(std::ranges::count(options.error().text, '\n'), 40);
}

TEST(HashKey, IsSixteenPrivateBytes) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/key";
  struct Case {
    const char* content;
    mode_t mode;
    bool good;
  };
  for (const Case& c : {Case{"0123456789abcdef", 0600, true},
                        {"0123456789abcdef", 0640, true},
                        {"0123456789abcdef", 0644, false},
                        {"0123456789abcde", 0600, false},
                        {"0123456789abcdefg", 0600, false},
                        {"", 0600, false}}) {
    std::ofstream(path) << c.content;
    ::chmod(path.c_str(), c.mode);
    const auto key = read_hash_key(path);
    EXPECT_EQ(key.has_value(), c.good) << c.content << " " << c.mode;
    if (key) {
      EXPECT_EQ((*key)[15], 'f');
    }
    std::remove(path.c_str());
  }
  EXPECT_NE(read_hash_key(path).error().find("No such file"), std::string::npos);
  EXPECT_NE(random_hash_key(), random_hash_key());
}

TEST(Hints, AreMailOnPortsThatAreNotMailPorts) {
  const auto attempt = [](uint16_t port, wire::IsMail is_mail) {
    wire::Attempt made;
    made.flow.destination.port = port;
    made.is_mail = is_mail;
    return made;
  };
  using enum wire::IsMail;
  EXPECT_TRUE(is_hint(attempt(2526, kYes), {}));
  EXPECT_FALSE(is_hint(attempt(2526, kUnknown), {}));
  EXPECT_FALSE(is_hint(attempt(2526, kNo), {}));
  EXPECT_FALSE(is_hint(attempt(2526, kYes), {2526}));
  EXPECT_FALSE(is_hint(attempt(25, kYes), {}));
  EXPECT_FALSE(is_hint(wire::ProbeStatus{}, {}));
}

}  // namespace
}  // namespace gatewitness::capture
