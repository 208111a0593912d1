// SPDX-License-Identifier: Apache-2.0
#include "probes/process/sandbox.h"

#ifdef GATEWITNESS_SECCOMP
#include "probes/process/landlock.h"
#include "probes/process/seccomp_rules.h"
#endif

#include <array>

namespace gatewitness::process {
namespace {

// What LeakSanitizer asks before it starts to trace the process, which a sandboxed one does not let it.
[[maybe_unused]] bool sandboxed = false;

#ifdef __SANITIZE_ADDRESS__
// What a sanitizer's report looks up.
[[maybe_unused]] constexpr std::array<const char*, 4> kAlsoReadable = {"/proc", "/usr", "/lib", "/lib64"};
#else
[[maybe_unused]] constexpr std::array<const char*, 0> kAlsoReadable = {};
#endif

std::expected<bool, std::string> missing(const SandboxOptions& options, const std::string& why) {
  if (options.allow_missing) return false;
  return std::unexpected("cannot set up the sandbox: " + why + " (--allow-no-seccomp goes on without it)");
}

}  // namespace

#ifdef GATEWITNESS_SECCOMP
std::expected<bool, std::string> enter_sandbox(SandboxProfile profile, SandboxOptions options,
                                               std::vector<std::string> readable) {
  if (!kernel_has_seccomp()) return missing(options, "this kernel has no seccomp filters");
  const bool reads = profile == SandboxProfile::kKernel && !readable.empty();
  if (reads) {
    readable.insert(readable.end(), kAlsoReadable.begin(), kAlsoReadable.end());
    if (auto limited = allow_reading_only(readable); !limited) return missing(options, limited.error());
  }
  if (auto loaded = load_seccomp(profile, reads); !loaded) return missing(options, loaded.error());
  sandboxed = true;
  return true;
}
#else
std::expected<bool, std::string> enter_sandbox(SandboxProfile /*profile*/, SandboxOptions options,
                                               std::vector<std::string> /*readable*/) {
  return missing(options, "this build has no seccomp support (libseccomp)");
}
#endif

std::expected<bool, std::string> enter_sandbox(SandboxProfile profile, SandboxOptions options, const Log& log,
                                               std::vector<std::string> readable) {
  auto entered = enter_sandbox(profile, options, std::move(readable));
  if (entered && !*entered) log.warning("system calls are not restricted (no seccomp)");
  return entered;
}

}  // namespace gatewitness::process

#ifdef __SANITIZE_ADDRESS__
extern "C" int __lsan_is_turned_off();
extern "C" int __lsan_is_turned_off() {
  return gatewitness::process::sandboxed ? 1 : 0;
}
#endif
