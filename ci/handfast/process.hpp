// Child processes, several at a time, read line by line.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace handfast::ci {

/// How a child ended.
struct exit_report {
  int status = 0;          ///< exit status; meaningless after a signal
  int signal = 0;          ///< the signal that ended it, or 0
  bool too_slow = false;   ///< it was killed for running past its limit
  double cpu_seconds = 0;  ///< user and system
  double wall_seconds = 0;
  long peak_rss_kib = 0;
  std::string errors;  ///< what it wrote to stderr (the last 64 KiB)
};

/// One child to run. `on_line` gets each whole line of its stdout, `on_end` is
/// called once; it may give more tasks.
struct task {
  std::vector<std::string> arguments;  ///< program first
  double kill_after_seconds = 0;       ///< 0: never
  std::function<void(std::string_view line)> on_line = [](std::string_view) {};
  std::function<std::vector<task>(const exit_report&)> on_end = [](const exit_report&) {
    return std::vector<task>{};
  };
};

/// Runs `tasks` and the tasks that they give, at most `jobs` at once, in order;
/// calls `idle` several times a second. After Ctrl-C nothing new starts, and the
/// running ones are asked to stop; after a second one they are killed. Returns
/// whether all ran.
bool run_tasks(std::vector<task> tasks, unsigned jobs, const std::function<void()>& idle);
/// The same, and nothing new starts once `idle` is false.
bool run_tasks_while(std::vector<task> tasks, unsigned jobs, const std::function<bool()>& idle);

/// From here on SIGINT and SIGTERM are for `run_tasks`.
void handle_interrupts();
[[nodiscard]] bool interrupted();

/// Thrown by what cannot go on after Ctrl-C; exit status 3.
struct interruption {};

/// Becomes another program, looked for in PATH where its name has no slash; throws
/// `usage_error` if it cannot be started.
[[noreturn]] void become(std::vector<std::string> arguments);

/// Runs one program to its end and gives its stdout; `report` says how it ended.
std::string run_to_end(std::vector<std::string> arguments, exit_report& report);

}  // namespace handfast::ci
