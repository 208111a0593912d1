// SPDX-License-Identifier: Apache-2.0
//
// CBOR to records. Everything here may be hostile: the item's form and depth are checked before the library
// parses it, every field is checked for type and range, and nothing that was read is repeated in an error.
#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <type_traits>

#include "probes/wire/codec.h"
#include "probes/wire/fields.h"
#include "probes/wire/names.h"
#include "probes/wire/well_formed.h"

namespace gatewitness::wire {
namespace {

using nlohmann::json;

// The library's own tree builder, except that a key must not come twice in one map: which of the two is
// meant?
class StrictBuilder : public nlohmann::detail::json_sax_dom_parser<json> {
 public:
  using Base = nlohmann::detail::json_sax_dom_parser<json>;
  explicit StrictBuilder(json& tree) : Base(tree, false) {}
  bool start_object(std::size_t count) {
    keys_.emplace_back();
    return Base::start_object(count);
  }
  bool key(std::string& name) { return keys_.back().insert(name).second && Base::key(name); }
  bool end_object() {
    keys_.pop_back();
    return Base::end_object();
  }

 private:
  std::vector<std::set<std::string>> keys_;  // of the maps that are open, at most kMaxDepth
};

// nullopt: not one item as schema.cddl wants it.
std::optional<json> parse(std::span<const uint8_t> bytes) {
  if (!is_well_formed(bytes)) return std::nullopt;
  json tree;
  try {
    StrictBuilder builder(tree);
    if (!json::sax_parse(bytes.begin(), bytes.end(), &builder, json::input_format_t::cbor))
      return std::nullopt;
  } catch (const json::exception&) {
    return std::nullopt;
  }
  return tree;
}

template <std::integral T>
bool read(const json& item, T& out) {
  if constexpr (std::is_same_v<T, bool>) {
    if (!item.is_boolean()) return false;
    out = item.get<bool>();
    return true;
  } else {
    if (!item.is_number_unsigned()) return false;
    const auto value = item.get<uint64_t>();
    if (value > std::numeric_limits<T>::max()) return false;
    out = static_cast<T>(value);
    return true;
  }
}

template <typename Enum>
requires std::is_enum_v<Enum>
bool read(const json& item, Enum& out) {
  uint8_t value = 0;
  if (!read(item, value) || value >= value_count(Enum{})) return false;
  out = static_cast<Enum>(value);
  return true;
}

bool read(const json& item, Timestamp& out) {
  uint64_t value = 0;
  if (!read(item, value) || value > static_cast<uint64_t>(kLastTime.count())) return false;
  out = Timestamp(Duration(static_cast<int64_t>(value)));
  return true;
}

bool read(const json& item, MacAddress& out) {
  if (!item.is_binary() || item.get_binary().size() != out.bytes.size()) return false;
  std::copy_n(item.get_binary().begin(), out.bytes.size(), out.bytes.begin());
  return true;
}

bool read(const json& item, IpAddress& out) {
  if (!item.is_binary()) return false;
  const auto address = IpAddress::from_bytes(item.get_binary());
  if (address) out = *address;
  return address.has_value();
}

bool read(const json& item, FiveTuple& out) {
  return item.is_array() && item.size() == 5 && read(item[0], out.source.address) &&
         read(item[1], out.source.port) && read(item[2], out.destination.address) &&
         read(item[3], out.destination.port) && read(item[4], out.protocol) &&
         out.source.address.is_v6() == out.destination.address.is_v6();
}

// Texts come as text strings, or as byte strings where they are not UTF-8.
bool read(const json& item, std::string& out) {
  if (item.is_string()) {
    out = item.get_ref<const std::string&>();
  } else if (item.is_binary()) {
    out.assign(item.get_binary().begin(), item.get_binary().end());
  } else {
    return false;
  }
  return out.size() <= kMaxEhlo;
}

// A record within a record; declared here because optional ones are read before it is defined.
template <typename T>
requires std::is_class_v<T>
bool read(const json& item, T& out);

template <typename T>
bool read(const json& item, std::optional<T>& out) {
  return read(item, out.emplace());
}

class FieldReader {
 public:
  explicit FieldReader(const json& tree) : tree_(tree) {}

