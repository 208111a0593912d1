// SPDX-License-Identifier: Apache-2.0
//
// The input is a lease file, then what became of it (after the first zero byte), and /etc/ethers (after the
// second). Whatever the texts: what is told is in bounds, and every lease that is told is taken back once all
// are gone.
#include <cstdlib>
#include <map>
#include <string_view>

#include "probes/leases/lease_book.h"
#include "probes/leases/lease_file.h"
#include "probes/wire/attempt.h"

namespace {

using namespace gatewitness;

void demand(bool holds) {
  if (!holds) std::abort();
}

std::string_view cut(std::string_view& rest) {
  const std::size_t end = rest.find('\0');
  const std::string_view head = rest.substr(0, end);
  rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
  return head;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto before = leases::read_leases(cut(rest));
  const auto after = leases::read_leases(cut(rest));
  const auto names = leases::read_ethers(rest);
  std::map<IpAddress, MacAddress> held;
  leases::LeaseBook book([&](Timestamp, const wire::Record& record) {
    if (const auto* claim = std::get_if<wire::AddressClaim>(&record)) {
      demand(!claim->mac.is_zero() && !claim->mac.is_multicast() && claim->interface.size() <= 15);
      if (claim->withdrawn)
        demand(held.contains(claim->address) && held.extract(claim->address).mapped() == claim->mac);
      else
        demand(held.try_emplace(claim->address, claim->mac).first->second == claim->mac);
    }
    if (const auto* fact = std::get_if<wire::IdentityFact>(&record))
      demand(!fact->value.empty() && fact->value.size() <= wire::kMaxText && fact->interface.size() <= 15);
  });
  const Timestamp now{std::chrono::seconds(1'732'000'000)};
  book.take(names.names, now);
  book.take(0, before.leases, now);
  book.take(1, after.leases, now);
  book.take(0, after.leases, now + std::chrono::hours(1));
  book.tick(now + std::chrono::hours(24 * 365));
  book.take(0, {}, now);
  book.take(1, {}, now);
  demand(book.live() == 0 && held.empty());
  return 0;
}
