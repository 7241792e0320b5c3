#include "models/checker/fiber.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>

namespace handfast::checker {
namespace {

namespace context = boost::context::detail;

std::size_t page() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

}  // namespace

void* const fiber::exception_globals = abi::__cxa_get_globals();

fiber::~fiber() {
  if (memory_ != nullptr) {
    ::munmap(memory_, page() + stack_bytes);
  }
}

void fiber::start(void (*entry)(void*), void* argument) {
  if (memory_ == nullptr) {
    void* memory = ::mmap(nullptr, page() + stack_bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED || ::mprotect(memory, page(), PROT_NONE) != 0) {
      throw std::bad_alloc();
    }
    memory_ = memory;
  }
  entry_ = entry;
  argument_ = argument;
  exceptions_ = {};
  context_ = context::make_fcontext(static_cast<std::byte*>(memory_) + page() + stack_bytes,
                                    stack_bytes, &fiber::begin);
}

bool fiber::overflowed_at(const void* address) const {
  const auto* low = static_cast<const std::byte*>(memory_);
  return memory_ != nullptr && address >= low && address < low + page();
}

void fiber::begin(context::transfer_t from) {
  fiber& self = *static_cast<journey*>(from.data)->to;
  arrived(from);
  std::memcpy(exception_globals, &self.exceptions_, sizeof(exception_state));
  self.entry_(self.argument_);
}

}  // namespace handfast::checker
