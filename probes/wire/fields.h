// SPDX-License-Identifier: Apache-2.0
//
// Every record's fields by name, once: the encoder, the decoder and the JSON printer all walk these lists, so
// a field is added in one line here and one in schema.cddl. Private to this folder.
//
// A visitor has three verbs: required(key, field), optional(key, field) for fields that stay away while they
// hold their default, and capped(key, field, limit) for texts and lists, optional too.
#pragma once

#include <concepts>
#include <type_traits>

#include "probes/wire/records.h"

namespace gatewitness::wire {

inline constexpr std::size_t kMaxInterface = 32;
inline constexpr std::size_t kMaxInterfaces = 16;
inline constexpr std::size_t kMaxCounters = 48;

// 9999-12-31T23:59:59.999999Z, from 1970: times beyond the calendar would make sums wrap.
inline constexpr Duration kLastTime{253'402'300'799'999'999};

// Either a record to be read or one to be filled.
template <typename Maybe, typename Plain>
concept Of = std::same_as<std::remove_const_t<Maybe>, Plain>;

template <typename V, Of<Traffic> R>
void fields(V& visit, R& r) {
  visit.optional("packets", r.packets);
  visit.optional("bytes", r.bytes);
  visit.optional("lost_bytes", r.lost_bytes);
}

template <typename V, Of<RefusalCount> R>
void fields(V& visit, R& r) {
  visit.required("kind", r.kind);
  visit.optional("code", r.code);
  visit.capped("list", r.list, kMaxText);
  visit.optional("count", r.count);
}

template <typename V, Of<SmtpDialogue> R>
void fields(V& visit, R& r) {
  visit.optional("greeting_code", r.greeting_code);
  visit.capped("banner", r.banner, kMaxText);
  visit.capped("ehlo", r.ehlo, kMaxEhlo);
  visit.optional("ehlo_names", r.ehlo_names);
  visit.capped("mail_from_domains", r.mail_from_domains, kMaxDomains);
  visit.capped("sender_hashes", r.sender_hashes, kMaxHashes);
  visit.capped("recipient_hashes", r.recipient_hashes, kMaxHashes);
  visit.optional("senders", r.senders);
  visit.optional("recipients", r.recipients);
  visit.optional("mail_commands", r.mail_commands);
  visit.optional("rcpt_commands", r.rcpt_commands);
  visit.optional("rcpt_accepted", r.rcpt_accepted);
  visit.optional("rcpt_refused", r.rcpt_refused);
  visit.optional("data_commands", r.data_commands);
  visit.optional("bdat_commands", r.bdat_commands);
  visit.optional("messages_accepted", r.messages_accepted);
  visit.optional("messages_refused", r.messages_refused);
  visit.optional("replies_2xx", r.replies_2xx);
  visit.optional("replies_3xx", r.replies_3xx);
  visit.optional("replies_4xx", r.replies_4xx);
  visit.optional("replies_5xx", r.replies_5xx);
  visit.capped("refusals", r.refusals, kMaxRefusals);
  visit.capped("queue_ids", r.queue_ids, kMaxQueueIds);
  visit.optional("auth_tried", r.auth_tried);
  visit.optional("auth_failed", r.auth_failed);
  visit.optional("auth_succeeded", r.auth_succeeded);
  visit.capped("auth_mechanism", r.auth_mechanism, kMaxText);
  visit.optional("auth_identity_hash", r.auth_identity_hash);
  visit.optional("tls", r.tls);
  visit.capped("sni", r.sni, kMaxEhlo);
  visit.optional("pipelining_offered", r.pipelining_offered);
  visit.optional("starttls_offered", r.starttls_offered);
  visit.optional("dialect", r.dialect);
}

template <typename V, Of<Attempt> R>
void fields(V& visit, R& r) {
  visit.required("id", r.id);
  visit.optional("revision", r.revision);
  visit.optional("final", r.final);
  visit.capped("interface", r.interface, kMaxInterface);
  visit.optional("vlan", r.vlan);
  visit.optional("client_mac", r.client_mac);
  visit.optional("next_hop_mac", r.next_hop_mac);
  visit.capped("other_client_macs", r.other_client_macs, kMaxMacs);
  visit.optional("client_ttl", r.client_ttl);
  visit.required("flow", r.flow);
  visit.required("started", r.started);
  visit.required("last", r.last);
  visit.optional("outcome", r.outcome);
  visit.optional("syns", r.syns);
  visit.optional("mid_stream", r.mid_stream);
  visit.optional("client_seen", r.client_seen);
  visit.optional("server_seen", r.server_seen);
  visit.optional("is_mail", r.is_mail);
  visit.capped("application", r.application, kMaxText);
  visit.optional("at_least", r.at_least);
  visit.optional("connect_us", r.connect_us);
  visit.optional("banner_us", r.banner_us);
  visit.capped("syn_fingerprint", r.syn_fingerprint, kMaxText);
  visit.optional("to_server", r.to_server);
  visit.optional("to_client", r.to_client);
  visit.optional("smtp", r.smtp);
}

template <typename V, Of<Binding> R>
void fields(V& visit, R& r) {
  visit.required("id", r.id);
  visit.required("inside", r.inside);
  visit.required("outside", r.outside);
  visit.required("started", r.started);
  visit.optional("ended", r.ended);
  visit.optional("from_dump", r.from_dump);
  visit.optional("gateway_origin", r.gateway_origin);
  visit.optional("replied", r.replied);
  visit.optional("assured", r.assured);
  visit.optional("offloaded", r.offloaded);
  visit.capped("tcp_state", r.tcp_state, kMaxText);
}

template <typename V, Of<AddressClaim> R>
void fields(V& visit, R& r) {
  visit.capped("interface", r.interface, kMaxInterface);
  visit.required("mac", r.mac);
  visit.required("address", r.address);
  visit.required("source", r.source);
  visit.optional("lease_s", r.lease_s);
  visit.optional("withdrawn", r.withdrawn);
  visit.optional("is_router", r.is_router);
}

template <typename V, Of<IdentityFact> R>
void fields(V& visit, R& r) {
  visit.capped("interface", r.interface, kMaxInterface);
  visit.required("mac", r.mac);
  visit.optional("address", r.address);
  visit.required("kind", r.kind);
  visit.capped("value", r.value, kMaxText);
  visit.optional("on_record", r.on_record);
}

template <typename V, Of<MxQuery> R>
void fields(V& visit, R& r) {
  visit.capped("interface", r.interface, kMaxInterface);
  visit.required("mac", r.mac);
  visit.required("address", r.address);
  visit.capped("name", r.name, kMaxEhlo);
}

template <typename V, Of<CaptureGap> R>
void fields(V& visit, R& r) {
  visit.capped("interface", r.interface, kMaxInterface);
  visit.required("from", r.from);
  visit.required("to", r.to);
  visit.required("reason", r.reason);
  visit.optional("count", r.count);
}

template <typename V, Of<LocalAddress> R>
void fields(V& visit, R& r) {
  visit.capped("interface", r.interface, kMaxInterface);
  visit.optional("mac", r.mac);
  visit.required("address", r.address);
  visit.required("prefix_length", r.prefix_length);
  visit.optional("removed", r.removed);
}

template <typename V, Of<InterfaceStatus> R>
void fields(V& visit, R& r) {
  visit.capped("name", r.name, kMaxInterface);
  visit.optional("up", r.up);
  visit.optional("received", r.received);
  visit.optional("dropped", r.dropped);
}

template <typename V, Of<Counter> R>
void fields(V& visit, R& r) {
  visit.capped("name", r.name, kMaxText);
  visit.optional("value", r.value);
}

template <typename V, Of<ProbeStatus> R>
void fields(V& visit, R& r) {
  visit.optional("pid", r.pid);
  visit.optional("stopping", r.stopping);
  visit.optional("sandboxed", r.sandboxed);
  visit.capped("note", r.note, kMaxText);
  visit.capped("interfaces", r.interfaces, kMaxInterfaces);
  visit.capped("counters", r.counters, kMaxCounters);
}

template <typename V, Of<Frame> R>
void fields(V& visit, R& r) {
  visit.required("attempt", r.attempt);
  visit.capped("interface", r.interface, kMaxInterface);
  visit.required("link", r.link);
  visit.optional("length", r.length);
  visit.optional("from_client", r.from_client);
  visit.capped("bytes", r.bytes, kMaxEhlo);
}

}  // namespace gatewitness::wire
