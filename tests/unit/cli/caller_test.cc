// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/caller.h"

#include <gtest/gtest.h>

namespace gatewitness::cli {
namespace {

using namespace std::string_literals;

TEST(Caller, IsWhereSshSays) {
  const struct {
    std::string environment;
    const char* want;  // "" nothing
  } cases[] = {
      {"PATH=/bin\0SSH_CONNECTION=192.168.1.30 50022 192.168.1.1 22\0"s, "192.168.1.30"},
      {"SSH_CLIENT=192.168.1.30 50022 22"s, "192.168.1.30"},
      {"SSH_CONNECTION=::ffff:192.168.1.30 1 ::1 22\0"s, "192.168.1.30"},
      {"SSH_CONNECTION=fe80::1%br-lan 1 fe80::2%br-lan 22\0"s, "fe80::1"},
      {"NOT_SSH_CONNECTION=192.168.1.30 1\0"s, ""},
      {"SSH_CONNECTION=UNKNOWN 65535 UNKNOWN 65535\0SSH_CLIENT=10.0.0.9 1 2\0"s, "10.0.0.9"},
      {"SSH_CONNECTION="s, ""},
      {""s, ""},
      {"\0\0\0"s, ""},
  };
  for (const auto& c : cases) {
    const auto address = address_in_environment(c.environment);
    EXPECT_EQ(address ? to_string(*address) : "", c.want) << c.environment;
  }
}

}  // namespace
}  // namespace gatewitness::cli
