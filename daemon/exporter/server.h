// SPDX-License-Identifier: Apache-2.0
//
// GET /metrics over HTTP on loopback, with libmicrohttpd. Answers who names a loopback address as its host
// and nobody else: a page in a browser on the gateway could otherwise be made to read it (DNS rebinding).
// Owned by main; one thread.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "probes/process/signals.h"

namespace gatewitness::exporter {

class Server {
 public:
  // Gives the page, or one line that says why there is none (503).
  using Page = std::function<std::expected<std::string, std::string>()>;

  // listen: 127.0.0.1:PORT or [::1]:PORT, as the configuration has checked. The error is one line.
  static std::expected<std::unique_ptr<Server>, std::string> start(const std::string& listen, Page page);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Until a signal that asks to stop.
  void run(process::SignalQueue& signals);

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace gatewitness::exporter
