// Each way to weaken an operation has its name and its effect, on that operation alone.
#include "models/checker/weakening.hpp"

#include <gtest/gtest.h>

#include "models/check/check.hpp"

namespace handfast {
namespace {

using checker::access;
using checker::deed;
using checker::weakness;
using checker::written;

std::vector<weakness> ways(deed what, access how, access failed = access::relaxed,
                           bool may_fail = true) {
  return checker::weaknesses_of(
      {.path = {}, .what = what, .how = how, .how_if_failed = failed, .may_fail = may_fail});
}

TEST(weakening, each_order_is_one_step_weaker) {
  using enum weakness;
  using list = std::vector<weakness>;
  EXPECT_EQ(ways(deed::load, access::seq_cst), list{acquire});
  EXPECT_EQ(ways(deed::load, access::acquire), list{relaxed});
  EXPECT_EQ(ways(deed::load, access::relaxed), list{});
  EXPECT_EQ(ways(deed::store, access::seq_cst), (list{release, skipped}));
  EXPECT_EQ(ways(deed::store, access::relaxed), list{skipped});
  EXPECT_EQ(ways(deed::read_modify_write, access::seq_cst), (list{acq_rel, skipped}));
  EXPECT_EQ(ways(deed::read_modify_write, access::acq_rel), (list{acquire, release, skipped}));
  EXPECT_EQ(ways(deed::compare_exchange, access::release, access::acquire),
            (list{relaxed, failed_relaxed}));
  EXPECT_EQ(ways(deed::compare_exchange, access::relaxed, access::relaxed, false), list{may_fail});
  EXPECT_EQ(ways(deed::fence, access::seq_cst), (list{acq_rel, skipped}));
  EXPECT_EQ(ways(deed::fence, access::release), list{skipped});
  EXPECT_EQ(ways(deed::notify_all, access::relaxed), (list{wakes_one, skipped}));
  EXPECT_EQ(ways(deed::step, access::relaxed), list{skipped});
}

TEST(weakening, its_name_says_all) {
  const auto which = checker::weakening_from("a/b.hpp:12:3:acq_rel");
  ASSERT_TRUE(which);
  EXPECT_EQ(which->at.file, "a/b.hpp");
  EXPECT_EQ(which->at.line, 12U);
  EXPECT_EQ(which->at.column, 3U);
  EXPECT_EQ(to_string(*which), "a/b.hpp:12:3:acq_rel");
  for (const char* wrong : {"", "relaxed", "a.hpp:1:relaxed", "a.hpp:1:2:weaker", ":1:2:relaxed",
                            "a.hpp:x:2:relaxed", "a.hpp:1:2x:relaxed", "a.hpp:1:-2:relaxed"}) {
    EXPECT_FALSE(checker::weakening_from(wrong)) << wrong;
  }
}

// One thread tells the other with a flag.
struct told {
  static void run() {
    check::atomic<int> flag{0};
    check::var<int> data;
    check::run_together(
        [&] {
          data.write() = 1;
          flag.store(1, std::memory_order::release);
        },
        [&] {
          if (flag.load(std::memory_order::acquire) == 1) {
            check::require(data.read() == 1, "the data");
          }
        });
  }
};

TEST(weakening, what_is_noted_can_be_weakened_and_is_written_again_after) {
  checker::note_sites();
  EXPECT_EQ(check::run("told", told::run).verdict, "verified");
  unsigned killed = 0;
  for (const checker::spot& each : checker::noted_spots()) {
    for (const std::string& way : each.ways) {
      const auto which = checker::weakening_from(each.at.file + ":" + std::to_string(each.at.line) +
                                                 ":" + std::to_string(each.at.column) + ":" + way);
      ASSERT_TRUE(which);
      checker::weaken(which);
      const check::report weaker = check::run("told", told::run);
      EXPECT_GT(checker::weakened(), 0U);
      EXPECT_EQ(weaker.verdict, way == "skipped" ? "verified" : "finding") << to_string(*which);
      killed += weaker.verdict == "finding" ? 1 : 0;
    }
  }
  EXPECT_EQ(killed, 2U);  // the store's release, the load's acquire
  checker::weaken(std::nullopt);
  EXPECT_EQ(check::run("told", told::run).verdict, "verified");
  EXPECT_EQ(checker::weakened(), 0U);
}

TEST(weakening, another_line_is_left_alone) {
  checker::weaken(checker::weakening_from("weakening_test.cpp:1:1:relaxed"));
  EXPECT_EQ(check::run("told", told::run).verdict, "verified");
  EXPECT_EQ(checker::weakened(), 0U);
  checker::weaken(std::nullopt);
}

}  // namespace
}  // namespace handfast
