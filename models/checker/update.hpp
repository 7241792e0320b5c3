// What read-modify-writes and waiting reads make of a value: computed here, not
// in the program, so that the search needs no run of it to revisit one.
#pragma once

#include <cstdint>
#include <optional>

#include "models/checker/event.hpp"
#include "models/checker/waiters.hpp"

namespace handfast::checker {

/// What `read` writes over what it read; nothing if it writes nothing.
[[nodiscard]] std::optional<value> updated(const event& read);

/// In how many ways `read` can go on with what it read: which waiter is taken,
/// whether a weak compare-exchange fails for no reason.
[[nodiscard]] std::uint32_t ways(const event& read);

/// Whether what `read` waits for, if anything, is so when it reads `seen`.
[[nodiscard]] bool lets_go(const event& read, const value& seen);

}  // namespace handfast::checker
