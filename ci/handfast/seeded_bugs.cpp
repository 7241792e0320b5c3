#include "ci/handfast/seeded_bugs.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <utility>

namespace handfast::ci {
namespace {

constexpr replay_limits replays_on_real_threads{50000, 8};
constexpr replay_limits replays_elsewhere{1, 60};
constexpr unsigned most_lost_tokens = 5;

// Where a bug is sure to be, a short silence tells enough.
constexpr unsigned patience_seconds = 5;

// How an engine hunts for a bug that is surely there: a fraction of what the
// gate gives it for code that is right.
struct hunt {
  std::string engine;
  std::string mode;
  std::optional<std::uint64_t> max_executions;
  double max_seconds;
};

const std::vector<hunt>& hunts() {
  static const std::vector<hunt> all{
      {"checker", "exhaustive", std::nullopt, 10}, {"relacy", "random", 20000, 10},
      {"relacy", "bound2", std::nullopt, 3},       {"properties", "", 300, 10},
      {"fuzz", "fuzz", std::nullopt, 6},           {"stress", "seeded", 500, 6},
      {"stress-tsan", "seeded", 300, 6},           {"stress-tsan", "native", 300, 6}};
  return all;
}

// Scenarios of the policies themselves, where no bug is seeded; wrong twins of
// their own (models/suites/wrong.hpp) show that they catch something.
bool is_of_policies(const offer& each) {
  return each.concept_name == "sync";
}

// The run of `entry` for one bug, if the engine runs it in that mode.
std::optional<run_request> request(const hunt& how, const offer& entry, const mutant& bug) {
  const std::string mode = how.mode.empty() ? entry.modes.front() : how.mode;
  if (entry.engine != how.engine ||
      !entry.any_concept([&](const std::string& name) { return bug.is_in(name); }) ||
      std::ranges::count(entry.modes, mode) + std::ranges::count(entry.on_request, mode) == 0) {
    return std::nullopt;
  }
  run_request made;
  made.scenario = entry.name;
  made.engine = entry.engine;
  made.mode = mode;
  made.mutant = bug.name;
  made.max_executions = how.max_executions;
  made.max_seconds = how.max_seconds;
  made.patience_seconds = patience_seconds;
  return made;
}

// Nearly every bug is caught within moments where it can be caught at all: all runs get
// a moment first, then a second, and their full time only then.
std::vector<run_request> briefly_first(const std::vector<run_request>& all) {
  std::vector<run_request> made;
  for (const double brief_seconds : {0.1, 1.0}) {
    std::ranges::transform(all, std::back_inserter(made), [brief_seconds](run_request each) {
      each.max_seconds = brief_seconds;
      return each;
    });
  }
  std::ranges::copy(all, std::back_inserter(made));
  return made;
}

// The runs of one engine's hunt for one bug, in order: every entry in one mode, the
// light ones first, then the next mode.
std::vector<run_request> requests_for_bug(const std::vector<offer>& offered,
                                          const std::string& engine, const mutant& bug) {
  std::vector<run_request> all;
  for (const hunt& how : hunts()) {
    for (const offer& entry : offered) {
      if (const auto made = request(how, entry, bug); made && how.engine == engine) {
        all.push_back(*made);
      }
    }
  }
  return briefly_first(all);
}

// The runs that look for any bug that the entry of this name catches; those of the fewest
// concepts first, for they are closest to it.
std::vector<run_request> requests_for_entry(const std::vector<offer>& offered,
                                            const std::string& name,
                                            const std::vector<mutant>& bugs) {
  const auto spread = [](const mutant& each) { return std::ranges::count(each.concepts, ' '); };
  std::vector<mutant> closest_first;
  for (const mutant& each : bugs) {
    closest_first.insert(std::ranges::upper_bound(closest_first, spread(each), {}, spread), each);
  }
  // Tables begin with weak orders, which real threads seldom show.
  const std::vector<mutant> furthest_first(closest_first.rbegin(), closest_first.rend());
  std::vector<run_request> all;
  for (const hunt& how : hunts()) {
    for (const offer& entry : offered) {
      if (entry.name == name) {
        for (const mutant& bug : on_real_threads(entry.engine) ? furthest_first : closest_first) {
          if (const auto made = request(how, entry, bug)) {
            all.push_back(*made);
          }
        }
      }
    }
  }
  return briefly_first(all);
}

std::vector<offer> hunters(const engine_folder& engines,
                           const std::vector<std::string>& engines_tried) {
  std::vector<offer> all;  // the lightest first, else as they come
  for (const offer& each : offers(engines)) {
    if (!is_of_policies(each) && std::ranges::count(engines_tried, each.engine) != 0) {
      all.insert(std::ranges::upper_bound(all, each.weight, {}, &offer::weight), each);
    }
  }
  return all;
}

// Which engine has caught which bug: one that it sees in one entry it sees in others.
using caught_before = std::set<std::pair<std::string, std::string>>;

// One hunt, a run at a time, until something is caught; what its engine has caught before
// comes first. On real threads a token may fail to bring its failure back; that is no
// catch, and the hunt goes on, with another seed, for a failure that can be brought back.
class pursuit : public std::enable_shared_from_this<pursuit> {
 public:
  pursuit(const engine_folder& engines, std::vector<run_request> todo, caught_before& known,
          catch_report& report, std::function<std::vector<task>()> at_end)
      : engines_(engines),
        todo_(std::move(todo)),
        known_(known),
        report_(report),
        at_end_(std::move(at_end)) {}

