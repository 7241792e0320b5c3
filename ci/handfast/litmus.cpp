// `handfast litmus`: herd's C tests on the checker.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "ci/engines/engine.hpp"
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
  std::vector<char*> pointers;
  for (std::string& each : arguments) {
    pointers.push_back(each.data());
  }
  pointers.push_back(nullptr);
  ::execv(arguments.front().c_str(), pointers.data());
  throw usage_error(fmt::format("cannot start {}: {}", arguments.front(), std::strerror(errno)));
}

}  // namespace handfast::ci
