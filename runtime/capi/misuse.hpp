// How the C libraries stop a program that calls them wrongly where a call cannot say so.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace handfast::capi {

/// One line on stderr, and the end.
[[noreturn]] inline void misused(const char* call, const char* what) {
  std::fprintf(stderr, "handfast: %s: %s\n", call, what);
  std::abort();
}

inline void require(bool holds, const char* call, const char* what) {
  if (!holds) [[unlikely]] {
    misused(call, what);
  }
}

}  // namespace handfast::capi
