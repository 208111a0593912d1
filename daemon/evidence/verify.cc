// SPDX-License-Identifier: Apache-2.0
#include "daemon/evidence/verify.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <variant>

#include "daemon/evidence/bundle.h"
#include "probes/wire/codec.h"
#include "probes/wire/json_text.h"

namespace gatewitness::evidence {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxDepth = 64;

// nlohmann's reader has no limit of its own.
bool is_flat_enough(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxDepth) return false;
    } else if (c == '}' || c == ']') {
      if (depth > 0) --depth;
    }
  }
  return true;
}

const json* at(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string text_at(const json& object, const char* key) {
  const json* found = at(object, key);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

// The flows that a record of the journal is about.
void add_flows(const json& columns, std::set<std::string>& flows) {
  const json* record = at(columns, "record");
  const auto bytes = record != nullptr ? from_base64(text_at(*record, "base64")) : std::nullopt;
  if (!bytes) return;
  const auto envelope = wire::decode({reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size()});
  if (!envelope) return;
  if (const auto* attempt = std::get_if<wire::Attempt>(&envelope->record))
    flows.insert(to_string(attempt->flow));
  if (const auto* binding = std::get_if<wire::Binding>(&envelope->record))
    flows.insert(to_string(binding->inside));
}

// The connections that the statement speaks of.
std::set<std::string> flows_said(const json& statement) {
  std::set<std::string> flows;
  const auto take = [&](const json& holder) {
    if (const auto flow = text_at(holder, "flow"); !flow.empty()) flows.insert(flow);
  };
  if (const json* attempts = at(statement, "attempts"); attempts != nullptr && attempts->is_array())
    for (const auto& attempt : *attempts) take(attempt);
  if (const json* candidates = at(statement, "candidates"); candidates != nullptr && candidates->is_array())
    for (const auto& candidate : *candidates)
      if (const json* session = at(candidate, "session")) take(*session);
  return flows;
}

class Verifier {
 public:
  Verifier(std::string_view bytes, const std::optional<PublicKey>& expected)
      : bytes_(bytes), expected_(expected) {}

  Verification run() {
    if (!read()) return std::move(out_);
    signature();
    subject();
    chain();
    frames();
    if (expected_) key();
    connections();
    conclude();
    return std::move(out_);
  }

 private:
  bool check(const char* name, bool passed, std::string good, std::string bad) {
    out_.checks.push_back({name, passed, passed ? std::move(good) : std::move(bad)});
    return passed;
  }

  bool read() {
    const bool parsed = bytes_.size() <= kMaxBundle && is_flat_enough(bytes_);
    if (parsed) document_ = read_json(bytes_);
    const json* version = at(document_, "version");
    const bool ours = text_at(document_, "format") == kFormat;
    if (!check("format", ours && version != nullptr && *version == kVersion,
               "an evidence file of version " + std::to_string(kVersion),
               ours ? "written by another version of gatewitness"
                    : "not an evidence file of gatewitness, or damaged"))
      return false;
    out_.made = text_at(document_, "made");
    out_.software = text_at(document_, "software");
    out_.key = text_at(document_, "key");
    check("form", canonical(document_) == bytes_, "every byte is as the gateway wrote it",
          "bytes were added, taken away or written differently");
    return true;
  }

  void signature() {
    PublicKey key;
    Signature signature;
    json unsigned_document = document_;
    unsigned_document.erase("signature");
    const bool given = from_hex(out_.key, key) && from_hex(text_at(document_, "signature"), signature);
    check("signature", given && is_signed(key, canonical(unsigned_document), signature),
          "signed with the key " + out_.key,
          "not signed with the key that it names: it was altered, or forged");
  }

  std::string hash(const char* name) const {
    const json* hashes = at(document_, "hashes");
    return hashes == nullptr ? std::string() : text_at(*hashes, name);
  }

  void subject() {
    const json* subject = at(document_, "subject");
    const bool there = subject != nullptr && subject->is_object();
    check("statement", there && to_hex(sha256(canonical(*subject))) == hash("subject"),
          "the statement is the one that was hashed", "the statement is not the one that was hashed");
    if (!there) return;
    out_.kind = text_at(*subject, "kind");
    if (const json* statement = at(*subject, "statement")) {
      statement_ = *statement;
      out_.sentence = text_at(*statement, "sentence");
    }
  }

  void chain() {
    const json* rows = at(document_, "rows");
    bool good = rows != nullptr && rows->is_array();
    Digest chain = sha256(kChainStart);
    if (good) {
      out_.rows = rows->size();
      for (const auto& row : *rows) {
        const json* columns = at(row, "columns");
        if (columns == nullptr) {
          good = false;
          break;
        }
        chain = link(chain, text_at(row, "table"), *columns);
        good = good && text_at(row, "link") == to_hex(chain);
        add_flows(*columns, flows_);
      }
    }
    check("rows", good && to_hex(chain) == hash("rows"),
          std::to_string(out_.rows) + " rows of the journal, in their order, none missing between them",
          "the rows are not those that were chained");
  }

  void frames() {
    const json* frames = at(document_, "frames");
    const auto pcapng = frames == nullptr ? std::nullopt : from_base64(text_at(*frames, "pcapng"));
    const auto count = pcapng ? count_frames(*pcapng) : std::nullopt;
    const json* said = frames == nullptr ? nullptr : at(*frames, "count");
    out_.frames = count.value_or(0);
    const bool good =
        count && said != nullptr && *said == out_.frames && to_hex(sha256(*pcapng)) == hash("frames");
    if (check("frames", good, std::to_string(out_.frames) + " captured frames",
              "the frames are not those that were hashed"))
      out_.pcapng = *pcapng;
  }

  void key() {
    check("key", to_hex(*expected_) == out_.key, "the key is the one that you gave",
          "the key is not the one that you gave (" + to_hex(*expected_) + ")");
  }

  // A statement without its rows would be a mere word.
  void connections() {
    std::size_t missing = 0;
    const auto said = flows_said(statement_);
    for (const auto& flow : said) missing += flows_.contains(flow) ? 0 : 1;
    const json* cut = at(document_, "cut");
    const bool excused = cut != nullptr && *cut == true;
    check("connections", missing == 0 || excused,
          std::to_string(said.size() - missing) + " of " + std::to_string(said.size()) +
              " connections of the statement are in the rows" +
              (missing > 0 ? "; the file says that it was cut" : ""),
          std::to_string(missing) + " connections of the statement are in none of the rows");
  }

  void conclude() {
    if (!out_.whole()) return;
    out_.proves = {
        "that who holds this key wrote this statement, with these rows and frames, and that none of it was "
        "changed "
        "since",
        "that the rows stood in this order when it was made, " + out_.made + " by the gateway's clock"};
    if (out_.frames > 0)
      out_.proves.emplace_back(
          "what the frames show: who spoke to whom, from which MAC, and the replies' codes");
    out_.does_not_prove = {
        "that the gateway's clock was right, or that its software and journal had not been tampered with "
        "before",
        "that the MAC in a frame was not set by another device of that network",
        "what was said in a mail: that is never kept", "who used the device"};
    if (!expected_)
      out_.does_not_prove.insert(
          out_.does_not_prove.begin(),
          "whose key it is: compare it with what `gatewitness status` shows on that gateway");
  }

  std::string_view bytes_;
  const std::optional<PublicKey>& expected_;
  json document_, statement_;
  std::set<std::string> flows_;
  Verification out_;
};

}  // namespace

bool Verification::whole() const {
  return !checks.empty() &&
         std::all_of(checks.begin(), checks.end(), [](const Check& c) { return c.passed; });
}

Verification verify(std::string_view bytes, const std::optional<PublicKey>& expected) {
  return Verifier(bytes, expected).run();
}

}  // namespace gatewitness::evidence
