// SPDX-License-Identifier: Apache-2.0
//
// The floor that replay is measured against: libpcap reads the whole file and nothing looks at a packet.
#include <pcap/pcap.h>

#include <cstdint>
#include <cstdio>

namespace {

void count_only(unsigned char* user, const pcap_pkthdr* /*header*/, const unsigned char* /*bytes*/) {
  ++*reinterpret_cast<uint64_t*>(user);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench-floor FILE\n");
    return 2;
  }
  char error[PCAP_ERRBUF_SIZE] = "";
  pcap_t* capture = pcap_open_offline(argv[1], error);
  if (capture == nullptr) {
    std::fprintf(stderr, "bench-floor: %s\n", error);
    return 1;
  }
  uint64_t packets = 0;
  pcap_loop(capture, -1, count_only, reinterpret_cast<unsigned char*>(&packets));
  pcap_close(capture);
  std::printf("%llu packets\n", static_cast<unsigned long long>(packets));
  return 0;
}
