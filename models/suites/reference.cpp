#include "models/suites/reference.hpp"

#include <array>
#include <functional>
#include <memory>
#include <optional>

#include "models/adapters/checker_sync.hpp"

namespace handfast::reference {
namespace {

using sync = checker_sync;
using std::uint32_t;
using word = sync::atomic<int>;

constexpr order rlx = order::relaxed;
constexpr order acq = order::acquire;
constexpr order rel = order::release;
constexpr order sc = order::seq_cst;

// Threads over what they share, made and joined by the first thread.
template <class... Body>
void together(Body... bodies) {
  std::array<sync::thread, sizeof...(Body)> threads{sync::thread(bodies)...};
  for (sync::thread& each : threads) {
    each.join();
  }
}
template <int Count, class Body>
void each_of(Body body) {
  std::array<sync::thread, Count> threads;
  for (int i = 0; i < Count; ++i) {
    threads[static_cast<std::size_t>(i)] = sync::thread([body, i] { body(i); });
  }
  for (sync::thread& each : threads) {
    each.join();
  }
}
std::size_t at(int index) {
  return static_cast<std::size_t>(index);
}

// Litmus ------------------------------------------------------------------------------

void store_buffering() {
  word x, y;
  together(
      [&] {
        x.store(1, rel);
        (void)y.load(acq);
      },
      [&] {
        y.store(1, rel);
        (void)x.load(acq);
      });
}
void message_passing() {
  word x, y;
  together(
      [&] {
        x.store(1, rel);
        y.store(1, rel);
      },
      [&] {
        (void)y.load(acq);
        (void)x.load(acq);
      });
}
template <order First, order Second>
void two_plus_two_writes() {
  word x, y;
  together(
      [&] {
        x.store(1, First);
        y.store(2, Second);
      },
      [&] {
        y.store(1, First);
        x.store(2, Second);
      });
}
void two_plus_two_writes_fenced() {
  word x, y;
  together(
      [&] {
        x.store(1, rlx);
        sync::fence(sc);
        y.store(2, rlx);
      },
      [&] {
        y.store(1, rlx);
        sync::fence(sc);
        x.store(2, rlx);
      });
}
void store_buffering_fenced() {
  word x, y;
  together(
      [&] {
        x.store(1, rlx);
        sync::fence(sc);
        (void)y.load(rlx);
      },
      [&] {
        y.store(1, rlx);
        sync::fence(sc);
        (void)x.load(rlx);
      });
}
void coherent_reads() {
  word x;
  together(
      [&] {
        x.store(1, rel);
        x.store(2, rel);
      },
      [&] {
        (void)x.load(acq);
        (void)x.load(acq);
      });
}
void read_to_write_causality() {
  word x, y;
  together([&] { x.store(1, rlx); },
           [&] {
             (void)x.load(rlx);
             sync::fence(sc);
             (void)y.load(rlx);
           },
           [&] {
             y.store(1, rlx);
             sync::fence(sc);
             (void)x.load(rlx);
           });
}
void three_writers_four_reads() {
  word x;
  together([&] { x.store(1, rlx); }, [&] { x.store(2, rlx); }, [&] { x.store(3, rlx); },
           [&] {
             for (int i = 0; i < 4; ++i) {
               (void)x.load(rlx);
             }
           });
}
void increments_and_a_write() {
  word x;
  together([&] { x.fetch_add(1, rlx); }, [&] { x.store(4, rel); }, [&] { x.fetch_add(2, rlx); });
}
void release_sequence() {
  word x, y;
  together(
      [&] {
        x.store(1, rlx);
        y.store(1, rel);
        y.store(2, rlx);
      },
      [&] { (void)y.exchange(3, rlx); },
      [&] {
        (void)y.load(rlx);
        sync::fence(order::acq_rel);
        (void)x.load(rlx);
      });
}

// Counters ----------------------------------------------------------------------------

template <int Threads, int Words>
void atomic_increments() {
  std::array<word, Words> words;
  each_of<Threads>([&](int) {
    for (word& each : words) {
      each.fetch_add(1, rlx);
    }
  });
}
template <int Threads>
void read_then_write() {
  word x;
  each_of<Threads>([&](int i) { x.store(x.load(rlx) + (1 << i), rel); });
}
template <int Threads>
void rotating_exchange() {
  word x;
  each_of<Threads>([&](int i) {
    int expected = i;
    x.compare_exchange_strong(expected, i + 1, rlx, rlx);
  });
}
template <int Threads>
void locked_increments() {
  sync::mutex mutex;
  word x;
  each_of<Threads>([&](int) {
    mutex.lock();
    x.store(x.load(rlx) + 1, rlx);
    mutex.unlock();
  });
}
void locked_fibonacci() {
  sync::mutex mutex;
  sync::var<int> i(1), j(1);
  const auto turn = [&](sync::var<int>& to, sync::var<int>& from) {
    for (int n = 0; n < 5; ++n) {
      mutex.lock();
      to.write() += from.read();
      mutex.unlock();
    }
  };
  sync::thread first([&] { turn(i, j); });
  sync::thread second([&] { turn(j, i); });
  mutex.lock();
  (void)i.read();
  mutex.unlock();
  mutex.lock();
  (void)j.read();
  mutex.unlock();
  first.join();
  second.join();
}

// Locks -------------------------------------------------------------------------------

struct is_zero {
  bool operator()(int value) const { return value == 0; }
};

template <int Threads>
void test_and_set_lock() {
  word state;
  sync::var<int> shared;
  each_of<Threads>([&](int i) {
    state.await(is_zero{}, rlx);
    sync::assume(state.exchange(1, acq) == 0);
    shared.write() = i;
    (void)shared.read();
    state.store(0, rel);
  });
}

struct is_other {
  bool operator()(int value, int than) const { return value != than; }
};

void futex_mutex() {
  word m, signal;
  sync::var<int> shared;
  each_of<3>([&](int i) {
    const auto take = [&](int to) {
      int expected = 0;
      return m.compare_exchange_strong(expected, to, acq, acq);
    };
    if (!take(1)) {
      for (;;) {
        int held = 1;
        const bool changed = m.compare_exchange_strong(held, 2, rlx, rlx);
        const int seen = signal.load(acq);
        if (m.load(acq) == 2) {
          signal.await(is_other{}, seen, acq);
        }
        if (take(2)) {
          break;
        }
        sync::assume(changed);
      }
    }
    shared.write() = i;
    (void)shared.read();
    int alone = 1;
    if (!m.compare_exchange_strong(alone, 0, rel, rel)) {
      m.store(0, rel);
      signal.fetch_add(1, rel);
    }
  });
}

struct is_positive {
  bool operator()(int value) const { return value > 0; }
};
struct equals {
  bool operator()(int value, int what) const { return value == what; }
};

void reader_writer_lock() {
  constexpr int bias = 0x100000;
  word lock(bias);
  sync::var<int> data;
  each_of<3>([&](int) {
    sync::assume(lock.fetch_sub(1, acq) > 0);
    (void)data.read();
    lock.fetch_add(1, rel);
    sync::assume(lock.fetch_sub(bias, acq) == bias);
    data.write() = 1;
    lock.fetch_add(bias, rel);
  });
}

template <int Threads>
void lamport_fast_mutex() {
  word x, y;
  std::array<word, Threads + 1> b;
  each_of<Threads>([&](int thread) {
    const int i = thread + 1;
    for (;;) {
      b[at(i)].store(1, sc);
      x.store(i, sc);
      if (y.load(sc) != 0) {
        b[at(i)].store(0, sc);
        y.await(is_zero{}, sc);
        continue;
      }
      y.store(i, sc);
      if (x.load(sc) != i) {
        b[at(i)].store(0, sc);
        for (int j = 1; j <= Threads; ++j) {
          b[at(j)].await(is_zero{}, sc);
        }
        if (y.load(sc) != i) {
          y.await(is_zero{}, sc);
          continue;
        }
      }
      break;
    }
    y.store(0, sc);
    b[at(i)].store(0, sc);
  });
}

// Queues, stacks, deques --------------------------------------------------------------

template <int Messages, bool Tries>
void ring_of_one_producer() {
  constexpr int capacity = 2;
  word head, tail;
  std::array<sync::var<int>, capacity> buffer;
  together(
      [&] {
        for (int i = 0; i < Messages; ++i) {
          const int t = tail.load(rlx);
          const bool room = t - head.load(acq) < capacity;
          if (!Tries) {
            sync::assume(room);
          }
          if (room) {
            buffer[at(t % capacity)].write() = i + 1;
            tail.store(t + 1, rel);
          }
        }
      },
      [&] {
        for (int i = 0; i < Messages; ++i) {
          const int h = head.load(rlx);
          const bool some = tail.load(acq) != h;
          if (!Tries) {
            sync::assume(some);
          }
          if (some) {
            const int v = buffer[at(h % capacity)].read();
            sync::assert_that(Tries ? v > 0 : v == i + 1, "what was put in comes out");
            head.store(h + 1, rel);
          }
        }
      });
}

template <int PushTries, int PopTries, int Items>
void vyukov_queue() {
  constexpr int capacity = 2;
  word enqueue, dequeue;
  struct cell {
    explicit cell(int begins) : sequence(begins) {}
    word sequence;
    sync::var<int> data;
  };
  std::array<std::optional<cell>, capacity> cells;
  for (int i = 0; i < capacity; ++i) {
    cells[at(i)].emplace(i);
  }
  const auto push = [&] {
    int position = enqueue.load(rlx);
    cell& its = *cells[at(position % capacity)];
    if (its.sequence.load(acq) != position ||
        !enqueue.compare_exchange_strong(position, position + 1, rlx, rlx)) {
      return false;
    }
    its.data.write() = 7;
    its.sequence.store(position + 1, rel);
    return true;
  };
  const auto pop = [&] {
    int position = dequeue.load(rlx);
    cell& its = *cells[at(position % capacity)];
    if (its.sequence.load(acq) != position + 1 ||
        !dequeue.compare_exchange_strong(position, position + 1, rlx, rlx)) {
      return false;
    }
    sync::assert_that(its.data.read() == 7, "what was put in comes out");
    its.sequence.store(position + capacity, rel);
    return true;
  };
  each_of<4>([&](int i) {
    for (int n = 0; n < Items; ++n) {
      for (int tries = i < 2 ? PushTries : PopTries; tries > 0; --tries) {
        if (i < 2 ? push() : pop()) {
          break;
        }
      }
    }
  });
}

struct deque {
  static constexpr int size = 4;

