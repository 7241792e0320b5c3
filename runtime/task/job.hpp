// What workers run, and whom it asks to be run again.
#pragma once

#include <handfast/sync/policy.hpp>

namespace handfast {

template <class Sync>
class job_list;

/// Something to run, once for each time that it is put into a queue. It lives elsewhere; whoever
/// runs it does not touch it after that.
template <class Sync>
class job {
 public:
  using runs = void (*)(job& self) noexcept;

  explicit job(runs how) noexcept : runs_(how) {}
  job(const job&) = delete;
  job& operator=(const job&) = delete;

  void run() noexcept { runs_(*this); }

 private:
  friend class job_list<Sync>;

  runs runs_;
  typename Sync::template var<job*> next_;  // in a list
};

/// Jobs in the order in which they came, through themselves. One thread at a time.
template <class Sync>
class job_list {
 public:
  job_list() = default;

  [[nodiscard]] bool empty() const noexcept { return first_.read() == nullptr; }

  void push(job<Sync>& last) noexcept {
    last.next_.write() = nullptr;
    (empty() ? first_.write() : last_.read()->next_.write()) = &last;
    last_.write() = &last;
  }
  /// The first; nullptr where there is none.
  [[nodiscard]] job<Sync>* pop() noexcept {
    job<Sync>* const first = first_.read();
    if (first != nullptr) {
      first_.write() = first->next_.read();
    }
    return first;
  }

 private:
  typename Sync::template var<job<Sync>*> first_;
  typename Sync::template var<job<Sync>*> last_;
};

}  // namespace handfast
