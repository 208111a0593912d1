// SPDX-License-Identifier: Apache-2.0
#include "daemon/report/feedback.h"

#include <algorithm>

#include "daemon/report/ascii.h"
#include "daemon/report/claims.h"
#include "daemon/report/client.h"
#include "daemon/report/received.h"

namespace gatewitness::report {
namespace {

class Fields {
 public:
  explicit Fields(const Finding& feedback) : fields_(feedback.fields) {}

  // The first of that name. A second one that says something else is noted.
  const std::string* find(std::string_view name, std::vector<std::string>& notes) const {
    const std::string* first = nullptr;
    for (const auto& [field, value] : fields_) {
      if (!same(field, name)) continue;
      if (first != nullptr && trimmed(*first) != trimmed(value))
        add_note(notes, "the feedback report gives " + std::string(name) + " twice; the first was taken");
      if (first == nullptr) first = &value;
    }
    return first;
  }

 private:
  const std::vector<std::pair<std::string, std::string>>& fields_;
};

// What the report says of itself that weakens it.
void note_kind(const Fields& fields, Claim& claim) {
  const auto* type = fields.find("Feedback-Type", claim.notes);
  if (type == nullptr)
    add_note(claim.notes, "the feedback report has no Feedback-Type");
  else if (same(trimmed(*type), "not-spam"))
    add_note(claim.notes, "the report says that the mail was not spam");
  const auto* incidents = fields.find("Incidents", claim.notes);
  const auto count = incidents == nullptr ? std::nullopt : number(trimmed(*incidents), 1'000'000'000);
  if (count && *count > 1)
    add_note(claim.notes,
             "the report speaks of " + std::to_string(*count) + " incidents; its time is that of one");
}

void read_port(const Fields& fields, Claim& claim) {
  const auto* text = fields.find("Source-Port", claim.notes);
  if (text == nullptr) return;
  claim.public_port = port_number(trimmed(*text));
  if (!claim.public_port)
    add_note(claim.notes, "Source-Port is not a port from 1 to 65535; it was not taken");
}

void read_times(const Fields& fields, const ReadOptions& options, Claim& claim) {
  const auto* text = fields.find("Arrival-Date", claim.notes);
  const bool arrival = text != nullptr;
  if (!arrival) text = fields.find("Received-Date", claim.notes);
  if (text == nullptr) return;
  claim.time = read_time(*text, arrival ? "Arrival-Date" : "Received-Date", options, claim.notes);
  if (claim.time) claim.time_source = arrival ? "arf arrival-date" : "arf received-date";
}

// "dns; mx.example"
std::string reporting_mta(const Fields& fields, Claim& claim) {
  const auto* text = fields.find("Reporting-MTA", claim.notes);
  if (text == nullptr) return {};
  const std::size_t semicolon = text->find(';');
  return claim_text(trimmed(std::string_view(*text).substr(semicolon == text->npos ? 0 : semicolon + 1)));
}

void complete(Claim& claim, const Fields& fields, const Finding& feedback, const Finding* reported,
              const ReadOptions& options) {
  claim.format = "arf";
  note_kind(fields, claim);
  for (const auto& note : feedback.notes) add_note(claim.notes, note);
  if (reported != nullptr)
    for (const auto& note : reported->notes) add_note(claim.notes, note);
  finish(claim, options);
}

}  // namespace

std::expected<std::vector<Claim>, std::string> read_feedback(const Finding& feedback, const Finding* reported,
                                                             const ReadOptions& options) {
  const Fields fields(feedback);
  Claim claim;
  const auto* address = fields.find("Source-IP", claim.notes);
  if (address != nullptr) {
    claim.public_address = parse_address(*address);
    if (!claim.public_address) return std::unexpected("the feedback report's Source-IP is not an IP address");
  }
  read_port(fields, claim);
  read_times(fields, options, claim);
  claim.receiver = reporting_mta(fields, claim);
  std::vector<Claim> claims;
  if (claim.public_address) {
    if (reported != nullptr) combine(claim, reported->hops);
    claims.push_back(std::move(claim));
  } else if (reported != nullptr) {
    for (const Claim& found : claims_of(reported->hops, options)) {
      Claim merged = claim;
      merged.public_address = found.public_address;
      add_note(merged.notes,
               "the feedback report has no Source-IP; the address is from the attached mail's Received line");
      combine(merged, reported->hops);
      claims.push_back(std::move(merged));
    }
  }
  if (claims.empty()) return std::unexpected("the feedback report has no Source-IP");
  for (Claim& each : claims) complete(each, fields, feedback, reported, options);
  return claims;
}

}  // namespace gatewitness::report
