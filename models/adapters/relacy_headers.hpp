// Debian's relacy-dev, taken in without its macros.
//
// `relacy.hpp` redefines new, delete, malloc, assert and much of pthread; its
// parts do not. What they still define and nobody needs is taken back here.
// Including this replaces global new and delete: a program of its own.
#pragma once

// The parts use pthread, ucontext and streams; in after the standard library.
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <vector>

// clang-format off
#include <relacy/base.hpp>
#include <relacy/context.hpp>
#include <relacy/context_base_impl.hpp>
#include <relacy/backoff.hpp>
#include <relacy/atomic_fence.hpp>
#include <relacy/atomic.hpp>
#include <relacy/var.hpp>
#include <relacy/thread_local.hpp>
#include <relacy/test_suite.hpp>
#include <relacy/dyn_thread.hpp>
#include <relacy/stdlib/mutex.hpp>
#include <relacy/stdlib/condition_variable.hpp>
#include <relacy/stdlib/semaphore.hpp>
#include <relacy/stdlib/event.hpp>
// clang-format on

#undef TlsAlloc
#undef TlsFree
#undef TlsGetValue
#undef TlsSetValue
