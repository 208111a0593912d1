// SPDX-License-Identifier: Apache-2.0
#include "probes/capture/file_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <functional>
#include <thread>

#include "tests/unit/capture/test_captures.h"
#include "tests/unit/process/temporary_folder.h"

namespace gatewitness::capture {
namespace {

using namespace std::chrono_literals;

const Bytes kMail = ethernet(0x0800, ipv4({}, tcp(40000, 25, "EHLO x\r\n")));
const Bytes kOther = ethernet(0x0800, ipv4({}, tcp(40000, 443, "\x17\x03\x03")));

struct Read {
  std::string error;
  std::vector<Timestamp> times;
  FileState state = FileState::kReading;
  std::string text;
  FileSource::Progress progress;
};

Read read_all(std::expected<FileSource, std::string> source) {
  Read result;
  if (!source) {
    result.error = source.error();
    return result;
  }
  while (const auto frame = source->next()) {
    EXPECT_EQ(frame->interface, "file");
    result.times.push_back(frame->time);
  }
  result.state = source->state();
  result.text = source->state_text();
  result.progress = source->progress();
  return result;
}

class FileSourceTest : public testing::Test {
 protected:
  std::string file(const Bytes& content, const std::string& name = "capture") {
    std::ofstream out(folder_.path() + "/" + name, std::ios::binary);
    out.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    return folder_.path() + "/" + name;
  }
  Read read(const Bytes& content) { return read_all(FileSource::open(file(content))); }

