#include "ci/handfast/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <deque>
#include <memory>
#include <stdexcept>

#include "ci/engines/engine.hpp"

extern char** environ;

namespace handfast::ci {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t errors_kept = std::size_t{64} * 1024;

volatile std::sig_atomic_t interrupts = 0;

void count_interrupt(int) {
  interrupts = interrupts + 1;
}

// One Ctrl-C may come twice, to the process and to its group, as `timeout` sends it.
bool interrupts_are_one(clock::time_point last) {
  return clock::now() - last < std::chrono::milliseconds(300);
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

// A pipe whose ends children do not inherit by accident.
struct pipe_ends {
  int read = -1;
  int write = -1;

  pipe_ends() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      throw std::runtime_error(std::string("cannot make a pipe: ") + std::strerror(errno));
    }
    read = ends[0];
    write = ends[1];
  }
};

class child {
 public:
  explicit child(task todo) : task_(std::move(todo)), started_(clock::now()) {
    const pipe_ends out;
    const pipe_ends err;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out.write, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err.write, STDERR_FILENO);
    // A group of its own: Ctrl-C reaches it through us, once.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::vector<char*> arguments;
    for (std::string& argument : task_.arguments) {
      arguments.push_back(argument.data());
    }
    arguments.push_back(nullptr);
    const int failed =
        posix_spawnp(&pid_, arguments[0], &actions, &attributes, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    ::close(out.write);
    ::close(err.write);
    out_ = out.read;
    err_ = err.read;
    if (failed != 0) {
      ::close(out_);
      ::close(err_);
      throw std::runtime_error("cannot run " + task_.arguments[0] + ": " + std::strerror(failed));
    }
  }
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child() {
    ::close(out_);
    ::close(err_);
  }

  [[nodiscard]] int out() const { return out_open_ ? out_ : -1; }
  [[nodiscard]] int err() const { return err_open_ ? err_ : -1; }
  [[nodiscard]] bool silent() const { return !out_open_ && !err_open_; }

  void read_out() {
    std::array<char, 16384> buffer{};
    const ssize_t got = ::read(out_, buffer.data(), buffer.size());
    if (got <= 0) {
      out_open_ = false;
      return;
    }
    pending_.append(buffer.data(), static_cast<std::size_t>(got));
    std::size_t line = 0;
    for (std::size_t end = 0; (end = pending_.find('\n', line)) != std::string::npos;
         line = end + 1) {
      task_.on_line(std::string_view(pending_).substr(line, end - line));
    }
    pending_.erase(0, line);
  }

  void read_err() {
    std::array<char, 16384> buffer{};
    const ssize_t got = ::read(err_, buffer.data(), buffer.size());
    if (got <= 0) {
      err_open_ = false;
      return;
    }
    report_.errors.append(buffer.data(), static_cast<std::size_t>(got));
    if (report_.errors.size() > 2 * errors_kept) {
      report_.errors.erase(0, report_.errors.size() - errors_kept);
    }
  }

  void signal(int which) const { ::kill(-pid_, which); }

  void kill_if_too_slow() {
    const std::chrono::duration<double> ran = clock::now() - started_;
    if (task_.kill_after_seconds > 0 && ran.count() > task_.kill_after_seconds) {
      report_.too_slow = true;
      signal(SIGKILL);
    }
  }

  // Once both its outputs have ended.
  std::vector<task> reap() {
    int status = 0;
    rusage used{};
    while (::wait4(pid_, &status, 0, &used) < 0 && errno == EINTR) {
    }
    report_.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    report_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    report_.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
    report_.wall_seconds = std::chrono::duration<double>(clock::now() - started_).count();
    report_.peak_rss_kib = used.ru_maxrss;
    return task_.on_end(report_);
  }

 private:
  task task_;
  clock::time_point started_;
  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  bool out_open_ = true;
  bool err_open_ = true;
  std::string pending_;
  exit_report report_;
};

void read_what_came(std::vector<std::unique_ptr<child>>& running) {
  std::vector<pollfd> polled;
  for (const auto& each : running) {
    polled.push_back({each->out(), POLLIN, 0});
    polled.push_back({each->err(), POLLIN, 0});
  }
  constexpr int patience_milliseconds = 100;
  if (::poll(polled.data(), polled.size(), patience_milliseconds) <= 0) {
    return;
  }
  for (std::size_t i = 0; i < running.size(); ++i) {
    if (polled[2 * i].revents != 0) {
      running[i]->read_out();
    }
    if (polled[2 * i + 1].revents != 0) {
      running[i]->read_err();
    }
  }
}

}  // namespace

void handle_interrupts() {
  struct sigaction action{};
  action.sa_handler = count_interrupt;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() {
  return interrupts > 0;
}

bool run_tasks(std::vector<task> tasks, unsigned jobs, const std::function<void()>& idle) {
  return run_tasks_while(std::move(tasks), jobs, [&idle] {
    idle();
    return true;
  });
}

bool run_tasks_while(std::vector<task> tasks, unsigned jobs, const std::function<bool()>& idle) {
  std::deque<task> waiting(std::make_move_iterator(tasks.begin()),
                           std::make_move_iterator(tasks.end()));
  std::vector<std::unique_ptr<child>> running;
  int passed_on = 0;
  clock::time_point last_passed_on;
  bool goes_on = true;
  while (!running.empty() || (!waiting.empty() && goes_on && !interrupted())) {
    while (running.size() < std::max(jobs, 1U) && !waiting.empty() && goes_on && !interrupted()) {
      running.push_back(std::make_unique<child>(std::move(waiting.front())));
      waiting.pop_front();
    }
    read_what_came(running);
    for (const auto& each : running) {
      each->kill_if_too_slow();
      if (interrupts > passed_on && !interrupts_are_one(last_passed_on)) {
        each->signal(passed_on > 0 ? SIGKILL : SIGINT);
      }
    }
    if (interrupts > passed_on) {
      passed_on = interrupts;
      last_passed_on = clock::now();
    }
    for (auto each = running.begin(); each != running.end();) {
      if (!(*each)->silent()) {
        ++each;
        continue;
      }
      // What a task gives goes first: it belongs to what was begun.
      std::vector<task> more = (*each)->reap();
      waiting.insert(waiting.begin(), std::make_move_iterator(more.begin()),
                     std::make_move_iterator(more.end()));
      each = running.erase(each);
    }
    goes_on = idle();
  }
  return waiting.empty() && !interrupted();
}

std::string run_to_end(std::vector<std::string> arguments, exit_report& report) {
  std::string output;
  task todo;
  todo.arguments = std::move(arguments);
  todo.on_line = [&output](std::string_view line) { output.append(line) += '\n'; };
  todo.on_end = [&report](const exit_report& ended) {
    report = ended;
    return std::vector<task>{};
  };
  std::vector<task> tasks;
  tasks.push_back(std::move(todo));
  run_tasks(std::move(tasks), 1, [] {});
  return output;
}

void become(std::vector<std::string> arguments) {
  std::vector<char*> pointers;
  for (std::string& each : arguments) {
    pointers.push_back(each.data());
  }
  pointers.push_back(nullptr);
  ::execvp(pointers.front(), pointers.data());
  throw usage_error("cannot start " + arguments.front() + ": " + std::strerror(errno));
}

}  // namespace handfast::ci
