// SPDX-License-Identifier: Apache-2.0
#include "daemon/report/message.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "daemon/report/claims.h"
#include "daemon/report/feedback.h"
#include "daemon/report/json_documents.h"
#include "daemon/report/parts.h"
#include "daemon/report/xarf.h"

namespace gatewitness::report {
namespace {

std::string joined(const std::string& source, const std::string& where) {
  return where.empty() ? source : source + ", " + where;
}

void add_error(Reading& reading, std::string source, std::string text, const ReadOptions& options) {
  if (reading.errors.size() < options.errors)
    reading.errors.push_back({std::move(source), std::move(text)});
  else
    add_note(reading.notes,
             "there are more than " + std::to_string(options.errors) + " errors; the rest is not shown");
}

class Message {
 public:
  Message(std::string_view mail, const std::string& source, const ReadOptions& options)
      : findings_(find_parts(mail, options)), source_(source), options_(options) {}

  void read(Reading& reading) {
    const Finding& outer = findings_.found.front();
    // Whoever sent this mail wrote its parts; its own Received lines are by the one who received it. If they
    // name us they come first, whatever the parts accuse whom of.
    if (options_.is_own) (void)take_hops(outer);
    attached();
    if (claims_.empty() && faults_.empty() && !options_.is_own && !findings_.is_yaml_xarf)
      (void)take_hops(outer);
    if (claims_.empty() && faults_.empty()) faults_.push_back({source_, why_nothing()});
    deliver(reading);
  }

 private:
  // The mail that a report is about: the first one after it.
  const Finding* reported_by(std::size_t report) {
    for (std::size_t i = report + 1; i < findings_.found.size(); ++i) {
      if (findings_.found[i].kind == Finding::Kind::kFeedback) break;
      if (findings_.found[i].kind != Finding::Kind::kMail) continue;
      used_.push_back(i);
      return &findings_.found[i];
    }
    return nullptr;
  }

  // Parts of a mail that has spoken are the words of that mail's sender.
  bool is_inside_used(const Finding& finding) const {
    return std::any_of(used_.begin(), used_.end(), [&](std::size_t i) {
      return finding.where.starts_with(findings_.found[i].where + ".");
    });
  }

  void attached() {
    for (std::size_t i = 1; i < findings_.found.size() && !full(); ++i)
      if (!is_inside_used(findings_.found[i])) take_report(i);
    // Where a report speaks, the Received lines of a mail around it are only the report's own way, unless
    // they name us.
    if (!options_.is_own && !claims_.empty()) return;
    for (std::size_t i = 1; i < findings_.found.size() && !full(); ++i) {
      const Finding& finding = findings_.found[i];
      if (finding.kind != Finding::Kind::kMail || is_inside_used(finding)) continue;
      if (std::find(used_.begin(), used_.end(), i) == used_.end() && take_hops(finding)) used_.push_back(i);
    }
  }

  void take_report(std::size_t i) {
    const Finding& finding = findings_.found[i];
    if (finding.kind == Finding::Kind::kJson) return take_json(finding);
    if (finding.kind != Finding::Kind::kFeedback) return;
    const Finding* reported = reported_by(i);
    auto found = read_feedback(finding, reported, options_);
    if (found) {
      // The report may name the server that our device sent through, and the mail's lower lines us.
      const auto client = found->front().public_address;
      if (reported != nullptr && options_.is_own && client && !options_.is_own(*client))
        (void)take_hops(*reported);
      return take(std::move(*found), finding);
    }
    // XARF travels in ARF's clothes: a feedback report without an address, and the JSON after it.
    const bool has_json = std::any_of(findings_.found.begin(), findings_.found.end(),
                                      [](const Finding& f) { return f.kind == Finding::Kind::kJson; });
    if (!has_json) faults_.push_back({joined(source_, finding.where), found.error()});
  }

  bool take_hops(const Finding& mail) {
    auto claims = claims_of(mail.hops, options_);
    const bool any = !claims.empty();
    for (Claim& claim : claims) {
      for (const auto& note : mail.notes) add_note(claim.notes, note);
      finish(claim, options_);
    }
    take(std::move(claims), mail);
    return any;
  }

