// Stacks to run threads on, and the switch between them.
#pragma once

#include <cxxabi.h>
#include <array>
#include <boost/context/detail/fcontext.hpp>
#include <cstddef>
#include <cstring>
#include <utility>

namespace handfast::checker {

/// A stack with a guard page below it, at the same address for as long as the
/// process runs. What stands on it is not unwound when it is started again.
class fiber {
 public:
  static constexpr std::size_t stack_bytes = std::size_t{256} * 1024;

  fiber() = default;
  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;
  ~fiber();

  /// Ready to begin with `entry(argument)`, which must not return. Throws std::bad_alloc
  /// when there is no memory for a stack.
  void start(void (*entry)(void*), void* argument);

  /// Whether an address is where this stack has overflowed.
  [[nodiscard]] bool overflowed_at(const void* address) const;

  /// From `from`, which runs now, to `to`; returns when somebody switches back.
  /// Inlined, for the processor mispredicts each return to a caller of it.
  [[gnu::always_inline]] static void switch_between(fiber& from, fiber& to) {
    std::memcpy(static_cast<void*>(&from.exceptions_), exception_globals, sizeof(exception_state));
    journey way{&from, &to};
    arrived(boost::context::detail::jump_fcontext(to.context_, &way));
    std::memcpy(exception_globals, &from.exceptions_, sizeof(exception_state));
  }

 private:
  struct journey {
    fiber* from;
    fiber* to;
  };
  static void arrived(boost::context::detail::transfer_t from) {
    static_cast<journey*>(from.data)->from->context_ = from.fctx;
  }
  static void begin(boost::context::detail::transfer_t from);

  // What the C++ runtime keeps of exceptions for a thread of the system's; a
  // fiber that stops inside a catch block has its own.
  struct exception_state {
    void* caught = nullptr;
    unsigned uncaught = 0;
  };
  static void* const exception_globals;  // of the one thread that runs fibers

  boost::context::detail::fcontext_t context_ = nullptr;
  exception_state exceptions_;
  void* memory_ = nullptr;  // from its first start on; none for what the process came with
  void (*entry_)(void*) = nullptr;
  void* argument_ = nullptr;
};

}  // namespace handfast::checker