  template <typename T>
  void required(const char* key, T& field) {
    const auto found = tree_.find(key);
    check(key, found != tree_.end() && read(*found, field));
  }
  template <typename T>
  void optional(const char* key, T& field) {
    const auto found = tree_.find(key);
    if (found != tree_.end()) check(key, read(*found, field));
  }
  void capped(const char* key, std::string& text, std::size_t limit) {
    optional(key, text);
    check(key, text.size() <= limit);
  }
  template <typename T>
  void capped(const char* key, std::vector<T>& list, std::size_t limit) {
    const auto found = tree_.find(key);
    if (found == tree_.end()) return;
    if (!found->is_array() || found->size() > limit) return check(key, false);
    list.resize(found->size());
    for (std::size_t i = 0; i < list.size(); ++i) check(key, read((*found)[i], list[i]));
  }
  // The first field that was absent, of the wrong type or out of range; "" if all were right.
  const std::string& bad_field() const { return bad_field_; }

 private:
  void check(const char* key, bool ok) {
    if (!ok && bad_field_.empty()) bad_field_ = key;
  }
  const json& tree_;
  std::string bad_field_;
};

template <typename T>
requires std::is_class_v<T>
bool read(const json& item, T& out) {
  if (!item.is_object()) return false;
  FieldReader reader(item);
  fields(reader, out);
  return reader.bad_field().empty();
}

// What no single field shows. Gives the field to blame, "" if the record makes sense.
std::string contradiction(const LocalAddress& record) {
  return record.prefix_length > (record.address.is_v6() ? 128 : 32) ? "prefix_length" : "";
}
template <typename T>
std::string contradiction(const T&) {
  return "";
}

std::unexpected<DecodeError> bad_field(std::string name) {
  return std::unexpected(DecodeError{DecodeFault::kBadField, std::move(name)});
}

bool is_probe_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxInterface && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("_.:-").find(c) != std::string_view::npos;
  });
}

std::expected<Header, DecodeError> read_header(const json& tree) {
  Header header;
  FieldReader reader(tree);
  reader.required("probe", header.probe);
  reader.required("epoch", header.epoch);
  reader.required("seq", header.sequence);
  reader.required("time", header.time);
  if (!reader.bad_field().empty()) return bad_field(reader.bad_field());
  if (!is_probe_name(header.probe)) return bad_field("probe");
  return header;
}

// The record whose type bears this name, empty; nullopt if none does.
template <std::size_t Index = 0>
std::optional<Record> record_named(std::string_view name) {
  if constexpr (Index == std::variant_size_v<Record>) {
    return std::nullopt;
  } else {
    Record record(std::in_place_index<Index>);
    return type_name(record) == name ? std::optional(std::move(record)) : record_named<Index + 1>(name);
  }
}

std::expected<Record, DecodeError> read_record(const json& tree) {
  const auto type = tree.find("type");
  if (type == tree.end() || !type->is_string()) return bad_field("type");
  auto record = record_named(type->get_ref<const std::string&>());
  if (!record) return std::unexpected(DecodeError{DecodeFault::kUnknownType, "type"});
  const auto body = tree.find("record");
  if (body == tree.end() || !body->is_object()) return bad_field("record");
  FieldReader reader(*body);
  std::visit([&](auto& value) { fields(reader, value); }, *record);
  std::string wrong = reader.bad_field();
  if (wrong.empty()) wrong = std::visit([](const auto& value) { return contradiction(value); }, *record);
  if (!wrong.empty()) return bad_field("record." + wrong);
  return std::move(*record);
}

}  // namespace

std::expected<Envelope, DecodeError> decode(std::span<const uint8_t> bytes) {
  if (bytes.size() > kMaxMessage) return std::unexpected(DecodeError{DecodeFault::kTooLong, "message"});
  const auto tree = parse(bytes);
  if (!tree || !tree->is_object()) return std::unexpected(DecodeError{DecodeFault::kNotCbor, "message"});
  const auto version = tree->find("v");
  if (version == tree->end() || !version->is_number_unsigned()) return bad_field("v");
  if (*version != kVersion) return std::unexpected(DecodeError{DecodeFault::kUnknownVersion, "v"});
  const auto header = read_header(*tree);
  if (!header) return std::unexpected(header.error());
  auto record = read_record(*tree);
  if (!record) return std::unexpected(record.error());
  return Envelope{*header, std::move(*record)};
}

}  // namespace gatewitness::wire
