// The two ends of a queue: positions that count up, for one thread at a time or for
// many at once, and how a queue is closed.
//
// The highest bit of what a tail says is set once it is closed.
#pragma once

#include <handfast/sync/busy_wait.hpp>
#include <handfast/sync/policy.hpp>

#include <cstdint>

namespace handfast {

/// What a push came to.
enum class push_status : unsigned char { pushed, full, closed };

/// Why a pop came to nothing.
enum class pop_failure : unsigned char { none, empty, closed };

/// How many threads may be at one end of a queue at a time.
enum class parties : unsigned char { one, many };

/// What there is at a position that holds no item yet.
enum class beyond : unsigned char {
  nothing,  ///< and nothing is on its way
  coming,   ///< an item or the end is on its way: look again
  closed,   ///< what is not there now never comes
};

inline constexpr std::uint64_t closed_bit = std::uint64_t{1} << 63U;

/// Where many threads push: whoever moves it from a position has that position.
template <class Sync>
class shared_tail {
 public:
  /// Stands while a push is on its way; here that needs no note.
  struct visit {
    explicit visit(shared_tail&) noexcept {}
  };

  [[nodiscard]] std::uint64_t look() const noexcept {
    // [queue.tail] acquire: pairs with close's release and advance's; whoever finds it closed
    // knows what was before that.
    return word_.load(order::acquire);
  }
  /// Where it fails, `from` is where the tail stands.
  [[nodiscard]] bool claim(std::uint64_t& from, std::uint64_t to) noexcept {
    // [queue.tail] acquire: pairs with close's release and advance's, as look's, where it fails.
    // Where it succeeds none is needed, for what is pushed is told by its slot; but GCC 12 has
    // no failure's order stronger than that.
    return word_.compare_exchange_weak(from, to, order::acquire, order::acquire);
  }
  /// One position on, by whoever alone may.
  void advance() noexcept {
    // [queue.tail] release: pairs with look's acquire; what was made ready for the position.
    word_.fetch_add(1, order::release);
  }
  [[nodiscard]] bool close() noexcept {
    // [queue.tail] release: pairs with look's acquire.
    return (word_.fetch_or(closed_bit, order::release) & closed_bit) == 0;
  }
  [[nodiscard]] beyond what_is_at(std::uint64_t position) const noexcept {
    const std::uint64_t now = look();
    if ((now & ~closed_bit) != position) {
      return beyond::coming;
    }
    return (now & closed_bit) != 0 ? beyond::closed : beyond::nothing;
  }
  /// For its owner, when nobody else has it any more.
  [[nodiscard]] std::uint64_t at_rest() const noexcept {
    // relaxed: nobody else has it.
    return word_.load(order::relaxed) & ~closed_bit;
  }

  shared_tail() noexcept { Sync::name(word_, "queue.tail"); }

 private:
  typename Sync::template atomic<std::uint64_t> word_{0};
};

/// Where one thread pushes, without a read-modify-write. Its close, from any thread,
/// waits for a push that is on its way.
template <class Sync>
class lone_tail {
 public:
  /// A push on its way. Between saying so and looking whether the end is near stands a
  /// light fence, between the end's coming and looking for a push a heavy one: either
  /// the push sees that the queue closes, or the close sees the push.
  class visit {
   public:
    explicit visit(lone_tail& at) noexcept : at_(at) {
      at_.pushing_.store(1, order::relaxed);  // relaxed: the fence orders it
      // [lone_tail.close] seq_cst: pairs with close's heavy fence.
      Sync::light_fence(order::seq_cst);
    }
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;
    ~visit() {
      // [lone_tail.push] release: pairs with close's acquire; what is pushed is there.
      at_.pushing_.store(0, order::release);
    }

   private:
    lone_tail& at_;
  };

