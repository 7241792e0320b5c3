// Wrong on purpose: `publish` with one store too many. codegen.py --self-test
// shows that the comparison sees it.
#include <atomic>
#include <cstdint>

namespace {

struct slot {
  std::atomic<std::uint32_t> full;
  std::uint64_t contents;
  std::uint64_t last;
};

}  // namespace

extern "C" bool publish(slot& to, std::uint64_t item) {
  if (to.full.load(std::memory_order_acquire) != 0) {
    return false;
  }
  to.contents = item;
  to.last = item;
  to.full.store(1, std::memory_order_release);
  return true;
}
