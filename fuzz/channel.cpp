// The channel's fuzz target as a libFuzzer program of its own: for long runs and
// for merging corpora. The engine (ci/engines/fuzz.cpp) runs the same check.
#include "fuzz/channel.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  handfast::properties::met seen;
  if (const auto wrong = handfast::fuzz::check_channel({data, size}, seen)) {
    const std::string program = handfast::fuzz::to_text(handfast::fuzz::decode({data, size}));
    std::fprintf(stderr, "%s%s\n", program.c_str(), wrong->c_str());
    std::abort();
  }
  return 0;
}
