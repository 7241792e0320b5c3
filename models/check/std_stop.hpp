// stop_token, stop_source, stop_callback, jthread and condition_variable_any in the shape
// of the standard library's.
#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <tuple>
#include <type_traits>
#include <utility>

#include "models/check/std_memory.hpp"

namespace handfast::check {

namespace detail {

class stop_state {
 public:
  // Registered callbacks: a list of those that live, each its own link.
  struct link {
    virtual void call() = 0;
    link* next = nullptr;

   protected:
    ~link() = default;
  };

  [[nodiscard]] bool requested() const { return requested_.load(std::memory_order::acquire); }
  bool request() {
    if (requested_.exchange(true, std::memory_order::acq_rel)) {
      return false;
    }
    for (;;) {
      mutex_.lock();
      link* const next = first_.read();
      if (next == nullptr) {
        mutex_.unlock();
        return true;
      }
      first_.write() = next->next;
      caller_.write() = checker_detail::run().self();
      running_.store(next, std::memory_order::relaxed);
      mutex_.unlock();
      next->call();  // and may be gone after that
      running_.store(nullptr, std::memory_order::release);
    }
  }
  /// Whether it was put there: if the request has been, it is to be called at once.
  bool add(link& callback) {
    const std::lock_guard hold(mutex_);
    if (requested()) {
      return false;
    }
    callback.next = first_.read();
    first_.write() = &callback;
    return true;
  }
  /// Then it does not run, and will not; unless it is the caller's own that goes.
  void remove(link& callback) {
    {
      const std::lock_guard hold(mutex_);
      link* before = nullptr;
      for (link* each = first_.read(); each != nullptr; each = each->next) {
        if (each == &callback) {
          (before == nullptr ? first_.write() : before->next) = callback.next;
          return;
        }
        before = each;
      }
      if (running_.load(std::memory_order::relaxed) == &callback &&
          caller_.read() == checker_detail::run().self()) {
        return;
      }
    }
    running_.await([](link* now, link* mine) { return now != mine; }, &callback,
                   std::memory_order::acquire);
  }

 private:
  atomic<bool> requested_{false};
  mutex mutex_;
  var<link*> first_{nullptr};
  atomic<link*> running_{nullptr};
  var<checker::thread_index> caller_{checker::no_thread};
};

}  // namespace detail

/// std::stop_token.
class stop_token {
 public:
  stop_token() = default;
  [[nodiscard]] bool stop_requested() const { return state_ && state_->requested(); }
  [[nodiscard]] bool stop_possible() const { return static_cast<bool>(state_); }

 private:
  friend class stop_source;
  template <class Callback>
  friend class stop_callback;
  explicit stop_token(shared_ptr<detail::stop_state> state) : state_(std::move(state)) {}

  shared_ptr<detail::stop_state> state_;
};

/// std::stop_source.
class stop_source {
 public:
  stop_source() : state_(make_shared<detail::stop_state>()) {}
  [[nodiscard]] stop_token get_token() const { return stop_token(state_); }
  bool request_stop() { return state_ && state_->request(); }
  [[nodiscard]] bool stop_requested() const { return state_ && state_->requested(); }
  [[nodiscard]] bool stop_possible() const { return static_cast<bool>(state_); }

 private:
  shared_ptr<detail::stop_state> state_;
};

/// std::stop_callback.
template <class Callback>
class stop_callback final : private detail::stop_state::link {
 public:
  template <class Made>
  stop_callback(const stop_token& token, Made&& callback)
      : callback_(std::forward<Made>(callback)), state_(token.state_) {
    if (state_ && !state_->add(*this)) {
      state_.reset();
      callback_();
    }
  }
  stop_callback(const stop_callback&) = delete;
  stop_callback& operator=(const stop_callback&) = delete;
  ~stop_callback() {
    if (state_) {
      state_->remove(*this);
    }
  }

 private:
  void call() override { callback_(); }

  Callback callback_;
  shared_ptr<detail::stop_state> state_;
};
template <class Made>
stop_callback(stop_token, Made) -> stop_callback<Made>;

/// std::condition_variable_any.
class condition_variable_any {
 public:
  condition_variable_any(where_t where = where_t::current()) noexcept
      : mutex_(where), condition_(where) {}

  template <class Lock>
  void wait(Lock& lock, where_t where = where_t::current()) {
    std::unique_lock own(mutex_);
    lock.unlock();
    condition_.wait(own, where);
    own.unlock();  // first: who notifies may hold the other one
    lock.lock();
  }
  template <class Lock, std::predicate Holds>
  void wait(Lock& lock, Holds holds, where_t where = where_t::current()) {
    while (!holds()) {
      wait(lock, where);
    }
  }
  /// Until it holds or a stop is requested; whether it holds.
  template <class Lock, std::predicate Holds>
  bool wait(Lock& lock, stop_token token, Holds holds, where_t where = where_t::current()) {
    const stop_callback wakes(token, [this] { notify_all(); });
    while (!holds()) {
      std::unique_lock own(mutex_);
      if (token.stop_requested()) {
        return false;
      }
      lock.unlock();
      condition_.wait(own, where);
      own.unlock();
      lock.lock();
    }
    return true;
  }
  void notify_one(where_t where = where_t::current()) {
    const std::lock_guard own(mutex_);
    condition_.notify_one(where);
  }
  void notify_all(where_t where = where_t::current()) {
    const std::lock_guard own(mutex_);
    condition_.notify_all(where);
  }

 private:
  mutex mutex_;
  condition_variable condition_;
};

/// std::jthread: asks its thread to stop, and waits for that, before it goes.
class jthread {
 public:
  jthread() = default;
  template <class Body, class... Arguments>
  explicit jthread(Body body, Arguments... arguments)
      : source_(),
        its_([body = std::move(body), token = source_.get_token(),
              all = std::tuple<Arguments...>(std::move(arguments)...)]() mutable {
          if constexpr (std::is_invocable_v<Body, stop_token, Arguments...>) {
            std::apply(std::move(body), std::tuple_cat(std::tuple(token), std::move(all)));
          } else {
            std::apply(std::move(body), std::move(all));
          }
        }) {}
  jthread(jthread&&) = default;
  jthread& operator=(jthread&& other) {
    if (joinable()) {
      request_stop();
      join();
    }
    source_ = std::move(other.source_);
    its_ = std::move(other.its_);
    return *this;
  }
  ~jthread() {
    if (joinable()) {
      request_stop();
      join();
    }
  }

  void join(where_t where = where_t::current()) { its_.join(where); }
  [[nodiscard]] bool joinable() const { return its_.joinable(); }
  bool request_stop() { return source_.request_stop(); }
  [[nodiscard]] stop_source get_stop_source() const { return source_; }
  [[nodiscard]] stop_token get_stop_token() const { return source_.get_token(); }

 private:
  stop_source source_;
  thread its_;
};

}  // namespace handfast::check
