// SPDX-License-Identifier: Apache-2.0
//
// The four grades, and that each says why it is not higher.
#include "daemon/attribution/evidence.h"

#include <gtest/gtest.h>

namespace gatewitness {
namespace {

constexpr uint32_t kShared = 3;

// Frame, binding, complete capture, a MAC of its own.
AttemptEvidence complete() {
  AttemptEvidence evidence;
  evidence.device = DeviceId::of(*MacAddress::parse("02:00:5e:10:00:01"));
  evidence.attempt.client_mac = evidence.device.mac;
  evidence.attempt.client_ttl = 64;
  evidence.binding = wire::Binding{};
  evidence.bindings_watched = true;
  return evidence;
}

struct Case {
  const char* name;
  void (*change)(AttemptEvidence&);
  Grade want;
  const char* says;
};

TEST(Grade, EachMissingThingLowersItAndIsNamed) {
  const Case cases[] = {
      {"all there", [](AttemptEvidence&) {}, Grade::kWitnessed, ""},
      {"no binding, nobody watched",
       [](AttemptEvidence& e) { e.binding.reset(), e.bindings_watched = false; }, Grade::kStrong,
       "no NAT binding was recorded"},
      {"no binding, though somebody watched", [](AttemptEvidence& e) { e.binding.reset(); }, Grade::kStrong,
       "showed no binding"},
      {"loss",
       [](AttemptEvidence& e) {
         e.gaps.push_back({"capture", {}});
       },
       Grade::kStrong, "incomplete"},
      {"began before the capture", [](AttemptEvidence& e) { e.attempt.mid_stream = true; }, Grade::kStrong,
       "before the capture"},
      {"another MAC with the address",
       [](AttemptEvidence& e) { e.rival = *MacAddress::parse("02:00:5e:10:00:99"); }, Grade::kStrong,
       "02:00:5e:10:00:99"},
      {"two things missing",
       [](AttemptEvidence& e) {
         e.binding.reset();
         e.attempt.mid_stream = true;
       },
       Grade::kCircumstantial, "before the capture"},
      {"two addresses behind it", [](AttemptEvidence& e) { e.addresses_behind = 2; }, Grade::kWitnessed, ""},
      {"a shared MAC", [](AttemptEvidence& e) { e.addresses_behind = 3; }, Grade::kCircumstantial,
       "3 addresses share its MAC"},
      {"passed a router", [](AttemptEvidence& e) { e.attempt.client_ttl = 63; }, Grade::kCircumstantial,
       "TTL 63"},
      {"a link without MACs",
       [](AttemptEvidence& e) { e.device = DeviceId::of(*IpAddress::parse("192.168.1.20")); },
       Grade::kCircumstantial, "carries no MAC"},
      {"no frame, but a lease",
       [](AttemptEvidence& e) {
         e.from_frame = false;
         e.tenure = Tenure{};
         e.tenure->source = TenureSource::kDhcp;
       },
       Grade::kCircumstantial, "through dhcp"},
      {"no frame and nobody knows the address", [](AttemptEvidence& e) { e.from_frame = false; },
       Grade::kUnknown, "nothing says which device"},
      {"the gateway itself",
       [](AttemptEvidence& e) {
         e.from_frame = false;
         e.device = DeviceId::gateway();
       },
       Grade::kStrong, "never cross the LAN"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    auto evidence = complete();
    c.change(evidence);
    const Graded graded = grade(evidence, kShared);
    EXPECT_EQ(graded.grade, c.want);
    EXPECT_EQ(graded.reasons.empty(), c.want == Grade::kWitnessed);
    std::string said;
    for (const auto& reason : graded.reasons) said += reason + "; ";
    EXPECT_NE(said.find(c.says), std::string::npos) << said;
  }
}

TEST(Grade, OneRouterHopFromWhatStacksStartWith) {
  for (const uint8_t ttl : std::initializer_list<uint8_t>{63, 127, 254})
    EXPECT_TRUE(passed_a_router(ttl)) << int{ttl};
  for (const uint8_t ttl : std::initializer_list<uint8_t>{0, 1, 62, 64, 126, 128, 253, 255})
    EXPECT_FALSE(passed_a_router(ttl)) << int{ttl};
}

}  // namespace
}  // namespace gatewitness
