// SPDX-License-Identifier: Apache-2.0
//
// A strict option parser for the mains: every option is declared with where its value goes; "--name value"
// and
// "--name=value" are read; whatever else is one clear line and exit status 2. "--help" and "--version" are
// built in. An option given twice is an error unless it collects. Used once at start; the targets must
// outlive parse().
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gatewitness::process {

// A number from low to high (both included).
struct NumberRange {
  uint64_t low = 0;
  uint64_t high = UINT64_MAX;
};

class Flags {
 public:
  // help: the whole text of --help, ending in a line break.
  Flags(std::string program, std::string help);

  void flag(std::string name, bool& target);
  void text(std::string name, std::string& target);
  void texts(std::string name, std::vector<std::string>& target);
  void number(std::string name, NumberRange range, uint64_t& target);
  void numbers(std::string name, NumberRange range, std::vector<uint64_t>& target);

  // What ends the program before it began: what to print, where, and with which status.
  struct Exit {
    int status = 2;
    std::string text;  // to standard output for status 0, to standard error else
  };
  // The arguments that are no options, in order ("--" ends the options, "-" is an argument).
  std::expected<std::vector<std::string>, Exit> parse(int argc, const char* const* argv) const;

  // For what only the caller can check: "gatewitness-capture: text (see --help)", status 2.
  Exit usage_error(std::string_view text) const;
  // Prints it and gives the status back, for "return print(exit)".
  static int print(const Exit& exit);

 private:
  using Store = std::function<std::expected<void, std::string>(std::string_view value)>;
  struct Option {
    std::string name;
    bool takes_value = true;
    bool repeats = false;
    Store store;
  };
  const Option* find(std::string_view name) const;

  std::string program_;
  std::string help_;
  std::vector<Option> options_;
};

}  // namespace gatewitness::process
