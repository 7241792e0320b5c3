// Work in a child process, so that whatever it does to its memory ends with it,
// and what it was doing then is still known.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "fuzz/operations.hpp"
#include "properties/conformance.hpp"

namespace handfast::fuzz {

/// What the child writes down as it goes; lies in memory that survives it.
struct flight_recorder {
  /// Notes the input that runs now.
  void begin(std::span<const std::uint8_t> input);
  [[nodiscard]] std::vector<std::uint8_t> input() const {
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
  }

  // Relaxed: one writer, and a reader who only wants to see it move; the rest is
  // read when the child is gone.
  std::atomic<std::uint64_t> executions = 0;
  std::size_t size = 0;
  std::array<std::uint8_t, longest_input> bytes{};
  properties::met seen;
};

enum class ending : std::uint8_t {
  finished,   ///< the work came to its end
  violation,  ///< it said so itself: `fail`
  leak,       ///< LeakSanitizer, after an input
  death,      ///< a sanitizer's report, a broken assertion, a signal
  silence,    ///< no execution ended for long
  stopped,    ///< `go_on` said so
};

/// How the child ended, and all that it wrote.
struct isolated_result {
  ending how = ending::finished;
  std::string output;
};

/// Runs `work` in a child. Asks `go_on` a few times a second.
[[nodiscard]] isolated_result run_isolated(flight_recorder& recorder,
                                           const std::function<void()>& work,
                                           const std::function<bool()>& go_on);

/// A recorder in shared memory; it lives as long as the process.
[[nodiscard]] flight_recorder& shared_recorder();

/// In the child: ends it with a violation.
[[noreturn]] void fail(const std::string& what);

/// In the child: ends it if something leaked since it began.
void require_no_leaks();

}  // namespace handfast::fuzz