  void push(int x) {
    const int b = bottom.load(rlx);
    const int t = top.load(acq);
    if (b - t > size - 1) {
      return;
    }
    array[at(b % size)].store(x, rlx);
    sync::fence(rel);
    bottom.store(b + 1, rlx);
  }
  void take() {
    const int b = bottom.load(rlx) - 1;
    bottom.store(b, rlx);
    sync::fence(sc);
    int t = top.load(rlx);
    if (t > b) {
      bottom.store(b + 1, rlx);
      return;
    }
    (void)array[at(b % size)].load(rlx);
    if (t == b) {
      top.compare_exchange_strong(t, t + 1, sc, rlx);
      bottom.store(b + 1, rlx);
    }
  }
  void steal() {
    int t = top.load(acq);
    sync::fence(sc);
    const int b = bottom.load(acq);
    if (t < b) {
      (void)array[at(t % size)].load(rlx);
      top.compare_exchange_strong(t, t + 1, sc, rlx);
    }
  }

  word top, bottom;
  std::array<word, size> array;
};

template <int Pushes, int Takes, int Thieves, int Steals>
void chase_lev() {
  deque its;
  each_of<Thieves + 1>([&](int i) {
    if (i > 0) {
      for (int n = 0; n < Steals; ++n) {
        its.steal();
      }
      return;
    }
    for (int n = 0; n < Pushes; ++n) {
      its.push(n + 1);
    }
    for (int n = 0; n < Takes; ++n) {
      its.take();
    }
  });
}

template <int Threads>
void treiber_stack() {
  word top;
  std::array<word, Threads + 1> next;
  std::array<sync::var<int>, Threads + 1> data;
  each_of<Threads>([&](int thread) {
    const int mine = thread + 1;
    data[at(mine)].write() = mine * 10;
    for (int t = top.load(rlx);; t = top.load(rlx)) {
      next[at(mine)].store(t, rlx);
      if (top.compare_exchange_strong(t, mine, rel, rlx)) {
        break;
      }
    }
    for (int t = top.load(acq); t != 0; t = top.load(acq)) {
      if (top.compare_exchange_strong(t, next[at(t)].load(rlx), rlx, rlx)) {
        (void)data[at(t)].read();
        break;
      }
    }
  });
}

// Michael and Scott's queue, its nodes by number; a pointer has a count in its
// upper half. As with the peer, rounds of dequeue's loop that changed nothing are not
// explored, and those of enqueue's are.
struct counted_queue {
  static constexpr int most_nodes = 8;
  using pointer = std::uint64_t;

