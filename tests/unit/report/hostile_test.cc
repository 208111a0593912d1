// SPDX-License-Identifier: Apache-2.0
//
// Reports that mean harm: every limit at the limit and one past it, and 32 MiB of each kind of bomb. A reader
// that were quadratic in any of them would not end within the test's time.
#include <gtest/gtest.h>

#include <functional>

#include "daemon/report/lexer.h"
#include "tests/unit/report/report_texts.h"

namespace gatewitness::report {
namespace {

constexpr std::size_t kMuch = std::size_t{32} << 20;

const std::string kHop =
    "Received: from fridge (u [203.0.113.7]) by m with SMTP id 4F1C; Tue, 24 Nov 2026 12:03:11 +0000\n";
const std::string kOther =
    "Received: from x (u [198.51.100.9]) by m with SMTP id 1; Tue, 24 Nov 2026 12:03:11 +0000\n";

std::string repeated(std::string_view text, std::size_t bytes) {
  std::string out;
  out.reserve(bytes + text.size());
  while (out.size() < bytes) out += text;
  return out;
}
std::string times(std::string_view text, std::size_t count) {
  std::string out;
  for (; count > 0; --count) out += text;
  return out;
}
std::string part(const std::string& body, const std::string& type = "message/rfc822") {
  return "--b\nContent-Type: " + type + "\n\n" + body + "\n";
}
std::string multipart(const std::string& parts) {
  return "Content-Type: multipart/mixed; boundary=b\n\n" + parts + "--b--\n";
}

bool noted(const Reading& reading, std::string_view what) {
  for (const auto& note : reading.notes)
    if (note.find(what) != note.npos) return true;
  for (const auto& claim : reading.claims)
    if (all_notes(claim).find(what) != std::string::npos) return true;
  return all_errors(reading).find(what) != std::string::npos;
}

TEST(Limits, HoldAtTheLimitAndOnePastIt) {
  struct {
    const char* name;
    std::function<void(ReadOptions&)> set;
    std::string inside, past;
    const char* note;
  } const cases[] = {
      {"Received lines", [](ReadOptions& o) { o.hops = 3; }, times(kOther, 2) + kHop, times(kOther, 3) + kHop,
       "1 more Received lines were not read"},
      {"fields", [](ReadOptions& o) { o.fields = 3; }, times("X: y\n", 2) + kHop, times("X: y\n", 3) + kHop,
       "Received lines were not read"},
      {"header", [](ReadOptions& o) { o.header_bytes = 9; }, "Xxxx: yyyy\n" + kHop, "Xxxx: yyyyy\n" + kHop,
       "Received lines were not read"},
      {"field", [](ReadOptions& o) { o.field_bytes = 98; }, "X: " + std::string(98, 'y') + "\n" + kHop,
       "X: " + std::string(99, 'y') + "\n" + kHop, "1 header fields are too long and were cut"},
      {"parts", [](ReadOptions& o) { o.parts = 3; },
       multipart(times(part("x", "text/plain"), 2) + part(kHop)),
       multipart(times(part("x", "text/plain"), 3) + part(kHop)), "more than 3 parts; the rest was not read"},
      {"depth", [](ReadOptions& o) { o.depth = 2; }, multipart(part(kHop)),
       multipart(part(multipart(part(kHop)))), "parts nested more than 2 deep were not read"},
      {"decoded", [](ReadOptions& o) { o.decoded_bytes = 96; },
       multipart("--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n" + kHop),
       multipart("--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n" + kHop +
                 kHop),
       "part 1 was cut: the parts of the mail are larger than 96 bytes"},
      {"JSON", [](ReadOptions& o) { o.json_bytes = 60; },
       R"({"xarf_version": "4", "source_identifier": "203.0.113.7"})",
       R"({"xarf_version": "4.0.0", "source_identifier": "203.0.113.7"})", "is larger than 60 bytes"},
      {"messages", [](ReadOptions& o) { o.messages = 2; },
       times("From a Tue Nov 24 12:10:00 2026\n" + kHop + "\n\n", 2),
       times("From a Tue Nov 24 12:10:00 2026\n" + kHop + "\n\n", 3),
       "there are more than 2 messages; the rest was not read"},
      {"documents", [](ReadOptions& o) { o.messages = 2; }, "{} {}", "{} {} {}",
       "there are more than 2 documents; the rest was not read"},
      {"claims", [](ReadOptions& o) { o.claims = 2; }, kHop + kHop, kHop + kHop + kHop,
       "there are more than 2 claims; the rest is left out"},
      {"candidates", [](ReadOptions& o) { o.claims_per_message = 2; }, kHop + kHop, kHop + kHop + kHop,
       "3 Received lines qualify"},
      {"errors", [](ReadOptions& o) { o.errors = 2; }, "{} {}", "{} {} {}",
       "there are more than 2 errors; the rest is not shown"},
      {"input", [](ReadOptions& o) { o.input_bytes = 110; }, kHop, kHop + std::string(120, 'x'),
       "the input is larger than 110 bytes; the rest was not read"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    ReadOptions options = ours();
    c.set(options);
    EXPECT_FALSE(noted(read(c.inside, options), c.note));
    const Reading past = read(c.past, options);
    EXPECT_TRUE(noted(past, c.note)) << all_errors(past)
                                     << (past.claims.empty() ? "" : all_notes(past.claims[0]));
    EXPECT_LE(past.claims.size(), options.claims);
    EXPECT_LE(past.errors.size(), options.errors);
  }
}

TEST(Limits, WhatIsDecodedCountsForAllPartsTogether) {
  const std::string encoded = part(kOther, "message/rfc822\nContent-Transfer-Encoding: quoted-printable");
  ReadOptions options = ours();
  options.decoded_bytes = 2 * (kOther.size() + 2);
  EXPECT_FALSE(noted(read(kHop + multipart(times(encoded, 2)), options), "was cut"));
  EXPECT_TRUE(noted(read(kHop + multipart(times(encoded, 3)), options), "part 3 was cut"));
  const std::string json = part("{\"a\":\"" + std::string(100, 'x') + "\"}", "application/json");
  EXPECT_TRUE(noted(read(kHop + multipart(times(json, 2)), options), "part 2 was cut"));
}

// Longer than any field is: each of its bytes is looked at twice, not once for each one before it.
TEST(Limits, AFieldIsReadInOnePass) {
  for (const char open : {'(', '"'}) {
    const std::string field((std::size_t{4} << 20) + 1, open);
    Lexer lexer(field, ";");
    std::size_t tokens = 0;
    while (lexer.next()) ++tokens;
    EXPECT_GT(tokens, 0U);
  }
}

TEST(Limits, NotesAreFewAndShort) {
  std::vector<std::string> notes;
  for (int i = 0; i < 100; ++i) add_note(notes, std::to_string(i) + std::string(1000, 'x'));
  EXPECT_EQ(notes.size(), kMaxNotes);
  EXPECT_EQ(notes[0].size(), kMaxText);
  EXPECT_EQ(notes.back(), "there is more to note than is shown");
}

std::string nested_multiparts() {
  std::string text = kHop;
  for (int i = 0; i < 2000; ++i)
    text += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\n\n--b" + std::to_string(i) +
            "\n";
  return text + repeated("--b\n", kMuch);
}

std::string nested_base64() {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text = kHop + repeated("x y z\n", kMuch / 8);
  for (int level = 0; level < 5; ++level) {
    std::string encoded;
    text.resize(text.size() / 3 * 3);
    for (std::size_t i = 0; i < text.size(); i += 3) {
      const auto byte = [&](std::size_t at) {
        return static_cast<uint32_t>(static_cast<uint8_t>(text[i + at]));
      };
      const uint32_t bits = byte(0) << 16 | byte(1) << 8 | byte(2);
      for (int shift = 18; shift >= 0; shift -= 6) encoded += kDigits[bits >> shift & 63];
    }
    text = multipart("--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + encoded +
                     "\n");
  }
  return kHop + text;
}

TEST(Bombs, Of32MiBAreReadToTheirEnd) {
  struct {
    const char* name;
    std::function<std::string()> make;
    std::size_t claims;  // what the good line among it still gives
  } const cases[] = {
      {"one line without an end", [] { return kHop + "X: " + std::string(kMuch, 'x'); }, 1},
      {"a field folded for ever", [] { return kHop + "X: y\n" + repeated(" z\n", kMuch); }, 1},
      {"fields for ever", [] { return kHop + repeated("X: y\n", kMuch); }, 1},
      {"Received lines for ever", [] { return kHop + repeated(kOther, kMuch); }, 1},
      {"our Received lines for ever", [] { return repeated(kHop, kMuch); }, 8},
      {"comments that never end",
       [] { return kHop + repeated("Received: " + std::string(8000, '(') + "\n", kMuch); }, 1},
      {"quotes that never end",
       [] { return kHop + repeated("Received: " + repeated("\\\"", 8000) + "\n", kMuch); }, 1},
      {"brackets that never end",
       [] { return kHop + repeated("Received: from a (" + std::string(8000, '[') + ")\n", kMuch); }, 1},
      {"delimiters",
       [] { return kHop + "Content-Type: multipart/mixed; boundary=b\n\n" + repeated("--b\n", kMuch); }, 1},
      {"almost delimiters",
       [] {
         return kHop + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" + repeated("--bb\n", kMuch);
       },
       1},
      {"dashes",
       [] { return kHop + "Content-Type: multipart/mixed; boundary=b\n\n" + std::string(kMuch, '-'); }, 1},
      {"multiparts in each other", nested_multiparts, 1},
      {"mails in each other", [] { return kHop + repeated("Content-Type: message/rfc822\n\n", kMuch); }, 1},
      {"base64 in base64", nested_base64, 1},
      {"an mbox of empty mails",
       [] {
         return "From a Tue Nov 24 12:10:00 2026\n" + kHop + "\n" +
                repeated("\nFrom a Tue Nov 24 12:10:00 2026\n", kMuch);
       },
       1},
      {"almost an mbox",
       [] {
         return "From a Tue Nov 24 12:10:00 2026\n" + kHop + "\n" +
                repeated("\nFrom a Tue Nov 24 12:10\n", kMuch);
       },
       1},
      {"open braces", [] { return std::string(kMuch, '{'); }, 0},
      {"open braces, one a line", [] { return repeated("{\n", kMuch); }, 0},
      {"open brackets", [] { return std::string(kMuch, '['); }, 0},
      {"a string without an end", [] { return "{\"" + std::string(kMuch, 'x'); }, 0},
      {"lines that are no JSON", [] { return "[\n" + repeated("x\n", kMuch); }, 0},
      {"a deep document",
       [] { return "{\"Report\":" + std::string(kMuch / 10, '[') + std::string(kMuch / 10, ']') + "}"; }, 0},
      {"long keys above many values",
       [] { return "{\"" + std::string(kMuch / 16, 'k') + "\":[" + repeated("1,", kMuch / 8) + "1]}"; }, 0},
      {"many samples",
       [] {
         return "{\"xarf_version\":\"4\",\"source_identifier\":\"203.0.113.7\",\"evidence\":[" +
                repeated("{\"content_type\":\"message/rfc822\",\"payload\":\"AAAA\"},", kMuch / 5) + "1]}";
       },
       1},
      {"zeros", [] { return "X: y\n" + std::string(kMuch, '\0'); }, 0},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Reading reading = read(c.make());
    EXPECT_EQ(reading.claims.size(), c.claims)
        << (reading.errors.empty() ? "" : to_string(reading.errors[0]));
    EXPECT_TRUE(!reading.claims.empty() || !reading.errors.empty());
  }
}

}  // namespace
}  // namespace gatewitness::report
