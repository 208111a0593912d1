// SPDX-License-Identifier: Apache-2.0
//
// A statement of this gateway with all that it rests on, in one file that somebody else can check
// (README.md). Made by the daemon for `gatewitness export`; read by verify.h. Values.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/evidence/digest.h"
#include "daemon/evidence/pcapng.h"

namespace gatewitness::evidence {

inline constexpr std::string_view kFormat = "gatewitness-evidence";
inline constexpr unsigned kVersion = 1;
inline constexpr std::string_view kChainStart = "gatewitness-evidence-1";

// A row of the journal: its columns as SQLite has them; bytes as {"base64": "..."}.
struct Row {
  std::string table;
  nlohmann::json columns;
};

struct Material {
  std::string kind;          // "incident" or "attribution"
  nlohmann::json statement;  // what is said: the incident's explanation, or the testimony
  std::vector<Row> rows;
  std::vector<TimedFrame> frames;
  bool cut = false;  // there was more than a bundle holds
};

// The file's bytes.
std::string make_bundle(const Material& material, Timestamp made, std::string_view software,
                        const SigningKey& key);

// The one way in which a document is written: keys in order, no spaces, ASCII, one line.
std::string canonical(const nlohmann::json& document);

// What the chain says after this row.
Digest link(const Digest& before, const std::string& table, const nlohmann::json& columns);

}  // namespace gatewitness::evidence
