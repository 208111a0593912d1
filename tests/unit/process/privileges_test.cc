// SPDX-License-Identifier: Apache-2.0
#include "probes/process/privileges.h"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "tests/unit/process/in_child.h"

namespace gatewitness::process {
namespace {

std::map<std::string, std::string> own_status() {
  std::ifstream file("/proc/self/status");
  std::map<std::string, std::string> fields;
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(':');
    const auto value = line.find_first_not_of(" \t", colon + 1);
    fields[line.substr(0, colon)] = value == std::string::npos ? "" : line.substr(value);
  }
  return fields;
}

TEST(DropPrivileges, LeavesNothing) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to have something to drop";
  const std::string ended = in_child([] {
    const gid_t group = 4;
    if (::setgroups(1, &group) != 0) return 1;
    if (!drop_privileges(User{"nobody", 65534, 65534})) return 2;
    auto status = own_status();
    for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"})
      if (status[set] != "0000000000000000") return 3;
    if (status["NoNewPrivs"] != "1") return 4;
    if (status["Uid"] != "65534\t65534\t65534\t65534" || status["Gid"] != "65534\t65534\t65534\t65534")
      return 5;
    if (status["Groups"].find_first_of("0123456789") != std::string::npos) return 6;
    if (::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) return 7;
    rlimit core{1, 1};
    if (::getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0) return 8;
    if (::setuid(0) == 0 || ::setgid(0) == 0) return 9;
    return 0;
  });
  EXPECT_EQ(ended, "exit 0");
}

TEST(DropPrivileges, LeavesOneIfOneIsAskedFor) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to have something to drop";
  const std::string ended = in_child([] {
    if (!drop_privileges_but(CAP_NET_ADMIN, User{"nobody", 65534, 65534})) return 2;
    auto status = own_status();
    for (const char* set : {"CapInh", "CapBnd", "CapAmb"})
      if (status[set] != "0000000000000000") return 3;
    for (const char* set : {"CapPrm", "CapEff"})
      if (status[set] != "0000000000001000") return 4;
    if (status["NoNewPrivs"] != "1") return 5;
    if (status["Uid"] != "65534\t65534\t65534\t65534" || status["Gid"] != "65534\t65534\t65534\t65534")
      return 6;
    if (::setuid(0) == 0 || ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) return 7;
    return ::prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0) == 0 ? 0 : 8;
  });
  EXPECT_EQ(ended, "exit 0");
}

TEST(DropPrivileges, CannotKeepWhatIsNotThere) {
  const std::string ended = in_child([] {
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return 1;
    const auto dropped = drop_privileges_but(CAP_NET_ADMIN, std::nullopt);
    return dropped ? 2 : 0;
  });
  EXPECT_EQ(ended, "exit 0");
}

TEST(DropPrivileges, WorksForWhoHasNone) {
  const std::string ended = in_child([] {
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return 1;
    return drop_privileges(std::nullopt) ? 0 : 2;
  });
  EXPECT_EQ(ended, "exit 0");
}

TEST(DropPrivileges, RefusesToStayRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  EXPECT_EQ(in_child([] { return drop_privileges(std::nullopt) ? 0 : 1; }), "exit 1");
}

TEST(FindUser, NamesWhatIsWrong) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const auto missing = find_user("no-such-user-here");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().find("no-such-user-here"), std::string::npos);
  EXPECT_FALSE(find_user("root"));
  const auto nobody = find_user("nobody");
  ASSERT_TRUE(nobody && *nobody);
  EXPECT_NE((*nobody)->uid, 0U);
}

TEST(FindUser, NobodyElseToBecomeWithoutRoot) {
  const std::string ended = in_child([] {
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return 1;
    const auto user = find_user("no-such-user-here");
    return user && !*user ? 0 : 2;
  });
  EXPECT_EQ(ended, "exit 0");
}

}  // namespace
}  // namespace gatewitness::process
