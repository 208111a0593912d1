// SPDX-License-Identifier: Apache-2.0
//
// A text's first YAML document, and where a second one begins. yaml-cpp's LoadAll makes documents without end
// of some broken texts (one that begins with a comma); here no more than two are asked for. Private to this
// folder.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>

namespace gatewitness::config {

struct Documents {
  YAML::Node first;
  std::optional<YAML::Mark> second;  // yaml-cpp counts lines and columns from 0
};

// Throws YAML::Exception for what is not YAML.
Documents read_documents(const std::string& text);

}  // namespace gatewitness::config
