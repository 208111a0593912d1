// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/layout.h"

#include <gtest/gtest.h>

namespace gatewitness::cli {
namespace {

TEST(Columns, CountsCharactersNotBytes) {
  EXPECT_EQ(columns(""), 0u);
  EXPECT_EQ(columns("fridge"), 6u);
  EXPECT_EQ(columns("Kühlschrank"), 11u);
  EXPECT_EQ(columns("冷蔵庫…"), 4u);
}

TEST(Wrapped, BreaksBetweenWordsAtTheWidthAndNotBefore) {
  struct Case {
    const char* name;
    const char* text;
    std::size_t indent;
    std::size_t width;
    const char* want;
  };
  const Case cases[] = {
      {"nothing", "", 4, 40, ""},
      {"only blanks", "    ", 4, 40, ""},
      {"one line", "one two", 0, 40, "one two\n"},
      {"exactly as wide", "one two", 0, 7, "one two\n"},
      {"one past it", "one twos", 0, 7, "one\ntwos\n"},
      {"the indent counts", "one two", 1, 7, " one\n two\n"},
      {"several blanks are one", "one   two ", 2, 40, "  one two\n"},
      {"a long word keeps whole", "a 0123456789 b", 2, 6, "  a\n  0123456789\n  b\n"},
      {"by characters", "äöü äöü", 0, 7, "äöü äöü\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(wrapped(c.text, c.indent, c.width), c.want);
  }
}

TEST(Table, AlignsByTheWidestCellAndLeavesNoBlanksBehindTheLast) {
  const Style plain;
  EXPECT_EQ(table({{{"id"}, {"name"}, {"n"}}, {{"1"}, {"Kühl"}, {"10"}}, {{"200"}, {"-"}, {"2"}}}, 2, plain),
            "  id   name  n\n"
            "  1    Kühl  10\n"
            "  200  -     2\n");
}

TEST(Table, AnEmptyLastCellLeavesNoBlanks) {
  EXPECT_EQ(table({{{"a"}, {"remarks"}}, {{"1"}, {""}}}, 0, Style{}), "a  remarks\n1\n");
}

TEST(Table, ColourTakesNoRoom) {
  Style colour;
  colour.colour = true;
  EXPECT_EQ(table({{{"verdict"}, {"x"}}, {{"alarm", Tone::kRed}, {"1"}}}, 0, colour),
            "\033[2mverdict\033[0m  \033[2mx\033[0m\n"
            "\033[1;31malarm\033[0m    1\n");
}

TEST(Paint, OnlyWhereColourIsWantedAndThereIsSomethingToPaint) {
  Style colour;
  colour.colour = true;
  EXPECT_EQ(Style{}.paint(Tone::kRed, "alarm"), "alarm");
  EXPECT_EQ(colour.paint(Tone::kPlain, "alarm"), "alarm");
  EXPECT_EQ(colour.paint(Tone::kRed, ""), "");
  for (const Tone tone : {Tone::kBold, Tone::kDim, Tone::kRed, Tone::kYellow, Tone::kGreen}) {
    const std::string painted = colour.paint(tone, "x");
    EXPECT_TRUE(painted.starts_with("\033[") && painted.ends_with("x\033[0m")) << painted;
  }
}

TEST(Thousands, GroupsByThree) {
  EXPECT_EQ(thousands(0), "0");
  EXPECT_EQ(thousands(999), "999");
  EXPECT_EQ(thousands(1000), "1,000");
  EXPECT_EQ(thousands(1234567), "1,234,567");
  EXPECT_EQ(thousands(UINT64_MAX), "18,446,744,073,709,551,615");
}

}  // namespace
}  // namespace gatewitness::cli
