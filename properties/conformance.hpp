// A program run on real channels of one variant and on their specification, step by
// step: every answer must be the specified one, and every item must be alive exactly
// where the specification says that it is, and nowhere else. So variants that pass
// answer alike.
//
// An operation that would block for ever (the specification knows) runs in its
// `try` form instead; deadlines are past ones. So a program always ends.
#pragma once

#include <array>
#include <bitset>
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
#include "properties/variants.hpp"

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

/// What a run may meet: runs that never met one of these proved little about it.
enum class goal : std::uint8_t {
  full,
  empty,
  given_back_on_close,
  drained_after_close,
  partial_send_many,
  discarded,
  handle_in_item,
};

inline constexpr std::array<std::string_view, 7> goal_names{"a send found the channel full",
                                                            "a receive found the channel empty",
                                                            "a send gave its item back on close",
                                                            "an item was received after the close",
                                                            "send_many was cut short",
                                                            "the last receiver left items behind",
                                                            "an item enclosed a handle"};

/// By goal, whether it was met.
using goals_met = std::bitset<goal_names.size()>;

/// Runs one program. `run` says what went wrong, or nothing.
class conformance {
 public:
  using variant = properties::variant<tracked_item, native>;

  conformance(const variant& on, const std::vector<std::uint8_t>& capacities);

  /// Runs all steps, then drops what is left.
  [[nodiscard]] std::optional<std::string> run(const std::vector<operation>& steps);

  [[nodiscard]] goals_met seen() const { return met_; }

 private:
  using core = variant::core;

  struct pair {
    explicit pair(const variant& on, std::size_t capacity)
        : its_core(on.make(capacity)), model(its_core->capacity(), !on.many_items) {
      senders.emplace_back(*its_core);
      receivers.emplace_back(*its_core);
    }
    std::unique_ptr<core> its_core;  // outlives all handles, those in items too
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
  void meet(goal which, bool was_met) {
    met_.set(static_cast<std::size_t>(which), was_met || met_[static_cast<std::size_t>(which)]);
  }
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

  const variant& on_;
  // Before the channels: items in them refer to it when they go.
  ledger book_;
  std::map<spec::item, std::size_t> encloses_;  // items that enclose a sender, and of which channel
  std::deque<pair> channels_;                   // stay where they are
  spec::item next_ = 1;
  std::optional<std::string> wrong_;
  goals_met met_;
};

/// Runs a program on channels of one variant. The failure names the step.
[[nodiscard]] std::optional<std::string> run_program(const program& what,
                                                     const conformance::variant& on,
                                                     goals_met* seen = nullptr);

/// Runs it on every variant, until one fails, which is named.
[[nodiscard]] std::optional<std::string> run_program(const program& what,
                                                     goals_met* seen = nullptr);

}  // namespace handfast::properties
