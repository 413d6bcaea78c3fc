// Turns the faults of a kernel (bad addresses, division by zero) into findings, so that a wrong kernel never ends the process.
#include "Checker.h"
#include "Scheduler.h"
#include <mutex>
#include <signal.h>
#include <ucontext.h>

namespace fusion::host {
namespace {
constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
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
} // namespace

FaultGuard::FaultGuard() {
  std::lock_guard<std::mutex> lock(guardMutex);
  if (guardCount++)
    return;
  struct sigaction action = {};
  action.sa_sigaction = onFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (size_t i = 0; i < std::size(kSignals); ++i)
    sigaction(kSignals[i], &action, &previous[i]);
}

FaultGuard::~FaultGuard() {
  std::lock_guard<std::mutex> lock(guardMutex);
  if (--guardCount)
    return;
  for (size_t i = 0; i < std::size(kSignals); ++i)
    sigaction(kSignals[i], &previous[i], nullptr);
}

} // namespace fusion::host
