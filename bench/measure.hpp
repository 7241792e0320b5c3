// What one timed stretch cost: wall time, CPU time of the whole process, and
// how often its threads were switched out.
#pragma once

#include <chrono>
#include <cstdint>

#include <sys/resource.h>
#include <sys/time.h>

namespace handfast::bench {

using clock = std::chrono::steady_clock;

/// Cost of a stretch; all of the process's threads count.
struct cost {
  std::chrono::nanoseconds wall{};
  std::chrono::nanoseconds cpu{};
  std::int64_t switches = 0;
};

/// Runs from its construction until `stop`.
class stopwatch {
 public:
  stopwatch() : usage_(usage()), start_(clock::now()) {}

  [[nodiscard]] cost stop() const {
    const auto end = clock::now();
    const rusage now = usage();
    return {.wall = end - start_,
            .cpu = cpu_time(now) - cpu_time(usage_),
            .switches = switches(now) - switches(usage_)};
  }

 private:
  static rusage usage() {
    rusage now{};
    getrusage(RUSAGE_SELF, &now);
    return now;
  }
  static std::chrono::nanoseconds cpu_time(const rusage& of) {
    return std::chrono::seconds(of.ru_utime.tv_sec + of.ru_stime.tv_sec) +
           std::chrono::microseconds(of.ru_utime.tv_usec + of.ru_stime.tv_usec);
  }
  static std::int64_t switches(const rusage& of) { return of.ru_nvcsw + of.ru_nivcsw; }

  rusage usage_;
  clock::time_point start_;
};

}  // namespace handfast::bench
