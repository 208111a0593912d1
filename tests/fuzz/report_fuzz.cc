// SPDX-License-Identifier: Apache-2.0
//
// Any bytes are claims or errors, within the limits, and twice the same. Read once with addresses that are
// known to be ours and once without, with small limits so that they are met.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "daemon/report/reader.h"

namespace {

using namespace gatewitness;
using namespace gatewitness::report;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_text(const std::string& text) {
  require(text.size() <= kMaxText);
}

void check_notes(const std::vector<std::string>& notes) {
  require(notes.size() <= kMaxNotes);
  for (const auto& note : notes) {
    check_text(note);
    require(!note.empty());
    // Our words alone: nothing of the report is in them that a terminal could mind.
    for (const char c : note) require(c >= ' ' && c < 0x7f);
  }
}

void check(const Claim& claim, const ReadOptions& options) {
  require(claim.public_address.has_value());
  require(claim.public_address->unmapped() == *claim.public_address);
  require(claim.public_port != uint16_t{0});
  require(claim.time.has_value() == !claim.time_source.empty());
  require(!claim.time || (*claim.time >= options.earliest && *claim.time <= options.latest));
  require(claim.public_port.has_value() || !claim.notes.empty());
  require(claim.candidate >= 1 && claim.candidate <= claim.candidates);
  require(!claim.format.empty() && !claim.source.empty());
  for (const auto* text : {&claim.helo, &claim.queue_id, &claim.receiver, &claim.source}) check_text(*text);
  require(claim.helo.find('@') == std::string::npos && claim.receiver.find('@') == std::string::npos);
  check_notes(claim.notes);
}

std::string fingerprint(const Reading& reading) {
  std::string all;
  for (const auto& claim : reading.claims) {
    all += to_string(*claim.public_address) + '|' + std::to_string(claim.public_port.value_or(0)) + '|' +
           (claim.time ? to_string(*claim.time) : "") + '|' + claim.helo + '|' + claim.queue_id + '|' +
           claim.source;
    for (const auto& note : claim.notes) all += '|' + note;
  }
  for (const auto& error : reading.errors) all += to_string(error) + '\n';
  for (const auto& note : reading.notes) all += note + '\n';
  return all;
}

void read(std::span<const uint8_t> bytes, const ReadOptions& options) {
  const Reading reading = read_report(bytes, options);
  require(!reading.claims.empty() || !reading.errors.empty());
  require(reading.claims.size() <= options.claims && reading.errors.size() <= options.errors);
  for (const auto& claim : reading.claims) check(claim, options);
  for (const auto& error : reading.errors) {
    check_text(error.source);
    require(!error.text.empty() && error.text.size() < 1024);
    for (const char c : to_string(error)) require(c >= ' ' && c < 0x7f);
  }
  check_notes(reading.notes);
  require(fingerprint(reading) == fingerprint(read_report(bytes, options)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  ReadOptions options;
  read({data, size}, options);
  options.is_own = [](const IpAddress& address) { return address == IpAddress::v4({203, 0, 113, 7}); };
  options.messages = 3;
  options.claims = 4;
  options.errors = 3;
  options.header_bytes = 1024;
  options.field_bytes = 512;
  options.fields = 12;
  options.hops = 3;
  options.parts = 6;
  options.depth = 4;
  options.decoded_bytes = 512;
  read({data, size}, options);
  return 0;
}
