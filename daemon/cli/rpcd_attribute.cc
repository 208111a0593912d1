// SPDX-License-Identifier: Apache-2.0
//
// A stranger's report is read in a process of its own, as at the command line, so that rpcd's backend has no
// second way to do it.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "daemon/cli/command.h"
#include "daemon/cli/rpcd.h"
#include "daemon/supervisor/programs.h"
#include "probes/process/file_descriptor.h"
#include "probes/wire/json_text.h"
#include "probes/wire/text.h"

namespace gatewitness::cli {
namespace {

using nlohmann::json;
using process::FileDescriptor;

constexpr std::size_t kMaxOutput = 8 * 1024 * 1024;
constexpr std::size_t kMaxTestimonies = 16;
constexpr std::size_t kMaxNotes = 16;
constexpr unsigned kPatience_s = 60;

FileDescriptor memory_file(const char* name) {
  return FileDescriptor(::memfd_create(name, MFD_CLOEXEC));
}

std::string read_all(int file) {
  std::string text;
  std::array<char, 16384> buffer{};
  (void)::lseek(file, 0, SEEK_SET);
  ssize_t got = 0;
  while (text.size() < kMaxOutput && (got = ::read(file, buffer.data(), buffer.size())) > 0)
    text.append(buffer.data(), static_cast<std::size_t>(got));
  return text;
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const auto put = ::write(file, text.data(), text.size());
    if (put <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return ::lseek(file, 0, SEEK_SET) == 0;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin) lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// Only what may follow fork is called; nothing is allocated.
[[noreturn]] void become(const char* const* arguments, int in, int out, int err) {
  ::alarm(kPatience_s);
  if (::dup2(in, STDIN_FILENO) >= 0 && ::dup2(out, STDOUT_FILENO) >= 0 && ::dup2(err, STDERR_FILENO) >= 0)
    ::execv("/proc/self/exe", const_cast<char* const*>(arguments));
  ::_exit(127);
}

json testimonies_of(const std::vector<std::string>& lines) {
  json testimonies = json::array();
  for (const auto& line : lines) {
    if (testimonies.size() == kMaxTestimonies) break;
    json testimony = read_json(line);
    if (!testimony.is_object()) continue;
    if (auto report = testimony.find("report"); report != testimony.end() && report->is_object())
      report->erase("file");
    testimonies.push_back(std::move(testimony));
  }
  return testimonies;
}

std::string without_program(const std::string& line) {
  constexpr std::string_view kPrefix = "gatewitness attribute: ";
  constexpr std::string_view kInput = "standard input: ";
  std::string_view text = line;
  for (const auto prefix : {kPrefix, kInput})
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  return printable(text, 512);
}

}  // namespace

std::expected<json, std::string> attribute_report(const std::string& report, const std::string& run_dir) {
  const FileDescriptor in = memory_file("report"), out = memory_file("answers"), err = memory_file("notes");
  if (!in.is_open() || !out.is_open() || !err.is_open() || !write_all(in.get(), report))
    return std::unexpected(std::string("no memory for the report: ") + std::strerror(errno));
  const std::array<const char*, 7> arguments = {"gatewitness",   "attribute", "--json", "--run-dir",
                                                run_dir.c_str(), "-",         nullptr};
  const pid_t child = ::fork();
  if (child == 0) become(arguments.data(), in.get(), out.get(), err.get());
  if (child < 0) return std::unexpected(std::string("cannot start a process: ") + std::strerror(errno));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const auto notes = lines_of(read_all(err.get()));
  json testimonies = testimonies_of(lines_of(read_all(out.get())));
  if (testimonies.empty())
    return std::unexpected(notes.empty() ? "the report could not be read" : without_program(notes.front()));
  json told = json::array();
  for (std::size_t i = 0; i < std::min(notes.size(), kMaxNotes); ++i)
    told.push_back(without_program(notes[i]));
  return json{{"testimonies", std::move(testimonies)}, {"notes", std::move(told)}};
}

bool is_installed(std::string_view program) {
  return supervisor::find_program(supervisor::own_folder(), program).has_value();
}

}  // namespace gatewitness::cli
