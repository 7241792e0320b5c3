// Stacks that a worker's work runs on, and the switch between them.
//
// Boost.Context switches; what is added here is what it leaves to its user: a guard page, the
// exceptions that a thread has in hand, and a word to the sanitizers.
#pragma once

#include <cxxabi.h>
#include <boost/context/detail/fcontext.hpp>
#include <cstddef>
#include <cstring>
#include <memory>

#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define HANDFAST_ASAN_STACKS
#elif defined(__SANITIZE_THREAD__)
#define HANDFAST_TSAN_STACKS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HANDFAST_ASAN_STACKS
#elif __has_feature(thread_sanitizer)
#define HANDFAST_TSAN_STACKS
#endif
#endif
#if defined(HANDFAST_ASAN_STACKS)
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#elif defined(HANDFAST_TSAN_STACKS)
#include <sanitizer/tsan_interface.h>
#endif

namespace handfast {

/// One stack, with a guard page below it; or that which a thread came with.
class stack {
 public:
  /// The calling thread's own.
  stack() noexcept {
#if defined(HANDFAST_TSAN_STACKS)
    fiber_ = __tsan_get_current_fiber();
#endif
  }
  stack(const stack&) = delete;
  stack& operator=(const stack&) = delete;
  ~stack() {
#if defined(HANDFAST_TSAN_STACKS)
    if (memory_ != nullptr) {
      __tsan_destroy_fiber(fiber_);
    }
#endif
  }

  /// A new one of so many bytes, rounded up to pages; it lies at its own top. Nullptr where there
  /// is no memory for it, or the process has too many mappings.
  [[nodiscard]] static stack* make(std::size_t bytes) noexcept {
    const std::size_t page = page_bytes();
    const std::size_t all = (bytes + page - 1) / page * page + page;
    void* const memory = ::mmap(nullptr, all, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) {
      return nullptr;
    }
    if (::mprotect(memory, page, PROT_NONE) != 0) {
      ::munmap(memory, all);
      return nullptr;
    }
    auto* const top = static_cast<std::byte*>(memory) + all - sizeof(stack);
    return std::construct_at(static_cast<stack*>(static_cast<void*>(top)), memory, all);
  }
  /// Gives back one that was made, on which nothing runs.
  static void unmap(stack& made) noexcept {
    void* const memory = made.memory_;
    const std::size_t all = made.all_bytes_;
    std::destroy_at(&made);
#if defined(HANDFAST_ASAN_STACKS)
    __lsan_unregister_root_region(memory, all);
#endif
    ::munmap(memory, all);
  }

  /// For `make`.
  stack(void* memory, std::size_t all) noexcept : memory_(memory), all_bytes_(all) {
#if defined(HANDFAST_ASAN_STACKS)
    __lsan_register_root_region(memory, all);  // what is reached from there is not leaked
#elif defined(HANDFAST_TSAN_STACKS)
    fiber_ = __tsan_create_fiber(0);
#endif
  }

  // In a list of those that nothing runs on.
  stack* next = nullptr;
  std::size_t behind = 0;

  /// Whether it was made, and not a thread's own.
  [[nodiscard]] bool is_made() const noexcept { return memory_ != nullptr; }

  /// Whether the caller, who runs on it, has used less than half of it.
  [[nodiscard]] bool is_half_free() const noexcept {
    return static_cast<std::size_t>(static_cast<const std::byte*>(__builtin_frame_address(0)) -
                                    static_cast<const std::byte*>(memory_)) > all_bytes_ / 2;
  }

  /// Has it begin with `entry(argument)`, which never returns, when it is switched to. What stood
  /// on it is forgotten.
  void start(void (*entry)(void*), void* argument) noexcept {
    entry_ = entry;
    argument_ = argument;
    exceptions_ = {};
#if defined(HANDFAST_TSAN_STACKS)
    // The old one still counts the calls that stood on it.
    __tsan_destroy_fiber(fiber_);
    fiber_ = __tsan_create_fiber(0);
#endif
    context_ = boost::context::detail::make_fcontext(this, size(), &begin);
  }

  /// From `from`, which the caller runs on, to `to`; returns when somebody switches back.
  static void switch_between(stack& from, stack& to) noexcept { go(from, to, &from); }
  /// The same for good: nobody switches back to `from`, which may be started again.
  static void switch_for_good(stack& from, stack& to) noexcept { go(from, to, nullptr); }

 private:
  struct journey {
    stack* from;
    stack* to;
  };

  // What the C++ runtime keeps of exceptions for a thread; work that goes aside inside a catch
  // block has its own.
  struct exceptions_in_hand {
    void* caught = nullptr;
    unsigned uncaught = 0;
  };

  [[nodiscard]] static std::size_t page_bytes() noexcept {
    static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return size;
  }
  [[nodiscard]] std::size_t size() const noexcept {
    return all_bytes_ - page_bytes() - sizeof(stack);
  }

  static void go(stack& from, stack& to, [[maybe_unused]] stack* comes_back) noexcept {
    void* const in_hand = exceptions_of_thread();
    std::memcpy(static_cast<void*>(&from.exceptions_), in_hand, sizeof(exceptions_in_hand));
    std::memcpy(in_hand, &to.exceptions_, sizeof(exceptions_in_hand));
#if defined(HANDFAST_ASAN_STACKS)
    __sanitizer_start_switch_fiber(comes_back == nullptr ? nullptr : &from.fake_, to.bottom_,
                                   to.bytes_);
#elif defined(HANDFAST_TSAN_STACKS)
    __tsan_switch_to_fiber(to.fiber_, 0);
#endif
    // Not on the stack that is left: what a sanitizer adds to it may be gone by now.
    from.way_ = {&from, &to};
    arrived(boost::context::detail::jump_fcontext(to.context_, &from.way_));
  }
  static void arrived(boost::context::detail::transfer_t from) noexcept {
    const journey way = *static_cast<journey*>(from.data);
    way.from->context_ = from.fctx;
#if defined(HANDFAST_ASAN_STACKS)
    __sanitizer_finish_switch_fiber(way.to->fake_, &way.from->bottom_, &way.from->bytes_);
#endif
  }
  static void begin(boost::context::detail::transfer_t from) noexcept {
    stack& self = *static_cast<journey*>(from.data)->to;
#if defined(HANDFAST_ASAN_STACKS)
    self.fake_ = nullptr;
#endif
    arrived(from);
    self.entry_(self.argument_);
  }

  // Not inlined: the compiler takes it for the same one after a switch to another thread.
  [[nodiscard, gnu::noinline]] static void* exceptions_of_thread() noexcept {
    asm volatile("");
    return abi::__cxa_get_globals();
  }

  void* memory_ = nullptr;
  std::size_t all_bytes_ = 0;
  journey way_{};
  boost::context::detail::fcontext_t context_ = nullptr;
  exceptions_in_hand exceptions_;
  void (*entry_)(void*) = nullptr;
  void* argument_ = nullptr;
#if defined(HANDFAST_ASAN_STACKS)
  void* fake_ = nullptr;
  const void* bottom_ =
      memory_ == nullptr ? nullptr : static_cast<const std::byte*>(memory_) + page_bytes();
  std::size_t bytes_ = memory_ == nullptr ? 0 : size();
#elif defined(HANDFAST_TSAN_STACKS)
  void* fiber_ = nullptr;
#endif
};

}  // namespace handfast
