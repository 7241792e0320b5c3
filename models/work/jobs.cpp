#include "models/work/jobs.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>
#include <system_error>
#include <utility>

#include "models/token/varint.hpp"

namespace handfast::work {
namespace {

// What is asked of a process between two executions.
enum request : std::uint32_t { nothing, share, halt };

// Messages: their length as eight bytes, then the bytes. To a process: the position of
// a part. From it: what kind of message, and a position or an end.
enum class says : std::uint8_t { gives = 1, ends = 2 };

bool write_all(int to, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return false;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

bool send(int to, std::span<const std::uint8_t> message) {
  const std::uint64_t size = message.size();
  std::uint8_t head[sizeof(size)];
  std::memcpy(head, &size, sizeof(size));
  return write_all(to, head) && write_all(to, message);
}

bool send(int to, says what, const bytes& message) {
  bytes all{static_cast<std::uint8_t>(what)};
  all.insert(all.end(), message.begin(), message.end());
  return send(to, all);
}

// The next whole message of `buffer`, taken off it.
std::optional<bytes> take_message(bytes& buffer) {
  std::uint64_t size = 0;
  if (buffer.size() < sizeof(size)) {
    return std::nullopt;
  }
  std::memcpy(&size, buffer.data(), sizeof(size));
  if (buffer.size() - sizeof(size) < size) {
    return std::nullopt;
  }
  const auto begin = buffer.begin() + sizeof(size);
  const auto end = begin + static_cast<std::ptrdiff_t>(size);
  bytes message(begin, end);
  buffer.erase(buffer.begin(), end);
  return message;
}

// Reads what is there; false at the end of the stream.
bool read_some(int from, bytes& buffer) {
  std::uint8_t some[16384];
  const ssize_t got = ::read(from, some, sizeof(some));
  if (got > 0) {
    buffer.insert(buffer.end(), some, some + got);
  }
  return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

}  // namespace

// Shared memory: one line for each process.
struct jobs::control {
  alignas(64) std::atomic<std::uint32_t> asked{nothing};
  std::atomic<std::uint64_t> executions{0};
};

struct jobs::worker {
  unsigned index = 0;
  pid_t pid = -1;
  int socket = -1;
  bytes read;
  std::optional<parts::iterator> at;
  bool halted = false;
};

namespace {

// A child's whole life.
template <class Control>
[[noreturn]] void serve(const subject& what, int socket, Control& mine) {
  checker::search searching({what.body}, what.limits);
  keep_within(searching, what);
  bytes buffer;
  for (;;) {
    std::optional<bytes> message = take_message(buffer);
    if (!message) {
      if (!read_some(socket, buffer)) {
        ::_exit(0);
      }
      continue;
    }
    const auto where = unpacked_position(*message);
    if (!where) {
      ::_exit(1);
    }
    const part_end end = go_through(searching, *where, [&] {
      mine.executions.store(searching.executions(), std::memory_order_relaxed);
      const std::uint32_t asked = mine.asked.load(std::memory_order_relaxed);
      if (asked == share) [[unlikely]] {
        if (const auto given = searching.give_away()) {
          std::uint32_t expected = share;  // or it has become `halt`
          mine.asked.compare_exchange_strong(expected, nothing, std::memory_order_relaxed);
          send(socket, says::gives, packed(*given));
        }
      }
      return asked != halt;
    });
    if (!send(socket, says::ends, packed(end))) {
      ::_exit(0);
    }
  }
}

}  // namespace

jobs::jobs(const subject& what, const unfinished& from, unsigned count)
    : what_(what), before_(from.done) {
  for (const checker::position& each : from.left) {
    parts_.push_back({each, {}, std::nullopt, false});
  }
  void* const memory = ::mmap(nullptr, count * sizeof(control), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), "cannot share memory");
  }
  shared_ = static_cast<control*>(memory);
  std::uninitialized_default_construct_n(shared_, count);
  for (unsigned i = 0; i < count; ++i) {
    start(i);
  }
}

jobs::~jobs() {
  for (const auto& each : workers_) {
    if (each->socket >= 0) {
      ::close(each->socket);  // it goes when it comes to read
    }
    ask(*each, halt);
  }
  for (const auto& each : workers_) {
    while (each->pid > 0 && ::waitpid(each->pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  ::munmap(shared_, workers_.size() * sizeof(control));
}

void jobs::start(unsigned index) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot make a socket");
  }
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) {
    ::close(ends[0]);
    ::close(ends[1]);
    throw std::system_error(errno, std::generic_category(), "cannot start a process");
  }
  if (pid == 0) {
    // Ctrl-C is for the parent; nobody outlives it. What the program under test says
    // when it dies, it says again in the parent.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
      ::_exit(0);
    }
    ::signal(SIGINT, SIG_IGN);
    ::signal(SIGTERM, SIG_DFL);
    ::close(ends[0]);
    for (const auto& other : workers_) {
      ::close(other->socket);
    }
    const int silence = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(silence, STDOUT_FILENO);
    ::dup2(silence, STDERR_FILENO);
    serve(what_, ends[1], shared_[index]);
  }
  ::close(ends[1]);
  workers_.push_back(std::make_unique<worker>(index, pid, ends[0], bytes{}, std::nullopt));
}

