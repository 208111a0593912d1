// SPDX-License-Identifier: Apache-2.0
#include "daemon/inquiry/inquiry.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gatewitness {
namespace {

using nlohmann::json;

TEST(Inquiry, ComesBackAsItWent) {
  const json asked = {{"public_address", "203.0.113.7"},
                      {"port", 60460},
                      {"at", "2026-11-24T12:03:11.000000Z"},
                      {"destination", "2001:db8::25"},
                      {"destination_port", 25},
                      {"queue_id", "4Vx1AB2cD3z"},
                      {"helo", "mail.example"},
                      {"skew_s", 60}};
  const auto inquiry = inquiry_from_json(asked);
  ASSERT_TRUE(inquiry) << inquiry.error();
  EXPECT_EQ(to_json(*inquiry), asked);
}

TEST(Inquiry, AMappedAddressIsTheAddressInIt) {
  EXPECT_EQ(to_string(*inquiry_from_json({{"public_address", "::ffff:203.0.113.7"}})->public_address),
            "203.0.113.7");
}

TEST(Inquiry, AWrongFieldIsNamedWithWhatIsAllowed) {
  const struct {
    const char* asked;
    const char* says;
  } cases[] = {
      {R"([])", "must be an object"},
      {R"({"public_address": "203.0.113"})", "public_address must be an IPv4 or IPv6 address"},
      {R"({"public_address": 7})", "public_address must be text"},
      {R"({"port": 0})", "port must be a port from 1 to 65535"},
      {R"({"port": 65536})", "port must be"},
      {R"({"port": "25"})", "port must be"},
      {R"({"port": 25.5})", "port must be"},
      {R"({"at": "yesterday"})", "at must be a time such as 2026-11-24T12:03:11Z"},
      {R"({"skew_s": -1})", "skew_s must be a whole number of seconds from 0 to 172800"},
      {R"({"skew_s": 172801})", "skew_s must be"},
      {R"({"skew_s": 18446744073709551615})", "skew_s must be"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.asked);
    const auto inquiry = inquiry_from_json(json::parse(c.asked));
    ASSERT_FALSE(inquiry);
    EXPECT_NE(inquiry.error().find(c.says), std::string::npos) << inquiry.error();
  }
  EXPECT_FALSE(inquiry_from_json({{"queue_id", std::string(129, 'x')}}));
  EXPECT_TRUE(inquiry_from_json({{"queue_id", std::string(128, 'x')}}));
}

TEST(Inquiry, SaysWhatIsMissing) {
  EXPECT_TRUE(what_is_missing(*inquiry_from_json({{"public_address", "203.0.113.7"}})));
  EXPECT_TRUE(what_is_missing(*inquiry_from_json({{"at", "2026-11-24T12:03:11Z"}})));
  EXPECT_FALSE(what_is_missing(*inquiry_from_json({{"at", "2026-11-24T12:03:11Z"}, {"port", 60460}})));
  EXPECT_FALSE(what_is_missing(*inquiry_from_json({{"queue_id", "x"}})));
}

}  // namespace
}  // namespace gatewitness
