// What is claimed of each, for the right and the wrong version alike.
#pragma once

#include <handfast/check.hpp>

#include "mpsc_queue.hpp"
#include "seq_lock.hpp"
#include "spin_lock.hpp"

namespace check = handfast::check;

template <bool Wrong>
void excludes() {
  spin_lock<check::traits, Wrong> lock;
  check::var<int> count;
  check::name(count, "count");
  const auto body = [&] {
    lock.lock();
    count.write() += 1;
    lock.unlock();
  };
  check::run_together(body, body);
  check::require(count.read() == 2, "both have counted");
}

template <bool Wrong>
void reads_what_was_written_together() {
  seq_lock<check::traits, Wrong> pair;
  check::run_together([&] { pair.write(1, 1); },
                      [&] {
                        if (const auto read = pair.try_read()) {
                          check::sometimes(read->first == 1, "the new pair is read");
                          check::require(read->first == read->second, "both are of one write");
                        }
                      });
}

template <bool Wrong>
void hands_over_what_was_pushed() {
  struct message : queue_node<check::traits> {
    check::var<int> text;
  };
  mpsc_queue<check::traits, Wrong> queue;
  message messages[2];
  int popped = 0;
  const auto pop = [&] {
    if (auto* node = queue.try_pop()) {
      check::require(static_cast<message*>(node)->text.read() == 42, "the text has come");
      ++popped;
    }
  };
  const auto producer = [&](message& mine) {
    return [&] {
      mine.text.write() = 42;
      queue.push(&mine);
    };
  };
  check::run_together(producer(messages[0]), producer(messages[1]), [&] {
    while (popped < 2) {
      pop();
      check::pause();
    }
  });
}