  static pointer make(std::uint64_t node, std::uint64_t count) { return count << 32U | node; }
  static std::uint64_t node_of(pointer from) { return from & 0xffffffffU; }
  static std::uint64_t count_of(pointer from) { return from >> 32U; }

  sync::atomic<pointer>& next_of(pointer of) { return next[node_of(of)]; }

  void enqueue(std::uint64_t node) {
    value[node].write() = 1;
    const pointer before = next[node].load(rlx);
    next[node].store(make(0, count_of(before)), rlx);
    for (;;) {
      pointer last = tail.load(acq);
      pointer after = next_of(last).load(acq);
      if (tail.load(rlx) != last) {
        continue;
      }
      if (node_of(after) == 0 &&
          next_of(last).compare_exchange_strong(after, make(node, count_of(after) + 1), rel, rlx)) {
        tail.compare_exchange_strong(last, make(node, count_of(last) + 1), rel, rlx);
        return;
      }
      const pointer now = next_of(last).load(acq);
      pointer seen = last;
      tail.compare_exchange_strong(seen, make(node_of(now), count_of(last) + 1), rel, rlx);
    }
  }

  void dequeue() {
    for (;;) {
      pointer first = head.load(acq);
      pointer last = tail.load(acq);
      const pointer after = next_of(first).load(acq);
      sync::assume(head.load(rlx) == first);
      if (node_of(first) != node_of(last)) {
        (void)value[node_of(after)].read();
        sync::assume(head.compare_exchange_strong(first, make(node_of(after), count_of(first) + 1),
                                                  rel, rlx));
        return;
      }
      if (node_of(after) == 0) {
        return;
      }
      sync::assume(
          tail.compare_exchange_strong(last, make(node_of(after), count_of(last) + 1), rel, rlx));
    }
  }

