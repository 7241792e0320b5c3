// The pairing heap against a sorted set, on drawn operations.
#include <handfast/memory/pairing_heap.hpp>
#include <handfast/sync/native.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <random>
#include <set>
#include <utility>

namespace handfast {
namespace {

struct entry : heaped<entry, native> {
  [[nodiscard]] bool comes_before(const entry& other) const noexcept { return key < other.key; }

  std::pair<unsigned, std::size_t> key;  // the second makes it the only one
};

TEST(pairing_heap, gives_the_least_of_what_was_put_and_not_taken_out) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    std::array<entry, 40> entries;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      entries.at(i).key.second = i;
    }
    pairing_heap<entry, native> heap;
    std::set<std::pair<unsigned, std::size_t>> model;
    for (int step = 0; step < 400; ++step) {
      const std::size_t which = random() % entries.size();
      entry& drawn = entries.at(which);
      ASSERT_EQ(heap.has(drawn), model.contains(drawn.key));
      if (heap.has(drawn)) {
        model.erase(drawn.key);
        heap.remove(drawn);
      } else {
        drawn.key = {static_cast<unsigned>(random() % 16), which};
        model.insert(drawn.key);
        heap.put(drawn);
      }
      ASSERT_EQ(heap.first() == nullptr, model.empty());
      if (!model.empty()) {
        ASSERT_EQ(heap.first()->key, *model.begin());
      }
    }
    while (!model.empty()) {
      ASSERT_EQ(heap.first()->key, *model.begin());
      model.erase(model.begin());
      heap.remove(*heap.first());
    }
    ASSERT_EQ(heap.first(), nullptr);
  }
}

}  // namespace
}  // namespace handfast
