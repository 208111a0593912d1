// SPDX-License-Identifier: Apache-2.0
//
// The flow table: either direction finds the flow, the limit holds, the least recently active is the first to
// go. And the keyed hash that it and the repeat filter use.
#include "probes/dissect/flow_table.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/packet_builder.h"

namespace gatewitness::dissect {
namespace {

FiveTuple tuple(uint16_t port) {
  return {{IpAddress::parse(test::kDevice).value(), port}, {IpAddress::parse(test::kServer).value(), 25}};
}
Flow flow(uint16_t port) {
  FlowOrigin origin;
  origin.id = port;
  origin.client_to_server = tuple(port);
  return Flow(origin, HashKey{});
}

TEST(FlowTable, EitherDirectionFindsTheFlow) {
  FlowTable table(2);
  Flow& inserted = table.insert(flow(1));
  EXPECT_EQ(table.find(tuple(1)), &inserted);
  EXPECT_EQ(table.find(tuple(1).reversed()), &inserted);
  EXPECT_TRUE(table.contains(tuple(1).reversed()));
  EXPECT_EQ(table.find(tuple(2)), nullptr);
  FiveTuple udp = tuple(1);
  udp.protocol = kProtocolUdp;
  EXPECT_EQ(table.find(udp), nullptr);
  table.erase(inserted);
  EXPECT_EQ(table.find(tuple(1)), nullptr);
  EXPECT_EQ(table.size(), 0U);
}

TEST(FlowTable, BothEndsAlike) {
  const Endpoint same{IpAddress::parse(test::kDevice).value(), 25};
  FlowTable table(2);
  FlowOrigin origin;
  origin.client_to_server = {same, same};
  Flow& land = table.insert(Flow(origin, HashKey{}));
  EXPECT_EQ(table.find({same, same}), &land);
}

TEST(FlowTable, FullAtTheLimitAndNotBefore) {
  for (const std::size_t limit : {0U, 1U, 3U}) {
    FlowTable table(limit);
    const std::size_t room = std::max<std::size_t>(limit, 1);  // a table without room would be of no use
    for (uint16_t port = 1; port <= room; ++port) {
      EXPECT_FALSE(table.full()) << limit;
      table.insert(flow(port));
    }
    EXPECT_TRUE(table.full()) << limit;
    EXPECT_EQ(table.size(), room);
  }
}

TEST(FlowTable, LeastRecentlyActiveGoesFirst) {
  FlowTable table(3);
  for (uint16_t port = 1; port <= 3; ++port) table.insert(flow(port));
  (void)table.find(tuple(1).reversed());
  (void)table.find(tuple(9));
  EXPECT_TRUE(table.contains(tuple(2))) << "which is no activity";
  std::vector<uint64_t> order;
  while (table.size() > 0) {
    order.push_back(table.least_recent().id());
    table.erase(table.least_recent());
  }
  EXPECT_EQ(order, (std::vector<uint64_t>{2, 3, 1}));
}

TEST(FlowTable, FlowsKeepTheirAddress) {
  FlowTable table(1000);
  Flow& first = table.insert(flow(1));
  for (uint16_t port = 2; port <= 1000; ++port) table.insert(flow(port));
  EXPECT_EQ(table.find(tuple(1)), &first);
  EXPECT_EQ(first.tuple(), tuple(1));
}

// Against the published vector of SipHash-2-4: key 00..0f, message 00..0e (Aumasson, Bernstein 2012, appendix
// A).
TEST(KeyedHash, IsSipHash) {
  HashKey key;
  std::string message;
  for (uint8_t i = 0; i < 16; ++i) key[i] = i;
  for (char i = 0; i < 15; ++i) message += i;
  EXPECT_EQ(KeyedHash(key)(message),
            static_cast<std::size_t>(0xa129ca6149be45e5U));  // its low half on 32 bits
}

TEST(KeyedHash, DependsOnKeyAndOnEachField) {
  const HashKey other{1};
  const FiveTuple base = tuple(1);
  EXPECT_NE(KeyedHash()(base), KeyedHash(other)(base));
  EXPECT_NE(KeyedHash()("a"), KeyedHash(other)("a"));
  FiveTuple address = base, port = base, far_port = base, protocol = base;
  address.source.address = IpAddress::parse("192.168.1.21").value();
  port.source.port = 0x0101;
  far_port.destination.port = 0x0119;
  protocol.protocol = kProtocolUdp;
  std::set<std::size_t> hashes = {KeyedHash()(base)};
  for (const auto& one : {address, port, far_port, protocol, base.reversed()})
    hashes.insert(KeyedHash()(one));
  EXPECT_EQ(hashes.size(), 6U);
  EXPECT_EQ(KeyedHash()(base), KeyedHash()(tuple(1)));
}

}  // namespace
}  // namespace gatewitness::dissect
