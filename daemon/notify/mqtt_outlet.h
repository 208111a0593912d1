// SPDX-License-Identifier: Apache-2.0
//
// Home Assistant through an MQTT broker as an outlet: events for alerts, retained states of devices,
// discovery, and a last will. A thread of its own keeps the connection (libmosquitto looks up names and
// shakes hands while it blocks, and its own thread gives up after a failed TLS handshake); what it tells is
// taken over in the loop. Private to this folder.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "daemon/notify/outlet.h"

namespace gatewitness::notify {

std::expected<std::unique_ptr<Outlet>, std::string> make_mqtt_outlet(const alert::Channel& channel);

}  // namespace gatewitness::notify
