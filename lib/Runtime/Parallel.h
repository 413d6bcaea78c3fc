// Internal to the runtime: the same work for many indices on as many threads as there are cores.
#pragma once
#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace fusion::runtime::detail {

/// Calls work(i) once for each i below `count`; the calling thread takes part. `work` must not throw.
template <class Work> void forEachInParallel(size_t count, const Work &work) {
  std::atomic<size_t> next{0};
  auto take = [&] {
    for (size_t i; (i = next.fetch_add(1)) < count;)
      work(i);
  };
  std::vector<std::thread> threads;
  for (size_t wanted = std::min<size_t>(count, std::max(1u, std::thread::hardware_concurrency())); threads.size() + 1 < wanted;) {
    try {
      threads.emplace_back(take);
    } catch (...) { // fewer threads, then
      break;
    }
  }
  take();
  for (std::thread &thread : threads)
    thread.join();
}

} // namespace fusion::runtime::detail
