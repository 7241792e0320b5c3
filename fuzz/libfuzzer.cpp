// A fuzz target as plain libFuzzer has it, for what the engine does not offer: long
// campaigns with libFuzzer's own options, and merging corpora (fuzz/minimise_corpus.sh).
// HANDFAST_TARGET is the one.
#include <cstdio>
#include <cstdlib>

#include "fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  handfast::fuzz::goals met;
  if (const auto failed = handfast::fuzz::HANDFAST_TARGET.run({data, size}, met)) {
    std::fprintf(stderr, "%s: %s", failed->kind.c_str(), failed->text.c_str());
    std::abort();
  }
  return 0;
}
