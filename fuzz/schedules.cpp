#include "fuzz/schedules.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <tuple>
#include <utility>

#include "fuzz/walks.hpp"
#include "models/adapters/checker_sync.hpp"
#include "models/scenarios/scenario.hpp"
#include "properties/covered.hpp"
#include "properties/ends.hpp"
#include "properties/linearizability.hpp"
#include "properties/variants.hpp"

namespace handfast::fuzz {
namespace {

using properties::call;
using properties::call_kind;
using properties::history;
using item = scenarios::item<checker_sync>;
using core = properties::any_core<item, checker_sync>;
using variant = properties::variant<item, checker_sync>;

constexpr std::uint8_t kinds = properties::call_kinds;
constexpr std::uint8_t selects_bit = 0x80;
constexpr std::uint8_t most_amount = 3;

// The checker's, whose first thread makes the others.
constexpr std::size_t thread_number(std::size_t of_schedule) {
  return of_schedule + 1;
}

// How long a call of this kind waits.
enum class patience : std::uint8_t { none, some, endless };
constexpr patience patience_of(call_kind kind) {
  switch (kind) {
    case call_kind::try_send:
    case call_kind::try_receive:
    case call_kind::poll_send:
    case call_kind::poll_receive: return patience::none;
    case call_kind::send_until:
    case call_kind::receive_until: return patience::some;
    default: return patience::endless;
  }
}

// A send or a receive, as `what` is one, which waits as `how` does.
constexpr call_kind waiting_as(call_kind how, call_kind what) {
  const bool sends = properties::is_single_send(what);
  switch (patience_of(how)) {
    case patience::none: return sends ? call_kind::try_send : call_kind::try_receive;
    case patience::some: return sends ? call_kind::send_until : call_kind::receive_until;
    case patience::endless: break;
  }
  return sends ? call_kind::send : call_kind::receive;
}

// Runs a schedule's threads on channels of one variant, inside an execution of the checker,
// and keeps what they asked and were answered.
class performance {
 public:
  performance(const schedule& what, const variant& on) : what_(what), on_(on) {}

  /// What the first thread does. Whatever was kept of another execution is forgotten.
  void operator()() {
    calls_ = {};
    cores_.clear();
    last_item_ = 0;
    watch_.begin();
    all_ends handles;
    for (std::size_t channel = 0; channel < what_.capacities.size(); ++channel) {
      cores_.push_back(on_.make(what_.capacities[channel]));
      deal(channel, handles);
    }
    std::array<checker_sync::thread, schedule::most_threads> running;
    for (std::size_t i = 0; i < what_.threads; ++i) {
      running[i] = checker_sync::thread(
          [this, i, mine = std::move(handles[i])]() mutable { perform(i, mine); });
    }
    for (std::size_t i = 0; i < what_.threads; ++i) {
      running[i].join();
    }
  }

  /// What was seen of each channel.
  [[nodiscard]] std::vector<history> histories(bool stuck) const {
    std::vector<history> all;
    for (std::size_t channel = 0; channel < what_.capacities.size(); ++channel) {
      all.push_back({capacities_[channel],
                     holders(channel, true),
                     holders(channel, false),
                     {},
                     stuck,
                     !on_.many_items});
      for (const written& each : calls_[channel]) {
        if (!each.withdrawn) {
          all.back().calls.push_back(each.what);
        }
      }
    }
    return all;
  }

 private:
  using thread_ends = std::array<properties::ends<core>, schedule::most_channels>;
  // By somebody who selected another; then it was no call at all.
  struct written {
    call what;
    bool withdrawn = false;
  };
  using all_ends = std::array<thread_ends, schedule::most_threads>;

  [[nodiscard]] bool has(std::size_t thread, std::size_t channel, bool sends) const {
    return what_.has(thread, channel, sends, sends ? on_.many_senders : on_.many_receivers);
  }
  [[nodiscard]] std::size_t holders(std::size_t channel, bool sends) const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < what_.threads; ++i) {
      count += has(i, channel, sends) ? 1 : 0;
    }
    return count;
  }

