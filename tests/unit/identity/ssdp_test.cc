// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/identity/test_packets.h"

namespace gatewitness::dissect::test {
namespace {

const std::string kWho = " " + std::string(kDeviceMac) + " 192.168.1.20";

Lines read(std::string_view text) {
  const Bytes payload = Bytes().text(text);
  return describe(
      read_identity(make_packet({.destination = "239.255.255.250", .destination_port = 1900}, payload)));
}

TEST(Ssdp, Messages) {
  const struct {
    const char* name;
    std::string_view text;
    Lines want;
  } cases[] = {
      {"notify",
       "NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: "
       "urn:schemas-upnp-org:device:MediaRenderer:1\r\n"
       "NTS: ssdp:alive\r\nSERVER: Linux/4.9 UPnP/1.0 TV/2\r\n\r\n",
       {"fact 8 Linux/4.9 UPnP/1.0 TV/2" + kWho,
        "fact 9 urn:schemas-upnp-org:device:MediaRenderer:1" + kWho}},
      {"answer",
       "HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nServer:Hue/1.0\r\n\r\n",
       {"fact 8 Hue/1.0" + kWho, "fact 9 upnp:rootdevice" + kWho}},
      {"search",
       "M-SEARCH * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\nST: ssdp:all\r\nUSER-AGENT: Chromium/120 "
       "Linux\r\n\r\n",
       {"fact 11 Chromium/120 Linux" + kWho}},
      {"search without agent", "M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\n\r\n", {}},
      {"goodbye", "NOTIFY * HTTP/1.1\r\nNTS: ssdp:byebye\r\nNT: upnp:rootdevice\r\nSERVER: x\r\n\r\n", {}},
      {"uuid is no type", "NOTIFY * HTTP/1.1\r\nNT: uuid:2fac1234\r\n\r\n", {}},
      {"bare line feeds", "NOTIFY * HTTP/1.1\nSERVER: a\n\n", {"fact 8 a" + kWho}},
      {"the first header counts", "NOTIFY * HTTP/1.1\r\nSERVER: a\r\nSERVER: b\r\n\r\n", {"fact 8 a" + kWho}},
      {"no empty line at the end", "NOTIFY * HTTP/1.1\r\nSERVER: a\r\n", {"fact 8 a" + kWho}},
      {"body after the header",
       "NOTIFY * HTTP/1.1\r\nSERVER: a\r\n\r\nNT: not:a:header\r\n",
       {"fact 8 a" + kWho}},
      {"a value never spans lines", "NOTIFY * HTTP/1.1\r\nSERVER: a\rb\r\n\r\n", {"fact 8 a\rb" + kWho}},
      {"line without colon",
       "NOTIFY * HTTP/1.1\r\nrubbish\r\nSERVER: a\r\n\r\n",
       {"fact 8 a" + kWho, "malformed"}},
      {"last line breaks off", "NOTIFY * HTTP/1.1\r\nSERVER: a\r\nNT: ur", {"fact 8 a" + kWho, "malformed"}},
      {"no line end at all", "NOTIFY * HTTP/1.1", {"malformed"}},
      {"an error", "HTTP/1.1 404 Not Found\r\n\r\n", {"malformed"}},
      {"something else", "\x01\x02\x03\n", {"malformed"}},
      {"empty", "", {"malformed"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(read(c.text), c.want);
  }
}

TEST(Ssdp, ValuesAreCapped) {
  const std::string text = "NOTIFY * HTTP/1.1\r\nSERVER: " + std::string(1000, 's') + "\r\n\r\n";
  EXPECT_EQ(read(text), (Lines{"fact 8 " + std::string(wire::kMaxText, 's') + kWho}));
}

TEST(Ssdp, LinesAreReadUpToTheLimit) {
  for (const int before : {63, 64}) {
    std::string text = "NOTIFY * HTTP/1.1\r\n";
    for (int i = 0; i < before; ++i) text += "A: b\r\n";
    text += "SERVER: a\r\n\r\n";
    EXPECT_EQ(read(text), before == 63 ? (Lines{"fact 8 a" + kWho}) : Lines{"over 1"});
  }
}

TEST(Ssdp, HugeMessageIsReadUpToTheLimit) {
  const std::string text =
      "NOTIFY * HTTP/1.1\r\nSERVER: a\r\nX: " + std::string(60000, 'x') + "\r\nNT: late\r\n\r\n";
  EXPECT_EQ(read(text), (Lines{"fact 8 a" + kWho, "malformed", "over 1"}));
}

}  // namespace
}  // namespace gatewitness::dissect::test
