#include "models/suites/relacy.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <new>
#include <ostream>
#include <sstream>
#include <streambuf>
#include <string_view>
#include <utility>

#include "models/adapters/relacy_sync.hpp"
#include "models/scenarios/blocking_pool.hpp"
#include "models/scenarios/channel.hpp"
#include "models/scenarios/idle.hpp"
#include "models/scenarios/operation.hpp"
#include "models/scenarios/park.hpp"
#include "models/scenarios/queue.hpp"
#include "models/scenarios/scheduler.hpp"
#include "models/scenarios/sync.hpp"
#include "models/scenarios/task.hpp"
#include "models/scenarios/task_state.hpp"
#include "models/scenarios/word_mutex.hpp"
#include "models/scenarios/work_deque.hpp"
#include "models/suites/relacy_trace.hpp"
#include "models/suites/wrong.hpp"

namespace handfast::relacy_suite {
namespace {

using steady = std::chrono::steady_clock;

// The search that runs, for the suite below: Relacy makes the suite itself and
// has no place to pass anything in.
struct search_state {
  const limits* bounds = nullptr;
  const go_on* tell = nullptr;
  const note* remember = nullptr;
  steady::time_point start;
  std::uint64_t begun = 0;
  bool stopped = false;
  bool interrupted = false;

  // Whether one more execution may begin. Looks at the clock now and then only.
  bool may_go_on() {
    if (stopped) {
      return false;
    }
    constexpr std::uint64_t look_every = 256;
    if (begun == bounds->max_iterations) {
      stopped = true;
    } else if (begun % look_every == 0) {
      const std::chrono::duration<double> ran = steady::now() - start;
      interrupted = !(*tell)(begun);
      stopped = interrupted || ran.count() > bounds->max_seconds;
    }
    return !stopped;
  }
};

search_state searching;

// A scenario without its type: Relacy's whole engine is compiled for each suite.
struct program {
  unsigned threads;
  void (*begin)();
  void (*thread)(unsigned index);
  void (*finish)();
};

template <template <class> class Scenario>
class program_of {
  using scenario = Scenario<relacy_sync>;

  // What a failed execution leaves is not destroyed: its Relacy is gone by then.
  alignas(scenario) static inline std::byte memory_[sizeof(scenario)];
  static scenario& now() { return *std::launder(reinterpret_cast<scenario*>(memory_)); }

 public:
  static constexpr program made{scenario::threads,
                                [] { std::construct_at(reinterpret_cast<scenario*>(memory_)); },
                                [](unsigned index) { now().thread(index); },
                                [] {
                                  now().finish();
                                  std::destroy_at(&now());
                                }};
};

const program* running = nullptr;  // for the suite below, as `searching`

template <unsigned Threads, unsigned Spawned>
struct suite : rl::test_suite<suite<Threads, Spawned>, static_cast<rl::thread_id_t>(Threads)> {
  static constexpr rl::thread_id_t dynamic_thread_count = Spawned;

  void before() {
    if (!searching.may_go_on()) {
      rl::ctx().rl_until("the search's limit", {});
    }
    (*searching.remember)(searching.begun);
    ++searching.begun;
    relacy_detail::current.begin();
    relacy_detail::names.clear();
    running->begin();
  }
  void thread(unsigned index) {
    if (index < running->threads) {
      running->thread(index);
    }
  }
  void after() { running->finish(); }
};

template <template <class> class Scenario>
void simulate(rl::test_params& params) {
  // Relacy's code for one thread, which GCC warns about, is never compiled: a thread
  // that does nothing makes two.
  constexpr unsigned threads = std::max(2U, Scenario<relacy_sync>::threads);
  running = &program_of<Scenario>::made;
  relacy_detail::current = {};
  rl::simulate<suite<threads, scenarios::spawned_threads<Scenario<relacy_sync>>()>>(params);
}

// Where Relacy writes to, in memory of the C library's: what Relacy's operator new
// gives during a simulation is not to be freed after it.
class text_sink : std::streambuf {
 public:
  text_sink() : stream_(this) {}
  text_sink(const text_sink&) = delete;
  text_sink& operator=(const text_sink&) = delete;
  ~text_sink() override { std::free(text_); }

  [[nodiscard]] std::ostream& stream() { return stream_; }
  [[nodiscard]] std::string text() const { return {text_, size_}; }