  std::vector<task> next() {
    if (at_ == todo_.size()) {
      return at_end_();
    }
    bring_forward_what_is_known();
    run_request request = todo_[at_];
    request.seed += report_.lost_tokens;
    std::vector<task> tasks;
    tasks.push_back(run_task(
        engines_, request, [](std::uint64_t, std::uint64_t, double) {},
        [self = shared_from_this()](run_report ended) {
          require_accepted(ended);
          self->report_.tried += ended.executions;
          if (ended.verdict == "finding") {
            self->known_.emplace(ended.request.engine, ended.request.mutant);
            self->report_.caught = std::move(ended);
            return self->bring_back();
          }
          ++self->at_;
          return self->next();
        }));
    return tasks;
  }

 private:
  // Among the runs that get as long as the next one.
  void bring_forward_what_is_known() {
    const auto next = todo_.begin() + static_cast<std::ptrdiff_t>(at_);
    const auto later = std::find_if(next, todo_.end(), [next](const run_request& each) {
      return each.max_seconds > next->max_seconds;
    });
    const auto known = std::find_if(next, later, [this](const run_request& each) {
      return known_.contains({each.engine, each.mutant});
    });
    if (known != later) {
      std::rotate(next, known, known + 1);
    }
  }

  std::vector<task> bring_back() {
    const bool unsure = on_real_threads(report_.caught->request.engine);
    std::vector<task> tasks;
    tasks.push_back(replay_task(
        engines_, *report_.caught->failure, unsure ? replays_on_real_threads : replays_elsewhere,
        patience_seconds, [self = shared_from_this(), unsure](const run_report& ended) {
          catch_report& report = self->report_;
          report.replays = ended.executions;
          report.came_back = ended.verdict == "finding";
          if (report.came_back || !unsure) {
            return self->at_end_();
          }
          report.caught.reset();
          return ++report.lost_tokens == most_lost_tokens ? self->at_end_() : self->next();
        }));
    return tasks;
  }

  const engine_folder& engines_;
  std::vector<run_request> todo_;
  std::size_t at_ = 0;
  caught_before& known_;
  catch_report& report_;
  std::function<std::vector<task>()> at_end_;
};

}  // namespace

std::vector<catch_report> try_seeded_bugs(const engine_folder& engines,
                                          const std::vector<mutant>& bugs,
                                          const std::vector<std::string>& engines_tried, bool first,
                                          unsigned jobs,
                                          const std::function<void(const catch_report&)>& tell) {
  const std::vector<offer> offered = hunters(engines, engines_tried);
  caught_before known;
  std::vector<catch_report> reports;
  for (const mutant& bug : bugs) {
    for (const std::string& engine : engines_tried) {
      reports.push_back({bug.name, engine, std::nullopt});
    }
  }
  // Each bug's row of reports is filled from left to right where one catch is
  // enough, else in any order.
  std::function<std::vector<task>(std::size_t)> begin = [&](std::size_t index) {
    catch_report& report = reports[index];
    const bool last_of_bug = (index + 1) % engines_tried.size() == 0;
    return std::make_shared<pursuit>(
               engines,
               requests_for_bug(offered, report.engine, bugs[index / engines_tried.size()]), known,
               report,
               [&, index, last_of_bug] {
                 tell(reports[index]);
                 return first && !reports[index].caught && !last_of_bug ? begin(index + 1)
                                                                        : std::vector<task>{};
               })
        ->next();
  };
  std::vector<task> tasks;
  for (std::size_t index = 0; index < reports.size(); index += first ? engines_tried.size() : 1) {
    for (task& each : begin(index)) {
      tasks.push_back(std::move(each));
    }
  }
  run_tasks(std::move(tasks), jobs, [] {});
  return reports;
}

std::vector<entry_report> try_entries(const engine_folder& engines, const std::vector<mutant>& bugs,
                                      const std::vector<std::string>& engines_tried, unsigned jobs,
                                      const std::function<void(const entry_report&)>& tell) {
  const std::vector<offer> offered = hunters(engines, engines_tried);
  caught_before known;
  std::vector<entry_report> reports;
  for (const offer& each : offered) {
    if (!std::ranges::count(reports, each.name, &entry_report::name)) {
      reports.push_back({each.name, {}});
    }
  }
  std::vector<task> tasks;
  for (entry_report& report : reports) {
    for (task& each :
         std::make_shared<pursuit>(engines, requests_for_entry(offered, report.name, bugs), known,
                                   report.first,
                                   [&] {
                                     tell(report);
                                     return std::vector<task>{};
                                   })
             ->next()) {
      tasks.push_back(std::move(each));
    }
  }
  run_tasks(std::move(tasks), jobs, [] {});
  return reports;
}

}  // namespace handfast::ci
