#include "ci/handfast/touched.hpp"

#include <algorithm>
#include <cstdio>

#include "ci/handfast/process.hpp"

namespace handfast::ci {

touched::touched(const std::string& revision) {
  exit_report ended;
  const std::string diff = run_to_end(
      {"git", "diff", "--unified=0", "--no-color", "--no-ext-diff", revision, "--"}, ended);
  if (ended.status != 0 || ended.signal != 0) {
    throw usage_error("--since: git knows no revision '" + revision + "' here");
  }
  std::string file;
  for (std::size_t at = 0; at < diff.size();) {
    const std::size_t end = std::min(diff.find('\n', at), diff.size());
    const std::string line = diff.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("+++ b/")) {
      file = line.substr(6);
    } else if (line.starts_with("@@ ")) {
      // @@ -1,2 +3,4 @@
      unsigned first = 0;
      unsigned count = 1;
      if (std::sscanf(line.c_str() + line.find('+'), "+%u,%u", &first, &count) > 0) {
        for (unsigned i = 0; i < count; ++i) {
          lines_[file].insert(first + i);
        }
      }
    }
  }
}

bool touched::covers(const weak_spot& site) const {
  constexpr std::uint32_t around = 3;
  return std::ranges::any_of(lines_, [&](const auto& each) {
    const auto& [file, lines] = each;
    const auto next = lines.lower_bound(site.line - std::min(site.line, around));
    return (is_tail_of(file, site.file) || is_tail_of(site.file, file)) && next != lines.end() &&
           *next <= site.line + around;
  });
}

bool is_tail_of(const std::string& path, const std::string& tail) {
  return ("/" + path).ends_with("/" + tail);
}

}  // namespace handfast::ci
