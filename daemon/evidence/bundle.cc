// SPDX-License-Identifier: Apache-2.0
#include "daemon/evidence/bundle.h"

#include "probes/wire/time.h"

namespace gatewitness::evidence {

using nlohmann::json;

std::string canonical(const json& document) {
  return document.dump(-1, ' ', true, json::error_handler_t::replace) + "\n";
}

Digest link(const Digest& before, const std::string& table, const json& columns) {
  return sha256(to_hex(before) + canonical({{"table", table}, {"columns", columns}}));
}

std::string make_bundle(const Material& material, Timestamp made, std::string_view software,
                        const SigningKey& key) {
  json rows = json::array();
  Digest chain = sha256(kChainStart);
  for (const auto& row : material.rows) {
    chain = link(chain, row.table, row.columns);
    rows.push_back({{"table", row.table}, {"columns", row.columns}, {"link", to_hex(chain)}});
  }
  const std::string frames = to_pcapng(material.frames);
  json document = {{"format", kFormat},
                   {"version", kVersion},
                   {"software", software},
                   {"made", to_string(made)},
                   {"key", to_hex(key.public_key())},
                   {"subject", {{"kind", material.kind}, {"statement", material.statement}}},
                   {"rows", std::move(rows)},
                   {"cut", material.cut},
                   {"frames", {{"count", material.frames.size()}, {"pcapng", to_base64(frames)}}}};
  document["hashes"] = {{"subject", to_hex(sha256(canonical(document.at("subject"))))},
                        {"rows", to_hex(chain)},
                        {"frames", to_hex(sha256(frames))}};
  document["signature"] = to_hex(key.sign(canonical(document)));
  return canonical(document);
}

}  // namespace gatewitness::evidence
