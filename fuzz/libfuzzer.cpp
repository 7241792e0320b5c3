// The fuzz target as plain libFuzzer has it, for what the engine does not offer:
// long campaigns with libFuzzer's own options, and merging corpora
// (fuzz/minimise_corpus.sh).
#include <cstdio>
#include <cstdlib>

#include "fuzz/channel.hpp"
#include "properties/conformance.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto program = handfast::fuzz::decode({data, size});
  if (const auto wrong = handfast::properties::run_program(program)) {
    std::fprintf(stderr, "%s%s\n", handfast::fuzz::to_string(program).c_str(), wrong->c_str());
    std::abort();
  }
  return 0;
}
