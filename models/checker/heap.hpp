// Memory for the program under test: for each thread its own, at the
// same addresses in every execution, so that a pointer in an atomic means the
// same thing when the program is run again. Nothing is given out twice in one
// execution: what was freed stays free, and is known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>
#include <vector>

#include "models/checker/event.hpp"

namespace handfast::checker {

class heap {
 public:
  struct block {
    std::byte* memory = nullptr;
    std::size_t bytes = 0;
    bool freed = false;
    std::source_location line;
  };
  enum class freeing : std::uint8_t { freed, twice, not_a_block };

  heap() = default;
  heap(const heap&) = delete;
  heap& operator=(const heap&) = delete;
  ~heap();

  /// nullptr when the thread's memory is used up.
  void* allocate(thread_index thread, std::size_t bytes, std::size_t align,
                 const std::source_location& line);
  freeing free(void* memory);

  /// The block that an address is in, freed or not.
  [[nodiscard]] const block* find(const void* memory) const;
  /// A block that was not freed.
  [[nodiscard]] const block* leaked() const;

  /// Everything is forgotten: a new execution begins.
  void reset();

 private:
  static constexpr std::size_t bytes_of_a_thread = std::size_t{64} * 1024 * 1024;

  struct arena {
    std::byte* memory = nullptr;
    std::size_t used = 0;
    std::vector<block> blocks;
  };

  arena& of(thread_index thread);

  // For so many threads each: one for most programs, so that their memory lies in the
  // same order in every process.
  static constexpr std::size_t threads_of_a_region = 16;
  std::vector<std::byte*> regions_;
  std::vector<arena> arenas_;
};

}  // namespace handfast::checker
