// Two stages and a few workers between them: numbers go out, squares come back,
// and the end of the work is the end of the channels.
#include <handfast/channel/channel.hpp>

#include <cstdint>
#include <cstdio>
#include <thread>
#include <utility>
#include <vector>

int main() {
  constexpr std::uint64_t numbers = 1000;
  constexpr int workers = 3;

  auto [work, jobs] = handfast::make_channel<std::uint64_t>(16);
  auto [results, done] = handfast::make_channel<std::uint64_t>(16);

  std::vector<std::thread> threads;
  for (int i = 0; i < workers; ++i) {
    threads.emplace_back([jobs = jobs.clone(), results = results.clone()] {
      while (auto number = jobs.receive()) {  // until closed and drained
        if (!results.send(*number * *number)) {
          return;  // nobody wants them any more
        }
      }
    });
  }
  // Each worker has a sender of its own; when the last is gone `done` closes.
  {
    auto dropped = std::move(results);
  }
  threads.emplace_back([work = std::move(work)] {
    for (std::uint64_t i = 1; i <= numbers; ++i) {
      if (!work.send(i)) {
        return;
      }
    }
  });

  std::uint64_t sum = 0;
  while (auto square = done.receive()) {
    sum += *square;
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  std::printf("the squares of 1 to %llu add up to %llu\n", static_cast<unsigned long long>(numbers),
              static_cast<unsigned long long>(sum));
  return sum == numbers * (numbers + 1) * (2 * numbers + 1) / 6 ? 0 : 1;
}
