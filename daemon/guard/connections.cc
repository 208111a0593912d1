// SPDX-License-Identifier: Apache-2.0
#include "daemon/guard/connections.h"

#include <arpa/inet.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace gatewitness::guard {
namespace {

using quarantine::Scope;

struct Destroy {
  void operator()(nf_conntrack* entry) const noexcept { nfct_destroy(entry); }
};
using Entry = std::unique_ptr<nf_conntrack, Destroy>;

struct Search {
  const quarantine::Quarantine& quarantine;
  std::span<const uint16_t> mail_ports;
  std::vector<Entry> found;
  bool more = false;
};

std::optional<IpAddress> address_of(const nf_conntrack* entry, nf_conntrack_attr v4, nf_conntrack_attr v6) {
  const bool is_v6 = nfct_get_attr_u8(entry, ATTR_L3PROTO) == AF_INET6;
  const auto attribute = is_v6 ? v6 : v4;
  if (nfct_attr_is_set(entry, attribute) <= 0) return std::nullopt;
  const auto* bytes = static_cast<const uint8_t*>(nfct_get_attr(entry, attribute));
  return IpAddress::from_bytes({bytes, is_v6 ? 16U : 4U});
}

bool belongs(const Search& search, const std::optional<IpAddress>& address) {
  return address &&
         std::ranges::find(search.quarantine.addresses, *address) != search.quarantine.addresses.end();
}

bool matches(const Search& search, const nf_conntrack* entry) {
  const bool began = belongs(search, address_of(entry, ATTR_ORIG_IPV4_SRC, ATTR_ORIG_IPV6_SRC));
  if (search.quarantine.scope == Scope::kAll)
    return began || belongs(search, address_of(entry, ATTR_REPL_IPV4_SRC, ATTR_REPL_IPV6_SRC));
  if (!began || nfct_get_attr_u8(entry, ATTR_L4PROTO) != IPPROTO_TCP) return false;
  const uint16_t port = ntohs(nfct_get_attr_u16(entry, ATTR_PORT_DST));
  return std::ranges::find(search.mail_ports, port) != search.mail_ports.end();
}

// Only noted here: an answer to a deletion would come between the entries that are still being read.
int look_at(nf_conntrack_msg_type, nf_conntrack* entry, void* data) {
  auto& search = *static_cast<Search*>(data);
  if (!matches(search, entry)) return NFCT_CB_CONTINUE;
  if (search.found.size() == Connections::kMaxAtOnce) {
    search.more = true;
    return NFCT_CB_CONTINUE;
  }
  if (Entry copy(nfct_clone(entry)); copy) search.found.push_back(std::move(copy));
  return NFCT_CB_CONTINUE;
}

std::unexpected<std::string> fault(const char* what) {
  return std::unexpected(std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

void Connections::Close::operator()(nfct_handle* handle) const noexcept {
  nfct_close(handle);
}

std::expected<Connections, std::string> Connections::open() {
  Connections connections(nfct_open(CONNTRACK, 0));
  if (!connections.handle_) return fault("cannot reach connection tracking");
  return connections;
}

std::expected<std::size_t, std::string> Connections::end(const quarantine::Quarantine& quarantine,
                                                         std::span<const uint16_t> mail_ports) {
  std::size_t ended = 0;
  if (quarantine.addresses.empty()) return ended;
  bool more = true;
  for (std::size_t round = 0; more && round < kMaxRounds; ++round) {
    Search search{quarantine, mail_ports, {}, false};
    const uint32_t any_family = AF_UNSPEC;
    nfct_callback_register(handle_.get(), NFCT_T_ALL, look_at, &search);
    const int read = nfct_query(handle_.get(), NFCT_Q_DUMP, &any_family);
    nfct_callback_unregister(handle_.get());
    if (read < 0) return fault("cannot read the connections");
    for (const auto& entry : search.found) {
      if (nfct_query(handle_.get(), NFCT_Q_DESTROY, entry.get()) == 0)
        ++ended;
      else if (errno != ENOENT)  // it has ended meanwhile
        return fault("cannot end a connection");
    }
    more = search.more;
  }
  return ended;
}

}  // namespace gatewitness::guard
