// SPDX-License-Identifier: Apache-2.0
//
// The key of the keyed hashes that stand for addresses and login names. Whoever starts the probe keeps it in
// a file, so that the same sender has the same hash after a restart; without a file the key lives as long as
// the process. Read once by main, before rights are dropped.
#pragma once

#include <expected>
#include <string>

#include "probes/dissect/smtp_session.h"

namespace gatewitness::capture {

// A file of exactly 16 bytes that no others may read (no permission bits for others). The error names the
// file.
std::expected<dissect::HashKey, std::string> read_hash_key(const std::string& path);
dissect::HashKey random_hash_key();

}  // namespace gatewitness::capture
