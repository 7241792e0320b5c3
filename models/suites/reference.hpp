// Programs whose executions another checker counted too (GenMC 0.11 under RC11):
// the counts to be reached, and the rate to compare with.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace handfast::reference {

struct program {
  std::string name;
  std::uint64_t complete;  ///< executions that the peer completes
  double peer_rate;        ///< complete executions a CPU second there; 0: too few to time
  bool long_run;           ///< seconds and more: not in every test run
  std::function<void()> body;
};

[[nodiscard]] const std::vector<program>& programs();

}  // namespace handfast::reference
