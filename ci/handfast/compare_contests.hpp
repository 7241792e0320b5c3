// What `handfast compare` can measure: workloads, who takes part, and which of them meet.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ci/handfast/verbs.hpp"

namespace handfast::ci {

struct metric {
  std::string_view name;
  std::string_view unit;
  std::string_view says;  ///< above its column
  bool more_is_better = false;
  bool in_table = true;
};

/// How a plot shows several metrics: the first as a bar with the others as dots on it, all
/// as dots on a line, each in a panel of its own.
enum class drawn { bar, dots, apart };

/// Producers and consumers.
using crowd = std::pair<unsigned, unsigned>;

/// Who runs: threads on channels, or tasks on workers.
enum class played_by { threads, tasks };

struct workload {
  std::string_view name;
  std::string_view does;
  std::vector<metric> metrics;
  std::vector<std::uint64_t> capacities;  ///< unasked
  std::vector<crowd> crowds;              ///< unasked
  drawn as = drawn::bar;
  bool one_of_each = false;    ///< takes no other crowd
  bool needs_rivals = false;   ///< at least two on one side
  bool needs_room = false;     ///< a thread sends before it receives
  unsigned times_as_long = 1;  ///< a measurement, next to others
  played_by by = played_by::threads;
  bool has_channel = true;  ///< else there is one of it for each number of workers
};

/// All but the checks of scenarios.
[[nodiscard]] const std::vector<workload>& workloads();

/// The workload that is no measurement: scenarios under the checker.
inline constexpr std::string_view check_workload = "check";

/// The capacity of a channel that is never full; the greatest of all.
inline constexpr std::uint64_t unbounded = ~std::uint64_t{0};

[[nodiscard]] std::string capacity_text(std::uint64_t capacity);

struct contest {
  const workload* what;
  std::uint64_t capacity;
  unsigned item_bytes;
  crowd who;
  unsigned workers;  ///< threads that run the tasks; 0: no tasks
};

/// A channel, or a runtime, that a program can measure.
struct contender {
  std::string program;
  std::string name;
  std::string scenarios;  ///< the concept that checks it; empty: none
  std::string version;
  std::uint64_t least_capacity = 1;
  std::uint64_t most_capacity = unbounded;
  unsigned producers = 1;  ///< at most
  unsigned consumers = 1;
  unsigned workers = 1;
  bool sleeps = true;
  bool wrong = false;
  bool is_ours = false;
  std::vector<std::pair<std::string, unsigned>> contests;  ///< workload, item size

  [[nodiscard]] bool ours() const { return is_ours; }
  [[nodiscard]] bool can(const contest& one) const;
};

/// One name; what it can do may be several channels' work, one for each capacity.
struct participant {
  std::vector<contender> channels;

  [[nodiscard]] const contender& about() const { return channels.front(); }
  [[nodiscard]] const contender* for_contest(const contest& one) const;
  /// Whether it has anything to do with them.
  [[nodiscard]] bool plays(played_by kind) const;
};

/// The programs that measure, and what is known of those that are not there.
struct field {
  std::vector<participant> all;
  std::vector<std::string> left_out;  ///< a line each
};

/// Those that are chosen, ours first; throws `usage_error` where a pattern fits none.
[[nodiscard]] field chosen_field(const compare_options& options);

/// The contests that are chosen and that one of `field` can do.
[[nodiscard]] std::vector<contest> chosen_contests(const compare_options& options,
                                                   std::span<const participant> all);

[[nodiscard]] bool wants_checks(const compare_options& options, std::span<const participant> all);

/// Drops those that have nothing to do with any of `contests`, nor with the checks.
void drop_bystanders(std::vector<participant>& all, std::span<const contest> contests, bool checks);

/// The words that a program takes for one measurement, itself first.
[[nodiscard]] std::vector<std::string> measure_command(const contender& of, const contest& one,
                                                       unsigned milliseconds);

}  // namespace handfast::ci
