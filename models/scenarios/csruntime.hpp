// Scenarios of libcsruntime, as compiled programs use it: tasks that are never joined, and channels
// that are destroyed by whoever knows that no call on them will begin.
#pragma once

#include <handfast/capi/csruntime_channel.hpp>
#include <handfast/capi/csruntime_pool.hpp>

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

#include "models/scenarios/c_item.hpp"

namespace handfast::scenarios::cs {

// Channels ------------------------------------------------------------------------

/// An element that owns an item, of so many bytes.
template <class Sync, std::size_t Bytes>
struct owner {
  using item = c_item<Sync>;

  owner() = default;
  explicit owner(int value) {
    void* const its = item::make(value);
    std::memcpy(bytes.data(), static_cast<const void*>(&its), sizeof(its));
  }

  [[nodiscard]] int take() const { return item::take(address(bytes.data())); }
  // As a channel drops what it kept, wherever that is.
  static void drop(void* element) { item::drop(address(element)); }

  [[nodiscard]] static void* address(const void* element) {
    void* its = nullptr;
    std::memcpy(static_cast<void*>(&its), element, sizeof(its));
    return its;
  }

  alignas(void*) std::array<std::byte, Bytes> bytes{};
};

/// A channel of owners; whoever destroys it is not this.
template <class Sync, std::size_t Capacity, std::size_t Bytes = sizeof(void*)>
class owners {
 public:
  using element = owner<Sync, Bytes>;

  owners() {
    auto made = csruntime::element_channel<Sync>::create(Capacity, Bytes);
    Sync::assert_that(made.has_value(), "there is memory");
    its_ = *made;
    its_->set_drop(element::drop);
  }

  csruntime::element_channel<Sync>* operator->() const noexcept { return its_; }

  // The element is the channel's, whatever comes of it.
  csruntime::sent send(int value) const { return its_->send(element(value).bytes.data()); }
  void must_send(int value) const {
    Sync::assert_that(send(value) == csruntime::sent::in, "the channel is open");
  }
  // 0: closed, and nothing is left.
  [[nodiscard]] int receive() const {
    element out;
    return its_->receive(out.bytes.data()) ? out.take() : 0;
  }

 private:
  csruntime::element_channel<Sync>* its_ = nullptr;
};

template <class Sync>
struct receiver_destroys {
  static constexpr std::string_view claim =
      "who received the last element may destroy the channel while its send is about to return";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      chan.must_send(1);
    } else {
      Sync::assert_that(chan.receive() == 1, "it was sent");
      chan->destroy();
    }
  }
  void finish() {}

  owners<Sync, 1> chan;
};

template <class Sync>
struct sender_destroys {
  static constexpr std::string_view claim =
      "who met a receiver may destroy the channel while that receive is about to return";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      chan.must_send(1);
      chan->destroy();
    } else {
      Sync::assert_that(chan.receive() == 1, "it was sent");
    }
  }
  void finish() {}

  owners<Sync, 0> chan;
};

template <class Sync>
struct last_dropped_sender_closes {
  static constexpr std::string_view claim =
      "the channel closes when all senders are dropped, behind all that they sent, and may be "
      "destroyed by who sees that";
  static constexpr unsigned threads = 2;

  last_dropped_sender_closes() { Sync::assert_that(chan->clone_sender(), "there is one"); }

  void thread(unsigned index) {
    if (index == 0) {
      chan.must_send(1);
      Sync::assert_that(chan->drop_sender(), "there is one");
    } else {
      Sync::assert_that(chan->drop_sender(), "there is one");
      Sync::assert_that(chan.receive() == 1, "it was sent before the end");
      Sync::assert_that(chan.receive() == 0, "that was all");
      chan->destroy();
    }
  }
  void finish() {}

  owners<Sync, 1> chan;
};

template <class Sync>
struct refused_element_is_dropped {
  static constexpr std::string_view claim =
      "an element that a close may forestall is dropped once: by its send, or with the channel";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      was_in = chan.send(1) == csruntime::sent::in;
      if (!was_in) {
        Sync::assert_that(chan.send(2) == csruntime::sent::refused, "it does not open again");
      }
    } else {
      chan->close();
    }
  }
  void finish() { chan->destroy(); }

  owners<Sync, 1> chan;
  bool was_in = false;
};

template <class Sync>
struct refused_offer_stays {
  static constexpr std::string_view claim =
      "an element that is offered is the channel's or still its sender's, and says which; one too "
      "large to be kept in place too";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      const element mine(1);
      if (chan->offer(mine.bytes.data()) == csruntime::sent::refused) {
        Sync::assert_that(mine.take() == 1, "it is as it was");
        took_back = true;
      }
    } else {
      chan->close();
      received = chan.receive();
    }
  }
  void finish() {
    Sync::assert_that(took_back == (received == 0), "it is one's");
    chan->destroy();
  }

  using element = owner<Sync, 72>;
  owners<Sync, 1, 72> chan;
  bool took_back = false;
  int received = 0;
};

// Tasks ---------------------------------------------------------------------------

/// A process whose main returns, and whose exit handlers run then, and those that came meanwhile.
template <class Sync>
struct process {
  explicit process(unsigned workers) : count(workers) {}

