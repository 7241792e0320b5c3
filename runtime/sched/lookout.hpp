// When work is worth bringing to another worker.
//
// To wake a worker and fetch what a job uses costs as long as some tens of microseconds of work. So
// what a worker will get to within that time is left to it: tasks that hand over to each other
// stay on one core, where that costs them nanoseconds. What waits for longer is taken. What was
// just begun, and may be much work, is taken at once, but by who found it small the last times.
//
// Rules
//  1. Before a nap it is noted where the others' queues end. What lay there and lies there yet
//     after the nap has waited for it. So has what lies in the slot of one that has run nothing
//     meanwhile.
//  2. Naps that find nothing become longer, up to a few times the first. After a small catch comes
//     another nap.
//  3. There is nothing to see after if nobody has anything in a queue, nor has run any since.
#pragma once

#include <handfast/sync/busy_wait.hpp>
#include <handfast/sync/policy.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace handfast {

/// One worker's view of all, told apart by their places among them.
template <class Worker, sync_policy Sync>
class lookout {
 public:
  using deadline = typename Sync::deadline;

  explicit lookout(std::size_t workers) noexcept : noted_(workers) {}

  /// Whether what `other` has is worth coming for.
  [[nodiscard]] bool may_take(std::size_t place, const Worker& other) const noexcept {
    return has_begun(other) || (nap_is_over_ && has_waited(place, other));
  }
  /// Whether `other` has what is to be taken at once.
  [[nodiscard]] bool has_begun(const Worker& other) const noexcept {
    return !catches_are_small_ && other.has_started();
  }

  /// Before the first nap of some.
  template <class Workers>
  void begin(const Workers& all) noexcept {
    naps_ = 1;
    note(all);
  }
  /// When the nap that begins now is to end.
  [[nodiscard]] deadline end_of_nap() const noexcept {
    return Sync::clock::now() +
           typename deadline::duration(naps_ * Sync::limits::nanoseconds_to_move);
  }
  /// After a nap: whether to get up, for there is something to take, or nothing to see after.
  template <class Workers>
  [[nodiscard]] bool look(const Workers& all) noexcept {
    bool is_quiet = true;
    for (std::size_t place = 0; place < noted_.size(); ++place) {
      if (has_waited(place, *all[place])) {
        nap_is_over_ = true;
        return true;
      }
      is_quiet = is_quiet && !all[place]->has_more() && noted_[place].ran == all[place]->ran();
    }
    if (!is_quiet) {
      naps_ = naps_ < most_naps ? 2 * naps_ : naps_;
      note(all);
    }
    return is_quiet;
  }

  /// Something was taken, by a worker that has run so many jobs.
  void caught(std::uint64_t ran) noexcept {
    if constexpr (judges) {
      if (caught_at_ == 0) {
        caught_at_ = nanoseconds_now<Sync>();
        ran_before_ = ran;
      }
    }
  }
  /// The worker has nothing more to do, after so many.
  void judge(std::uint64_t ran) noexcept {
    if constexpr (judges) {
      if (caught_at_ != 0) {
        const std::int64_t each = (nanoseconds_now<Sync>() - caught_at_) /
                                  static_cast<std::int64_t>(ran - ran_before_ + 1);
        catches_are_small_ = each < nanoseconds_worth_it;
        nap_is_over_ = nap_is_over_ && !catches_are_small_;
        caught_at_ = 0;
      }
    }
  }

 private:
  static constexpr bool judges = Sync::limits::nanoseconds_to_move > 0;
  static constexpr std::int64_t most_naps = 4;
  static constexpr std::int64_t nanoseconds_worth_it = 500;  // of a job, on the average

  struct sight {
    std::int64_t queue_ends = 0;
    std::uint64_t ran = 0;
  };

  [[nodiscard]] bool has_waited(std::size_t place, const Worker& other) const noexcept {
    const sight& then = noted_[place];
    return (other.has_more() && other.queue_begins() < then.queue_ends) ||
           (other.has_next() && other.ran() == then.ran);
  }
  template <class Workers>
  void note(const Workers& all) noexcept {
    nap_is_over_ = false;
    for (std::size_t place = 0; place < noted_.size(); ++place) {
      noted_[place] = {.queue_ends = all[place]->queue_ends(), .ran = all[place]->ran()};
    }
  }

  std::vector<sight> noted_;
  std::int64_t naps_ = 1;
  bool nap_is_over_ = false;
  bool catches_are_small_ = false;
  std::int64_t caught_at_ = 0;
  std::uint64_t ran_before_ = 0;
};

}  // namespace handfast
