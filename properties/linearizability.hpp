// Is there an order of a history's calls that one thread could have made, in
// which each call takes effect between its invocation and its answer?
//
// A depth-first search over who takes effect next (Wing and Gong, Testing and
// Verifying Concurrent Objects, 1993), which remembers the configurations that
// led nowhere: the progress of every call together with the specification's
// state (Lowe, Testing for Linearizability, 2017). It knows a channel:
//   - a call that waits takes effect only in a state in which it can, so a
//     blocked call simply has not taken effect yet;
//   - `full` and `timed_out` need a full channel at some moment of the call,
//     `empty` an empty one;
//   - send_many is a chain of sends inside one call, and its failure a further
//     step; receive_many one of receives, and finding no more a further step;
//   - a failed send has no effect: its item was given back;
//   - the last drop on either side closes, a receiver's discards;
//   - where nothing is held, a send and the receive of its item are one step, in which both
//     calls take effect (Hemed, Rinetzky, Vafeiadis, Modular Verification of
//     Concurrency-Aware Linearizability, DISC 2015); `full` and `empty` are always so, for
//     nobody can tell when another began to wait;
//   - a call without an answer may have taken effect or not; but where it never gets one
//     it has not, nor may there be anything left that it waits for (Burckhardt, Dern,
//     Musuvathi, Tan, Line-Up, PLDI 2010).
#pragma once

#include <optional>
#include <string>

#include "properties/history.hpp"

namespace handfast::properties {

/// Nothing if `what` is linearizable; else why not: the history, the longest
/// order found, and what could not come next.
[[nodiscard]] std::optional<std::string> why_not_linearizable(const history& what);

}  // namespace handfast::properties
