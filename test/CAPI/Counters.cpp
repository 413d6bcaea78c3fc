// Stands in front of operator new and pthread_mutex_lock, also for the shared library under test, and counts each thread's calls.
#include "Counters.h"
#include <cstdlib>
#include <dlfcn.h>
#include <new>
#include <pthread.h>

static thread_local size_t allocationCount = 0, lockCount = 0;

size_t fusion::test::allocations() { return allocationCount; }
size_t fusion::test::locks() { return lockCount; }

#ifndef FUSION_SANITIZED // sanitizers stand there themselves: nothing is counted then
void *operator new(size_t size) {
  ++allocationCount;
  if (void *pointer = std::malloc(size ? size : 1))
    return pointer;
  throw std::bad_alloc();
}
void operator delete(void *pointer) noexcept { std::free(pointer); }
void operator delete(void *pointer, size_t) noexcept { std::free(pointer); }

extern "C" int pthread_mutex_lock(pthread_mutex_t *mutex) {
  static auto *real = reinterpret_cast<int (*)(pthread_mutex_t *)>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
  ++lockCount;
  return real(mutex);
}
#endif
