#include "claims.hpp"

HANDFAST_CHECK(SpinLock, excludes) {
  excludes<false>();
}
HANDFAST_CHECK(SeqLock, reads_what_was_written_together) {
  reads_what_was_written_together<false>();
}
HANDFAST_CHECK(MpscQueue, hands_over_what_was_pushed) {
  hands_over_what_was_pushed<false>();
}

// Too much for every execution: some, drawn from a seed.
HANDFAST_CHECK_WITH(SpinLock, excludes_four,
                    {.how = check::mode::random, .max_executions = 20'000}) {
  spin_lock<check::traits> lock;
  check::var<int> count;
  const auto body = [&] {
    for (int i = 0; i < 2; ++i) {
      lock.lock();
      count.write() += 1;
      lock.unlock();
    }
  };
  check::run_together(body, body, body, body);
  check::require(count.read() == 8, "all have counted");
}
