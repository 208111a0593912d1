// SPDX-License-Identifier: Apache-2.0
//
// The abuse reports that `gatewitness attribute` is given: files, folders of them, standard input. Reads what
// is there, bounded, and says in one line what cannot be read.
#pragma once

#include <expected>
#include <string>
#include <vector>

namespace gatewitness::cli {

// Every regular file below a folder, in the order of names; others as they are.
std::expected<std::vector<std::string>, std::string> expand(const std::vector<std::string>& names);

// The bytes of a file, or of standard input for "-"; at most 64 MiB and one byte, which tells that there were
// more.
std::expected<std::string, std::string> read_bytes(const std::string& name);

}  // namespace gatewitness::cli