  void take_json(const Finding& part) {
    Reading found;
    read_json(part.bytes, joined(source_, part.where), options_, found);
    for (Claim& claim : found.claims)
      if (!full()) claims_.push_back(std::move(claim));
    faults_.insert(faults_.end(), found.errors.begin(), found.errors.end());
  }

  void take(std::vector<Claim> found, const Finding& where) {
    for (Claim& claim : found) {
      if (full()) return;
      claim.source = joined(source_, where.where);
      claims_.push_back(std::move(claim));
    }
  }

  // The parts are many only if somebody means harm, or bundles: the first ones will do.
  bool full() {
    if (claims_.size() < options_.claims_per_message) return false;
    add_note(findings_.notes, "there may be more candidates than the " +
                                  std::to_string(options_.claims_per_message) + " that are listed");
    return true;
  }

  void deliver(Reading& reading) {
    const auto count = static_cast<unsigned>(claims_.size());
    for (unsigned i = 0; i < count; ++i) {
      Claim& claim = claims_[i];
      claim.candidate = i + 1;
      claim.candidates = count;
      if (count > 1 && i == 0 && claim.source == source_ && claims_.back().source != source_)
        add_note(claim.notes,
                 "the mail also carries reports or mails in its parts; they are its sender's words");
      for (const auto& note : findings_.notes) add_note(claim.notes, note);
      if (reading.claims.size() < options_.claims)
        reading.claims.push_back(std::move(claim));
      else
        add_note(reading.notes,
                 "there are more than " + std::to_string(options_.claims) + " claims; the rest is left out");
    }
    for (auto& fault : faults_) {
      if (claims_.empty() && fault.source != source_) fault.text += unread();
      add_error(reading, std::move(fault.source), std::move(fault.text), options_);
    }
  }

  // What was not read may be why: " (...)".
  std::string unread() const {
    if (!findings_.notes.empty()) return " (" + findings_.notes.front() + ")";
    for (const Finding& finding : findings_.found)
      if (!finding.notes.empty()) return " (" + finding.notes.front() + ")";
    return {};
  }

  std::string why_nothing() const {
    std::size_t lines = 0;
    for (const Finding& finding : findings_.found) lines += finding.hops.size();
    std::string why;
    if (findings_.is_yaml_xarf)
      why =
          "is an X-XARF report in YAML, which is not read; XARF 3 and 4 in JSON, ARF and mails with Received "
          "lines are";
    else if (lines == 0)
      why = "is a mail with neither Received lines nor a report in it";
    else if (options_.is_own)
      why = "none of its " + std::to_string(lines) + " Received lines is from an address of this gateway";
    else
      why = "none of its " + std::to_string(lines) + " Received lines names a public address";
    return why + unread();
  }

  Findings findings_;
  std::string source_;
  const ReadOptions& options_;
  std::vector<Claim> claims_;
  std::vector<ReportError> faults_;
  std::vector<std::size_t> used_;  // mails that a report is about
};

}  // namespace

void read_message(std::string_view mail, const std::string& source, const ReadOptions& options,
                  Reading& reading) {
  Message(mail, source, options).read(reading);
}

void read_json(std::string_view text, const std::string& source, const ReadOptions& options,
               Reading& reading) {
  JsonDocuments documents(text);
  std::size_t number = 0;
  while (const auto document = documents.next()) {
    if (number == options.messages)
      return add_note(reading.notes, "there are more than " + std::to_string(options.messages) +
                                         " documents; the rest was not read");
    const std::string where = joined(source, "document " + std::to_string(++number));
    auto claim = read_xarf(*document, options);
    if (!claim) {
      add_error(reading, where, claim.error(), options);
    } else if (reading.claims.size() == options.claims) {
      return add_note(reading.notes, "there are more than " + std::to_string(options.claims) +
                                         " claims; the rest is left out");
    } else {
      claim->source = where;
      reading.claims.push_back(std::move(*claim));
    }
  }
  if (number == 0) add_error(reading, source, "is JSON without an object in it", options);
}

}  // namespace gatewitness::report
