// Litmus tests in herd's C format, run on the checker.
//
// What is read: threads of atomic loads, stores, exchanges, fetch_adds, strong
// compare-exchanges and fences, plain reads and writes, `if` with `else`, and a
// `locations` line that names what is observed. The `exists` line is not needed.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

namespace handfast::litmus {

/// Text that is no such test; its message has the line.
struct malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Observed variables, "x" or "1:r0", and their values.
using state = std::map<std::string, std::int64_t>;

struct result {
  std::string name;
  std::set<state> states;
  std::uint64_t executions = 0;
  std::uint64_t blocked = 0;
  bool racy = false;
};

[[nodiscard]] result run(std::string_view text);

}  // namespace handfast::litmus
