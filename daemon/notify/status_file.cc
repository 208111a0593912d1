// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify/status_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "probes/process/file_descriptor.h"
#include "probes/wire/json_text.h"

namespace gatewitness::notify {

using nlohmann::json;

void StatusFile::write(const json& value, Timestamp steady) {
  next_ = steady + std::chrono::seconds(1);
  const std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace) + "\n";
  if (text != written_) put(text);
}

void StatusFile::stopped() {
  json value = read_json(written_);
  if (!value.is_object()) return;
  value["running"] = false;
  put(value.dump(-1, ' ', true, json::error_handler_t::replace) + "\n");
}

// It lies in memory (tmpfs): no need to flush it to anywhere.
void StatusFile::put(const std::string& text) {
  const std::string fresh = path_ + ".new";
  const process::FileDescriptor file(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640));
  if (!file.is_open()) return;
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return;
  if (std::rename(fresh.c_str(), path_.c_str()) == 0) written_ = text;
}

}  // namespace gatewitness::notify
