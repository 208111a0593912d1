// SPDX-License-Identifier: Apache-2.0
#include "probes/process/memory.h"

#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>  // defines __GLIBC__
#include <span>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace gatewitness::process {
namespace {

using Segments = std::span<const ElfW(Phdr)>;

// Old code that was relocated in place differs from its file: its pages must stay.
bool relocates_code(const dl_phdr_info& object, Segments segments) {
  const auto dynamic =
      std::ranges::find_if(segments, [](const ElfW(Phdr) & segment) { return segment.p_type == PT_DYNAMIC; });
  if (dynamic == segments.end()) return false;
  const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(object.dlpi_addr + dynamic->p_vaddr);
  for (; entry->d_tag != DT_NULL; ++entry) {
    if (entry->d_tag == DT_TEXTREL) return true;
    if (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0) return true;
  }
  return false;
}

// What the linker maps without the right to write is the file's, bit for bit. (What it relocates and then
// locks, PT_GNU_RELRO, lies in a segment that may be written.)
int give_back_code(dl_phdr_info* object, std::size_t, void*) {
  const Segments segments(object->dlpi_phdr, object->dlpi_phnum);
  if (relocates_code(*object, segments)) return 0;
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (const auto& segment : segments) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const std::uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
    (void)::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void use_little_memory() {
#ifdef __GLIBC__
  constexpr int kLargeBlock = 128 * 1024;  // glibc's own start value, kept from growing
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, kLargeBlock);
  mallopt(M_TRIM_THRESHOLD, kLargeBlock);
#endif
}

void give_back_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  (void)::dl_iterate_phdr(give_back_code, nullptr);
}

}  // namespace gatewitness::process
