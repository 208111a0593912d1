// SPDX-License-Identifier: Apache-2.0
//
// Tokens and keys from files. A token's file is read at the start, while the process may still be root; what
// is in it never becomes part of a message. Used by main.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "daemon/alert/button.h"
#include "daemon/alert/channel.h"

namespace gatewitness::notify {

// Fills token, buttons_token and subscription from their files, which nobody but their owner may read. The
// error names channel and file.
std::expected<void, std::string> read_secrets(std::vector<alert::Channel>& channels);

// 32 random bytes, made at the first start (0600).
std::expected<alert::ButtonKey, std::string> own_key(const std::string& path);

}  // namespace gatewitness::notify
