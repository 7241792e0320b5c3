#include "models/checker/heap.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace handfast::checker {
namespace {

// What is in memory that was never written, and what is in memory that is gone.
constexpr int fresh = 0xCD;
constexpr int gone = 0xDD;

}  // namespace

heap::heap() {
  void* region = ::mmap(nullptr, max_threads * bytes_of_a_thread, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (region == MAP_FAILED) {
    throw std::bad_alloc();
  }
  region_ = static_cast<std::byte*>(region);
}

heap::~heap() {
  ::munmap(region_, max_threads * bytes_of_a_thread);
}

void* heap::allocate(thread_index thread, std::size_t bytes, std::size_t align,
                     const std::source_location& line) {
  arena& mine = arenas_[thread];
  const std::size_t unit = std::max<std::size_t>(align, alignof(std::max_align_t));
  const std::size_t start = (mine.used + unit - 1) / unit * unit;
  if (bytes > bytes_of_a_thread || start + bytes + 1 > bytes_of_a_thread) {
    return nullptr;
  }
  mine.used = start + std::max<std::size_t>(bytes, 1);
  std::byte* memory = region_ + thread * bytes_of_a_thread + start;
  std::memset(memory, fresh, bytes);
  mine.blocks.push_back({memory, bytes, false, line});
  return memory;
}

const heap::block* heap::find(const void* memory) const {
  if (!owns(memory)) {
    return nullptr;
  }
  const auto* at = static_cast<const std::byte*>(memory);
  const arena& its = arenas_[static_cast<std::size_t>(at - region_) / bytes_of_a_thread];
  // A thread's blocks lie one after the other.
  auto after = std::ranges::upper_bound(its.blocks, at, {}, &block::memory);
  if (after == its.blocks.begin()) {
    return nullptr;
  }
  --after;
  return at < after->memory + std::max<std::size_t>(after->bytes, 1) ? &*after : nullptr;
}

heap::freeing heap::free(void* memory) {
  auto* found = const_cast<block*>(find(memory));
  if (found == nullptr || found->memory != memory) {
    return freeing::not_a_block;
  }
  if (found->freed) {
    return freeing::twice;
  }
  found->freed = true;
  std::memset(found->memory, gone, found->bytes);
  return freeing::freed;
}

const heap::block* heap::leaked() const {
  for (const arena& each : arenas_) {
    for (const block& one : each.blocks) {
      if (!one.freed) {
        return &one;
      }
    }
  }
  return nullptr;
}

void heap::reset() {
  for (arena& each : arenas_) {
    each.used = 0;
    each.blocks.clear();
  }
}

}  // namespace handfast::checker
