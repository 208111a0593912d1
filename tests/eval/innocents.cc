// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/eval/kinds.h"

namespace gatewitness::eval {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Duration random_seconds(Dice& dice, double low, double high) {
  return Duration(static_cast<int64_t>(dice.real(low, high) * 1e6));
}

void desktop_client(Home& home) {
  const uint32_t pc = home.add_subject("anna-laptop", "MSFT 5.0");
  home.person(pc, home.dice.real(4, 40), home.dice.between(2, 4), 0, home.days);
}

void guests(Home& home) {
  // Two or three a month: a laptop whose client sends through five accounts within an hour of arriving, and
  // phones with made-up MACs.
  for (double day = home.dice.exponential(8); day < home.days; day += 3 + home.dice.exponential(8)) {
    const uint32_t laptop = home.add_subject("DESKTOP-GUEST", "MSFT 5.0");
    const std::size_t first = home.dice.next();
    const Timestamp arrival = home.some_time(day);
    for (uint32_t account = 0; account < 5; ++account) {
      const uint32_t mails = home.dice.between(1, 3);
      for (uint32_t i = 0; i < mails; ++i) {
        home.submit(laptop, arrival + random_seconds(home.dice, 0, i == 0 ? 600 : 7200),
                    home.internet.provider(first + account * 11), 500 + account);
      }
    }
    const uint32_t phone = home.add("", "android-dhcp-13", true);
    home.devices[phone].subject = true;
    home.person(phone, 3, 2, day, std::min(home.days, day + 2));
  }
}

void changed_password(Home& home) {
  // The owner changed a password on the web; the phone goes on with the old one for a day or two.
  const uint32_t phone = home.add_subject("annas-iphone");
  home.person(phone, 3, 2, 0, home.days);
  const std::size_t provider = home.dice.next();
  for (double day = home.dice.exponential(30); day < home.days; day += home.dice.exponential(60) + 3) {
    Timestamp time = home.some_time(day);
    const Timestamp end = time + hours(home.dice.between(3, 40));
    const double pace = home.dice.chance(0.3) ? 45 : home.dice.real(120, 900);
    for (; time < end; time += random_seconds(home.dice, pace * 0.8, pace * 1.3)) {
      Session& session = home.submit(phone, time, home.internet.provider(provider), 101);
      session.auth_refused = true;
      session.stop = Stop::kAuth;
      session.messages = 0;
      session.body_bytes = 0;
      session.seconds = home.dice.real(0.4, 3);
    }
  }
}

void newsletter(Home& home) {
  // A club's: 80 to 400 members, a connection each, once a month, through one provider, often an hour long.
  const uint32_t pc = home.add_subject("club-laptop", "MSFT 5.0");
  home.person(pc, 4, 2, 0, home.days);
  const std::size_t provider = home.dice.next();
  for (double day = home.dice.real(1, 28); day < home.days; day += home.dice.real(26, 33)) {
    Timestamp time = home.some_time(day);
    const uint32_t members = home.dice.between(80, 400);
    for (uint32_t i = 0; i < members; ++i) {
      Session& session = home.submit(pc, time, home.internet.provider(provider), 100);
      session.body_bytes = 5000 + home.dice.between(0, 600);
      session.recipients = 1;
      session.seconds = home.dice.real(0.8, 4);
      time += random_seconds(home.dice, 1, 12);
    }
  }
}

void newsletter_by_relay(Home& home) {
  // The same through the access provider's relay on port 25.
  const uint32_t pc = home.add_subject("verein-pc", "MSFT 5.0");
  for (double day = home.dice.real(0, 3); day < home.days; day += home.dice.exponential(2))
    home.relay(pc, home.some_time(day), home.internet.relay());
  for (double day = home.dice.real(5, 28); day < home.days; day += home.dice.real(26, 33)) {
    Timestamp time = home.some_time(day);
    const uint32_t members = home.dice.between(80, 300);
    for (uint32_t i = 0; i < members; ++i) {
      Session& session = home.relay(pc, time, home.internet.relay());
      session.stop = home.dice.chance(0.04) ? Stop::kRecipient : Stop::kNowhere;
      session.refusal = wire::Refusal::kUnknownUser;
      time += random_seconds(home.dice, 1, 12);
    }
  }
}

void printer_to_many(Home& home) {
  // Scans to the mail addresses of a home office through one smarthost, 587 or the relay on 25.
  const uint32_t printer = home.add_subject("officejet-4500");
  const bool by_relay = home.dice.chance(0.5);
  const std::size_t provider = home.dice.next();
  for (double day = 0; day < home.days; day += 1) {
    const uint32_t scans = home.dice.poisson(6);
    for (uint32_t i = 0; i < scans; ++i) {
      const Timestamp time = home.some_time(day);
      Session& session = by_relay ? home.relay(printer, time, home.internet.relay())
                                  : home.submit(printer, time, home.internet.provider(provider), 300);
      session.recipients = home.dice.between(1, 25);
      session.sender = 300 + home.dice.between(0, 4);
      session.sender_domain = i % 2 == 0 ? "office.example" : "owner.example";
      session.body_bytes = 100'000 + home.dice.between(0, 4'000'000);
      session.seconds = 6;
    }
  }
}

void nas_smarthost_down(Home& home) {
  // Daily reports through a relay on port 25 or a server of its owner's; when it is down, a try every minute
  // or five for hours.
  const uint32_t nas = home.add_subject("diskstation");
  const bool own = home.dice.chance(0.4);
  const Provider server = own ? home.internet.provider(home.dice) : home.internet.relay();
  for (double day = 0; day < home.days; day += 1) home.relay(nas, home.at(day, 3.0), server);
  for (double day = home.dice.exponential(20); day < home.days; day += home.dice.exponential(25) + 1) {
    Timestamp time = home.some_time(day);
    const Timestamp end = time + random_seconds(home.dice, 3600, 30 * 3600);
    const double pace = home.dice.chance(0.2) ? 20 : home.dice.real(60, 300);
    for (; time < end; time += random_seconds(home.dice, pace * 0.9, pace * 1.1)) {
      Session& session = home.relay(nas, time, server);
      session.fate = home.dice.chance(0.5) ? Fate::kSilent : Fate::kRefused;
    }
  }
}

void camera_on_25(Home& home) {
  // Pictures to its owner's provider on port 25, AUTH in the clear or after STARTTLS; wind means hundreds.
  const uint32_t camera = home.add_subject("ipcam-garden");
  home.blocked = false;  // else the owner would have chosen 587
  const Provider& provider = home.internet.provider(home.dice);
  const bool tls = home.dice.chance(0.6);
  for (double day = home.dice.real(0, 2); day < home.days; day += 1) {
    uint32_t pictures = home.dice.poisson(4);
    const bool wind = home.dice.chance(0.08);
    Timestamp time = home.some_time(day);
    if (wind) pictures = home.dice.between(40, 250);
    for (uint32_t i = 0; i < pictures; ++i) {
      Session& session = home.relay(camera, time, provider);
      session.tls = tls ? wire::Tls::kStarted : wire::Tls::kNone;
      session.sni = tls ? provider.name : "";
      session.identity = 900;
      session.body_bytes = 60'000 + home.dice.between(0, 200'000);
      time += wind ? random_seconds(home.dice, 5, 60) : random_seconds(home.dice, 600, 9000);
    }
  }
}

