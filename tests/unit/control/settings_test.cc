// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/settings.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "daemon/control/folders.h"
#include "tests/unit/process/temporary_folder.h"

namespace gatewitness::control {
namespace {

TEST(Settings, FlagsWinOverTheFile) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/c.yaml";
  std::ofstream(path) << "daemon: {run_dir: /a, state_dir: /b, user: u}\n";
  const auto config =
      read_config(path, {.run_dir = "/x", .state_dir = "", .user = "v", .allow_no_seccomp = true});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->daemon.run_dir, "/x");
  EXPECT_EQ(config->daemon.state_dir, "/b");
  EXPECT_EQ(config->daemon.user, "v");
  EXPECT_TRUE(config->daemon.allow_no_seccomp);
}

TEST(Settings, ErrorsNameTheFile) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/c.yaml";
  std::ofstream(path) << "\nincident: {quiet: 5}\ncolour: red\n";
  const auto wrong = read_config(path, {});
  ASSERT_FALSE(wrong);
  ASSERT_EQ(wrong.error().size(), 2U);
  EXPECT_TRUE(wrong.error()[0].starts_with(path + ":2:19: incident.quiet")) << wrong.error()[0];

  const auto absent = read_config(folder.path() + "/none", {});
  ASSERT_FALSE(absent);
  EXPECT_NE(absent.error()[0].find("No such file"), std::string::npos) << absent.error()[0];
  EXPECT_FALSE(read_config(folder.path(), {}));  // a folder is no file
}

TEST(Folders, AreMadeForTheirUserAlone) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/a/b";
  ASSERT_TRUE(make_folder(path, std::nullopt));
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0750U);
  EXPECT_TRUE(make_folder(path, std::nullopt)) << "a second start";

  ASSERT_EQ(chmod(path.c_str(), 0777), 0);
  EXPECT_FALSE(make_folder(path, std::nullopt)) << "others may write";
  const std::string link = folder.path() + "/link";
  ASSERT_EQ(symlink(folder.path().c_str(), link.c_str()), 0);
  EXPECT_FALSE(make_folder(link, std::nullopt)) << "a link leads elsewhere";
}

TEST(Folders, TheLockIsExclusiveAndEndsWithItsHolder) {
  const TemporaryFolder folder;
  {
    const auto lock = lock_folder(folder.path());
    ASSERT_TRUE(lock);
    const auto second = lock_folder(folder.path());
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().find("another gatewitnessd"), std::string::npos);
  }
  EXPECT_TRUE(lock_folder(folder.path()));
}

}  // namespace
}  // namespace gatewitness::control
