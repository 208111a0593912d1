// SPDX-License-Identifier: Apache-2.0
//
// Text from strangers, made fit to be shown.
#include "probes/wire/text.h"

#include <gtest/gtest.h>

#include <random>

#include "probes/wire/utf8.h"

namespace gatewitness {
namespace {

using std::string_literals::operator""s;

TEST(Printable, LeavesHonestTextAlone) {
  for (const char* text :
       {"", "fridge", "Kühlschrank", "Alice\u2019s iPhone", "冷蔵庫", "هاتف", "📺 TV", "a b\u00a0c"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, EscapesWhatActsOnItsReader) {
  const std::pair<std::string, const char*> cases[] = {
      {"a\x1b[31mred"s, "a\\x1b[31mred"},
      {"line\r\nnext\t"s, "line\\x0d\\x0anext\\x09"},
      {"a\0b"s, "a\\x00b"},
      {"\x7f"s, "\\x7f"},
      {"\u009b31m"s, "\\u{009b}31m"},  // C1 CSI
      {"\u202Egnp.exe"s, "\\u{202e}gnp.exe"},
      {"\u2066x\u2069"s, "\\u{2066}x\\u{2069}"},
      {"a\u200Bb"s, "a\\u{200b}b"},
      {"\u2028"s, "\\u{2028}"},
      {"\uFEFF"s, "\\u{feff}"},
      {"\u00AD"s, "\\u{00ad}"},
      {"\u034F"s, "\\u{034f}"},
      {"\uFFA0"s, "\\u{ffa0}"},
      {"\uFFFF"s, "\\u{ffff}"},
      {"\U0001D173"s, "\\u{1d173}"},
      {"\U000E0041"s, "\\u{e0041}"},
      {"C:\\x1b"s, "C:\\\\x1b"},  // not to be taken for an escape of ours
  };
  for (const auto& [raw, want] : cases) EXPECT_EQ(printable(raw), want);
}

TEST(Printable, EscapesWhatIsNotUtf8ByteByByte) {
  const std::pair<std::string, const char*> cases[] = {
      {"\xff"s, "\\xff"},
      {"a\x80z"s, "a\\x80z"},  // continuation without lead
      {"\xc3"s, "\\xc3"},      // cut off
      {"\xc3z"s, "\\xc3z"},
      {"\xe2\x82"s, "\\xe2\\x82"},
      {"\xc0\xaf"s, "\\xc0\\xaf"},  // overlong '/'
      {"\xe0\x80\xaf"s, "\\xe0\\x80\\xaf"},
      {"\xf0\x80\x80\xaf"s, "\\xf0\\x80\\x80\\xaf"},
      {"\xed\xa0\x80"s, "\\xed\\xa0\\x80"},           // a surrogate
      {"\xf4\x90\x80\x80"s, "\\xf4\\x90\\x80\\x80"},  // past U+10FFFF
      {"\xf5\x80\x80\x80"s, "\\xf5\\x80\\x80\\x80"},
  };
  for (const auto& [raw, want] : cases) {
    EXPECT_EQ(printable(raw), want);
    EXPECT_FALSE(is_utf8(raw)) << want;
  }
}

TEST(Printable, CutsBetweenCharactersWithinTheLimit) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abc…");
  EXPECT_EQ(printable("ab\x1b", 6), "ab\\x1b");
  EXPECT_EQ(printable("abc\x1b", 6), "abc…");  // an escape is never cut
  EXPECT_EQ(printable("ééé", 5), "é…");
  EXPECT_EQ(printable("abcdef", 3), "…");
  EXPECT_EQ(printable("abcdef", 2), "");
  EXPECT_EQ(printable("abcdef", 0), "");
  EXPECT_EQ(printable("ab", 2), "ab");
  EXPECT_EQ(printable(std::string(128, 'x')), std::string(128, 'x'));
  EXPECT_EQ(printable(std::string(1'000'000, 'x')), std::string(125, 'x') + "…");
}

TEST(Printable, AnyBytesBecomeShortUtf8WithoutControls) {
  std::mt19937 random(20140116);
  for (int i = 0; i < 5000; ++i) {
    std::string raw(random() % 64, '\0');
    for (char& c : raw) c = static_cast<char>(random());
    const std::size_t limit = random() % 100;
    const std::string shown = printable(raw, limit);
    ASSERT_LE(shown.size(), limit);
    ASSERT_TRUE(is_utf8(shown));
    for (const char c : shown) ASSERT_TRUE(static_cast<uint8_t>(c) >= 0x20 && c != 0x7f);
  }
}

TEST(Utf8, RepairsEachByteThatBelongsToNoCharacter) {
  EXPECT_EQ(repaired_utf8("aé\U0001F4FA"), "aé\U0001F4FA");
  EXPECT_EQ(repaired_utf8("a\xff\xe2\x82z"), "a\uFFFD\uFFFD\uFFFDz");
  EXPECT_EQ(repaired_utf8(""), "");
  EXPECT_EQ(first_character("\U0010FFFF").code, 0x10FFFFU);
  EXPECT_EQ(first_character("\U0010FFFF").size, 4U);
}

}  // namespace
}  // namespace gatewitness
