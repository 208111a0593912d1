// SPDX-License-Identifier: Apache-2.0
#include "probes/capture/bpf_assembler.h"

#include <cstdlib>

namespace gatewitness::capture {
namespace {

constexpr std::size_t kUnplaced = SIZE_MAX;
constexpr std::size_t kLinear = 2;  // so few values are compared one by one

bpf_insn instruction(int code, uint32_t k) {
  return {static_cast<u_short>(code), 0, 0, k};
}

}  // namespace

BpfAssembler::Label BpfAssembler::label() {
  places_.push_back(kUnplaced);
  return places_.size() - 1;
}

void BpfAssembler::place(Label label) {
  places_[label] = instructions_.size();
}

void BpfAssembler::emit(int code, uint32_t k) {
  instructions_.push_back({instruction(code, k), kFallThrough, kFallThrough});
}

void BpfAssembler::jump(Label to) {
  instructions_.push_back({instruction(BPF_JMP | BPF_JA, 0), to, kFallThrough});
}

void BpfAssembler::branch(int comparison, uint32_t k, Label yes, Label no) {
  instructions_.push_back({instruction(BPF_JMP | comparison | BPF_K, k), yes, no});
}

void BpfAssembler::jump_if(int comparison, uint32_t k, Label yes) {
  branch(comparison, k, yes, kFallThrough);
}

void BpfAssembler::jump_unless(int comparison, uint32_t k, Label no) {
  branch(comparison, k, kFallThrough, no);
}

void BpfAssembler::jump_if_any(std::span<const uint32_t> ascending, Label found) {
  const Label missing = label();
  search(ascending, found, missing);
  place(missing);
}

void BpfAssembler::search(std::span<const uint32_t> ascending, Label found, Label missing) {
  if (ascending.size() <= kLinear) {
    for (std::size_t i = 0; i < ascending.size(); ++i)
      branch(BPF_JEQ, ascending[i], found, i + 1 < ascending.size() ? kFallThrough : missing);
    if (ascending.empty()) jump(missing);
    return;
  }
  const std::size_t middle = ascending.size() / 2;
  const Label upper = label();
  branch(BPF_JGE, ascending[middle], upper, kFallThrough);
  search(ascending.first(middle), found, missing);
  place(upper);
  search(ascending.subspan(middle), found, missing);
}

uint32_t BpfAssembler::distance(std::size_t from, Label to) const {
  if (to == kFallThrough) return 0;
  if (places_[to] == kUnplaced || places_[to] <= from) std::abort();
  return static_cast<uint32_t>(places_[to] - from - 1);
}

std::vector<bpf_insn> BpfAssembler::finish() const {
  std::vector<bpf_insn> program;
  for (std::size_t at = 0; at < instructions_.size(); ++at) {
    bpf_insn code = instructions_[at].code;
    const uint32_t yes = distance(at, instructions_[at].yes);
    const uint32_t no = distance(at, instructions_[at].no);
    if (code.code == (BPF_JMP | BPF_JA)) {
      code.k = yes;
    } else {
      if (yes > UINT8_MAX || no > UINT8_MAX) std::abort();
      code.jt = static_cast<u_char>(yes);
      code.jf = static_cast<u_char>(no);
    }
    program.push_back(code);
  }
  return program;
}

}  // namespace gatewitness::capture
