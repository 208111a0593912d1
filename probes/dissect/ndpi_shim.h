// SPDX-License-Identifier: Apache-2.0
//
// The differences between nDPI's APIs, and nothing else. Functions are told apart by GATEWITNESS_NDPI_*
// macros, which meson's compile checks set (probes/dissect/meson.build); members by asking whether they
// exist. Included by ndpi_classifier.cc alone, and by its tests.
//   4.2        five arguments to process a packet, give-up with a switch for guesses
//   4.6 - 4.8  + input info: who sent the packet
//   4.10       + a global context instead of preferences, settings by name; give-up without the switch
//   5.x        - protocol bitmask; give-up without an answer about guesses; result nested
#pragma once

#include <ndpi_api.h>
#include <string.h>  // explicit_bzero

#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

namespace gatewitness::dissect::ndpi {

struct ModuleDeleter {
  void operator()(ndpi_detection_module_struct* module) const noexcept { ndpi_exit_detection_module(module); }
};
using Module = std::unique_ptr<ndpi_detection_module_struct, ModuleDeleter>;

// Lists of addresses cost memory and only serve guesses by address.
inline ndpi_detection_module_struct* init_module() {
#ifdef GATEWITNESS_NDPI_GLOBAL_CONTEXT
  ndpi_detection_module_struct* module = ndpi_init_detection_module(nullptr);
  if (module == nullptr) return nullptr;
  // A version that does not know a setting goes without it.
  (void)ndpi_set_config(module, "any", "ip_list.load", "0");
  (void)ndpi_set_config(module, nullptr, "flow_risk_lists.load", "0");
  (void)ndpi_set_config(module, nullptr, "dpi.guess_on_giveup", "0");
  return module;
#else
  // The bits of ndpi_prefs up to 4.8: 1 leaves out Tor's addresses, 2 libgcrypt, which only serves QUIC; from
  // 4.4 on the bits of kAddressLists leave out those of clouds, companies and crawlers, where 4.2 has none of
  // them and ignores the bits.
  constexpr ndpi_init_prefs kTor = 1U;
  constexpr ndpi_init_prefs kGcrypt = 2U;
  constexpr ndpi_init_prefs kAddressLists = 0x1cfff8U;
  return ndpi_init_detection_module(kTor | kGcrypt | kAddressLists);
#endif
}

inline void enable_all_protocols([[maybe_unused]] ndpi_detection_module_struct* module) {
#ifdef GATEWITNESS_NDPI_BITMASK
  NDPI_PROTOCOL_BITMASK all;
  NDPI_BITMASK_SET_ALL(all);
  ndpi_set_protocol_detection_bitmask2(module, &all);
#endif
}

// A template only so that the branch of the other version is not compiled.
template <typename ModuleStruct>
bool finalize(ModuleStruct* module) {
  if constexpr (std::is_void_v<decltype(ndpi_finalize_initialization(module))>) {
    ndpi_finalize_initialization(module);
    return true;
  } else {
    return ndpi_finalize_initialization(module) == 0;
  }
}

inline bool library_fits_headers() {
#ifdef NDPI_API_VERSION
  if (ndpi_get_api_version() != NDPI_API_VERSION) return false;
#endif
  return ndpi_detection_get_sizeof_ndpi_flow_struct() == sizeof(ndpi_flow_struct);
}

// nullptr: out of memory, or the library's structures are not those of these headers.
inline Module make_module() {
  if (!library_fits_headers()) return nullptr;
  Module module(init_module());
  if (!module) return nullptr;
  enable_all_protocols(module.get());
  if (!finalize(module.get())) return nullptr;
  return module;
}

struct Protocols {
  uint16_t master =
      NDPI_PROTOCOL_UNKNOWN;  // e.g. SMTP; unknown if the application is no part of another protocol
  uint16_t application = NDPI_PROTOCOL_UNKNOWN;  // e.g. Google
};

inline Protocols protocols_of(const ndpi_protocol& result) {
#ifdef GATEWITNESS_NDPI_NESTED_PROTOCOL
  return {result.proto.master_protocol, result.proto.app_protocol};
#else
  return {result.master_protocol, result.app_protocol};
#endif
}

inline Protocols process(ndpi_detection_module_struct* module, ndpi_flow_struct* flow,
                         std::span<const uint8_t> ip_packet, uint64_t time_ms,
                         [[maybe_unused]] bool from_client) {
  const auto length = static_cast<uint16_t>(ip_packet.size());
#ifdef GATEWITNESS_NDPI_INPUT_INFO
  ndpi_flow_input_info info{};
  info.in_pkt_dir = from_client ? NDPI_IN_PKT_DIR_C_TO_S : NDPI_IN_PKT_DIR_S_TO_C;
  info.seen_flow_beginning = NDPI_FLOW_BEGINNING_UNKNOWN;
  return protocols_of(ndpi_detection_process_packet(module, flow, ip_packet.data(), length, time_ms, &info));
#else
  return protocols_of(ndpi_detection_process_packet(module, flow, ip_packet.data(), length, time_ms));
#endif
}

inline Protocols give_up(ndpi_detection_module_struct* module, ndpi_flow_struct* flow) {
#if GATEWITNESS_NDPI_GIVEUP_ARGUMENTS == 4
  constexpr uint8_t kNoGuess = 0;
  uint8_t guessed = 0;
  return protocols_of(ndpi_detection_giveup(module, flow, kNoGuess, &guessed));
#elif GATEWITNESS_NDPI_GIVEUP_ARGUMENTS == 3
  uint8_t guessed = 0;
  return protocols_of(ndpi_detection_giveup(module, flow, &guessed));
#else
  return protocols_of(ndpi_detection_giveup(module, flow));
#endif
}

// By payload of this very flow: neither a guess nor remembered from another flow.
inline bool found_by_payload(const ndpi_flow_struct& flow) {
  return flow.confidence == NDPI_CONFIDENCE_DPI;
}

// Every letter becomes an x: that a password was there is something the dissectors go by, not which.
inline void blank(std::span<char> text) {
  for (char& c : text) {
    if (c != 0) c = 'x';
  }
}

inline void wipe_text(char* text) {
  if (text != nullptr) explicit_bzero(text, strlen(text));
}

// Blanks the copies of user names and passwords that the dissectors of SMTP, POP, IMAP and FTP keep, and
// wipes the first bytes of payload that are kept for showing and the sentences in which later versions repeat
// a user name. A template, so that members that a version lacks are passed over instead of not compiled.
template <typename Flow>
void wipe_credentials(Flow& flow) {
  if constexpr (requires { flow.l4.tcp.ftp_imap_pop_smtp; }) {
    auto& kept = flow.l4.tcp.ftp_imap_pop_smtp;
    blank(kept.username);
    blank(kept.password);
  }
  if constexpr (requires { flow.initial_binary_bytes; }) {
    explicit_bzero(flow.initial_binary_bytes, sizeof flow.initial_binary_bytes);
  }
  if constexpr (requires { flow.risk_infos[0].info; }) {
    for (auto& risk : flow.risk_infos) wipe_text(risk.info);
  }
}

// Before nDPI frees what hangs on a flow of HTTP.
template <typename Flow>
void wipe_texts(Flow& flow) {
  if constexpr (requires { wipe_text(flow.http.username); }) wipe_text(flow.http.username);
  if constexpr (requires { wipe_text(flow.http.password); }) wipe_text(flow.http.password);
}

struct FlowDeleter {
  void operator()(ndpi_flow_struct* flow) const noexcept {
    wipe_credentials(*flow);
    wipe_texts(*flow);
    ndpi_free_flow_data(flow);
    explicit_bzero(flow, sizeof *flow);
    ndpi_flow_free(flow);
  }
};
using Flow = std::unique_ptr<ndpi_flow_struct, FlowDeleter>;

// nullptr: out of memory.
inline Flow make_flow() {
  void* memory = ndpi_flow_malloc(sizeof(ndpi_flow_struct));
  if (memory == nullptr) return nullptr;
  return Flow(static_cast<ndpi_flow_struct*>(memset(memory, 0, sizeof(ndpi_flow_struct))));
}

}  // namespace gatewitness::dissect::ndpi
