// The scenarios of native's mutex and condition variable.
#pragma once

#include <handfast/sync/word_mutex.hpp>

#include <string_view>

namespace handfast::scenarios::words {

template <class Sync>
struct excludes {
  static constexpr std::string_view claim =
      "of two that lock a mutex of one word, the second finds what the first did";
  static constexpr unsigned threads = 2;

  void thread(unsigned) {
    for (int i = 0; i < 2; ++i) {
      mutex.lock();
      count.write() += 1;
      mutex.unlock();
    }
  }
  void finish() { Sync::assert_that(count.read() == 4, "none is lost"); }

  word_mutex<Sync> mutex;
  typename Sync::template var<int> count;
};

template <class Sync>
struct three_want_it {
  static constexpr std::string_view claim = "of three that want a mutex of one word each gets it";
  static constexpr unsigned threads = 3;

  void thread(unsigned) {
    mutex.lock();
    count.write() += 1;
    mutex.unlock();
  }
  void finish() { Sync::assert_that(count.read() == 3, "none is lost"); }

  word_mutex<Sync> mutex;
  typename Sync::template var<int> count;
};

template <class Sync>
struct notice_is_not_lost {
  static constexpr std::string_view claim =
      "who waits on a condition of two words is notified, while it holds the mutex or not";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    mutex.lock();
    if (index == 0) {
      while (!came.read()) {
        changed.wait(mutex);
      }
      mutex.unlock();
    } else {
      came.write() = true;
      mutex.unlock();
      changed.notify_one();
    }
  }
  void finish() {}

  word_mutex<Sync> mutex;
  word_condition<Sync> changed;
  typename Sync::template var<bool> came;
};

template <class Sync>
struct all_are_notified {
  static constexpr std::string_view claim =
      "all who wait on a condition of two words are notified at once";
  static constexpr unsigned threads = 3;

  void thread(unsigned index) {
    mutex.lock();
    if (index > 0) {
      while (!came.read()) {
        changed.wait(mutex);
      }
    } else {
      came.write() = true;
      changed.notify_all();
    }
    mutex.unlock();
  }
  void finish() {}

  word_mutex<Sync> mutex;
  word_condition<Sync> changed;
  typename Sync::template var<bool> came;
};

template <class Visit>
void for_each_word_mutex_scenario(Visit&& visit) {
  visit.template operator()<excludes>("word_mutex.excludes");
  visit.template operator()<three_want_it>("word_mutex.three_want_it");
  visit.template operator()<notice_is_not_lost>("word_mutex.notice_is_not_lost");
  visit.template operator()<all_are_notified>("word_mutex.all_are_notified");
}

}  // namespace handfast::scenarios::words
