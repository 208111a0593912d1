// SPDX-License-Identifier: Apache-2.0
//
// mDNS and DNS-SD answers (RFC 6762, 6763): the host name that a device answers for, its service types and
// what its TXT records say of the model. Questions, and the known answers in them, say nothing of who asks.
//
// A reflector or a sleep proxy repeats the answers of others from its own MAC. Therefore a message that holds
// addresses is taken as the sender's own only if one of them is the address it was sent from, and a name only
// if it has that address; a message without addresses is taken as the sender's.
#include <algorithm>

#include "probes/dissect/dns_message.h"
#include "probes/dissect/findings.h"

namespace gatewitness::dissect {
namespace {

constexpr uint32_t kMaxRecords = 256;
constexpr uint16_t kMaxQuestions = 64;
constexpr std::size_t kMaxTxtStrings = 64;

bool is_label(std::string_view label, std::string_view wanted) {
  return ascii_lower(label) == wanted;
}

bool in_local(const DnsName& name) {
  return name.size() >= 2 && is_label(name.back(), "local");
}

// "_ipp._tcp" of "Printer._ipp._tcp.local" or "_print._sub._ipp._tcp.local"; empty if there is none.
std::string service_of(const DnsName& name) {
  if (name.size() < 3 || !in_local(name)) return {};
  const auto type = name[name.size() - 3];
  const auto transport = name[name.size() - 2];
  const bool known_transport = is_label(transport, "_tcp") || is_label(transport, "_udp");
  if (!known_transport || !type.starts_with('_') || is_label(type, "_dns-sd")) return {};
  return to_text(std::span(name).last(3).first(2));
}

bool is_model_key(std::string_view key) {
  static constexpr std::string_view kKeys[] = {"model", "md", "ty",           "product", "rmodel", "mdl",
                                               "am",    "fn", "manufacturer", "usb_mfg", "usb_mdl"};
  return std::ranges::find(kKeys, ascii_lower(key)) != std::end(kKeys);
}

std::optional<IpAddress> address_in(const DnsRecord& record) {
  if (record.type == kDnsTypeA && record.data.size() == 4) return IpAddress::from_bytes(record.data);
  if (record.type == kDnsTypeAaaa && record.data.size() == 16) return IpAddress::from_bytes(record.data);
  return std::nullopt;
}

// RFC 6763 section 6: strings of "key=value", each after its length.
void add_models(Findings& out, const Speaker& speaker, std::span<const uint8_t> data) {
  ByteReader in(data);
  for (std::size_t i = 0; in.left() > 0; ++i) {
    if (i == kMaxTxtStrings) {
      ++out.over_limit;
      return;
    }
    const auto text = as_text(in.take(in.u8()));
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || equals + 1 == text.size()) continue;
    if (is_model_key(text.substr(0, equals))) add_fact(out, speaker, wire::FactKind::kMdnsModel, text);
  }
  if (!in.ok()) out.malformed = true;
}

void add_service(Findings& out, const Speaker& speaker, const DnsName& name) {
  add_fact(out, speaker, wire::FactKind::kMdnsService, service_of(name));
}

void add_record(Findings& out, const Speaker& speaker, const DnsReader& reader, const DnsRecord& record) {
  if (record.type == kDnsTypeTxt) add_models(out, speaker, record.data);
  if (record.type == kDnsTypeSrv) add_service(out, speaker, record.name);
  if (record.type == kDnsTypePtr) {
    const auto target = reader.name_in(record, 0);
    if (!target) {
      out.malformed = true;
      return;
    }
    // "_services._dns-sd._udp.local" lists types (section 9), a type lists instances; a reverse name lists
    // neither.
    add_service(out, speaker, service_of(record.name).empty() ? *target : record.name);
  }
  const auto address = address_in(record);
  if (address && address == speaker.address && in_local(record.name)) {
    const auto host = std::span(record.name).first(record.name.size() - 1);
    add_fact(out, speaker, wire::FactKind::kMdnsName, to_text(host));
  }
}

// Goodbyes (section 10.1) and other classes are left out.
bool counts(const DnsRecord& record) {
  return (record.klass & 0x7fff) == kDnsClassIn && record.ttl_s > 0;
}

std::vector<DnsRecord> read_records(DnsReader& reader, const DnsHeader& header, Findings& out) {
  std::vector<DnsRecord> records;
  if (header.questions > kMaxQuestions || header.records > kMaxRecords) ++out.over_limit;
  for (uint16_t i = 0; i < header.questions && i < kMaxQuestions && reader.ok(); ++i) (void)reader.question();
  if (header.questions > kMaxQuestions) return records;
  for (uint32_t i = 0; i < header.records && i < kMaxRecords; ++i) {
    auto record = reader.record();
    if (!record) break;
    if (counts(*record)) records.push_back(std::move(*record));
  }
  return records;
}

bool speaks_for_another(const std::vector<DnsRecord>& records, const Speaker& speaker) {
  bool any = false;
  for (const auto& record : records) {
    const auto address = address_in(record);
    if (address && address == speaker.address) return false;
    any |= address.has_value();
  }
  return any;
}

}  // namespace

void read_mdns(const Packet& packet, Findings& out) {
  DnsReader reader(packet.payload);
  const auto header = reader.header();
  if (header && (!header->response || header->opcode != 0)) return;
  const auto records = header ? read_records(reader, *header, out) : std::vector<DnsRecord>{};
  if (!reader.ok()) out.malformed = true;
  const Speaker speaker = frame_speaker(packet);
  if (speaks_for_another(records, speaker)) return;
  for (const auto& record : records) add_record(out, speaker, reader, record);
}

}  // namespace gatewitness::dissect
