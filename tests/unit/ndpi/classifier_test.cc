// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "probes/dissect/ndpi_classifier.h"
#include "tests/unit/ndpi/ip_packets.h"

namespace gatewitness::dissect::test {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart{std::chrono::seconds{1'700'000'000}};

class Classifier : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!classifier_.available()) GTEST_SKIP() << "built without nDPI";
  }

  // What is known after the lines, or after giving up on them.
  Classification classify(uint16_t port, const std::vector<Line>& lines) {
    Conversation conversation(port);
    const auto flow = classifier_.new_flow();
    Timestamp now = kStart;
    Classification result;
    for (const auto& line : lines) {
      now += 10ms;
      result = classifier_.packet(*flow, conversation.packet(line), now, line.from_client);
      if (result.decided) return result;
    }
    return classifier_.give_up(*flow);
  }

  NdpiClassifier classifier_;
};

std::vector<Line> smtp(const std::string& banner) {
  return {{false, banner},
          {true, "EHLO fridge.local\r\n"},
          {false, "250-mx.example.net\r\n250-STARTTLS\r\n250 8BITMIME\r\n"},
          {true, "MAIL FROM:<a@example.org>\r\n"},
          {false, "250 2.1.0 Ok\r\n"},
          {true, "RCPT TO:<b@example.net>\r\n"}};
}

std::vector<Line> rubbish(std::size_t packets) {
  std::vector<Line> lines;
  for (std::size_t i = 0; i < packets; ++i) {
    std::string payload;
    for (std::size_t k = 0; k < 64; ++k) payload += static_cast<char>((i * 31 + k * k * 7 + 129) % 251);
    lines.push_back({i % 2 == 0, payload});
  }
  return lines;
}

TEST_F(Classifier, NamesTheMasterProtocol) {
  const std::vector<Line> tls = {{true, client_hello("mail.example.net")}, {false, server_hello()}};
  const std::vector<Line> openvpn = {{true, openvpn_reset(true)}, {false, openvpn_reset(false)}};
  const std::vector<Line> ftp = {{false, "220 (vsFTPd 3.0.3)\r\n"},
                                 {true, "USER anonymous\r\n"},
                                 {false, "331 Please specify the password.\r\n"},
                                 {true, "PASS guest\r\n"},
                                 {false, "230 Login successful.\r\n"}};
  const struct {
    const char* name;
    uint16_t port;
    std::vector<Line> lines;
    std::vector<std::string> want;  // versions of nDPI name TLS on 465 differently
  } cases[] = {
      {"SMTP", 25, smtp("220 mx.example.net ESMTP\r\n"), {"SMTP"}},
      {"SMTP on a strange port", 2526, smtp("220 mx.example.net ESMTP\r\n"), {"SMTP"}},
      {"Gmail's exchanger is SMTP, not Google",
       25,
       smtp("220 mx.google.com ESMTP a1-2 - gsmtp\r\n"),
       {"SMTP"}},
      {"TLS from the start", 465, tls, {"TLS"}},
      {"TLS on a strange port", 4443, tls, {"TLS"}},
      {"OpenVPN on the port of SMTPS", 465, openvpn, {"OpenVPN"}},
      {"FTP", 21, ftp, {"FTP_CONTROL"}},
      {"FTP on the port of SMTP", 25, ftp, {"FTP_CONTROL"}},
      {"web on the port of SMTP", 25, {{true, "GET / HTTP/1.1\r\nHost: example.net\r\n\r\n"}}, {"HTTP"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto result = classify(c.port, c.lines);
    EXPECT_TRUE(result.decided);
    EXPECT_TRUE(std::ranges::count(c.want, result.application)) << "got '" << result.application << "'";
  }
}

TEST_F(Classifier, ThePortAloneIsNoEvidence) {
  const struct {
    const char* name;
    uint16_t port;
    std::vector<Line> lines;
  } cases[] = {
      {"nothing said on 25", 25, {{true, ""}, {false, ""}}},
      {"no packet at all on 465", 465, {}},
      {"rubbish on 25", 25, rubbish(4)},
      {"rubbish on 465", 465, rubbish(4)},
      {"rubbish on 587", 587, rubbish(20)},
      {"rubbish on 21", 21, rubbish(20)},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto result = classify(c.port, c.lines);
    EXPECT_EQ(result.application, "");
    EXPECT_TRUE(result.decided);
  }
}

TEST_F(Classifier, AsksNoMoreAfterTheLastPacketOfTheLimit) {
  const struct {
    const char* name;
    std::vector<Line> lines;
  } cases[] = {
      {"with payload", rubbish(kMaxNdpiPayloadPackets)},
      {"without payload", std::vector<Line>(kMaxNdpiPackets)},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Conversation conversation(2526);
    const auto flow = classifier_.new_flow();
    for (std::size_t i = 0; i < c.lines.size(); ++i) {
      const auto result =
          classifier_.packet(*flow, conversation.packet(c.lines[i]), kStart, c.lines[i].from_client);
      EXPECT_EQ(result.decided, i + 1 == c.lines.size()) << i;
    }
    // One past the limit changes nothing, even if it is as clear as can be.
    const auto late =
        classifier_.packet(*flow, conversation.packet({false, "220 mx ESMTP\r\n"}), kStart, false);
    EXPECT_TRUE(late.decided);
    EXPECT_EQ(late.application, "");
  }
}

TEST_F(Classifier, TheAnswerStays) {
  Conversation conversation(25);
  const auto flow = classifier_.new_flow();
  Classification result;
  for (const auto& line : smtp("220 mx.example.net ESMTP\r\n")) {
    result = classifier_.packet(*flow, conversation.packet(line), kStart, line.from_client);
  }
  EXPECT_EQ(result.application, "SMTP");
  EXPECT_EQ(classifier_.give_up(*flow).application, "SMTP");
}

TEST_F(Classifier, HostilePacketsDoNoHarm) {
  Conversation conversation(25);
  const auto good = conversation.packet({true, "EHLO x\r\n"});
  for (std::size_t length = 0; length <= good.size(); ++length) {
    // A copy of exactly this size, so that a read past its end is seen.
    const std::vector<uint8_t> cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
    const auto flow = classifier_.new_flow();
    (void)classifier_.packet(*flow, cut, kStart, true);
  }
  const auto flow = classifier_.new_flow();
  (void)classifier_.packet(*flow, std::vector<uint8_t>(70000, 0x45), kStart, true);
}

TEST(ClassifierWithoutModule, KnowsNothing) {
  NdpiClassifier gone;
  NdpiClassifier here(std::move(gone));
  EXPECT_FALSE(gone.available());
  EXPECT_EQ(gone.new_flow(), nullptr);
  EXPECT_EQ(here.available(), !NdpiClassifier::version().empty());
  EXPECT_EQ(here.new_flow() != nullptr, here.available());
}

}  // namespace
}  // namespace gatewitness::dissect::test
