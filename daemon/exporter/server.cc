// SPDX-License-Identifier: Apache-2.0
#include "daemon/exporter/server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

namespace gatewitness::exporter {
namespace {

constexpr unsigned kConnections = 8;
constexpr unsigned kPatience_s = 5;
constexpr std::size_t kConnectionMemory = 8192;
constexpr int kLongestSleep_ms = 1000;

struct HttpStop {
  void operator()(MHD_Daemon* daemon) const noexcept { MHD_stop_daemon(daemon); }
};

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

Address address_of(std::string_view listen) {
  Address address{};
  const std::string_view digits = listen.substr(listen.rfind(':') + 1);
  uint16_t port = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (listen.starts_with('[')) {
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(port);
    address.v6.sin6_addr = in6addr_loopback;
  } else {
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(port);
    address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  return address;
}

bool is_loopback_name(const char* host) {
  if (host == nullptr) return true;  // HTTP/1.0: no browser
  std::string_view name(host);
  if (const std::size_t port = name.rfind(':'); port != name.npos && !name.ends_with(']'))
    name = name.substr(0, port);
  return name == "localhost" || name == "127.0.0.1" || name == "[::1]";
}

MHD_Result reply(MHD_Connection* connection, unsigned status, const std::string& text, const char* type) {
  // libmicrohttpd copies and does not write: its parameter has lost its const.
  MHD_Response* response =
      MHD_create_response_from_buffer(text.size(), const_cast<char*>(text.data()), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
  const MHD_Result queued = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return queued;
}

constexpr const char* kPlain = "text/plain; charset=utf-8";
constexpr const char* kMetrics = "text/plain; version=0.0.4; charset=utf-8";

MHD_Result answer(const Server::Page& page, MHD_Connection* connection, std::string_view url,
                  std::string_view method) {
  if (!is_loopback_name(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST)))
    return reply(connection, MHD_HTTP_FORBIDDEN, "ask 127.0.0.1\n", kPlain);
  if (url != "/metrics") return reply(connection, MHD_HTTP_NOT_FOUND, "there is /metrics\n", kPlain);
  if (method != MHD_HTTP_METHOD_GET && method != MHD_HTTP_METHOD_HEAD)
    return reply(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET it\n", kPlain);
  const auto text = page();
  if (!text) return reply(connection, MHD_HTTP_SERVICE_UNAVAILABLE, text.error() + "\n", kPlain);
  return reply(connection, MHD_HTTP_OK, *text, kMetrics);
}

}  // namespace

struct Server::Parts {
  Page page;
  std::unique_ptr<MHD_Daemon, HttpStop> daemon;
};

namespace {

// A body is not read: the answer is queued at once and the connection closed after it.
MHD_Result on_request(void* page, MHD_Connection* connection, const char* url, const char* method,
                      const char*, const char*, std::size_t*, void**) {
  return answer(*static_cast<Server::Page*>(page), connection, url, method);
}

}  // namespace

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;

std::expected<std::unique_ptr<Server>, std::string> Server::start(const std::string& listen, Page page) {
  auto parts = std::make_unique<Parts>();
  parts->page = std::move(page);
  const Address address = address_of(listen);
  unsigned flags = MHD_USE_EPOLL;
  if (address.any.sa_family == AF_INET6) flags |= MHD_USE_IPv6;
  errno = 0;
  parts->daemon.reset(
      MHD_start_daemon(flags, 0, nullptr, nullptr, on_request, &parts->page, MHD_OPTION_SOCK_ADDR,
                       &address.any, MHD_OPTION_CONNECTION_LIMIT, kConnections, MHD_OPTION_CONNECTION_TIMEOUT,
                       kPatience_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory, MHD_OPTION_END));
  if (!parts->daemon)
    return std::unexpected("metrics.listen: cannot listen at " + listen + ": " +
                           (errno != 0 ? std::strerror(errno) : "no reason is given"));
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

void Server::run(process::SignalQueue& signals) {
  while (!signals.take()) MHD_run_wait(parts_->daemon.get(), kLongestSleep_ms);
}

}  // namespace gatewitness::exporter
