// SPDX-License-Identifier: Apache-2.0
#include "daemon/inquiry/clearance.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/inquiry/coverage.h"
#include "daemon/inquiry/profile_view.h"
#include "daemon/inquiry/scene.h"

namespace gatewitness {
namespace {

using nlohmann::json;

std::string counted(uint64_t number, const char* one, const char* many) {
  return std::to_string(number) + " " + (number == 1 ? one : many);
}

// Why this device can be cleared, or not.
std::string why(const ClearedDevice& device, bool complete) {
  if (device.connections > 0)
    return "it opened " + counted(device.connections, "connection", "connections") + " to mail servers";
  return complete ? "it opened no connection to a mail server, and the capture was complete"
                  : "no connection to a mail server was seen, but the capture of that time is not complete";
}

std::string sentence(const Clearance& clearance, std::size_t cleared, std::size_t sent) {
  if (clearance.devices.empty()) return "No device was seen in that time.";
  std::string text;
  if (!clearance.complete)
    text = "No device can be cleared: the capture of that time is not complete.";
  else
    text = counted(cleared, "device", "devices") + " of " + std::to_string(clearance.devices.size()) +
           " opened no connection to a mail server, and the capture was complete.";
  if (sent > 0) text += " " + counted(sent, "device", "devices") + " did.";
  return text;
}

}  // namespace

std::optional<std::string> fault_of(Timestamp from, Timestamp to) {
  if (from >= to) return "\"from\" must be earlier than \"to\"";
  if (to - from > kMaxClearance) return "from \"from\" to \"to\" there must be at most 400 days";
  return std::nullopt;
}

Clearance clear(const Records& records, Timestamp from, Timestamp to, const TestifyOptions& options) {
  const Scene scene(records, options);
  Clearance out;
  out.from = from;
  out.to = to;
  const Coverage covered = coverage(records, from, to);
  out.complete = covered.complete;
  out.watched = covered.watched;
  out.gaps = covered.gaps;
  for (const DeviceId& device : scene.present()) out.devices[device] = {scene.profile(device), 0};
  for (const Session& session : scene.sessions()) {
    // One that reaches into the next stretch is counted where it began, or in the first one that sees it.
    const bool here = session.began < to && session.ended >= from;
    if (!here) continue;
    auto& device = out.devices[session.evidence.device];
    device.profile = scene.profile(session.evidence.device);
    ++device.connections;
  }
  if (!records.oldest)
    out.notes.emplace_back("Nothing has been recorded yet.");
  else if (from < *records.oldest)
    out.notes.push_back("What happened before " + to_string(*records.oldest) + " is not kept.");
  return out;
}

void join(Clearance& whole, Clearance&& next) {
  whole.from = std::min(whole.from, next.from);
  whole.to = std::max(whole.to, next.to);
  whole.complete = whole.complete && next.complete;
  for (auto& [id, device] : next.devices) {
    auto& known = whole.devices[id];
    known.profile = std::move(device.profile);
    known.connections += device.connections;
  }
  for (auto& note : next.notes)
    if (std::find(whole.notes.begin(), whole.notes.end(), note) == whole.notes.end())
      whole.notes.push_back(std::move(note));
}

json to_json(const Clearance& clearance) {
  json devices = json::array();
  std::size_t cleared = 0, sent = 0;
  for (const auto& [id, device] : clearance.devices) {
    json row = profile_view(device.profile);
    const bool is_cleared = clearance.complete && device.connections == 0;
    cleared += is_cleared ? 1 : 0;
    sent += device.connections > 0 ? 1 : 0;
    row["connections"] = device.connections;
    row["cleared"] = is_cleared;
    row["why"] = why(device, clearance.complete);
    devices.push_back(std::move(row));
  }
  return {{"from", to_string(clearance.from)}, {"to", to_string(clearance.to)},
          {"complete", clearance.complete},    {"sentence", sentence(clearance, cleared, sent)},
          {"devices", std::move(devices)},     {"watched", clearance.watched},
          {"gaps", gaps_view(clearance.gaps)}, {"notes", clearance.notes}};
}

}  // namespace gatewitness