void tv_vendor_mail(Home& home) {
  // Health reports to the maker: by submission on 465 or 587, some by STARTTLS on port 25.
  const uint32_t tv = home.add_subject("smart-tv-living-room");
  const Provider& vendor = home.internet.provider(home.dice);
  const bool port25 = home.dice.chance(0.3);
  for (double day = home.dice.real(0, 7); day < home.days; day += home.dice.real(6, 8)) {
    if (!port25) {
      home.submit(tv, home.some_time(day), vendor, 901);
      continue;
    }
    Session& session = home.relay(tv, home.some_time(day), vendor);
    session.tls = wire::Tls::kStarted;
    session.sni = vendor.name;
    session.identity = 901;
  }
}

void health_checks(Home& home) {
  // A monitor that looks at mail servers of its owner's every few minutes: connect, read the greeting, QUIT.
  const uint32_t pi = home.add_subject("raspberrypi");
  home.blocked = false;  // else the monitor would have been given up
  const uint32_t servers = home.dice.between(1, 8);
  const uint32_t first = home.dice.between(100, 2000);
  const double pace = home.dice.real(60, 600);
  const double days = std::min(home.days, 20.0);
  for (Timestamp time = home.at(1, 5); time < home.at(days, 0);
       time += random_seconds(home.dice, pace, pace + 5)) {
    const bool down = home.dice.chance(0.003);
    for (uint32_t i = 0; i < servers; ++i) {
      Session& session =
          home.deliver(pi, time + random_seconds(home.dice, 0, 8), home.internet.exchanger_at(first + i));
      session.ehlo = "raspberrypi";
      session.tls = wire::Tls::kNone;
      session.sni = "";
      session.messages = 0;
      session.body_bytes = 0;
      session.seconds = home.dice.real(0.1, 1);
      if (down && i < 2) session.fate = Fate::kSilent;
    }
  }
}

