// Ways through the search: one execution that is followed, where a search stands,
// what it gives away, and any way at all.
#include "models/checker/search.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "models/checker/trace.hpp"

namespace handfast::checker {

std::vector<search::step> search::steps(std::size_t patience) const {
  const graph& in = now();
  std::vector<step> all;
  std::vector<char> there(in.size(), 0);
  // A place counted among the writes that are there by then.
  const auto place = [&](location where, std::uint32_t last) {
    return static_cast<std::uint32_t>(std::ranges::count_if(in.writes(where), [&](stamp write) {
      return there[write] != 0 && in[write].place <= last;
    }));
  };
  for (const stamp at : fewest_switches(in, patience)) {
    const event& each = in[at];
    const bool second_half = each.kind == event_kind::write && each.exclusive;
    if (!second_half && !each.waiting) {
      step made{each.thread, 0, each.pick};
      if (each.kind == event_kind::read) {
        made.number = place(each.where, in.place(each.source));
      } else if (each.kind == event_kind::write) {
        made.number = place(each.where, each.place) + 1;
      } else if (each.kind == event_kind::choice) {
        made.number = static_cast<std::uint32_t>(each.data.low);
      }
      all.push_back(made);
    }
    there[at] = 1;
  }
  return all;
}

void search::follow(std::vector<step> steps, bool as_far_as_it_fits) {
  steps_ = std::move(steps);
  follows_what_fits_ = as_far_as_it_fits;
  following_ = true;
  run_.record(true);
}

thread_index search::choose_thread(const thread_set& enabled) {
  if (following_ && step_ < steps_.size()) {
    const thread_index next = steps_[step_].thread;
    if (enabled.has(next)) {
      return next;
    }
    does_not_fit("thread " + std::to_string(next) + " cannot go on here");
  }
  return walk_ ? walk_->choose(enabled) : run_.first_of(enabled);
}

// The last choice is the next step's, if one is followed.
void search::step_taken(const char* if_not) {
  if (std::exchange(stepping_, false) && !force(steps_[step_].number)) {
    does_not_fit(if_not);
  } else {
    ++step_;
  }
}

void search::does_not_fit(const std::string& why) {
  if (!follows_what_fits_) {
    run_.fail(misfit, "step " + std::to_string(step_ + 1) + " of " + std::to_string(steps_.size()) +
                          " does not fit: " + why);
  }
  steps_.resize(step_);
}

// Keeps the one way of the last choice that is followed; false if there is none.
bool search::force(std::uint32_t place) {
  branch& mine = top();
  const choice& last = mine.choices.back();
  const bool reads = last.next.kind == event_kind::read;
  for (std::size_t i = last.others; i < mine.alternatives.size(); ++i) {
    const way to = mine.alternatives[i];
    if ((reads ? mine.now.place(to.at) : to.at) == place) {
      mine.alternatives.resize(last.others);
      mine.alternatives.push_back({to.at, reads ? steps_[step_].pick : 0});
      return true;
    }
  }
  return false;
}

// Standing -----------------------------------------------------------------------------

position search::way_to(std::size_t depth, std::size_t choices, bool with_rest) const {
  position made;
  for (std::size_t i = 0; i < depth; ++i) {
    const branch& each = *branches_[i];
    const auto first = each.alternatives.begin();
    const auto at = [&](std::size_t index) { return first + static_cast<std::ptrdiff_t>(index); };
    const std::size_t count = i + 1 == depth ? choices : each.choices.size();
    for (std::size_t j = 0; j < count; ++j) {
      const choice& its = each.choices[j];
      position::step& step = made.path.emplace_back(its.taken, its.revisited);
      if (with_rest) {
        const std::size_t end =
            j + 1 < each.choices.size() ? each.choices[j + 1].revisits : each.alternatives.size();
        // A revisit is taken when nothing else is left, and the last of what is left.
        const std::size_t others = std::min(its.others, end);
        step.revisits_left.assign(at(its.revisits), at(others));
        step.left.assign(at(others), at(end));
      }
    }
  }
  made.names = run_.numbers();
  if (all_wait_plainly_) {
    made.waits_plainly.push_back(position::every_location);
  }
  for (location where = 0; where < waits_plainly_.size(); ++where) {
    if (waits_plainly_[where] != 0) {
      made.waits_plainly.push_back(where);
    }
  }
  return made;
}

position search::standing() const {
  if (outgrown_ || depth_ == 0) {
    return way_to(0, 0, false);
  }
  if (retracing_) {
    position made = way_to(0, 0, false);
    made.path = path_;
    made.done = done_;
    return made;
  }
  position made = way_to(depth_, branches_[depth_ - 1]->choices.size(), true);
  made.done = started_;
  return made;
}

void search::go_on_from(const position& from) {
  found_.reset();
  racy_ = outgrown_ = again_ = started_ = jumped_ = false;
  executions_ = blocked_ = duplicates_ = 0;
  whole_ = false;
  run_.renumber(from.names);
  waits_plainly_.clear();
  all_wait_plainly_ = std::ranges::count(from.waits_plainly, position::every_location) != 0;
  for (const location where : from.waits_plainly) {
    if (all_wait_plainly_ || where >= from.names.locations.size()) {
      break;
    }
    waits_plainly_.resize(std::max<std::size_t>(waits_plainly_.size(), where + std::size_t{1}), 0);
    waits_plainly_[where] = 1;
  }
  path_ = from.path;
  done_ = from.done;
  retracing_ = true;
  begin_anew();
}

std::optional<position> search::give_away() {
  for (std::size_t i = 0; i < depth_; ++i) {
    branch& mine = *branches_[i];
    if (mine.alternatives.empty()) {
      continue;
    }
    std::size_t owner = mine.choices.size() - 1;
    while (mine.choices[owner].revisits > 0) {
      --owner;
    }
    choice& its = mine.choices[owner];
    position made = way_to(i + 1, owner + 1, false);
    made.path.back() = {mine.alternatives.front(), its.others > 0, {}, {}};
    mine.alternatives.erase(mine.alternatives.begin());
    its.others -= its.others > 0 ? 1 : 0;
    for (std::size_t j = owner + 1; j < mine.choices.size(); ++j) {
      --mine.choices[j].revisits;
      --mine.choices[j].others;
    }
    whole_ = false;
    return made;
  }
  return std::nullopt;
}

// Takes a way of the last choice: the path's, any, or the first.
bool search::take() {
  if (trying_) {
    return try_next();
  }
  if (probe_ && path_at_ == path_.size()) {
    keep_consistent();
    if (again_ || top().alternatives.size() == top().choices.back().revisits) {
      return false;
    }
    path_.push_back(drawn());
  }
  return path_at_ < path_.size() ? retrace() : try_next();
}

// Takes the path's next way.
bool search::retrace() {
  branch& mine = top();
  choice& here = mine.choices.back();
  const position::step to = path_[path_at_++];
  const auto first = mine.alternatives.begin();
  const auto others = first + static_cast<std::ptrdiff_t>(here.others);
  const bool there =
      std::any_of(to.revisits ? first + static_cast<std::ptrdiff_t>(here.revisits) : others,
                  to.revisits ? others : mine.alternatives.end(),
                  [&](const way& each) { return each.at == to.taken.at; });
  if (!there) {
    --path_at_;
    return false;
  }
  mine.alternatives.resize(here.revisits);
  mine.alternatives.insert(mine.alternatives.end(), to.revisits_left.begin(),
                           to.revisits_left.end());
  here.others = mine.alternatives.size();
  mine.alternatives.insert(mine.alternatives.end(), to.left.begin(), to.left.end());
  const std::size_t rest = mine.alternatives.size();
  // Whoever is sent to the path's last way has the further picks of it, too.
  const bool keeps_picks = path_at_ == path_.size() && !done_ && !probe_;
  if (to.revisits) {
    const bool made = try_revisit(to.taken);
    if (!keeps_picks) {
      mine.alternatives.resize(rest);
    }
    jumped_ |= made;
    return false;
  }
  mine.alternatives.push_back(to.taken);
  if (!try_next() || redrawn_) {
    return false;
  }
  if (!keeps_picks && mine.alternatives.size() > rest) {
    mine.alternatives.resize(rest);
  }
  return true;
}

// Drops the ways of the last choice that no execution takes: weighed with them, most
// probes would end in nothing, and few carry all the weight.
void search::keep_consistent() {
  branch& mine = top();
  choice& here = mine.choices.back();
  const auto first = mine.alternatives.begin() + static_cast<std::ptrdiff_t>(here.revisits);
  const std::vector<way> all(first, mine.alternatives.end());
  const std::size_t revisits = here.others - here.revisits;
  const std::size_t depth = depth_;
  const stamp end = mine.now.size();
  std::vector<way> kept;
  std::size_t kept_revisits = 0;
  trying_ = true;
  for (std::size_t i = 0; i < all.size() && !again_; ++i) {
    mine.alternatives.resize(here.revisits);
    here.others = here.revisits;
    bool consistent = false;
    if (i < revisits) {
      consistent = try_revisit(all[i]);
      kept_revisits += consistent ? 1 : 0;
    } else {
      mine.alternatives.push_back(all[i]);
      consistent = try_next();
    }
    depth_ = depth;
    if (mine.now.size() > end) {
      mine.now.truncate(end);
      take_back(end);
    }
    if (consistent) {
      kept.push_back(all[i]);
    }
  }
  trying_ = false;
  mine.alternatives.resize(here.revisits);
  mine.alternatives.insert(mine.alternatives.end(), kept.begin(), kept.end());
  here.others = here.revisits + kept_revisits;
}

// Any way of the last choice, a revisit or another.
position::step search::drawn() {
  const branch& mine = top();
  const choice& here = mine.choices.back();
  const std::size_t count = mine.alternatives.size() - here.revisits;
  const std::size_t taken = here.revisits + (*probe_)() % count;
  weight_ *= static_cast<double>(count);
  return {mine.alternatives[taken], taken < here.others, {}, {}};
}

// There is another pick of the way that is tried.
void search::another(branch& mine, const way& tried) {
  if (trying_) {
    return;
  }
  if (!probe_) {
    mine.alternatives.push_back({tried.at, tried.pick + 1});
  } else if (path_at_ == path_.size()) {
    weight_ *= 2;
    redrawn_ = ((*probe_)() & 1U) != 0;
    path_.back().taken.pick += redrawn_ ? 1 : 0;
  }
}

}  // namespace handfast::checker
