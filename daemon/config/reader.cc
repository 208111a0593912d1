// SPDX-License-Identifier: Apache-2.0
//
// Walks the YAML tree along the table of keys. The walk goes only as deep as the table does and looks at each
// list and map up to its limit, so that aliases cannot multiply the work.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "daemon/config/channels.h"
#include "daemon/config/config.h"
#include "daemon/config/documents.h"
#include "daemon/config/keys.h"
#include "daemon/config/values.h"
#include "probes/wire/text.h"

namespace gatewitness::config {
namespace {

constexpr std::size_t kMaxPairs = 4096;  // of all maps together

// yaml-cpp marks a plain scalar with "?" and a quoted one with "!": "10" in quotes is a text.
bool is_plain(const YAML::Node& node) {
  return node.IsScalar() && node.Tag() == "?";
}

std::string quoted(std::string_view text) {
  return "\"" + printable(text, 64) + "\"";
}

class Reader {
 public:
  explicit Reader(Config& config) : config_(config) {}

  void read(const YAML::Node& root) {
    if (!root.IsDefined() || root.IsNull()) return;
    if (!root.IsMap()) return error(root.Mark(), "the file must be a map of keys, such as \"detection:\"");
    section(root, "");
    check_pairs();
  }
  std::vector<Error> take_errors() { return std::move(errors_); }

  void error(const YAML::Mark& mark, std::string text) {
    if (errors_.size() >= kMaxErrors) return;
    if (errors_.size() + 1 == kMaxErrors) text = "too many errors; the rest is not shown";
    // yaml-cpp counts from 0, and gives -1 where it does not know.
    errors_.push_back({static_cast<std::size_t>(std::max(mark.line, 0)) + 1,
                       static_cast<std::size_t>(std::max(mark.column, 0)) + 1, std::move(text)});
  }

  // By kind of key.
  void operator()(const FlagKey& key) {
    if (!is_plain(*node_) || (node_->Scalar() != "true" && node_->Scalar() != "false")) return mismatch();
    key.at(config_) = node_->Scalar() == "true";
  }
  void operator()(const CountKey& key) {
    if (!is_plain(*node_)) return mismatch();
    const auto value = parse_count(node_->Scalar());
    if (!value || *value < key.low || *value > key.high) return mismatch();
    key.set(config_, *value);
  }
  void operator()(const RealKey& key) {
    if (!is_plain(*node_)) return mismatch();
    const auto value = parse_real(node_->Scalar());
    if (!value || *value < key.low || *value > key.high) return mismatch();
    key.at(config_) = *value;
  }
  void operator()(const DurationKey& key) {
    const auto value = node_->IsScalar() ? parse_duration(node_->Scalar()) : std::nullopt;
    if (!value || *value < key.low || *value > key.high) return mismatch();
    key.at(config_) = *value;
  }
  void operator()(const TextKey& key) {
    if (!node_->IsScalar() || !key.allowed(node_->Scalar())) return mismatch();
    key.set(config_, node_->Scalar());
  }
  void operator()(const ListKey& key) {
    if (!node_->IsSequence()) return mismatch();
    if (key.clear != nullptr) key.clear(config_);
    std::size_t taken = 0;
    for (const auto& item : *node_) {
      if (++taken > key.most)
        return error(item.Mark(), path_ + " must have at most " + std::to_string(key.most) + " entries");
      if (item.IsScalar() && key.add(config_, item.Scalar())) continue;
      error(item.Mark(), "each of " + path_ + " must be " + key.range + found(item));
    }
  }
  void operator()(const DevicesKey& key) {
    if (!node_->IsMap()) return mismatch();
    std::size_t taken = 0;
    for (const auto& pair : *node_) {
      if (++taken > key.most)
        return error(pair.first.Mark(), "devices must have at most " + std::to_string(key.most) + " entries");
      device(pair.first, pair.second);
    }
  }
  void operator()(const ChannelsKey& /*key*/) {
    if (!node_->IsMap()) return mismatch();
    const Complain complain = [this](const YAML::Mark& mark, std::string text) {
      error(mark, std::move(text));
    };
    read_channels(*node_, config_.notify.channels, complain);
  }

