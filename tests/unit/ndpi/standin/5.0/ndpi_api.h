/* SPDX-License-Identifier: Apache-2.0
 *
 * A stand-in for nDPI 5.0 (OpenWrt 25.12): only what ndpi_shim.h uses, with names and arguments as they are
 * in ndpi_api.h of the 5.x line and its release notes, in our own words. The nested result and its state are
 * as users of 5.x read them. Compiled against and never linked: it proves that the shim and its compile
 * checks fit this API, not how the library behaves.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NDPI_API_VERSION 11000
#define NDPI_PROTOCOL_UNKNOWN 0

#define NDPI_IN_PKT_DIR_UNKNOWN 0
#define NDPI_IN_PKT_DIR_C_TO_S 1
#define NDPI_IN_PKT_DIR_S_TO_C 2
#define NDPI_FLOW_BEGINNING_UNKNOWN 0

typedef enum {
  NDPI_CONFIDENCE_UNKNOWN = 0,
  NDPI_CONFIDENCE_MATCH_BY_PORT,
  NDPI_CONFIDENCE_NBPF,
  NDPI_CONFIDENCE_DPI_PARTIAL,
  NDPI_CONFIDENCE_DPI_PARTIAL_CACHE,
  NDPI_CONFIDENCE_DPI_CACHE,
  NDPI_CONFIDENCE_DPI,
} ndpi_confidence_t;

typedef struct ndpi_master_app_protocol {
  u_int16_t master_protocol, app_protocol;
} ndpi_master_app_protocol;

typedef enum {
  NDPI_STATE_INSPECTING = 0,
  NDPI_STATE_PARTIAL,
  NDPI_STATE_MONITORING,
  NDPI_STATE_CLASSIFIED,
} ndpi_classification_state;

typedef struct ndpi_proto {
  ndpi_master_app_protocol proto;
  u_int16_t protocol_by_ip;
  ndpi_classification_state state;
  int category;
  void* custom_category_userdata;
} ndpi_protocol;

struct ndpi_flow_input_info {
  unsigned char in_pkt_dir;
  unsigned char seen_flow_beginning;
};

struct ndpi_risk_information {
  int id;
  char* info;
};

struct ndpi_flow_tcp_struct {
  struct {
    u_int8_t auth_found : 1, auth_failed : 1, auth_tls : 1, auth_done : 1, _pad : 4;
    char username[32], password[16];
  } ftp_imap_pop_smtp;
};

struct ndpi_flow_struct {
  ndpi_confidence_t confidence;
  union {
    struct ndpi_flow_tcp_struct tcp;
  } l4;
  u_int8_t initial_binary_bytes[8], initial_binary_bytes_len;
  struct ndpi_risk_information risk_infos[8];
  u_int8_t num_risk_infos;
  struct {
    char *url, *content_type, *request_content_type, *user_agent, *server, *username, *password;
  } http;
};

struct ndpi_global_context;
struct ndpi_detection_module_struct;

typedef int ndpi_cfg_error;

struct ndpi_detection_module_struct* ndpi_init_detection_module(struct ndpi_global_context* g_ctx);
int ndpi_finalize_initialization(struct ndpi_detection_module_struct* ndpi_str);
void ndpi_exit_detection_module(struct ndpi_detection_module_struct* ndpi_str);
ndpi_cfg_error ndpi_set_config(struct ndpi_detection_module_struct* ndpi_str, const char* proto,
                               const char* param, const char* value);
ndpi_protocol ndpi_detection_process_packet(struct ndpi_detection_module_struct* ndpi_str,
                                            struct ndpi_flow_struct* flow, const unsigned char* packet,
                                            const unsigned short packetlen, const u_int64_t packet_time_ms,
                                            struct ndpi_flow_input_info* input_info);
ndpi_protocol ndpi_detection_giveup(struct ndpi_detection_module_struct* ndpi_str,
                                    struct ndpi_flow_struct* flow);
char* ndpi_get_proto_name(struct ndpi_detection_module_struct* mod, u_int16_t proto_id);
u_int32_t ndpi_detection_get_sizeof_ndpi_flow_struct(void);
u_int16_t ndpi_get_api_version(void);
char* ndpi_revision(void);
void* ndpi_flow_malloc(size_t size);
void ndpi_flow_free(void* ptr);
void ndpi_free_flow_data(struct ndpi_flow_struct* flow);

#ifdef __cplusplus
}
#endif
