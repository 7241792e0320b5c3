// The zoo, whole: each bug is found, under its name and by its token again, and the
// program without it is verified.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "models/suites/checker.hpp"
#include "models/zoo/zoo.hpp"

namespace handfast {
namespace {

const checker_suite::scenario& named(const std::string& name) {
  const auto& all = checker_suite::zoo_entries();
  const auto found = std::ranges::find(all, name, &checker_suite::scenario::name);
  EXPECT_NE(found, all.end()) << name;
  return *found;
}

const checker_suite::go_on go_on = [](const checker_suite::how_far&) { return true; };

checker_suite::result searched(const checker_suite::scenario& what) {
  return checker_suite::search(what, {}, go_on);
}

TEST(Zoo, EachBugIsFoundByItsNameAndComesBack) {
  int bugs = 0;
  zoo::for_each_bug(
      [&]<template <class, bool> class Bug>(const std::string& name, const std::string& finding) {
        SCOPED_TRACE(name);
        const checker_suite::scenario& what = named("zoo." + name + "_bug");
        const checker_suite::result found = searched(what);
        ASSERT_TRUE(found.found);
        EXPECT_EQ(found.found->kind, finding);
        const checker_suite::result again = checker_suite::run_again(what, found.replay);
        ASSERT_TRUE(again.found);
        EXPECT_EQ(again.found->kind, finding);
        ++bugs;
      });
  EXPECT_EQ(bugs, 24);
}

TEST(Zoo, EachTwinWithoutItIsVerified) {
  zoo::for_each_bug(
      [&]<template <class, bool> class Bug>(const std::string& name, const std::string&) {
        SCOPED_TRACE(name);
        const checker_suite::result found = searched(named("zoo." + name + "_fixed"));
        EXPECT_FALSE(found.found) << found.found->kind << ": " << found.found->text;
        EXPECT_TRUE(found.ended);
        EXPECT_FALSE(found.vacuous);
        EXPECT_GT(found.executions, 1U);
      });
}

// Few preemptions are enough.
TEST(Zoo, BoundedSearchesFindEachBug) {
  checker_suite::limits bounds;
  bounds.preemptions = 1;
  zoo::for_each_bug(
      [&]<template <class, bool> class Bug>(const std::string& name, const std::string&) {
        SCOPED_TRACE(name);
        EXPECT_TRUE(checker_suite::search(named("zoo." + name + "_bug"), bounds, go_on).found);
        EXPECT_FALSE(checker_suite::search(named("zoo." + name + "_fixed"), bounds, go_on).found);
      });
}

// Chance finds them, too, and nothing where there is nothing.
TEST(Zoo, RandomExecutionsFindEachBug) {
  checker_suite::limits bounds;
  bounds.max_executions = 20'000;
  bounds.seed = 1;
  zoo::for_each_bug(
      [&]<template <class, bool> class Bug>(const std::string& name, const std::string&) {
        SCOPED_TRACE(name);
        EXPECT_TRUE(checker_suite::search(named("zoo." + name + "_bug"), bounds, go_on).found);
        EXPECT_FALSE(checker_suite::search(named("zoo." + name + "_fixed"), bounds, go_on).found);
      });
}

}  // namespace
}  // namespace handfast
