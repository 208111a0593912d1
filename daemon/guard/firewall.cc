// SPDX-License-Identifier: Apache-2.0
#include "daemon/guard/firewall.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "daemon/quarantine/ruleset.h"

namespace gatewitness::guard {
namespace {

std::expected<process::FileDescriptor, std::string> listen_to_changes() {
  const auto fault = [] {
    return std::unexpected(std::string("cannot listen to changes of the firewall: ") + std::strerror(errno));
  };
  process::FileDescriptor fd(
      ::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_NETFILTER));
  if (!fd.is_open()) return fault();
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  const int group = NFNLGRP_NFTABLES;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::setsockopt(fd.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) != 0)
    return fault();
  return fd;
}

// libnftables' complaint is several lines, with the text and a mark below it.
std::string first_line(const char* text) {
  const std::string_view all = text == nullptr ? "" : text;
  const auto line = all.substr(0, all.find('\n'));
  return line.empty() ? "no reason given" : std::string(line);
}

}  // namespace

void Firewall::Free::operator()(nft_ctx* context) const noexcept {
  nft_ctx_free(context);
}

std::expected<Firewall, std::string> Firewall::open() {
  auto changes = listen_to_changes();
  if (!changes) return std::unexpected(changes.error());
  Firewall firewall(nft_ctx_new(NFT_CTX_DEFAULT), std::move(*changes));
  nft_ctx* context = firewall.context_.get();
  if (context == nullptr) return std::unexpected("libnftables cannot start");
  if (nft_ctx_buffer_output(context) != 0 || nft_ctx_buffer_error(context) != 0)
    return std::unexpected("libnftables cannot keep its output");
  nft_ctx_output_set_flags(context, NFT_CTX_OUTPUT_STATELESS | NFT_CTX_OUTPUT_NUMERIC_ALL);
  return firewall;
}

std::expected<void, std::string> Firewall::run(const std::string& commands) {
  const int failed = nft_run_cmd_from_buffer(context_.get(), commands.c_str());
  (void)nft_ctx_get_output_buffer(context_.get());  // what is read is gone
  const std::string said = first_line(nft_ctx_get_error_buffer(context_.get()));
  if (failed == 0) return {};
  return std::unexpected(said);
}

std::string Firewall::standing() {
  const std::string list = "list table " + std::string(quarantine::kTable) + "\n";
  const int failed = nft_run_cmd_from_buffer(context_.get(), list.c_str());
  const char* text = nft_ctx_get_output_buffer(context_.get());
  std::string listed = failed == 0 && text != nullptr ? text : "";
  (void)nft_ctx_get_error_buffer(context_.get());
  return listed;
}

bool Firewall::take_changes() {
  std::array<uint8_t, 8192> message{};
  bool any = false;
  for (;;) {
    const ssize_t got = ::recv(fd(), message.data(), message.size(), MSG_DONTWAIT);
    const bool lost = got < 0 && errno == ENOBUFS;  // more than the kernel kept for us
    if (got > 0 || lost)
      any = true;
    else if (got == 0 || errno != EINTR)
      return any;
  }
}

}  // namespace gatewitness::guard
