#include "claims.hpp"

HANDFAST_CHECK(WrongSpinLock, excludes) {
  excludes<true>();
}
HANDFAST_CHECK(WrongSeqLock, reads_what_was_written_together) {
  reads_what_was_written_together<true>();
}
HANDFAST_CHECK(WrongMpscQueue, hands_over_what_was_pushed) {
  hands_over_what_was_pushed<true>();
}