void developer(Home& home) {
  // Tests scripts: bursts through a sandbox on 2525 and providers on 587, many made-up senders there, and now
  // and then a check of the owner's own domain on port 25, after an MX query.
  const uint32_t pc = home.add_subject("thinkpad-dev");
  home.person(pc, 8, 3, 0, home.days);
  const Provider& sandbox = home.internet.provider(home.dice);
  const Exchanger& own = home.internet.rare_exchanger(home.dice);
  for (double day = 0; day < home.days; day += home.dice.exponential(4)) {
    Timestamp time = home.some_time(day);
    const uint32_t mails = home.dice.between(5, 120);
    for (uint32_t i = 0; i < mails; ++i) {
      Session& session = home.submit(pc, time, sandbox, 800);
      session.port = 2525;
      session.tls = home.dice.chance(0.5) ? wire::Tls::kNone : wire::Tls::kStarted;
      session.sender = 20'000 + home.dice.between(0, 40);
      session.sender_domain = "test.example";
      session.body_bytes = home.dice.between(300, 3000);
      session.seconds = home.dice.real(0.2, 1.5);
      if (home.dice.chance(0.1)) {
        session.stop = Stop::kRecipient;
        session.refusal = wire::Refusal::kPolicy;
      }
      time += random_seconds(home.dice, 0.3, 6);
    }
  }
  for (double day = home.dice.exponential(30); day < home.days; day += home.dice.exponential(40)) {
    const Timestamp time = home.some_time(day);
    home.ask_mx(pc, time - seconds(20), own);
    const uint32_t tries = home.dice.between(1, 4);
    for (uint32_t i = 0; i < tries; ++i) {
      Session& session = home.deliver(pc, time + minutes(i * 3), own);
      session.ehlo = "thinkpad-dev";
      session.sender_domain = own.domain;
      session.body_bytes = 400;
    }
  }
}

void serve_mail(Home& home, uint32_t server, double mails_per_day, double bounce_share) {
  // Greylisting and full queues: what is put off is tried again for hours.
  for (double day = 0; day < home.days; day += 1) {
    const uint32_t mails = home.dice.poisson(mails_per_day);
    for (uint32_t i = 0; i < mails; ++i) {
      const Exchanger& to = home.internet.exchanger(home.dice);
      Timestamp time = home.some_time(day);
      const uint32_t put_off = home.dice.chance(0.15) ? home.dice.between(1, 5) : 0;
      for (uint32_t n = 0; n < put_off; ++n) {
        Session& session = home.deliver(server, time, to);
        session.tls = wire::Tls::kNone;
        session.stop = Stop::kRecipient;
        session.code = 451;
        session.refusal = wire::Refusal::kPolicy;
        if (home.dice.chance(0.1)) session.fate = Fate::kSilent;
        time += minutes(5 << n);
      }
      Session& last = home.deliver(server, time, to);
      if (home.dice.chance(bounce_share)) {
        last.stop = Stop::kRecipient;
        last.refusal = wire::Refusal::kUnknownUser;
      }
    }
    const uint32_t incoming = home.dice.poisson(mails_per_day * 2 + 5);
    for (uint32_t i = 0; i < incoming; ++i) home.arrive(server, home.some_time(day));
  }
}

void mail_server(Home& home) {
  home.blocked = false;
  const uint32_t server = home.add_subject("mail");
  home.devices[server].role = Role::kMailServer;
  serve_mail(home, server, home.dice.real(5, 60), 0.04);
}

