// SPDX-License-Identifier: Apache-2.0
#include "probes/process/flags.h"

#include <gtest/gtest.h>

namespace gatewitness::process {
namespace {

struct Values {
  bool loud = false;
  std::string name;
  std::vector<std::string> names;
  uint64_t size = 7;
  std::vector<uint64_t> ports;
};

std::expected<std::vector<std::string>, Flags::Exit> parse(Values& values, std::vector<const char*> words) {
  Flags flags("tool", "usage: tool\n");
  flags.flag("--loud", values.loud);
  flags.text("--name", values.name);
  flags.texts("--names", values.names);
  flags.number("--size", {2, 9}, values.size);
  flags.numbers("--port", {1, 65535}, values.ports);
  words.insert(words.begin(), "tool");
  return flags.parse(static_cast<int>(words.size()), words.data());
}

TEST(Flags, StoresValuesInEitherSpelling) {
  Values values;
  const auto rest = parse(values, {"--loud", "--name", "a b", "--names=x", "one", "--names", "y=z",
                                   "--size=9", "--port", "25", "--port=26", "-", "--", "--loud"});
  ASSERT_TRUE(rest);
  EXPECT_EQ(*rest, (std::vector<std::string>{"one", "-", "--loud"}));
  EXPECT_TRUE(values.loud);
  EXPECT_EQ(values.name, "a b");
  EXPECT_EQ(values.names, (std::vector<std::string>{"x", "y=z"}));
  EXPECT_EQ(values.size, 9U);
  EXPECT_EQ(values.ports, (std::vector<uint64_t>{25, 26}));
}

TEST(Flags, WrongLinesAreOneLineAndStatusTwo) {
  struct Case {
    std::vector<const char*> words;
    const char* want;
  };
  const Case cases[] = {
      {{"--louder"}, "tool: unknown option --louder (see --help)\n"},
      {{"-x"}, "tool: unknown option -x (see --help)\n"},
      {{"--lo\x1bud"}, "tool: unknown option --lo\\x1bud (see --help)\n"},
      {{"--loud=yes"}, "tool: --loud takes no value (see --help)\n"},
      {{"--name"}, "tool: --name needs a value (see --help)\n"},
      {{"--name="}, "tool: --name needs a value that is not empty (see --help)\n"},
      {{"--name", "a", "--name", "b"}, "tool: --name is given twice (see --help)\n"},
      {{"--size", "1"}, "tool: --size must be a whole number from 2 to 9, not \"1\" (see --help)\n"},
      {{"--size", "10"}, "tool: --size must be a whole number from 2 to 9, not \"10\" (see --help)\n"},
      {{"--size", "4x"}, "tool: --size must be a whole number from 2 to 9, not \"4x\" (see --help)\n"},
      {{"--size", "-4"}, "tool: --size must be a whole number from 2 to 9, not \"-4\" (see --help)\n"},
      {{"--port", "99999999999999999999"},
       "tool: --port must be a whole number from 1 to 65535, not \"99999999999999999999\" (see --help)\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.want);
    Values values;
    const auto rest = parse(values, c.words);
    ASSERT_FALSE(rest);
    EXPECT_EQ(rest.error().status, 2);
    EXPECT_EQ(rest.error().text, c.want);
    EXPECT_EQ(values.size, 7U);
  }
}

TEST(Flags, HelpAndVersionEndWithStatusZero) {
  Values values;
  for (const char* word : {"--help", "-h"}) {
    const auto rest = parse(values, {word});
    ASSERT_FALSE(rest);
    EXPECT_EQ(rest.error().status, 0);
    EXPECT_EQ(rest.error().text, "usage: tool\n");
  }
  const auto version = parse(values, {"--version"});
  ASSERT_FALSE(version);
  EXPECT_TRUE(version.error().text.starts_with("tool ")) << version.error().text;
}

}  // namespace
}  // namespace gatewitness::process
