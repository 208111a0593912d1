// SPDX-License-Identifier: Apache-2.0
//
// The ClientHello reader: any bytes, whole and one by one, with the same end; a name holds nothing that a
// host name does not.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "probes/dissect/tls_client_hello.h"

using gatewitness::dissect::ClientHelloReader;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  ClientHelloReader whole;
  whole.feed({data, size});
  ClientHelloReader pieces;
  for (std::size_t i = 0; i < size; ++i) pieces.feed({data + i, 1});
  if (whole.state() != pieces.state() || whole.server_name() != pieces.server_name()) std::abort();
  if (whole.protocol() != pieces.protocol()) std::abort();
  constexpr std::string_view kName = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
  if (whole.server_name().find_first_not_of(kName) != std::string::npos) std::abort();
  return 0;
}
