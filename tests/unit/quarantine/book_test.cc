// SPDX-License-Identifier: Apache-2.0
#include "daemon/quarantine/book.h"

#include <gtest/gtest.h>

namespace gatewitness::quarantine {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kNow{1'790'000'000s};

Target device(unsigned number) {
  return {MacAddress{{0x02, 0, 0, 0, static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)}}};
}
Block block(Target target, std::chrono::seconds length = 60s) {
  return {target, Scope::kMail, length, {}, {}};
}

TEST(Book, AQuarantineEndsWhenItsTimeHasCome) {
  Book book;
  ASSERT_EQ(book.obey(block(device(1), 60s), kNow), true);
  ASSERT_EQ(book.obey(block(device(2), 90s), kNow), true);
  EXPECT_EQ(book.next_end(), kNow + 60s);
  EXPECT_FALSE(book.expire(kNow + 60s - 1us));
  EXPECT_TRUE(book.expire(kNow + 60s));
  EXPECT_EQ(book.find(device(1)), nullptr);
  ASSERT_NE(book.find(device(2)), nullptr);
  EXPECT_EQ(book.next_end(), kNow + 90s);
  EXPECT_TRUE(book.expire(kNow + 24h));
  EXPECT_EQ(book.next_end(), std::nullopt);
  EXPECT_FALSE(book.expire(kNow + 48h));
}

TEST(Book, AClockThatIsSetBackDoesNotLengthenIt) {
  Book book;
  ASSERT_TRUE(book.obey(block(device(1), 1h), kNow));
  EXPECT_FALSE(book.expire(kNow - 0s));
  EXPECT_TRUE(book.expire(kNow - 24h * 365));
  EXPECT_EQ(book.find(device(1))->end, kNow - 24h * 365 + 1h);
  EXPECT_FALSE(book.expire(kNow - 24h * 365));
}

TEST(Book, ASecondWordReplacesTheFirst) {
  Book book(1);
  ASSERT_TRUE(book.obey(block(device(1), 1h), kNow));
  Block all = block(device(1), 60s);
  all.scope = Scope::kAll;
  ASSERT_EQ(book.obey(all, kNow + 1s), true);
  ASSERT_EQ(book.all().size(), 1U);
  EXPECT_EQ(book.all()[0].scope, Scope::kAll);
  EXPECT_EQ(book.all()[0].end, kNow + 61s);
}

TEST(Book, TheLimitAndOneBeyond) {
  for (const std::size_t most : {std::size_t{1}, std::size_t{16}, kMaxQuarantines, std::size_t{1000}}) {
    Book book(most);
    const std::size_t limit = std::min(most, kMaxQuarantines);
    for (unsigned i = 0; i < limit; ++i) ASSERT_TRUE(book.obey(block(device(i)), kNow));
    const auto beyond = book.obey(block(device(9999)), kNow);
    ASSERT_FALSE(beyond);
    EXPECT_NE(beyond.error().find("there are " + std::to_string(limit)), std::string::npos);
    ASSERT_TRUE(book.obey(Unblock{device(0)}, kNow));
    EXPECT_TRUE(book.obey(block(device(9999)), kNow));
  }
}

TEST(Book, OnlyTheMailOfTheGateway) {
  Book book;
  Block all = block({});
  all.scope = Scope::kAll;
  EXPECT_FALSE(book.obey(all, kNow));
  EXPECT_TRUE(book.obey(block({}), kNow));
}

TEST(Book, WhoIsNotThereCannotBeMovedOrReleased) {
  Book book;
  EXPECT_EQ(book.obey(Unblock{device(1)}, kNow).error(), "02:00:00:00:00:01 is not in quarantine");
  EXPECT_FALSE(book.obey(Move{device(1), {}}, kNow));
  EXPECT_EQ(book.obey(List{}, kNow), false);
}

TEST(Book, AMoveThatChangesNothingIsNone) {
  Book book;
  const IpAddress address = *IpAddress::parse("192.168.1.9");
  ASSERT_TRUE(book.obey(block(device(1)), kNow));
  EXPECT_EQ(book.obey(Move{device(1), {address}}, kNow), true);
  EXPECT_EQ(book.obey(Move{device(1), {address}}, kNow), false);
  EXPECT_EQ(book.find(device(1))->addresses, std::vector{address});
}

TEST(Book, SurvivesARestart) {
  Book book;
  for (const unsigned number : {3, 1, 2}) {
    Block wanted = block(device(number), std::chrono::seconds(number * 60));
    wanted.cause = {number == 2, number};
    wanted.addresses = {*IpAddress::parse("192.168.1." + std::to_string(number))};
    ASSERT_TRUE(book.obey(wanted, kNow));
  }
  ASSERT_TRUE(book.obey(block({}), kNow));
  const auto again = Book::restore(book.save(), 1);
  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(again->all(), book.all());
  EXPECT_EQ(again->save(), book.save());
}

TEST(Book, AStateThatIsNoneNamesItsLine) {
  const std::string head = "gatewitness-guard 1\n";
  const std::string line = "02:00:00:00:00:01 mail 1790000000000000 60 owner\n";
  const struct {
    std::string text;
    const char* says;
  } cases[] = {
      {"gatewitness-guard 2\n", "line 1: it must be"},
      {"\n", "line 1: it must be"},
      {head + line + line, "line 3: this target stands there twice"},
      {head + line.substr(0, 30), "line 2: it is cut short"},
      {head + "\n", "line 2: needs target"},
      {head + line + "gateway mail 1 0 owner\n", "line 3: the time must be"},
      {std::string(Book::kMaxStateBytes + 1, 'x'), "too long"},
  };
  for (const auto& c : cases) {
    const auto book = Book::restore(c.text, 16);
    ASSERT_FALSE(book);
    EXPECT_NE(book.error().find(c.says), std::string::npos) << book.error();
  }
  EXPECT_TRUE(Book::restore(head, 16));
}

}  // namespace
}  // namespace gatewitness::quarantine
