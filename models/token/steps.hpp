// An execution of the checker as bytes: for each step, as varints, the thread, the
// number and the pick (checker::search::step).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/checker/search.hpp"

namespace handfast {

[[nodiscard]] std::vector<std::uint8_t> packed(const std::vector<checker::search::step>& steps);

/// Nothing if the bytes are not what `packed` makes.
[[nodiscard]] std::optional<std::vector<checker::search::step>> unpacked(
    std::span<const std::uint8_t> bytes);

}  // namespace handfast