 protected:
  std::streamsize xsputn(const char* from, std::streamsize count) override {
    const auto added = static_cast<std::size_t>(count);
    if (size_ + added > capacity_) {
      capacity_ = std::max(2 * capacity_, size_ + added);
      text_ = static_cast<char*>(std::realloc(text_, capacity_));
    }
    std::copy_n(from, added, text_ + size_);
    size_ += added;
    return count;
  }
  int_type overflow(int_type next) override {
    const char character = traits_type::to_char_type(next);
    return traits_type::eq_int_type(next, traits_type::eof()) ? 0 : (xsputn(&character, 1), next);
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::ostream stream_;
};

rl::test_params parameters(mode under, text_sink& output) {
  rl::test_params params;
  params.output_stream = &output.stream();
  params.progress_stream = &output.stream();
  switch (under) {
    case mode::full: params.search_type = rl::fair_full_search_scheduler_type; break;
    case mode::bound2:
    case mode::bound3:
      params.search_type = rl::fair_context_bound_scheduler_type;
      params.context_bound = under == mode::bound2 ? 2 : 3;
      break;
    case mode::random: params.search_type = rl::random_scheduler_type; break;
  }
  return params;
}

std::string lower(std::string text) {
  for (char& each : text) {
    each = each >= 'A' && each <= 'Z' ? static_cast<char>(each - 'A' + 'a') : each;
  }
  return text;
}

result outcome(const rl::test_params& params, mode under, const text_sink& output) {
  result found;
  found.iterations = searching.begun;
  found.operations = relacy_detail::current.operations;
  found.interrupted = searching.interrupted;
  // A number of random executions has no end of its own.
  found.ended = !searching.stopped && under != mode::random;
  if (params.test_result != rl::test_result_success &&
      params.test_result != rl::test_result_until_condition_hit) {
    found.failed = true;
    found.kind = lower(rl::test_result_str(params.test_result));
    found.text = columns(output.text());
    found.failure = {under, params.final_state.c_str()};
  }
  return found;
}

template <template <class> class Scenario>
result search(mode under, const limits& bounds, const go_on& tell, const note& remember) {
  text_sink output;
  rl::test_params params = parameters(under, output);
  if (under == mode::random) {
    // The iteration is the seed: start where the caller's numbers start.
    params.initial_state = (std::to_string(bounds.first_iteration) + " ").c_str();
    params.iteration_count = bounds.first_iteration + bounds.max_iterations - 1;
    if (params.iteration_count < bounds.first_iteration) {
      params.iteration_count = ~rl::iteration_t{0};
    }
  }
  searching = {&bounds, &tell, &remember, steady::now()};
  // Relacy runs a failing execution a second time, for its history.
  simulate<Scenario>(params);
  result found = outcome(params, under, output);
  found.iterations -= found.failed ? 1 : 0;
  return found;
}

template <template <class> class Scenario>
result run_again(const execution_id& execution) {
  text_sink output;
  rl::test_params params = parameters(execution.under, output);
  params.initial_state = execution.state.c_str();
  params.collect_history = true;
  if (execution.under == mode::random) {
    params.iteration_count = std::stoull(execution.state);
  }
  const limits once{1, 1};
  const go_on always = [](std::uint64_t) { return true; };
  const note nothing = [](std::uint64_t) {};
  searching = {&once, &always, &nothing, steady::now()};
  simulate<Scenario>(params);
  result found = outcome(params, execution.under, output);
  found.failure = execution;
  return found;
}

// The modes in which Relacy runs what its searches can express. Where they cannot:
//  - They take the end of the threads that a test has from the beginning for the end of all, while
//    one that those made waits for a time: a false leak. At random it waits for that one.
//  - They repeat the choices of an execution and take the rest for the same. What locks in the
//    order of addresses, as selects on channels without room do, is not: a crash.
// It has light and heavy fences as two seq_cst ones, with more order than they give; our checker
// tells them apart.
std::vector<mode> modes_of(std::string_view name) {
  constexpr std::array waits_for_a_time{"alarms_ring_in_turn", "sooner_alarm_is_not_late",
                                        "task_gives_up", "late_send_keeps_its_item"};
  constexpr std::array locks_by_address{"rendezvous.selects_meet",
                                        "rendezvous.async_select_meets_select",
                                        "rendezvous.select_is_met_once"};
  const auto is_named = [name](std::string_view end) { return name.ends_with(end); };
  if (std::ranges::any_of(locks_by_address, is_named)) {
    return {};
  }
  if (std::ranges::any_of(waits_for_a_time, is_named)) {
    return {mode::random};
  }
  return {mode::full, mode::bound2, mode::bound3, mode::random};
}

template <template <class> class Scenario>
scenario entry(const std::string& full_name, std::vector<mode> modes) {
  return {full_name.substr(0, full_name.find('.')),
          full_name,
          std::string(Scenario<relacy_sync>::claim),
          std::move(modes),
          search<Scenario>,
          run_again<Scenario>};
}

}  // namespace

const std::vector<scenario>& scenarios() {
  static const std::vector<scenario> all = [] {
    std::vector<scenario> made;
    const auto add = [&made]<template <class> class Scenario>(const std::string& name) {
      made.push_back(entry<Scenario>(name, modes_of(name)));
    };
    scenarios::for_each_sync_scenario(add);
    scenarios::words::for_each_word_mutex_scenario(add);
    scenarios::for_each_park_scenario(add);
    scenarios::for_each_timer_scenario(add);
    scenarios::for_each_queue_scenario(add);
    scenarios::for_each_deque_scenario(add);
    scenarios::for_each_channel_scenario(add);
    scenarios::for_each_operation_scenario(add);
    scenarios::for_each_task_scenario(add);
    scenarios::for_each_task_state_scenario(add);
    scenarios::for_each_idle_scenario(add);
    scenarios::for_each_scheduler_scenario(add);
    scenarios::pool::for_each_blocking_pool_scenario(add);
    wrong::for_each_wrong([&made]<template <class> class Scenario>(const char* name) {
      made.push_back(entry<Scenario>(name, {}));
    });
    return made;
  }();
  return all;
}

std::vector<std::uint64_t> numbers_of(const std::string& state) {
  std::istringstream text(state);
  return {std::istream_iterator<std::uint64_t>(text), std::istream_iterator<std::uint64_t>()};
}

std::string state_of(const std::vector<std::uint64_t>& numbers) {
  std::string state;
  for (const std::uint64_t number : numbers) {
    state += std::to_string(number) + " ";
  }
  return state;
}

bool is_state(mode under, const std::vector<std::uint64_t>& numbers) {
  if (numbers.empty() || numbers[0] == 0) {
    return false;
  }
  if (under == mode::random) {
    return numbers.size() == 1;
  }
  if (numbers.size() < 2 || numbers.size() - 2 != 3 * numbers[1]) {
    return false;
  }
  constexpr std::uint64_t last_kind = 4;
  for (std::size_t i = 2; i < numbers.size(); i += 3) {
    if (numbers[i + 1] >= numbers[i] || numbers[i + 2] > last_kind) {
      return false;
    }
  }
  return true;
}

}  // namespace handfast::relacy_suite
