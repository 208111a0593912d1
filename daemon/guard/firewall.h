// SPDX-License-Identifier: Apache-2.0
//
// The one way to nftables: libnftables in this process, no `nft` is started. Runs the text that
// daemon/quarantine makes, tells how our table stands, and when the ruleset changes. Owned by the guard's
// loop; opened before the sandbox, because libnftables reads files.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "probes/process/file_descriptor.h"

struct nft_ctx;

namespace gatewitness::guard {

class Firewall {
 public:
  // Needs CAP_NET_ADMIN.
  static std::expected<Firewall, std::string> open();

  // One transaction: all of it, or nothing. The error is libnftables' own first line.
  std::expected<void, std::string> run(const std::string& commands);
  // Our table as the kernel has it, without counters and rests of time: two that are alike are equal. "" if
  // there is none.
  std::string standing();

  // Readable when somebody, also ourselves, changed the ruleset.
  int fd() const { return changes_.get(); }
  // Reads all of what is there; true if something was, or so much that some was lost.
  bool take_changes();

 private:
  struct Free {
    void operator()(nft_ctx* context) const noexcept;
  };
  Firewall(nft_ctx* context, process::FileDescriptor changes)
      : context_(context), changes_(std::move(changes)) {}

  std::unique_ptr<nft_ctx, Free> context_;
  process::FileDescriptor changes_;
};

}  // namespace gatewitness::guard
