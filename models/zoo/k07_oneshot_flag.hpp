// K07, tokio's oneshot channel (tokio #4225, RUSTSEC-2021-0124): the sender marks its
// value as sent whether or not the receiver has closed, finds that it has, and takes
// the value back, while the receiver sees the mark and takes it, too.
#pragma once

#include <handfast/sync/policy.hpp>

#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct oneshot_flag {
  static constexpr std::string_view claim = "a value that is sent has one owner";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      send();
    } else {
      close_and_receive();
    }
  }
  void finish() {}

 private:
  static constexpr std::uint32_t value_sent = 1;
  static constexpr std::uint32_t closed = 2;

  void send() {
    cell.write() = 42;
    if (!mark_sent()) {
      cell.write() = 0;  // taken back
    }
  }
  bool mark_sent() {
    if constexpr (Fixed) {
      std::uint32_t now = state.load(order::acquire);
      while ((now & closed) == 0) {
        if (state.compare_exchange_weak(now, now | value_sent, order::acq_rel, order::acquire)) {
          return true;
        }
      }
      return false;
    } else {
      return (state.fetch_or(value_sent, order::acq_rel) & closed) == 0;
    }
  }
  void close_and_receive() {
    state.fetch_or(closed, order::acq_rel);
    if ((state.load(order::acquire) & value_sent) != 0) {
      cell.write() = 0;  // received
    }
  }

  typename Sync::template var<int> cell;
  typename Sync::template atomic<std::uint32_t> state;
};

}  // namespace handfast::zoo
