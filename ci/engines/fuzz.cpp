// The fuzz engine: inputs that are programs over channels, under AddressSanitizer,
// LeakSanitizer and UBSan, all in child processes. libFuzzer looks for inputs by
// coverage where there is one (Clang); elsewhere they are random bytes.
//
// Replay bytes: the input itself (fuzz/operations.hpp), made small.
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <tuple>

#include "ci/engines/engine.hpp"
#include "fuzz/channel.hpp"
#include "fuzz/isolated.hpp"
#include "fuzz/minimise.hpp"

#if HANDFAST_LIBFUZZER
extern "C" int LLVMFuzzerRunDriver(int* argc, char*** argv,
                                   int (*callback)(const std::uint8_t* data, std::size_t size));
#endif

namespace handfast::ci {
namespace {

using clock = std::chrono::steady_clock;
using properties::met;

constexpr const char* search_mode = HANDFAST_LIBFUZZER ? "fuzz" : "random";
constexpr std::uint64_t default_inputs = 20000;
// A candidate is a process, and may be a sanitizer's report.
constexpr std::size_t minimising_tries = 400;

const std::pair<const char*, bool met::*> goals[] = {
    {"a send found the channel full", &met::full},
    {"a receive found the channel empty", &met::empty},
    {"a close gave an item back", &met::given_back_on_close},
    {"a closed channel was drained", &met::drained_after_close},
    {"send_many was refused some of its items", &met::partial_send_many},
    {"the last receiver left items behind", &met::discarded},
    {"an item was a handle", &met::handle_in_item}};

// The child's side: libFuzzer's callback takes no context.
fuzz::flight_recorder* recorder = nullptr;
bool quiet = false;

void run_input(std::span<const std::uint8_t> input) {
  recorder->begin(input);
  met seen;
  if (const auto wrong = fuzz::check_channel(input, seen)) {
    fuzz::fail(*wrong);
  }
  for (const auto& [goal, flag] : goals) {
    recorder->seen.*flag = recorder->seen.*flag || seen.*flag;
  }
}

void run_input_alone(std::span<const std::uint8_t> input) {
  run_input(input);
  fuzz::require_no_leaks();
}

std::vector<std::filesystem::path> corpus() {
  std::vector<std::filesystem::path> kept;
  for (const auto& each : std::filesystem::directory_iterator(HANDFAST_CORPUS "/channel")) {
    kept.push_back(each.path());
  }
  std::ranges::sort(kept);
  return kept;
}

void run_corpus() {
  for (const std::filesystem::path& each : corpus()) {
    std::ifstream file(each, std::ios::binary);
    run_input_alone(std::vector<std::uint8_t>(std::istreambuf_iterator(file), {}));
  }
}

#if HANDFAST_LIBFUZZER

void search(const run_options& options, std::uint64_t inputs) {
  std::string seeds = "-seed_inputs=";
  for (const std::filesystem::path& each : corpus()) {
    seeds += (seeds.back() == '=' ? "" : ",") + each.string();
  }
  // To libFuzzer a seed of 0 is none.
  const auto seed = static_cast<std::uint32_t>(options.seed % 0xffffffffU + 1U);
  std::vector<std::string> words{"fuzz",
                                 seeds,
                                 "-seed=" + std::to_string(seed),
                                 "-max_len=" + std::to_string(fuzz::longest_input),
                                 "-exact_artifact_path=/dev/null",
                                 "-timeout=0",
                                 "-handle_int=0",
                                 "-handle_term=0"};
  if (inputs != ~std::uint64_t{0}) {
    words.push_back("-runs=" + std::to_string(inputs));
  }
  if (options.max_seconds) {
    words.push_back("-max_total_time=" +
                    std::to_string(std::max(1L, std::lround(*options.max_seconds))));
  }
  std::vector<char*> arguments;
  for (std::string& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  auto count = static_cast<int>(words.size());
  char** first = arguments.data();
  LLVMFuzzerRunDriver(&count, &first, [](const std::uint8_t* data, std::size_t size) {
    run_input({data, size});
    return 0;
  });
}

#else

void search(const run_options& options, std::uint64_t inputs) {
  run_corpus();
  std::mt19937_64 random(options.seed);
  const auto start = clock::now();
  for (std::uint64_t i = 0; i < inputs; ++i) {
    const std::chrono::duration<double> ran = clock::now() - start;
    if (options.max_seconds && ran.count() > *options.max_seconds) {
      break;
    }
    std::vector<std::uint8_t> input(random() % fuzz::longest_input);
    for (std::uint8_t& byte : input) {
      byte = static_cast<std::uint8_t>(random());
    }
    run_input(input);
  }
  fuzz::require_no_leaks();
}

#endif

// What a sanitizer calls what it found, if it said so.
std::string kind_of(fuzz::ending how, const std::string& output) {
  switch (how) {
    case fuzz::ending::violation: return "not as specified";
    case fuzz::ending::leak: return "memory leak";
    case fuzz::ending::silence: return "hang";
    default: break;
  }
  constexpr std::string_view address = "ERROR: AddressSanitizer: ";
  if (const std::size_t at = output.find(address); at != std::string::npos) {
    const std::size_t begin = at + address.size();
    return output.substr(begin, output.find_first_of(" \n", begin) - begin);
  }
  if (output.find("runtime error: ") != std::string::npos) {
    return "undefined behaviour";
  }
  return output.find("handfast: ") != std::string::npos ? "broken assertion" : "crash";
}

class fuzz_engine : public engine {
 public:
  fuzz_engine() { recorder = &fuzz::shared_recorder(); }

  [[nodiscard]] std::vector<entry> list() const override {
    const std::string how =
        HANDFAST_LIBFUZZER ? "" : " (random bytes: this build has no libFuzzer)";
    return {{"channel",
             "channel.operations",
             "any program over channels gets the specified answers and owns every item exactly "
             "once" +
                 how,
             {search_mode, "corpus"}}};
  }

  // This process runs no input itself.
  [[nodiscard]] replay_bytes before(std::string_view name, const run_options&) override {
    require(name);
    return {};
  }

  [[nodiscard]] outcome run(std::string_view name, const run_options& options,
                            const progress& tell) override {
    require(name);
    const bool searches = options.mode.empty() || options.mode == search_mode;
    if (!searches && options.mode != "corpus") {
      throw usage_error("fuzz targets have the modes " + std::string(search_mode) +
                        " and corpus here, not '" + options.mode + "'");
    }
    const std::uint64_t inputs =
        options.max_executions.value_or(options.max_seconds ? ~std::uint64_t{0} : default_inputs);
    const auto done = [] { return recorder->executions.load(std::memory_order_relaxed); };
    const std::uint64_t total = searches && inputs != ~std::uint64_t{0} ? inputs : 0;
    const fuzz::isolated_result ended = fuzz::run_isolated(
        *recorder, [&] { searches ? search(options, inputs) : run_corpus(); },
        [&] { return tell(done(), total); });

    outcome result;
    result.unit = "inputs";
    result.executions = done();
    if (ended.how == fuzz::ending::stopped) {
      result.verdict = "interrupted";
    } else if (ended.how == fuzz::ending::finished) {
      judge_coverage(result);
    } else {
      result.verdict = "finding";
      result.found = small_finding(ended, tell);
      result.came_back = 1;
    }
    return result;
  }

  [[nodiscard]] outcome replay(std::string_view name, const replay_bytes& payload,
                               std::uint64_t times, const progress& tell) override {
    require(name);
    if (payload.size() > fuzz::longest_input) {
      throw usage_error("the token's payload is not an input of the fuzzer: it is too long");
    }
    outcome result;
    result.unit = "inputs";
    result.verdict = times == 0 ? "vacuous" : "searched";
    for (std::uint64_t i = 0; i < times; ++i) {
      const fuzz::isolated_result ended = alone(payload, tell);
      if (ended.how == fuzz::ending::stopped) {
        result.verdict = "interrupted";
        break;
      }
      ++result.executions;
      if (ended.how != fuzz::ending::finished) {
        ++result.came_back;
        result.verdict = "finding";
        result.found = finding_from(ended, payload);
      }
    }
    return result;
  }

 private:
  void require(std::string_view name) const {
    if (name != list().front().name) {
      throw usage_error("no fuzz target is named '" + std::string(name) + "'");
    }
  }

  static fuzz::isolated_result alone(const replay_bytes& input, const progress& tell) {
    const std::uint64_t before = recorder->executions.load(std::memory_order_relaxed);
    return fuzz::run_isolated(
        *recorder, [&] { run_input_alone(input); }, [&] { return tell(before, 0); });
  }

  static finding finding_from(const fuzz::isolated_result& ended, const replay_bytes& input) {
    return {kind_of(ended.how, ended.output),
            fuzz::to_text(fuzz::decode(input)) + ended.output + "\n", input};
  }

  // The input that ended the child, made small as long as it ends one in the
  // same way, and told by a last child of its own.
  static finding small_finding(const fuzz::isolated_result& ended, const progress& tell) {
    replay_bytes input = recorder->input();
    fuzz::isolated_result last = alone(input, tell);
    if (last.how == fuzz::ending::finished || last.how == fuzz::ending::stopped) {
      return finding_from(ended, input);  // it needed the inputs before it
    }
    if (last.how != fuzz::ending::silence) {  // whose every try would take as long
      quiet = true;
      input = fuzz::minimise(
          input, [&](const replay_bytes& each) { return alone(each, tell).how == last.how; },
          minimising_tries);
      quiet = false;
      last = alone(input, tell);
    }
    return finding_from(last, input);
  }

  // A run in which no channel was ever full, say, proved nothing about that.
  static void judge_coverage(outcome& result) {
    for (const auto& [goal, flag] : goals) {
      (recorder->seen.*flag ? result.goals_met : result.goals_missed).emplace_back(goal);
    }
    result.verdict = result.goals_missed.empty() ? "searched" : "vacuous";
  }
};

}  // namespace
}  // namespace handfast::ci

// A report takes AddressSanitizer a second to write, and minimising reads none.
extern "C" void __asan_on_error() {
  if (handfast::ci::quiet) {
    std::_Exit(1);
  }
}

int main(int argc, char** argv) {
  handfast::ci::fuzz_engine self;
  return handfast::ci::engine_main(argc, argv, self);
}
