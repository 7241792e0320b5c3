#include "models/checker/search.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "models/checker/memory_model.hpp"

namespace handfast::checker {
namespace {

// Where the search can go another way: an event, and what is left to try for it.
struct choice {
  event next;                       // prepared, but for a read's source
  std::vector<event_id> sources;    // reads: not tried yet; the last is next
  std::vector<std::size_t> places;  // writes: not tried yet; the last is next
  std::vector<event_id> revisits;   // writes: reads not yet revisited; the last is next
};

// A graph that a revisit made (or the first one), and the choices since.
struct branch {
  graph now;
  std::vector<choice> choices;
  std::optional<event_id> revisited;  // the read that reads from the first choice's write
};

class searcher {
 public:
  searcher(const program& body, const graph& begin,
           const std::function<void(const graph&)>& complete)
      : body_(body), complete_(complete) {
    branches_.push_back({begin, {}, std::nullopt});
  }

  search_result run() {
    bool consistent = true;
    do {
      if (consistent) {
        execute();
      }
      consistent = false;
    } while (!result_.racy && go_back(consistent));
    return result_;
  }

 private:
  graph& now() { return branches_.back().now; }

  // Runs the program: as the graph has it while it has something, then on.
  void execute() {
    execution running(body_);
    std::vector<std::size_t> replayed(running.threads(), 0);
    for (bool moved = true; moved;) {
      moved = false;
      for (thread_index thread = 0; thread < running.threads(); ++thread) {
        while (running.pending(thread) != nullptr && replay_one(running, thread, replayed)) {
          moved = true;
        }
      }
    }
    // A read-modify-write whose read was revisited has its write to come first.
    for (thread_index thread = 0; thread < running.threads(); ++thread) {
      if (half_done(thread) && !go_on(running, thread)) {
        return;
      }
    }
    for (thread_index thread = 0; thread < running.threads(); ++thread) {
      while (running.pending(thread) != nullptr) {
        if (!go_on(running, thread)) {
          return;
        }
      }
    }
    ++result_.executions;
    complete_(now());
  }

  bool half_done(thread_index thread) {
    const auto events = now().thread(thread);
    return !events.empty() && events.back().kind == event_kind::read && events.back().exclusive;
  }

  // Answers the thread's operation from the graph; false if the graph does not
  // have it, or not all of it, or a source that has not run yet.
  bool replay_one(execution& running, thread_index thread, std::vector<std::size_t>& replayed) {
    const auto events = now().thread(thread);
    std::size_t& at = replayed[thread];
    const operation& next = *running.pending(thread);
    if (at == events.size()) {
      return false;
    }
    const event& recorded = events[at];
    if (recorded.kind != next.kind || recorded.where != next.where) {
      throw std::logic_error("the program did something else when it was run again");
    }
    if (recorded.kind == event_kind::read && !recorded.source.is_initial() &&
        replayed[recorded.source.thread] <= recorded.source.index) {
      return false;
    }
    if (recorded.kind == event_kind::read && recorded.exclusive) {
      if (at + 1 == events.size()) {
        return false;  // its write is to come
      }
      ++at;
    }
    ++at;
    running.answer(thread, recorded.data);
    return true;
  }

  // Adds the thread's operation to the graph, first way first, and answers it;
  // false if this execution cannot go on.
  bool go_on(execution& running, thread_index thread) {
    const operation next = *running.pending(thread);
    event made;
    made.kind = next.kind;
    made.where = next.where;
    made.how = next.how;
    made.data = next.data;
    made.changes = next.changes;
    switch (next.kind) {
      case event_kind::fence:
        now().add(now().prepared(thread, made));
        if (!sequentially_consistent_order_exists(now())) {
          return false;
        }
        break;
      case event_kind::write:
        if (!add_write(thread, made)) {
          return false;
        }
        break;
      case event_kind::read: {
        if (!half_done(thread) && !add_read(thread, made)) {
          return false;
        }
        const event read = now().thread(thread).back();
        if (read.exclusive) {
          made.kind = event_kind::write;
          made.how = read.how;
          made.exclusive = true;
          made.data = *read.changes->change(read.data);
          made.changes = nullptr;
          if (!add_write(thread, made)) {
            return false;
          }
        }
        running.answer(thread, read.data);
        return true;
      }
    }
    running.answer(thread, 0);
    return true;
  }

  bool add_read(thread_index thread, const event& read) {
    choice made;
    made.next = now().prepared(thread, read);  // without a source: what it has seen before
    made.sources = coherent_sources(now(), made.next);
    branches_.back().choices.push_back(std::move(made));
    return try_read();
  }

  // The read of the last choice, from its next source.
  bool try_read() {
    choice& last = branches_.back().choices.back();
    while (!last.sources.empty()) {
      const event_id source = last.sources.back();
      last.sources.pop_back();
      now().add(now().prepared(last.next.id.thread, reading(last.next, source)));
      if (holds()) {
        return true;
      }
      now().truncate(now().added().size() - 1);
    }
    return false;
  }

  // `read` with this source; its value decides whether it is exclusive.
  event reading(event read, event_id source) {
    read.source = source;
    read.data = now().written(source, read.where);
    if (read.changes) {
      read.exclusive = read.changes->change(read.data).has_value();
      read.how = read.exclusive ? read.changes->how : read.changes->how_if_failed;
    }
    return read;
  }

