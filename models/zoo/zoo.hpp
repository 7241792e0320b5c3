// The zoo: bugs that shipped in well-known projects, each as a small program that has
// it and one that does not. The checker finds the first, under the name given here,
// and verifies the second (models/tests/zoo_test.cpp).
#pragma once

#include "models/zoo/c01_one_window.hpp"
#include "models/zoo/k01_discarded_twice.hpp"
#include "models/zoo/k03_head_not_yet.hpp"
#include "models/zoo/k04_swapped_buffer.hpp"
#include "models/zoo/k05_retired_tail.hpp"
#include "models/zoo/k07_oneshot_flag.hpp"
#include "models/zoo/k10_semaphore_reopens.hpp"
#include "models/zoo/k14_idle_twice.hpp"
#include "models/zoo/k15_no_stub.hpp"
#include "models/zoo/k16_finish_after_run.hpp"
#include "models/zoo/k17_last_reference.hpp"
#include "models/zoo/k18_relaxed_tail.hpp"
#include "models/zoo/k19_unfenced_unlock.hpp"
#include "models/zoo/k20_trampled_flag.hpp"
#include "models/zoo/k23_recycled_block.hpp"
#include "models/zoo/k25_relaxed_pop.hpp"
#include "models/zoo/k27_batch_pop.hpp"
#include "models/zoo/k28_event_notifies_late.hpp"
#include "models/zoo/k29_relaxed_array.hpp"
#include "models/zoo/k30_stale_link.hpp"
#include "models/zoo/k34_epoch_carries.hpp"
#include "models/zoo/k36_not_looked_again.hpp"
#include "models/zoo/k38_signal_for_another.hpp"
#include "models/zoo/k39_stop_outside_lock.hpp"

namespace handfast::zoo {

/// Calls `visit.template operator()<Entry>(name, finding)` for each.
template <class Visit>
void for_each_bug(Visit&& visit) {
  visit.template operator()<discarded_twice>("K01_discarded_twice", "use after free");
  visit.template operator()<head_not_yet>("K03_head_not_yet", "assertion failed");
  visit.template operator()<swapped_buffer>("K04_swapped_buffer", "assertion failed");
  visit.template operator()<retired_tail>("K05_retired_tail", "destroyed while in use");
  visit.template operator()<oneshot_flag>("K07_oneshot_flag", "data race");
  visit.template operator()<semaphore_reopens>("K10_semaphore_reopens", "assertion failed");
  visit.template operator()<idle_twice>("K14_idle_twice", "assertion failed");
  visit.template operator()<no_stub>("K15_no_stub", "assertion failed");
  visit.template operator()<finish_after_run>("K16_finish_after_run", "use after free");
  visit.template operator()<last_reference>("K17_last_reference", "destroyed while in use");
  visit.template operator()<relaxed_tail>("K18_relaxed_tail", "data race");
  visit.template operator()<unfenced_unlock>("K19_unfenced_unlock", "deadlock");
  visit.template operator()<trampled_flag>("K20_trampled_flag", "lost wake-up");
  visit.template operator()<recycled_block>("K23_recycled_block", "data race");
  visit.template operator()<relaxed_pop>("K25_relaxed_pop", "data race");
  visit.template operator()<batch_pop>("K27_batch_pop", "assertion failed");
  visit.template operator()<event_notifies_late>("K28_event_notifies_late",
                                                 "destroyed while in use");
  visit.template operator()<relaxed_array>("K29_relaxed_array", "data race");
  visit.template operator()<stale_link>("K30_stale_link", "assertion failed");
  visit.template operator()<epoch_carries>("K34_epoch_carries", "deadlock");
  visit.template operator()<not_looked_again>("K36_not_looked_again", "livelock");
  visit.template operator()<signal_for_another>("K38_signal_for_another", "lost wake-up");
  visit.template operator()<stop_outside_lock>("K39_stop_outside_lock", "lost wake-up");
  visit.template operator()<one_window>("C01_one_window", "assertion failed");
}

}  // namespace handfast::zoo
