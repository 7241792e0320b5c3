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

heap::~heap() {
  for (std::byte* region : regions_) {
    ::munmap(region, threads_of_a_region * bytes_of_a_thread);
  }
}

heap::arena& heap::of(thread_index thread) {
  while (thread >= arenas_.size()) {
    void* region = ::mmap(nullptr, threads_of_a_region * bytes_of_a_thread, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (region == MAP_FAILED) {
      throw std::bad_alloc();
    }
    regions_.push_back(static_cast<std::byte*>(region));
    for (std::size_t i = 0; i < threads_of_a_region; ++i) {
      arenas_.push_back({.memory = regions_.back() + i * bytes_of_a_thread, .blocks = {}});
    }
  }
  return arenas_[thread];
}

void* heap::allocate(thread_index thread, std::size_t bytes, std::size_t align,
                     const std::source_location& line) {
  arena& mine = of(thread);
  const std::size_t unit = std::max<std::size_t>(align, alignof(std::max_align_t));
  const std::size_t start = (mine.used + unit - 1) / unit * unit;
  if (bytes > bytes_of_a_thread || start + bytes + 1 > bytes_of_a_thread) {
    return nullptr;
  }
  mine.used = start + std::max<std::size_t>(bytes, 1);
  std::byte* memory = mine.memory + start;
  std::memset(memory, fresh, bytes);
  mine.blocks.push_back({memory, bytes, false, line});
  return memory;
}

const heap::block* heap::find(const void* memory) const {
  const auto* at = static_cast<const std::byte*>(memory);
  const auto its = std::ranges::find_if(arenas_, [&](const arena& each) {
    return at >= each.memory && at < each.memory + bytes_of_a_thread;
  });
  if (its == arenas_.end()) {
    return nullptr;
  }
  // A thread's blocks lie one after the other.
  auto after = std::ranges::upper_bound(its->blocks, at, {}, &block::memory);
  if (after == its->blocks.begin()) {
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
