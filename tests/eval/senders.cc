// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/eval/kinds.h"

namespace gatewitness::eval {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// A home lives its life before it is infected.
constexpr double kBefore = 10;

Duration random_seconds(Dice& dice, double low, double high) {
  return Duration(static_cast<int64_t>(dice.real(low, high) * 1e6));
}

// The 2014 botnet: bursts at the same three times a day, in which a device takes part now and then.
void botnet_2014(Home& home, uint32_t device, uint32_t mails, bool asks) {
  static constexpr double kHours[] = {6.5, 13.0, 20.25};
  for (uint32_t i = 0; i < mails; ++i) {
    const Timestamp time = home.at(kBefore + home.dice.between(0, 13), kHours[home.dice.between(0, 2)]) +
                           random_seconds(home.dice, 0, 1200);
    const Exchanger& to = home.internet.exchanger(home.dice);
    if (asks) home.ask_mx(device, time - seconds(1), to);
    home.spam(device, time, to);
  }
}

void appliance_2014(Home& home) {
  static const std::vector<std::string> kNames = {"kitchen-fridge", "smart-tv-7", "ipcam-01", "roku-den",
                                                  "playstation-4",  "hue-bridge", "wemo-plug"};
  const uint32_t thing = home.add_subject(home.dice.pick(kNames));
  botnet_2014(home, thing, std::clamp(home.dice.poisson(4), 1U, 10U), home.dice.chance(0.5));
  // One in five speaks STARTTLS, as a camera does that mails its owner.
  if (!home.dice.chance(0.2)) return;
  for (Session& session : home.sessions) {
    if (!session.bad) continue;
    session.tls = wire::Tls::kStarted;
    session.sni = session.banner;
    session.dialect &= ~wire::kIgnoresStarttls;
    if (session.stop == Stop::kGreeting) session.stop = Stop::kNowhere;
  }
}

void unknown_thing_2014(Home& home) {
  // Nothing tells what it is; at least four mails.
  const uint32_t thing = home.add_subject("");
  botnet_2014(home, thing, std::clamp(home.dice.poisson(7), 4U, 10U), home.dice.chance(0.5));
}

void unknown_thing_few(Home& home) {
  // One to three mails in two weeks from a device that nothing is known of.
  const uint32_t thing = home.add_subject("");
  botnet_2014(home, thing, home.dice.between(1, 3), home.dice.chance(0.5));
}

void burst(Home& home) {
  const uint32_t pc = home.add_subject("desktop-old", "MSFT 5.0");
  for (double day = kBefore + home.dice.unit(); day < home.days; day += 0.33) {
    Timestamp time = home.at(day, 0);
    const uint32_t mails = home.dice.between(60, 300);
    for (uint32_t i = 0; i < mails; ++i) {
      home.spam(pc, time, home.internet.exchanger(home.dice));
      time += random_seconds(home.dice, 0.05, 1.5);
    }
  }
}

void slow(Home& home) {
  const uint32_t pc = home.add_subject("thinkpad-ben", "MSFT 5.0");
  for (double day = kBefore; day < home.days; day += home.dice.exponential(0.4) + 0.05)
    home.spam(pc, home.at(day, 0), home.internet.exchanger(home.dice));
}

void behind_client(Home& home) {
  // On the PC of a busy mail client; a few mails an hour at night and by day.
  const uint32_t pc = home.add_subject("office-desktop", "MSFT 5.0");
  home.person(pc, 25, 3, 0, home.days);
  for (double day = kBefore; day < home.days; day += home.dice.exponential(0.1))
    home.spam(pc, home.at(day, 0), home.internet.exchanger(home.dice));
}

void blocked_upstream(Home& home) {
  home.blocked = true;
  const uint32_t pc = home.add_subject("laptop-kim", "MSFT 5.0");
  for (double day = kBefore; day < home.days; day += home.dice.exponential(0.05))
    home.spam(pc, home.at(day, 0), home.internet.exchanger(home.dice));
}

void starttls_only(Home& home) {
  // Speaks like a mail server: a name as EHLO, STARTTLS always.
  const uint32_t pc = home.add_subject("macbook-lee");
  home.blocked = false;
  for (double day = kBefore; day < home.days; day += home.dice.exponential(0.3)) {
    const Exchanger& to = home.internet.exchanger(home.dice);
    Session& session = home.spam(pc, home.at(day, 0), to);
    session.ehlo = "mail.forged.example";
    session.dialect = 0;
    session.tls = wire::Tls::kStarted;
    session.sni = to.name;
    if (session.stop == Stop::kGreeting) session.stop = Stop::kNowhere;
  }
}

void under_every_threshold(Home& home) {
  // A new server only every five days, two or three repeats between, no MX query, a clean dialect.
  const uint32_t pc = home.add_subject("desktop-quiet", "MSFT 5.0");
  home.blocked = false;
  home.person(pc, 6, 2, 0, home.days);
  for (double day = kBefore; day < home.days; day += home.dice.real(4.5, 6)) {
    const Exchanger& to = home.internet.rare_exchanger(home.dice);
    const uint32_t mails = home.dice.between(2, 3);
    for (uint32_t i = 0; i < mails; ++i) {
      Session& session = home.spam(pc, home.at(day, i * 9.0), to);
      session.ehlo = "desktop-quiet.home";
      session.dialect = 0;
    }
  }
}

void one_destination(Home& home) {
  // All of it to one large provider's network, a dozen a day.
  const uint32_t pc = home.add_subject("desktop-mono", "MSFT 5.0");
  home.blocked = false;
  const Exchanger& to = home.internet.exchanger_at(home.dice.between(0, 19));
  for (double day = kBefore; day < home.days; day += home.dice.exponential(0.08))
    home.spam(pc, home.at(day, 0), to);
}

void many_identities(Home& home) {
  // Stolen logins of one provider, one after another from one PC; four in ten in the clear, as Neris did.
  const uint32_t pc = home.add_subject("pc-games", "MSFT 5.0");
  const Provider& provider = home.internet.provider(home.dice);
  const bool clear = home.dice.chance(0.4);
  for (double day = kBefore + home.dice.unit(); day < home.days; day += 1.2) {
    Timestamp time = home.at(day, 0);
    const uint32_t mails = home.dice.between(25, 80);
    for (uint32_t i = 0; i < mails; ++i) {
      Session& session = home.submit(pc, time, provider, 40'000 + home.dice.between(0, 60));
      session.bad = true;
      session.port = 587;
      session.tls = clear ? wire::Tls::kNone : wire::Tls::kStarted;
      session.ehlo = "user-" + std::to_string(home.dice.between(0, 9999));
      session.sender_domain = "victim" + std::to_string(session.identity) + ".example";
      session.body_bytes = 2600 + home.dice.between(0, 800);
      session.seconds = home.dice.real(0.8, 3);
      time += random_seconds(home.dice, 5, 400);
    }
  }
}

void many_providers(Home& home) {
  // Stolen logins all over: each at its own provider, under TLS, a mail or two each, an hour apart.
  const uint32_t thing = home.add_subject("");
  for (double day = kBefore; day < home.days; day += home.dice.exponential(0.06)) {
    Session& session = home.submit(thing, home.at(day, 0), home.internet.provider(home.dice), 50'000);
    session.bad = true;
    session.body_bytes = 2600 + home.dice.between(0, 800);
  }
}

void many_providers_slowly(Home& home) {
  // The same at two a day.
  const uint32_t thing = home.add_subject("");
  for (double day = kBefore; day < home.days; day += home.dice.exponential(0.5)) {
    Session& session = home.submit(thing, home.at(day, 0), home.internet.provider(home.dice), 50'000);
    session.bad = true;
    session.body_bytes = 2600 + home.dice.between(0, 800);
  }
}

void stolen_login(Home& home) {
  // One stolen login of one provider, under TLS, in bursts of a hundred: a club's newsletter looks the same.
  const uint32_t pc = home.add_subject("pc-attic", "MSFT 5.0");
  const Provider& provider = home.internet.provider(home.dice);
  for (double day = kBefore + home.dice.unit(); day < home.days; day += 1.3) {
    Timestamp time = home.at(day, 0);
    for (uint32_t i = home.dice.between(50, 150); i > 0; --i) {
      Session& session = home.submit(pc, time, provider, 70'000);
      session.bad = true;
      session.port = 587;
      session.tls = wire::Tls::kStarted;
      time += random_seconds(home.dice, 1, 20);
    }
  }
}

void random_mac_phone(Home& home) {
  // A phone that makes up a new MAC each day, with three to eight mails a day straight to exchangers.
  home.blocked = false;
  for (double day = kBefore; day < home.days; day += 1) {
    const uint32_t phone = home.add("", "", true);
    home.devices[phone].subject = true;
    for (uint32_t i = home.dice.between(3, 8); i > 0; --i)
      home.spam(phone, home.some_time(day), home.internet.exchanger(home.dice));
  }
}

void guessing_at(Home& home, std::size_t providers) {
  const uint32_t nas = home.add_subject("mycloud");
  const std::size_t first = home.dice.next();
  for (double day = kBefore + home.dice.unit(); day < home.days; day += home.dice.real(0.5, 2)) {
    Timestamp time = home.at(day, 0);
    const uint32_t tries = home.dice.between(60, 400);
    for (uint32_t i = 0; i < tries; ++i) {
      Session& session = home.submit(nas, time, home.internet.provider(first + i % providers), 60'000 + i);
      session.bad = true;
      session.stop = Stop::kAuth;
      session.auth_refused = true;
      session.messages = 0;
      session.body_bytes = 0;
      session.seconds = home.dice.real(0.5, 3);
      time += random_seconds(home.dice, 2, 20);
    }
  }
}

// Tries passwords under TLS, one every few seconds.
void guessing_logins(Home& home) {
  guessing_at(home, 3);
}

void guessing_at_one(Home& home) {
  guessing_at(home, 1);
}

void socks_relay(Home& home) {
  // A proxy: a stranger connects, speaks SMTP through it, the device delivers. Half of them call home
  // instead, which a mail filter cannot see.
  const uint32_t box = home.add_subject("android-box", "android-dhcp-9");
  home.blocked = false;
  const bool seen = home.dice.chance(0.5);
  for (double day = kBefore; day < home.days; day += home.dice.exponential(0.1)) {
    Timestamp time = home.at(day, 0);
    const uint32_t mails = home.dice.between(1, 6);
    for (uint32_t i = 0; i < mails; ++i) {
      Session& out = home.spam(box, time, home.internet.exchanger(home.dice));
      out.ehlo = "mx.stranger" + std::to_string(home.dice.between(0, 30)) + ".example";
      out.dialect = 0;
      if (seen) {
        Session& in = home.arrive(box, time - random_seconds(home.dice, 0.05, 0.8), 1080);
        in.bad = true;
        in.tls = wire::Tls::kNone;
      }
      time += random_seconds(home.dice, 1, 30);
    }
  }
}

void open_relay(Home& home) {
  // A mail server that nobody enrolled and that takes mail for everyone: one in, one out.
  const uint32_t server = home.add_subject("oldserver");
  home.blocked = false;
  for (double day = kBefore; day < home.days; day += home.dice.exponential(0.05)) {
    Timestamp time = home.at(day, 0);
    const uint32_t mails = home.dice.between(1, 20);
    for (uint32_t i = 0; i < mails; ++i) {
      Session& in = home.arrive(server, time);
      in.bad = true;
      const Timestamp out_time = time + random_seconds(home.dice, 0.3, 4);
      Session& out = home.spam(server, out_time, home.internet.exchanger(home.dice));
      out.ehlo = "oldserver.family.example";
      out.dialect = 0;
      time += random_seconds(home.dice, 2, 60);
    }
  }
}

void taken_server(Home& home) {
  // Enrolled and honest for 24 days, then somebody sends through it: hundreds an hour, refused and listed.
  home.blocked = false;
  const uint32_t server = home.add_subject("mail");
  home.devices[server].role = Role::kMailServer;
  const double mails_per_day = home.dice.real(5, 40);
  for (double day = 0; day < home.days; day += 1) {
    for (uint32_t i = home.dice.poisson(mails_per_day); i > 0; --i)
      home.deliver(server, home.some_time(day), home.internet.exchanger(home.dice));
    for (uint32_t i = home.dice.poisson(20); i > 0; --i) home.arrive(server, home.some_time(day));
  }
  for (double day = 24 + home.dice.unit(); day < home.days; day += 0.7) {
    Timestamp time = home.at(day, 0);
    const uint32_t mails = home.dice.between(200, 600);
    for (uint32_t i = 0; i < mails; ++i) {
      Session& session = home.spam(server, time, home.internet.exchanger(home.dice));
      session.ehlo = "mail.family.example";
      session.dialect = 0;
      if (home.dice.chance(0.5)) session.tls = wire::Tls::kStarted;
      time += random_seconds(home.dice, 1, 14);
    }
  }
}

void gateway_itself(Home& home) {
  home.blocked = home.dice.chance(0.15);
  for (double day = kBefore + home.dice.unit(); day < home.days; day += home.dice.exponential(0.5)) {
    Session& session = home.spam(0, home.at(day, 0), home.internet.exchanger(home.dice));
    session.from_gateway = true;
  }
}

void v6_bot(Home& home) {
  home.v6_only = true;
  home.blocked = false;
  const uint32_t pc = home.add_subject("v6-desktop");
  for (double day = kBefore; day < home.days; day += home.dice.exponential(0.2))
    home.spam(pc, home.at(day, 0), home.internet.exchanger(home.dice));
}

constexpr KindOfHome kSenders[] = {
    {"appliance, 2014", "1 to 10 mails in two weeks from a TV, fridge, camera", 26, appliance_2014},
    {"unknown thing, 2014", "4 to 10 mails in two weeks from a device without a word", 26,
     unknown_thing_2014},
    {"unknown thing, 1 to 3 mails", "too few to know; told as notices", 26, unknown_thing_few},
    {"burst", "60 to 300 mails in minutes, three times a day", 12, burst},
    {"slow", "two or three mails a day", 24, slow},
    {"behind a mail client", "ten mails a day beside a busy client", 16, behind_client},
    {"blocked upstream", "the provider drops all of it", 14, blocked_upstream},
    {"STARTTLS only", "speaks like a mail server, all of it encrypted", 20, starttls_only},
    {"under every threshold", "a new server each five days, repeats between", 50, under_every_threshold},
    {"one destination", "a dozen mails a day, all to one provider", 20, one_destination},
    {"many identities", "stolen logins of one provider on 587", 16, many_identities},
    {"many providers", "stolen logins, each at its provider, under TLS", 14, many_providers},
    {"many providers, slowly", "the same, two a day", 26, many_providers_slowly},
    {"one stolen login", "a hundred mails a burst through one provider under TLS", 16, stolen_login},
    {"guessing logins", "password tries under TLS, three providers", 14, guessing_logins},
    {"guessing at one", "the same at one provider", 14, guessing_at_one},
    {"phone with random MACs", "a new MAC each day, three to eight mails", 14, random_mac_phone},
    {"SOCKS relay", "relays for strangers; half of the inbound side unseen", 14, socks_relay},
    {"open relay", "one in, one out, not enrolled", 14, open_relay},
    {"mail server taken over", "enrolled; hundreds an hour, refused and listed", 29, taken_server},
    {"gateway itself", "known from conntrack alone", 20, gateway_itself},
    {"IPv6 bot", "five mails a day on IPv6", 18, v6_bot},
};

}  // namespace

std::span<const KindOfHome> senders() {
  return kSenders;
}

}  // namespace gatewitness::eval
