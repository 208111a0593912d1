// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/block_lists.h"

#include <algorithm>
#include <cstdint>

#include "probes/wire/attempt.h"

namespace gatewitness::dissect {
namespace {

// Whether the words suffice, or stand in harmless replies too and need a word of blocking beside them.
enum class Needs : uint8_t { kNothing, kBlocking };

struct Entry {
  std::string_view words;
  std::string_view name;
  Needs needs = Needs::kNothing;
};

// The first that fits, so the narrower ones stand first.
constexpr Entry kLists[] = {
    // Spamhaus: zones, then its lookup pages
    {"zen.spamhaus.org", "zen.spamhaus.org"},
    {"sbl-xbl.spamhaus.org", "sbl-xbl.spamhaus.org"},
    {"sbl.spamhaus.org", "sbl.spamhaus.org"},
    {"xbl.spamhaus.org", "xbl.spamhaus.org"},
    {"pbl.spamhaus.org", "pbl.spamhaus.org"},
    {"dbl.spamhaus.org", "dbl.spamhaus.org"},
    {"zen.dq.spamhaus.net", "zen.spamhaus.org"},
    {"dbl.dq.spamhaus.net", "dbl.spamhaus.org"},
    {"spamhaus.org/sbl", "sbl.spamhaus.org"},
    {"spamhaus.org/query/sbl", "sbl.spamhaus.org"},
    {"spamhaus.org/xbl", "xbl.spamhaus.org"},
    {"spamhaus.org/pbl", "pbl.spamhaus.org"},
    {"spamhaus.org/query/pbl", "pbl.spamhaus.org"},
    {"spamhaus.org/query/dbl", "dbl.spamhaus.org"},
    {"spamhaus", "spamhaus.org", Needs::kNothing},
    {"cbl.abuseat.org", "cbl.abuseat.org"},
    {"abuseat.org", "cbl.abuseat.org"},
    // Other public lists
    {"b.barracudacentral.org", "b.barracudacentral.org"},
    {"barracudacentral", "b.barracudacentral.org"},
    {"barracudanetworks.com/reputation", "b.barracudacentral.org"},
    {"barracuda reputation", "b.barracudacentral.org"},
    {"bl.spamcop.net", "bl.spamcop.net"},
    {"spamcop", "bl.spamcop.net"},
    {"dnsbl.sorbs.net", "dnsbl.sorbs.net"},
    {"sorbs.net", "dnsbl.sorbs.net"},
    {"sorbs", "dnsbl.sorbs.net", Needs::kBlocking},
    {"dnsbl-1.uceprotect.net", "dnsbl-1.uceprotect.net"},
    {"dnsbl-2.uceprotect.net", "dnsbl-2.uceprotect.net"},
    {"dnsbl-3.uceprotect.net", "dnsbl-3.uceprotect.net"},
    {"uceprotect", "uceprotect.net"},
    {"backscatterer", "ips.backscatterer.org"},
    {"invaluement", "invaluement.com"},
    {"psbl.surriel.com", "psbl.surriel.com"},
    {"psbl.org", "psbl.surriel.com"},
    {"psbl", "psbl.surriel.com", Needs::kBlocking},
    {"mailspike", "bl.mailspike.net"},
    {"senderscore", "senderscore.com"},
    {"sender score", "senderscore.com", Needs::kBlocking},
    {"returnpath.net", "senderscore.com", Needs::kBlocking},
    {"ix.dnsbl.manitu.net", "ix.dnsbl.manitu.net"},
    {"nixspam", "ix.dnsbl.manitu.net"},
    {"spameatingmonkey", "bl.spameatingmonkey.net"},
    {"dronebl", "dnsbl.dronebl.org"},
    {"hostkarma", "hostkarma.junkemailfilter.com"},
    {"gbudb", "truncate.gbudb.net"},
    {"mail.abusix.zone", "combined.mail.abusix.zone"},
    {"abusix", "combined.mail.abusix.zone", Needs::kBlocking},
    {"spamrats", "spamrats.com"},
    {"blocklist.de", "bl.blocklist.de"},
    {"0spam", "bl.0spam.org"},
    {"s5h.net", "all.s5h.net"},
    {"njabl", "njabl.org"},
    {"anonmails", "spam.dnsbl.anonmails.de"},
    {"swinog", "dnsrbl.swinog.ch"},
    {"rfc-ignorant", "rfc-ignorant.org"},
    {"surbl", "surbl.org"},
    {"uribl", "uribl.com"},
    // Filters with lists of their own
    {"csi.cloudmark.com", "csi.cloudmark.com"},
    {"cloudmark", "csi.cloudmark.com", Needs::kBlocking},
    {"ipremoval.sms.symantec.com", "symantec.com"},
    {"symantec", "symantec.com", Needs::kBlocking},
    {"brightmail", "symantec.com", Needs::kBlocking},
    {"messagelabs", "symantec.com", Needs::kBlocking},
    {"ipcheck.proofpoint.com", "ipcheck.proofpoint.com"},
    {"proofpoint", "ipcheck.proofpoint.com", Needs::kBlocking},
    {"ers.trendmicro.com", "ers.trendmicro.com"},
    {"mail-abuse.com", "ers.trendmicro.com"},
    {"mail-abuse.org", "ers.trendmicro.com"},
    {"trend micro", "ers.trendmicro.com", Needs::kBlocking},
    {"trendmicro", "ers.trendmicro.com", Needs::kBlocking},
    {"senderbase", "senderbase.org"},
    {"talosintelligence", "senderbase.org"},
    {"ironport", "senderbase.org", Needs::kBlocking},
    {"mimecast", "mimecast.com", Needs::kBlocking},
    {"fortiguard", "fortiguard.com", Needs::kBlocking},
    {"sophos", "sophos.com", Needs::kBlocking},
    {"vadesecure", "vadesecure.com", Needs::kBlocking},
    {"cyren", "cyren.com", Needs::kBlocking},
    {"commtouch", "cyren.com", Needs::kBlocking},
    {"spamexperts", "spamexperts.com", Needs::kBlocking},
    {"spfbl", "dnsbl.spfbl.net", Needs::kBlocking},
    // Microsoft's codes, then its delisting pages
    {"(s3140)", "microsoft s3140"},
    {"(s3150)", "microsoft s3150"},
    {"(s3114)", "microsoft s3114"},
    {"sender.office.com", "sender.office.com"},
    {"delist@messaging.microsoft.com", "sender.office.com"},
    {"banned sending ip", "sender.office.com"},
    {"part of their network is on our block list", "outlook.com"},
    {"mail.live.com/mail/troubleshooting", "outlook.com", Needs::kBlocking},
    {"postmaster.live.com", "outlook.com", Needs::kBlocking},
    // Providers that name their own lists by a code or an address
    {"very low reputation of the sending ip", "google.com"},
    {"yahoo.com/550-bl", "yahoo.com"},
    {"[bl21]", "yahoo.com"},
    {"[bl23]", "yahoo.com"},
    {"postmaster.yahooinc.com/error-codes", "yahoo.com", Needs::kBlocking},
    {"(rtr:bl)", "aol.com"},
    {"rtr:bl", "aol.com"},
    {"(hvu:b", "aol.com"},
    {"postmaster.aol.com", "aol.com", Needs::kBlocking},
    {"rx.t-online.de", "t-online.de"},
    {"t-online.de", "t-online.de", Needs::kBlocking},
    {"postmaster.gmx.", "gmx.net", Needs::kBlocking},
    {"postmaster.web.de", "web.de", Needs::kBlocking},
    {"postmaster.1and1.com", "ionos.com", Needs::kBlocking},
    {"postmaster.1und1.de", "ionos.com", Needs::kBlocking},
    {"postmaster.comcast.net", "comcast.net", Needs::kBlocking},
    {"comcast bl0", "comcast.net"},
    {"postmaster.free.fr", "free.fr", Needs::kBlocking},
    {"csi.orange", "orange.fr", Needs::kBlocking},
    {"att.net/blocks", "att.net"},
    {"abuse_rbl@abuse-att.net", "att.net"},
    {"spectrum.net", "spectrum.net", Needs::kBlocking},
    {"rbl.mail.ru", "mail.ru"},
    {"mail.qq.com", "qq.com", Needs::kBlocking},
    {"mail.163.com", "163.com", Needs::kBlocking},
};

constexpr std::string_view kBlockingWords[] = {
    "blocked",    "block list", "blocklist", "block listed", "blocklisted", "blacklist",  "black list",
    "black-list", "is listed",  "listed in", "listed on",    "listed at",   "listed by",  "denylist",
    "reputation", "rbl",        "dnsbl",     "banned",       "bl0",         "ip removal", "delist",
};

bool speaks_of_blocking(std::string_view lowered) {
  return std::any_of(std::begin(kBlockingWords), std::end(kBlockingWords),
                     [&](std::string_view words) { return lowered.find(words) != std::string_view::npos; });
}

bool is_host_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

bool is_address(std::string_view text) {
  return text.find_first_not_of("0123456789.") == std::string_view::npos;
}

// The host name at the front of text, behind an optional scheme; empty if there is none with a dot in it.
std::string_view host_at(std::string_view text) {
  for (const std::string_view prefix : {"the ", "\"", "'", "<", "(", "https://", "http://", "www."}) {
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  }
  const auto end = std::find_if_not(text.begin(), text.end(), is_host_byte);
  // An '@' here means a person's address, whose local part is nobody's business.
  if (end != text.end() && *end == '@') return {};
  auto host = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  while (host.ends_with('.')) host.remove_suffix(1);
  const bool named = host.find('.') != std::string_view::npos && !is_address(host);
  return named ? host.substr(0, wire::kMaxText) : std::string_view{};
}

// "blocked using list.example", as Postfix, Exim and Sendmail word it.
constexpr std::string_view kIntroductions[] = {
    "blocked using ",
    "blocked by ",
    "blocked at ",
    "blocked - see ",
    "blocked; see ",
    "blocked, see ",
    "listed at ",
    "listed in ",
    "listed on ",
    "listed by ",
    "blacklisted at ",
    "blacklisted by ",
    "blacklisted in ",
    "blacklisted on ",
    "blocklisted by ",
    "blocklist at ",
    "found in ",
    "found on ",
    "rejected by ",
    "rejected due to ",
    "rejected because it is in a black list at ",
    "is in a black list at ",
    "rbl ",
    "dnsbl ",
};

std::string_view introduced(std::string_view lowered) {
  for (const auto introduction : kIntroductions) {
    const auto at = lowered.find(introduction);
    if (at == std::string_view::npos) continue;
    const auto host = host_at(lowered.substr(at + introduction.size()));
    if (!host.empty()) return host;
  }
  return {};
}

}  // namespace

std::string find_block_list(std::string_view lowered) {
  const bool blocking = speaks_of_blocking(lowered);
  for (const auto& entry : kLists) {
    if (entry.needs == Needs::kBlocking && !blocking) continue;
    if (!entry.name.empty() && lowered.find(entry.words) != std::string_view::npos)
      return std::string(entry.name);
  }
  return blocking ? std::string(introduced(lowered)) : std::string{};
}

}  // namespace gatewitness::dissect
