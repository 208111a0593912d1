// SPDX-License-Identifier: Apache-2.0
//
// What detection costs: processor time of an attempt against a pipeline without rules, and memory of a
// thousand devices of a household's kind. Prints; judges nothing, since a busy machine would decide.
#include <malloc.h>

#include <cstdio>
#include <ctime>

#include "daemon/detection/detector.h"
#include "tests/eval/kinds.h"
#include "tests/eval/play.h"

namespace gatewitness::eval {
namespace {

DetectionOptions without_rules() {
  DetectionOptions none;
  none.policy.enabled = none.burst.enabled = none.fan_out.enabled = none.failed_contacts.enabled = false;
  none.credentials.enabled = none.refusals.enabled = none.relay.enabled = none.scan.enabled = false;
  none.support = {false, false, false, 3};
  return none;
}

double seconds_of(const Internet& internet, std::span<const KindOfHome> kinds,
                  const DetectionOptions& detection, uint64_t& attempts) {
  attempts = 0;
  const std::clock_t begin = std::clock();
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    const auto& kind = kinds[seed % kinds.size()];
    Home home(internet, seed, kind.days);
    home.furnish();
    kind.plan(home);
    home.finish();
    attempts += play(home, {detection, false}).attempts;
  }
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

std::size_t heap() {
  return mallinfo2().uordblks;
}

// One detector and a thousand devices: of a hundred, sixty mail, two of them straight to exchangers.
double bytes_of_a_thousand(uint32_t mailing, uint32_t direct) {
  const std::size_t before = heap();
  Detector detector{DetectionOptions{}};
  std::vector<Verdict> verdicts;
  Timestamp time = Home::kStart;
  uint64_t number = 0;
  for (uint32_t i = 0; i < mailing * 20; ++i) {
    const uint32_t who = i % mailing;
    const DeviceId device =
        DeviceId::of(MacAddress{{0, 0, 0x5e, 0, static_cast<uint8_t>(who >> 8), static_cast<uint8_t>(who)}});
    wire::Attempt attempt;
    attempt.started = attempt.last = time += std::chrono::seconds(20);
    const bool port25 = who < direct;
    const auto server = static_cast<uint8_t>(port25 ? i / mailing : who % 50 + i / mailing % 2);
    attempt.flow.destination = {IpAddress::v4({100, 1, server, 25}),
                                static_cast<uint16_t>(port25 ? 25 : 587)};
    detector.advance(time);
    for (const bool first : {true, false}) {
      Sighting sighting{device, attempt};
      sighting.number = first ? ++number : number;
      sighting.first = first;
      sighting.port25 = port25;
      detector.observe(sighting, verdicts);
      attempt.final = true;
      attempt.outcome = wire::Outcome::kClosed;
      attempt.client_seen = true;
      attempt.to_server.bytes = 9000;
      attempt.last = attempt.started + std::chrono::seconds(2);
      attempt.smtp = wire::SmtpDialogue{};
      attempt.smtp->ehlo = "host.example";
      attempt.smtp->tls = port25 ? wire::Tls::kNone : wire::Tls::kStarted;
      attempt.smtp->mail_commands = port25 ? 1 : 0;
    }
    detector.tick(time, verdicts);
    verdicts.clear();
  }
  verdicts.shrink_to_fit();
  return static_cast<double>(heap() - before);
}

}  // namespace
}  // namespace gatewitness::eval

int main() {
  using namespace gatewitness::eval;
  const Internet internet;
  for (const bool bad : {false, true}) {
    const auto kinds = bad ? senders() : innocents();
    uint64_t attempts = 0;
    (void)seconds_of(internet, kinds, without_rules(), attempts);  // warm
    const double empty = seconds_of(internet, kinds, without_rules(), attempts);
    const double full = seconds_of(internet, kinds, gatewitness::DetectionOptions{}, attempts);
    const double count = static_cast<double>(attempts);
    std::printf(
        "%s homes, %.0f attempts: %.2f us each without rules, %.2f us with all and their incidents: +%.2f "
        "us\n",
        bad ? "senders'" : "innocents'", count, empty * 1e6 / count, full * 1e6 / count,
        (full - empty) * 1e6 / count);
  }
  const std::clock_t begin = std::clock();
  (void)bytes_of_a_thousand(1000, 20);
  std::printf("the detector alone: %.2f us an attempt\n",
              static_cast<double>(std::clock() - begin) * 1e6 / CLOCKS_PER_SEC / 20'000);
  std::printf("a device that mails through its providers: %.0f bytes\n", bytes_of_a_thousand(1000, 0) / 1000);
  std::printf("a device that mails straight to 20 exchangers: %.0f bytes\n",
              bytes_of_a_thousand(1000, 1000) / 1000);
  std::printf("1000 devices, 600 of which mail and 20 straight to exchangers: %.0f bytes\n",
              bytes_of_a_thousand(600, 20));
  return 0;
}