  // Each thread that is to have one end of a channel gets it, the last of them the first one.
  template <class Handle>
  void deal(std::size_t channel, bool sends, Handle first, all_ends& to) {
    std::size_t left = holders(channel, sends);
    for (std::size_t i = 0; i < what_.threads; ++i) {
      if (has(i, channel, sends)) {
        to[i][channel].take(--left == 0 ? std::move(first) : first.clone());
      }
    }
  }
  void deal(std::size_t channel, all_ends& to) {
    capacities_[channel] = cores_[channel]->capacity();
    deal(channel, true, sender<core>(*cores_[channel]), to);
    deal(channel, false, receiver<core>(*cores_[channel]), to);
  }

  void perform(std::size_t thread, thread_ends& mine) {
    const auto& steps = what_.programs[thread].steps;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (what_.selects(thread, i)) {
        select(thread, {&steps[i], &steps[i + 1]}, mine);
        ++i;
      } else if (steps[i].kind) {
        make_call(thread, steps[i].channel, *steps[i].kind, steps[i].amount,
                  mine[steps[i].channel]);
      }
    }
    for (std::size_t channel = 0; channel < what_.capacities.size(); ++channel) {
      for (const call_kind drop : {call_kind::drop_sender, call_kind::drop_receiver}) {
        while (mine[channel].can(drop)) {
          make_call(thread, channel, drop, 1, mine[channel]);
        }
      }
    }
  }

  // Does nothing if the thread has not, or no more, the handle that the call needs.
  void make_call(std::size_t thread, std::size_t channel, call_kind kind, std::size_t amount,
                 properties::ends<core>& with) {
    if (!with.can(kind) || (kind == call_kind::clone_sender && !on_.many_senders) ||
        (kind == call_kind::clone_receiver && !on_.many_receivers)) {
      return;
    }
    call& made = begin(thread, channel, kind, amount).what;
    with.answer(made, scenarios::soon<checker_sync>());
    watch_.answered(made);
  }

  // A select of one of two, each of which is written down as a call that waits as the first
  // does; the one that was not done, as none at all.
  void select(std::size_t thread, std::array<const schedule::step*, 2> of, thread_ends& mine) {
    if (!mine[of[0]->channel].can(*of[0]->kind) || !mine[of[1]->channel].can(*of[1]->kind)) {
      return;
    }
    std::array<written*, 2> made{};
    for (std::size_t i = 0; i < made.size(); ++i) {
      made[i] = &begin(thread, of[i]->channel, waiting_as(*of[0]->kind, *of[i]->kind), 1);
      made[i]->what.selects = true;
    }
    properties::pending_call<core> first(made[0]->what,
                                         mine[of[0]->channel].core_for(*of[0]->kind));
    properties::pending_call<core> second(made[1]->what,
                                          mine[of[1]->channel].core_for(*of[1]->kind));
    const std::optional<std::size_t> done = selected(*of[0]->kind, first.get(), second.get());
    for (std::size_t i = 0; i < made.size(); ++i) {
      auto& each = i == 0 ? first : second;
      if (done == i) {
        each.answer();
      } else {
        checker_sync::assert_that(each.give_up(), "a select did what it says it did not");
        made[i]->withdrawn = done.has_value();
      }
    }
    for (written* each : made) {
      watch_.answered(each->what);
    }
  }
  static std::optional<std::size_t> selected(call_kind waits, operation<checker_sync>& first,
                                             operation<checker_sync>& second) {
    switch (patience_of(waits)) {
      case patience::none: return try_select(first, second);
      case patience::some: return select_until(scenarios::soon<checker_sync>(), first, second);
      case patience::endless: break;
    }
    return handfast::select(first, second);
  }

  // Written down as asked.
  written& begin(std::size_t thread, std::size_t channel, call_kind kind, std::size_t amount) {
    written& made = calls_[channel].emplace_back(
        written{properties::asking(kind, amount, [this] { return ++last_item_; })});
    made.what.thread = thread_number(thread);
    watch_.asked(made.what);
    return made;
  }

  const schedule& what_;
  const variant& on_;
  std::vector<std::unique_ptr<core>> cores_;
  std::array<std::size_t, schedule::most_channels> capacities_{};
  std::array<std::deque<written>, schedule::most_channels> calls_;  // they stay where they are
  spec::item last_item_ = 0;
  watch watch_;
};

enum class goal : std::uint8_t {
  overlap,
  given_back_on_close,
  timed_out,
  waited,
  left_waiting,
  selected,
  none_selected,
  dropped,
};

