// SPDX-License-Identifier: Apache-2.0
#include "probes/process/flags.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <utility>

#include "probes/wire/text.h"

namespace gatewitness::process {
namespace {

std::expected<uint64_t, std::string> read_number(std::string_view value, NumberRange range) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool whole = error == std::errc() && end == value.data() + value.size();
  if (whole && number >= range.low && number <= range.high) return number;
  return std::unexpected("must be a whole number from " + std::to_string(range.low) + " to " +
                         std::to_string(range.high) + ", not \"" + printable(value) + "\"");
}

std::expected<void, std::string> read_text(std::string_view value,
                                           const std::function<void(std::string)>& use) {
  if (value.empty()) return std::unexpected("needs a value that is not empty");
  use(std::string(value));
  return {};
}

}  // namespace

Flags::Flags(std::string program, std::string help) : program_(std::move(program)), help_(std::move(help)) {}

void Flags::flag(std::string name, bool& target) {
  options_.push_back({std::move(name), false, false, [&target](std::string_view) {
                        target = true;
                        return std::expected<void, std::string>();
                      }});
}

void Flags::text(std::string name, std::string& target) {
  options_.push_back({std::move(name), true, false, [&target](std::string_view value) {
                        return read_text(value, [&](std::string text) { target = std::move(text); });
                      }});
}

void Flags::texts(std::string name, std::vector<std::string>& target) {
  options_.push_back({std::move(name), true, true, [&target](std::string_view value) {
                        return read_text(value, [&](std::string text) { target.push_back(std::move(text)); });
                      }});
}

void Flags::number(std::string name, NumberRange range, uint64_t& target) {
  options_.push_back({std::move(name), true, false,
                      [&target, range](std::string_view value) -> std::expected<void, std::string> {
                        const auto number = read_number(value, range);
                        if (!number) return std::unexpected(number.error());
                        target = *number;
                        return {};
                      }});
}

void Flags::numbers(std::string name, NumberRange range, std::vector<uint64_t>& target) {
  options_.push_back({std::move(name), true, true,
                      [&target, range](std::string_view value) -> std::expected<void, std::string> {
                        const auto number = read_number(value, range);
                        if (!number) return std::unexpected(number.error());
                        target.push_back(*number);
                        return {};
                      }});
}

const Flags::Option* Flags::find(std::string_view name) const {
  const auto found = std::ranges::find(options_, name, &Option::name);
  return found == options_.end() ? nullptr : &*found;
}

std::expected<std::vector<std::string>, Flags::Exit> Flags::parse(int argc, const char* const* argv) const {
  std::vector<std::string> arguments;
  std::vector<const Option*> seen;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--") {
      arguments.insert(arguments.end(), argv + i + 1, argv + argc);
      break;
    }
    if (word == "--help" || word == "-h") return std::unexpected(Exit{0, help_});
    if (word == "--version") return std::unexpected(Exit{0, program_ + " " + GATEWITNESS_VERSION + "\n"});
    if (word.size() < 2 || word[0] != '-') {
      arguments.emplace_back(word);
      continue;
    }
    const auto equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const Option* option = find(name);
    if (option == nullptr) return std::unexpected(usage_error("unknown option " + printable(name)));
    if (!option->repeats && std::ranges::find(seen, option) != seen.end())
      return std::unexpected(usage_error(option->name + " is given twice"));
    seen.push_back(option);
    if (!option->takes_value && equals != std::string_view::npos)
      return std::unexpected(usage_error(option->name + " takes no value"));
    if (option->takes_value && equals == std::string_view::npos && i + 1 == argc)
      return std::unexpected(usage_error(option->name + " needs a value"));
    std::string_view value;
    if (equals != std::string_view::npos)
      value = word.substr(equals + 1);
    else if (option->takes_value)
      value = argv[++i];
    if (const auto stored = option->store(value); !stored)
      return std::unexpected(usage_error(option->name + " " + stored.error()));
  }
  return arguments;
}

Flags::Exit Flags::usage_error(std::string_view text) const {
  return {2, program_ + ": " + std::string(text) + " (see --help)\n"};
}

int Flags::print(const Exit& exit) {
  std::fputs(exit.text.c_str(), exit.status == 0 ? stdout : stderr);
  return exit.status;
}

}  // namespace gatewitness::process
