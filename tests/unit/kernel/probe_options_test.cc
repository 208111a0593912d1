// SPDX-License-Identifier: Apache-2.0
#include "probes/kernel/probe_options.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gatewitness::kernel {
namespace {

std::expected<ProbeOptions, process::Flags::Exit> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "gatewitness-kernel");
  return parse_options(static_cast<int>(words.size()), words.data());
}

TEST(KernelProbeOptions, HasDefaults) {
  const auto options = parse({"--publish", "ipc:///run/x"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->mail_ports, (std::vector<uint16_t>{25, 465, 587, 2525}));
  EXPECT_EQ(options->user, "gatewitness");
  EXPECT_TRUE(options->hints.empty());
}

TEST(KernelProbeOptions, AddsMailPortsInOrderOnce) {
  const auto options =
      parse({"--publish=ipc:///run/x", "--mail-port=26", "--mail-port=25", "--mail-port=26"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->mail_ports, (std::vector<uint16_t>{25, 26, 465, 587, 2525}));
}

TEST(KernelProbeOptions, TakesSixteenMorePortsAndNotSeventeen) {
  std::vector<std::string> texts;
  for (int i = 0; i < 17; ++i) texts.push_back("--mail-port=" + std::to_string(3000 + i));
  std::vector<const char*> words = {"--publish=ipc:///run/x"};
  for (int i = 0; i < 16; ++i) words.push_back(texts[static_cast<std::size_t>(i)].c_str());
  EXPECT_TRUE(parse(words));
  words.push_back(texts[16].c_str());
  EXPECT_FALSE(parse(words));
}

TEST(KernelProbeOptions, ReadsRecordsWhereItIsTold) {
  const auto options =
      parse({"--publish=ipc:///run/x", "--leases=/tmp/dhcp.leases", "--leases=/tmp/hosts/odhcpd",
             "--leases=/tmp/odhcpd.leases", "--leases=/leases", "--ethers=/etc/ethers"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->sources.leases.size(), 4U);
  EXPECT_EQ(options->sources.readable(),
            (std::vector<std::string>{"/tmp", "/tmp/hosts", "/", "/etc/ethers"}));
  std::vector<const char*> words = {"--publish=ipc:///run/x"};
  for (int i = 0; i < 8; ++i) words.push_back("--leases=/x");
  EXPECT_TRUE(parse(words));
  words.push_back("--leases=/x");
  EXPECT_FALSE(parse(words));
}

TEST(KernelProbeOptions, RefusesWhatItCannotDo) {
  const std::vector<std::vector<const char*>> cases = {
      {},
      {"--publish", "tcp://192.0.2.1:1"},
      {"--publish", "ipc://"},
      {"--publish", "ipc:///a", "--hints", "tcp://*:1"},
      {"--publish", "ipc:///a", "--hints", "ipc:///a"},
      {"--publish", "ipc:///a", "--review", "0"},
      {"--publish", "ipc:///a", "--buffer", "1"},
      {"--publish", "ipc:///a", "--mail-port", "65536"},
      {"--publish", "ipc:///a", "--leases", "dhcp.leases"},
      {"--publish", "ipc:///a", "--ethers", "ethers"},
      {"--publish", "ipc:///a", "stray"},
  };
  for (const auto& words : cases) {
    const auto options = parse(words);
    ASSERT_FALSE(options) << words.size();
    EXPECT_EQ(options.error().status, 2);
  }
}

TEST(KernelProbeOptions, HelpFitsAScreen) {
  const auto help = parse({"--help"});
  ASSERT_FALSE(help);
  EXPECT_EQ(help.error().status, 0);
  EXPECT_LE(std::ranges::count(help.error().text, '\n'), 30);
}

}  // namespace
}  // namespace gatewitness::kernel
