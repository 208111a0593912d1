// SPDX-License-Identifier: Apache-2.0
//
// What the world did goes into the store and comes out of it as it was, for the stretch of time that is asked
// for.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "daemon/journal/inquire.h"
#include "daemon/journal/journal.h"
#include "daemon/journal/look_up.h"
#include "probes/wire/codec.h"
#include "tests/unit/process/temporary_folder.h"

namespace gatewitness::journal {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

const Timestamp kNow{std::chrono::seconds(1'795'000'000)};
const MacAddress kFridge = *MacAddress::parse("8c:79:f5:10:00:01");

IpAddress address(const char* text) {
  return *IpAddress::parse(text);
}

wire::Binding binding(uint64_t id, Timestamp started) {
  wire::Binding made;
  made.id = id;
  made.inside = {{address("192.168.1.20"), 40000}, {address("198.51.100.9"), 25}, kProtocolTcp};
  made.outside = made.inside;
  made.outside.source = {address("203.0.113.7"), 60460};
  made.started = started;
  return made;
}

wire::Attempt attempt(uint64_t id, Timestamp started) {
  wire::Attempt made;
  made.id = id;
  made.client_mac = kFridge;
  made.flow = binding(id, started).inside;
  made.started = made.last = started;
  made.smtp = wire::SmtpDialogue{};
  made.smtp->queue_ids = {"Q" + std::to_string(id)};
  return made;
}

class HistoryTest : public testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    journal_.reset();
    auto opened = Journal::open({path_, copy_}, kNow);
    ASSERT_TRUE(opened) << opened.error();
    journal_.emplace(std::move(*opened));
  }
  void note(wire::Record record, Timestamp time, const std::string& probe = "capture") {
    const wire::Envelope envelope{{probe, 7, sequence_++, time}, std::move(record)};
    ASSERT_TRUE(journal_->note(envelope, wire::encode(envelope)));
  }
  // Through another connection: closes the journal first.
  Records read(Timestamp from, Timestamp to) {
    EXPECT_TRUE(journal_->commit());
    journal_.reset();
    auto database = Database::open(path_);
    EXPECT_TRUE(database);
    auto records = records_between(*database, {from, to}, {from, to});
    EXPECT_TRUE(records) << records.error().text;
    database = std::unexpected(SqlError{});
    reopen();
    return std::move(*records);
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path() + "/journal.db";
  std::string copy_;
  std::optional<Journal> journal_;
  uint64_t sequence_ = 0;
};

TEST_F(HistoryTest, ABindingsLaterEventsAreOneRow) {
  note(binding(5, kNow), kNow, "kernel");
  auto ended = binding(5, kNow + 9s);
  ended.ended = kNow + 9s;
  ended.replied = true;
  note(ended, kNow + 9s, "kernel");
  // The same number and tuple again: another connection.
  note(binding(5, kNow + 20s), kNow + 20s, "kernel");
  const auto records = read(kNow, kNow + 1min);
  ASSERT_EQ(records.bindings.size(), 2U);
  EXPECT_EQ(records.bindings[0].started, kNow);
  EXPECT_EQ(records.bindings[0].ended, kNow + 9s);
  EXPECT_TRUE(records.bindings[0].replied);
  EXPECT_EQ(records.bindings[0].outside, binding(5, kNow).outside);
  EXPECT_EQ(records.bindings[1].started, kNow + 20s);
  EXPECT_EQ(records.bindings[1].ended, std::nullopt);
  ASSERT_EQ(records.outside.size(), 1U);
  EXPECT_EQ(records.outside[0].since, kNow);
}

TEST_F(HistoryTest, AnAttemptsNewestRevisionCountsAndItsQueueIdsAreFound) {
  auto first = attempt(1, kNow);
  first.smtp.reset();
  note(first, kNow);
  auto later = attempt(1, kNow);
  later.revision = 1;
  later.last = kNow + 3s;
  note(later, kNow + 3s);
  note(attempt(2, kNow + 10s), kNow + 10s);
  const auto records = read(kNow, kNow + 1min);
  ASSERT_EQ(records.attempts.size(), 2U);
  EXPECT_EQ(records.attempts[0].attempt.last, kNow + 3s);
  EXPECT_EQ(records.attempts[0].key, (AttemptKey{"capture", 7, 1}));
  journal_.reset();
  auto database = Database::open(path_);
  EXPECT_EQ((*stretch_of_queue_id(*database, "Q1", {}))->from, kNow);
  EXPECT_EQ((*stretch_of_queue_id(*database, "Q2", {}))->from, kNow + 10s);
  EXPECT_FALSE(stretch_of_queue_id(*database, "' OR 1=1 --", {})->has_value());
}

TEST_F(HistoryTest, AClaimThatIsRepeatedIsOneStretch) {
  wire::AddressClaim claim;
  claim.interface = "br-lan";
  claim.mac = kFridge;
  claim.address = address("192.168.1.20");
  for (int i = 0; i < 5; ++i) note(claim, kNow + i * 1min);
  auto other = claim;
  other.mac = *MacAddress::parse("3c:22:fb:10:00:02");
  note(other, kNow + 6min);
  note(claim, kNow + 7min);
  const auto records = read(kNow, kNow + 1h);
  ASSERT_EQ(records.claims.size(), 3U);
  EXPECT_EQ(records.claims[0].since, kNow);
  EXPECT_EQ(records.claims[0].until, kNow + 4min);
  EXPECT_EQ(records.claims[1].claim.mac, other.mac);
  EXPECT_EQ(records.claims[2].since, kNow + 7min);
  EXPECT_EQ(records.claims[2].claim.interface, "br-lan");
}

TEST_F(HistoryTest, WhatDevicesSaidAndWhoWatchedAndWhatWasMissed) {
  note(wire::IdentityFact{"br-lan", kFridge, std::nullopt, wire::FactKind::kDhcpHostName,
                          std::string("fr\0idge", 7)},
       kNow);
  note(wire::CaptureGap{"br-lan", kNow + 1s, kNow + 2s, wire::GapReason::kKernelDrop, 9}, kNow + 2s);
  ASSERT_TRUE(journal_->note("capture", {"", kNow + 3s, kNow + 4s, wire::GapReason::kSequence, 2}));
  ASSERT_TRUE(journal_->note("capture", {"", kNow + 3s, kNow + 4s, wire::GapReason::kSequence, 2}));
  note(wire::LocalAddress{"wan", kFridge, address("203.0.113.7"), 24, false}, kNow, "kernel");
  note(wire::LocalAddress{"wan", kFridge, address("203.0.113.7"), 24, true}, kNow + 5s, "kernel");
  note(wire::LocalAddress{"wan", kFridge, address("203.0.113.8"), 24, false}, kNow + 6s, "kernel");
  const auto records = read(kNow, kNow + 1h);
  ASSERT_EQ(records.facts.size(), 1U);
  EXPECT_EQ(records.facts[0].value, std::string("fr\0idge", 7));
  EXPECT_EQ(records.gaps.size(), 2U) << "the same one twice is one";
  ASSERT_EQ(records.watches.size(), 2U);
  EXPECT_EQ(records.watches[0].until, kNow + 2s);
  ASSERT_EQ(records.own.size(), 2U);
  EXPECT_EQ(records.own[0].until, kNow + 5s);
  EXPECT_EQ(records.own[1].until, std::nullopt);
  EXPECT_EQ(records.oldest, kNow);
}

TEST_F(HistoryTest, OnlyTheStretchIsRead) {
  for (int hour = 0; hour < 24; ++hour) {
    auto one = binding(static_cast<uint64_t>(hour), kNow + hour * 1h);
    one.ended = one.started + 1min;
    note(one, one.started, "kernel");
  }
  EXPECT_EQ(read(kNow + 5h, kNow + 7h).bindings.size(), 3U);
  EXPECT_EQ(read(kNow + 5h + 2min, kNow + 6h - 1s).bindings.size(), 0U);
}

TEST_F(HistoryTest, MoreThanIsReadIsSaidToBeCut) {
  for (int64_t i = 0; i < kMaxRows + 1; ++i) {
    auto one = binding(static_cast<uint64_t>(i), kNow + Duration(i));
    one.ended = one.started;
    note(one, one.started, "kernel");
  }
  const auto records = read(kNow, kNow + 1h);
  EXPECT_EQ(records.bindings.size(), static_cast<std::size_t>(kMaxRows));
  EXPECT_TRUE(records.cut);
  EXPECT_EQ(records.bindings.back().started, kNow + Duration(kMaxRows)) << "the newest are read";
}

TEST_F(HistoryTest, TheOwnersWordIsKeptAndTakenBack) {
  ASSERT_TRUE(
      journal_->note(OwnerRow{kFridge, "Kitchen fridge", static_cast<uint8_t>(Role::kAppliance), kNow}));
  ASSERT_TRUE(journal_->commit());
  reopen();
  auto notes = journal_->owner();
  ASSERT_TRUE(notes);
  EXPECT_EQ(notes->at(kFridge).name, "Kitchen fridge");
  EXPECT_EQ(notes->at(kFridge).role, Role::kAppliance);
  ASSERT_TRUE(journal_->note(OwnerRow{kFridge, "", 0, kNow}));
  EXPECT_TRUE(journal_->owner()->empty());
}

TEST_F(HistoryTest, WhatIsTooOldGoesWithItsQueueIds) {
  note(attempt(1, kNow - 31 * 24h), kNow);
  note(attempt(2, kNow - 29 * 24h), kNow);
  ASSERT_TRUE(journal_->snapshot(kNow, std::vector<uint8_t>{1}));
  const auto records = read(kNow - 365 * 24h, kNow);
  ASSERT_EQ(records.attempts.size(), 1U);
  EXPECT_EQ(records.attempts[0].attempt.id, 2U);
  journal_.reset();
  EXPECT_EQ(*Database::open(path_)->integer("SELECT count(*) FROM queue_ids"), 1);
}

// A device that says a new name with each breath uses room that is empty, and cannot push out the evidence.
TEST_F(HistoryTest, EachKindHasARoomOfItsOwn) {
  journal_->limit({.max_age = 24h * 30, .max_bytes = 1024 * 1024});
  note(binding(1, kNow), kNow, "kernel");
  note(attempt(1, kNow), kNow);
  const auto name = [](int i) { return "n" + std::to_string(i) + std::string(100, 'x'); };
  const auto say = [&](int from, int to) {
    for (int i = from; i < to; ++i)
      note(wire::IdentityFact{"br-lan", kFridge, std::nullopt, wire::FactKind::kDhcpHostName, name(i)},
           kNow + i * 1s);
    ASSERT_TRUE(journal_->snapshot(kNow, std::vector<uint8_t>{1}));
  };
  say(0, 1000);
  EXPECT_EQ(journal_->crowded_out(), 0U) << "there is room";
  say(1000, 9000);
  EXPECT_GT(journal_->crowded_out(), 4000U);
  const auto records = read(kNow - 1h, kNow + 24h);
  EXPECT_EQ(records.bindings.size(), 1U);
  EXPECT_EQ(records.attempts.size(), 1U);
  EXPECT_LT(records.facts.size(), 4096U);
  EXPECT_EQ(records.facts.front().value, name(8999)) << "the newest stay";
}

TEST_F(HistoryTest, TheStoreStaysWithinItsSize) {
  journal_->limit({.max_age = 24h * 30, .max_bytes = 1024 * 1024});
  for (uint64_t round = 0; round < 10; ++round) {
    for (uint64_t i = 0; i < 400; ++i) {
      auto large = attempt(round * 400 + i, kNow + std::chrono::seconds(round * 400 + i));
      large.smtp->banner = std::string(120, 'b');
      large.smtp->sender_hashes.assign(64, UINT64_MAX);
      large.smtp->recipient_hashes.assign(64, UINT64_MAX);
      note(large, large.started);
    }
    ASSERT_TRUE(journal_->snapshot(kNow, std::vector<uint8_t>(50'000, 1)));
  }
  journal_.reset();
  EXPECT_LT(fs::file_size(path_), 3U * 1024 * 1024) << "what one round brings comes on top";
  EXPECT_GT(*Database::open(path_)->integer("SELECT count(*) FROM attempts"), 50);
}

TEST_F(HistoryTest, TheCopyIsWholeAndWhatARebootStartsFrom) {
  copy_ = folder_.path() + "/flash.db";
  reopen();
  note(attempt(1, kNow), kNow);
  ASSERT_TRUE(journal_->append(kNow, std::vector<uint8_t>{1, 2}));
  ASSERT_TRUE(journal_->copy());
  note(attempt(2, kNow), kNow);
  ASSERT_TRUE(journal_->commit());
  EXPECT_FALSE(fs::exists(copy_ + ".new"));
  EXPECT_FALSE(fs::exists(copy_ + "-wal"));
  journal_.reset();
  fs::remove(path_);  // the power was cut: memory is empty
  reopen();
  EXPECT_EQ(journal_->notice(), "");
  EXPECT_EQ(journal_->log_records(), 1U);
  EXPECT_EQ(read(kNow, kNow).attempts.size(), 1U);
}

TEST_F(HistoryTest, ACopyCanBeAskedWithoutADaemon) {
  copy_ = folder_.path() + "/flash.db";
  reopen();
  note(attempt(1, kNow), kNow);
  note(binding(1, kNow), kNow, "kernel");
  ASSERT_TRUE(journal_->copy());
  Inquiry inquiry;
  inquiry.queue_id = "Q1";
  const auto answer = inquire_copy(copy_, inquiry, {}, kNow);
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(answer->at("verdict"), "named");
  EXPECT_EQ(answer->at("candidates").at(0).at("device").at("mac"), "8c:79:f5:10:00:01");
  EXPECT_EQ(outside_addresses_of_copy(copy_)->at(0).at("address"), "203.0.113.7");

  const auto busy = inquire_copy(path_, inquiry, {}, kNow);
  ASSERT_FALSE(busy);
  EXPECT_NE(busy.error().find("a daemon writes to it"), std::string::npos) << busy.error();
  EXPECT_FALSE(inquire_copy(folder_.path() + "/none", inquiry, {}, kNow));
}

// By which index one is found depends on when it began and how long it lasted.
TEST_F(HistoryTest, ABindingIsFoundHoweverLongItLasted) {
  uint64_t id = 0;
  const auto lasted = [&](Timestamp started, std::optional<Timestamp> ended) {
    auto made = binding(++id, started);
    made.ended = ended;
    made.tcp_state = ended ? "TIME_WAIT" : "ESTABLISHED";
    note(made, ended.value_or(started), "kernel");
  };
  lasted(kNow - 20h, kNow - 5min);          // 1: long, reaches in
  lasted(kNow - 20h, kNow - 19h);           // long, over
  lasted(kNow - 3h, std::nullopt);          // 3: open
  lasted(kNow - 30min, kNow - 21min);       // short, over
  lasted(kNow - 15min, kNow - 9min);        // 5: short, began before the stretch
  lasted(kNow - 11min, kNow - 10min - 1s);  // short, over just before
  lasted(kNow - 1min, kNow);                // 7: within
  lasted(kNow - 25h, std::nullopt);         // no mail connection lasts so long
  const auto records = read(kNow - 10min, kNow);
  std::vector<uint64_t> ids;
  for (const auto& one : records.bindings) ids.push_back(one.id);
  EXPECT_EQ(ids, (std::vector<uint64_t>{1, 3, 5, 7}));
}

constexpr const char* kFirstVersion =
    "CREATE TABLE snapshot (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), time INTEGER NOT NULL,"
    "                       state BLOB NOT NULL);"
    "CREATE TABLE log (number INTEGER PRIMARY KEY, time INTEGER NOT NULL, record BLOB NOT NULL);"
    "INSERT INTO snapshot VALUES (1, 5, x'0102'); INSERT INTO log VALUES (1, 6, x'03');"
    "PRAGMA application_id=1196911218; PRAGMA user_version=1;";

// What the second version had and the third changes; two bindings of one address, one of another.
constexpr const char* kSecondVersion =
    "CREATE TABLE bindings (number INTEGER PRIMARY KEY, probe TEXT NOT NULL, entry INTEGER NOT NULL,"
    "  inside BLOB NOT NULL, inside_port INTEGER NOT NULL, outside BLOB NOT NULL, outside_port INTEGER NOT "
    "NULL,"
    "  remote BLOB NOT NULL, remote_port INTEGER NOT NULL, started INTEGER NOT NULL, ended INTEGER,"
    "  heard INTEGER NOT NULL, from_dump INTEGER NOT NULL, replied INTEGER NOT NULL, record BLOB NOT NULL);"
    "CREATE INDEX bindings_by_outside ON bindings (outside, outside_port, started);"
    "CREATE INDEX bindings_by_start ON bindings (started);"
    "CREATE INDEX bindings_alive ON bindings (probe, entry) WHERE ended IS NULL;"
    "CREATE TABLE attempts (number INTEGER PRIMARY KEY, probe TEXT NOT NULL, epoch INTEGER NOT NULL,"
    "  id INTEGER NOT NULL, started INTEGER NOT NULL, last INTEGER NOT NULL, record BLOB NOT NULL,"
    "  UNIQUE (probe, epoch, id));"
    "CREATE INDEX attempts_by_start ON attempts (started);"
    "CREATE TABLE queue_ids (queue_id TEXT NOT NULL, attempt INTEGER NOT NULL, PRIMARY KEY (queue_id, "
    "attempt))"
    "  WITHOUT ROWID;"
    "CREATE INDEX queue_ids_by_attempt ON queue_ids (attempt);"
    "CREATE TRIGGER queue_ids_go_along AFTER DELETE ON attempts BEGIN"
    "  DELETE FROM queue_ids WHERE attempt = old.number; END;"
    "CREATE TABLE claims (number INTEGER PRIMARY KEY, address BLOB NOT NULL, mac BLOB NOT NULL,"
    "  source INTEGER NOT NULL, interface TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,"
    "  lease_s INTEGER, withdrawn INTEGER NOT NULL);"
    "CREATE INDEX claims_by_address ON claims (address, number);"
    "CREATE INDEX claims_by_end ON claims (until);"
    "CREATE TABLE facts (mac BLOB NOT NULL, kind INTEGER NOT NULL, value BLOB NOT NULL, since INTEGER NOT "
    "NULL,"
    "  until INTEGER NOT NULL, PRIMARY KEY (mac, kind, value)) WITHOUT ROWID;"
    "CREATE INDEX facts_by_end ON facts (until);"
    "CREATE TABLE gaps (number INTEGER PRIMARY KEY, probe TEXT NOT NULL, interface TEXT NOT NULL,"
    "  since INTEGER NOT NULL, until INTEGER NOT NULL, reason INTEGER NOT NULL, count INTEGER NOT NULL,"
    "  UNIQUE (probe, interface, since, until, reason));"
    "CREATE INDEX gaps_by_end ON gaps (until);"
    "CREATE TABLE watches (probe TEXT NOT NULL, epoch INTEGER NOT NULL, since INTEGER NOT NULL,"
    "  until INTEGER NOT NULL, PRIMARY KEY (probe, epoch)) WITHOUT ROWID;"
    "CREATE TABLE own_addresses (number INTEGER PRIMARY KEY, interface TEXT NOT NULL, address BLOB NOT NULL,"
    "  prefix INTEGER NOT NULL, mac BLOB NOT NULL, since INTEGER NOT NULL, until INTEGER, heard INTEGER NOT "
    "NULL);"
    "CREATE TABLE incidents (number INTEGER PRIMARY KEY, opened INTEGER NOT NULL, updated INTEGER NOT NULL,"
    "  closed INTEGER, incident TEXT NOT NULL);"
    "CREATE TABLE owner (mac BLOB PRIMARY KEY, name TEXT NOT NULL, role INTEGER NOT NULL, since INTEGER NOT "
    "NULL)"
    "  WITHOUT ROWID;"
    "INSERT INTO owner VALUES (x'8c79f5100001', 'Fridge', 0, 1);"
    "INSERT INTO bindings VALUES (1, 'kernel', 1, x'c0a80114', 1, x'cb007107', 2, x'c6336409', 25, 100, 200, "
    "200, 0, 1, x'00'),"
    " (2, 'kernel', 2, x'c0a80114', 3, x'cb007107', 4, x'c6336409', 25, 300, NULL, 350, 0, 1, x'00'),"
    " (3, 'kernel', 3, x'c0a80114', 5, x'cb007108', 6, x'c6336409', 25, 500, 600, 600, 0, 1, x'00');"
    "PRAGMA user_version=2;";

// What the third changes.
constexpr const char* kThirdVersion =
    "CREATE TABLE frames (number INTEGER PRIMARY KEY, probe TEXT NOT NULL, epoch INTEGER NOT NULL,"
    "  attempt INTEGER NOT NULL, time INTEGER NOT NULL, record BLOB NOT NULL);"
    "CREATE INDEX frames_by_attempt ON frames (probe, epoch, attempt);"
    "CREATE TABLE outside_addresses (address BLOB PRIMARY KEY, since INTEGER NOT NULL, until INTEGER NOT "
    "NULL)"
    "  WITHOUT ROWID;"
    "INSERT INTO outside_addresses SELECT outside, min(started), max(coalesce(ended, heard)) FROM bindings"
    "  GROUP BY outside;"
    "DROP INDEX bindings_by_start;"
    "CREATE INDEX bindings_by_start ON bindings (started, ended);"
    "DROP INDEX attempts_by_start;"
    "CREATE INDEX attempts_by_start ON attempts (started, last);"
    "PRAGMA user_version=3;";

// What the fourth changes.
constexpr const char* kFourthVersion =
    "CREATE TABLE alerts (number INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, alert TEXT NOT "
    "NULL);"
    "CREATE TABLE alert_epoch (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), epoch TEXT NOT NULL);"
    "INSERT INTO alert_epoch VALUES (1, 'abc');"
    "CREATE TABLE mutes (device TEXT NOT NULL, kind TEXT NOT NULL, until INTEGER NOT NULL,"
    "  PRIMARY KEY (device, kind)) WITHOUT ROWID;"
    "PRAGMA user_version=4;";

TEST(Migration, AStoreOfEachEarlierVersionIsBroughtForward) {
  const std::vector<const char*> steps = {kFirstVersion, kSecondVersion, kThirdVersion, kFourthVersion};
  for (std::size_t version = 1; version <= steps.size(); ++version) {
    SCOPED_TRACE(version);
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/journal.db";
    {
      auto database = Database::open(path);
      for (std::size_t i = 0; i < version; ++i) {
        const auto done = database->execute(steps[i]);
        ASSERT_TRUE(done) << done.error().text;
      }
    }
    auto journal = Journal::open({path, ""}, kNow);
    ASSERT_TRUE(journal) << journal.error();
    EXPECT_EQ(journal->notice(), "");
    const auto contents = journal->load();
    EXPECT_EQ(contents->snapshot, (std::vector<uint8_t>{1, 2}));
    ASSERT_EQ(contents->log.size(), 1U);
    if (version >= 2) {
      EXPECT_EQ(journal->owner()->size(), 1U);
      const auto addresses = journal->addresses();
      ASSERT_EQ(addresses->size(), 2U);
      EXPECT_EQ(addresses->at(1).at("address"), "203.0.113.7");
      EXPECT_EQ(addresses->at(1).at("from"), "1970-01-01T00:00:00.000100Z");
      EXPECT_EQ(addresses->at(1).at("to"), "1970-01-01T00:00:00.000350Z");
    }
    const wire::Envelope envelope{{"capture", 1, 0, kNow}, attempt(1, kNow)};
    EXPECT_TRUE(journal->note(envelope, wire::encode(envelope)));
    const wire::Envelope frame{{"capture", 1, 1, kNow}, wire::Frame{}};
    EXPECT_TRUE(journal->note(frame, wire::encode(frame)));
    EXPECT_TRUE(journal->commit());
  }
}

}  // namespace
}  // namespace gatewitness::journal
