// The calls a kernel makes into the driver: barriers, warp collectives, asynchronous copies, and the instrumentation's reports.
#include "Checker.h"
#include "Scheduler.h"
#include <cstring>

namespace fusion::host {
namespace {
#define HC_PC __builtin_return_address(0)

Thread &self(hc_thread *thread) { return *static_cast<Thread *>(thread); }
Block &blockOf(Thread &thread) { return *static_cast<Block *>(thread.block); }

void misuse(Thread &thread, FindingKind kind, const std::string &text, void *pc) {
  Block &block = blockOf(thread);
  Finding finding{kind, text + Checker::place(block.launch->checker, pc) + ", thread " + describe(thread.index) + ", block " +
                            describe(block.index)};
  finding.thread = {thread.index.x, thread.index.y, thread.index.z};
  finding.block = {block.index.x, block.index.y, block.index.z};
  block.launch->report(std::move(finding), /*fatal=*/true);
}

/// `anywhere`: warps may meet from different places of the program, lanes of a warp may not.
void arriveAtBarrier(Thread &thread, void *pc, bool anywhere = false) {
  Block &block = blockOf(thread);
  Warp &warp = block.warps[thread.warp];
  thread.pc = pc;
  if (!block.barrierPc)
    block.barrierPc = pc, block.barrierAnywhere = anywhere;
  if (!warp.barrierPc)
    warp.barrierPc = pc;
  void *expected = anywhere && block.barrierAnywhere ? warp.barrierPc : block.barrierPc;
  if (expected != pc && block.launch->checker)
    block.launch->checker->barrier(thread, pc, expected);
  if (++block.atBarrier == block.live) {
    if (block.live != block.threadCount && block.launch->checker)
      block.launch->checker->barrierWithoutExited(block);
    releaseBarrier(block);
    return;
  }
  thread.state = ThreadState::AtBarrier;
  block.warps[thread.warp].atBarrier |= 1u << thread.lane;
  blockCurrent(thread);
  thread.state = ThreadState::Runnable;
}

void rt_hc_barrier(hc_thread *thread) { arriveAtBarrier(self(thread), HC_PC); }
void rt_hc_barrier_anywhere(hc_thread *thread) { arriveAtBarrier(self(thread), HC_PC, true); }

/// `threads` of the block meet, whole warps.
void rt_hc_barrier_part(hc_thread *current, unsigned number, unsigned threads) {
  Thread &thread = self(current);
  Block &block = blockOf(thread);
  Warp &warp = block.warps[thread.warp];
  void *pc = HC_PC;
  thread.pc = pc;
  if (number == 0 || number >= 16 || threads == 0 || threads % 32 || threads > block.threadCount)
    return misuse(thread, FindingKind::DivergentBarrier,
                  "expected a barrier from 1 to 15 of whole warps of the block, but got barrier " + std::to_string(number) + " of " +
                      std::to_string(threads) + " threads",
                  pc);
  PartBarrier &part = block.parts[number];
  if (part.expected && part.expected != threads)
    return misuse(thread, FindingKind::DivergentBarrier,
                  "a barrier of " + std::to_string(threads) + " threads is one of " + std::to_string(part.expected) + " elsewhere", pc);
  if (warp.atPart && block.launch->checker && (warp.part != number || warp.partPc != pc)) // lanes of a warp do not part
    block.launch->checker->barrier(thread, pc, warp.partPc);
  part.expected = threads, warp.part = number, warp.partPc = pc;
  if (++part.arrived == threads)
    return releasePart(block, number);
  thread.state = ThreadState::AtPart;
  warp.atPart |= 1u << thread.lane;
  blockCurrent(thread);
  thread.state = ThreadState::Runnable;
}

int rt_hc_barrier_reduce(hc_thread *current, int predicate, int op) {
  Thread &thread = self(current);
  Block &block = blockOf(thread);
  void *pc = HC_PC;
  thread.predicate = predicate != 0;
  arriveAtBarrier(thread, pc);
  unsigned set = 0, count = 0;
  for (const Thread &other : block.threads)
    if (isAlive(block, other)) {
      set += other.predicate;
      ++count;
    }
  int result = op == 0 ? static_cast<int>(set) : op == 1 ? set == count : set != 0;
  arriveAtBarrier(thread, pc); // nobody may change its predicate before all have read it
  return result;
}

void rt_hc_warp(hc_thread *current, unsigned mask, void *slot, int collective) {
  Thread &thread = self(current);
  Block &block = blockOf(thread);
  Warp &warp = block.warps[thread.warp];
  unsigned bit = 1u << thread.lane;
  thread.collectiveMask = mask;
  thread.collective = collective;
  thread.pc = HC_PC;
  warp.slots[thread.lane] = slot;
  if (__builtin_expect(!(mask & bit), 0)) {
    misuse(thread, FindingKind::Collective, "a thread calls a warp collective whose mask does not name it", thread.pc);
    leaveKernel(*activeWorker);
  }
  if (!warp.arrived) {
    warp.collectiveMask = mask;
    warp.collective = collective;
    warp.uniform = true;
  } else if (mask != warp.collectiveMask || collective != warp.collective) {
    warp.uniform = false;
  }
  warp.arrived |= bit;
  if (tryWarp(block, thread.warp, mask)) { // the last to arrive carries on without a switch
    clearLane(block, thread);
    return;
  }
  thread.state = ThreadState::AtWarp;
  unsigned ready = warp.ready;
  if (__builtin_expect(ready && !warp.unstarted && block.launch->schedule == Schedule::Forward && !block.launch->stop, 1)) {
    // The common case, short: the next suspended lane of this warp.
    unsigned later = ready & static_cast<unsigned>(~0ull << (thread.lane + 1));
    unsigned lane = __builtin_ctz(later ? later : ready);
    Thread &next = block.threads[thread.warp * 32 + lane];
    if (!(warp.ready = ready & ~(1u << lane)))
      block.warpsReady &= ~(1u << thread.warp);
    *block.worker->currentSlot = &next;
    fiberHop(*block.worker, *next.fiber);
  } else {
    blockCurrent(thread);
  }
  thread.state = ThreadState::Runnable;
}

void rt_hc_yield(hc_thread *current) {
  Thread &thread = self(current);
  setReady(blockOf(thread), thread.warp, 1u << thread.lane);
  blockCurrent(thread);
}

unsigned rt_hc_active_mask(hc_thread *current) {
  Warp &warp = blockOf(self(current)).warps[current->warp];
  return warp.alive & ~(warp.atBarrier | warp.atPart);
}

void rt_hc_trap(hc_thread *current, const char *why) {
  misuse(self(current), FindingKind::Trap, std::string("the kernel called ") + why, HC_PC);
  leaveKernel(*activeWorker);
}

void rt_hc_cp_async(hc_thread *current, void *to, const void *from, unsigned bytes, unsigned sourceBytes) {
  Thread &thread = self(current);
  void *pc = HC_PC;
  if ((bytes != 4 && bytes != 8 && bytes != 16) || sourceBytes > bytes) {
    misuse(thread, FindingKind::Misaligned, "expected cp.async of 4, 8 or 16 bytes, but got " + std::to_string(bytes), pc);
    leaveKernel(*activeWorker);
  }
  if ((reinterpret_cast<uintptr_t>(to) | reinterpret_cast<uintptr_t>(from)) & (bytes - 1)) {
    misuse(thread, FindingKind::Misaligned, "cp.async of " + std::to_string(bytes) + " bytes at a misaligned address", pc);
    leaveKernel(*activeWorker);
  }
  if (!thread.async)
    thread.async = std::make_unique<AsyncQueue>();
  thread.async->copies.push_back({to, from, bytes, sourceBytes});
  if (Checker *checker = blockOf(thread).launch->checker)
    checker->asyncCopy(thread, thread.async->copies.back(), /*done=*/false, pc);
}

void rt_hc_cp_async_commit(hc_thread *current) {
  Thread &thread = self(current);
  if (!thread.async)
    thread.async = std::make_unique<AsyncQueue>();
  thread.async->groups.push_back(thread.async->copies.size());
}

void rt_hc_cp_async_wait(hc_thread *current, unsigned keep) {
  Thread &thread = self(current);
  if (!thread.async || thread.async->groups.size() <= keep)
    return;
  AsyncQueue &queue = *thread.async;
  size_t done = queue.groups.size() - keep, end = queue.groups[done - 1];
  Checker *checker = blockOf(thread).launch->checker;
  void *pc = HC_PC;
  for (size_t i = 0; i < end; ++i) {
    const AsyncCopy &copy = queue.copies[i];
    if (checker)
      checker->asyncCopy(thread, copy, /*done=*/true, pc);
    memcpy(copy.to, copy.from, copy.sourceBytes);
    memset(static_cast<char *>(copy.to) + copy.sourceBytes, 0, copy.bytes - copy.sourceBytes);
  }
  queue.copies.erase(queue.copies.begin(), queue.copies.begin() + end);
  queue.groups.erase(queue.groups.begin(), queue.groups.begin() + done);
  for (size_t &group : queue.groups)
    group -= end;
}

void rt_hc_atomic(hc_thread *current, void *address, unsigned bytes, void *pc) {
  Thread &thread = self(current);
  if (Checker *checker = blockOf(thread).launch->checker)
    checker->access(thread, address, bytes, AccessKind::AtomicUpdate, pc);
}

void rt_hc_fence(hc_thread *current) {
  Thread &thread = self(current);
  if (Checker *checker = blockOf(thread).launch->checker)
    checker->fence(thread);
}

void rt_hc_misaligned(hc_thread *current, const void *address, unsigned bytes) {
  Thread &thread = self(current);
  if (Checker *checker = blockOf(thread).launch->checker)
    checker->misaligned(thread, address, bytes, HC_PC);
}

inline void observe(const void *address, size_t bytes, AccessKind kind, void *pc) {
  Worker *worker = activeWorker;
  if (!worker || !worker->launch->checker)
    return;
  worker->launch->checker->access(self(*worker->currentSlot), address, bytes, kind, pc);
  if (__builtin_expect(worker->launch->stop.load(std::memory_order_relaxed), 0))
    leaveKernel(*worker);
}

#define HC_OBSERVE(name, bytes, kind)                                                                                                      \
  void rt_##name##bytes(void *address) { observe(address, bytes, AccessKind::kind, HC_PC); }
#define HC_OBSERVE_BOTH(name, bytes, any)                                                                                                  \
  void rt_##name##bytes(void *address) {                                                                                                   \
    void *pc = HC_PC;                                                                                                                      \
    observe(address, bytes, AccessKind::Read##any, pc);                                                                                    \
    observe(address, bytes, AccessKind::Write##any, pc);                                                                                   \
  }
#define HC_OBSERVE_WIDE(bytes)                                                                                                             \
  HC_OBSERVE(__tsan_unaligned_read, bytes, ReadAny)                                                                                        \
  HC_OBSERVE(__tsan_unaligned_write, bytes, WriteAny)                                                                                      \
  HC_OBSERVE_BOTH(__tsan_unaligned_read_write, bytes, Any)                                                                                 \
  HC_OBSERVE(__tsan_unaligned_volatile_read, bytes, AtomicRead)                                                                            \
  HC_OBSERVE(__tsan_unaligned_volatile_write, bytes, AtomicWrite)
// A volatile access counts as atomic: it is how kernels spin on a flag.
#define HC_OBSERVE_SIZE(bytes)                                                                                                             \
  HC_OBSERVE(__tsan_read, bytes, Read)                                                                                                     \
  HC_OBSERVE(__tsan_write, bytes, Write)                                                                                                   \
  HC_OBSERVE_BOTH(__tsan_read_write, bytes, )                                                                                              \
  HC_OBSERVE(__tsan_volatile_read, bytes, AtomicRead)                                                                                      \
  HC_OBSERVE(__tsan_volatile_write, bytes, AtomicWrite)
HC_OBSERVE_SIZE(1)
HC_OBSERVE_SIZE(2)
HC_OBSERVE_SIZE(4)
HC_OBSERVE_SIZE(8)
HC_OBSERVE_SIZE(16)
HC_OBSERVE_WIDE(2)
HC_OBSERVE_WIDE(4)
HC_OBSERVE_WIDE(8)
HC_OBSERVE_WIDE(16)

void *rt___tsan_memmove(void *to, const void *from, size_t bytes) {
  void *pc = HC_PC;
  observe(from, bytes, AccessKind::ReadAny, pc);
  observe(to, bytes, AccessKind::WriteAny, pc);
  return memmove(to, from, bytes);
}
void *rt___tsan_memcpy(void *to, const void *from, size_t bytes) {
  void *pc = HC_PC;
  observe(from, bytes, AccessKind::ReadAny, pc);
  observe(to, bytes, AccessKind::WriteAny, pc);
  return memmove(to, from, bytes);
}
void *rt___tsan_memset(void *to, int value, size_t bytes) {
  observe(to, bytes, AccessKind::WriteAny, HC_PC);
  return memset(to, value, bytes);
}

#define HC_TABLE_ENTRY(name) reinterpret_cast<void *>(rt_##name),
} // namespace

CallTable callTable(bool instrumented) {
  static void *const plain[] = {HC_CALLS(HC_TABLE_ENTRY)};
  static void *const checked[] = {HC_CALLS(HC_TABLE_ENTRY) HC_CHECK_CALLS(HC_TABLE_ENTRY)};
  if (instrumented)
    return {checked, std::size(checked)};
  return {plain, std::size(plain)};
}

bool tryWarp(Block &block, unsigned w, unsigned mask) {
  Warp &warp = block.warps[w];
  unsigned need = mask & warp.alive;
  if (!need || (warp.arrived & need) != need)
    return false;
  Thread &first = block.threads[w * 32 + __builtin_ctz(need)];
  if (__builtin_expect(!warp.uniform, 0)) {
    for (unsigned lanes = need; lanes; lanes &= lanes - 1) {
      Thread &thread = block.threads[w * 32 + __builtin_ctz(lanes)];
      if (thread.collectiveMask == mask && thread.collective == first.collective)
        continue;
      if (thread.collectiveMask == mask)
        misuse(thread, FindingKind::Collective, "threads of one warp meet in different warp collectives", thread.pc);
      return false;
    }
  }
  if ((first.collective == HC_LDMATRIX || first.collective == HC_LDMATRIX_T) && block.launch->checker)
    for (unsigned lanes = need; lanes; lanes &= lanes - 1) {
      unsigned lane = __builtin_ctz(lanes);
      auto *slot = static_cast<hc_ldmatrix_slot *>(warp.slots[lane]);
      if (lane < 8 * slot->count)
        block.launch->checker->access(block.threads[w * 32 + lane], slot->row, 16, AccessKind::Read, first.pc);
    }
  if (first.collective < HC_WGMMA)
    runCollective(first.collective, warp.slots, need);
  else if (need == ~0u) // a warp that lost lanes has no defined result
    runWarpgroup(block, w, first.collective);
  warp.arrived &= ~need;
  if (warp.arrived)
    warp.uniform = false;
  if (first.collective == HC_SYNC) // shuffles and votes exchange values, but order no memory accesses
    ++warp.epoch;
  setReady(block, w, need);
  return true;
}

} // namespace fusion::host
