// SPDX-License-Identifier: Apache-2.0
//
// That nothing of a login stays in nDPI's memory: the library is given an allocator that knows every block,
// and after each packet all blocks are searched, and each block once more when it is freed. A first test
// shows that the search would find the password if the shim did not wipe it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string_view>

#include "probes/dissect/ndpi_classifier.h"
#include "probes/dissect/ndpi_shim.h"
#include "tests/unit/ndpi/ip_packets.h"

namespace gatewitness::dissect::test {
namespace {

constexpr Timestamp kStart{std::chrono::seconds{1'700'000'000}};
constexpr std::string_view kUser = "grandmother";
constexpr std::string_view kPassword = "Tr0ub4dor";
constexpr const char* kPlain = "AGdyYW5kbW90aGVyAFRyMHViNGRvcg==";  // \0grandmother\0Tr0ub4dor
constexpr const char* kUserBase64 = "Z3JhbmRtb3RoZXI=";
constexpr const char* kPasswordBase64 = "VHIwdWI0ZG9y";

// Any five bytes in a row of a secret, plain or encoded, count as found.
bool holds_secret(std::string_view memory) {
  for (const std::string_view secret : {kUser, kPassword, std::string_view(kPlain),
                                        std::string_view(kUserBase64), std::string_view(kPasswordBase64)}) {
    for (std::size_t i = 0; i + 5 <= secret.size(); ++i) {
      if (memory.find(secret.substr(i, 5)) != std::string_view::npos) return true;
    }
  }
  return false;
}

// nDPI's allocator takes plain functions, so what they know has to be global; alive for the whole test
// binary.
struct Block {
  std::size_t size = 0;
  bool of_flow = false;  // else of the module, which is megabytes and searched only at the end of a dialogue
};
struct Ledger {
  std::map<void*, Block> blocks;
  bool flows = false;  // blocks made from now on are a flow's
  bool freed_with_secret = false;
};
Ledger& ledger() {
  static Ledger ledger;
  return ledger;
}

std::string_view view(const void* memory, std::size_t size) {
  return {static_cast<const char*>(memory), size};
}

void* record_malloc(std::size_t size) {
  void* memory = std::calloc(1, size);  // what an earlier owner left behind must not count
  ledger().blocks[memory] = {size, ledger().flows};
  return memory;
}
void record_free(void* memory) {
  const auto found = ledger().blocks.find(memory);
  if (found != ledger().blocks.end()) {
    if (holds_secret(view(memory, found->second.size))) ledger().freed_with_secret = true;
    ledger().blocks.erase(found);
  }
  std::free(memory);
}

bool any_block_holds_secret(bool of_flow) {
  return std::ranges::any_of(ledger().blocks, [&](const auto& entry) {
    return entry.second.of_flow == of_flow && holds_secret(view(entry.first, entry.second.size));
  });
}

class Credentials : public ::testing::Test {
 protected:
  // Before the first module, so that the module's own blocks are known too.
  static void SetUpTestSuite() {
    set_ndpi_malloc(record_malloc);
    set_ndpi_free(record_free);
    set_ndpi_flow_malloc(record_malloc);
    set_ndpi_flow_free(record_free);
  }
  void SetUp() override { ledger().freed_with_secret = ledger().flows = false; }
};

struct Login {
  const char* name;
  uint16_t port;
  std::vector<Line> lines;
  bool in_fields_only = false;  // this nDPI keeps nothing of it but in the fields for user name and password
};

std::vector<Login> logins() {
  const std::string plain = std::string("AUTH PLAIN ") + kPlain + "\r\n";
  const std::vector<Line> login = {{false, "220 mx.example.net ESMTP\r\n"},
                                   {true, "EHLO laptop\r\n"},
                                   {false, "250-mx\r\n250 AUTH LOGIN PLAIN\r\n"},
                                   {true, "AUTH LOGIN\r\n"},
                                   {false, "334 VXNlcm5hbWU6\r\n"},
                                   {true, std::string(kUserBase64) + "\r\n"},
                                   {false, "334 UGFzc3dvcmQ6\r\n"},
                                   {true, std::string(kPasswordBase64) + "\r\n"},
                                   {false, "235 2.7.0 Ok\r\n"}};
  const std::vector<Line> plain_after_ehlo = {{false, "220 mx.example.net ESMTP\r\n"},
                                              {true, "EHLO laptop\r\n"},
                                              {false, "250-mx\r\n250 AUTH LOGIN PLAIN\r\n"},
                                              {true, plain},
                                              {false, "235 2.7.0 Ok\r\n"}};
  return {
      {"LOGIN", 587, login, true},
      {"LOGIN, from the middle on", 587, {login.begin() + 3, login.end()}},
      {"the user name first", 587, {login.begin() + 5, login.end()}},
      {"the password first", 587, {login.begin() + 7, login.end()}},
      {"PLAIN", 587, plain_after_ehlo, true},
      {"PLAIN, from the middle on", 587, {plain_after_ehlo.begin() + 3, plain_after_ehlo.end()}},
      {"PLAIN on a strange port", 2526, plain_after_ehlo, true},
      {"POP",
       110,
       {{false, "+OK ready\r\n"},
        {true, "USER grandmother\r\n"},
        {false, "+OK\r\n"},
        {true, "PASS Tr0ub4dor\r\n"}}},
      {"IMAP", 143, {{false, "* OK ready\r\n"}, {true, "a1 LOGIN \"grandmother\" \"Tr0ub4dor\"\r\n"}}},
      {"FTP",
       21,
       {{false, "220 ready\r\n"},
        {true, "USER grandmother\r\n"},
        {false, "331 ?\r\n"},
        {true, "PASS Tr0ub4dor\r\n"}}},
      {"FTP without a greeting",
       25,
       {{true, "USER grandmother\r\n"}, {false, "331 ?\r\n"}, {true, "PASS Tr0ub4dor\r\n"}}},
  };
}

// nDPI with the whole dialogue, and perhaps the wiping, but without the mask: true if a login was found in
// its memory.
bool found_unmasked(ndpi_detection_module_struct* module, const Login& login, bool wipe) {
  bool found = false;
  const auto flow = ndpi::make_flow();
  Conversation conversation(login.port);
  for (const auto& line : login.lines) {
    (void)ndpi::process(module, flow.get(), conversation.packet(line), 0, line.from_client);
    if (wipe) ndpi::wipe_credentials(*flow);
    found |= any_block_holds_secret(true);
  }
  return found;
}

TEST_F(Credentials, UnwipedTheyWouldBeFound) {
  const auto module = ndpi::make_module();
  ASSERT_TRUE(module);
  ledger().flows = true;
  bool live = false;
  for (const auto& login : logins()) live |= found_unmasked(module.get(), login, false);
  EXPECT_TRUE(live) << "this nDPI keeps no login: the tests below prove nothing with it";
  EXPECT_TRUE(ledger().freed_with_secret) << "nor in blocks that it frees";
}

TEST_F(Credentials, WipingClearsTheFieldsForThem) {
  const auto module = ndpi::make_module();
  ASSERT_TRUE(module);
  ledger().flows = true;
  const auto all = logins();
  for (const auto& login : all) {
    if (!login.in_fields_only) continue;
    SCOPED_TRACE(login.name);
    EXPECT_FALSE(found_unmasked(module.get(), login, true));
  }
}

TEST_F(Credentials, TheClassifierLeavesNone) {
  NdpiClassifier classifier;
  ASSERT_TRUE(classifier.available());
  ledger().flows = true;
  for (const auto& login : logins()) {
    SCOPED_TRACE(login.name);
    {
      const auto flow = classifier.new_flow();
      Conversation conversation(login.port);
      for (std::size_t i = 0; i < login.lines.size(); ++i) {
        (void)classifier.packet(*flow, conversation.packet(login.lines[i]), kStart,
                                login.lines[i].from_client);
        EXPECT_FALSE(any_block_holds_secret(true)) << "after line " << i;
      }
    }
    EXPECT_FALSE(ledger().freed_with_secret);
  }
  EXPECT_FALSE(any_block_holds_secret(false)) << "in the module";
}

}  // namespace
}  // namespace gatewitness::dissect::test
