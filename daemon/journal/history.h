// SPDX-License-Identifier: Apache-2.0
//
// What the world did, kept for questions about the past: NAT bindings, attempts and frames of them, who had
// which address, what devices said of themselves, what was not seen, when who was watching, the gateway's own
// addresses, incidents, and the owner's word. Writes rows; look_up.h reads them, retention.h takes the old
// ones away. Owned by the journal, inside whose transactions it writes.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/journal/sqlite.h"
#include "probes/wire/records.h"

namespace gatewitness::journal {

// One incident as it stands, in its documented JSON (daemon/control/README.md).
struct IncidentRow {
  uint64_t number = 0;
  Timestamp opened;
  Timestamp updated;
  std::optional<Timestamp> closed;
  std::string json;
};

struct OwnerRow {
  MacAddress mac;
  std::string name;  // "" if the owner gave none
  uint8_t role = 0;  // as daemon/model/network.h numbers them
  Timestamp since;
};

class History {
 public:
  static std::expected<History, SqlError> prepare(Database& database);

  // message: the envelope as it came.
  std::expected<void, SqlError> note(const wire::Envelope& envelope, std::span<const uint8_t> message);
  std::expected<void, SqlError> note(const IncidentRow& incident);
  // One that the daemon found itself. The same one again changes nothing.
  std::expected<void, SqlError> note(const std::string& probe, const wire::CaptureGap& gap);
  // Replaces what the owner said of this device; a row without name and role takes it back.
  std::expected<void, SqlError> note(const OwnerRow& owner);

 private:
  explicit History(Database& database) : database_(&database) {}
  std::expected<void, SqlError> take(const wire::Header& header, const wire::Attempt& attempt);
  std::expected<void, SqlError> take(const wire::Header& header, const wire::Binding& binding);
  std::expected<void, SqlError> take(const wire::Header& header, const wire::AddressClaim& claim);
  std::expected<void, SqlError> take(const wire::Header& header, const wire::IdentityFact& fact);
  std::expected<void, SqlError> take(const wire::Header& header, const wire::CaptureGap& gap);
  std::expected<void, SqlError> take(const wire::Header& header, const wire::LocalAddress& address);
  std::expected<void, SqlError> take(const wire::Header& header, const wire::Frame& frame);
  std::expected<void, SqlError> take(const wire::Header&, const wire::MxQuery&) { return {}; }
  std::expected<void, SqlError> take(const wire::Header&, const wire::ProbeStatus&) { return {}; }
  std::expected<void, SqlError> watched(const wire::Header& header);

  Database* database_;
  std::span<const uint8_t> message_;  // of the note that is being taken
  Statement save_attempt_, find_attempt_, save_queue_id_;
  Statement update_binding_, insert_binding_, save_outside_;
  Statement save_frame_;
  Statement extend_claim_, insert_claim_;
  Statement save_fact_, insert_gap_, save_watch_;
  Statement extend_own_, insert_own_, end_own_;
  Statement save_incident_, save_owner_, drop_owner_;
};

}  // namespace gatewitness::journal
