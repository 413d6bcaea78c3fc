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

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
// ThreadSanitizer follows the calls of a thread: it is told which stack goes on.
extern "C" void *__tsan_create_fiber(unsigned flags);
extern "C" void __tsan_destroy_fiber(void *fiber);
extern "C" void *__tsan_get_current_fiber();
extern "C" void __tsan_switch_to_fiber(void *fiber, unsigned flags);
#define TSAN(...) __VA_ARGS__
#else
#define TSAN(...)
#endif

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
  TSAN(fiber->sanitizer = __tsan_create_fiber(0);)
  worker.fibers.push_back(fiber);
  return fiber;
}

void fiberHop(Worker &worker, Fiber &to) {
  Fiber *from = worker.current;
  worker.current = &to;
  TSAN(if (!from->mapping) from->sanitizer = __tsan_get_current_fiber(); // the thread's own stack
       __tsan_switch_to_fiber(to.sanitizer, 0);)
  fusion_host_switch(&from->stackPointer, to.stackPointer, &to);
}

void Worker::dropFibers() {
  for (Fiber *fiber : fibers) {
    TSAN(__tsan_destroy_fiber(fiber->sanitizer);)
    munmap(fiber->mapping, fiber->stack + fiber->size - fiber->mapping);
    delete fiber;
  }
  fibers.clear();
  freeFibers.clear();
}

Worker::~Worker() { dropFibers(); }

} // namespace fusion::host
