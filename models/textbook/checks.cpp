// Textbook structures with the orders that are published for them: what `handfast mutate` says of
// each order is compared with what is known (models/tests/textbook_test.py).
#include <algorithm>
#include <optional>

#include "models/check/check.hpp"
#include "models/textbook/chase_lev_deque.hpp"
#include "models/textbook/michael_scott_queue.hpp"
#include "models/textbook/seqlock.hpp"
#include "models/textbook/spsc_ring.hpp"
#include "models/textbook/ticket_lock.hpp"
#include "models/textbook/treiber_stack.hpp"

namespace {

namespace check = handfast::check;
using on = check::traits;

HANDFAST_CHECK(SpscRing, hands_over_in_order) {
  textbook::spsc_ring<on, 1> ring;
  int seen[2]{};
  check::run_together(
      [&] {
        for (int value = 1; value <= 2; ++value) {
          while (!ring.push(value)) {
            check::pause();
          }
        }
      },
      [&] {
        for (int& each : seen) {
          while (!ring.pop(each)) {
            check::pause();
          }
        }
      });
  check::require(seen[0] == 1 && seen[1] == 2, "in order");
}

HANDFAST_CHECK(TicketLock, excludes) {
  textbook::ticket_lock<on> lock;
  check::var<int> count;
  const auto body = [&] {
    lock.lock();
    count.write() += 1;
    lock.unlock();
  };
  check::run_together(body, body, body);
  check::require(count.read() == 3, "all have counted");
}

HANDFAST_CHECK(Seqlock, reads_what_was_written_together) {
  textbook::seqlock<on> both;
  check::run_together(
      [&] {
        both.write({1, 1});
        both.write({2, 2});
      },
      [&] {
        textbook::seqlock<on>::pair seen;
        if (both.try_read(seen)) {
          check::require(seen.first == seen.second, "written together");
        }
        check::sometimes(seen.first != seen.second, "what was torn is given up");
      });
}

HANDFAST_CHECK(TreiberStack, hands_over_each_once) {
  using stack = textbook::treiber_stack<on>;
  stack shared;
  stack::node nodes[3];
  int sums[2]{};
  const auto push = [&](int which) {
    nodes[which].value.write() = which + 1;
    shared.push(nodes[which]);
  };
  const auto pop = [&] {
    stack::node* const top = shared.pop();
    return top == nullptr ? 0 : top->value.read();
  };
  check::run_together(
      [&] {
        push(0);
        push(1);
      },
      [&] {
        push(2);
        sums[0] = pop();
      },
      [&] { sums[1] = pop(); });
  int sum = sums[0] + sums[1];
  for (int next = pop(); next > 0; next = pop()) {
    sum += next;
  }
  check::require(sum == 6, "each once");
}

// Each node begins its life in the thread that pushes it.
struct queue_of_three {
  using queue = textbook::michael_scott_queue<on>;

  void push(int which) {
    queue::node& mine = nodes[which].emplace();
    mine.value.write() = which;
    shared.push(mine);
  }
  int pop() {
    int value = 0;
    return shared.pop(value) ? value : 0;
  }

  queue::node first;
  std::optional<queue::node> nodes[4];
  queue shared{first};
};

HANDFAST_CHECK(MichaelScottQueue, two_push_and_one_pops) {
  queue_of_three both;
  int sum = 0;
  check::run_together([&] { both.push(1); }, [&] { both.push(2); }, [&] { sum += both.pop(); });
  sum += both.pop();
  sum += both.pop();
  check::require(sum == 3, "each once");
}
HANDFAST_CHECK(MichaelScottQueue, three_push) {
  queue_of_three all;
  check::run_together([&] { all.push(1); }, [&] { all.push(2); }, [&] { all.push(3); });
  int sum = all.pop();
  sum += all.pop();
  sum += all.pop();
  check::require(sum == 6, "each once");
}
HANDFAST_CHECK(MichaelScottQueue, two_pop_what_is_pushed) {
  queue_of_three both;
  int sums[2]{};
  check::run_together(
      [&] {
        both.push(1);
        both.push(2);
      },
      [&] { sums[0] = both.pop(); }, [&] { sums[1] = both.pop(); });
  int sum = sums[0] + sums[1];
  sum += both.pop();
  sum += both.pop();
  check::require(sum == 3, "each once");
}

HANDFAST_CHECK(ChaseLevDeque, each_is_taken_or_stolen) {
  textbook::chase_lev_deque<on, 2> deque;
  int stolen = 0;
  int taken[2]{};
  check::run_together(
      [&] {
        deque.push(1);
        deque.push(2);
        taken[0] = deque.take();
        taken[1] = deque.take();
      },
      [&] { stolen = deque.steal(); });
  const int all = taken[0] + taken[1] + std::max(stolen, 0);
  check::require(all == 3 && taken[0] != taken[1], "each once");
}
HANDFAST_CHECK(ChaseLevDeque, a_thief_comes_twice) {
  textbook::chase_lev_deque<on, 2> deque;
  int stolen[2]{};
  int taken = 0;
  check::run_together(
      [&] {
        deque.push(1);
        deque.push(2);
        taken = deque.take();
      },
      [&] {
        stolen[0] = deque.steal();
        stolen[1] = deque.steal();
      });
  int sum = taken + std::max(stolen[0], 0) + std::max(stolen[1], 0);
  for (int left = deque.take(); left > 0; left = deque.take()) {
    sum += left;
  }
  check::require(sum == 3, "each once");
}
HANDFAST_CHECK(ChaseLevDeque, an_empty_one_is_filled_again) {
  textbook::chase_lev_deque<on, 2> deque;
  int stolen = 0;
  int taken[3]{};
  check::run_together(
      [&] {
        taken[0] = deque.take();
        deque.push(1);
        taken[1] = deque.take();
        deque.push(2);
        taken[2] = deque.take();
      },
      [&] { stolen = deque.steal(); });
  check::require(taken[0] == 0 && taken[1] + taken[2] + std::max(stolen, 0) == 3, "each once");
}
HANDFAST_CHECK(ChaseLevDeque, two_thieves) {
  textbook::chase_lev_deque<on, 2> deque;
  int stolen[2]{};
  int taken = 0;
  check::run_together(
      [&] {
        deque.push(1);
        taken = deque.take();
      },
      [&] { stolen[0] = deque.steal(); }, [&] { stolen[1] = deque.steal(); });
  check::require(taken + std::max(stolen[0], 0) + std::max(stolen[1], 0) == 1, "once");
}
HANDFAST_CHECK(ChaseLevDeque, rooms_are_used_again) {
  textbook::chase_lev_deque<on, 1> deque;
  int stolen = 0;
  int pushed = 0;
  int taken = 0;
  check::run_together(
      [&] {
        pushed += deque.push(1) ? 1 : 0;
        pushed += deque.push(2) ? 2 : 0;
        taken = deque.take();
      },
      [&] { stolen = deque.steal(); });
  check::require(taken + std::max(stolen, 0) + deque.take() == pushed, "each once");
}

}  // namespace
