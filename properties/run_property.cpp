#include "properties/run_property.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <string>
#include <unordered_map>

namespace handfast::properties {
namespace {

// Thrown out of rapidcheck when the user has had enough.
struct stop_request {};

class counting_listener : public rc::detail::TestListener {
 public:
  explicit counting_listener(const run_plan& plan) : plan_(plan) {}

  void onTestCaseFinished(const rc::detail::CaseDescription&) override {
    ++cases_;
    if (plan_.go_on && !plan_.go_on(cases_)) {
      throw stop_request{};
    }
  }
  void onShrinkTried(const rc::detail::CaseDescription&, bool) override {}
  void onTestFinished(const rc::detail::TestMetadata&, const rc::detail::TestResult&) override {}

  [[nodiscard]] std::uint64_t cases() const { return cases_; }

 private:
  const run_plan& plan_;
  std::uint64_t cases_ = 0;
};

std::vector<std::uint8_t> packed(const rc::detail::Reproduce& reproduce) {
  std::vector<std::uint8_t> bytes;
  rc::detail::serialize(reproduce, std::back_inserter(bytes));
  return bytes;
}

rc::detail::Reproduce unpacked(const std::vector<std::uint8_t>& bytes) {
  rc::detail::Reproduce reproduce;
  rc::detail::deserialize(bytes.begin(), bytes.end(), reproduce);
  return reproduce;
}

std::string report_of(const rc::detail::FailureResult& failure) {
  std::ostringstream text;
  for (const auto& [type, value] : failure.counterExample) {
    text << value << "\n\n";
  }
  text << failure.description << "\n";
  return text.str();
}

}  // namespace

verdict run_property(const run_plan& plan, const std::function<void()>& testable,
                     const goals_counted& met) {
  rc::detail::TestMetadata metadata;
  metadata.id = "property";
  rc::detail::TestParams params;
  params.seed = plan.seed;
  params.maxSuccess = static_cast<int>(std::min<std::uint64_t>(plan.cases, 1U << 30U));
  std::unordered_map<std::string, rc::detail::Reproduce> reproduce;
  if (!plan.reproduce.empty()) {
    reproduce.emplace(metadata.id, unpacked(plan.reproduce));
  }
  counting_listener listener(plan);
  verdict found;
  try {
    const rc::detail::TestResult result = rc::detail::checkTestable(
        [&testable] { testable(); }, metadata, params, listener, reproduce);
    rc::detail::FailureResult failure;
    if (result.match(failure)) {
      found.failed = true;
      found.report = report_of(failure);
      found.reproduce = packed(failure.reproduce);
    }
  } catch (const stop_request&) {
    found.stopped = true;
  }
  found.cases = listener.cases();
  for (const auto& [goal, times] : met) {
    (times > 0 ? found.goals_met : found.goals_missed).emplace_back(goal);
  }
  return found;
}

bool is_reproduce(const std::vector<std::uint8_t>& bytes) {
  try {
    return packed(unpacked(bytes)) == bytes;
  } catch (const rc::detail::SerializationException&) {
    return false;
  }
}

}  // namespace handfast::properties
