// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/credential_mask.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace gatewitness::dissect::test {
namespace {

std::string masked(std::string_view text) {
  std::vector<uint8_t> bytes(text.begin(), text.end());
  mask_credentials(bytes);
  return {bytes.begin(), bytes.end()};
}

TEST(CredentialMask, BlanksOnlyWhatIsSecret) {
  using namespace std::string_view_literals;
  const struct {
    const char* name;
    std::string_view text;
    std::string_view want;
  } cases[] = {
      {"AUTH PLAIN", "AUTH PLAIN AGEAYg==\r\n", "AUTH PLAIN xxxxxxxx\r\n"},
      {"AUTH in small letters", "auth  login  YWJj\n", "auth  login  xxxx\n"},
      {"AUTH without a response", "AUTH LOGIN\r\n", "AUTH LOGIN\r\n"},
      {"USER and PASS in one packet", "USER me\r\nPASS p w\r\n", "USER xx\r\nPASS xxx\r\n"},
      {"IMAP", "a1 LOGIN \"me\" {3}\r\n", "a1 LOGIN xxxxxxxx\r\n"},
      {"IMAP with SASL", "a1 authenticate PLAIN AGEAYg==", "a1 authenticate xxxxxxxxxxxxxx"},
      {"base64 alone", "Z3JhbmRtb3RoZXI=\r\n", "xxxxxxxxxxxxxxxx\r\n"},
      {"base64 without its line end", "Z3Jhbm", "xxxxxx"},
      {"web", "GET / HTTP/1.1\r\nauthorization: Basic YTpi\r\nCookie: s=1\r\nHost: a\r\n",
       "GET / HTTP/1.1\r\nauthorization: xxxxxxxxxx\r\nCookie: xxx\r\nHost: a\r\n"},
      {"verbs stay", "DATA\r\nQUIT\r\nRSET\r\n", "DATA\r\nQUIT\r\nRSET\r\n"},
      {"greetings stay", "220 mx ESMTP\r\n250-AUTH PLAIN LOGIN\r\n",
       "220 mx ESMTP\r\n250-AUTH PLAIN LOGIN\r\n"},
      {"envelopes stay", "MAIL FROM:<a@b>\r\n", "MAIL FROM:<a@b>\r\n"},
      {"binary stays", "\x16\x03\x01\0\x05\n\n\xff"sv, "\x16\x03\x01\0\x05\n\n\xff"sv},
      {"nothing", "", ""},
      {"blanks", "   \r\n \n", "   \r\n \n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(masked(c.text), c.want);
  }
}

}  // namespace
}  // namespace gatewitness::dissect::test
