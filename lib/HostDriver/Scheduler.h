// Threads, warps, blocks and workers of a launch, and the calls that run a launch on them.
#pragma once
#include "Device/ABI.h"
#include "fusion/HostDriver/HostDriver.h"
#include <atomic>
#include <condition_variable>
#include <csetjmp>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace fusion::host {
using runtime::Extent3;
using runtime::Finding;
using runtime::FindingKind;
using runtime::Schedule;
struct Thread;
struct Worker;
struct Launch;
class Checker;
class Memory;
struct ModuleCopy;

/// A stack that kernel threads run on, one after another.
struct Fiber {
  void *stackPointer = nullptr;
  char *mapping = nullptr; ///< an inaccessible part, then the stack
  char *stack = nullptr;
  size_t size = 0;         ///< of the stack
  Thread *start = nullptr; ///< the thread to run when the fiber is first entered, or when its last one has finished
  Worker *worker = nullptr;
  void *sanitizer = nullptr; ///< what ThreadSanitizer calls it
};

/// cp.async copies that a thread has issued: they happen when it waits for them, not before.
struct AsyncCopy {
  void *to;
  const void *from;
  unsigned bytes, sourceBytes;
};
struct AsyncQueue {
  std::vector<AsyncCopy> copies;
  std::vector<size_t> groups; ///< ends of committed groups, as indices into copies
};

enum class ThreadState : uint8_t { Runnable, AtWarp, AtBarrier, AtPart, Finished };
struct Thread : hc_thread {
  Fiber *fiber = nullptr;
  ThreadState state = ThreadState::Runnable;
  unsigned collectiveMask = 0;
  int collective = 0;
  void *pc = nullptr; ///< where it waits
  int predicate = 0;
  std::unique_ptr<AsyncQueue> async;
};

/// A warp's part of wgmma.mma_async between its issue and the wait that completes it.
struct WarpProduct {
  hc_wgmma_slot of[32];
};

/// Bit sets over the lanes of one warp, and the collective they are gathering for.
struct Warp {
  unsigned exist, alive, unstarted, ready, atBarrier, arrived;
  unsigned epoch; ///< counts __syncwarp since the last barrier of the block
  unsigned collectiveMask;
  int collective;
  bool uniform; ///< all lanes that arrived so far named the same mask and collective
  void *slots[32];
  std::vector<WarpProduct> products; ///< under way, and the ends of their committed groups
  std::vector<size_t> productGroups;
  void *barrierPc = nullptr;        ///< of the warp's first to arrive at the block's barrier
  unsigned part = 0, partEpoch = 0; ///< the barrier of a part of the block it came to last; counts those since the block's last one
  unsigned atPart = 0;              ///< lanes that wait there
  void *partPc = nullptr;           ///< where in the program
};

/// A barrier of a part of the block (bar.sync with a number of threads).
struct PartBarrier {
  unsigned expected = 0, arrived = 0; ///< threads
};

struct Block : hc_block {
  Worker *worker = nullptr;
  Launch *launch = nullptr;
  unsigned threadCount = 0, warpCount = 0, live = 0, atBarrier = 0;
  uint64_t linear = 0;            ///< in the grid
  unsigned epoch = 0;             ///< counts barriers of the block
  unsigned run = 0, acquired = 0; ///< used by the checker: number of this run of a block, clock of its last atomic operation
  void *barrierPc = nullptr;      ///< of the first to arrive
  bool barrierAnywhere = false;
  PartBarrier parts[16];
  unsigned warpsReady = 0; ///< warps with a lane that is ready or unstarted
  Warp warps[32];
  std::vector<Thread> threads;
};

using KernelEntry = void (*)(void **args);

struct Launch {
  std::string kernel;
  Extent3 grid, block;
  size_t dynamicShared = 0;
  void **args = nullptr;
  Schedule schedule = Schedule::Forward;
  uint64_t seed = 1;
  bool collectives = true; ///< the module may use barriers or warp collectives; otherwise a plain loop runs the threads
  Checker *checker = nullptr;
  const Memory *memory = nullptr;

  std::vector<uint64_t> chosen;  ///< linear blocks to run; empty: all
  uint64_t total = 0;            ///< number of blocks to run
  uint64_t step = 1, offset = 0; ///< random block order: position i runs block (offset + i * step) mod total
  std::atomic<uint64_t> next{0};
  std::atomic<bool> stop{false};
  uint64_t blockAt(uint64_t position) const;

  std::mutex mutex;
  std::vector<Finding> findings;
  /// Records a defect once per `key`, and stops the launch when it cannot go on.
  void report(Finding finding, bool fatal);
};

struct Worker {
  ModuleCopy *copy = nullptr;
  Launch *launch = nullptr;
  KernelEntry entry = nullptr;
  hc_thread **currentSlot = nullptr;
  std::vector<Fiber *> freeFibers, fibers;
  Fiber mainFiber;
  Fiber *current = nullptr;
  uint64_t random = 1;
  Block block;
  std::vector<char> signalStack;
  sigjmp_buf escape;
  pthread_t osThread; ///< valid while running
  std::atomic<bool> running{false};
  ~Worker();
  void run();
  /// What is known about a fault at `pc`, for people.
  std::string faultText(const std::string &what, void *pc) const;

private:
  void runFibers();
  void runLoop();
  void dropFibers();
};

/// The worker whose kernel runs on this operating system thread; null outside launches.
extern thread_local Worker *activeWorker;

std::string describe(const hc_dim &index); ///< "(x,y,z)"
void startBlock(Block &block, uint64_t linear);
void blockCurrent(Thread &self); ///< runs others until `self`, whose state says why it waits, is resumed
void releaseBarrier(Block &block);
void releasePart(Block &block, unsigned number);
bool tryWarp(Block &block, unsigned warp, unsigned mask); ///< completes the collective if every lane of `mask` has arrived
void clearLane(Block &block, const Thread &thread);
void setReady(Block &block, unsigned warp, unsigned lanes);
inline bool isAlive(const Block &block, const Thread &thread) { return block.warps[thread.warp].alive >> thread.lane & 1; }
void fiberHop(Worker &worker, Fiber &to);
Fiber *newFiber(Worker &worker);
void runFiber(Fiber &fiber);      ///< body of every fiber; never returns
void leaveKernel(Worker &worker); ///< abandons the launch from within a kernel thread
void runCollective(int collective, void **slots, unsigned mask);
/// Issues, commits or completes products of warp `w`, whose lanes have all arrived.
void runWarpgroup(Block &block, unsigned w, int collective);

/// The table that a module's stubs jump through.
struct CallTable {
  void *const *entries;
  size_t count;
};
CallTable callTable(bool instrumented);

/// Catches the faults of kernels for as long as it lives; nests across threads.
class FaultGuard {
public:
  FaultGuard();
  ~FaultGuard();
};

/// Stops a launch that takes too long, also when its kernel never calls into the driver.
class Watchdog {
public:
  Watchdog(Launch &launch, std::vector<Worker *> workers, double seconds);
  ~Watchdog();

private:
  void watch(double seconds);
  Launch &launch;
  std::vector<Worker *> workers;
  std::mutex mutex;
  std::condition_variable wake;
  bool over = false;
  std::thread thread;
};

/// Worker threads; the caller is worker 0.
class WorkerPool {
public:
  ~WorkerPool();
  Worker &worker(unsigned index); ///< grows the pool
  void run(unsigned count);

private:
  void body(unsigned index);
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::condition_variable wake, finished;
  uint64_t generation = 0;
  unsigned wanted = 0, left = 0;
  bool quit = false;
};

} // namespace fusion::host
