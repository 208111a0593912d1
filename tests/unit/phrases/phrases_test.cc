// SPDX-License-Identifier: Apache-2.0
//
// The catalogue is whole in each language, and what is put into it stays what it was.
#include "daemon/phrases/phrases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "daemon/identity/classes.h"

namespace gatewitness {
namespace {

constexpr Language kAll[] = {Language::kEnglish, Language::kGerman, Language::kSwedish};

std::vector<Phrase> phrases() {
  std::vector<Phrase> out;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Phrase::kCount); ++i)
    out.push_back(static_cast<Phrase>(i));
  return out;
}

// Name -> whether it has two forms of a number; each brace closed, each form there.
std::map<std::string, bool> places_of(std::string_view text) {
  std::map<std::string, bool> out;
  for (std::size_t at = text.find('{'); at != text.npos; at = text.find('{', at + 1)) {
    const auto end = text.find('}', at);
    EXPECT_NE(end, text.npos) << text;
    if (end == text.npos) break;
    const std::string inner(text.substr(at + 1, end - at - 1));
    const auto bars = std::count(inner.begin(), inner.end(), '|');
    EXPECT_TRUE(bars == 0 || bars == 2) << text;
    EXPECT_EQ(inner.find('{'), inner.npos) << text;
    const std::string name = inner.substr(0, inner.find('|'));
    out[name] = out[name] || bars == 2;
  }
  return out;
}

std::set<std::string> names_of(std::string_view text) {
  std::set<std::string> out;
  for (const auto& [name, two] : places_of(text)) out.insert(name);
  return out;
}

TEST(Catalogue, EveryLanguageSaysThePlacesThatEnglishHas) {
  for (const Phrase phrase : phrases()) {
    const auto english = names_of(text_of(Language::kEnglish, phrase));
    for (const Language language : kAll) {
      const std::string_view text = text_of(language, phrase);
      EXPECT_FALSE(text.empty()) << static_cast<int>(phrase) << to_string(language);
      EXPECT_EQ(names_of(text), english) << text;
      EXPECT_LE(text.size(), 400U) << text;
    }
  }
}

TEST(Catalogue, NothingWasLeftInEnglish) {
  // A frame around a name is the same in any language.
  const std::set<Phrase> same = {Phrase::kNotDone};
  for (const Phrase phrase : phrases()) {
    if (same.contains(phrase)) continue;
    for (const Language language : {Language::kGerman, Language::kSwedish})
      EXPECT_NE(text_of(language, phrase), text_of(Language::kEnglish, phrase)) << text_of(language, phrase);
  }
}

TEST(Catalogue, KnowsEveryClassOfDevice) {
  for (const auto& known : device_classes()) {
    std::set<std::string> words;
    for (const Language language : kAll) {
      const std::string word = class_in_words(language, known.name);
      EXPECT_FALSE(word.empty());
      words.insert(word);
    }
    // Its words begin with a capital in German: the catalogue has the class, it does not fall back on its
    // name.
    const std::string german = class_in_words(Language::kGerman, known.name);
    EXPECT_TRUE(german[0] >= 'A' && german[0] <= 'Z') << known.name << ": " << german;
  }
  EXPECT_EQ(class_in_words(Language::kSwedish, "sauna"), "sauna");
}

TEST(Say, CountsAsTheLanguageDoes) {
  const auto tried = [](Language language, uint64_t n) {
    return say(language, Phrase::kFailedContacts, {{"who", "X"}, {"n", n}});
  };
  EXPECT_NE(tried(Language::kEnglish, 1).find("X tried 1 mail server that"), std::string::npos);
  EXPECT_NE(tried(Language::kEnglish, 0).find("0 mail servers"), std::string::npos);
  EXPECT_NE(tried(Language::kGerman, 3).find("3 nie benutzten Mailservern"), std::string::npos);
  EXPECT_NE(tried(Language::kSwedish, 1).find("1 e-postserver som"), std::string::npos);
}

TEST(Say, WhatStandsInAPlaceIsNotReadAgain) {
  EXPECT_EQ(say(Language::kEnglish, Phrase::kOver, {{"title", "{title} # {n|a|b}"}}),
            "Over: {title} # {n|a|b}");
  EXPECT_EQ(say(Language::kEnglish, Phrase::kOver), "Over: ");
}

TEST(LanguageCodes, AreThoseThatTheErrorNames) {
  for (const Language language : kAll) EXPECT_EQ(parse_language(to_string(language)), language);
  for (const char* wrong : {"", "EN", "english", "no"}) EXPECT_FALSE(parse_language(wrong)) << wrong;
}

}  // namespace
}  // namespace gatewitness
