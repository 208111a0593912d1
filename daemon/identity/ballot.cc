// SPDX-License-Identifier: Apache-2.0
#include "daemon/identity/ballot.h"

#include <algorithm>
#include <map>
#include <vector>

#include "daemon/identity/classes.h"

namespace gatewitness {
namespace {

using About = Reason::About;

// The facts are few and so are the candidates: a list, in the order in which they first came up.
struct Candidate {
  std::string_view says;
  std::map<std::string_view, unsigned> by_source;

  unsigned weight() const {
    unsigned sum = 0;
    for (const auto& [source, weight] : by_source) sum += weight;
    return sum;
  }
};

std::vector<Candidate> candidates(std::span<const Reason> evidence, About about) {
  std::vector<Candidate> out;
  for (const Reason& reason : evidence) {
    if (reason.about != about) continue;
    auto found = std::ranges::find_if(out, [&](const Candidate& candidate) {
      return about == About::kVendor ? same_vendor(candidate.says, reason.says)
                                     : candidate.says == reason.says;
    });
    if (found == out.end()) found = out.insert(out.end(), Candidate{reason.says, {}});
    unsigned& weight = found->by_source[reason.source];
    weight = std::max(weight, static_cast<unsigned>(reason.strength));
  }
  return out;
}

// max_element keeps the first of equals.
template <typename Allowed>
std::string best(const std::vector<Candidate>& all, unsigned least, Allowed allowed) {
  const Candidate* winner = nullptr;
  for (const Candidate& candidate : all) {
    if (!allowed(candidate) || candidate.weight() < least) continue;
    if (winner == nullptr || candidate.weight() > winner->weight()) winner = &candidate;
  }
  return winner == nullptr ? "" : std::string(winner->says);
}

std::string letters_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if ((low >= 'a' && low <= 'z') || (low >= '0' && low <= '9')) out += low;
  }
  return out;
}

}  // namespace

bool same_vendor(std::string_view a, std::string_view b) {
  const std::string one = letters_of(a), other = letters_of(b);
  if (one.empty() || other.empty()) return a == b;
  return one.starts_with(other) || other.starts_with(one);
}

std::string best_vendor(std::span<const Reason> evidence) {
  return best(candidates(evidence, About::kVendor), 1, [](const Candidate&) { return true; });
}

std::string best_class(std::span<const Reason> evidence) {
  const auto all = candidates(evidence, About::kClass);
  const auto is_general = [](const Candidate& candidate) {
    const DeviceClass* found = find_class(candidate.says);
    return found != nullptr && found->general;
  };
  constexpr auto kEnough = static_cast<unsigned>(Strength::kFair);
  std::string particular = best(all, kEnough, [&](const Candidate& c) { return !is_general(c); });
  return particular.empty() ? best(all, kEnough, is_general) : particular;
}

}  // namespace gatewitness
