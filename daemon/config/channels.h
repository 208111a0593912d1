// SPDX-License-Identifier: Apache-2.0
//
// notify.channels: a map of names, each with a type and what that type needs. Private to this folder.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/alert/channel.h"

namespace gatewitness::config {

using Complain = std::function<void(const YAML::Mark& mark, std::string text)>;

// What is right is appended; each mistake is one complaint, which never shows a secret.
void read_channels(const YAML::Node& map, std::vector<alert::Channel>& channels, const Complain& complain);

// "" or http(s)://host..., without user and password.
bool is_web_address(std::string_view text);
// "never" or "22:00-07:00"
bool is_quiet_hours(std::string_view text);

}  // namespace gatewitness::config
