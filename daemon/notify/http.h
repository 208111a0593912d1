// SPDX-License-Identifier: Apache-2.0
//
// libcurl's multi interface, owning itself: several requests at once in the process's one loop. TLS is always
// verified, redirects are never followed (a token must not go where the owner did not send it), answers are
// cut. Owned by the notifier.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/alert/message.h"

namespace gatewitness::notify {

struct HttpAnswer {
  int status = 0;           // 0: none came
  std::string error;        // why there is none, or what broke off
  std::string body;         // its first kMaxBody bytes
  std::string retry_after;  // as it was sent
  std::string location;     // of a redirect
};

struct HttpOptions {
  Duration timeout = std::chrono::seconds(15);  // of the whole; of a stream: of connecting
  std::string ca_file;                          // "": the system's
  // A stream: gets what comes, ends when the server does or has been silent for kSilence_s.
  std::function<void(std::string_view)> on_data;
};

class Http {
 public:
  using Done = std::function<void(const HttpAnswer&)>;

  static std::expected<Http, std::string> create();
  Http(Http&&) noexcept;
  Http& operator=(Http&&) = delete;
  ~Http();

  // done is called from perform(), once.
  void start(const alert::Request& request, const HttpOptions& options, Done done);
  void perform();
  // Sleeps until something happens to a request or one of the others, or so long.
  void wait(std::span<curl_waitfd> others, int timeout_ms);

  static constexpr std::size_t kMaxBody = 2048;
  static constexpr long kSilence_s = 150;  // ntfy says that it lives every 45 s

 private:
  struct Transfer;
  explicit Http(CURLM* multi);
  CURLM* multi_;
  std::list<std::unique_ptr<Transfer>> transfers_;
};

}  // namespace gatewitness::notify
