// SPDX-License-Identifier: Apache-2.0
#include "daemon/report/xarf_fields.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "daemon/report/ascii.h"
#include "daemon/report/claim.h"
#include "daemon/report/transfer.h"

namespace gatewitness::report {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, kXarfKeys> kNames = {"Report",
                                                            "Report.Date",
                                                            "Report.SourceIp",
                                                            "Report.SourcePort",
                                                            "Report.Source",
                                                            "Report.Source.IP",
                                                            "Report.Source.Port",
                                                            "Report.DestinationIp",
                                                            "Report.DestinationPort",
                                                            "Report.ReportClass",
                                                            "Report.ReportType",
                                                            "xarf_version",
                                                            "timestamp",
                                                            "source_identifier",
                                                            "source_port",
                                                            "destination_ip",
                                                            "destination_port",
                                                            "category",
                                                            "class",
                                                            "type"};
// Lists of samples: version 3, its form with "Attachment", version 4.
constexpr std::array<std::string_view, 4> kSampleLists = {"Report.Samples[]", "Report.Attachment[]",
                                                          "Report.Attachments[]", "evidence[]"};
constexpr std::size_t kMaxKey = 40;  // longer keys are none of ours

struct Sample {
  std::string content_type;
  std::string payload;
  bool base64 = true;
};

class Picker final : public nlohmann::json_sax<json> {
 public:
  explicit Picker(const ReadOptions& options) : options_(options) {}

  bool null() override { return value({XarfValue::Kind::kOther, {}, 0}); }
  bool boolean(bool flag) override {
    if (sample_ && leaf() == "base64encoded") sample_->base64 = flag;
    return value({XarfValue::Kind::kOther, {}, 0});
  }
  bool number_integer(number_integer_t) override { return value({XarfValue::Kind::kOther, {}, 0}); }
  bool number_unsigned(number_unsigned_t number) override {
    return value({XarfValue::Kind::kNumber, {}, number});
  }
  bool number_float(number_float_t, const string_t&) override {
    return value({XarfValue::Kind::kOther, {}, 0});
  }
  bool binary(binary_t&) override { return false; }
  bool string(string_t& text) override {
    if (sample_) sample_text(*sample_, text);
    return value({XarfValue::Kind::kText, text.substr(0, kMaxText), 0});
  }
  bool key(string_t& name) override {
    path_.resize(open_.back());
    if (!path_.empty()) path_ += '.';
    path_ += name.size() > kMaxKey ? "?" : lower(name);
    return true;
  }
  bool start_object(std::size_t) override {
    if (!seen()) return false;
    open_.push_back(path_.size());
    if (is_sample_list()) sample_.emplace();
    return true;
  }
  bool end_object() override {
    close();
    if (sample_ && is_sample_list()) {
      finish(*sample_);
      sample_.reset();
    }
    return true;
  }
  bool start_array(std::size_t) override {
    if (!seen()) return false;
    open_.push_back(path_.size());
    path_ += "[]";
    return true;
  }
  bool end_array() override {
    close();
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    // Not the library's words: they quote the document.
    error_ = "is no valid JSON at byte " + std::to_string(position);
    return false;
  }

  std::expected<XarfFields, std::string> result(bool parsed) {
    if (!parsed) return std::unexpected(error_);
    return std::move(fields_);
  }

 private:
  std::optional<std::size_t> place() const {
    const auto found =
        std::find_if(kNames.begin(), kNames.end(), [&](auto name) { return same(name, path_); });
    if (found == kNames.end()) return std::nullopt;
    return static_cast<std::size_t>(found - kNames.begin());
  }
  bool is_sample_list() const {
    return std::any_of(kSampleLists.begin(), kSampleLists.end(),
                       [&](auto name) { return same(name, path_); });
  }
  std::string_view leaf() const {
    const std::string_view path = path_;
    return path.substr(path.rfind('.') + 1);
  }

  // Ends a container: the path is that of the container again, and stays so for the next element of an array.
  void close() {
    path_.resize(open_.back());
    open_.pop_back();
  }

  bool seen() { return value({XarfValue::Kind::kOther, {}, 0}); }

  bool value(XarfValue value) {
    const auto at = place();
    if (!at) return true;
    if (fields_.values[*at].kind != XarfValue::Kind::kAbsent) {
      error_ = "gives " + std::string(kNames[*at]) + " twice";
      return false;
    }
    fields_.values[*at] = std::move(value);
    return true;
  }

  void sample_text(Sample& sample, std::string& text) const {
    const std::string_view name = leaf();
    if (name == "contenttype" || name == "content_type") sample.content_type = text.substr(0, kMaxText);
    if (name == "payload" || name == "data") sample.payload = std::move(text);
  }

  void finish(const Sample& sample) {
    const std::string type = lower(sample.content_type);
    if (!type.starts_with("message/rfc822") && !type.starts_with("text/rfc822-headers") &&
        type != "text/email")
      return;
    if (fields_.samples.size() >= options_.samples || sample.payload.empty()) {
      ++fields_.samples_unread;
      return;
    }
    // Its header alone is read.
    if (!sample.base64) return fields_.samples.push_back(sample.payload.substr(0, options_.header_bytes));
    Decoded decoded = decode_base64(sample.payload, options_.header_bytes);
    if (decoded.faults != 0)
      ++fields_.samples_unread;
    else
      fields_.samples.push_back(std::move(decoded.bytes));
  }

  const ReadOptions& options_;
  XarfFields fields_;
  std::optional<Sample> sample_;
  std::string path_;               // of the value at hand, in lower case: "report.samples[].payload"
  std::vector<std::size_t> open_;  // the lengths of the open containers' paths
  std::string error_;
};

}  // namespace

std::string_view name_of(XarfKey key) {
  return kNames[static_cast<std::size_t>(key)];
}

std::expected<XarfFields, std::string> pick_fields(std::string_view object, const ReadOptions& options) {
  Picker picker(options);
  const bool parsed = json::sax_parse(object.begin(), object.end(), &picker);
  return picker.result(parsed);
}

}  // namespace gatewitness::report
