// SPDX-License-Identifier: Apache-2.0
#include "daemon/detection/contacts.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "daemon/model/saved.h"

namespace gatewitness {
namespace {

constexpr uint64_t kBasis = 0xcbf29ce484222325ULL;

uint64_t mixed(uint64_t hash, uint8_t byte) {
  return (hash ^ byte) * 0x100000001b3ULL;
}

}  // namespace

uint64_t key_of(const Prefix& destination) {
  uint64_t hash = mixed(kBasis, static_cast<uint8_t>(destination.length()));
  for (const uint8_t byte : destination.address().bytes()) hash = mixed(hash, byte);
  return hash;
}

uint64_t key_of(std::string_view text) {
  uint64_t hash = kBasis;
  for (const char c : text) hash = mixed(hash, static_cast<uint8_t>(c));
  return hash;
}

bool Contacts::note(const DeviceId& device, uint64_t destination, Timestamp when) {
  auto& contacts = devices_[device];
  const auto known = std::find_if(contacts.begin(), contacts.end(),
                                  [&](const Contact& contact) { return contact.destination == destination; });
  const bool is_new = known == contacts.end() || when - known->when > memory_;
  if (known != contacts.end()) {
    when = std::max(when, known->when);
    contacts.erase(known);
  } else if (contacts.size() >= kMaxPerDevice) {
    contacts.erase(contacts.begin());
  }
  contacts.push_back({destination, when});
  return is_new;
}

nlohmann::json Contacts::save() const {
  auto out = nlohmann::json::array();
  for (const auto& [device, contacts] : devices_) {
    auto list = nlohmann::json::array();
    for (const auto& contact : contacts) list.push_back({contact.destination, ticks(contact.when)});
    out.push_back({to_string(device), std::move(list)});
  }
  return out;
}

void Contacts::restore(const nlohmann::json& state) {
  for (const auto& item : state) {
    auto& contacts = devices_[device_of(item.at(0))];
    for (const auto& entry : item.at(1)) {
      if (contacts.size() < kMaxPerDevice)
        contacts.push_back({whole<uint64_t>(entry.at(0)), time_of(entry.at(1))});
    }
  }
}

}  // namespace gatewitness
