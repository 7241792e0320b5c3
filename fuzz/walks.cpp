#include "fuzz/walks.hpp"

#include <tuple>

#include "models/checker/trace.hpp"

namespace handfast::fuzz {
namespace {

std::optional<checker::finding> found_in(const checker::search& searching, const judge& judged) {
  if (searching.found()) {
    return searching.found();
  }
  const bool stuck = searching.ended() == checker::run_end::stuck;
  const auto why_stuck =
      stuck ? checker::why_stuck(searching.run(), searching.now()) : std::nullopt;
  // Nothing to be said of what another execution goes on with.
  if (searching.ended() == checker::run_end::abandoned || (stuck && !why_stuck)) {
    return std::nullopt;
  }
  return judged(why_stuck);
}

}  // namespace

std::optional<wrong> walk(const first_thread& body, std::span<const std::uint8_t> chance,
                          const judge& judged) {
  constexpr int executions = 4;
  checker::search searching({body});
  searching.ignore_stuck();
  searching.walk(chance);
  for (int i = 0; i < executions; ++i) {
    std::ignore = searching.next();
    if (auto found = found_in(searching, judged)) {
      return wrong{*std::move(found), searching.steps()};
    }
    searching.overlook();
  }
  return std::nullopt;
}

std::string trace(const first_thread& body, const std::vector<checker::search::step>& steps) {
  checker::search following({body});
  following.follow(steps);
  std::ignore = following.next();
  return checker::columns(following);
}

void watch::asked(properties::call& made) {
  const checker::execution& run = *checker::execution::current();
  made.invoked = ++time_;
  const checker::clock seen = run.seen();
  made.knows.clear();
  for (checker::thread_index i = 0; i < std::max(seen.width(), 1U); ++i) {
    made.knows.push_back(seen.end(i));
  }
}

void watch::answered(properties::call& made) {
  const checker::execution& run = *checker::execution::current();
  made.answered_on = run.self();
  made.steps = run.position();
  made.responded = ++time_;
}

}  // namespace handfast::fuzz