  template <class Work>
  void spawn(Work work) {
    Sync::assert_that(tasks.spawn(std::move(work), *this) == nullptr, "there is all it takes");
  }
  void exit() {
    // relaxed: the pool's gate orders it.
    for (; handlers.load(order::relaxed) != 0; handlers.fetch_sub(1, order::relaxed)) {
      Sync::assert_that(tasks.drain() == 0, "no task waits");
    }
  }

  // What the pool asks of it.
  [[nodiscard]] unsigned workers() const { return count; }
  [[nodiscard]] bool at_exit() {
    handlers.fetch_add(1, order::relaxed);  // relaxed: the pool's gate orders it
    return true;
  }

  const unsigned count;
  csruntime::pool<Sync> tasks;
  typename Sync::template atomic<unsigned> handlers{0};
};

template <class Sync>
struct task_sends {
  static constexpr std::string_view claim =
      "main gets what a task sent, and may destroy the channel and exit while the task returns";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 1;

  void thread(unsigned) {
    const owners<Sync, 1> chan;
    main.spawn([chan] { chan.must_send(5); });
    Sync::assert_that(chan.receive() == 5, "it was sent");
    chan->destroy();
    main.exit();
  }
  void finish() {}

  process<Sync> main{1};
};

template <class Sync>
struct exit_waits_for_tasks {
  static constexpr std::string_view claim =
      "when the exit goes on, what was spawned has run, by tasks too, and the workers are gone";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 1;

  void thread(unsigned) {
    main.spawn([this] {
      ran.write() += 1;
      main.spawn([this] { ran.write() += 1; });
    });
    main.exit();
    Sync::assert_that(ran.read() == 2, "both ran");
  }
  void finish() {}

  typename Sync::template var<int> ran;
  process<Sync> main{1};
};

template <class Sync>
struct task_that_exits_waits_for_none {
  static constexpr std::string_view claim =
      "an exit by a task does not wait, for it would for itself";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 1;

  void thread(unsigned) {
    main.spawn([this] { Sync::assert_that(main.tasks.drain() == 0, "nothing is said"); });
    main.exit();
  }
  void finish() {}

  process<Sync> main{1};
};

template <class Sync>
struct exit_starts_again {
  static constexpr std::string_view claim =
      "what an exit handler spawns after the exit's wait runs, and is waited for";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 2;

  void thread(unsigned) {
    for (int times = 1; times <= 2; ++times) {
      main.spawn([this] { ran.write() += 1; });
      main.exit();
      Sync::assert_that(ran.read() == times, "it ran");
    }
  }
  void finish() {}

  typename Sync::template var<int> ran;
  process<Sync> main{1};
};

// One thread exits while another spawns.
template <class Sync>
struct exit_meets_a_spawn {
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      main.exit();
    } else {
      main.spawn([this] { ran.write() += 1; });
    }
  }
  void finish() {
    main.exit();
    Sync::assert_that(ran.read() == 1, "it ran");
  }

  typename Sync::template var<int> ran;
  process<Sync> main{1};
};

template <class Sync>
struct exit_while_another_spawns : exit_meets_a_spawn<Sync> {
  static constexpr std::string_view claim =
      "what another thread spawns is waited for by an exit, or by the next handler";
  static constexpr unsigned spawned = 1;
};

template <class Sync>
struct exit_while_others_go_on : exit_meets_a_spawn<Sync> {
  static constexpr std::string_view claim =
      "an exit that waits goes on waiting for what another thread spawns meanwhile";
  static constexpr unsigned spawned = 2;
  static constexpr double weight = 2;

  exit_while_others_go_on() {
    this->main.spawn([] {});
  }
};

template <class Sync>
struct tasks_wait_for_each_other {
  static constexpr std::string_view claim =
      "a task that waits for another stops no worker: it gets what the other sends";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 2;
  static constexpr double weight = 2;

  void thread(unsigned) {
    const owners<Sync, 0> chan;
    main.spawn([this, chan] { received.write() = chan.receive(); });
    main.spawn([chan] { chan.must_send(4); });
    main.exit();
    Sync::assert_that(received.read() == 4, "it was sent");
    chan->destroy();
  }
  void finish() {}

  typename Sync::template var<int> received;
  // Where no stack goes aside a worker is stopped.
  process<Sync> main{Sync::limits::stacks_go_aside ? 1U : 2U};
};

template <class Visit>
void for_each_csruntime_scenario(Visit&& visit) {
  visit.template operator()<receiver_destroys>("csruntime.receiver_destroys");
  visit.template operator()<sender_destroys>("csruntime.sender_destroys");
  visit.template operator()<last_dropped_sender_closes>("csruntime.last_dropped_sender_closes");
  visit.template operator()<refused_element_is_dropped>("csruntime.refused_element_is_dropped");
  visit.template operator()<refused_offer_stays>("csruntime.refused_offer_stays");
  visit.template operator()<task_sends>("csruntime.task_sends");
  visit.template operator()<exit_waits_for_tasks>("csruntime.exit_waits_for_tasks");
  visit.template operator()<task_that_exits_waits_for_none>(
      "csruntime.task_that_exits_waits_for_none");
  visit.template operator()<exit_starts_again>("csruntime.exit_starts_again");
  visit.template operator()<exit_while_another_spawns>("csruntime.exit_while_another_spawns");
  visit.template operator()<exit_while_others_go_on>("csruntime.exit_while_others_go_on");
  visit.template operator()<tasks_wait_for_each_other>("csruntime.tasks_wait_for_each_other");
}

}  // namespace handfast::scenarios::cs