  sync::atomic<pointer> head{make(1, 0)};
  sync::atomic<pointer> tail{make(1, 0)};
  std::array<sync::atomic<pointer>, most_nodes> next;
  std::array<sync::var<int>, most_nodes> value;
};

template <int Readers, int Writers, int Both>
void michael_scott_queue() {
  counted_queue its;
  each_of<Readers + Writers + Both>([&](int i) {
    if (i >= Readers) {
      its.enqueue(static_cast<std::uint64_t>(i) + 2);
    }
    if (i < Readers || i >= Readers + Writers) {
      its.dequeue();
    }
  });
}

// A channel over one mutex with condition variables that are queues of flags: a
// stand-in that the peer can run.
template <int Producers, int Messages, bool Closes>
void flag_channel() {
  constexpr int most_waits = 16;
  struct waiters {
    std::array<word, most_waits> flags;
    int first = 0;
    int last = 0;
  };
  sync::mutex mutex;
  waiters items;
  waiters space;
  int count = 0;
  bool closed = false;
  const auto wait = [&](waiters& all) {
    word& flag = all.flags[at(all.last++)];
    mutex.unlock();
    flag.await(is_positive{}, acq);
    mutex.lock();
  };
  const auto notify_one = [](waiters& all) {
    if (all.first < all.last) {
      all.flags[at(all.first++)].store(1, rel);
    }
  };
  std::array<sync::thread, Producers> producers;
  for (sync::thread& each : producers) {
    each = sync::thread([&] {
      for (int i = 0; i < Messages; ++i) {
        mutex.lock();
        while (count == 1) {
          wait(space);
        }
        ++count;
        notify_one(items);
        mutex.unlock();
      }
    });
  }
  sync::thread consumer([&] {
    for (int i = 0; i < Producers * Messages + (Closes ? 1 : 0); ++i) {
      mutex.lock();
      while (count == 0 && !closed) {
        wait(items);
      }
      if (count == 0) {
        mutex.unlock();
        break;
      }
      --count;
      notify_one(space);
      mutex.unlock();
    }
  });
  for (sync::thread& each : producers) {
    each.join();
  }
  if (Closes) {
    mutex.lock();
    closed = true;
    while (items.first < items.last) {
      notify_one(items);
    }
    mutex.unlock();
  }
  consumer.join();
}

}  // namespace

const std::vector<program>& programs() {
  static const std::vector<program> all{
      {"SB", 4, 0, false, store_buffering},
      {"MP", 3, 0, false, message_passing},
      {"2+2W", 4, 0, false, two_plus_two_writes<rel, rel>},
      {"2+2W+4sc", 3, 0, false, two_plus_two_writes<sc, sc>},
      {"2+2W+scfs", 3, 0, false, two_plus_two_writes_fenced},
      {"SB+scfs", 3, 0, false, store_buffering_fenced},
      {"CoRR", 6, 0, false, coherent_reads},
      {"RWC+syncs", 7, 0, false, read_to_write_causality},
      {"w+w+w+reads", 210, 0, false, three_writers_four_reads},
      {"inc2w", 6, 0, false, increments_and_a_write},
      {"relseq", 20, 0, false, release_sequence},
      {"ainc 8", 40320, 47435, false, atomic_increments<8, 1>},
      {"ainc 9", 362880, 44092, true, atomic_increments<9, 1>},
      {"binc 5", 14400, 46452, false, atomic_increments<5, 2>},
      {"binc 6", 518400, 45514, true, atomic_increments<6, 2>},
      {"cinc 4", 13824, 46080, false, atomic_increments<4, 3>},
      {"inc 5", 14400, 180000, false, read_then_write<5>},
      {"inc 6", 518400, 244528, true, read_then_write<6>},
      // Not the peer's, but (7!)², 10! and 3^13: long ones, for flat memory
      // and for searches that are shared.
      {"inc 7", 25401600, 0, true, read_then_write<7>},
      {"casrot 10", 38486, 202558, false, rotating_exchange<10>},
      {"casrot 11", 182905, 220367, true, rotating_exchange<11>},
      {"casrot 12", 919146, 211298, true, rotating_exchange<12>},
      {"lockinc 8", 40320, 24889, false, locked_increments<8>},
      {"lockinc 9", 362880, 23749, true, locked_increments<9>},
      {"lockinc 10", 3628800, 0, true, locked_increments<10>},
      {"fib_bench1", 16632, 17507, false, locked_fibonacci},
      {"ttaslock 3", 36, 0, false, test_and_set_lock<3>},
      {"ttaslock 4", 576, 54150, false, test_and_set_lock<4>},
      {"mutex 3", 7086, 34348, false, futex_mutex},
      {"linuxrwlocks 3", 690, 17400, false, reader_writer_lock},
      {"lamport 3", 9216, 32050, false, lamport_fast_mutex<3>},
      {"spsc 6", 243, 0, false, ring_of_one_producer<6, false>},
      {"spsc 12", 177147, 16222, true, ring_of_one_producer<12, false>},
      {"spsc 14", 1594323, 0, true, ring_of_one_producer<14, false>},
      {"spsc_try 6", 8082, 44900, false, ring_of_one_producer<6, true>},
      {"spsc_try 8", 267736, 40201, true, ring_of_one_producer<8, true>},
      {"vyukov 1/1", 74, 0, false, vyukov_queue<1, 1, 1>},
      {"vyukov 1/2", 270, 0, false, vyukov_queue<1, 2, 1>},
      {"vyukov 2/2", 390, 0, false, vyukov_queue<2, 2, 1>},
      {"vyukov 1/1 2x2", 28958, 96527, false, vyukov_queue<1, 1, 2>},
      {"vyukov 1/2 2x2", 769974, 83511, true, vyukov_queue<1, 2, 2>},
      {"chaselev 2/2 1x2", 90, 0, false, chase_lev<2, 2, 1, 2>},
      {"chaselev 2/2 2x1", 348, 0, false, chase_lev<2, 2, 2, 1>},
      {"chaselev 2/2 2x2", 13114, 145711, false, chase_lev<2, 2, 2, 2>},
      {"chaselev 3/3 2x2", 107810, 133099, true, chase_lev<3, 3, 2, 2>},
      {"chaselev 2/2 3x1", 8042, 134033, false, chase_lev<2, 2, 3, 1>},
      {"treiber 2", 46, 0, false, treiber_stack<2>},
      {"treiber 3", 68892, 40525, true, treiber_stack<3>},
      {"ms-queue 0/0/2", 50, 0, false, michael_scott_queue<0, 0, 2>},
      {"ms-queue 2/2/0", 634, 19891, false, michael_scott_queue<2, 2, 0>},
      {"ms-queue 0/1/2", 19130, 20311, false, michael_scott_queue<0, 1, 2>},
      {"chan 2x1", 16, 0, false, flag_channel<2, 1, false>},
      {"chan 2x2", 1952, 2711, false, flag_channel<2, 2, false>},
      {"chan 2x1 close", 48, 0, false, flag_channel<2, 1, true>},
      {"chan 2x2 close", 5856, 2699, false, flag_channel<2, 2, true>},
      {"chan 3x1", 336, 0, false, flag_channel<3, 1, false>},
  };
  return all;
}

}  // namespace handfast::reference
