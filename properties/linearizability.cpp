#include "properties/linearizability.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

namespace handfast::properties {
namespace {

bool says_no_room(send_failure reason) {
  return reason != send_failure::closed;
}

// How many steps a call takes effect in.
std::size_t steps_of(const call& what) {
  if (what.kind == call_kind::send_many) {
    return what.sent + (what.send_failed ? 1 : 0);
  }
  return 1;
}

// Whether step number `step` of `what` may take effect in `state`, which it then
// changes.
bool take_effect(const call& what, std::size_t step, spec::channel& state) {
  switch (what.kind) {
    case call_kind::send:
    case call_kind::try_send:
    case call_kind::send_until:
    case call_kind::send_many: {
      // A single send that failed has no step but its failure; one without an
      // answer is taken as one that succeeds.
      const bool succeeds =
          what.kind == call_kind::send_many ? step < what.sent : !what.send_failed.has_value();
      const auto should = state.send(what.asked[std::min(step, what.asked.size() - 1)]);
      if (succeeds) {
        return should.has_value();
      }
      return !should && (should.error() == send_failure::full) == says_no_room(*what.send_failed);
    }
    case call_kind::receive:
    case call_kind::try_receive:
    case call_kind::receive_until: {
      const auto should = state.receive();
      if (what.responded == 0) {
        return should.has_value();
      }
      if (!what.receive_failed) {
        return should && *should == what.got.front();
      }
      return !should && (should.error() == receive_failure::closed) ==
                            (*what.receive_failed == receive_failure::closed);
    }
    case call_kind::receive_many: {
      const auto should = state.receive_many(what.most);
      if (what.responded == 0) {
        return should.has_value();
      }
      if (!what.receive_failed) {
        return should && *should == what.got;
      }
      return !should && should.error() == receive_failure::closed;
    }
    case call_kind::close: {
      const close_outcome should = state.close();
      return !what.closed || *what.closed == should;
    }
    case call_kind::drop_sender: state.drop_sender(); return true;
    case call_kind::drop_receiver: std::ignore = state.drop_receiver(); return true;
  }
  return false;
}

class search {
 public:
  explicit search(const history& what) : history_(what), progress_(what.calls.size(), 0) {}

  std::optional<std::string> run() {
    spec::channel start(history_.capacity);
    for (std::size_t i = 1; i < history_.senders; ++i) {
      start.clone_sender();
    }
    for (std::size_t i = 1; i < history_.receivers; ++i) {
      start.clone_receiver();
    }
    if (from(start)) {
      return std::nullopt;
    }
    return explanation();
  }

 private:
  bool done(std::size_t i) const { return progress_[i] == steps_of(history_.calls[i]); }

  // The earliest answer of a call that has not taken effect: no call that was
  // invoked after it may go first.
  std::uint64_t earliest_answer() const {
    std::uint64_t earliest = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t i = 0; i < progress_.size(); ++i) {
      if (!done(i) && history_.calls[i].responded != 0) {
        earliest = std::min(earliest, history_.calls[i].responded);
      }
    }
    return earliest;
  }

  bool from(const spec::channel& state) {
    const std::uint64_t limit = earliest_answer();
    if (limit == std::numeric_limits<std::uint64_t>::max()) {
      return true;  // all that answered have taken effect
    }
    if (!visited_.emplace(progress_, state).second) {
      return false;
    }
    for (std::size_t i = 0; i < progress_.size(); ++i) {
      if (done(i) || history_.calls[i].invoked >= limit) {
        continue;
      }
      spec::channel next = state;
      if (!take_effect(history_.calls[i], progress_[i], next)) {
        continue;
      }
      ++progress_[i];
      order_.push_back(i);
      if (order_.size() > longest_.size()) {
        longest_ = order_;
        stuck_ = progress_;
      }
      if (from(next)) {
        return true;
      }
      order_.pop_back();
      --progress_[i];
    }
    return false;
  }

  std::string explanation() const {
    std::string text = to_string(history_) +
                       "\nno order of these calls is one that a single "
                       "thread could have seen; the longest begins\n";
    for (const std::size_t i : longest_) {
      text += "  thread " + std::to_string(history_.calls[i].thread) + ": " +
              to_string(history_.calls[i]) + "\n";
    }
    text += "after which none of these can be next:\n";
    for (std::size_t i = 0; i < progress_.size(); ++i) {
      const std::size_t reached = stuck_.empty() ? 0 : stuck_[i];
      if (reached != steps_of(history_.calls[i])) {
        text += "  thread " + std::to_string(history_.calls[i].thread) + ": " +
                to_string(history_.calls[i]) + "\n";
      }
    }
    return text;
  }

  const history& history_;
  std::vector<std::size_t> progress_;  // steps of each call that have taken effect
  std::set<std::pair<std::vector<std::size_t>, spec::channel>> visited_;
  std::vector<std::size_t> order_;
  std::vector<std::size_t> longest_;
  std::vector<std::size_t> stuck_;
};

}  // namespace

std::optional<std::string> why_not_linearizable(const history& what) {
  return search(what).run();
}

}  // namespace handfast::properties
