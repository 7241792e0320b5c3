// The checker against the axioms: on programs drawn at random it finds exactly the
// executions that there are, each once.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "models/checker/preemptions.hpp"
#include "models/checker/search.hpp"
#include "models/checker/update.hpp"
#include "models/tests/axioms.hpp"

namespace handfast {
namespace {

using axioms::operation;
using axioms::program;
using axioms::strength;
using axioms::verb;

// Programs of each family, unless RC_PARAMS says otherwise.
const int programs_by_default = ::setenv("RC_PARAMS", "max_success=300", 0);

using axioms::sleepers_word;
constexpr int mutex_word = 3;

checker::access access_of(strength how) {
  constexpr checker::access all[]{checker::access::relaxed, checker::access::acquire,
                                  checker::access::release, checker::access::acq_rel,
                                  checker::access::seq_cst};
  return all[static_cast<std::size_t>(how)];
}

// What sleepers' word holds, as if the first `idle` threads were not there.
std::uint64_t sleepers_in(const checker::value& read, checker::thread_index idle) {
  std::uint64_t all = 0;
  for (const checker::thread_index each : checker::waiters::unpacked(read.low)) {
    all |= std::uint64_t{1} << (each - idle);
  }
  return all;
}

// One thread of a program on the checker.
void run(const std::vector<operation>& thread, const std::vector<checker::location>& words,
         checker::thread_index idle) {
  std::uint64_t last = 0;
  for (const operation& each : thread) {
    if (each.only_if_read && static_cast<std::uint64_t>(*each.only_if_read) != last) {
      continue;
    }
    checker::operation next;
    next.where = words[static_cast<std::size_t>(each.where)];
    next.kind = checker::event_kind::read;
    next.how = next.how_if_done = access_of(each.how);
    next.how_if_failed = access_of(each.how_if_failed);
    next.operand.low = static_cast<std::uint64_t>(each.value);
    next.expected.low = static_cast<std::uint64_t>(each.expected);
    switch (each.what) {
      case verb::load: break;
      case verb::fetch_add: next.then = checker::update::add; break;
      case verb::exchange: next.then = checker::update::exchange; break;
      case verb::compare_exchange: next.then = checker::update::compare_exchange; break;
      case verb::await_equal:
        next.until = checker::await::predicate;
        next.lets_go = [](const checker::value& read, const checker::value& with) {
          return read.low == with.low;
        };
        break;
      case verb::await_other:
        next.until = checker::await::predicate;
        next.operand.low = last;
        next.lets_go = [](const checker::value& read, const checker::value& with) {
          return read.low != with.low;
        };
        break;
      case verb::lock:
        next.then = checker::update::lock;
        next.until = checker::await::free_mutex;
        next.how_if_failed = checker::access::relaxed;
        next.operand.low = 1;
        break;
      case verb::enter: next.then = checker::update::enter_waiters; break;
      case verb::wake_one: next.then = checker::update::take_one_waiter; break;
      case verb::wake_all: next.then = checker::update::take_all_waiters; break;
      case verb::sleep: next.until = checker::await::being_taken; break;
      case verb::store:
      case verb::unlock:
        next.kind = checker::event_kind::write;
        next.data.low = each.what == verb::unlock ? 0 : static_cast<std::uint64_t>(each.value);
        break;
      case verb::fence: next.kind = checker::event_kind::fence; break;
    }
    if (each.where == sleepers_word) {
      next.operand = {};
    }
    const checker::value read = checker::execution::current()->perform(next);
    if (next.kind == checker::event_kind::read) {
      last = each.where == sleepers_word ? sleepers_in(read, idle) : read.low;
    }
  }
}

// Threads before `first` do nothing.
std::string text_of(const checker::graph& now, checker::thread_index first = 0) {
  const auto name = [&](checker::stamp at) {
    return at == checker::initial
               ? std::string("i")
               : std::to_string(now[at].thread - first) + "." + std::to_string(now[at].index);
  };
  std::vector<std::string> all;
  for (checker::stamp at = 0; at < now.size(); ++at) {
    const checker::event& each = now[at];
    std::string line = name(at);
    if (each.kind == checker::event_kind::read) {
      line += "<" + name(each.source) + (each.pick == 0 ? "" : "*" + std::to_string(each.pick));
    } else if (each.kind == checker::event_kind::write) {
      line += "@" + std::to_string(each.place);
    }
    all.push_back(line + " ");
  }
  std::ranges::sort(all);
  std::string joined;
  for (const std::string& each : all) {
    joined += each;
  }
  return joined;
}

struct searched {
  axioms::executions executions;
  std::uint64_t blocked = 0;
  std::vector<checker::location> waits_plainly;
};

// What runs a program, after so many threads that do nothing.
struct checked {
  explicit checked(const program& what, checker::thread_index idle = 0) {
    for (int i = 0; i <= mutex_word; ++i) {
      words.push_back(searching.declare({}));
    }
    checker::search::program threads(idle, [] {});
    for (const auto& each : what) {
      threads.emplace_back([this, &each, idle] { run(each, words, idle); });
    }
    searching.set_program(std::move(threads));
  }

