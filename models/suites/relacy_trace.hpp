// Relacy's history as a person wants it: a column a thread, names for objects,
// one line an operation.
#pragma once

#include <string>

namespace handfast::relacy_suite {

/// `history` is what Relacy printed of a failing execution; names are taken from
/// `relacy_detail::names` as they stand.
[[nodiscard]] std::string columns(const std::string& history);

}  // namespace handfast::relacy_suite
