// One run of the program under test: each thread on a fiber of its own, stopped
// at each operation until it is answered.
#pragma once

#include <boost/context/fiber.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "models/checker/event.hpp"

namespace handfast::checker {

/// What a thread asks of shared memory. With `changes` a read is the first half of
/// a read-modify-write.
struct operation {
  event_kind kind = event_kind::fence;
  location where = 0;
  access how = access::relaxed;  ///< of a read, write or fence without `changes`
  value data = 0;                ///< written
  std::shared_ptr<const update> changes;
};

/// The threads' way to their memory; valid inside a thread's body.
class memory {
 public:
  virtual value perform(operation next) = 0;

 protected:
  ~memory() = default;
};

/// What is checked: bodies of threads that start together, made afresh for each
/// execution, the same each time but for what they read.
using program = std::function<std::vector<std::function<void(memory&)>>()>;

/// A run of a program.
class execution {
 public:
  explicit execution(const program& body);
  execution(const execution&) = delete;
  execution& operator=(const execution&) = delete;
  ~execution();

  [[nodiscard]] std::size_t threads() const { return threads_.size(); }
  /// What `thread` waits to have answered; nullptr once it has ended.
  [[nodiscard]] const operation* pending(thread_index thread) const;
  /// Answers it, and runs the thread to its next operation or its end.
  void answer(thread_index thread, value data);

 private:
  struct fiber;

  std::vector<std::unique_ptr<fiber>> threads_;
};

}  // namespace handfast::checker