void mail_server_with_list(Home& home) {
  // Besides, a list of 100 to 300 addresses that somebody writes to a few times a week.
  mail_server(home);
  const auto server = static_cast<uint32_t>(home.devices.size() - 1);
  const uint32_t members = home.dice.between(100, 300);
  for (double day = home.dice.exponential(3); day < home.days; day += home.dice.exponential(3)) {
    Timestamp time = home.some_time(day);
    for (uint32_t i = 0; i < members; ++i) {
      Session& session = home.deliver(server, time, home.internet.exchanger(home.dice));
      if (home.dice.chance(0.05)) {
        session.stop = Stop::kRecipient;
        session.refusal = wire::Refusal::kUnknownUser;
      }
      time += random_seconds(home.dice, 0.2, 4);
    }
  }
}

void mail_server_unasked(Home& home) {
  // Nobody has told the witness. It is to ask, not to cry.
  home.blocked = false;
  const uint32_t server = home.add_subject("homeserver");
  serve_mail(home, server, home.dice.real(3, 20), 0.04);
}

void v6_home(Home& home) {
  home.v6_only = true;
  const uint32_t pc = home.add_subject("v6-laptop");
  home.person(pc, 12, 3, 0, home.days);
  const uint32_t nas = home.add_subject("truenas");
  for (double day = 0; day < home.days; day += 1) home.relay(nas, home.at(day, 4), home.internet.relay());
}

void backup_notices(Home& home) {
  // Calendar and backup programs of a computer, through its owner's provider, hourly on a bad day.
  const uint32_t pc = home.add_subject("imac-study");
  const std::size_t provider = home.dice.next();
  for (double day = 0; day < home.days; day += 1) {
    const uint32_t notices = home.dice.chance(0.1) ? home.dice.between(10, 60) : home.dice.between(1, 4);
    Timestamp time = home.at(day, 1);
    for (uint32_t i = 0; i < notices; ++i) {
      Session& session = home.submit(pc, time, home.internet.provider(provider), 100);
      session.body_bytes = 1500 + home.dice.between(0, 500);
      session.seconds = home.dice.real(0.8, 3);
      time += random_seconds(home.dice, 5, 1500);
    }
  }
}

void clock_jumps(Home& home) {
  // A router whose clock begins in 1970 with each start, until NTP sets it; a NAS with its relay, a person.
  const uint32_t nas = home.add_subject("qnap-cellar");
  for (double day = 0; day < home.days; day += 0.5) home.relay(nas, home.at(day, 2), home.internet.relay());
  home.person(nas, 5, 2, 0, home.days);
  for (double day = home.dice.real(1, 10); day < home.days; day += home.dice.exponential(12) + 1) {
    const Timestamp start = home.some_time(day);
    home.restarts.push_back(start);
    home.steps.push_back({start, Timestamp{} - start});
    home.steps.push_back({start + minutes(home.dice.between(1, 90)), Duration{}});
  }
}

void scanner(Home& home) {
  // Somebody who looks which hosts of a network answer on the mail ports (and on thousands of others, which
  // the capture's filter keeps out): connections without a word, on all four ports.
  const uint32_t pc = home.add_subject("kali-laptop");
  home.person(pc, 3, 1, 0, home.days);
  static constexpr uint16_t kPorts[] = {25, 465, 587, 2525};
  for (double day = home.dice.exponential(15); day < home.days; day += home.dice.exponential(25)) {
    Timestamp time = home.some_time(day);
    const uint32_t hosts = home.dice.between(30, 250);
    const uint32_t first = home.dice.between(0, 2000);
    for (uint32_t i = 0; i < hosts; ++i) {
      for (const uint16_t port : kPorts) {
        Session& session = home.deliver(pc, time, home.internet.exchanger_at(first + i));
        session.port = port;
        session.messages = 0;
        session.tls = wire::Tls::kNone;
        session.ehlo = "";
        session.sni = "";
        session.fate = home.dice.chance(0.6) ? Fate::kSilent : Fate::kRefused;
        if (port == 25 && home.dice.chance(0.5)) session.fate = Fate::kTalks;
        session.seconds = home.dice.real(0.05, 0.5);
        time += random_seconds(home.dice, 0.01, 0.3);
      }
    }
  }
}

