// Processes that share one search. One hands over the last part of what is left to
// it, a source, a place or a revisit alike, when another is idle.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "models/work/run.hpp"

namespace handfast::work {

/// Searches in child processes, and what they are at. The parts stand in the order in
/// which one process would go through them, so that the first finding, and what is
/// counted by then, does not depend on who was faster.
class jobs {
 public:
  jobs(const subject& what, const unfinished& from, unsigned count);
  jobs(const jobs&) = delete;
  jobs& operator=(const jobs&) = delete;
  ~jobs();

  /// Waits a moment for what the processes have to say; false when there is nothing left
  /// to be done, or a process has died.
  bool go_on();
  /// Has all of them stop, and waits for that.
  void stop();

  [[nodiscard]] std::uint64_t executions() const;
  /// What was done, up to what ended it.
  [[nodiscard]] totals done() const;
  [[nodiscard]] std::vector<checker::position> left() const;
  /// The first part, in order, that ended in a finding, or outgrown.
  [[nodiscard]] const part_end* decisive() const;
  /// A process ended by itself: the program took it along. This part will take along
  /// whoever goes through it.
  [[nodiscard]] const std::optional<checker::position>& deadly() const { return deadly_; }

 private:
  struct part {
    checker::position where;
    totals done;
    std::optional<part_end> end;
    bool running = false;
  };
  using parts = std::list<part>;
  struct worker;
  struct control;

  void start(unsigned index);
  void hand_out();
  void take(worker& from, std::span<const std::uint8_t> message);
  void read(worker& from);
  void cut_after(parts::iterator decisive);
  void fold();
  void ask(worker& of, std::uint32_t request);
  [[nodiscard]] static bool decides(const part& each);
  [[nodiscard]] bool all_idle() const;

  const subject& what_;
  totals before_;
  parts parts_;
  control* shared_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::optional<checker::position> deadly_;
  bool stopping_ = false;
};

}  // namespace handfast::work
