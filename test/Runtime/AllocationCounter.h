// How often this thread has called operator new (AllocationCounter.cpp replaces it).
#pragma once
#include <cstddef>

namespace fusion::runtime::test {

size_t allocations();

} // namespace fusion::runtime::test
