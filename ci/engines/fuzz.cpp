// The fuzz engine: libFuzzer where the compiler has it, else random bytes.
//
// Replay bytes: the input.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <tuple>
#include <utility>

#include "ci/engines/engine.hpp"
#include "fuzz/target.hpp"
#include "stress/watchdog.hpp"

#if HANDFAST_HAS_LIBFUZZER
extern "C" int LLVMFuzzerRunDriver(int* argc, char*** argv,
                                   int (*run)(const std::uint8_t* data, std::size_t size));
#endif

// There under AddressSanitizer.
extern "C" [[gnu::weak]] std::size_t __sanitizer_get_current_allocated_bytes();
extern "C" [[gnu::weak]] int __lsan_do_recoverable_leak_check();

namespace handfast::ci {
namespace {

namespace fs = std::filesystem;

constexpr double default_seconds = 10;

constexpr std::array targets{
    &fuzz::programs,
#if HANDFAST_HAS_FIBERS
    &fuzz::schedules,
    &fuzz::tasks,
#endif
};

fs::path corpus_of(const fuzz::target& on) {
  return fs::path(HANDFAST_CORPUS) / on.corpus;
}

std::vector<fs::path> kept_inputs(const fuzz::target& on) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& each : fs::directory_iterator(corpus_of(on))) {
    files.push_back(each.path());
  }
  std::ranges::sort(files);
  return files;
}

replay_bytes contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Whether memory that a target took is still taken, and lost.
class leak_watch {
 public:
  [[nodiscard]] bool leaked() const {
    return __sanitizer_get_current_allocated_bytes != nullptr &&
           __sanitizer_get_current_allocated_bytes() > before_ &&
           __lsan_do_recoverable_leak_check != nullptr && __lsan_do_recoverable_leak_check() != 0;
  }

 private:
  std::size_t before_ = __sanitizer_get_current_allocated_bytes != nullptr
                            ? __sanitizer_get_current_allocated_bytes()
                            : 0;
};

// Runs one input; a finding if it fails.
std::optional<finding> run_input(const fuzz::target& on, std::span<const std::uint8_t> input,
                                 fuzz::goals& met) {
  const leak_watch memory;
  if (const auto failed = on.run(input, met)) {
    return finding{failed->kind, failed->text, failed->least};
  }
  if (!on.on_fibers && memory.leaked()) {
    return finding{"leak", "memory is lost\n", replay_bytes(input.begin(), input.end())};
  }
  return std::nullopt;
}

// A fuzzing run: libFuzzer calls back and never returns.
class campaign {
 public:
  campaign(const fuzz::target& on, const run_options& options, const progress& tell)
      : on_(on),
        options_(options),
        tell_(tell),
        dog_(options.patience, [this](const std::string& report) {
          report_and_exit({"hang", report, input_}, result_.executions);
        }) {
    result_.unit = HANDFAST_HAS_LIBFUZZER ? "inputs" : "unguided inputs";
    result_.verdict = "searched";
  }

  // Runs one input; false once the campaign is over, and `result` says how.
  bool run(std::span<const std::uint8_t> input) {
    const std::chrono::duration<double> ran = std::chrono::steady_clock::now() - start_;
    if (result_.executions == options_.max_executions.value_or(~std::uint64_t{0}) ||
        ran.count() >
            options_.max_seconds.value_or(options_.max_executions ? 1e9 : default_seconds)) {
      return false;
    }
    if (!tell_({result_.executions, options_.max_executions.value_or(0)})) {
      result_.verdict = "interrupted";
      return false;
    }
    ++result_.executions;
    dog_.moved();
    input_.assign(input.begin(), input.end());
    note_execution(input, result_.executions);
    result_.found = run_input(on_, input, met_);
    if (result_.found) {
      result_.verdict = "finding";
      result_.came_back = 1;
    }
    return !result_.found;
  }

  [[nodiscard]] outcome result() const {
    outcome all = result_;
    for (std::size_t i = 0; i < on_.goals.size(); ++i) {
      (met_[i] ? all.goals_met : all.goals_missed).emplace_back(on_.goals[i]);
    }
    if (all.verdict == "searched" && (all.executions == 0 || !all.goals_missed.empty())) {
      all.verdict = "vacuous";
    }
    return all;
  }

