// Runs the blocks of a launch: which thread goes next, when a barrier opens, and what a deadlock looks like.
#include "Scheduler.h"
#include "Checker.h"
#include <map>
#include <signal.h>

namespace fusion::host {

thread_local Worker *activeWorker = nullptr;

uint64_t Launch::blockAt(uint64_t position) const {
  uint64_t index = position;
  if (schedule == Schedule::Reverse)
    index = total - 1 - position;
  else if (schedule == Schedule::Random)
    index = static_cast<uint64_t>((static_cast<unsigned __int128>(position) * step + offset) % total);
  return chosen.empty() ? index : chosen[index];
}

void Launch::report(Finding finding, bool fatal) {
  std::lock_guard<std::mutex> lock(mutex);
  if (fatal)
    stop = true;
  findings.push_back(std::move(finding));
}

namespace {
unsigned draw(Worker &worker, unsigned bound) {
  worker.random = worker.random * 6364136223846793005ull + 1442695040888963407ull;
  return static_cast<unsigned>((worker.random >> 33) % bound);
}

unsigned nthBit(unsigned bits, unsigned n) {
  while (n--)
    bits &= bits - 1;
  return __builtin_ctz(bits);
}

/// Shapes the worker's block record for a launch.
void shapeBlock(Block &block, Worker &worker, Launch &launch) {
  block.worker = &worker;
  block.launch = &launch;
  block.dim = {launch.block.x, launch.block.y, launch.block.z};
  block.grid = {launch.grid.x, launch.grid.y, launch.grid.z};
  unsigned count = launch.block.x * launch.block.y * launch.block.z;
  block.threadCount = count;
  block.warpCount = (count + 31) / 32;
  block.threads.clear();
  block.threads.resize(count);
  for (unsigned i = 0; i < count; ++i) {
    Thread &thread = block.threads[i];
    thread.index = {i % launch.block.x, i / launch.block.x % launch.block.y, i / launch.block.x / launch.block.y};
    thread.linear = i;
    thread.lane = i & 31;
    thread.warp = i >> 5;
    thread.block = &block;
  }
  for (unsigned w = 0; w < block.warpCount; ++w)
    block.warps[w].exist = w * 32 + 32 <= count ? ~0u : (1u << (count & 31)) - 1;
}

void placeBlock(Block &block, uint64_t linear) {
  const Extent3 &grid = block.launch->grid;
  block.linear = linear;
  block.index = {static_cast<unsigned>(linear % grid.x), static_cast<unsigned>(linear / grid.x % grid.y),
                 static_cast<unsigned>(linear / grid.x / grid.y)};
}

/// The next lane to run. Forward: the rest of this warp, then the warps after it; Reverse: the last runnable one.
inline Thread *pick(Block &block, unsigned warp, int lane) {
  if (!block.warpsReady)
    return nullptr;
  auto runnable = [&](unsigned w) { return block.warps[w].ready | block.warps[w].unstarted; };
  unsigned w, l;
  switch (block.launch->schedule) {
  case Schedule::Forward: {
    unsigned lanes = runnable(w = warp);
    if (!lanes) {
      unsigned later = block.warpsReady & static_cast<unsigned>(~0ull << (warp + 1));
      lanes = runnable(w = __builtin_ctz(later ? later : block.warpsReady));
      lane = -1;
    }
    unsigned later = lanes & static_cast<unsigned>(~0ull << (lane + 1));
    l = __builtin_ctz(later ? later : lanes);
    break;
  }
  case Schedule::Reverse:
    w = 31 - __builtin_clz(block.warpsReady);
    l = 31 - __builtin_clz(runnable(w));
    break;
  default:
    w = nthBit(block.warpsReady, draw(*block.worker, __builtin_popcount(block.warpsReady)));
    l = nthBit(runnable(w), draw(*block.worker, __builtin_popcount(runnable(w))));
  }
  return &block.threads[w * 32 + l];
}

void reportDeadlock(Block &block) {
  std::map<std::string, std::vector<unsigned>> groups;
  for (const Thread &thread : block.threads) {
    if (!isAlive(block, thread)) {
      groups["have exited"].push_back(thread.linear);
      continue;
    }
    std::string what = thread.state == ThreadState::AtBarrier ? "wait at __syncthreads()"
                       : thread.state == ThreadState::AtPart  ? "wait at a barrier of a part of the block"
                                                              : "wait in a warp collective";
    if (thread.state == ThreadState::AtWarp) {
      char mask[32];
      snprintf(mask, sizeof mask, " with mask 0x%08x", thread.collectiveMask);
      what += mask;
    }
    groups[what + Checker::place(block.launch->checker, thread.pc)].push_back(thread.linear);
  }
  std::string text = "deadlock: no thread of the block can go on;";
  for (const auto &[what, threads] : groups)
    text += " " + std::to_string(threads.size()) + " threads (" + std::to_string(threads.front()) + " to " +
            std::to_string(threads.back()) + ") " + what + ";";
  text.pop_back();
  Finding finding{FindingKind::Deadlock, text + ", block " + describe(block.index)};
  finding.block = {block.index.x, block.index.y, block.index.z};
  block.launch->report(std::move(finding), /*fatal=*/true);
}

/// What this worker runs next after `block` has nothing at hand; null means that the launch is over for it.
Thread *nextThread(Worker &worker, Block &block, unsigned warp, int lane) {
  Launch &launch = *worker.launch;
  if (launch.stop.load(std::memory_order_relaxed))
    return nullptr;
  if (Thread *thread = pick(block, warp, lane))
    return thread;
  if (block.live) {
    reportDeadlock(block);
    return nullptr;
  }
  uint64_t position = launch.next.fetch_add(1);
  if (position >= launch.total)
    return nullptr;
  startBlock(block, launch.blockAt(position));
  return pick(block, 0, -1);
}

bool isUnstarted(const Block &block, const Thread &thread) { return block.warps[thread.warp].unstarted >> thread.lane & 1; }

/// A fiber for a thread that has not run yet; null when memory for stacks has run out, which stops the launch.
Fiber *fiberFor(Worker &worker, Thread &thread) {
  Fiber *fiber = nullptr;
  if (worker.freeFibers.empty()) {
    fiber = newFiber(worker);
  } else {
    fiber = worker.freeFibers.back();
    worker.freeFibers.pop_back();
  }
  if (!fiber) {
    worker.launch->report({FindingKind::Trap, "no memory for the stack of a kernel thread"}, true);
    return nullptr;
  }
  fiber->start = &thread;
  thread.fiber = fiber;
  return fiber;
}

Thread *finishThread(Worker &worker, Thread &thread) {
  Block &block = worker.block;
  Warp &warp = block.warps[thread.warp];
  thread.state = ThreadState::Finished;
  thread.fiber = nullptr;
  warp.alive &= ~(1u << thread.lane);
  --block.live;
  if (__builtin_expect(block.live && block.atBarrier == block.live, 0)) {
    if (block.launch->checker)
      block.launch->checker->barrierWithoutExited(block);
    releaseBarrier(block);
  }
  for (unsigned lanes = warp.arrived; lanes; lanes &= lanes - 1)
    if (tryWarp(block, thread.warp, block.threads[thread.warp * 32 + __builtin_ctz(lanes)].collectiveMask))
      break;
  return nextThread(worker, block, thread.warp, thread.lane);
}
} // namespace

std::string describe(const hc_dim &index) {
  return "(" + std::to_string(index.x) + "," + std::to_string(index.y) + "," + std::to_string(index.z) + ")";
}

void startBlock(Block &block, uint64_t linear) {
  placeBlock(block, linear);
  block.live = block.threadCount;
  block.atBarrier = block.epoch = block.acquired = block.warpsReady = 0;
  block.barrierPc = nullptr;
  std::fill(std::begin(block.parts), std::end(block.parts), PartBarrier());
  for (unsigned w = 0; w < block.warpCount; ++w) {
    Warp &warp = block.warps[w];
    warp.unstarted = warp.alive = warp.exist;
    warp.ready = warp.atBarrier = warp.arrived = warp.epoch = 0;
    warp.part = warp.partEpoch = warp.atPart = 0;
    warp.products.clear(), warp.productGroups.clear();
    block.warpsReady |= 1u << w;
  }
  // Seeded per block, so that an order does not depend on which worker runs the block.
  block.worker->random = (block.launch->seed ^ linear) * 0x9e3779b97f4a7c15ull + 1;
  if (block.launch->checker)
    block.launch->checker->startBlock(block);
}

void setReady(Block &block, unsigned warp, unsigned lanes) {
  block.warps[warp].ready |= lanes;
  block.warpsReady |= 1u << warp;
}

void clearLane(Block &block, const Thread &thread) {
  Warp &warp = block.warps[thread.warp];
  unsigned others = ~(1u << thread.lane);
  warp.ready &= others;
  warp.unstarted &= others;
  if (!(warp.ready | warp.unstarted))
    block.warpsReady &= ~(1u << thread.warp);
}

void blockCurrent(Thread &self) {
  Worker &worker = *activeWorker;
  Block &block = worker.block;
  Thread *thread = nextThread(worker, block, self.warp, self.lane);
  if (!thread) {
    leaveKernel(worker);
    return;
  }
  bool fresh = isUnstarted(block, *thread);
  clearLane(block, *thread);
  *worker.currentSlot = thread;
  if (thread == &self)
    return;
  Fiber *fiber = fresh ? fiberFor(worker, *thread) : thread->fiber;
  if (!fiber) {
    leaveKernel(worker);
    return;
  }
  fiberHop(worker, *fiber);
}

void releaseBarrier(Block &block) {
  for (unsigned w = 0; w < block.warpCount; ++w) {
    Warp &warp = block.warps[w];
    if (warp.atBarrier)
      setReady(block, w, warp.atBarrier);
    warp.atBarrier = warp.epoch = warp.partEpoch = 0;
    warp.barrierPc = nullptr;
  }
  block.atBarrier = 0;
  block.barrierPc = nullptr;
  ++block.epoch;
}

void releasePart(Block &block, unsigned number) {
  for (unsigned w = 0; w < block.warpCount; ++w) {
    Warp &warp = block.warps[w];
    if (warp.part != number || !warp.atPart)
      continue;
    setReady(block, w, warp.atPart);
    warp.atPart = 0, ++warp.partEpoch;
  }
  block.parts[number].arrived = 0;
}

void leaveKernel(Worker &worker) { fiberHop(worker, worker.mainFiber); }

void runFiber(Fiber &fiber) {
  Worker &worker = *fiber.worker;
  for (;;) {
    Thread *thread = fiber.start;
    thread->state = ThreadState::Runnable;
    if (thread->async)
      *thread->async = {};
    worker.entry(worker.launch->args);
    thread = finishThread(worker, *thread);
    if (!thread) {
      worker.freeFibers.push_back(&fiber);
      leaveKernel(worker);
      continue;
    }
    bool fresh = isUnstarted(worker.block, *thread);
    clearLane(worker.block, *thread);
    *worker.currentSlot = thread;
    if (fresh) {
      fiber.start = thread;
      thread->fiber = &fiber;
      continue;
    }
    worker.freeFibers.push_back(&fiber);
    fiberHop(worker, *thread->fiber);
  }
}

/// No collectives: threads never wait, so they need no stacks of their own.
void Worker::runLoop() {
  for (uint64_t position; (position = launch->next.fetch_add(1)) < launch->total && !launch->stop.load(std::memory_order_relaxed);) {
    placeBlock(block, launch->blockAt(position));
    unsigned count = block.threadCount;
    uint64_t shift = (launch->seed ^ block.linear) * 0x9e3779b97f4a7c15ull >> 33;
    for (unsigned i = 0; i < count; ++i) {
      // 1031 is a prime above every block size: multiples of it visit each thread once
      unsigned t = launch->schedule == Schedule::Forward   ? i
                   : launch->schedule == Schedule::Reverse ? count - 1 - i
                                                           : static_cast<unsigned>((i * 1031ull + shift) % count);
      *currentSlot = &block.threads[t];
      entry(launch->args);
    }
  }
}

void Worker::runFibers() {
  uint64_t position = launch->next.fetch_add(1);
  if (position >= launch->total)
    return;
  startBlock(block, launch->blockAt(position));
  Thread *thread = pick(block, 0, -1);
  clearLane(block, *thread);
  *currentSlot = thread;
  current = &mainFiber;
  if (Fiber *fiber = fiberFor(*this, *thread))
    fiberHop(*this, *fiber);
}

std::string Worker::faultText(const std::string &what, void *pc) const {
  std::string place = Checker::place(launch->checker, pc);
  if (place.empty())
    place = "; run with sanitize to see the line";
  return what + place + ", thread " + describe((*currentSlot)->index) + ", block " + describe(block.index);
}

void Worker::run() {
  shapeBlock(block, *this, *launch);
  signalStack.resize(64 << 10);
  stack_t stack = {}, before = {};
  stack.ss_sp = signalStack.data();
  stack.ss_size = signalStack.size();
  sigaltstack(&stack, &before);
  osThread = pthread_self();
  activeWorker = this;
  running = true;
  if (sigsetjmp(escape, 1) == 0) {
    if (launch->collectives)
      runFibers();
    else
      runLoop();
  }
  running = false;
  activeWorker = nullptr;
  sigaltstack(&before, nullptr);
  if (launch->stop)
    dropFibers(); // their threads were abandoned half-way
}

} // namespace fusion::host
