// A lock held for a scope, for any policy's mutex.
#pragma once

#include <handfast/sync/policy.hpp>

namespace handfast {

/// Locks on construction, unlocks on destruction; reports the caller's line.
template <class Sync>
class [[nodiscard]] lock_guard {
 public:
  explicit lock_guard(typename Sync::mutex& mutex,
                      std::source_location where = std::source_location::current())
      : mutex_(mutex), where_(where) {
    mutex_.lock(where_);
  }
  lock_guard(const lock_guard&) = delete;
  lock_guard& operator=(const lock_guard&) = delete;
  ~lock_guard() { mutex_.unlock(where_); }

 private:
  typename Sync::mutex& mutex_;
  std::source_location where_;
};

}  // namespace handfast
