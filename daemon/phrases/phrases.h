// SPDX-License-Identifier: Apache-2.0
//
// Everything that is said to an owner, in each language: catalogue.cc is the one place of the texts. PURE.
//
// A phrase has places. {name} stands for a text; {n|# mail|# mails} for a number: its first form where it is
// one, else the second, with the number for each #. What stands in for a place is taken as it is, never read
// again.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/phrases/language.h"

namespace gatewitness {

enum class Phrase : uint8_t {
  // Stretches of time, after "within".
  kSeconds,
  kMinutes,
  kHours,
  kDays,
  // Who it is about.
  kGatewayItself,
  kTheDevice,
  kTheClass,
  kBehind,
  kOrBehind,
  // An incident's sentence and its clauses, in the order of incident/words.cc.
  kBlockList,
  kUnnamedBlockList,
  kMoreLists,
  kAtLeast,
  kAccepted,
  kRefused,
  kNoneAnswered,
  kPolicyOne,
  kPolicyMany,
  kTimes,
  kAfterMxQuery,
  kOnceAfterMxQuery,
  kNeverNeedsTo,
  kBurst,
  kDifferentPlaces,
  kManyPlaces,
  kNormal,
  kNormalNone,
  kBlockedUpstream,
  kFailedContacts,
  kRhythm,
  kAccount,
  kToNewPlaces,
  kWithin,
  kIdentities,
  kProviders,
  kLogins,
  kCredentials,
  kTakenOver,
  kRelay,
  kBulk,
  kBulkFirst,
  kScan,
  kScanMany,
  kAskMailServer,
  kAskSmarthost,
  kBlind,
  kWasBlind,
  // What to do.
  kAdviseBlind,
  kAdviseGateway,
  kAdviseScan,
  kAdviseBulk,
  kAdviseTakenOver,
  kAdviseRelay,
  kAdviseCredentials,
  kAdviseNotice,
  kAdviseBehind,
  kAdviseAppliance,
  kAdviseDevice,
  // An alert's title.
  kTheGateway,
  kSomeDevice,
  kSomeOfClass,
  kDoesDirectToMx,
  kDoesBurst,
  kDoesFailedContacts,
  kDoesGatewaySends,
  kDoesCredentialAbuse,
  kDoesTakenOver,
  kDoesRelay,
  kDoesScan,
  kDoesBulk,
  kDoesBlind,
  kIsCutOff,
  kMayNotSend,
  kBlockedByItself,
  kNothingGoesOut,
  kOthersGoOn,
  kOver,
  kStill,
  kAgain,
  // For the technician.
  kTechnical,
  kTechnicalGrade,
  // What the channel adds.
  kAtTime,
  kSentLater,
  kStandsFor,
  kMuteButton,
  kQuarantineButton,
  kTestTitle,
  kTestText,
  kTestAdvice,
  kDoneTitle,
  kNotDoneTitle,
  kAskedToMute,
  kAskedToBlock,
  kDone,
  kNotDone,
  kCount
};

using Place = std::variant<std::string_view, uint64_t>;
using Places = std::initializer_list<std::pair<std::string_view, Place>>;

std::string say(Language language, Phrase phrase, Places places = {});
// As it stands in the catalogue.
std::string_view text_of(Language language, Phrase phrase);
// As a sentence begins: its first letter, if that is an ASCII one.
std::string upper_first(std::string text);
// What kind of device it is; a class that the catalogue does not know is returned as it is.
std::string class_in_words(Language language, std::string_view device_class);

}  // namespace gatewitness
