// `handfast litmus`: herd's C tests on the checker.
#include <string>
#include <utility>
#include <vector>

#include "ci/handfast/engines.hpp"
#include "ci/handfast/verbs.hpp"

namespace handfast::ci {

int litmus_verb(const litmus_options& options) {
  const engine_folder engines(options.engines);
  std::vector<std::string> arguments{engines.program("litmus", false)};
  if (!options.expect.empty()) {
    arguments.insert(arguments.end(), {"--expect", options.expect});
  }
  arguments.insert(arguments.end(), options.files.begin(), options.files.end());
  become(std::move(arguments));
}

}  // namespace handfast::ci
