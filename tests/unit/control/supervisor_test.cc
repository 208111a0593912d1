// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/supervisor.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "daemon/supervisor/child.h"
#include "daemon/supervisor/lan_interfaces.h"
#include "daemon/supervisor/plan.h"
#include "tests/unit/process/temporary_folder.h"

namespace gatewitness::supervisor {
namespace {

using namespace std::chrono_literals;

const Timestamp kNow{1h};

TEST(Backoff, DoublesUpToHalfAMinuteAndForgetsAfterALongRun) {
  Backoff backoff;
  for (const Duration want : std::initializer_list<Duration>{1s, 2s, 4s, 8s, 16s, 30s, 30s})
    EXPECT_EQ(backoff.after_run_of(59s), want);
  EXPECT_EQ(backoff.after_run_of(60s), 1s);
  EXPECT_EQ(backoff.after_run_of(0s), 2s);
}

TEST(Child, SaysHowItEndedAndWhenItIsDue) {
  const struct {
    const char* name;
    std::vector<std::string> command;
    const char* says;
  } cases[] = {
      {"status", {"/bin/sh", "-c", "exit 3"}, "c ended with status 3; it starts again in 1s"},
      {"signal", {"/bin/sh", "-c", "kill -9 $$"}, "was killed by signal 9"},
      {"no such program", {"/none"}, "ended with status 127"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Child child("c", c.command);
    ASSERT_TRUE(child.start(kNow));
    EXPECT_TRUE(child.running());
    int status = 0;
    ASSERT_EQ(waitpid(child.pid(), &status, 0), child.pid());
    EXPECT_NE(child.ended(status, kNow).find(c.says), std::string::npos);
    EXPECT_FALSE(child.running());
    EXPECT_EQ(child.due(), kNow + 1s);
  }
}

void make_program(const std::string& path) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << "#!/bin/sh\n";
  chmod(path.c_str(), 0755);
}

TEST(Plan, WhatRefusesAtOnceEndsTheRunButNotTheNotifier) {
  constexpr int kOne = 1 << 8, kAgain = 3 << 8, kKilled = SIGKILL;  // as waitpid() gives them
  const struct {
    const char* program;
    int status;
    Duration after;
    bool ends;
  } cases[] = {{"gatewitness-capture", kOne, 2s, true},     {"gatewitnessd", kOne, 2999ms, true},
               {"gatewitnessd", kOne, 3s, false},           {"gatewitness-capture", kAgain, 1s, false},
               {"gatewitness-capture", kKilled, 1s, false}, {"gatewitness-kernel", 0, 1s, false},
               {"gatewitness-notify", kOne, 1s, false},     {"gatewitness-metrics", kOne, 1s, false}};
  for (const auto& c : cases) EXPECT_EQ(is_hopeless(c.program, c.status, c.after), c.ends) << c.program;
}

TEST(Plan, FindsTheProgramsInstalledOrInABuildTree) {
  const TemporaryFolder folder;
  const std::string& f = folder.path();
  make_program(f + "/one/gatewitnessd");
  EXPECT_FALSE(find_programs(f + "/one")) << "no capture probe";
  make_program(f + "/one/gatewitness-capture");
  ASSERT_TRUE(find_programs(f + "/one"));
  EXPECT_FALSE(find_programs(f + "/one")->kernel);

  make_program(f + "/usr/sbin/gatewitnessd");
  make_program(f + "/usr/sbin/gatewitness-capture");
  ASSERT_TRUE(find_programs(f + "/usr/bin"));
  EXPECT_EQ(find_programs(f + "/usr/bin")->daemon, f + "/usr/sbin/gatewitnessd");

  make_program(f + "/build/daemon/cli/gatewitnessd");
  make_program(f + "/build/probes/capture/gatewitness-capture");
  make_program(f + "/build/probes/kernel/gatewitness-kernel");
  const auto built = find_programs(f + "/build/daemon/cli");
  ASSERT_TRUE(built);
  EXPECT_EQ(built->kernel, f + "/build/probes/kernel/gatewitness-kernel");
  EXPECT_FALSE(built->notify);
  make_program(f + "/build/daemon/notify/gatewitness-notify");
  EXPECT_EQ(find_programs(f + "/build/daemon/cli")->notify, f + "/build/daemon/notify/gatewitness-notify");
  EXPECT_FALSE(built->guard);
  make_program(f + "/build/daemon/guard/gatewitness-guard");
  EXPECT_EQ(find_programs(f + "/build/daemon/cli")->guard, f + "/build/daemon/guard/gatewitness-guard");
}

TEST(Plan, PassesTheConfigurationOn) {
  config::Config config;
  config.daemon.run_dir = "/r";
  config.capture.interfaces = {"br-lan", "br-guest"};
  config.capture.mail_ports = {2526};
  config.capture.ndpi = false;
  config.capture.flows = 9000;
  config.capture.dialogues = 700;
  const Programs programs = {"/d", "/c", "/k", "/n", "/g", "/m"};
  EXPECT_EQ(capture_command(programs, config, "/key"),
            (std::vector<std::string>{"/c",          "--publish",   "ipc:///r/records.sock",
                                      "--interface", "br-lan",      "--interface",
                                      "br-guest",    "--hints",     "ipc:///r/hints.sock",
                                      "--mail-port", "2526",        "--hash-key",
                                      "/key",        "--heartbeat", "10",
                                      "--buffer",    "2097152",     "--evidence-frames",
                                      "24",          "--flows",     "9000",
                                      "--dialogues", "700",         "--no-ndpi",
                                      "--user",      "gatewitness"}));
  config.identity.leases = {"/l"};
  EXPECT_EQ(
      kernel_command(programs, config),
      (std::vector<std::string>{"/k", "--publish", "ipc:///r/records.sock", "--hints", "ipc:///r/hints.sock",
                                "--leases", "/l", "--ethers", "/etc/ethers", "--user", "gatewitness"}));
  config.guard.most = 4;
  EXPECT_EQ(guard_command(programs, config),
            (std::vector<std::string>{"/g", "--run-dir", "/r", "--state-dir", "/var/lib/gatewitness",
                                      "--most", "4", "--mail-port", "2526", "--user", "gatewitness"}));
  SupervisorOptions options;
  options.config = "/c.yaml";
  options.allow_no_seccomp = true;
  EXPECT_EQ(daemon_command(programs, options),
            (std::vector<std::string>{"/d", "--config", "/c.yaml", "--allow-no-seccomp"}));
  EXPECT_EQ(notify_command(programs, options),
            (std::vector<std::string>{"/n", "--config", "/c.yaml", "--allow-no-seccomp"}));
}

TEST(LanInterfaces, AreThoseOfTheHomeThatDoNotLeadOut) {
  const Interface lan{.name = "lan", .up = true, .ethernet = true, .home_address = true};
  const auto without = [&](auto change) {
    Interface other = lan;
    change(other);
    return lan_interfaces(std::vector{other});
  };
  EXPECT_EQ(lan_interfaces(std::vector{lan}), std::vector<std::string>{"lan"});
  EXPECT_TRUE(without([](Interface& one) { one.up = false; }).empty());
  EXPECT_TRUE(without([](Interface& one) { one.ethernet = false; }).empty()) << "a tunnel: no MAC";
  EXPECT_TRUE(without([](Interface& one) { one.home_address = false; }).empty());
  EXPECT_TRUE(without([](Interface& one) { one.default_route = true; }).empty()) << "behind another NAT";

  std::vector<Interface> many(kMostInterfaces + 1, lan);
  for (std::size_t i = 0; i < many.size(); ++i) many[i].name = std::string(1, static_cast<char>('z' - i));
  const auto taken = lan_interfaces(many);
  EXPECT_EQ(taken.size(), kMostInterfaces);
  EXPECT_TRUE(std::ranges::is_sorted(taken));
}

TEST(LanInterfaces, ReadTheKernelsRoutes) {
  EXPECT_EQ(
      default_routes("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
                     "wan\t00000000\t017100CB\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
                     "br-lan\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
                     "half\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0\n"),
      std::vector<std::string>{"wan"});
  const std::string zero(32, '0');
  EXPECT_EQ(default_routes(
                zero + " 00 " + zero + " 00 " + zero + " 00000400 00000001 00000000 00000003 wan6\n" +  //
                zero + " 00 " + zero + " 00 " + zero + " ffffffff 00000001 00000000 00200200 lo\n" +    //
                zero + " 01 " + zero + " 00 " + zero + " 00000400 00000001 00000000 00000003 half\n"),
            std::vector<std::string>{"wan6"});
  for (const char* odd : {"", "\n\n", "x", "a 00000000", "\t\t\t"})
    EXPECT_TRUE(default_routes(odd).empty()) << odd;
}

}  // namespace
}  // namespace gatewitness::supervisor
