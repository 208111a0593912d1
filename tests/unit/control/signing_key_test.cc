// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/signing_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/unit/process/temporary_folder.h"

namespace gatewitness::control {
namespace {

class SigningKeyTest : public testing::Test {
 protected:
  std::string path() const { return folder_.path() + "/signing.key"; }
  void write(const std::string& text, mode_t mode = 0600) {
    std::ofstream(path()) << text;
    ASSERT_EQ(::chmod(path().c_str(), mode), 0);
  }
  TemporaryFolder folder_;
};

TEST_F(SigningKeyTest, IsMadeOnceForItsOwnerOnlyAndStays) {
  const auto made = signing_key(folder_.path());
  ASSERT_TRUE(made) << made.error();
  struct stat facts {};
  ASSERT_EQ(::stat(path().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
  const auto again = signing_key(folder_.path());
  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(made->public_key(), again->public_key());
  const TemporaryFolder elsewhere;
  EXPECT_NE(signing_key(elsewhere.path())->public_key(), made->public_key());
}

TEST_F(SigningKeyTest, ADamagedOneIsNeverReplaced) {
  const std::string good = "gatewitness-signing-key-1 " + std::string(64, 'a') + "\n";
  write(good);
  ASSERT_TRUE(signing_key(folder_.path()));
  for (const std::string& text : {std::string(), good.substr(1), good + "x", good.substr(0, 40),
                                  "gatewitness-signing-key-1 " + std::string(64, 'g') + "\n"}) {
    write(text);
    const auto key = signing_key(folder_.path());
    ASSERT_FALSE(key);
    EXPECT_NE(key.error().find("damaged"), std::string::npos);
    std::ifstream file(path());
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text) << "it stays as it was";
  }
}

TEST_F(SigningKeyTest, OneThatOthersCanReadIsRefused) {
  write("gatewitness-signing-key-1 " + std::string(64, 'a') + "\n", 0644);
  const auto key = signing_key(folder_.path());
  ASSERT_FALSE(key);
  EXPECT_NE(key.error().find("chmod 600"), std::string::npos);
}

TEST_F(SigningKeyTest, AFolderThatIsNotThereIsOneLine) {
  const auto key = signing_key(folder_.path() + "/none");
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().find('\n'), std::string::npos);
}

}  // namespace
}  // namespace gatewitness::control
