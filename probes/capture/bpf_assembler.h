// SPDX-License-Identifier: Apache-2.0
//
// Labels for classic BPF: instructions in, jump distances out. Jumps only go forward, and a conditional one
// at most 255 instructions (that is BPF's encoding); a program that breaks this is our own mistake and
// aborts. Used by bpf_program.cc only.
#pragma once

#include <pcap/pcap.h>

#include <cstdint>
#include <span>
#include <vector>

namespace gatewitness::capture {

class BpfAssembler {
 public:
  using Label = std::size_t;

  Label label();
  // The next instruction is where the label points.
  void place(Label label);

  // Any instruction that is no jump.
  void emit(int code, uint32_t k = 0);
  void jump(Label to);
  // comparison: BPF_JEQ, BPF_JGT, BPF_JGE or BPF_JSET of the accumulator with k. One of the two falls
  // through.
  void jump_if(int comparison, uint32_t k, Label yes);
  void jump_unless(int comparison, uint32_t k, Label no);

  // Jumps to found if the accumulator is one of the values (ascending), falls through if not: a binary
  // search.
  void jump_if_any(std::span<const uint32_t> ascending, Label found);

  std::vector<bpf_insn> finish() const;

 private:
  static constexpr Label kFallThrough = SIZE_MAX;
  struct Instruction {
    bpf_insn code;
    Label yes;  // also the target of an unconditional jump
    Label no;
  };
  void branch(int comparison, uint32_t k, Label yes, Label no);
  void search(std::span<const uint32_t> ascending, Label found, Label missing);
  uint32_t distance(std::size_t from, Label to) const;

  std::vector<Instruction> instructions_;
  std::vector<std::size_t> places_;
};

}  // namespace gatewitness::capture
