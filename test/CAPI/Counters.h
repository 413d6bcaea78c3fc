// How often this thread has called operator new and pthread_mutex_lock (Counters.cpp stands in front of both).
#pragma once
#include <cstddef>

namespace fusion::test {

size_t allocations();
size_t locks();

} // namespace fusion::test
