// SPDX-License-Identifier: Apache-2.0
//
// What the methods of `gatewitness rpcd` may be told, each checked on its own, and the parts of it that touch
// the world. Private to this folder. An error is one line for the page.
#pragma once

#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace gatewitness::cli {

// Standard input, one JSON object of at most 64 KiB (what uhttpd takes); nothing at all is an empty one.
// Depth is what rpcd itself allows.
std::expected<nlohmann::json, std::string> read_arguments();

// Each gives the part of a request to the daemon that it is named after.
std::expected<nlohmann::json, std::string> pick_id(const nlohmann::json& arguments, const char* key);
std::expected<nlohmann::json, std::string> pick_mac(const nlohmann::json& arguments);
std::expected<nlohmann::json, std::string> pick_name(const nlohmann::json& arguments);
std::expected<nlohmann::json, std::string> pick_role(const nlohmann::json& arguments);
// for_s, seconds: a minute to a year.
std::expected<nlohmann::json, std::string> pick_time(const nlohmann::json& arguments);
std::expected<nlohmann::json, std::string> pick_channel(const nlohmann::json& arguments);
// The text of an abuse report, at most kMaxReport bytes.
std::expected<std::string, std::string> pick_report(const nlohmann::json& arguments);
inline constexpr std::size_t kMaxReport = 48 * 1024;

// {testimonies: [...], notes: [...]}, as `gatewitness attribute --json` says it, run as a process of its own
// with the report on its standard input.
std::expected<nlohmann::json, std::string> attribute_report(const std::string& report,
                                                            const std::string& run_dir);

// Is there such a program beside this one, or in the sbin next to it?
bool is_installed(std::string_view program);

// {state, exemption} or null; query.cc has it.
nlohmann::json read_offload(const std::string& run_dir);

}  // namespace gatewitness::cli
