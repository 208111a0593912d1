// SPDX-License-Identifier: Apache-2.0
#include "daemon/journal/journal.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "daemon/journal/sqlite.h"
#include "tests/unit/process/temporary_folder.h"

namespace gatewitness::journal {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<uint8_t>;

const Timestamp kNow{std::chrono::seconds(1'700'000'000)};

class JournalTest : public testing::Test {
 protected:
  Journal open() {
    auto opened = Journal::open({path_, ""}, kNow);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error());
    if (!opened) std::abort();
    return std::move(*opened);
  }
  int files_named(std::string_view part) const {
    int count = 0;
    for (const auto& entry : fs::directory_iterator(folder_.path()))
      count += entry.path().filename().string().find(part) != std::string::npos;
    return count;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path() + "/journal.db";
};

TEST_F(JournalTest, RemembersCommittedRecordsInOrderWithTheirTimes) {
  {
    auto journal = open();
    ASSERT_TRUE(journal.append(kNow, Bytes{1, 2}));
    ASSERT_TRUE(journal.append(kNow + Duration(1), Bytes{}));
    ASSERT_TRUE(journal.append(kNow, Bytes{0, 255}));
    ASSERT_TRUE(journal.commit());
  }
  auto journal = open();
  EXPECT_EQ(journal.notice(), "");
  EXPECT_EQ(journal.log_records(), 3U);
  EXPECT_EQ(journal.log_bytes(), 4U);
  const auto contents = journal.load();
  ASSERT_TRUE(contents);
  EXPECT_FALSE(contents->snapshot);
  ASSERT_EQ(contents->log.size(), 3U);
  EXPECT_EQ(contents->log[0].bytes, (Bytes{1, 2}));
  EXPECT_EQ(contents->log[1].bytes, Bytes{});
  EXPECT_EQ(contents->log[1].time, kNow + Duration(1));
  EXPECT_EQ(contents->log[2].bytes, (Bytes{0, 255}));
}

TEST_F(JournalTest, WhatWasNotCommittedIsGone) {
  {
    auto journal = open();
    ASSERT_TRUE(journal.append(kNow, Bytes{1}));
    ASSERT_TRUE(journal.commit());
    ASSERT_TRUE(journal.append(kNow, Bytes{2}));
  }
  EXPECT_EQ(open().load()->log.size(), 1U);
}

TEST_F(JournalTest, ASnapshotReplacesTheLog) {
  {
    auto journal = open();
    ASSERT_TRUE(journal.append(kNow, Bytes{1}));
    ASSERT_TRUE(journal.snapshot(kNow, Bytes(100'000, 7)));
    EXPECT_EQ(journal.log_records(), 0U);
    ASSERT_TRUE(journal.append(kNow, Bytes{2}));
    ASSERT_TRUE(journal.commit());
    ASSERT_TRUE(journal.snapshot(kNow, Bytes{9}));
    ASSERT_TRUE(journal.append(kNow, Bytes{3}));
    ASSERT_TRUE(journal.commit());
  }
  const auto contents = open().load();
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->snapshot, Bytes{9});
  ASSERT_EQ(contents->log.size(), 1U);
  EXPECT_EQ(contents->log[0].bytes, Bytes{3});
}

TEST_F(JournalTest, ASnapshotGivesTheLogsRoomBack) {
  constexpr std::size_t kMiB = 1024 * 1024;
  auto journal = open();
  const Bytes record(4096, 7);
  for (int i = 0; i < 2048; ++i) ASSERT_TRUE(journal.append(kNow, record));
  ASSERT_TRUE(journal.commit());
  EXPECT_GT(fs::file_size(path_), 7 * kMiB);
  ASSERT_TRUE(journal.snapshot(kNow, Bytes(kMiB, 1)));
  EXPECT_LT(fs::file_size(path_), 3 * kMiB) << "the state, and a MiB that the next log will need";
  EXPECT_LE(fs::file_size(path_ + "-wal"), kMiB);
  ASSERT_TRUE(journal.snapshot(kNow, Bytes(8 * kMiB, 2)));
  ASSERT_TRUE(journal.snapshot(kNow, Bytes(1, 3)));
  EXPECT_LT(fs::file_size(path_), 2 * kMiB);
}

TEST_F(JournalTest, KillLosesNothingThatWasCommitted) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto journal = Journal::open({path_, ""}, kNow);
    if (!journal) _exit(1);
    for (uint8_t i = 0; i < 100; ++i)
      if (!journal->append(kNow, Bytes(500, i)) || !journal->commit()) _exit(1);
    (void)journal->append(kNow, Bytes{1});
    (void)!write(ready[1], "x", 1);
    pause();
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  auto journal = open();
  EXPECT_EQ(journal.notice(), "");
  EXPECT_EQ(journal.load()->log.size(), 100U);
}

TEST_F(JournalTest, ACorruptStoreIsMovedAside) {
  const struct {
    const char* name;
    std::streamoff from;
    std::string bytes;
  } cases[] = {
      {"another kind of file", 0,
       "this is no database, but long enough to be looked at by its header ......."},
      {"a page of zeros", 4096, std::string(4096, '\0')},
      {"a page of noise", 8192, std::string(4096, '\x5a')},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    fs::remove(path_);
    fs::remove(path_ + "-wal");
    {
      auto journal = open();
      for (int i = 0; i < 200; ++i) ASSERT_TRUE(journal.append(kNow, Bytes(300, 1)));
      ASSERT_TRUE(journal.snapshot(kNow, Bytes(30'000, 7)));
    }
    const int before = files_named(".corrupt-1700000000");
    std::fstream(path_, std::ios::in | std::ios::out | std::ios::binary).seekp(c.from) << c.bytes;
    auto journal = open();
    EXPECT_NE(journal.notice().find("was corrupt"), std::string::npos);
    EXPECT_EQ(files_named(".corrupt-1700000000"), before + 1);
    EXPECT_FALSE(journal.load()->snapshot);
    EXPECT_TRUE(journal.append(kNow, Bytes{1}) && journal.commit());
  }
}

TEST_F(JournalTest, RefusesWhatIsNotItsOwn) {
  const struct {
    const char* name;
    const char* sql;
    const char* says;
  } cases[] = {
      {"newer", "PRAGMA user_version=99", "newer gatewitness"},
      {"of another program", "PRAGMA application_id=5", "another program"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    fs::remove(path_);
    (void)open();
    ASSERT_TRUE(Database::open(path_)->execute(c.sql));
    const auto opened = Journal::open({path_, ""}, kNow);
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().find(c.says), std::string::npos) << opened.error();
    EXPECT_EQ(files_named("corrupt"), 0);
  }
}

TEST_F(JournalTest, ASecondUserIsKeptOut) {
  auto journal = open();
  ASSERT_TRUE(journal.append(kNow, Bytes{1}));
  const auto second = Journal::open({path_, ""}, kNow);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("another gatewitnessd"), std::string::npos) << second.error();
}

TEST_F(JournalTest, AFolderThatIsNotThereIsOneClearLine) {
  const auto opened = Journal::open({folder_.path() + "/none/journal.db", ""}, kNow);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().find("unable to open"), std::string::npos) << opened.error();
}

}  // namespace
}  // namespace gatewitness::journal
