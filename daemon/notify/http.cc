// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify/http.h"

#include <algorithm>
#include <utility>

namespace gatewitness::notify {
namespace {

constexpr std::size_t kMaxAnswer = std::size_t{1} << 20;  // a server that says more is hung up on

struct FreeList {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
struct FreeEasy {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};

long milliseconds(Duration duration) {
  return static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

}  // namespace

struct Http::Transfer {
  std::unique_ptr<CURL, FreeEasy> easy;
  std::unique_ptr<curl_slist, FreeList> headers;
  std::string url, body;
  HttpOptions options;
  Done done;
  HttpAnswer answer;
  std::size_t received = 0;
  char error[CURL_ERROR_SIZE] = "";

  template <typename Value>
  void set(CURLoption option, Value value) const {
    (void)curl_easy_setopt(easy.get(), option, value);
  }
  void prepare(const alert::Request& request);
  void finish(CURLcode result);

  static std::size_t on_body(char* data, std::size_t /*one*/, std::size_t size, void* self);
  static std::size_t on_header(char* data, std::size_t /*one*/, std::size_t size, void* self);
};

std::size_t Http::Transfer::on_body(char* data, std::size_t /*one*/, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  long status = 0;
  curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (transfer.options.on_data && status == 200) {
    transfer.options.on_data({data, size});
    return size;
  }
  transfer.answer.body.append(data, std::min(size, kMaxBody - transfer.answer.body.size()));
  transfer.received += size;
  return transfer.received > kMaxAnswer ? 0 : size;
}

std::size_t Http::Transfer::on_header(char* data, std::size_t /*one*/, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::string_view line(data, size);
  const std::size_t colon = line.find(':');
  if (colon == line.npos || size > 1024) return size;
  std::string name(line.substr(0, colon));
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (name == "retry-after") transfer.answer.retry_after = line.substr(colon + 1);
  if (name == "location") transfer.answer.location = line.substr(colon + 1);
  return size;
}

void Http::Transfer::prepare(const alert::Request& request) {
  url = request.url;
  body = request.body;
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
  set(CURLOPT_USERAGENT, "gatewitness/" GATEWITNESS_VERSION);
  set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options.timeout));
  if (options.on_data) {
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, kSilence_s);
  } else {
    set(CURLOPT_TIMEOUT_MS, milliseconds(options.timeout));
  }
  set(CURLOPT_ERRORBUFFER, error);
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method != "GET") {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    set(CURLOPT_POSTFIELDS, body.c_str());
  }
  curl_slist* list = nullptr;
  for (const auto& [name, value] : request.headers)
    list = curl_slist_append(list, (name + ": " + value).c_str());
  list = curl_slist_append(list, "Expect:");  // no round trip before the body
  headers.reset(list);
  set(CURLOPT_HTTPHEADER, headers.get());
}

void Http::Transfer::finish(CURLcode result) {
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  if (result != CURLE_OK) answer.error = error[0] != '\0' ? error : curl_easy_strerror(result);
  done(answer);
}

Http::Http(CURLM* multi) : multi_(multi) {}
Http::Http(Http&& other) noexcept
    : multi_(std::exchange(other.multi_, nullptr)), transfers_(std::move(other.transfers_)) {}

Http::~Http() {
  for (const auto& transfer : transfers_) curl_multi_remove_handle(multi_, transfer->easy.get());
  transfers_.clear();
  if (multi_ != nullptr) curl_multi_cleanup(multi_);
}

std::expected<Http, std::string> Http::create() {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return std::unexpected("cannot start libcurl");
  CURLM* multi = curl_multi_init();
  if (multi == nullptr) return std::unexpected("cannot start libcurl");

  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 4L);
  return Http(multi);
}

void Http::start(const alert::Request& request, const HttpOptions& options, Done done) {
  auto transfer = std::make_unique<Transfer>();
  transfer->easy.reset(curl_easy_init());
  transfer->options = options;
  transfer->done = std::move(done);
  if (!transfer->easy) {
    HttpAnswer none;
    none.error = "out of memory";
    return transfer->done(none);
  }
  transfer->prepare(request);
  curl_multi_add_handle(multi_, transfer->easy.get());
  transfers_.push_back(std::move(transfer));
}

void Http::perform() {
  int running = 0;
  curl_multi_perform(multi_, &running);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode result = message->data.result;
    const auto found = std::ranges::find_if(
        transfers_, [&](const auto& t) { return t->easy.get() == message->easy_handle; });
    if (found == transfers_.end()) continue;
    // Taken out first: what is done may start the next one.
    const auto transfer = std::move(*found);
    transfers_.erase(found);
    curl_multi_remove_handle(multi_, transfer->easy.get());
    transfer->finish(result);
  }
}

void Http::wait(std::span<curl_waitfd> others, int timeout_ms) {
  (void)curl_multi_poll(multi_, others.data(), static_cast<unsigned>(others.size()), timeout_ms, nullptr);
}

}  // namespace gatewitness::notify
