// SPDX-License-Identifier: Apache-2.0
#include "daemon/identity/hints.h"

#include <algorithm>
#include <array>

namespace gatewitness {
namespace {

using wire::FactKind;

struct Word {
  const char* word;
  const char* device_class;
};

// Words in any name that a device gives itself. General words of the trade, no product of one maker where a
// word will do; the more telling one stands first.
constexpr std::array kNames = {
    Word{"fridge", "fridge"},
    Word{"refrigerator", "fridge"},
    Word{"freezer", "fridge"},
    Word{"ipcam", "camera"},
    Word{"camera", "camera"},
    Word{"webcam", "camera"},
    Word{"doorbell", "doorbell"},
    Word{"-cam", "camera"},
    Word{"smart-tv", "tv"},
    Word{"smarttv", "tv"},
    Word{"bravia", "tv"},
    Word{"webostv", "tv"},
    Word{"roku", "tv"},
    Word{"chromecast", "tv"},
    Word{"appletv", "tv"},
    Word{"firetv", "tv"},
    Word{"television", "tv"},
    Word{"playstation", "console"},
    Word{"xbox", "console"},
    Word{"nintendo", "console"},
    Word{"printer", "printer"},
    Word{"laserjet", "printer"},
    Word{"officejet", "printer"},
    Word{"deskjet", "printer"},
    Word{"diskstation", "nas"},
    Word{"readynas", "nas"},
    Word{"mycloud", "nas"},
    Word{"qnap", "nas"},
    Word{"synology", "nas"},
    Word{"truenas", "nas"},
    Word{"thermostat", "thermostat"},
    Word{"kettle", "kitchen"},
    Word{"coffee", "kitchen"},
    Word{"oven", "kitchen"},
    Word{"dishwasher", "kitchen"},
    Word{"washer", "laundry"},
    Word{"dryer", "laundry"},
    Word{"vacuum", "vacuum"},
    Word{"roomba", "vacuum"},
    Word{"smartplug", "plug"},
    Word{"plug", "plug"},
    Word{"wemo", "plug"},
    Word{"lightbulb", "light"},
    Word{"hue", "hub"},
    Word{"sonos", "speaker"},
    Word{"speaker", "speaker"},
    Word{"homepod", "speaker"},
    Word{"echo", "speaker"},
    Word{"iphone", "phone"},
    Word{"android", "phone"},
    Word{"galaxy", "phone"},
    Word{"pixel", "phone"},
    Word{"ipad", "tablet"},
    Word{"macbook", "computer"},
    Word{"imac", "computer"},
    Word{"laptop", "computer"},
    Word{"desktop", "computer"},
    Word{"thinkpad", "computer"},
    Word{"notebook", "computer"},
    Word{"raspberrypi", "computer"},
    Word{"openwrt", "router"},
    Word{"router", "router"},
    Word{"repeater", "router"},
};

struct KindWord {
  FactKind kind;
  const char* word;
  const char* device_class;
};

constexpr std::array kByKind = {
    KindWord{FactKind::kMdnsService, "_ipp", "printer"},
    KindWord{FactKind::kMdnsService, "_pdl-datastream", "printer"},
    KindWord{FactKind::kMdnsService, "_printer", "printer"},
    KindWord{FactKind::kMdnsService, "_scanner", "printer"},
    KindWord{FactKind::kMdnsService, "_googlecast", "tv"},
    KindWord{FactKind::kMdnsService, "_sonos", "speaker"},
    KindWord{FactKind::kMdnsService, "_raop", "speaker"},
    KindWord{FactKind::kMdnsService, "_adisk", "nas"},
    KindWord{FactKind::kMdnsService, "_hap", "hub"},
    KindWord{FactKind::kSsdpType, "dial-multiscreen", "tv"},
    KindWord{FactKind::kSsdpType, "basic:1", "hub"},
    KindWord{FactKind::kSsdpType, "internetgatewaydevice", "router"},
    KindWord{FactKind::kSsdpType, "controllee", "plug"},
    KindWord{FactKind::kSsdpType, "insight", "plug"},
    KindWord{FactKind::kDhcpVendorClass, "msft", "computer"},
    KindWord{FactKind::kDhcpVendorClass, "android-dhcp", "phone"},
};

}  // namespace

std::vector<ClassHint> default_hints() {
  std::vector<ClassHint> hints;
  hints.reserve(kNames.size() + kByKind.size());
  for (const auto& name : kNames) hints.push_back({std::nullopt, name.word, name.device_class});
  for (const auto& hint : kByKind) hints.push_back({hint.kind, hint.word, hint.device_class});
  return hints;
}

bool is_appliance(std::string_view device_class) {
  static constexpr std::array<std::string_view, 15> kAppliances = {
      "camera", "doorbell", "fridge", "tv",  "console", "thermostat", "kitchen",  "laundry",
      "vacuum", "plug",     "light",  "hub", "speaker", "router",     "appliance"};
  return std::find(kAppliances.begin(), kAppliances.end(), device_class) != kAppliances.end();
}

}  // namespace gatewitness
