// How many preemptions an execution takes.
//
// A preemption is a change away from a thread that could go on: it has more to do, and
// need not wait for a mutex, a wake-up, what it awaits, or the end of a thread; nor has
// it given way itself, in a waiting loop. Counted are the fewest, over all orders in
// which the execution could have come about: what follows in program order comes later,
// and so does who reads what was written. That a thread reads an old value, or writes
// behind a later one, costs nothing: whatever a weak memory does, it does within the
// bound.
#pragma once

#include <cstdint>

#include "models/checker/graph.hpp"

namespace handfast::checker {

/// The fewest preemptions that `of` takes; one more than `most` if it is more than that.
[[nodiscard]] std::uint32_t preemptions(const graph& of, std::uint32_t most);

/// Whether `of` takes at most so many: the same, sooner where they are few.
[[nodiscard]] bool within_preemptions(const graph& of, std::uint32_t most);

/// How many threads of `of` have done more than to make others, and to wait for their end.
[[nodiscard]] std::uint32_t active_threads(const graph& of);

}  // namespace handfast::checker