  TemporaryFolder folder_;
};

Bytes three_records(Bytes header, const std::function<Bytes(const Record&)>& record) {
  return std::move(header) + record({.seconds = 1'700'000'000, .fraction = 5, .frame = kMail}) +
         record({.seconds = 1'700'000'001, .frame = kOther}) +
         record({.seconds = 1'700'000'002, .frame = kMail});
}

TEST_F(FileSourceTest, ReadsEveryFormatAlikeAndSkipsWhatIsNotMail) {
  const Bytes pcap = three_records(pcap_header(), pcap_record);
  const Bytes pcapng = three_records(pcapng_header(), pcapng_record);
  Bytes nano = three_records(pcap_header(1, 0xa1b23c4d), [](Record record) {
    record.fraction *= 1000;
    return pcap_record(record);
  });
  const Bytes swapped = be32(0xa1b2c3d4) + u16(2) + u16(4) + zeros(8) + be32(65535) + be32(1) +
                        be32(1'700'000'000) + be32(5) + be32(static_cast<uint32_t>(kMail.size())) +
                        be32(static_cast<uint32_t>(kMail.size())) + kMail;
  const Bytes first_half(pcap.begin(), pcap.begin() + 100), second_half(pcap.begin() + 100, pcap.end());
  struct Case {
    const char* name;
    Bytes content;
    std::size_t frames;
  };
  const Case cases[] = {{"pcap", pcap, 2},
                        {"pcapng", pcapng, 2},
                        {"nanoseconds", nano, 2},
                        {"other byte order", swapped, 1},
                        {"gzip", gzip(pcap), 2},
                        {"gzip of pcapng", gzip(pcapng), 2},
                        {"gzip of two members", gzip(first_half) + gzip(second_half), 2}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Read got = read(c.content);
    EXPECT_EQ(got.error, "");
    ASSERT_EQ(got.times.size(), c.frames);
    EXPECT_EQ(got.times[0], Timestamp(1'700'000'000s) + 5us);
    EXPECT_EQ(got.state, FileState::kEnd);
    EXPECT_EQ(got.text, "");
    EXPECT_EQ(got.progress.passed, c.frames);
    EXPECT_EQ(got.progress.bytes_read, c.content.size());
    EXPECT_EQ(got.progress.bytes_total, c.content.size());
  }
}

TEST_F(FileSourceTest, FramesComeWithTheirLengths) {
  const auto path = file(pcap_header() + pcap_record({.frame = kMail, .original = 1500}));
  auto source = FileSource::open(path);
  ASSERT_TRUE(source);
  const auto frame = source->next();
  ASSERT_TRUE(frame);
  EXPECT_EQ(Bytes(frame->bytes.begin(), frame->bytes.end()), kMail);
  EXPECT_EQ(frame->original_length, 1500U);
  EXPECT_EQ(frame->link, dissect::LinkType::kEthernet);
}

TEST_F(FileSourceTest, WhatCannotBeOpenedIsOneClearLine) {
  const Bytes header = pcap_header();
  struct Case {
    const char* name;
    Bytes content;
    const char* want;
  };
  const Case cases[] = {
      {"empty", {}, ": is empty"},
      {"text", text("Received: from example.org by mail.example.net; Mon, 1 Jan 2024"), ": is not a capture"},
      {"packed text", gzip(text("Received: from example.org by mail.example.net")), ": is not a capture"},
      {"three bytes", {0xd4, 0xc3, 0xb2}, ": is cut off inside its header"},
      {"half a header", Bytes(header.begin(), header.begin() + 12), ": is cut off inside its header"},
      {"damaged gzip", Bytes{0x1f, 0x8b, 0xff} + zeros(50), ": is damaged"},
      {"802.11", pcap_header(105), "link type 105 (IEEE802_11)"},
      {"no such link", pcap_header(60000), "link type 60000"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Read got = read(c.content);
    EXPECT_NE(got.error.find(c.want), std::string::npos) << got.error;
    EXPECT_TRUE(got.error.starts_with(folder_.path() + "/capture: ")) << got.error;
    EXPECT_EQ(got.error.find('\n'), std::string::npos);
  }
  EXPECT_NE(read_all(FileSource::open(folder_.path() + "/missing")).error.find("No such file"),
            std::string::npos);
  EXPECT_NE(read_all(FileSource::open(folder_.path())).error.find("is a folder"), std::string::npos);
}

TEST_F(FileSourceTest, ACutCaptureIsReadUpToItsEnd) {
  const Bytes pcap = three_records(pcap_header(), pcap_record);
  const Bytes pcapng = three_records(pcapng_header(), pcapng_record);
  const auto cut = [](const Bytes& whole, std::size_t by) {
    return Bytes(whole.begin(), whole.end() - static_cast<long>(by));
  };
  struct Case {
    const char* name;
    Bytes content;
  };
  const Case cases[] = {{"inside a frame", cut(pcap, 3)},
                        {"inside a record's header", cut(pcap, kMail.size() + 5)},
                        {"pcapng", cut(pcapng, 7)},
                        {"gzip of a cut capture", gzip(cut(pcap, 3))}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Read got = read(c.content);
    EXPECT_EQ(got.error, "");
    EXPECT_EQ(got.times.size(), 1U);
    EXPECT_EQ(got.progress.records, 2U);
    EXPECT_EQ(got.state, FileState::kTruncated) << got.text;
    EXPECT_TRUE(got.text.starts_with("truncated")) << got.text;
  }
}

TEST_F(FileSourceTest, ACutGzipStreamIsTruncatedWhereverItEnds) {
  Bytes many = pcap_header();
  for (uint32_t i = 0; i < 200; ++i)
    many = std::move(many) + pcap_record({.seconds = i * 7919, .fraction = i, .frame = kMail});
  const Bytes packed = gzip(many);
  for (const std::size_t left : {packed.size() / 2, packed.size() - 9, packed.size() - 1}) {
    const Read got = read(Bytes(packed.begin(), packed.begin() + static_cast<long>(left)));
    EXPECT_EQ(got.error, "");
    EXPECT_GT(got.times.size(), 10U);
    EXPECT_EQ(got.state, FileState::kTruncated) << left << ": " << got.text;
  }
}

TEST_F(FileSourceTest, DamageEndsTheReadingAndIsSaid) {
  const Bytes wrong_length =
      three_records(pcap_header(), pcap_record) + le32(1) + le32(1) + le32(0xfffffff0) + le32(60) + zeros(99);
  Bytes wrong_checksum = gzip(three_records(pcap_header(), pcap_record));
  wrong_checksum[wrong_checksum.size() - 8] ^= 0xff;
  for (const auto& content : {wrong_length, wrong_checksum}) {
    const Read got = read(content);
    EXPECT_EQ(got.times.size(), 2U);
    EXPECT_EQ(got.state, FileState::kDamaged);
    EXPECT_TRUE(got.text.starts_with("damaged after 3 packets: ")) << got.text;
  }
}

TEST_F(FileSourceTest, TimesOutOfRangeAreCut) {
  const Read got =
      read(pcap_header() + pcap_record({.seconds = UINT32_MAX, .fraction = UINT32_MAX, .frame = kMail}));
  ASSERT_EQ(got.times.size(), 1U);
  EXPECT_LE(got.times[0], Timestamp(253402300799s) + 999999us);
}

TEST_F(FileSourceTest, ACallerMayLookUpBetweenRecords) {
  Bytes content = pcap_header();
  for (int i = 0; i < 10; ++i) content = std::move(content) + pcap_record({.frame = kOther});
  auto source = FileSource::open(file(content + pcap_record({.frame = kMail})));
  ASSERT_TRUE(source);
  EXPECT_FALSE(source->next(4));
  EXPECT_EQ(source->state(), FileState::kReading);
  EXPECT_EQ(source->progress().records, 4U);
  EXPECT_TRUE(source->next(7));
  EXPECT_FALSE(source->next(1));
  EXPECT_EQ(source->state(), FileState::kEnd);
}

TEST_F(FileSourceTest, FurtherPortsPass) {
  const auto path = file(pcap_header() + pcap_record({.frame = kOther}));
  EXPECT_EQ(read_all(FileSource::open(path)).times.size(), 0U);
  EXPECT_EQ(read_all(FileSource::open(path, std::vector<uint16_t>{443})).times.size(), 1U);
  EXPECT_NE(read_all(FileSource::open(path, std::vector<uint16_t>{0})).error, "");
}

TEST_F(FileSourceTest, APipeIsAsGoodAsAFile) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const Bytes content = gzip(three_records(pcap_header(), pcap_record));
  std::thread writer([&] {
    for (const uint8_t byte : content) EXPECT_EQ(::write(ends[1], &byte, 1), 1);
    ::close(ends[1]);
  });
  const Read got = read_all(FileSource::adopt(process::FileDescriptor(ends[0]), "-"));
  writer.join();
  EXPECT_EQ(got.error, "");
  EXPECT_EQ(got.times.size(), 2U);
  EXPECT_EQ(got.state, FileState::kEnd);
  EXPECT_EQ(got.progress.bytes_total, 0U);
}

TEST_F(FileSourceTest, ManyMegabytesInAFewKilobytesStream) {
  Bytes content = pcap_header() + pcap_record({.frame = kMail});
  const Bytes blank = pcap_record({.frame = zeros(60000)});
  for (int i = 0; i < 500; ++i) content.insert(content.end(), blank.begin(), blank.end());
  const Read got = read(gzip(content));
  EXPECT_EQ(got.state, FileState::kEnd);
  EXPECT_EQ(got.progress.records, 501U);
  EXPECT_LT(got.progress.bytes_total, 200'000U);
}

}  // namespace
}  // namespace gatewitness::capture
