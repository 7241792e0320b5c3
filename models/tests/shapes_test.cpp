// What users mix in: each shape used rightly, in every execution, and used wrongly, which
// is found.
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "models/check/check.hpp"

namespace handfast {
namespace {

// What a wrong use is found as.
std::string finding_in(const std::function<void()>& body) {
  const check::report made = check::run("Some.test", body);
  EXPECT_FALSE(made.passed);
  return made.text.substr(0, made.text.find(':'));
}

// shared_mutex -------------------------------------------------------------------------

template <class Reading>
void one_writes_two_read() {
  check::shared_mutex mutex;
  check::var<int> data{0};
  const auto reads = [&] {
    Reading hold(mutex);
    std::ignore = data.read();
  };
  check::run_together(
      [&] {
        const std::unique_lock hold(mutex);
        data.write() += 1;
      },
      reads, reads);
}
HANDFAST_CHECK(SharedMutex, ReadersShareAndWritersExclude) {
  one_writes_two_read<std::shared_lock<check::shared_mutex>>();
}
HANDFAST_CHECK(SharedMutex, WritersExcludeEachOther) {
  check::shared_mutex mutex;
  check::var<int> data{0};
  const auto writes = [&] {
    if (mutex.try_lock()) {
      data.write() += 1;
      mutex.unlock();
      check::reachable("the lock was free");
    } else {
      check::reachable("the lock was not free");
    }
  };
  check::run_together(writes, writes, [&] {
    check::sometimes(mutex.try_lock_shared() && (mutex.unlock_shared(), true), "read");
  });
}
TEST(SharedMutexUsedWrongly, IsFound) {
  EXPECT_EQ(finding_in([] {
              check::shared_mutex mutex;
              check::var<int> data{0};
              const auto writes = [&] {
                const std::shared_lock hold(mutex);
                data.write() += 1;
              };
              check::run_together(writes, writes);
            }),
            "data race");
  EXPECT_EQ(finding_in([] { check::shared_mutex().unlock_shared(); }),
            "unlock of a mutex not held");
  EXPECT_EQ(finding_in([] {
              check::shared_mutex mutex;
              mutex.lock_shared();
              mutex.unlock();
            }),
            "unlock of a mutex not held");
}

// call_once ----------------------------------------------------------------------------

HANDFAST_CHECK(CallOnce, IsOnceAndSeenByAll) {
  check::once_flag once;
  check::var<int> data{0};
  const auto body = [&] {
    check::call_once(once, [&] { data.write() += 1; });
    check::require(data.read() == 1, "it has been");
  };
  check::run_together(body, body, body);
}
HANDFAST_CHECK(CallOnce, WhatThrowsHasNotBeen) {
  check::once_flag once;
  check::atomic<int> calls{0};
  const auto body = [&] {
    try {
      check::call_once(once, [&] {
        if (calls.fetch_add(1) == 0) {
          throw std::runtime_error("not yet");
        }
      });
    } catch (const std::runtime_error&) {
    }
  };
  check::run_together(body, body);
  check::require(calls == 2);
}

// latch, barrier, semaphores -----------------------------------------------------------

HANDFAST_CHECK(Latch, LetsGoWhenAllHaveCome) {
  check::latch all(2);
  check::var<int> first{0}, second{0};
  check::run_together(
      [&] {
        first.write() = 1;
        all.count_down();
      },
      [&] {
        second.write() = 1;
        all.count_down();
      },
      [&] {
        check::sometimes(all.try_wait(), "at once");
        all.wait();
        check::require(first.read() + second.read() == 2);
      });
}
TEST(LatchUsedWrongly, IsFound) {
  EXPECT_EQ(finding_in([] {
              check::latch all(1);
              all.count_down(2);
            }),
            "misuse");
  EXPECT_EQ(finding_in([] { check::latch(1).wait(); }), "livelock");
  EXPECT_EQ(finding_in([] {
              check::latch all(1);
              check::var<int> data{0};
              check::run_together(
                  [&] {
                    all.count_down();
                    data.write() = 1;
                  },
                  [&] {
                    all.wait();
                    std::ignore = data.read();
                  });
            }),
            "data race");
}

HANDFAST_CHECK(Barrier, HasPhases) {
  check::var<int> left{0}, right{0};
  check::atomic<int> phases{0};
  const auto count = [&]() noexcept { phases.fetch_add(1, std::memory_order::relaxed); };
  check::barrier both(2, count);
  check::run_together(
      [&] {
        left.write() = 1;
        both.arrive_and_wait();
        check::require(right.read() == 1);
        both.arrive_and_drop();
      },
      [&] {
        right.write() = 1;
        auto arrival = both.arrive();
        both.wait(std::move(arrival));
        check::require(left.read() == 1);
        both.arrive_and_wait();
        left.write() = 2;
        both.arrive_and_wait();  // alone now
      });
  check::require(phases == 3);
}
TEST(BarrierUsedWrongly, IsFound) {
  EXPECT_EQ(finding_in([] {
              check::barrier<> both(2);
              check::var<int> data{0};
              check::run_together(
                  [&] {
                    both.arrive_and_wait();
                    data.write() = 1;
                  },
                  [&] {
                    both.arrive_and_wait();
                    std::ignore = data.read();
                  });
            }),
            "data race");
  EXPECT_EQ(finding_in([] { std::ignore = check::barrier<>(1).arrive(2); }), "misuse");
}

template <std::ptrdiff_t Permits>
void guarded_by_a_semaphore() {
  check::counting_semaphore<2> permits(Permits);
  check::var<int> data{0};
  const auto body = [&] {
    permits.acquire();
    data.write() += 1;
    permits.release();
  };
  check::run_together(body, body);
}
HANDFAST_CHECK(Semaphore, OfOneExcludes) {
  guarded_by_a_semaphore<1>();
}
HANDFAST_CHECK(Semaphore, MayNotBeHadInTime) {
  check::binary_semaphore permit(0);
  check::run_together([&] { permit.release(); },
                      [&] {
                        const bool had = permit.try_acquire_for(1);
                        check::sometimes(had, "had");
                        check::sometimes(!had, "not in time");
                        check::sometimes(permit.try_acquire(), "then");
                      });
}
TEST(SemaphoreUsedWrongly, IsFound) {
  EXPECT_EQ(finding_in(guarded_by_a_semaphore<2>), "data race");
  EXPECT_EQ(finding_in([] { check::binary_semaphore(1).release(); }), "misuse");
}

// shared_ptr ---------------------------------------------------------------------------

struct counted {
  explicit counted(check::atomic<int>& ends) : ends_(ends) {}
  ~counted() { ends_.fetch_add(1, std::memory_order::relaxed); }
  check::atomic<int>& ends_;
  check::var<int> data{1};
};

HANDFAST_CHECK(SharedPtr, TheLastOwnerEndsIt) {
  check::atomic<int> ends{0};
  {
    auto first = check::make_shared<counted>(ends);
    check::run_together([mine = first] { check::require(mine->data.read() == 1); },
                        [mine = first] { check::require((*mine).data.read() == 1); });
    check::require(first.use_count() == 1);
    first.reset();
  }
  check::require(ends == 1);
}
HANDFAST_CHECK(SharedPtr, AWeakOneHasItOrNot) {
  check::atomic<int> ends{0};
  auto owner = check::make_shared<counted>(ends);
  check::run_together(
      [&, watcher = check::weak_ptr<counted>(owner)] {
        if (const auto mine = watcher.lock()) {
          check::require(mine->data.read() == 1 && ends == 0);
          check::reachable("in time");
        } else {
          check::require(watcher.expired());
          check::reachable("too late");
        }
      },
      [&] { owner.reset(); });
  check::require(ends == 1);
}
TEST(SharedPtrUsedWrongly, IsFound) {
  EXPECT_EQ(finding_in([] {
              check::atomic<int> ends{0};
              auto both = check::make_shared<counted>(ends);
              check::run_together([&] { both.reset(); }, [&] { const auto mine = both; });
            }),
            "data race");
  EXPECT_EQ(finding_in([] {
              check::atomic<int> ends{0};
              auto owner = check::make_shared<counted>(ends);
              counted* const raw = owner.get();
              owner.reset();
              std::ignore = raw->data.read();
            }),
            "use after free");
  EXPECT_EQ(finding_in([] {
              struct node {
                check::shared_ptr<node> next;
              };
              auto ring = check::make_shared<node>();
              ring->next = ring;
              check::atomic<int> x{0};
              ++x;
            }),
            "memory leak");
}

// Waiting on atomics, stopping ---------------------------------------------------------

struct pair_of_ints {
  int a;
  int b;
};
template <bool Notifies>
void waits_for_a_change() {
  check::atomic<pair_of_ints> word{{0, 0}};
  check::run_together(
      [&] {
        word.store({0, 1}, std::memory_order::release);
        if (Notifies) {
          word.notify_one();
        }
      },
      [&] {
        word.wait({0, 0}, std::memory_order::acquire);
        check::require(word.load(std::memory_order::relaxed).b == 1);
      });
}
HANDFAST_CHECK(AtomicWait, WakesWhenItHasChanged) {
  waits_for_a_change<true>();
}
TEST(AtomicWaitUsedWrongly, IsFound) {
  EXPECT_EQ(finding_in(waits_for_a_change<false>), "deadlock");
}

HANDFAST_CHECK(JThread, IsAskedToStopAndJoined) {
  check::atomic<bool> ended{false};
  {
    const check::jthread worker([&](const check::stop_token& token) {
      while (!token.stop_requested()) {
        check::pause();
      }
      ended = true;
    });
  }
  check::require(ended);
}
HANDFAST_CHECK(JThread, WakesThatWaitAreStopped) {
  check::mutex mutex;
  check::condition_variable_any changed;
  bool ready = false;
  check::jthread worker([&](const check::stop_token& token) {
    std::unique_lock lock(mutex);
    const bool was = changed.wait(lock, token, [&] { return ready; });
    check::sometimes(was, "ready");
    check::sometimes(!was, "stopped");
  });
  if (check::choose(2) == 0) {
    {
      const std::lock_guard hold(mutex);
      ready = true;
    }
    changed.notify_one();
  }
}
HANDFAST_CHECK(StopCallback, IsCalledOnceOrGone) {
  check::stop_source source;
  check::atomic<int> calls{0};
  check::run_together([&] { source.request_stop(); },
                      [&, token = source.get_token()] {
                        {
                          const check::stop_callback counts(token, [&] { ++calls; });
                        }
                        const int by_then = calls;
                        check::sometimes(by_then == 1, "called");
                        check::sometimes(by_then == 0, "gone before");
                      });
}
TEST(JThreadUsedWrongly, IsFound) {
  EXPECT_EQ(finding_in([] {
              check::atomic<bool> stop{false};
              const check::jthread deaf([&] {
                while (!stop) {
                  check::pause();
                }
              });
            }),
            "livelock");
}

// Threads that threads make -------------------------------------------------------------

// Brought about again, an execution has the maker's own work before anything that its thread did.
HANDFAST_CHECK(Thread, DoesNothingBeforeItIsMade) {
  check::atomic<bool> done{false};
  check::var<int> data{0};
  check::thread maker([&] {
    data.write() = 1;
    check::thread made([&] { done.store(true, std::memory_order::release); });
    made.join();
  });
  if (done.load(std::memory_order::acquire)) {
    check::require(data.read() == 1);
    check::reachable("what a thread's thread did was seen");
  }
  maker.join();
}

// atomic_ref ---------------------------------------------------------------------------

HANDFAST_CHECK(AtomicRef, IsAtomicAmongPlainAccesses) {
  check::mixed<int> data{1};
  data.write(2);
  const auto adds = [&] { check::atomic_ref(data).fetch_add(1, std::memory_order::relaxed); };
  check::run_together(adds, adds);
  check::require(data.read() == 4);
}
TEST(AtomicRefUsedWrongly, IsFound) {
  const auto racy = [] {
    check::mixed<int> data{1};
    check::run_together([&] { check::atomic_ref(data).fetch_add(1); },
                        [&] { check::require(data.read() > 0); });
  };
  EXPECT_EQ(finding_in(racy), "data race");
  check::options random;
  random.how = check::mode::random;
  EXPECT_EQ(check::run("Some.test", racy, random).verdict, "finding");
}

// What outlives the body ---------------------------------------------------------------

check::global<check::atomic<int>> tickets{7};

HANDFAST_CHECK(Globals, AreNewInEachExecution) {
  check::atomic<int> taken{0};
  const auto body = [&] { taken.fetch_add(tickets->fetch_add(1) - 7); };
  check::run_together(body, body);
  check::require(taken == 1 && *tickets == 9);
}
TEST(StaticsThatOutliveTheBody, AreFound) {
  EXPECT_EQ(finding_in([] {
              static int runs = 0;
              check::atomic<int> x{0};
              check::run_together([&] { x = ++runs; }, [&] { x = 1; });
            }),
            "non-deterministic body");
}

// Code that takes its atomics as a parameter, unchanged --------------------------------

template <template <class> class Atom = std::atomic>
class ticket_lock {
 public:
  void lock() {
    const unsigned mine = next_.fetch_add(1, std::memory_order::relaxed);
    while (serving_.load(std::memory_order::acquire) != mine) {
      check::pause();
    }
  }
  void unlock() {
    serving_.store(serving_.load(std::memory_order::relaxed) + 1, std::memory_order::release);
  }

 private:
  Atom<unsigned> next_{0};
  Atom<unsigned> serving_{0};
};
template class ticket_lock<std::atomic>;

HANDFAST_CHECK(AtomParameter, ATicketLockExcludes) {
  ticket_lock<check::atomic> lock;
  check::var<int> data{0};
  const auto body = [&] {
    const std::lock_guard hold(lock);
    data.write() += 1;
  };
  check::run_together(body, body);
  check::require(data.read() == 2);
}
HANDFAST_CHECK(AtomParameter, PointersAreCountedInElements) {
  int all[3] = {1, 2, 3};
  check::atomic<int*> next{all};
  check::atomic<int> sum{0};
  const auto body = [&] { sum += *next.fetch_add(1); };
  check::run_together(body, body);
  check::require(sum == 3 && next == all + 2);
}

}  // namespace
}  // namespace handfast
