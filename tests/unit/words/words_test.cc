// SPDX-License-Identifier: Apache-2.0
//
// The catalogue as it was compiled in: what make_messages.py promises, and what a message does with its
// places.
#include "daemon/words/words.h"

#include <gtest/gtest.h>

#include <ranges>
#include <regex>
#include <set>
#include <string>

#include "daemon/identity/classes.h"
#include "daemon/model/grade.h"
#include "daemon/model/verdict.h"
#include "daemon/words/table.h"
#include "probes/wire/utf8.h"

namespace gatewitness::words {
namespace {

constexpr Language kAll[] = {Language::kEnglish, Language::kGerman, Language::kSwedish};

std::set<std::string> places_of(std::string_view text) {
  static const std::regex kPlace("\\{([a-z]+)\\}");
  const std::string copy(text);
  std::set<std::string> places;
  for (std::sregex_iterator place(copy.begin(), copy.end(), kPlace), end; place != end; ++place)
    places.insert((*place)[1]);
  return places;
}

std::set<std::string> places_of(const Forms& forms) {
  std::set<std::string> all;
  for (const auto form : forms.form) all.merge(places_of(form));
  return all;
}

TEST(Catalogue, EachLanguageHasEachMessageWithTheSamePlacesAndForms) {
  for (std::size_t message = 0; message < kMessages; ++message) {
    const Forms english = forms_of(Language::kEnglish, message);
    EXPECT_FALSE(english.form[0].empty()) << text_of(kIds[message]);
    for (const Language language : kAll) {
      const Forms forms = forms_of(language, message);
      EXPECT_EQ(places_of(forms), places_of(english)) << text_of(kIds[message]) << ' ' << to_string(language);
      for (std::size_t form = 0; form < 3; ++form)
        EXPECT_EQ(forms.form[form].empty(), english.form[form].empty()) << text_of(kIds[message]);
    }
  }
}

TEST(Catalogue, TextsAreBoundedAndHarmless) {
  for (const Language language : kAll)
    for (std::size_t message = 0; message < kMessages; ++message)
      for (const std::string_view text : forms_of(language, message).form) {
        EXPECT_LE(text.size(), text_of(kIds[message]).starts_with("button.") ? 24U : 320U) << text;
        EXPECT_EQ(repaired_utf8(text), text);
        for (const char c : text) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << text;
      }
}

TEST(Catalogue, FamiliesAreComplete) {
  std::set<std::string> wanted;
  for (const auto& known : device_classes()) wanted.insert("class." + std::string(known.name));
  for (uint8_t kind = 0; kind < kKinds; ++kind)
    wanted.insert("title." + std::string(gatewitness::to_string(static_cast<Kind>(kind))));
  for (uint8_t grade = 0; grade <= static_cast<uint8_t>(Grade::kWitnessed); ++grade)
    for (const char* family : {"grade.", "sure."})
      wanted.insert(family + std::string(gatewitness::to_string(static_cast<Grade>(grade))));
  std::set<std::string> there;
  for (const std::string_view id : kIds | std::views::transform(text_of))
    for (const char* family : {"class.", "title.", "grade.", "sure."})
      if (id.starts_with(family)) there.emplace(id);
  EXPECT_EQ(there, wanted);
}

TEST(Catalogue, IdsAreFoundAndOthersAreNot) {
  for (std::size_t message = 0; message < kMessages; ++message) {
    EXPECT_EQ(find(text_of(kIds[message])), static_cast<Message>(message));
    EXPECT_EQ(id_of(static_cast<Message>(message)), text_of(kIds[message]));
  }
  for (const char* id : {"", "a", "class", "class.fridg", "class.fridge ", "zzz", "\xff"})
    EXPECT_FALSE(find(id)) << id;
}

TEST(Say, ChoosesByCount) {
  const struct {
    Language language;
    uint64_t count;
    const char* want;
  } cases[] = {{Language::kEnglish, 1, "1 day"},    {Language::kEnglish, 0, "0 days"},
               {Language::kEnglish, 21, "21 days"}, {Language::kGerman, 1, "1 Tag"},
               {Language::kGerman, 2, "2 Tagen"},   {Language::kSwedish, 1, "1 dag"},
               {Language::kSwedish, 2, "2 dagar"}};
  for (const auto& c : cases) EXPECT_EQ(say(c.language, Message::kWindowDays, {{"count", c.count}}), c.want);
  EXPECT_EQ(say(Language::kEnglish, Message::kWindowDays), " days") << "a place without a filling is empty";
}

TEST(Say, WhatFillsAPlaceIsNotLookedAtAgain) {
  for (const char* hostile : {"{count}", "{who}", "{", "}", "{title}{title}", "%s%n", "\\\"", "{{token}}"}) {
    for (const Language language : kAll) {
      const std::string text =
          say(language, Message::kTitleBurst, {{"who", hostile}, {"count", uint64_t{7}}});
      EXPECT_TRUE(text.starts_with(hostile)) << text;
      EXPECT_EQ(text.find('7'), std::string::npos) << text;
    }
  }
}

TEST(Say, NounsStandAsTheSentenceNeedsThem) {
  EXPECT_EQ(noun(Language::kGerman, Message::kClassFridge, Noun::kBare), "K\u00fchlschrank");
  EXPECT_EQ(noun(Language::kGerman, Message::kClassFridge, Noun::kThe), "der K\u00fchlschrank");
  EXPECT_EQ(noun(Language::kGerman, Message::kClassFridge, Noun::kBehind), "dem K\u00fchlschrank");
}

TEST(Capitalized, LatinLettersAndNothingElse) {
  const struct {
    const char* text;
    const char* want;
  } cases[] = {
      {"", ""},         {"the", "The"},       {"The", "The"}, {"\u00f6ga", "\u00d6ga"}, {"\u00ff", "\u00ff"},
      {"\xc3", "\xc3"}, {"\u4e2d", "\u4e2d"}, {"9", "9"}};
  for (const auto& c : cases) EXPECT_EQ(capitalized(c.text), c.want);
}

TEST(Language, NamesAreRead) {
  for (const Language language : kAll) EXPECT_EQ(parse_language(to_string(language)), language);
  for (const char* name : {"", "EN", "fr", "de-DE"}) EXPECT_FALSE(parse_language(name)) << name;
}

}  // namespace
}  // namespace gatewitness::words
