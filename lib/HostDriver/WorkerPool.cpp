// The threads that run blocks.
#include "Scheduler.h"

namespace fusion::host {

WorkerPool::~WorkerPool() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    quit = true;
  }
  wake.notify_all();
  for (std::thread &thread : threads)
    thread.join();
}

Worker &WorkerPool::worker(unsigned index) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    while (workers.size() <= index)
      workers.push_back(std::make_unique<Worker>());
  }
  while (threads.size() < index)
    threads.emplace_back([this, number = static_cast<unsigned>(threads.size() + 1)] { body(number); });
  return *workers[index];
}

void WorkerPool::body(unsigned index) {
  uint64_t seen = 0;
  for (;;) {
    Worker *worker;
    {
      std::unique_lock<std::mutex> lock(mutex);
      wake.wait(lock, [&] { return quit || generation != seen; });
      if (quit)
        return;
      seen = generation;
      if (index >= wanted)
        continue;
      worker = workers[index].get();
    }
    worker->run();
    std::lock_guard<std::mutex> lock(mutex);
    if (--left == 0)
      finished.notify_one();
  }
}

void WorkerPool::run(unsigned count) {
  if (count > 1) {
    std::lock_guard<std::mutex> lock(mutex);
    wanted = count;
    left = count - 1;
    ++generation;
    wake.notify_all();
  }
  workers[0]->run();
  if (count > 1) {
    std::unique_lock<std::mutex> lock(mutex);
    finished.wait(lock, [&] { return left == 0; });
    wanted = 0; // a thread that wakes late has nothing to do
  }
}

} // namespace fusion::host