  checker::search searching;
  std::vector<checker::location> words;
};

searched search(const program& what, std::optional<std::uint32_t> preemptions = {},
                checker::thread_index idle = 0) {
  checked its(what, idle);
  checker::search& searching = its.searching;
  if (preemptions) {
    searching.bound_preemptions(*preemptions);
  }
  searched made;
  searching.ignore_stuck();
  while (searching.next()) {
    if (searching.ended() == checker::run_end::complete) {
      if (searching.executions() == 1) {
        made.executions.clear();  // the search began again
      }
      made.executions.insert(text_of(searching.now(), idle));
    }
  }
  RC_ASSERT(!searching.found());
  made.blocked = searching.blocked();
  made.waits_plainly = searching.standing().waits_plainly;
  return made;
}

// The same by two searches, each of which goes on from where it or the other stood,
// and gives away what it likes.
searched search_in_parts(const program& what, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<checker::position> parts{{}};
  searched made;
  checked two[]{checked(what), checked(what)};
  two[0].searching.ignore_stuck();
  two[1].searching.ignore_stuck();
  while (!parts.empty()) {
    checker::search& searching = two[random() % 2].searching;
    searching.go_on_from(parts.back());
    parts.pop_back();
    bool left = true;
    for (auto more = random() % 10; more > 0; --more) {
      left = searching.next();
      if (!left) {
        break;
      }
      if (searching.ended() == checker::run_end::complete) {
        made.executions.insert(text_of(searching.now()));
      } else {
        ++made.blocked;
      }
      if (random() % 2 == 0) {
        if (auto away = searching.give_away()) {
          parts.insert(parts.begin(), std::move(*away));
        }
      }
    }
    RC_ASSERT(!searching.found());
    if (searching.outgrown()) {
      parts.assign(1, searching.standing());
      made = {};
      made.waits_plainly = parts.back().waits_plainly;
    } else if (left) {
      parts.push_back(searching.standing());
    }
  }
  return made;
}

// Whether it finds that threads wait for what never comes.
bool gets_stuck(const program& what) {
  checked its(what);
  while (its.searching.next()) {
  }
  return its.searching.found().has_value();
}

// What kinds of operations a family of programs has.
struct family {
  std::vector<verb> verbs;
  bool locks = false;
  bool sleepers = false;
  int longer = 0;  // than the axioms alone could go through
};

rc::Gen<operation> one_operation(const family& from) {
  return rc::gen::exec([from] {
    operation made;
    made.what = *rc::gen::elementOf(from.verbs);
    made.where = *rc::gen::inRange(0, 2);
    const std::vector<strength> any{strength::relaxed, strength::acquire, strength::release,
                                    strength::acq_rel, strength::seq_cst};
    const std::vector<strength> reads{strength::relaxed, strength::acquire, strength::seq_cst};
    const std::vector<strength> writes{strength::relaxed, strength::release, strength::seq_cst};
    const std::vector<strength> fences{strength::acquire, strength::release, strength::acq_rel,
                                       strength::seq_cst, strength::seq_cst};
    switch (made.what) {
      case verb::load:
      case verb::await_equal:
      case verb::await_other: made.how = *rc::gen::elementOf(reads); break;
      case verb::store: made.how = *rc::gen::elementOf(writes); break;
      case verb::fence: made.how = *rc::gen::elementOf(fences); break;
      default: made.how = *rc::gen::elementOf(any); break;
    }
    made.how_if_failed = *rc::gen::elementOf(reads);
    made.value = *rc::gen::inRange(made.what == verb::await_equal ? 0 : 1, 3);
    made.expected = *rc::gen::inRange(0, 2);
    if (*rc::gen::inRange(0, 5) == 0) {
      made.only_if_read = *rc::gen::inRange(0, 2);
    }
    return made;
  });
}

rc::Gen<program> a_program(const family& from) {
  return rc::gen::exec([from] {
    // More than this, and the axioms alone take too long.
    const bool blocks = from.locks || from.sleepers;
    const auto threads = *rc::gen::elementOf(
        from.locks && from.sleepers ? std::vector<int>{2, 2, 3} : std::vector<int>{2, 2, 3, 3, 4});
    const int longest = blocks ? (threads == 2 ? 2 : 1) : threads == 2 ? 4 : threads == 3 ? 3 : 2;
    program made;
    for (int i = 0; i < threads; ++i) {
      const auto count =
          static_cast<std::size_t>(*rc::gen::inRange(blocks ? 0 : 1, longest + from.longer + 1));
      std::vector<operation> thread =
          *rc::gen::container<std::vector<operation>>(count, one_operation(from));
      if (from.locks) {
        operation lock;
        lock.what = verb::lock;
        lock.where = mutex_word;
        lock.how = strength::acquire;
        operation unlock = lock;
        unlock.what = verb::unlock;
        unlock.how = strength::release;
        const auto at = *rc::gen::inRange<std::size_t>(0, thread.size() + 1);
        thread.insert(thread.begin() + static_cast<std::ptrdiff_t>(at), lock);
        const auto end = *rc::gen::inRange<std::size_t>(at + 1, thread.size() + 1);
        thread.insert(thread.begin() + static_cast<std::ptrdiff_t>(end), unlock);
      }
      if (from.sleepers) {
        // Sleeps or wakes once, with or without a mutex.
        operation first;
        first.where = sleepers_word;
        first.what = *rc::gen::elementOf(std::vector<verb>{verb::enter, verb::enter, verb::wake_one,
                                                           verb::wake_one, verb::wake_all});
        const auto at = *rc::gen::inRange<std::size_t>(0, thread.size() + 1);
        thread.insert(thread.begin() + static_cast<std::ptrdiff_t>(at), first);
        if (first.what == verb::enter) {
          operation then = first;
          then.what = verb::sleep;
          const auto end = *rc::gen::inRange<std::size_t>(at + 1, thread.size() + 1);
          thread.insert(thread.begin() + static_cast<std::ptrdiff_t>(end), then);
        }
      }
      made.push_back(std::move(thread));
    }
    return made;
  });
}

void agrees_with_axioms(const family& from, bool blocks) {
  std::uint64_t programs = 0;
  std::uint64_t executions = 0;
  std::uint64_t stuck = 0;
  ASSERT_TRUE(rc::check([&] {
    const program what = *a_program(from);
    const axioms::outcomes all = axioms::all_outcomes(what);
    const axioms::executions& expected = all.complete;
    const searched found = search(what);
    ++programs;
    executions += expected.size();
    if (found.executions != expected) {
      const std::set<std::string> distinct(found.executions.begin(), found.executions.end());
      RC_FAIL(axioms::text_of(what) + "expected " + std::to_string(expected.size()) + ", found " +
              std::to_string(found.executions.size()) + ", distinct " +
              std::to_string(distinct.size()));
    }
    RC_ASSERT(blocks || found.blocked == 0U);
    if (gets_stuck(what) != !all.stuck.empty()) {
      RC_FAIL(axioms::text_of(what) + (all.stuck.empty() ? "is not stuck" : "is stuck"));
    }
    stuck += all.stuck.empty() ? 0 : 1;
  }));
  ::testing::Test::RecordProperty("programs", std::to_string(programs));
  ::testing::Test::RecordProperty("executions", std::to_string(executions));
  ::testing::Test::RecordProperty("stuck", std::to_string(stuck));
  EXPECT_GT(executions, programs);
  const bool waits =
      from.sleepers || std::ranges::find(from.verbs, verb::await_equal) != from.verbs.end();
  EXPECT_EQ(stuck != 0, waits);
}

// What is drawn at random is among what there is, and before long most of that.
void walks_within_axioms(const family& from) {
  constexpr int walks = 300;
  std::uint64_t there = 0;
  std::uint64_t seen = 0;
  ASSERT_TRUE(rc::check([&] {
    const program what = *a_program(from);
    const axioms::outcomes all = axioms::all_outcomes(what);
    checked its(what);
    its.searching.walk(*rc::gen::arbitrary<std::uint64_t>());
    its.searching.ignore_stuck();
    std::set<std::string> drawn;
    for (int i = 0; i < walks; ++i) {
      RC_ASSERT(its.searching.next());
      if (its.searching.ended() == checker::run_end::complete) {
        drawn.insert(text_of(its.searching.now()));
      }
    }
    for (const std::string& each : drawn) {
      if (!all.complete.contains(each)) {
        RC_FAIL(axioms::text_of(what) + "has no execution " + each);
      }
    }
    // So many draws cannot see more than a part of what is far more.
    if (all.complete.size() <= walks / 10) {
      there += all.complete.size();
      seen += drawn.size();
    }
  }));
  EXPECT_GT(seen * 10, there * 8) << "only " << seen << " of " << there;
}

void agrees_in_parts(const family& from) {
  ASSERT_TRUE(rc::check([&] {
    const program what = *a_program(from);
    const searched whole = search(what);
    const searched parts = search_in_parts(what, *rc::gen::arbitrary<std::uint64_t>());
    // Which locations wait plainly is a matter of which was first seen to have to.
    const bool alike = parts.waits_plainly == whole.waits_plainly;
    if (parts.executions != whole.executions || (alike && parts.blocked != whole.blocked)) {
      RC_FAIL(axioms::text_of(what) + "in one " + std::to_string(whole.executions.size()) + " + " +
              std::to_string(whole.blocked) + ", in parts " +
              std::to_string(parts.executions.size()) + " + " + std::to_string(parts.blocked));
    }
  }));
}

// Whatever numbers its threads have: 63 and more are not told by a bit of a word.
void agrees_among_many_threads(const family& from) {
  ASSERT_TRUE(rc::check([&] {
    const program what = *a_program(from);
    const auto idle = *rc::gen::element<checker::thread_index>(61, 62, 63, 64, 127, 200);
    const searched few = search(what);
    const searched many = search(what, {}, idle);
    if (many.executions != few.executions || many.blocked != few.blocked) {
      RC_FAIL(axioms::text_of(what) + "alone " + std::to_string(few.executions.size()) + " + " +
              std::to_string(few.blocked) + ", after " + std::to_string(idle) + " threads " +
              std::to_string(many.executions.size()) + " + " + std::to_string(many.blocked));
    }
  }));
}

// Of at most so many preemptions: all of them, and none of more.
void agrees_within_bounds(const family& from) {
  std::uint64_t there = 0;
  std::uint64_t fewer = 0;
  ASSERT_TRUE(rc::check([&] {
    const program what = *a_program(from);
    std::map<std::string, std::uint32_t> all;
    checked whole(what);
    whole.searching.ignore_stuck();
    constexpr std::uint32_t most = 3;
    while (whole.searching.next()) {
      if (whole.searching.ended() == checker::run_end::complete) {
        const checker::graph& now = whole.searching.now();
        all[text_of(now)] = checker::preemptions(now, most);
      }
      if (whole.searching.executions() > 3000) {
        return;  // and is compared with four times
      }
    }
    for (std::uint32_t bound = 0; bound < most; ++bound) {
      axioms::executions expected;
      for (const auto& [text, count] : all) {
        if (count <= bound) {
          expected.insert(text);
        }
      }
      there += all.size();
      fewer += expected.size();
      const searched found = search(what, bound);
      if (found.executions != expected) {
        RC_FAIL(axioms::text_of(what) + "at most " + std::to_string(bound) + ": expected " +
                std::to_string(expected.size()) + ", found " +
                std::to_string(found.executions.size()));
      }
    }
  }));
  ::testing::Test::RecordProperty("there", std::to_string(there));
  ::testing::Test::RecordProperty("within", std::to_string(fewer));
  EXPECT_LT(fewer, there);
}

// A probe's weight is the number of executions, on average.
void is_estimated(const family& from) {
  double off = 0;
  double variance = 0;
  ASSERT_TRUE(rc::check([&] {
    const program what = *a_program(from);
    const auto there = static_cast<double>(search(what).executions.size());
    checked its(what);
    its.searching.ignore_stuck();
    its.searching.probe(*rc::gen::arbitrary<std::uint64_t>());
    constexpr int probes = 100;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < probes; ++i) {
      RC_ASSERT(its.searching.next());
      sum += its.searching.weight();
      squares += its.searching.weight() * its.searching.weight();
    }
    off += (sum / probes - there) / std::max(there, 1.0);
    variance +=
        (squares / probes - sum * sum / probes / probes) / probes / std::max(there * there, 1.0);
  }));
  ::testing::Test::RecordProperty("off", std::to_string(off));
  EXPECT_LT(std::abs(off), 5 * std::sqrt(variance));
}

const std::vector<verb> plain_verbs{verb::load,
                                    verb::load,
                                    verb::store,
                                    verb::store,
                                    verb::exchange,
                                    verb::fetch_add,
                                    verb::compare_exchange,
                                    verb::fence};

TEST(RandomPrograms, HaveTheExecutionsThatTheAxiomsAllow) {
  agrees_with_axioms({plain_verbs}, false);
}
TEST(RandomPrograms, HaveThemWithAwaits) {
  agrees_with_axioms({{verb::load, verb::store, verb::store, verb::fetch_add, verb::exchange,
                       verb::compare_exchange, verb::fence, verb::await_equal, verb::await_other}},
                     true);
}
TEST(RandomPrograms, HaveThemWithMutexes) {
  agrees_with_axioms({{verb::load, verb::store, verb::fetch_add, verb::fence}, true}, true);
}
TEST(RandomPrograms, HaveThemWithMutexesAndAwaits) {
  agrees_with_axioms(
      {{verb::load, verb::store, verb::store, verb::fetch_add, verb::fence, verb::await_equal},
       true},
      true);
}

TEST(RandomPrograms, HaveThemWithSleepers) {
  agrees_with_axioms({{verb::load, verb::store, verb::fetch_add, verb::fence}, false, true}, true);
}
TEST(RandomPrograms, HaveThemWithMutexesAndSleepers) {
  agrees_with_axioms({{verb::load, verb::store, verb::fence}, true, true}, true);
}

TEST(SearchesInParts, FindWhatOneFinds) {
  agrees_in_parts({plain_verbs});
}
TEST(SearchesInParts, FindItWithAwaits) {
  agrees_in_parts({{verb::load, verb::store, verb::store, verb::fetch_add, verb::await_equal}});
}
TEST(SearchesInParts, FindItWithMutexesAndAwaits) {
  agrees_in_parts(
      {{verb::load, verb::store, verb::store, verb::fetch_add, verb::fence, verb::await_equal},
       true});
}
TEST(SearchesInParts, FindItWithMutexesAndSleepers) {
  agrees_in_parts({{verb::load, verb::store, verb::fence}, true, true});
}

TEST(ManyThreads, AreSearchedAsFewAre) {
  agrees_among_many_threads({plain_verbs});
}
TEST(ManyThreads, AreSearchedSoWithMutexesAndAwaits) {
  agrees_among_many_threads(
      {{verb::load, verb::store, verb::store, verb::fetch_add, verb::fence, verb::await_equal},
       true});
}
TEST(ManyThreads, AreSearchedSoWithMutexesAndSleepers) {
  agrees_among_many_threads({{verb::load, verb::store, verb::fence}, true, true});
}

TEST(BoundedSearches, FindWhatIsWithinTheBound) {
  agrees_within_bounds({plain_verbs, false, false, 2});
}
TEST(BoundedSearches, FindItWithAwaits) {
  agrees_within_bounds({{verb::load, verb::store, verb::store, verb::fetch_add, verb::await_equal},
                        false,
                        false,
                        2});
}
TEST(BoundedSearches, FindItWithMutexesAndAwaits) {
  agrees_within_bounds(
      {{verb::load, verb::store, verb::store, verb::fetch_add, verb::fence, verb::await_equal},
       true,
       false,
       1});
}
TEST(BoundedSearches, FindItWithMutexesAndSleepers) {
  agrees_within_bounds({{verb::load, verb::store, verb::fence}, true, true, 1});
}

TEST(Probes, WeighWhatThereIs) {
  is_estimated({plain_verbs});
}
TEST(Probes, WeighItWithMutexesAndAwaits) {
  is_estimated({{verb::load, verb::store, verb::store, verb::fetch_add, verb::await_equal}, true});
}
TEST(Probes, WeighItWithMutexesAndSleepers) {
  is_estimated({{verb::load, verb::store, verb::fence}, true, true});
}

TEST(RandomWalks, StayWithinWhatTheAxiomsAllow) {
  walks_within_axioms({plain_verbs});
}
TEST(RandomWalks, StayWithinItWithMutexesAndAwaits) {
  walks_within_axioms(
      {{verb::load, verb::store, verb::store, verb::fetch_add, verb::fence, verb::await_equal},
       true});
}
TEST(RandomWalks, StayWithinItWithMutexesAndSleepers) {
  walks_within_axioms({{verb::load, verb::store, verb::fence}, true, true});
}

}  // namespace
}  // namespace handfast
