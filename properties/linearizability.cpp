#include "properties/linearizability.hpp"

#include <algorithm>
#include <expected>
#include <initializer_list>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

namespace handfast::properties {
namespace {

bool says_no_room(send_failure reason) {
  return reason != send_failure::closed;
}

// How many steps a call takes effect in; at most, if it was not answered.
std::size_t steps_of(const call& what) {
  if (what.kind == call_kind::send_many) {
    return what.responded == 0 ? what.asked.size() : what.sent + (what.send_failed ? 1 : 0);
  }
  if (what.kind == call_kind::receive_many && !what.receive_failed && what.responded != 0) {
    return what.got.size() + (what.got.size() < what.most ? 1 : 0);
  }
  return 1;
}

// Whether a call that has not taken effect has to wait in `state`.
bool waits(const call& what, spec::channel state) {
  switch (what.kind) {
    case call_kind::send:
    case call_kind::async_send:
    case call_kind::send_many: return state.send(0) == std::unexpected(send_failure::full);
    case call_kind::receive:
    case call_kind::async_receive:
    case call_kind::receive_many: return state.receive() == std::unexpected(receive_failure::empty);
    default: return false;
  }
}

// Whether step number `step` of `what` may take effect in `state`, which it then
// changes.
bool take_effect(const call& what, std::size_t step, spec::channel& state) {
  switch (what.kind) {
    case call_kind::send:
    case call_kind::try_send:
    case call_kind::send_until:
    case call_kind::async_send:
    case call_kind::poll_send:
    case call_kind::send_many: {
      // A single send that failed has no step but its failure; one without an
      // answer is taken as one that succeeds.
      const bool succeeds =
          what.responded == 0 ||
          (what.kind == call_kind::send_many ? step < what.sent : !what.send_failed.has_value());
      const auto should = state.send(what.asked[std::min(step, what.asked.size() - 1)]);
      if (succeeds) {
        return should.has_value();
      }
      return !should && (should.error() == send_failure::full) == says_no_room(*what.send_failed);
    }
    case call_kind::receive:
    case call_kind::try_receive:
    case call_kind::receive_until:
    case call_kind::async_receive:
    case call_kind::poll_receive: {
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
      const auto should = state.receive();
      if (what.responded == 0) {
        return should.has_value();
      }
      if (step < what.got.size()) {
        return should && *should == what.got[step];
      }
      // It found nothing at first, and says so; or nothing more.
      return !should && (!what.receive_failed || should.error() == receive_failure::closed);
    }
    case call_kind::close: {
      const close_outcome should = state.close();
      return !what.closed || *what.closed == should;
    }
    case call_kind::drop_sender: state.drop_sender(); return true;
    case call_kind::drop_receiver: std::ignore = state.drop_receiver(); return true;
    case call_kind::clone_sender: state.clone_sender(); return true;
    case call_kind::clone_receiver: state.clone_receiver(); return true;
  }
  return false;
}

// Whether the next steps of a send and of a receive may be one, on a channel that holds
// nothing: as if it had room for one, for that moment.
bool meet(const call& sender, std::size_t sent, const call& receiver, std::size_t received,
          const spec::channel& state) {
  spec::channel between = state.with_capacity(1);
  return take_effect(sender, sent, between) && !between.items().empty() &&
         take_effect(receiver, received, between) && between.items().empty();
}

class search {
 public:
  explicit search(const history& what)
      : history_(what), progress_(what.calls.size(), 0), before_(what.calls.size()) {
    for (std::size_t i = 0; i < what.calls.size(); ++i) {
      for (std::size_t j = 0; j < what.calls.size(); ++j) {
        if (precedes(what.calls[j], what.calls[i])) {
          before_[i].push_back(j);
        }
      }
    }
  }

  std::optional<std::string> run() {
    spec::channel start(history_.capacity, history_.one_item);
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
  bool answered(std::size_t i) const { return history_.calls[i].responded != 0; }

  // Who is stuck has not done the last of its steps.
  bool may_step(std::size_t i) const {
    const std::size_t left = history_.stuck && !answered(i) ? 1 : 0;
    return progress_[i] + left < steps_of(history_.calls[i]) &&
           std::ranges::all_of(before_[i], [this](std::size_t j) { return done(j); });
  }

  // Whether it may end here.
  bool may_end(const spec::channel& state) {
    for (std::size_t i = 0; i < progress_.size(); ++i) {
      if (answered(i) && !done(i)) {
        return false;
      }
    }
    for (std::size_t i = 0; i < progress_.size(); ++i) {
      if (history_.stuck && !answered(i) &&
          (!waits(history_.calls[i], state) || could_meet_another(i, state))) {
        forgotten_ = i;
        return false;
      }
    }
    return true;
  }

  // Whether of those who are stuck, one waits for what this one has. Who selects does not
  // meet itself.
  bool could_meet_another(std::size_t sender, const spec::channel& state) const {
    if (state.capacity() != 0) {
      return false;
    }
    for (std::size_t i = 0; i < progress_.size(); ++i) {
      if (!answered(i) && history_.calls[i].thread != history_.calls[sender].thread &&
          meet(history_.calls[sender], progress_[sender], history_.calls[i], progress_[i], state)) {
        return true;
      }
    }
    return false;
  }

  bool from(const spec::channel& state) {
    if (may_end(state)) {
      return true;
    }
    if (!visited_.emplace(progress_, state).second) {
      return false;
    }
    for (std::size_t i = 0; i < progress_.size(); ++i) {
      if (!may_step(i)) {
        continue;
      }
      spec::channel next = state;
      if (take_effect(history_.calls[i], progress_[i], next) && after({i}, next)) {
        return true;
      }
      if (state.capacity() == 0 && after_meeting(i, state)) {
        return true;
      }
    }
    return false;
  }

  // The same, once these have taken effect.
  bool after(std::initializer_list<std::size_t> who, const spec::channel& next) {
    for (const std::size_t each : who) {
      ++progress_[each];
      order_.push_back(each);
    }
    if (order_.size() > longest_.size()) {
      longest_ = order_;
      stuck_ = progress_;
    }
    if (from(next)) {
      return true;
    }
    for (const std::size_t each : who) {
      order_.pop_back();
      --progress_[each];
    }
    return false;
  }

  // The same, once that one has met somebody who receives what it sends.
  bool after_meeting(std::size_t sender, const spec::channel& state) {
    for (std::size_t i = 0; i < progress_.size(); ++i) {
      if (may_step(i) &&
          meet(history_.calls[sender], progress_[sender], history_.calls[i], progress_[i], state) &&
          after({sender, i}, state)) {
        return true;
      }
    }
    return false;
  }

  std::string explanation() const {
    if (forgotten_) {
      return to_string(history_) +
             "\nwhat was answered is as specified, but nobody wakes\n  thread " +
             std::to_string(history_.calls[*forgotten_].thread) + ": " +
             to_string(history_.calls[*forgotten_]) + "\nwhich need not wait any more\n";
    }
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
  std::vector<std::vector<std::size_t>> before_;  // by call, those that are over before it
  std::optional<std::size_t> forgotten_;          // a call that is stuck, and need not be
};

}  // namespace

std::optional<std::string> why_not_linearizable(const history& what) {
  return search(what).run();
}

}  // namespace handfast::properties
