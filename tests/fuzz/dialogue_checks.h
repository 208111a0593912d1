// SPDX-License-Identifier: Apache-2.0
//
// What must be true of a dialogue whatever the two sides said. Shared by the fuzz targets that read one.
#pragma once

#include <cstdlib>
#include <string>

#include "probes/wire/attempt.h"

namespace gatewitness::dissect::fuzz {

inline void require(bool fact) {
  if (!fact) std::abort();
}

// Every list and text keeps its cap, and no count says more than the replies do.
inline void check_caps(const wire::SmtpDialogue& d) {
  require(d.banner.size() <= wire::kMaxText && d.ehlo.size() <= wire::kMaxEhlo &&
          d.sni.size() <= wire::kMaxText);
  require(d.mail_from_domains.size() <= wire::kMaxDomains && d.sender_hashes.size() <= wire::kMaxHashes);
  require(d.recipient_hashes.size() <= wire::kMaxHashes && d.refusals.size() <= wire::kMaxRefusals);
  require(d.queue_ids.size() <= wire::kMaxQueueIds && d.auth_mechanism.size() <= wire::kMaxText);
  for (const auto& domain : d.mail_from_domains) require(domain.size() <= wire::kMaxText);
  for (const auto& id : d.queue_ids)
    require(id.size() <= wire::kMaxText && id.find('@') == std::string::npos);
  for (const auto& refusal : d.refusals) require(refusal.list.size() <= wire::kMaxText && refusal.count > 0);
  require(d.rcpt_accepted + d.rcpt_refused <= d.replies_2xx + d.replies_4xx + d.replies_5xx);
  require(d.messages_accepted <= d.replies_2xx && d.auth_succeeded <= d.replies_2xx);
}

inline void check_same(const wire::SmtpDialogue& a, const wire::SmtpDialogue& b) {
  require(a.greeting_code == b.greeting_code && a.banner == b.banner && a.ehlo == b.ehlo);
  require(a.ehlo_names == b.ehlo_names && a.mail_from_domains == b.mail_from_domains);
  require(a.sender_hashes == b.sender_hashes && a.recipient_hashes == b.recipient_hashes);
  require(a.mail_commands == b.mail_commands && a.rcpt_commands == b.rcpt_commands);
  require(a.rcpt_accepted == b.rcpt_accepted && a.rcpt_refused == b.rcpt_refused);
  require(a.data_commands == b.data_commands && a.bdat_commands == b.bdat_commands);
  require(a.messages_accepted == b.messages_accepted && a.messages_refused == b.messages_refused);
  require(a.refusals == b.refusals && a.queue_ids == b.queue_ids && a.auth_tried == b.auth_tried);
  require(a.auth_failed == b.auth_failed && a.auth_succeeded == b.auth_succeeded);
  require(a.auth_identity_hash == b.auth_identity_hash && a.tls == b.tls && a.sni == b.sni &&
          a.dialect == b.dialect);
}

}  // namespace gatewitness::dissect::fuzz