  [[nodiscard]] std::uint64_t look() const noexcept {
    return end() == none ? position_.read() : position_.read() | closed_bit;
  }
  [[nodiscard]] bool claim(std::uint64_t&, std::uint64_t to) noexcept {
    position_.write() = to;
    return true;
  }
  [[nodiscard]] bool close() noexcept {
    std::uint32_t was = none;
    // [lone_tail.end] release: pairs with end's acquire; who is refused knows what was
    // before the close. relaxed: where it fails, another closes.
    if (!end_.compare_exchange_strong(was, near, order::release, order::relaxed)) {
      return false;
    }
    // [lone_tail.close] seq_cst: pairs with visit's light fence.
    Sync::heavy_fence(order::seq_cst);
    busy_wait<Sync> for_the_push;
    // [lone_tail.push] acquire: pairs with the push's release.
    while (pushing_.load(order::acquire) != 0 && for_the_push.looks_again()) {
    }
    // [lone_tail.end] release: pairs with end's acquire; what was before the close.
    end_.store(there, order::release);
    return true;
  }
  /// What is not there: whoever hears `closed` looks once more.
  [[nodiscard]] beyond what_is_at(std::uint64_t) const noexcept {
    switch (end()) {
      case none: return beyond::nothing;
      case near: return beyond::coming;
      default: return beyond::closed;
    }
  }
  [[nodiscard]] std::uint64_t at_rest() const noexcept { return position_.read(); }

  lone_tail() noexcept {
    Sync::name(position_, "queue.tail");
    Sync::name(pushing_, "queue.pushing");
    Sync::name(end_, "queue.end");
  }

 private:
  static constexpr std::uint32_t none = 0;
  static constexpr std::uint32_t near = 1;   // no push begins, one may be on its way
  static constexpr std::uint32_t there = 2;  // and that one is done

  [[nodiscard]] std::uint32_t end() const noexcept {
    // [lone_tail.end] acquire: pairs with close's release.
    return end_.load(order::acquire);
  }

  typename Sync::template var<std::uint64_t> position_;
  typename Sync::template atomic<std::uint32_t> pushing_{0};
  typename Sync::template atomic<std::uint32_t> end_{none};
};

/// Where many threads pop.
template <class Sync>
class shared_head {
 public:
  /// Before a pop looks at it.
  void approach() noexcept { rivals_.approach(); }
  [[nodiscard]] std::uint64_t look() const noexcept {
    // [queue.head] acquire: pairs with claim's and advance's release.
    return word_.load(order::acquire);
  }
  /// Where it fails, `from` is where the head stands.
  [[nodiscard]] bool claim(std::uint64_t& from, std::uint64_t to) noexcept {
    // [queue.head] release: pairs with look's acquire; whoever sees the head there sees the
    // tail no further back. acquire: pairs with claim's and advance's release, as look's.
    if (!word_.compare_exchange_weak(from, to, order::release, order::acquire)) {
      return false;
    }
    rivals_.leave();
    return true;
  }
  /// One position on, by whoever alone may.
  void advance() noexcept {
    // [queue.head] release: pairs with look's acquire; what was made ready for the position.
    word_.fetch_add(1, order::release);
  }
  /// Whether no pop has gone on from there: one that has may still be about it.
  [[nodiscard]] bool is_at(std::uint64_t position) const noexcept {
    // relaxed: an old one makes a queue look full that was so.
    return word_.load(order::relaxed) == position;
  }
  [[nodiscard]] std::uint64_t at_rest() const noexcept {
    // relaxed: nobody else has it.
    return word_.load(order::relaxed);
  }

  shared_head() noexcept { Sync::name(word_, "queue.head"); }

 private:
  typename Sync::template atomic<std::uint64_t> word_{0};
  [[no_unique_address]] rivalry<Sync> rivals_;
};

/// Where one thread pops: a slot is free when it says so.
template <class Sync>
class lone_head {
 public:
  void approach() noexcept {}
  [[nodiscard]] std::uint64_t look() const noexcept { return position_.read(); }
  [[nodiscard]] bool claim(std::uint64_t&, std::uint64_t to) noexcept {
    position_.write() = to;
    return true;
  }
  void advance() noexcept { position_.write() += 1; }
  [[nodiscard]] bool is_at(std::uint64_t) const noexcept { return true; }
  [[nodiscard]] std::uint64_t at_rest() const noexcept { return position_.read(); }

  lone_head() noexcept { Sync::name(position_, "queue.head"); }

 private:
  typename Sync::template var<std::uint64_t> position_;
};

}  // namespace handfast
