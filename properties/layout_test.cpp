// What docs/channels.md says of memory: how much a channel takes, and that what senders write,
// what receivers write and what both only read lie on cache lines of their own.
#include <handfast/channel/channel.hpp>
#include <handfast/sync/native.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace handfast {
namespace {

// `native`, that notes where named objects lie and how much memory is out.
struct noted : native {
  using lines = std::multimap<std::string, std::uintptr_t, std::less<>>;

  static lines& named() {
    static lines all;
    return all;
  }
  static std::size_t& bytes() {
    static std::size_t out = 0;
    return out;
  }

  template <class Object>
  static void name(const Object& object, std::string_view text) {
    named().emplace(text, reinterpret_cast<std::uintptr_t>(&object) / limits::cache_line);
  }
  static void* allocate(std::size_t size, std::size_t align) {
    bytes() += size;
    return native::allocate(size, align);
  }
  static void deallocate(void* memory, std::size_t size, std::size_t align) {
    bytes() -= size;
    native::deallocate(memory, size, align);
  }
};
static_assert(sync_policy<noted>);

using item = std::uint64_t;

template <class Core>
channel<Core> made(std::size_t capacity) {
  noted::named().clear();
  return make_channel_with_room<Core>(capacity);
}

template <class Core>
std::size_t bytes_of(std::size_t capacity) {
  const auto ends = made<Core>(capacity);
  return noted::bytes();
}

TEST(layout, a_channel_takes_what_is_said) {
  EXPECT_LE((bytes_of<lock_ring<item, noted>>(100)), 384 + 100 * sizeof(item));
  EXPECT_LE((bytes_of<lock_free_ring<item, noted>>(100)), 384 + 100 * (sizeof(item) + 8));
  EXPECT_LE((bytes_of<spsc_ring<item, noted>>(100)), 384 + 100 * (sizeof(item) + 8));
  EXPECT_LE((bytes_of<unbounded<item, noted>>(0)), 384 + 1024U);
  EXPECT_LE((bytes_of<mpsc_unbounded<item, noted>>(0)), 384 + 1024U);
  EXPECT_LE((bytes_of<rendezvous<item, noted>>(0)), 192U);
  EXPECT_LE((bytes_of<oneshot<item, noted>>(0)), 192U);
  EXPECT_EQ(noted::bytes(), 0U);
}

TEST(layout, an_unbounded_channel_gives_memory_back_as_it_drains) {
  const auto ends = made<unbounded<item, noted>>(0);
  const std::size_t empty = noted::bytes();
  constexpr std::size_t many = 100000;
  for (item i = 0; i < many; ++i) {
    ASSERT_TRUE(ends.tx.send(i));
  }
  EXPECT_LE(noted::bytes(), empty + (many / noted::limits::segment_items + 2) * 1024);
  for (item i = 0; i < many; ++i) {
    ASSERT_TRUE(ends.rx.receive());
  }
  EXPECT_LE(noted::bytes(), empty + std::size_t{2} * 1024);  // one more in use, one kept
}

// Whether none of the named is on a line with one of the others.
bool apart(const std::vector<std::string_view>& some, const std::vector<std::string_view>& others) {
  const auto& named = noted::named();
  for (const std::string_view one : some) {
    for (const std::string_view other : others) {
      for (auto [at, end] = named.equal_range(one); at != end; ++at) {
        for (auto [by, last] = named.equal_range(other); by != last; ++by) {
          if (at->second == by->second) {
            return false;
          }
        }
      }
    }
  }
  return true;
}

template <class Core>
void expect_ends_apart() {
  const auto ends = made<Core>(4);
  const std::vector<std::string_view> sending{"queue.tail", "queue.pushing", "queue.end",
                                              "queue.tail_segment"};
  const std::vector<std::string_view> receiving{"queue.head", "queue.head_segment"};
  const std::vector<std::string_view> neither{"wait_list.mutex", "ring.turn", "channel.senders"};
  EXPECT_TRUE(noted::named().contains("queue.tail") && noted::named().contains("queue.head"));
  EXPECT_TRUE(apart(sending, receiving));
  EXPECT_TRUE(apart(sending, neither));
  EXPECT_TRUE(apart(receiving, neither));
}

TEST(layout, each_side_writes_lines_of_its_own) {
  expect_ends_apart<lock_free_ring<item, noted>>();
  expect_ends_apart<spsc_ring<item, noted>>();
  expect_ends_apart<mpsc_ring<item, noted>>();
  expect_ends_apart<spmc_ring<item, noted>>();
  expect_ends_apart<unbounded<item, noted>>();
  expect_ends_apart<mpsc_unbounded<item, noted>>();
}

TEST(layout, what_lies_together_is_seen) {
  noted::named().clear();
  alignas(noted::limits::cache_line) std::pair<item, item> together;
  noted::name(together.first, "first");
  noted::name(together.second, "second");
  EXPECT_FALSE(apart({"first"}, {"second"}));
}

}  // namespace
}  // namespace handfast
