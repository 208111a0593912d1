// SPDX-License-Identifier: Apache-2.0
//
// What happened in a stretch of time, put together from what is kept: who had which address, and every
// session that a device or the gateway itself had with a mail server. Private to this folder; borrows the
// records.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "daemon/attribution/gather.h"
#include "daemon/attribution/lan.h"
#include "daemon/inquiry/testimony.h"

namespace gatewitness {

struct Session {
  AttemptEvidence evidence;
  Timestamp began, ended;
  bool began_earlier = false;  // at a time that nobody saw
  bool end_unseen = false;
};

class Scene {
 public:
  Scene(const Records& records, const TestifyOptions& options);

  const std::vector<Session>& sessions() const { return sessions_; }  // by begin
  const AddressBook& addresses() const { return addresses_; }
  const Sight& sight() const { return sight_; }
  const Lan& lan() const { return lan_; }
  bool bindings_seen() const { return sight_.has_probe_with_bindings(); }
  // Every device that was there in the stretch.
  const std::set<DeviceId>& present() const { return present_; }
  Profile profile(const DeviceId& device) const;

 private:
  void learn_addresses(const Records& records);
  void learn_sight(const Records& records);
  void add_attempts(const Records& records);
  void add_bindings(const Records& records);
  bool outward(const wire::Binding& binding) const;

  const Records& records_;
  const TestifyOptions& options_;
  Lan lan_;
  AddressBook addresses_;
  BindingStore bindings_;
  Sight sight_;
  std::vector<Session> sessions_;
  std::set<DeviceId> present_;
};

}  // namespace gatewitness
