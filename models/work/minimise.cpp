#include "models/work/minimise.hpp"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

namespace handfast::work {
namespace {

using steps_of_one = std::vector<checker::search::step>;

bool is_same(const checker::finding& one, const checker::finding& other) {
  return one.kind == other.kind && (one.kind != "assertion failed" || one.text == other.text);
}

// Operations that all tries together may take: less than a second.
class allowance {
 public:
  explicit allowance(std::uint64_t operations) : left_(operations) {}
  void take(std::uint64_t operations) { left_ -= std::min(left_, operations + 1); }
  [[nodiscard]] bool is_left() const { return left_ > 0; }

 private:
  std::uint64_t left_;
};

class minimiser {
 public:
  minimiser(const subject& what, const checker::finding& found, steps_of_one steps)
      : what_(what), found_(found), best_(std::move(steps)), least_(shape_of(best_)) {}

  void leave_out() {
    for (bool better = true; better && tries_.is_left();) {
      better = without_ends() || without_a_go();
    }
  }

  void search() {
    for (std::uint32_t preemptions = 0; preemptions < least_.switches && searches_.is_left();
         ++preemptions) {
      checker::search searching({what_.body}, what_.limits);
      searching.bound_preemptions(preemptions);
      while (searches_.is_left() && searching.next()) {
        searches_.take(searching.run().steps());
        if (searching.found()) {
          if (is_same(*searching.found(), found_)) {
            searches_.take(order_in_operations);
            keep_if_better(searching.steps(patience));
          }
          searching.overlook();
        }
      }
    }
  }

  [[nodiscard]] steps_of_one take() { return std::move(best_); }

 private:
  bool keep_if_better(steps_of_one steps) {
    const shape now = shape_of(steps);
    if (now < least_) {
      best_ = std::move(steps);
      least_ = now;
      return true;
    }
    return false;
  }

  bool fails(const steps_of_one& steps) {
    checker::search following({what_.body}, what_.limits);
    following.follow(steps);
    std::ignore = following.next();
    tries_.take(following.run().steps());
    if (!following.found() || !is_same(*following.found(), found_)) {
      return false;
    }
    tries_.take(order_in_operations);
    return keep_if_better(following.steps(patience));
  }

  // The fewest first: they leave most to what comes first.
  bool without_ends() {
    const steps_of_one all = best_;
    const std::size_t stride = std::max<std::size_t>(1, all.size() / 100);
    for (std::size_t kept = 0; kept < all.size() && tries_.is_left(); kept += stride) {
      if (fails({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept)})) {
        return true;
      }
    }
    return false;
  }

  bool without_a_go() {
    const steps_of_one all = best_;
    for (auto go = all.begin(); go != all.end() && tries_.is_left();) {
      const auto end = std::find_if(go, all.end(), [go](const checker::search::step& each) {
        return each.thread != go->thread;
      });
      steps_of_one fewer(all.begin(), go);
      fewer.insert(fewer.end(), end, all.end());
      if (fails(fewer)) {
        return true;
      }
      go = end;
    }
    return false;
  }

  // Of putting the steps of a try in order.
  static constexpr std::size_t patience = 5'000;
  static constexpr std::uint64_t order_in_operations = 2'500;  // takes as long

  const subject& what_;
  const checker::finding& found_;
  steps_of_one best_;
  shape least_;
  allowance tries_{200'000};
  allowance searches_{200'000};
};

}  // namespace

shape shape_of(const steps_of_one& steps) {
  shape made{0, steps.size()};
  for (std::size_t i = 1; i < steps.size(); ++i) {
    made.switches += steps[i].thread != steps[i - 1].thread ? 1 : 0;
  }
  return made;
}

steps_of_one minimised(const subject& what, const checker::finding& found, steps_of_one steps) {
  minimiser all(what, found, std::move(steps));
  all.leave_out();
  all.search();
  return all.take();
}

steps_of_one needed(const subject& what, const steps_of_one& steps) {
  const auto ends_in = [&](std::size_t count) {
    checker::search following({what.body}, what.limits);
    following.follow({steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(count)});
    std::ignore = following.next();
    const auto& found = following.found();
    return std::tuple(following.steps(), found ? found->kind : "", found ? found->text : "");
  };
  const auto all = ends_in(steps.size());
  const auto is_enough = [&](std::size_t count) { return ends_in(count) == all; };
  // More of the same steps is enough, too.
  std::size_t few = 0;
  std::size_t enough = steps.size();
  while (few < enough) {
    const std::size_t middle = few + (enough - few) / 2;
    if (is_enough(middle)) {
      enough = middle;
    } else {
      few = middle + 1;
    }
  }
  return {steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(enough)};
}

}  // namespace handfast::work
