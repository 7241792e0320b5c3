// A program run on real channels and on their specification, step by step: every
// answer must be the specified one, and every item must be alive exactly where
// the specification says that it is, and nowhere else.
//
// An operation that would block for ever (the specification knows) runs in its
// `try` form instead; deadlines are past ones. So a program always ends.
#pragma once

#include <handfast/channel/channel.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "properties/operation.hpp"
#include "properties/spec/channel.hpp"

namespace handfast::properties {

/// Which items are alive, by number; told by the items themselves.
struct ledger {
  std::map<spec::item, int> alive;
  std::vector<spec::item> destroyed;  ///< since somebody last looked
};

/// An item that tells the ledger of its life. It may enclose a sender.
class tracked_item {
 public:
  struct contents {
    contents() = default;
    contents(const contents&) = delete;
    contents& operator=(const contents&) = delete;
    virtual ~contents() = default;
  };

  tracked_item(ledger& book, spec::item number, std::unique_ptr<contents> enclosed = nullptr)
      : book_(&book), number_(number), enclosed_(std::move(enclosed)) {
    ++book_->alive[number_];
  }
  tracked_item(tracked_item&& other) noexcept
      : book_(std::exchange(other.book_, nullptr)),
        number_(other.number_),
        enclosed_(std::move(other.enclosed_)) {}
  tracked_item& operator=(tracked_item&& other) noexcept {
    std::swap(book_, other.book_);
    std::swap(number_, other.number_);
    std::swap(enclosed_, other.enclosed_);
    return *this;
  }
  ~tracked_item() {
    if (book_ != nullptr) {
      --book_->alive[number_];
      book_->destroyed.push_back(number_);
    }
  }

  /// The item's number, or nothing if it was moved from.
  [[nodiscard]] std::optional<spec::item> number() const {
    return book_ == nullptr ? std::nullopt : std::optional(number_);
  }

 private:
  ledger* book_;
  spec::item number_;
  std::unique_ptr<contents> enclosed_;
};

/// What a run met: a run that never met one of these proved little about it.
struct met {
  bool full = false;
  bool empty = false;
  bool given_back_on_close = false;
  bool drained_after_close = false;
  bool partial_send_many = false;
  bool discarded = false;
  bool handle_in_item = false;
};

/// Runs one program. `run` says what went wrong, or nothing.
class conformance {
 public:
  explicit conformance(const std::vector<std::uint8_t>& capacities);

  /// Runs all steps, then drops what is left.
  [[nodiscard]] std::optional<std::string> run(const std::vector<operation>& steps);

  [[nodiscard]] const met& seen() const { return met_; }

 private:
  using core = lock_ring<tracked_item, native>;

  struct pair {
    pair(channel<core> made, std::size_t capacity) : model(capacity) {
      senders.push_back(std::move(made.tx));
      receivers.push_back(std::move(made.rx));
    }
    std::vector<sender<core>> senders;
    std::vector<receiver<core>> receivers;
    spec::channel model;
  };

  struct enclosed_sender : tracked_item::contents {
    explicit enclosed_sender(sender<core> its_handle) : handle(std::move(its_handle)) {}
    sender<core> handle;
  };

  void apply(const operation& step);
  void send(pair& on, const sender<core>& tx, const operation& step);
  void send_many(pair& on, const sender<core>& tx, std::size_t count);
  void receive(pair& on, const receiver<core>& rx, const operation& step);
  void receive_many(pair& on, const receiver<core>& rx, std::size_t most);
  void drop_all();

  tracked_item new_item(const operation& step);
  // The specification's share of what the items' destructors did.
  void settle();
  void check_ownership();

  void expect(bool holds, const std::string& what) {
    if (!holds && !wrong_) {
      wrong_ = what;
    }
  }
  template <class Real, class Specified>
  void expect_same(const Real& real, const Specified& specified, std::string_view what) {
    expect(real == specified, std::string(what) + " differs from the specification");
  }

  // Before the channels: items in them refer to it when they go.
  ledger book_;
  std::map<spec::item, std::size_t> encloses_;  // items that enclose a sender, and of which channel
  std::deque<pair> channels_;                   // stay where they are
  spec::item next_ = 1;
  std::optional<std::string> wrong_;
  met met_;
};

/// Runs `steps` on channels of these capacities. The failure names the step.
[[nodiscard]] std::optional<std::string> run_program(const program& what, met* seen = nullptr);

}  // namespace handfast::properties