void jobs::ask(worker& of, std::uint32_t request) {
  shared_[of.index].asked.store(request, std::memory_order_relaxed);
}

// Whether the search ends with this part, whatever comes after it.
bool jobs::decides(const part& each) {
  return each.end && each.end->ended != part_end::why::exhausted;
}

bool jobs::all_idle() const {
  return std::ranges::none_of(workers_, [](const auto& each) { return each->at.has_value(); });
}

// Gives parts to who is idle; if there are not enough, asks the others to share theirs.
void jobs::hand_out() {
  auto next = parts_.begin();
  for (const auto& each : workers_) {
    if (each->at) {
      continue;
    }
    while (next != parts_.end() && (next->running || next->end) && !decides(*next)) {
      ++next;
    }
    if (next == parts_.end() || decides(*next)) {
      break;
    }
    next->running = true;
    each->at = next;
    each->halted = false;
    ask(*each, nothing);
    shared_[each->index].executions.store(0, std::memory_order_relaxed);
    if (!send(each->socket, packed(next->where))) {
      deadly_ = next->where;
    }
  }
  const bool idle = std::ranges::any_of(workers_, [](const auto& each) { return !each->at; });
  for (const auto& each : workers_) {
    if (each->at && !each->halted) {
      ask(*each, idle ? share : nothing);
    }
  }
}

bool jobs::go_on() {
  if (!stopping_) {
    hand_out();
  }
  if (deadly_ || all_idle()) {
    return false;
  }
  std::vector<pollfd> watched;
  for (const auto& each : workers_) {
    watched.push_back({each->socket, POLLIN, 0});
  }
  constexpr int moment_ms = 50;
  if (::poll(watched.data(), watched.size(), moment_ms) > 0) {
    for (std::size_t i = 0; i < watched.size(); ++i) {
      if (watched[i].revents != 0) {
        read(*workers_[i]);
      }
    }
  }
  return true;
}

void jobs::stop() {
  stopping_ = true;
  for (const auto& each : workers_) {
    if (each->at) {
      ask(*each, halt);
      each->halted = true;
    }
  }
  while (go_on()) {
  }
  stopping_ = false;
}

void jobs::read(worker& from) {
  if (!read_some(from.socket, from.read)) {
    deadly_ = from.at ? (*from.at)->where : checker::position{};
    return;
  }
  while (const auto message = take_message(from.read)) {
    take(from, *message);
  }
}

void jobs::take(worker& from, std::span<const std::uint8_t> message) {
  const parts::iterator mine = *from.at;
  if (static_cast<says>(message.front()) == says::gives) {
    // After all that the giver has left, and before what came after that.
    if (auto where = unpacked_position(message.subspan(1))) {
      parts_.insert(std::next(mine), {std::move(*where), {}, std::nullopt, false});
    }
    return;
  }
  auto end = unpacked_end(message.subspan(1));
  from.at.reset();
  mine->running = false;
  if (!end) {
    return;
  }
  mine->done += end->done;
  shared_[from.index].executions.store(0, std::memory_order_relaxed);
  switch (end->ended) {
    case part_end::why::stopped: mine->where = std::move(end->where); return;
    case part_end::why::exhausted: break;
    case part_end::why::found:
    case part_end::why::outgrown: cut_after(mine); break;
  }
  mine->end = std::move(end);
  fold();
}

// What comes after a finding is not done any more.
void jobs::cut_after(parts::iterator decisive) {
  for (auto each = std::next(decisive); each != parts_.end();) {
    if (!each->running) {
      each = parts_.erase(each);
      continue;
    }
    for (const auto& runs : workers_) {
      if (runs->at && *runs->at == each) {
        ask(*runs, halt);
        runs->halted = true;
      }
    }
    each->end.emplace();  // whatever it is
    ++each;
  }
}

// Neighbours that are done are as good as one.
void jobs::fold() {
  const auto is_done = [](const part& each) {
    return each.end && !each.running && each.end->ended == part_end::why::exhausted;
  };
  for (auto each = parts_.begin(); each != parts_.end();) {
    const auto next = std::next(each);
    if (next != parts_.end() && is_done(*each) && is_done(*next)) {
      next->done += each->done;
      parts_.erase(each);
    }
    each = next;
  }
}

std::uint64_t jobs::executions() const {
  std::uint64_t sum = before_.executions;
  for (const part& each : parts_) {
    sum += each.done.executions;
  }
  for (const auto& each : workers_) {
    sum += shared_[each->index].executions.load(std::memory_order_relaxed);
  }
  return sum;
}

totals jobs::done() const {
  totals sum = before_;
  for (const part& each : parts_) {
    sum += each.done;
    if (decides(each)) {
      break;
    }
  }
  return sum;
}

std::vector<checker::position> jobs::left() const {
  std::vector<checker::position> all;
  for (const part& each : parts_) {
    if (!each.end) {
      all.push_back(each.where);
    }
  }
  return all;
}

const part_end* jobs::decisive() const {
  const auto found = std::ranges::find_if(parts_, decides);
  return found == parts_.end() ? nullptr : &*found->end;
}

}  // namespace handfast::work
