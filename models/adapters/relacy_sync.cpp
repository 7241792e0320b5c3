// Relacy replaces global new and the unsized delete. Compilers call the sized
// deletes since C++14, and those would hand Relacy's memory to the C library.
#include <cstddef>

#include "models/adapters/relacy_headers.hpp"

void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  operator delete[](memory);
}
