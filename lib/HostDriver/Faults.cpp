// Turns what a kernel does to its process (faults, endless loops) into findings, so that a wrong kernel never ends or hangs it.
#include "Checker.h"
#include "Scheduler.h"
#include <chrono>
#include <csignal>
#include <ucontext.h>

namespace fusion::host {
namespace {
// The last one interrupts a kernel on behalf of the watchdog.
const int kInterrupt = SIGRTMIN + 5;
const int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, kInterrupt};
std::mutex guardMutex;
int guardCount = 0;
struct sigaction previous[std::size(kSignals)];

std::string describeFault(int number, const siginfo_t &info, const Worker &worker) {
  if (number == SIGFPE)
    return "integer division by zero or overflow";
  if (number == SIGILL)
    return "an illegal instruction";
  const char *address = static_cast<const char *>(info.si_addr);
  const Fiber *fiber = worker.current;
  if (fiber && address >= fiber->mapping && address < fiber->stack)
    return "the thread's local memory is larger than the host driver's stacks (128 KiB)";
  if (number == SIGSEGV && info.si_code == SI_KERNEL)
    return "an access to an address that is no device address of this driver";
  return "an illegal access: " + worker.launch->memory->locate(address);
}

void onFault(int number, siginfo_t *info, void *context) {
  Worker *worker = activeWorker;
  if (!worker) { // not ours: as if no handler had been installed
    for (size_t i = 0; i < std::size(kSignals); ++i)
      if (kSignals[i] == number)
        sigaction(number, &previous[i], nullptr);
    return; // the faulting instruction runs again
  }
  if (worker->launch->checker && worker->launch->checker->foundOutOfBounds()) { // the finding is there already, with its line
    worker->launch->stop = true;
    siglongjmp(worker->escape, 1);
  }
  auto &thread = **worker->currentSlot;
  auto &registers = static_cast<ucontext_t *>(context)->uc_mcontext.gregs;
  Finding finding{FindingKind::IllegalAddress, ""};
  finding.thread = {thread.index.x, thread.index.y, thread.index.z};
  finding.block = {worker->block.index.x, worker->block.index.y, worker->block.index.z};
  finding.text = worker->faultText(describeFault(number, *info, *worker), reinterpret_cast<void *>(registers[REG_RIP] + 1));
  worker->launch->report(std::move(finding), /*fatal=*/true);
  siglongjmp(worker->escape, 1);
}

void onInterrupt(int, siginfo_t *, void *context) {
  Worker *worker = activeWorker;
  if (!worker || !worker->launch->stop)
    return;
  // Only a kernel's own code may be left anywhere: the driver's may hold a lock, and looks at `stop` by itself.
  auto *pc = reinterpret_cast<char *>(static_cast<ucontext_t *>(context)->uc_mcontext.gregs[REG_RIP]);
  if (pc >= worker->copy->begin && pc < worker->copy->end)
    siglongjmp(worker->escape, 1);
}
} // namespace

Watchdog::Watchdog(Launch &launch, std::vector<Worker *> workers, double seconds)
    : launch(launch), workers(std::move(workers)), thread([this, seconds] { watch(seconds); }) {}

Watchdog::~Watchdog() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    over = true;
  }
  wake.notify_all();
  thread.join();
}

void Watchdog::watch(double seconds) {
  std::unique_lock<std::mutex> lock(mutex);
  if (seconds <= 0 || wake.wait_for(lock, std::chrono::duration<double>(seconds), [&] { return over; }))
    return;
  launch.report({FindingKind::Timeout, "the kernel ran longer than the time limit of " + std::to_string(seconds) + " s"}, /*fatal=*/true);
  while (!wake.wait_for(lock, std::chrono::milliseconds(10), [&] { return over; }))
    for (Worker *worker : workers)
      if (worker->running)
        pthread_kill(worker->osThread, kInterrupt);
}

FaultGuard::FaultGuard() {
  std::lock_guard<std::mutex> lock(guardMutex);
  if (guardCount++)
    return;
  struct sigaction action = {};
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (size_t i = 0; i < std::size(kSignals); ++i) {
    action.sa_sigaction = kSignals[i] == kInterrupt ? onInterrupt : onFault;
    sigaction(kSignals[i], &action, &previous[i]);
  }
}

FaultGuard::~FaultGuard() {
  std::lock_guard<std::mutex> lock(guardMutex);
  if (--guardCount)
    return;
  for (size_t i = 0; i < std::size(kSignals); ++i)
    sigaction(kSignals[i], &previous[i], nullptr);
}

} // namespace fusion::host