void repeater(Home& home) {
  // Four people's computers behind a repeater's one MAC, with full names as EHLO and accounts of their own,
  // some at the same provider.
  const uint32_t repeater = home.add_subject("wlan-repeater");
  const std::size_t first = home.dice.next();
  for (uint32_t person = 0; person < 4; ++person) {
    for (double day = 0; day < home.days; day += 1) {
      for (uint32_t mails = home.dice.poisson(3); mails > 0; --mails) {
        const std::size_t provider = first + (home.dice.chance(0.5) ? 0 : 1 + person);
        Session& session =
            home.submit(repeater, home.some_time(day), home.internet.provider(provider), 100 + person);
        session.ehlo = "pc-of-" + std::to_string(person) + ".home";
        session.behind = person + 1;
      }
    }
  }
}

void direct_newsletter(Home& home) {
  // A club's PC that delivers straight to its members' exchangers, honest, constant, and not enrolled.
  home.blocked = false;
  const uint32_t pc = home.add_subject("club-desktop", "MSFT 5.0");
  for (double day = home.dice.real(3, 28); day < home.days; day += home.dice.real(26, 33)) {
    Timestamp time = home.some_time(day);
    for (uint32_t i = home.dice.between(60, 120); i > 0; --i) {
      Session& session = home.deliver(pc, time, home.internet.exchanger(home.dice));
      session.ehlo = "club-desktop.club.example";
      session.sender_domain = "club.example";
      time += random_seconds(home.dice, 1, 6);
    }
  }
}

void other_protocols(Home& home) {
  // A VPN on 465 and an old game on 2525: mail ports without mail. A new network each night.
  const uint32_t pc = home.add_subject("gaming-desktop");
  home.person(pc, 3, 2, 0, home.days);
  for (double day = 0; day < home.days; day += 1) {
    Session& session = home.submit(pc, home.some_time(day), home.internet.provider(home.dice), 0);
    session.port = home.dice.chance(0.5) ? 465 : 2525;
    session.banner = "(not mail)";
    session.tls = wire::Tls::kNone;
  }
}

constexpr KindOfHome kInnocents[] = {
    {"desktop client", "4 to 40 mails a day through 2 to 4 accounts", 90, desktop_client},
    {"guests", "a new laptop sends through five accounts within ten minutes; phones with random MACs", 90,
     guests},
    {"changed password", "a phone repeats a refused login for a day", 90, changed_password},
    {"club newsletter", "80 to 400 submissions in a row, once a month", 90, newsletter},
    {"newsletter by relay", "the same on port 25 through one smarthost", 90, newsletter_by_relay},
    {"printer to many", "scans to many recipients through one smarthost", 90, printer_to_many},
    {"NAS, smarthost down", "retries for hours, as often as every 20 s", 90, nas_smarthost_down},
    {"camera on 25", "pictures to its owner's provider on port 25, hundreds when the wind blows", 90,
     camera_on_25},
    {"TV's vendor mail", "a weekly report to the maker, three in ten on port 25", 90, tv_vendor_mail},
    {"health checks", "1 to 8 mail servers greeted every few minutes", 90, health_checks},
    {"developer", "test bursts with made-up senders; checks of an own domain after MX queries", 90,
     developer},
    {"mail server", "enrolled; greylisting, retries, bounces", 60, mail_server},
    {"mail server with list", "enrolled; 100 to 300 mails in minutes, twice a week", 60,
     mail_server_with_list},
    {"mail server, unasked", "not enrolled: to be asked about, not to be alarmed about", 60,
     mail_server_unasked},
    {"IPv6-only home", "clients and a NAS on IPv6 alone", 90, v6_home},
    {"backup notices", "up to 60 short notices a night", 90, backup_notices},
    {"clock jumps", "1970 after each restart, then NTP", 90, clock_jumps},
    {"port scan", "30 to 250 hosts on the mail ports without a mail: to be called a scan", 90, scanner},
    {"repeater", "four people with clients behind one MAC", 90, repeater},
    {"direct newsletter", "a club's PC that is its own mail server and is not enrolled", 90,
     direct_newsletter},
    {"not mail", "a VPN on 465, a game on 2525", 90, other_protocols},
};

}  // namespace

std::span<const KindOfHome> innocents() {
  return kInnocents;
}

}  // namespace gatewitness::eval
