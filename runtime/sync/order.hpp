// The memory orders, under one short name, so that a call can spell its order
// without naming the standard library's synchronisation.
#pragma once

#include <atomic>

namespace handfast {

/// relaxed, acquire, release, acq_rel, seq_cst; consume is never used.
using order = std::memory_order;

}  // namespace handfast
