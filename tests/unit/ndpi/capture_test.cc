// SPDX-License-Identifier: Apache-2.0
//
// The classifier on a real capture of what pretends to be mail: OpenVPN, obfuscated, on port 465.
#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "probes/dissect/frame.h"
#include "probes/dissect/ndpi_classifier.h"

namespace gatewitness::dissect::test {
namespace {

struct PcapClose {
  void operator()(pcap_t* capture) const noexcept { pcap_close(capture); }
};

// $GATEWITNESS_PCAPS, or the folder beside the repository.
std::filesystem::path captures() {
  if (const char* folder = std::getenv("GATEWITNESS_PCAPS")) return folder;
  const char* root = std::getenv("GATEWITNESS_SOURCE_ROOT");
  return std::filesystem::path(root == nullptr ? "." : root) / "../shared/pcaps";
}

// The name of each flow to port 465, by its client's port.
std::map<uint16_t, std::string> classify(pcap_t* capture, NdpiClassifier& classifier) {
  std::map<uint16_t, NdpiClassifier::FlowHandle> flows;
  std::map<uint16_t, std::string> names;
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  while (pcap_next_ex(capture, &header, &data) == 1) {
    const Packet packet = decode_frame(LinkType::kEthernet, {data, header->caplen});
    if (!packet.tcp) continue;
    const bool from_client = packet.destination_port == 465;
    auto& flow = flows[from_client ? packet.source_port : packet.destination_port];
    if (!flow) flow = classifier.new_flow();
    (void)classifier.packet(*flow, packet.ip_packet, Timestamp{}, from_client);
  }
  for (const auto& [port, flow] : flows) names[port] = classifier.give_up(*flow).application;
  return names;
}

TEST(ClassifierOnCapture, ObfuscatedOpenVpnIsNotTakenForMail) {
  const auto file = captures() / "confuser/nDPI__openvpn_obfuscated.pcapng";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no capture " << file;
  NdpiClassifier classifier;
  if (!classifier.available()) GTEST_SKIP() << "built without nDPI";
  char error[PCAP_ERRBUF_SIZE] = "";
  const std::unique_ptr<pcap_t, PcapClose> capture(pcap_open_offline(file.c_str(), error));
  ASSERT_TRUE(capture) << error;
  ASSERT_EQ(pcap_datalink(capture.get()), DLT_EN10MB);
  const auto names = classify(capture.get(), classifier);
  EXPECT_FALSE(names.empty());
  // nDPI 5.x can see through it, 4.2 cannot; neither may go by the port and say SMTPS.
  for (const auto& [port, name] : names) {
    EXPECT_TRUE(name != "SMTPS" && name != "SMTP") << port << ": " << name;
  }
}

}  // namespace
}  // namespace gatewitness::dissect::test