 private:
  void section(const YAML::Node& map, const std::string& prefix) {
    std::set<std::string, std::less<>> seen;
    for (const auto& pair : map) {
      if (++pairs_ > kMaxPairs) return error(pair.first.Mark(), "too many keys");
      if (!pair.first.IsScalar()) {
        error(pair.first.Mark(), "a key must be a word");
        continue;
      }
      const std::string path = prefix + pair.first.Scalar();
      if (!seen.insert(path).second) {
        error(pair.first.Mark(), printable(path) + " is given twice");
        continue;
      }
      entry(path, pair.first, pair.second);
    }
  }

  void entry(const std::string& path, const YAML::Node& name, const YAML::Node& value) {
    const auto known = std::ranges::find(keys(), path, &Key::path);
    if (known != keys().end()) return leaf(*known, value);
    const std::string inside = path + ".";
    if (!std::ranges::any_of(keys(), [&](const Key& key) { return key.path.starts_with(inside); }))
      return error(name.Mark(), "unknown key " + quoted(path) + suggestion(path));
    if (value.IsNull()) return;  // every key of it at its default
    if (!value.IsMap()) return error(value.Mark(), path + " must be a map of keys" + found(value));
    section(value, inside);
  }

  void leaf(const Key& key, const YAML::Node& value) {
    path_ = key.path;
    kind_ = &key.kind;
    node_ = &value;
    marks_.emplace(key.path, value.Mark());
    std::visit(*this, key.kind);
  }

  void device(const YAML::Node& name, const YAML::Node& value) {
    const auto mac = name.IsScalar() ? MacAddress::parse(name.Scalar()) : std::nullopt;
    if (!mac || mac->is_zero() || mac->is_multicast())
      return error(name.Mark(),
                   "devices: a key must be a device's MAC address such as 02:00:5e:10:00:01" + found(name));
    const std::string path = "devices." + gatewitness::to_string(*mac);
    if (config_.pipeline.owner.contains(*mac)) return error(name.Mark(), path + " is given twice");
    OwnerNote& note = config_.pipeline.owner[*mac];
    if (!value.IsMap()) return error(value.Mark(), path + " must have a name, a role or both" + found(value));
    std::set<std::string> seen;
    for (const auto& pair : value) {
      if (++pairs_ > kMaxPairs) return error(pair.first.Mark(), "too many keys");
      const std::string key = pair.first.IsScalar() ? pair.first.Scalar() : "";
      if (!seen.insert(key).second)
        error(pair.first.Mark(), path + "." + printable(key) + " is given twice");
      else
        device_note(path, key, pair, note);
    }
  }

  void device_note(const std::string& path, const std::string& key,
                   const std::pair<YAML::Node, YAML::Node>& pair, OwnerNote& note) {
    const YAML::Node& value = pair.second;
    if (key == "name") {
      if (!value.IsScalar() || value.Scalar().empty() || value.Scalar().size() > 64)
        return error(value.Mark(), path + ".name must be a text of 1 to 64 bytes" + found(value));
      note.name = value.Scalar();
    } else if (key == "role") {
      const auto role = value.IsScalar() ? parse_role(value.Scalar()) : std::nullopt;
      if (!role)
        return error(value.Mark(),
                     path + ".role must be one of mail-server, smarthost-user, appliance" + found(value));
      note.role = *role;
    } else {
      Suggestion nearest(key);
      nearest.offer("name");
      nearest.offer("role");
      error(pair.first.Mark(), "unknown key " + quoted(path + "." + key) +
                                   (nearest.best() ? "; did you mean " + *nearest.best() + "?" : ""));
    }
  }