constexpr std::array<std::string_view, 8> goal_names{"calls of two threads overlapped",
                                                     "a send gave its item back on close",
                                                     "a wait timed out",
                                                     "a receive waited for its item",
                                                     "threads were left waiting",
                                                     "a select did one of two",
                                                     "a select did none",
                                                     "what was polled was dropped"};

void count_met(const history& all, goals& met) {
  const auto meet = [&met](goal which, bool was_met) {
    const auto bit = static_cast<std::size_t>(which);
    met[bit] = met[bit] || was_met;
  };
  for (const call& each : all.calls) {
    meet(goal::given_back_on_close, each.send_failed == send_failure::closed);
    meet(goal::timed_out, each.send_failed == send_failure::timed_out ||
                              each.receive_failed == receive_failure::timed_out);
    const bool failed = each.send_failed || each.receive_failed;
    meet(goal::selected, each.selects && each.responded != 0 && !failed);
    meet(goal::none_selected, each.selects && failed && each.send_failed != send_failure::closed &&
                                  each.receive_failed != receive_failure::closed);
    meet(goal::dropped,
         (each.kind == call_kind::poll_send && each.send_failed == send_failure::full) ||
             (each.kind == call_kind::poll_receive &&
              each.receive_failed == receive_failure::empty));
    for (const call& other : all.calls) {
      const bool overlaps = each.thread != other.thread && each.invoked < other.invoked &&
                            other.invoked < each.responded;
      meet(goal::overlap, overlaps);
      meet(goal::waited, overlaps && other.sent == 1 && each.got == other.asked);
    }
  }
  meet(goal::left_waiting, all.stuck);
}

// What is wrong with the execution that was run last.
std::optional<checker::finding> judged(const performance& act,
                                       const std::optional<checker::finding>& stuck, goals& met) {
  for (const history& each : act.histories(stuck.has_value())) {
    if (const auto why = properties::why_not_linearizable(each)) {
      return stuck ? checker::finding{stuck->kind, stuck->text + "\n\n" + *why}
                   : checker::finding{"not linearizable", *why};
    }
    count_met(each, met);
  }
  return std::nullopt;
}

std::optional<wrong> run_on(const variant& on, const schedule& what, goals& met) {
  performance act(what, on);
  return walk([&act] { act(); }, what.chance,
              [&](const auto& stuck) { return judged(act, stuck, met); });
}

// As long as it fails in the same way.
schedule minimised_on(const variant& on, const schedule& failing, const std::string& kind) {
  constexpr std::size_t steps = schedule::steps_of_a_thread;
  return minimised(
      failing, failing.threads * steps,
      [](schedule& less, std::size_t part) {
        return std::exchange(less.programs[part / steps].steps[part % steps], {}).kind.has_value();
      },
      [&](const schedule& less) {
        goals met;
        const auto found = run_on(on, less, met);
        return found && found->what.kind == kind;
      });
}

// Calls are polled and selected too.
std::vector<std::string> concepts() {
  std::vector<std::string> all = properties::covered_concepts();
  all.emplace_back("operation");
  return all;
}

std::optional<failure> run(std::span<const std::uint8_t> bytes, goals& met) {
  const schedule what = decode_schedule(bytes);
  for (const variant& each : properties::variants<item, checker_sync>) {
    if (const auto found = run_on(each, what, met)) {
      const schedule least = minimised_on(each, what, found->what.kind);
      const auto again = run_on(each, least, met);
      const wrong& told = again ? *again : *found;
      performance act(least, each);
      return failure{told.what.kind,
                     std::string(each.name) + "\n" + to_string(least) + "\n" + told.what.text +
                         "\n\n" + trace([&act] { act(); }, told.steps),
                     encode(least)};
    }
  }
  return std::nullopt;
}

}  // namespace

bool schedule::has(std::size_t thread, std::size_t channel, bool sends, bool many) const {
  const auto wants = [&](std::size_t who) {
    return (programs[who].has >> (2 * channel + (sends ? 0 : 1)) & 1U) != 0;
  };
  std::size_t first = 0;
  while (first < threads && !wants(first)) {
    ++first;
  }
  first = first == threads ? 0 : first;
  return thread == first || (many && wants(thread));
}

