#include "models/checker/execution.hpp"

#include <algorithm>
#include <exception>
#include <numeric>
#include <string_view>
#include <tuple>
#include <utility>

#include "models/checker/update.hpp"

namespace handfast::checker {

std::string short_line(const std::source_location& at) {
  std::string_view file = at.file_name();
  if (const auto slash = file.rfind('/'); slash != std::string_view::npos) {
    file.remove_prefix(slash + 1);
  }
  return std::string(file) + ":" + std::to_string(at.line());
}

// Running ------------------------------------------------------------------------------

inline thread_index execution::pick() {
  const thread_index next = unsettled_.first();
  if (next == no_thread) {
    return pick_further();
  }
  unsettled_.remove(next);
  return next;
}

run_end execution::run(std::span<const std::function<void()>> roots, decider& decides) {
  decides_ = &decides;
  found_.reset();
  faulted_ = false;
  plain_.clear();
  plain_count_ = 0;
  names_.clear();
  heap_.reset();
  static std::uint64_t runs = 0;
  number_ = ++runs;
  steps_ = 0;
  for (thread_set* each : {&there_, &unsettled_, &blocked_, &enabled_, &joining_, &waiting_,
                           &assumed_, &parked_, &finished_}) {
    each->clear();
  }
  readers_used_ = 0;
  for (place& each : places_) {
    each.alive = false;
  }
  // What the last run made may be waited for before this one has made it.
  for (const auto& each : threads_) {
    each->position = 0;
  }
  if (known_threads_ < roots.size()) {
    while (known_threads_ < roots.size()) {
      new_thread({origin::nobody, known_threads_});
    }
    put_in_order();
  }
  now_ = &decides.now();
  for (thread_index i = 0; i < roots.size(); ++i) {
    begin(i, roots[i]);
  }
  execution* const outer = std::exchange(current_, this);
  if (const thread_index first = pick(); first != no_thread) {
    running_ = first;
    me_ = threads_[first].get();
    fiber::switch_between(main_, me_->stack);
  } else {
    how_ = run_end::complete;
  }
  current_ = outer;
  if (how_ == run_end::complete) {
    if (const heap::block* block = heap_.leaked(); block != nullptr) {
      found_ = finding{"memory leak", std::to_string(block->bytes) + " bytes allocated at " +
                                          short_line(block->line) + " were not freed"};
      how_ = run_end::failed;
    }
  }
  return how_;
}

// Faults -------------------------------------------------------------------------------

namespace {

struct sigaction handler_before;

}  // namespace

// What a thread does to memory that is not there is a finding; so is that it runs into
// the page below its stack, which is why the handler has a stack of its own.
void execution::watch_for_faults() {
  static const bool watching = [] {
    static std::array<std::byte, std::size_t{64} * 1024> stack;
    stack_t own{};
    own.ss_sp = stack.data();
    own.ss_size = stack.size();
    struct sigaction action{};
    action.sa_sigaction = &execution::faulted;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    return ::sigaltstack(&own, nullptr) == 0 && ::sigaction(SIGSEGV, &action, &handler_before) == 0;
  }();
  std::ignore = watching;
}

void execution::faulted(int signal, siginfo_t* at, void*) {
  execution* const run = current_;
  if (run != nullptr && !std::exchange(run->faulted_, true)) {
    const std::string who = "thread " + std::to_string(run->running_);
    if (run->me_->stack.overflowed_at(at->si_addr)) {
      run->fail("stack overflow", who + " has used up its " +
                                      std::to_string(fiber::stack_bytes / 1024) + " KiB of stack");
    }
    run->fail("memory fault",
              who + " uses memory that is not there, after what is its last operation below");
  }
  // Not a thread's, or the second: it happens again, and is handled as it would have been.
  ::sigaction(signal, &handler_before, nullptr);
}

// Threads of a run -----------------------------------------------------------------------

thread_index execution::new_thread(const origin& made_by) {
  if (known_threads_ == threads_.size()) {
    threads_.push_back(std::make_unique<thread>());
  }
  thread& made = *threads_[known_threads_];
  made.made_by = made_by;
  made.ancestors = made_by.by == origin::nobody ? 0 : threads_[made_by.by]->ancestors + 1;
  made.threads.clear();
  made.locations.clear();
  return known_threads_++;
}

void execution::put_in_order() {
  std::vector<thread_index> order(known_threads_);
  const auto end = order.end();
  std::iota(order.begin(), end, 0);
  // A maker has fewer ancestors than what it makes, so it has its rank by then.
  std::sort(order.begin(), end, [&](thread_index a, thread_index b) {
    return threads_[a]->ancestors < threads_[b]->ancestors;
  });
  const auto rank_of_maker = [&](const thread& its) {
    return its.made_by.by == origin::nobody ? 0 : threads_[its.made_by.by]->rank;
  };
  for (auto from = order.begin(); from != end;) {
    const std::uint32_t ancestors = threads_[*from]->ancestors;
    const auto to = std::find_if(
        from, end, [&](thread_index each) { return threads_[each]->ancestors != ancestors; });
    std::sort(from, to, [&](thread_index a, thread_index b) {
      const thread& mine = *threads_[a];
      const thread& other = *threads_[b];
      return std::pair(rank_of_maker(mine), mine.made_by.as) <
             std::pair(rank_of_maker(other), other.made_by.as);
    });
    for (; from != to; ++from) {
      threads_[*from]->rank = static_cast<std::uint32_t>(from - order.begin());
    }
  }
  by_rank_ = !std::is_sorted(order.begin(), end);
}

thread_index execution::first_by_rank(const thread_set& threads) const {
  thread_index first = threads.first();
  for (const thread_index each : threads) {
    first = threads_[each]->rank < threads_[first]->rank ? each : first;
  }
  return first;
}

location execution::new_location(const origin& made_by) {
  if (known_locations_ == places_.size()) {
    places_.emplace_back();
  }
  places_[known_locations_].made_by = made_by;
  return known_locations_++;
}

numbering execution::numbers() const {
  numbering made;
  for (thread_index i = 0; i < known_threads_; ++i) {
    made.threads.push_back(threads_[i]->made_by);
  }
  for (location i = 0; i < known_locations_; ++i) {
    made.locations.push_back(places_[i].made_by);
  }
  return made;
}

void execution::renumber(const numbering& numbers) {
  known_threads_ = 0;
  for (const origin& each : numbers.threads) {
    const thread_index index = new_thread(each);
    if (each.by != origin::nobody) {
      threads_[each.by]->threads.push_back(index);
    }
  }
  put_in_order();
  // What is declared is there already.
  known_locations_ = static_cast<location>(std::ranges::count_if(
      places_, [](const place& each) { return each.made_by.by == origin::nobody; }));
  for (const origin& each : numbers.locations) {
    if (each.by != origin::nobody) {
      threads_[each.by]->locations.push_back(new_location(each));
    }
  }
}

void execution::begin(thread_index index, const std::function<void()>& body) {
  thread& its = *threads_[index];
  its.body = &body;
  its.position = its.children = its.made = its.spurious = its.round = its.round_before = 0;
  its.paused = false;
  its.stack.start(&execution::entry, this);
  there_.add(index);
  unsettled_.add(index);
}

void execution::entry(void* self) {
  auto& run = *static_cast<execution*>(self);
  try {
    (*run.me_->body)();
  } catch (const std::exception& error) {
    run.fail("escaped exception", std::string("an exception left a thread: ") + error.what());
  } catch (...) {
    run.fail("escaped exception", "an exception left a thread");
  }
  run.end_thread();
}

inline void execution::switch_to(thread_index next) {
  if (next == running_) {
    return;
  }
  if (next == no_thread) {
    leave(finished_ == there_ ? run_end::complete : run_end::stuck);
  }
  thread& me = *me_;
  running_ = next;
  me_ = threads_[next].get();
  fiber::switch_between(me.stack, me_->stack);
}

void execution::end_thread() {
  if (me_->position < now_->thread(running_).size()) [[unlikely]] {
    fail_ended((*now_)[now_->thread(running_)[me_->position]]);
  }
  finished_.add(running_);
  for (const thread_index each : joining_) {
    if (threads_[each]->waits_for == running_) {
      joining_.remove(each);
      enabled_.add(each);
    }
  }
  give_way();
  std::terminate();  // nobody comes back here
}

void execution::fail_ended(const event& missing) {
  fail("non-deterministic body", "run again, thread " + std::to_string(running_) +
                                     " ended before its operation at " + short_line(missing.line));
}

inline bool execution::can_go_on(thread_index index) const {
  const thread& its = *threads_[index];
  return finished_.has(its.waits_for) || threads_[its.waits_for]->position > its.waits_for_position;
}

// One of those that wait, when nobody else can run.
thread_index execution::pick_further() {
  for (;;) {
    if (blocked_.empty()) {
      return enabled_.empty() ? no_thread : decides_->choose_thread(enabled_);
    }
    for (const thread_index each : blocked_) {
      if (can_go_on(each)) {
        blocked_.remove(each);
        unsettled_.add(each);
      }
    }
    if (const thread_index next = unsettled_.first(); next != no_thread) [[likely]] {
      unsettled_.remove(next);
      return next;
    }
    fail_sourceless(blocked_.first());
  }
}

void execution::fail_sourceless(thread_index thread) {
  fail("non-deterministic body",
       "run again, thread " + std::to_string(thread) + " reads what no thread has written");
}

void execution::leave(run_end how) {
  how_ = how;
  fiber::switch_between(me_->stack, main_);
  std::terminate();  // nobody comes back here
}

void execution::fail(std::string kind, std::string text) {
  found_ = finding{std::move(kind), std::move(text)};
  leave(run_end::failed);
}

void execution::sometimes(bool condition, const char* goal) {
  goals_[goal] |= condition;
}

void execution::abandon() {
  assumed_.add(running_);
  give_way();
  std::terminate();  // only a new run moves it
}

void execution::fail_endless(const operation& last) {
  fail(endless, "an execution of more than " + std::to_string(limits_.steps) +
                    " operations, the last at " + short_line(last.line));
}

void execution::fail_different(const event& recorded, const operation& next) {
  fail("non-deterministic body",
       "run again, thread " + std::to_string(running_) + " did something else at " +
           short_line(next.line) + " than before at " + short_line(recorded.line) +
           " (time, addresses, unordered containers, or data that outlives the test body)");
}

namespace {

bool is_same(const event& recorded, const operation& next) {
  return recorded.where == next.where && recorded.kind == next.kind && recorded.then == next.then &&
         recorded.until == next.until &&
         (next.kind != event_kind::write || recorded.data == next.data) &&
         (next.then == update::none || recorded.operand == next.operand);
}

}  // namespace

inline void execution::wait_for_turn(const event& mine) {
  thread& me = *me_;
  if (mine.waiting) {
    waiting_.add(running_);
    give_way();
    return;
  }
  const event* source = mine.kind == event_kind::join ? nullptr : &(*now_)[mine.source];
  me.waits_for = source == nullptr ? joined_by(mine) : source->thread;
  me.waits_for_position = source == nullptr ? ~std::uint32_t{0} : source->index;
  blocked_.add(running_);
  give_way();
  if (source != nullptr && threads_[me.waits_for]->position <= me.waits_for_position) [[unlikely]] {
    fail_ended(*source);
  }
}

// Has the decider add what comes after all that the graph has.
inline void execution::decide(operation& next) {
  const bool joins = next.kind == event_kind::join && !finished_.has(joined_by(next));
  me_->waits_for = joined_by(next);
  (joins ? joining_ : enabled_).add(running_);
  give_way();
  enabled_.remove(running_);
  // Only now: others may have come in between, and ended the object's life.
  if (next.kind == event_kind::read || next.kind == event_kind::write) {
    const place& its = places_[next.where];
    if (!its.alive && its.address != nullptr) [[unlikely]] {
      fail_dead(its.address, "an object that", next.line);
    }
  }
  if (me_->position == now_->thread(running_).size()) {
    if (!decides_->decide(next)) {
      leave(run_end::abandoned);
    }
    now_ = &decides_->now();
  }
}

value execution::perform(operation& next) {
  next.thread = running_;
  next.after_pause = std::exchange(me_->paused, false);
  if (++steps_ > limits_.steps) [[unlikely]] {
    fail_endless(next);
  }
  for (;;) {
    const auto recorded = now_->thread(running_);
    if (me_->position == recorded.size()) {
      decide(next);
      continue;
    }
    const event& mine = (*now_)[recorded[me_->position]];
    if (!is_same(mine, next)) [[unlikely]] {
      fail_different(mine, next);
    }
    if (!has_its_turn(mine)) {
      wait_for_turn(mine);
      continue;
    }
    me_->position += mine.exclusive ? 2 : 1;
    next.pick = mine.pick;
    next.exclusive = mine.exclusive;
    return mine.data;
  }
}

// Threads ------------------------------------------------------------------------------

thread_index execution::create(std::function<void()> body, line at) {
  thread& me = *me_;
  if (me.children == me.threads.size()) {
    me.threads.push_back(new_thread({running_, me.children}));
    put_in_order();
  }
  const thread_index child = me.threads[me.children++];
  operation next;
  next.kind = event_kind::create;
  next.data.low = child;
  next.line = at;
  perform(next);
  thread& its = *threads_[child];
  its.its_body.swap(body);
  begin(child, its.its_body);
  return child;
}

void execution::join(thread_index other, line at) {
  operation next;
  next.kind = event_kind::join;
  next.data.low = other;
  next.line = at;
  perform(next);
}

std::uint32_t execution::choose(std::uint32_t count, line at) {
  operation next;
  next.kind = event_kind::choice;
  next.expected.low = count;
  next.line = at;
  return static_cast<std::uint32_t>(perform(next).low);
}

std::uint32_t execution::choose_until(std::uint32_t count, std::uint32_t timed_out,
                                      std::int64_t end, line at) {
  operation next;
  next.kind = event_kind::choice;
  next.expected.low = count;
  next.operand = {static_cast<std::uint64_t>(end), timed_out};
  next.line = at;
  return static_cast<std::uint32_t>(perform(next).low);
}

std::int64_t execution::time() const {
  const graph& now = *now_;
  const clock mine = seen();
  std::int64_t latest = 0;
  for (stamp at = 0; at < now.size(); ++at) {
    const event& each = now[at];
    if (each.kind == event_kind::choice && each.operand.high != 0 &&
        each.data.low == each.operand.high && mine.knows(each.thread, each.index)) {
      latest = std::max(latest, static_cast<std::int64_t>(each.operand.low));
    }
  }
  return latest;
}

void execution::pause(line) {
  thread& me = *me_;
  const graph& now = *now_;
  const auto events = now.thread(running_);
  const std::uint32_t length = me.position - me.round;
  bool same = length > 0 && me.round - me.round_before == length;
  for (std::uint32_t i = 0; same && i < length; ++i) {
    const event& each = now[events[me.round + i]];
    const event& before = now[events[me.round_before + i]];
    same = each.kind == event_kind::read && !each.exclusive && before.kind == event_kind::read &&
           !before.exclusive && each.where == before.where && each.source == before.source;
  }
  me.round_before = me.round;
  me.round = me.position;
  me.paused = true;
  if (same &&
      decides_->parks(running_, enabled_.empty() && unsettled_.empty() && blocked_.empty())) {
    parked_.add(running_);
    give_way();
    std::terminate();  // only a new run moves it
  }
}

// Objects ------------------------------------------------------------------------------

clock execution::seen() const {
  const std::uint32_t position = me_->position;
  const stamp last = position > 0 ? now_->thread(running_)[position - 1] : now_->creator(running_);
  return last == initial ? clock() : now_->happens_before(last);
}

location execution::make(thing what, void* address, std::uint8_t size, const value& begins,
                         line at) {
  thread& me = *me_;
  if (me.made == me.locations.size()) {
    me.locations.push_back(new_location({running_, me.made}));
  }
  const location where = me.locations[me.made++];
  const origin made_by = places_[where].made_by;
  places_[where] = place{.address = address,
                         .what = what,
                         .alive = true,
                         .size = size,
                         .maker = running_,
                         .made_at = me.position,
                         .holder = no_thread,
                         .made_by = made_by,
                         .begins = begins,
                         .at = at};
  return where;
}

location execution::declare(const value& begins) {
  const location where = new_location({});
  places_[where].begins = begins;
  return where;
}

void execution::fail_dead(const void* address, const char* what, line at) {
  const heap::block* block = heap_.find(address);
  if (block != nullptr && block->freed) {
    fail("use after free", "at " + short_line(at) + ", in memory that was allocated at " +
                               short_line(block->line) + " and freed");
  }
  for (const place& each : places_) {
    if (each.address == address && !each.alive) {
      fail("use after destruction", std::string("at ") + short_line(at) + ", of " + what +
                                        " made at " + short_line(each.at));
    }
  }
  fail("uninitialised",
       std::string("at ") + short_line(at) + ", " + what + " was never initialised");
}

void execution::check_alive(location where, const void* address, std::uint8_t size, line at) {
  if (!is_alive(where, address)) [[unlikely]] {
    fail_dead(address, "an object that", at);
  }
  const place& its = places_[where];
  if (its.size != size) [[unlikely]] {
    fail_size(its, size, at);
  }
  if (its.maker != running_ && !seen().knows(its.maker, its.made_at)) [[unlikely]] {
    fail_made_elsewhere(where, at);
  }
}

void execution::fail_size(const place& its, std::uint8_t size, line at) {
  fail("mixed-size access", "at " + short_line(at) + ", of " + std::to_string(size) +
                                " bytes where an atomic of " + std::to_string(its.size) +
                                " was made at " + short_line(its.at));
}

void execution::fail_made_elsewhere(location where, line at) {
  fail("data race", "at " + short_line(at) + ", with the construction of " + name_of(where) +
                        " at " + short_line(places_[where].at));
}

void execution::destroy(location where, const void* address, line at) {
  if (!is_alive(where, address)) {
    fail_dead(address, "an object that", at);
  }
  place& its = places_[where];
  const graph& now = *now_;
  const clock mine = seen();
  for (const auto& list : {now.writes(where), now.reads(where)}) {
    for (const stamp each : list) {
      const event& used = now[each];
      // Who was woken is on its way out.
      if (used.thread != running_ && used.until != await::being_taken &&
          (used.waiting || !mine.knows(used.thread, used.index))) {
        fail("destroyed while in use", name_of(where) + " is destroyed, and used at " +
                                           short_line(used.line) + " by thread " +
                                           std::to_string(used.thread));
      }
    }
  }
  if (its.what == thing::condition_variable && !now.writes(where).empty() &&
      waiters::waiting(now[now.writes(where).back()].data) != 0) {
    fail("destroyed while in use", name_of(where) + " is destroyed while a thread waits on it");
  }
  if (its.holder != no_thread) {
    fail("destroyed while in use",
         name_of(where) + " is destroyed while thread " + std::to_string(its.holder) + " holds it");
  }
  its.alive = false;
}

const char* execution::given_name(const void* object) const {
  for (std::size_t i = names_.size(); i > 0; --i) {
    if (names_[i - 1].first == object) {
      return names_[i - 1].second;
    }
  }
  return nullptr;
}

std::string execution::name_of(location where) const {
  const place& its = places_[where];
  if (const char* given = given_name(its.address); given != nullptr) {
    return given;
  }
  const char* what = its.what == thing::mutex                ? "mutex"
                     : its.what == thing::condition_variable ? "condition variable"
                                                             : "atomic";
  // Several may be made at one line.
  const auto alike = [&](const place& other) {
    return other.alive && other.what == its.what && short_line(other.at) == short_line(its.at);
  };
  const auto first = places_.begin();
  const auto number = std::count_if(first, first + where + 1, alike);
  return std::string(what) + "@" + short_line(its.at) +
         (std::ranges::count_if(places_, alike) > 1 ? "#" + std::to_string(number) : "");
}

// Plain data ---------------------------------------------------------------------------

void execution::plain_made(shadow& data) {
  touched_ = true;
  data.state = shadow::living;
  data.writer = running_;
  data.written_at = me_->position;
  data.readers = shadow::nobody_read;
}

void execution::check_ordered(const shadow& data, bool writes, line at) {
  ++plain_count_;
  const clock mine = seen();
  if (data.state != shadow::living) [[unlikely]] {
    fail_dead(&data, "data that", at);
  }
  if (data.writer != running_ && !mine.knows(data.writer, data.written_at)) [[unlikely]] {
    fail_race(data, writes, data.writer, true, at);
  }
  if (!writes || data.readers >= readers_used_) {
    return;
  }
  const clock read_at = readers_.get(data.readers, 0);
  for (thread_index other = 0; other < read_at.width(); ++other) {
    if (other != running_ && read_at.end(other) > mine.end(other)) [[unlikely]] {
      fail_race(data, writes, other, false, at);
    }
  }
}

void execution::fail_race(const shadow& data, bool writes, thread_index other, bool other_writes,
                          line at) {
  const char* name = given_name(&data);
  fail("data race", std::string(writes ? "a write" : "a read") +
                        (name == nullptr ? "" : std::string(" of ") + name) + " at " +
                        short_line(at) + " by thread " + std::to_string(running_) + ", and " +
                        (other_writes ? "a write" : "a read") +
                        where_before(data, other, other_writes) + " by thread " +
                        std::to_string(other) + ": neither happens before the other");
}

std::string execution::where_before(const shadow& data, thread_index other, bool writes) const {
  for (std::size_t i = plain_.size(); i > 0; --i) {
    const plain_access& each = plain_[i - 1];
    if (each.address == &data && each.thread == other && each.writes == writes) {
      return " at " + short_line(each.line);
    }
  }
  return "";
}

void execution::note_plain(const shadow& data, bool writes, line at) {
  if (recording_) [[unlikely]] {
    plain_.push_back({running_, me_->position, writes, &data, at});
  }
}

void execution::plain_read(const shadow& data, line at) {
  note_plain(data, false, at);
  check_ordered(data, false, at);
  note_reader(const_cast<shadow&>(data));
}

void execution::note_reader(shadow& data) {
  readers_.make_room_for(running_);
  if (data.readers >= readers_used_) {
    data.readers = readers_used_++;
    readers_.make_row(data.readers);
    readers_.clear(readers_.row(data.readers), 1);
  }
  clock_table::add(readers_.row(data.readers), running_, me_->position);
}

void execution::plain_write(shadow& data, line at) {
  note_plain(data, true, at);
  check_ordered(data, true, at);
  data.writer = running_;
  data.written_at = me_->position;
}

void execution::plain_destroyed(shadow& data, line at) {
  check_ordered(data, true, at);
  data.state = 0;
}

// Memory -------------------------------------------------------------------------------

void* execution::allocate(std::size_t bytes, std::size_t align, line at) {
  return heap_.allocate(running_, bytes, align, at);
}

void execution::deallocate(void* memory, line at) {
  if (memory == nullptr) {
    return;
  }
  switch (heap_.free(memory)) {
    case heap::freeing::freed: return;
    case heap::freeing::twice:
      fail("double free", "at " + short_line(at) + ", of memory allocated at " +
                              short_line(heap_.find(memory)->line));
    case heap::freeing::not_a_block:
      fail("double free", "at " + short_line(at) + ", of memory that was not allocated");
  }
}

// The end ------------------------------------------------------------------------------

std::optional<finding> why_stuck(const execution& run, const graph& at) {
  std::string text;
  bool lost = false;
  bool spins = false;
  for (const thread_index thread : run.there_) {
    if (run.finished_.has(thread)) {
      continue;
    }
    const auto events = at.thread(thread);
    if (run.assumed_.has(thread)) {
      return std::nullopt;
    }
    text += text.empty() ? "" : "; ";
    text += "thread " + std::to_string(thread) + " waits ";
    if (run.joining_.has(thread)) {
      text += "for the end of thread " + std::to_string(run.threads_[thread]->waits_for);
      continue;
    }
    if (run.parked_.has(thread)) {
      const execution::thread& its = *run.threads_[thread];
      for (std::uint32_t i = its.round_before; i < its.round; ++i) {
        const event& read = at[events[i]];
        if (at.place(read.source) != at.writes(read.where).size()) {
          return std::nullopt;  // it would see something newer in the end
        }
      }
      spins = true;
      const event& last = at[events.back()];
      text += "in a loop at " + short_line(last.line) + " for " + run.name_of(last.where) +
              " to change";
      continue;
    }
    const event& await = at[events.back()];
    for (const stamp write : at.writes(await.where)) {
      if (at[write].place > at.place(await.source) && lets_go(await, at[write].data)) {
        return std::nullopt;  // another execution has it go on
      }
    }
    const std::string where = run.name_of(await.where) + " at " + short_line(await.line);
    switch (await.until) {
      case await::free_mutex:
        text +=
            "for " + where + ", held by thread " + std::to_string(run.places_[await.where].holder);
        break;
      case await::being_taken:
        if (await.expected.low != 0) {
          return std::nullopt;  // a timed wait: another execution has its end
        }
        for (const stamp each : at.reads(await.where)) {
          lost |=
              at[each].then == update::take_one_waiter || at[each].then == update::take_all_waiters;
        }
        text += "to be woken on " + where;
        break;
      case await::predicate:
      case await::nothing:
        spins = true;
        text += "for what it awaits of " + where;
        break;
    }
  }
  return finding{spins ? "livelock" : lost ? "lost wake-up" : "deadlock", text};
}

}  // namespace handfast::checker
