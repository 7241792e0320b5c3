#include "fuzz/isolated.hpp"

#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <system_error>

namespace handfast::fuzz {
namespace {

// Statuses that no sanitizer and no libFuzzer exits with.
constexpr int violation_status = 41;
constexpr int leak_status = 42;

// An input takes a thousandth of a second; only a deadlock is silent this long.
constexpr std::chrono::seconds longest_silence{15};
// The end of a report repeats nothing that its beginning has not said.
constexpr std::size_t longest_output = 16384;

[[noreturn]] void be_the_child(int output, const std::function<void()>& work) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  // The engine's own handlers would print a result: that is the parent's part.
  __sanitizer_set_death_callback(nullptr);
  for (const int fatal : {SIGABRT, SIGTERM}) {
    std::signal(fatal, SIG_DFL);
  }
  std::signal(SIGINT, SIG_IGN);  // the parent decides
  work();
  std::exit(0);
}

ending how_it_ended(int status) {
  if (WIFEXITED(status)) {
    switch (WEXITSTATUS(status)) {
      case 0: return ending::finished;
      case violation_status: return ending::violation;
      case leak_status: return ending::leak;
      default: break;
    }
  }
  return ending::death;
}

}  // namespace

void flight_recorder::begin(std::span<const std::uint8_t> input) {
  size = std::min(input.size(), bytes.size());
  std::ranges::copy(input.first(size), bytes.begin());
  executions.fetch_add(1, std::memory_order_relaxed);
}

flight_recorder& shared_recorder() {
  void* memory = ::mmap(nullptr, sizeof(flight_recorder), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), "shared memory");
  }
  return *new (memory) flight_recorder;
}

isolated_result run_isolated(flight_recorder& recorder, const std::function<void()>& work,
                             const std::function<bool()>& go_on) {
  using clock = std::chrono::steady_clock;
  int ends[2];
  if (::pipe(ends) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    be_the_child(ends[1], work);
  }
  ::close(ends[1]);
  if (child < 0) {
    ::close(ends[0]);
    throw std::system_error(errno, std::generic_category(), "fork");
  }

  isolated_result result;
  auto last_move = clock::now();
  std::uint64_t executions = 0;
  bool alive = true;
  const auto end_it = [&](ending why) {
    result.how = why;
    ::kill(child, SIGKILL);
    alive = false;
  };
  while (alive) {
    pollfd readable{ends[0], POLLIN, 0};
    if (::poll(&readable, 1, 100) > 0) {
      std::array<char, 4096> text{};
      const ssize_t got = ::read(ends[0], text.data(), text.size());
      if (got <= 0) {
        break;
      }
      if (result.output.size() < longest_output) {
        result.output.append(text.data(), static_cast<std::size_t>(got));
      }
    }
    if (const auto now = recorder.executions.load(std::memory_order_relaxed); now != executions) {
      executions = now;
      last_move = clock::now();
    }
    if (clock::now() - last_move > longest_silence) {
      end_it(ending::silence);
    } else if (!go_on()) {
      end_it(ending::stopped);
    }
  }
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (alive) {
    result.how = how_it_ended(status);
  }
  return result;
}

void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::fflush(stderr);
  ::_exit(violation_status);
}

void require_no_leaks() {
  if (__lsan_do_recoverable_leak_check() != 0) {
    ::_exit(leak_status);
  }
}

}  // namespace handfast::fuzz