bool schedule::selects(std::size_t thread, std::size_t step) const {
  const auto of_one_item = [](const schedule::step& which) {
    return which.kind &&
           (properties::is_single_send(*which.kind) || properties::is_single_receive(*which.kind));
  };
  const auto& steps = programs[thread].steps;
  return step + 1 < steps.size() && steps[step].or_next && of_one_item(steps[step]) &&
         of_one_item(steps[step + 1]);
}

schedule decode_schedule(std::span<const std::uint8_t> bytes) {
  const auto next = [&bytes] {
    const std::uint8_t byte = bytes.empty() ? std::uint8_t{0} : bytes.front();
    bytes = bytes.empty() ? bytes : bytes.subspan(1);
    return byte;
  };
  schedule made;
  const std::uint8_t shape = next();
  made.threads = 2 + (shape & 1U);
  const std::uint8_t capacities = next();
  for (unsigned channel = 0; channel <= (shape >> 1U & 1U); ++channel) {
    made.capacities.push_back(static_cast<std::uint8_t>(1 + (capacities >> channel & 1U)));
  }
  for (schedule::thread& thread : made.programs) {
    thread.has = next() & 15U;
    for (schedule::step& step : thread.steps) {
      const std::uint8_t kind = next() % (kinds + 1);
      const std::uint8_t how = next();
      if (kind > 0) {
        step.kind = static_cast<call_kind>(kind - 1);
        step.channel = static_cast<std::uint8_t>((how & 1U) % made.capacities.size());
        step.amount = static_cast<std::uint8_t>(1 + ((how & ~selects_bit) >> 1U) % most_amount);
        step.or_next = (how & selects_bit) != 0;
      }
    }
  }
  made.chance.assign(bytes.begin(), bytes.end());
  return made;
}

input encode(const schedule& what) {
  input bytes{static_cast<std::uint8_t>((what.threads - 2) | (what.capacities.size() - 1) << 1U),
              0};
  for (std::size_t channel = 0; channel < what.capacities.size(); ++channel) {
    bytes[1] = static_cast<std::uint8_t>(bytes[1] | (what.capacities[channel] - 1) << channel);
  }
  for (const schedule::thread& thread : what.programs) {
    bytes.push_back(thread.has);
    for (const schedule::step& step : thread.steps) {
      bytes.push_back(step.kind ? static_cast<std::uint8_t>(1 + static_cast<unsigned>(*step.kind))
                                : std::uint8_t{0});
      bytes.push_back(static_cast<std::uint8_t>(step.channel | (step.amount - 1) << 1U |
                                                (step.or_next ? selects_bit : 0)));
    }
  }
  bytes.insert(bytes.end(), what.chance.begin(), what.chance.end());
  return bytes;
}

std::string to_string(const schedule& what) {
  std::string text = "capacities";
  for (const std::uint8_t capacity : what.capacities) {
    text += " " + std::to_string(capacity);
  }
  for (std::size_t i = 0; i < what.threads; ++i) {
    text += "\nthread " + std::to_string(thread_number(i)) + " has";
    for (std::size_t channel = 0; channel < what.capacities.size(); ++channel) {
      for (const bool sends : {true, false}) {
        if (what.has(i, channel, sends, true)) {
          text += std::string(sends ? " a sender" : " a receiver") + " of channel " +
                  std::to_string(channel);
        }
      }
    }
    bool joined = false;  // to the step before, by a select
    for (std::size_t j = 0; j < what.programs[i].steps.size(); ++j) {
      const schedule::step& step = what.programs[i].steps[j];
      if (step.kind) {
        const bool selects = !joined && what.selects(i, j);
        text += std::string(joined ? " or " : ", ") + (selects ? "select " : "") +
                std::string(name_of(*step.kind)) + "(channel " + std::to_string(step.channel) +
                ", " + std::to_string(step.amount) + ")";
        joined = selects;
      }
    }
  }
  return text + "\n";
}

const target schedules{"channel.schedules",
                       "channel",
                       "any bytes, read as threads' calls and their schedule, are answered as "
                       "one thread could have seen it, and nobody is forgotten",
                       "schedules",
                       256,
                       true,
                       concepts,
                       goal_names,
                       run};

}  // namespace handfast::fuzz
