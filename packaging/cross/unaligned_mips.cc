// SPDX-License-Identifier: Apache-2.0
//
// For tests of the cross build under qemu-user, loaded by LD_PRELOAD: libndpi reads 16 and 32 bits from
// addresses that are no multiple of their size. On a MIPS router Linux carries such a load out
// (arch/mips/kernel/unaligned.c), qemu-user sends SIGBUS. This carries them out for code of libndpi alone:
// such a load of our own stays a failure.
#include <link.h>
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

struct Code {
  uintptr_t from = 0, to = 0;
};
Code forgiven;

int find_libndpi(dl_phdr_info* info, std::size_t, void*) {
  if (info->dlpi_name == nullptr || std::strstr(info->dlpi_name, "/libndpi.so") == nullptr) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& part = info->dlpi_phdr[i];
    if (part.p_type == PT_LOAD && (part.p_flags & PF_X) != 0)
      forgiven = {info->dlpi_addr + part.p_vaddr, info->dlpi_addr + part.p_vaddr + part.p_memsz};
  }
  return 1;
}

[[noreturn]] void give_up(const char* why) {
  (void)!write(STDERR_FILENO, why, std::strlen(why));
  signal(SIGBUS, SIG_DFL);
  raise(SIGBUS);
  std::abort();
}

struct Registers {
  mcontext_t& machine;
  uint32_t get(uint32_t number) const { return static_cast<uint32_t>(machine.gregs[number]); }
  void set(uint32_t number, uint32_t value) const {
    // A register of 32 bits in a place of 64 is kept with its sign.
    if (number != 0)
      machine.gregs[number] = static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(value)));
  }
};

uint32_t instruction_at(uintptr_t address) {
  uint32_t word;
  std::memcpy(&word, reinterpret_cast<const void*>(address), sizeof word);
  return word;
}

uint32_t field(uint32_t word, unsigned low, unsigned bits) {
  return (word >> low) & ((1U << bits) - 1U);
}
int32_t immediate(uint32_t word) {
  return static_cast<int16_t>(word & 0xffffU);
}

bool load_or_store(uint32_t word, const Registers& registers) {
  void* memory =
      reinterpret_cast<void*>(registers.get(field(word, 21, 5)) + static_cast<uint32_t>(immediate(word)));
  const uint32_t to = field(word, 16, 5);
  uint16_t half;
  uint32_t whole;
  switch (word >> 26) {
    case 0x21:  // lh
      std::memcpy(&half, memory, sizeof half);
      registers.set(to, static_cast<uint32_t>(static_cast<int16_t>(half)));
      return true;
    case 0x25:  // lhu
      std::memcpy(&half, memory, sizeof half);
      registers.set(to, half);
      return true;
    case 0x23:  // lw
      std::memcpy(&whole, memory, sizeof whole);
      registers.set(to, whole);
      return true;
    case 0x29:  // sh
      half = static_cast<uint16_t>(registers.get(to));
      std::memcpy(memory, &half, sizeof half);
      return true;
    case 0x2b:  // sw
      whole = registers.get(to);
      std::memcpy(memory, &whole, sizeof whole);
      return true;
    default:
      return false;
  }
}

// Where it goes on after a branch at pc and the instruction behind it; 0: not a branch. "and link" has
// written its register before the instruction behind it runs, as the processor does.
uintptr_t after_branch(uint32_t word, uintptr_t pc, const Registers& registers) {
  const auto s = static_cast<int32_t>(registers.get(field(word, 21, 5)));
  const auto t = static_cast<int32_t>(registers.get(field(word, 16, 5)));
  const uintptr_t taken = pc + 4 + static_cast<uint32_t>(immediate(word) * 4), passed = pc + 8;
  switch (word >> 26) {
    case 0x00:  // jr, jalr
      if (field(word, 0, 6) == 0x08) return static_cast<uint32_t>(s);
      if (field(word, 0, 6) == 0x09) {
        registers.set(field(word, 11, 5), static_cast<uint32_t>(passed));
        return static_cast<uint32_t>(s);
      }
      return 0;
    case 0x01:  // bltz, bgez, bltzal, bgezal
      if (field(word, 16, 5) & 0x10U) registers.set(31, static_cast<uint32_t>(passed));
      return (s < 0) == ((field(word, 16, 5) & 1U) == 0) ? taken : passed;
    case 0x03:
      registers.set(31, static_cast<uint32_t>(passed));
      [[fallthrough]];  // jal
    case 0x02:
      return ((pc + 4) & 0xf0000000U) | (field(word, 0, 26) << 2);  // j
    case 0x04:
    case 0x14:
      return s == t ? taken : passed;  // beq
    case 0x05:
    case 0x15:
      return s != t ? taken : passed;  // bne
    case 0x06:
    case 0x16:
      return s <= 0 ? taken : passed;  // blez
    case 0x07:
    case 0x17:
      return s > 0 ? taken : passed;  // bgtz
    default:
      return 0;
  }
}

void on_bus_error(int, siginfo_t*, void* context) {
  auto& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
  const Registers registers{machine};
  const auto pc = static_cast<uintptr_t>(machine.pc);
  if (forgiven.to == 0) dl_iterate_phdr(find_libndpi, nullptr);
  if (pc < forgiven.from || pc >= forgiven.to) give_up("unaligned access outside of libndpi\n");
  const uint32_t word = instruction_at(pc);
  uintptr_t next = pc + 4;
  uint32_t access = word;
  if (const uintptr_t target = after_branch(word, pc, registers); target != 0) {
    next = target;
    access = instruction_at(pc + 4);
  }
  if (!load_or_store(access, registers))
    give_up("an unaligned access that packaging/cross/unaligned_mips.cc does not know\n");
  machine.pc = next;
}

[[gnu::constructor]] void install() {
  struct sigaction action = {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace
