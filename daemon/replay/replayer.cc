// SPDX-License-Identifier: Apache-2.0
#include "daemon/replay/replayer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "daemon/pipeline/pipeline.h"
#include "probes/dissect/dissector.h"

namespace gatewitness::replay {
namespace {

using nlohmann::json;

// Between two looks at the progress and the signals.
constexpr uint64_t kRecordsAtATime = 8192;

// Hashes only have to tell senders apart, and never leave this process: any key does, if it is always the
// same.
constexpr dissect::HashKey kKey{};

dissect::DissectorConfig dissector_config(const config::Config& config) {
  dissect::DissectorConfig dissector{.hash_key = kKey, .limits = {}, .use_ndpi = config.capture.ndpi};
  dissector.mail_ports.insert(dissector.mail_ports.end(), config.capture.mail_ports.begin(),
                              config.capture.mail_ports.end());
  return dissector;
}

const char* state_name(capture::FileState state) {
  switch (state) {
    case capture::FileState::kReading:
      return "stopped";
    case capture::FileState::kEnd:
      return "complete";
    case capture::FileState::kTruncated:
      return "truncated";
    case capture::FileState::kDamaged:
      return "damaged";
  }
  return "damaged";
}

}  // namespace

class Replayer::Impl {
 public:
  explicit Impl(const config::Config& config)
      : pipeline_(config.pipeline),
        dissector_(dissector_config(config),
                   [this](dissect::TimedRecord&& record) { take(std::move(record)); }) {}

  bool read(capture::FileSource& source, const OnProgress& on_progress) {
    bool stopped = false;
    while (!stopped && source.state() == capture::FileState::kReading) {
      uint64_t frames = 0;
      while (const auto frame = source.next(kRecordsAtATime)) {
        take(*frame);
        if (++frames == kRecordsAtATime) break;
      }
      stopped = on_progress(source.progress());
    }
    note(source);
    return !stopped;
  }

  void finish() {
    if (!first_) return;
    dissector_.finish(newest_);
    advance(newest_);
    pipeline_.tick(newest_);
  }

  json report() const {
    json incidents = json::array();
    for (auto& incident : pipeline_.incidents()) {
      auto explained = pipeline_.explain(incident.at("id").get<std::string>());
      if (explained) incident = std::move(*explained);
      incidents.push_back(std::move(incident));
    }
    return {{"files", files_},
            {"from", first_ ? json(to_string(*first_)) : json(nullptr)},
            {"to", first_ ? json(to_string(newest_)) : json(nullptr)},
            {"status", pipeline_.status(newest_)},
            {"counters", counters()},
            {"devices", pipeline_.devices()},
            {"incidents", std::move(incidents)}};
  }

 private:
  void take(const capture::CapturedFrame& frame) {
    if (!first_) first_ = frame.time;
    newest_ = std::max(newest_, frame.time);
    dissector_.tick(newest_);
    advance(newest_);
    dissector_.frame(frame.interface, frame.link, frame.time, frame.bytes, frame.original_length);
  }

  // What is due until then happens when it is due, as it does live, however far apart the frames are.
  void advance(Timestamp time) {
    while (deadline_ && *deadline_ <= time) {
      const Timestamp due = *deadline_;
      pipeline_.tick(due);
      deadline_ = pipeline_.next_deadline();
      if (deadline_ && *deadline_ <= due) break;  // it asks for the past: the next record brings it on
    }
  }

  // As the daemon would get it from the capture probe.
  void take(dissect::TimedRecord&& record) {
    advance(record.time);
    pipeline_.handle({{"capture", 1, sequence_++, record.time}, std::move(record.record)}, record.time);
    deadline_ = pipeline_.next_deadline();
  }

  void note(const capture::FileSource& source) {
    const auto progress = source.progress();
    if (first_) newest_ = std::max(newest_, progress.newest);
    files_.push_back({{"path", source.path()},
                      {"records", progress.records},
                      {"mail_records", progress.passed},
                      {"state", state_name(source.state())},
                      {"note", source.state_text()}});
  }

  json counters() const {
    json out = json::object();
    for (const auto& counter : dissector_.counters()) out[counter.name] = counter.value;
    return out;
  }

  Pipeline pipeline_;
  dissect::Dissector dissector_;
  uint64_t sequence_ = 0;
  std::optional<Timestamp> first_;
  Timestamp newest_;
  std::optional<Timestamp> deadline_;
  json files_ = json::array();
};

Replayer::Replayer(const config::Config& config) : impl_(std::make_unique<Impl>(config)) {}
Replayer::~Replayer() = default;

bool Replayer::read(capture::FileSource& source, const OnProgress& on_progress) {
  return impl_->read(source, on_progress);
}
void Replayer::finish() {
  impl_->finish();
}
nlohmann::json Replayer::report() const {
  return impl_->report();
}

}  // namespace gatewitness::replay