  // What two keys must be to each other, said where the later one stands.
  void check_pairs() {
    const auto& burst = config_.pipeline.detection.burst;
    if (burst.short_window >= burst.long_window)
      conflict("detection.burst.short_window", "must be shorter than", "detection.burst.long_window");
    const auto& failed = config_.pipeline.detection.failed_contacts;
    if (failed.benign_failure >= failed.bot_failure)
      conflict("detection.failed_contacts.benign_failure", "must be less than",
               "detection.failed_contacts.bot_failure");
    const auto& fan_out = config_.pipeline.detection.fan_out;
    if (fan_out.benign_new >= fan_out.bot_new)
      conflict("detection.fan_out.benign_new", "must be less than", "detection.fan_out.bot_new");
    const auto& refusals = config_.pipeline.detection.refusals;
    if (refusals.benign_share >= refusals.bot_share)
      conflict("detection.refusals.benign_share", "must be less than", "detection.refusals.bot_share");
    if (config_.capture.heartbeat >= config_.pipeline.incident.silence)
      conflict("capture.heartbeat", "must be shorter than", "incident.silence");
  }

  void conflict(const std::string& one, const char* relation, const std::string& other) {
    YAML::Mark where = YAML::Mark::null_mark();
    for (const auto& path : {one, other})
      if (const auto mark = marks_.find(path); mark != marks_.end() && mark->second.pos > where.pos)
        where = mark->second;
    error(where, one + " " + relation + " " + other);
  }

  void mismatch() { error(node_->Mark(), path_ + " " + expectation(*kind_) + found(*node_)); }

  static std::string found(const YAML::Node& node) {
    if (node.IsNull()) return ", not empty (leave the key out for its default)";
    if (node.IsMap()) return ", not a map";
    if (node.IsSequence()) return ", not a list";
    if (!node.IsScalar()) return "";
    if (is_plain(node) && has_leading_zero(node.Scalar()))
      return ", not " + quoted(node.Scalar()) + " (a leading zero would mean octal)";
    return ", not " + quoted(node.Scalar());
  }

  // Among the siblings first; a key that stands in another section is told with its whole path.
  static std::string suggestion(const std::string& path) {
    const std::size_t name = path.rfind('.') == path.npos ? 0 : path.rfind('.') + 1;
    Suggestion nearest(path);
    for (const Key& key : keys()) {
      nearest.offer(key.path);
      nearest.offer(key.path.substr(0, key.path.find('.')));
      nearest.offer(key.path.substr(0, std::min(key.path.rfind('.'), key.path.size())));
    }
    if (nearest.best()) return "; did you mean " + *nearest.best() + "?";
    for (const Key& key : keys())
      if (key.path.ends_with("." + path.substr(name))) return "; did you mean " + std::string(key.path) + "?";
    return "";
  }

  Config& config_;
  std::vector<Error> errors_;
  std::map<std::string, YAML::Mark, std::less<>> marks_;
  std::size_t pairs_ = 0;
  // The leaf at hand.
  std::string path_;
  const Kind* kind_ = nullptr;
  const YAML::Node* node_ = nullptr;
};

void merge_ports(Config& config) {
  auto& ports = config.pipeline.network.mail_ports;
  ports.insert(ports.end(), config.capture.mail_ports.begin(), config.capture.mail_ports.end());
}

}  // namespace

std::string to_string(std::string_view file, const Error& error) {
  return std::string(file) + ":" + std::to_string(error.line) + ":" + std::to_string(error.column) + ": " +
         error.text;
}

std::expected<Config, std::vector<Error>> parse(std::string_view text) {
  if (text.size() > kMaxBytes)
    return std::unexpected(
        std::vector<Error>{{1, 1, "the file is longer than " + std::to_string(kMaxBytes / 1024) + " KiB"}});
  Config config;
  Reader reader(config);
  try {
    const Documents documents = read_documents(std::string(text));
    reader.read(documents.first);
    if (documents.second)
      reader.error(*documents.second, "a second document begins here; the file must be one");
  } catch (const YAML::Exception& fault) {
    reader.error(fault.mark, "not YAML: " + printable(fault.msg));
  }
  auto errors = reader.take_errors();
  if (!errors.empty()) return std::unexpected(std::move(errors));
  merge_ports(config);
  return config;
}

}  // namespace gatewitness::config
