// Replaces operator new by one that counts; in a file of its own, so that no caller inlines half of the pair.
#include "AllocationCounter.h"
#include <cstdlib>
#include <new>

static thread_local size_t count = 0;

size_t fusion::runtime::test::allocations() { return count; }

#ifndef FUSION_SANITIZED // sanitizers stand there themselves: nothing is counted then
void *operator new(size_t size) {
  ++count;
  if (void *pointer = std::malloc(size ? size : 1))
    return pointer;
  throw std::bad_alloc();
}
void operator delete(void *pointer) noexcept { std::free(pointer); }
void operator delete(void *pointer, size_t) noexcept { std::free(pointer); }
#endif
