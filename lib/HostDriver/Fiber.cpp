// Fibers: stacks with a guard page, and the switch between them (x86-64).
#include "Scheduler.h"
#include <sys/mman.h>

#if !defined(__x86_64__)
#error "the host driver switches fibers in x86-64 assembly; configure without it on other machines"
#endif

extern "C" __attribute__((visibility("hidden"))) void fusion_host_switch(void **save, void *to, void *argument);
extern "C" __attribute__((visibility("hidden"))) void fusion_host_start();
extern "C" __attribute__((visibility("hidden"), used)) void fusion_host_fiber(fusion::host::Fiber *fiber) {
  fusion::host::runFiber(*fiber);
  __builtin_unreachable();
}
asm(R"(
.text
.globl fusion_host_switch
.hidden fusion_host_switch
.type fusion_host_switch,@function
.p2align 4
fusion_host_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  popq %rcx
  jmp *%rcx
.size fusion_host_switch,.-fusion_host_switch
.globl fusion_host_start
.hidden fusion_host_start
.type fusion_host_start,@function
fusion_host_start:
  movq %rdx, %rdi
  call fusion_host_fiber
  ud2
.size fusion_host_start,.-fusion_host_start
)");

namespace fusion::host {
namespace {
constexpr size_t kStackBytes = 128 << 10;
// As large as a GPU thread's local memory: no frame steps over it.
constexpr size_t kGuardBytes = 512 << 10;
} // namespace

Fiber *newFiber(Worker &worker) {
  constexpr size_t kBytes = kGuardBytes + kStackBytes;
  void *memory = mmap(nullptr, kBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    return nullptr;
  char *stack = static_cast<char *>(memory) + kGuardBytes;
  if (mprotect(stack, kStackBytes, PROT_READ | PROT_WRITE) != 0) {
    munmap(memory, kBytes);
    return nullptr;
  }
  auto *fiber = new Fiber;
  fiber->size = kStackBytes;
  fiber->worker = &worker;
  fiber->mapping = static_cast<char *>(memory);
  fiber->stack = stack;
  // Stacks are page-aligned: without an offset of their own, the hot lines of all of them would share a few cache sets.
  size_t color = worker.fibers.size() * 5 % 64 * 64;
  uintptr_t top = (reinterpret_cast<uintptr_t>(fiber->stack) + kStackBytes - color - 64) & ~uintptr_t(15);
  void **sp = reinterpret_cast<void **>(top);
  *--sp = nullptr;
  *--sp = nullptr;
  *--sp = reinterpret_cast<void *>(fusion_host_start);
  for (int saved = 0; saved < 6; ++saved)
    *--sp = nullptr;
  fiber->stackPointer = sp;
  worker.fibers.push_back(fiber);
  return fiber;
}

void fiberHop(Worker &worker, Fiber &to) {
  Fiber *from = worker.current;
  worker.current = &to;
  fusion_host_switch(&from->stackPointer, to.stackPointer, &to);
}

void Worker::dropFibers() {
  for (Fiber *fiber : fibers) {
    munmap(fiber->mapping, fiber->stack + fiber->size - fiber->mapping);
    delete fiber;
  }
  fibers.clear();
  freeFibers.clear();
}

Worker::~Worker() { dropFibers(); }

} // namespace fusion::host