 private:
  const fuzz::target& on_;
  const run_options& options_;
  const progress& tell_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  replay_bytes input_;
  outcome result_;
  fuzz::goals met_;
  stress::watchdog dog_;
};

campaign* running = nullptr;

#if HANDFAST_HAS_LIBFUZZER

// New inputs go to the first folder that libFuzzer is given: not the kept ones'.
fs::path scratch_folder() {
  return fs::temp_directory_path() / ("handfast-fuzz-" + std::to_string(::getpid()));
}

int run_one(const std::uint8_t* data, std::size_t size) {
  if (static bool first = true; std::exchange(first, false)) {
    watch_for_death();  // libFuzzer has put its own handlers in
  }
  if (!running->run({data, size})) {
    fs::remove_all(scratch_folder());
    report_and_exit(running->result());
  }
  return 0;
}

outcome fuzz_on(const fuzz::target& on, const run_options& options) {
  const fs::path scratch = scratch_folder();
  fs::create_directories(scratch);
  std::vector<std::string> arguments{
      "handfast-fuzz",
      "-seed=" + std::to_string(std::max<std::uint64_t>(options.seed & 0xffffffffU, 1)),
      "-max_len=" + std::to_string(on.longest),
      "-verbosity=0",
      "-detect_leaks=0",
      "-handle_abrt=0",
      "-handle_int=0",
      "-handle_term=0",
      "-artifact_prefix=" + scratch.string() + "/",
      scratch.string(),
      corpus_of(on).string()};
  std::vector<char*> pointers;
  for (std::string& each : arguments) {
    pointers.push_back(each.data());
  }
  pointers.push_back(nullptr);
  int count = static_cast<int>(arguments.size());
  char** values = pointers.data();
  LLVMFuzzerRunDriver(&count, &values, run_one);
  return running->result();
}

#else

outcome fuzz_on(const fuzz::target& on, const run_options& options) {
  std::mt19937_64 random(options.seed);
  std::vector<std::uint8_t> input;
  do {
    input.resize(random() % on.longest);
    std::ranges::generate(input, [&random] { return static_cast<std::uint8_t>(random()); });
  } while (running->run(input));
  return running->result();
}

#endif

class fuzz_engine : public engine {
 public:
  [[nodiscard]] std::vector<entry> list() const override {
    std::vector<entry> all;
    for (const fuzz::target* each : targets) {
      all.push_back({std::string(each->concept_name),
                     std::string(each->name),
                     std::string(each->claim),
                     {"corpus", "fuzz"},
                     1,
                     {},
                     false,
                     each->covers()});
    }
    return all;
  }

  [[nodiscard]] replay_bytes before(std::string_view name, const run_options&) override {
    std::ignore = target_named(name);
    return {};
  }

  [[nodiscard]] outcome run(std::string_view name, const run_options& options,
                            const progress& tell) override {
    const fuzz::target& on = target_named(name);
    campaign all(on, options, tell);
    if (options.mode == "fuzz") {
      running = &all;
      return fuzz_on(on, options);
    }
    if (!options.mode.empty() && options.mode != "corpus") {
      throw usage_error("the fuzzer has the modes corpus and fuzz, not '" + options.mode + "'");
    }
    for (const fs::path& file : kept_inputs(on)) {
      if (!all.run(contents(file))) {
        break;
      }
    }
    outcome result = all.result();
    result.complete = result.verdict == "searched";
    return result;
  }

  [[nodiscard]] outcome replay(std::string_view name, const replay_bytes& payload,
                               const replay_plan& plan, const progress& tell) override {
    run_options once;
    once.patience = plan.patience;
    once.max_executions = 1;
    campaign all(target_named(name), once, tell);
    std::ignore = all.run(payload);
    outcome result = all.result();
    result.verdict = result.found ? "finding" : "searched";
    return result;
  }

 private:
  static const fuzz::target& target_named(std::string_view name) {
    const auto found = std::ranges::find(targets, name, &fuzz::target::name);
    if (found == targets.end()) {
      throw usage_error("no fuzz target is named '" + std::string(name) + "'");
    }
    return **found;
  }
};

}  // namespace
}  // namespace handfast::ci

int main(int argc, char** argv) {
  handfast::ci::fuzz_engine self;
  return handfast::ci::engine_main(argc, argv, self);
}
