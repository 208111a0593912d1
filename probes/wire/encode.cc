// SPDX-License-Identifier: Apache-2.0
//
// Records to CBOR and to JSON lines. Both build the same tree from fields.h; they differ in how a leaf is
// written: bytes and numbers for programs, text and names for people.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>

#include "probes/wire/codec.h"
#include "probes/wire/fields.h"
#include "probes/wire/names.h"
#include "probes/wire/utf8.h"

namespace gatewitness::wire {
namespace {

using nlohmann::json;

json bytes(std::span<const uint8_t> raw) {
  return json::binary({raw.begin(), raw.end()});
}
json endpoint_and_port(const FiveTuple& flow) {
  return json::array({bytes(flow.source.address.bytes()), flow.source.port,
                      bytes(flow.destination.address.bytes()), flow.destination.port, flow.protocol});
}

// For programs. A text that is not UTF-8 travels as a byte string, since a CBOR text string must be (RFC 8949
// section 3.1).
struct Binary {
  static constexpr bool kShowHashes = true;
  static json leaf(const MacAddress& mac) { return bytes(mac.bytes); }
  static json leaf(const IpAddress& address) { return bytes(address.bytes()); }
  static json leaf(const FiveTuple& flow) { return endpoint_and_port(flow); }
  // What a capture file's clock may say and a record may not is brought to the nearest time that it may.
  static json leaf(Timestamp time) {
    return static_cast<uint64_t>(std::clamp(time.time_since_epoch(), Duration(0), kLastTime).count());
  }
  static json leaf(const std::string& text) {
    if (is_utf8(text)) return text;
    return json::binary({text.begin(), text.end()});
  }
  template <typename Enum>
  requires std::is_enum_v<Enum>
  static json leaf(Enum value) { return static_cast<unsigned>(value); }
};

// For people and `watch`. Hashes are of no use to them, and stay inside.
struct Readable {
  static constexpr bool kShowHashes = false;
  static json leaf(const MacAddress& mac) { return gatewitness::to_string(mac); }
  static json leaf(const IpAddress& address) { return gatewitness::to_string(address); }
  static json leaf(const FiveTuple& flow) { return gatewitness::to_string(flow); }
  static json leaf(Timestamp time) { return gatewitness::to_string(time); }
  static json leaf(const std::string& text) { return repaired_utf8(text); }
  template <typename Enum>
  requires std::is_enum_v<Enum>
  static json leaf(Enum value) { return to_string(value); }
};

template <typename Style>
class TreeBuilder {
 public:
  template <typename T>
  void required(const char* key, const T& field) {
    if (!hidden(key)) tree_[key] = value(field);
  }
  template <typename T>
  void optional(const char* key, const T& field) {
    if constexpr (requires { field.has_value(); }) {
      if (!field.has_value()) return;
    } else if (field == T{}) {
      return;
    }
    required(key, field);
  }
  void capped(const char* key, const std::string& text, std::size_t limit) {
    optional(key, text.size() > limit ? text.substr(0, limit) : text);
  }
  template <typename T>
  void capped(const char* key, const std::vector<T>& list, std::size_t limit) {
    if (list.empty() || hidden(key)) return;
    json& items = tree_[key] = json::array();
    for (std::size_t i = 0; i < std::min(list.size(), limit); ++i) items.push_back(value(list[i]));
  }
  json take() { return std::move(tree_); }

 private:
  static bool hidden(std::string_view key) {
    return !Style::kShowHashes && (key.ends_with("_hash") || key.ends_with("_hashes"));
  }
  template <typename T>
  static json value(const T& field) {
    if constexpr (std::is_arithmetic_v<T>) {
      return field;
    } else if constexpr (std::is_same_v<T, std::string>) {
      return Style::leaf(field.size() > kMaxEhlo ? field.substr(0, kMaxEhlo) : field);
    } else if constexpr (requires { Style::leaf(field); }) {
      return Style::leaf(field);
    } else if constexpr (requires { field.has_value(); }) {
      return value(*field);
    } else {
      TreeBuilder inner;
      fields(inner, field);
      return inner.take();
    }
  }

  json tree_ = json::object();
};

template <typename Style>
json record_tree(const Record& record) {
  return std::visit(
      [](const auto& value) {
        TreeBuilder<Style> builder;
        fields(builder, value);
        return builder.take();
      },
      record);
}

template <typename Style>
json envelope_tree(const Envelope& envelope) {
  return {{"v", kVersion},
          {"type", type_name(envelope.record)},
          {"probe", Style::leaf(envelope.header.probe.substr(0, kMaxInterface))},
          {"epoch", envelope.header.epoch},
          {"seq", envelope.header.sequence},
          {"time", Style::leaf(envelope.header.time)},
          {"record", record_tree<Style>(envelope.record)}};
}

// Halves the longest list that may be shortened; false when there is none left. Counts beside the lists stay
// exact.
bool shorten(json& record) {
  static constexpr std::array<const char*, 4> kOfDialogue = {"recipient_hashes", "sender_hashes", "queue_ids",
                                                             "mail_from_domains"};
  json* longest = nullptr;
  const auto consider = [&](json& tree, const char* key) {
    const auto found = tree.find(key);
    if (found == tree.end() || found->empty()) return;
    if (longest == nullptr || found->size() > longest->size()) longest = &*found;
  };
  consider(record, "counters");
  if (const auto smtp = record.find("smtp"); smtp != record.end()) {
    for (const char* key : kOfDialogue) consider(*smtp, key);
  }
  if (longest == nullptr) return false;
  // The newest of a list stand last (queue ids), so the oldest go.
  auto& items = longest->get_ref<json::array_t&>();
  items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>((items.size() + 1) / 2));
  return true;
}

}  // namespace

std::string_view type_name(const Record& record) {
  static constexpr std::array<std::string_view, std::variant_size_v<Record>> kNames = {
      "attempt",     "binding",       "address_claim", "identity_fact", "mx_query",
      "capture_gap", "local_address", "probe_status",  "frame"};
  return kNames[record.index()];
}

std::vector<uint8_t> encode(const Envelope& envelope) {
  json tree = envelope_tree<Binary>(envelope);
  std::vector<uint8_t> message = json::to_cbor(tree);
  while (message.size() > kMaxMessage && shorten(tree["record"])) message = json::to_cbor(tree);
  return message;
}

std::string to_json_line(const Envelope& envelope) {
  return envelope_tree<Readable>(envelope).dump(-1, ' ', true);
}

}  // namespace gatewitness::wire
