// Checks of a user's own code, as GoogleTest tests:
//
//     HANDFAST_CHECK(SpinLock, excludes) {
//       spin_lock<handfast::check::atomic> lock;
//       handfast::check::var<int> count;
//       auto body = [&] { lock.lock(); count.write() += 1; lock.unlock(); };
//       handfast::check::run_together(body, body);
//       handfast::check::require(count.read() == 2);
//     }
//
// The body is run again and again, in every way that the C++ memory model allows; the
// test passes when the search has come to its end and nothing was wrong. A failure
// prints a trace and a token.
//
// Flags of the test program: --handfast_replay=TOKEN runs that one execution again;
// --handfast_mode=exhaustive|random, --handfast_seed=N, --handfast_max_executions=N and
// --handfast_max_time=SECONDS override what the tests say. `handfast mutate --program` has flags
// of its own: --handfast_sites tells what a check reaches, --handfast_weaken=FILE:LINE:COLUMN:WAY
// makes one operation weaker than it is written, --handfast_json says how each check ended.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <source_location>
#include <string>

#include "models/check/global.hpp"
#include "models/check/std_atomic_ref.hpp"
#include "models/check/std_like.hpp"
#include "models/check/std_memory.hpp"
#include "models/check/std_stop.hpp"
#include "models/check/std_sync.hpp"

namespace handfast::check {

enum class mode : std::uint8_t {
  exhaustive,  ///< every execution, each once
  random,      ///< some, drawn from a seed
  bounded,     ///< every execution of at most so many preemptions, each once
};

struct options {
  check::mode how = mode::exhaustive;
  std::uint64_t seed = 1;
  /// More, and an exhaustive check has failed: it is bounded, and not verified.
  std::uint64_t max_executions = 10'000'000;
  double max_seconds = 600;
  /// Operations of one execution.
  std::uint32_t max_steps = 5'000;
  /// What `bounded` allows: changes away from a thread that could go on.
  std::uint32_t preemptions = 2;
  /// Processes that share the search; what comes out is the same.
  unsigned jobs = 1;
};

struct report {
  bool passed = false;
  bool skipped = false;  ///< --handfast_replay names another test
  std::string verdict;   ///< verified, searched, bounded, finding, vacuous, misuse
  std::uint64_t executions = 0;
  std::uint64_t blocked = 0;
  std::uint64_t operations = 0;  ///< instrumented, in all executions
  bool complete = false;         ///< the search came to its own end
  std::string kind;              ///< of a finding: "data race", …
  std::string text;              ///< what a person should see: the finding, its trace, its token
  std::string token;             ///< brings a finding back
};

/// Checks `body`, or does what the flags say.
[[nodiscard]] report run(const std::string& name, const std::function<void()>& body,
                         const options& how = {});

/// The same as part of a test: its failure is the test's.
void expect_holds(const std::string& name, const std::function<void()>& body,
                  const options& how = {},
                  std::source_location where = std::source_location::current());

}  // namespace handfast::check

#define HANDFAST_CHECK(suite, name) HANDFAST_CHECK_WITH(suite, name, {})

/// With `options`: HANDFAST_CHECK_WITH(Suite, name, {.how = handfast::check::mode::random}) { … }
#define HANDFAST_CHECK_WITH(suite, name, ...)                                             \
  static void handfast_body_of_##suite##_##name();                                        \
  TEST(suite, name) {                                                                     \
    ::handfast::check::expect_holds(#suite "." #name, &handfast_body_of_##suite##_##name, \
                                    ::handfast::check::options __VA_ARGS__);              \
  }                                                                                       \
  static void handfast_body_of_##suite##_##name()
