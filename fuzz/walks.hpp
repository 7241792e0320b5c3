// Threads on the checker's fibers, under schedules that bytes say: what a target does with those
// executions whatever the threads do.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "models/checker/search.hpp"
#include "properties/history.hpp"

namespace handfast::fuzz {

/// Something wrong with an execution, and how it comes about.
struct wrong {
  checker::finding what;
  std::vector<checker::search::step> steps;
};

/// What the first thread does, in each execution the same but for what it reads.
using first_thread = std::function<void()>;
/// What is wrong with what was seen of the execution that was run last; `stuck`: why threads were
/// left waiting in it, if they were.
using judge =
    std::function<std::optional<checker::finding>(const std::optional<checker::finding>& stuck)>;

/// Runs the execution that the bytes say, and some more that they seed, which cost less than
/// another input.
[[nodiscard]] std::optional<wrong> walk(const first_thread& body,
                                        std::span<const std::uint8_t> chance, const judge& judged);

/// The execution of these steps, a column a thread.
[[nodiscard]] std::string trace(const first_thread& body,
                                const std::vector<checker::search::step>& steps);

/// Tells when calls are asked and answered. Threads share no time but this one's, and it orders
/// nothing: what did not happen before another may come after it for all that anybody can tell.
class watch {
 public:
  /// Before each execution.
  void begin() { time_ = 0; }
  void asked(properties::call& made);
  void answered(properties::call& made);

 private:
  std::uint64_t time_ = 0;
};

/// `failing` without what its failure does not need, of `parts` and of its chance.
/// `leave_out(what, part)`: whether there was anything to be left out.
template <class Program, class LeaveOut, class Fails>
[[nodiscard]] Program minimised(Program failing, std::size_t parts, LeaveOut leave_out,
                                Fails still_fails) {
  const auto keep_if_fails = [&](Program less) {
    const bool fails = still_fails(less);
    if (fails) {
      failing = std::move(less);
    }
    return fails;
  };
  for (bool better = true; better;) {
    better = false;
    for (std::size_t i = 0; i < parts; ++i) {
      Program less = failing;
      if (leave_out(less, i)) {
        better |= keep_if_fails(std::move(less));
      }
    }
    for (std::size_t left = failing.chance.size() / 2; left < failing.chance.size();
         left = (left + failing.chance.size() + 1) / 2) {
      Program less = failing;
      less.chance.resize(left);
      if (keep_if_fails(std::move(less))) {
        better = true;
        break;
      }
    }
  }
  return failing;
}

}  // namespace handfast::fuzz
