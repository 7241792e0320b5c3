#include "models/checker/execution.hpp"

#include <boost/context/pooled_fixedsize_stack.hpp>
#include <memory>
#include <utility>

namespace handfast::checker {
namespace {

namespace context = boost::context;

// Thrown into a thread that is not to go on: the execution is over.
struct abandoned {};

context::pooled_fixedsize_stack& stacks() {
  thread_local context::pooled_fixedsize_stack pool(std::size_t{64} * 1024);
  return pool;
}

}  // namespace

struct execution::fiber final : memory {
  explicit fiber(std::function<void(memory&)> its_body) : body(std::move(its_body)) {
    here = context::fiber(std::allocator_arg, stacks(), [this](context::fiber&& back) {
      caller = std::move(back);
      try {
        body(*this);
      } catch (const abandoned&) {
      }
      asked.reset();
      return std::move(caller);
    });
  }

  void run() { here = std::move(here).resume(); }

  value perform(operation next) override {
    asked = std::move(next);
    caller = std::move(caller).resume();
    if (over) {
      throw abandoned{};
    }
    return answered;
  }

  std::function<void(memory&)> body;
  context::fiber here;    // the thread, while it is stopped
  context::fiber caller;  // who runs it, while it runs
  std::optional<operation> asked;
  value answered = 0;
  bool over = false;
};

execution::execution(const program& body) {
  for (auto& each : body()) {
    threads_.push_back(std::make_unique<fiber>(std::move(each)));
    threads_.back()->run();
  }
}

execution::~execution() {
  for (const auto& thread : threads_) {
    if (thread->here) {
      thread->over = true;
      thread->run();
    }
  }
}

const operation* execution::pending(thread_index thread) const {
  const auto& asked = threads_[thread]->asked;
  return asked ? &*asked : nullptr;
}

void execution::answer(thread_index thread, value data) {
  threads_[thread]->answered = data;
  threads_[thread]->run();
}

}  // namespace handfast::checker
