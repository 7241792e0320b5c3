// CPU time that the process burns while a thread is blocked in `receive` on an empty
// channel, and in `send` on a full one: who sleeps burns none.
#pragma once

#include "bench/workloads/workload.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <latch>
#include <thread>

namespace handfast::bench {

namespace detail {

/// CPU milliseconds a second while `blocks` is blocked; `frees` ends that.
template <class Blocks, class Frees>
double burnt(std::chrono::nanoseconds duration, Blocks blocks, Frees frees) {
  std::latch there(1);
  std::jthread member([&there, &blocks] {
    there.count_down();
    blocks();
  });
  there.wait();
  std::this_thread::sleep_for(duration / 2);  // whatever it does before it sleeps is over
  const stopwatch watch;
  std::this_thread::sleep_for(duration);
  const cost spent = watch.stop();
  frees();
  member.join();
  return 1000 * static_cast<double>(spent.cpu.count()) / static_cast<double>(spent.wall.count());
}

}  // namespace detail

template <class Channel>
outcome blocked(const setting& at) {
  ledger sender;
  ledger receiver;
  outcome result{.spent = {}, .items = 0, .sum_ok = false, .figures = {}};
  Channel channel(at.capacity);
  result.figures.push_back(
      {"blocked_receive_cpu",
       detail::burnt(
           at.duration, [&] { receiver.receive(channel); }, [&] { sender.send(channel, 1); })});
  if (at.capacity != unbounded) {
    // More than fit, also where the capacity is rounded up: its last sends are blocked.
    const std::uint64_t items = 2 * at.capacity + 2;
    result.figures.push_back({"blocked_send_cpu", detail::burnt(
                                                      at.duration,
                                                      [&] {
                                                        for (std::uint64_t n = 1; n <= items; ++n) {
                                                          sender.send(channel, n);
                                                        }
                                                      },
                                                      [&] {
                                                        for (std::uint64_t n = 1; n <= items; ++n) {
                                                          receiver.receive(channel);
                                                        }
                                                      })});
  }
  result.items = sender.sent;
  result.sum_ok = balanced(std::array{sender, receiver});
  return result;
}

}  // namespace handfast::bench