  bool add_write(thread_index thread, const event& write) {
    choice made;
    made.next = now().prepared(thread, write);
    made.places = coherent_places(now(), made.next);
    made.revisits = revisits(made.next);
    branches_.back().choices.push_back(std::move(made));
    return try_write();
  }

  bool try_write() {
    choice& last = branches_.back().choices.back();
    while (!last.places.empty()) {
      const std::size_t place = last.places.back();
      last.places.pop_back();
      now().add_write(now().prepared(last.next.id.thread, last.next), place);
      if (holds()) {
        return true;
      }
      now().truncate(now().added().size() - 1);
    }
    return false;
  }

  // Whether the graph is consistent with the event that was added last.
  bool holds() {
    const event& last = now().at(now().added().back());
    if (racing_with(now(), last)) {
      result_.racy = true;
    }
    return sequentially_consistent_order_exists(now());
  }

  // Backward revisits ------------------------------------------------------------------

  // The reads that `write`, which is not in the graph yet, may become the source
  // of, the oldest first.
  std::vector<event_id> revisits(const event& write) {
    const auto& order = now().added();
    std::vector<event_id> reads;
    for (std::size_t i = order.size(); i > 0; --i) {
      const event& each = now().at(order[i - 1]);
      if (write.prefix.has(each.id)) {
        continue;
      }
      if (!added_maximally(each, write)) {
        break;  // it would be dropped with every older read, too
      }
      if (each.kind == event_kind::read && each.where == write.where) {
        reads.push_back(each.id);
      }
    }
    std::ranges::reverse(reads);
    return reads;
  }

  // Whether `each` was added as the search adds first: at the end of its
  // coherence order, or reading from there, as far as there was one before it or
  // the write has seen it; and nothing of that reads from it.
  bool added_maximally(const event& each, const event& write) {
    if (each.kind == event_kind::fence) {
      return true;
    }
    const auto before = [&](event_id id) {
      return id.is_initial() || now().at(id).stamp <= each.stamp || write.prefix.has(id);
    };
    if (each.kind == event_kind::write) {
      for (const event_id id : now().added()) {
        const event& other = now().at(id);
        if (other.kind == event_kind::read && other.source == each.id && before(id)) {
          return false;
        }
      }
    }
    const event_id chosen = each.kind == event_kind::write ? each.id : each.source;
    const auto& writes = now().coherence(each.where);
    for (std::size_t place = writes.size(); place > 0; --place) {
      if (before(writes[place - 1])) {
        return writes[place - 1] == chosen;
      }
    }
    return chosen.is_initial();
  }

  // The branch in which the next read to be revisited reads from the write of
  // the last choice; false if no such graph is consistent.
  bool try_revisit() {
    choice& last = branches_.back().choices.back();
    const event_id read = last.revisits.back();
    last.revisits.pop_back();
    branch made{now(), {}, read};
    made.now.restrict_to(read, last.next.prefix);
    choice write;
    write.next = made.now.prepared(last.next.id.thread, last.next);
    write.places = coherent_places(made.now, write.next);
    // It does not stand before what the read must not overlook.
    const std::size_t first =
        made.now.oldest_visible(write.next.where, seen_before(made.now, read));
    std::erase_if(write.places, [first](std::size_t place) { return place <= first; });
    made.choices.push_back(std::move(write));
    branches_.push_back(std::move(made));
    return try_first_write();
  }

  // What happens before a read, whatever it reads from.
  static clock seen_before(const graph& in, event_id read) {
    return read.index == 0 ? clock{} : in.thread(read.thread)[read.index - 1].happens_before;
  }

  // As `try_write`, for the write that made the branch and its read.
  bool try_first_write() {
    branch& top = branches_.back();
    choice& first = top.choices.front();
    while (!first.places.empty()) {
      const std::size_t place = first.places.back();
      first.places.pop_back();
      const event write = now().prepared(first.next.id.thread, first.next);
      now().add_write(write, place);
      now().revisit(reading(now().at(*top.revisited), write.id));
      if (const event& read = now().at(*top.revisited); racing_with(now(), read)) {
        result_.racy = true;
      }
      if (holds()) {
        return true;
      }
      now().truncate(now().added().size() - 1);
    }
    return false;
  }

  // Goes back to the last choice that has something left, and takes it; false
  // when there is none.
  bool go_back(bool& consistent) {
    while (!branches_.empty()) {
      branch& top = branches_.back();
      while (!top.choices.empty()) {
        choice& last = top.choices.back();
        const bool makes_branch = top.revisited && top.choices.size() == 1;
        // The event of the choice goes, and all that was added after it.
        const event_id id = last.next.id;
        const auto events = top.now.thread(id.thread);
        if (events.size() > id.index) {
          top.now.truncate(events[id.index].stamp);
        }
        if (!last.sources.empty()) {
          if (try_read()) {
            consistent = true;
            return true;
          }
          continue;
        }
        if (!last.places.empty()) {
          if (makes_branch ? try_first_write() : try_write()) {
            consistent = true;
            return true;
          }
          continue;
        }
        if (!last.revisits.empty()) {
          consistent = try_revisit();
          return true;
        }
        top.choices.pop_back();
      }
      branches_.pop_back();
    }
    return false;
  }

  const program& body_;
  const std::function<void(const graph&)>& complete_;
  std::vector<branch> branches_;
  search_result result_;
};

}  // namespace

search_result search(const program& body, const graph& begin,
                     const std::function<void(const graph&)>& complete) {
  return searcher(body, begin, complete).run();
}

}  // namespace handfast::checker
