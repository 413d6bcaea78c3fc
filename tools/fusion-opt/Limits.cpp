// Splits the tool into a child that compiles under limits and a parent that watches it: a hostile model ends in an error, not in a full
// machine.
#include "Limits.h"
#include "../common/Tool.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace fusion::tools;

namespace {

/// The child's status; nothing when it had to be killed for its time.
std::optional<int> await(pid_t child, double seconds) {
  using Clock = std::chrono::steady_clock;
  auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  sigset_t ended;
  sigemptyset(&ended);
  sigaddset(&ended, SIGCHLD);
  for (;;) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child)
      return status;
    auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(end - Clock::now()).count();
    if (left <= 0) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      return std::nullopt;
    }
    timespec wait{time_t(left / 1000000000), long(left % 1000000000)};
    (void)::sigtimedwait(&ended, nullptr, &wait);
  }
}

} // namespace

std::optional<int> fusion::tools::superviseSelf(const Limits &limits) {
  if (limits.seconds <= 0 && limits.mebibytes <= 0)
    return std::nullopt;
  sigset_t ended, before;
  sigemptyset(&ended);
  sigaddset(&ended, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &ended, &before);
  llvm::outs().flush();
  pid_t child = ::fork();
  if (child <= 0) {
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    if (child < 0)
      return std::nullopt; // no process to be had: better without limits than not at all
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (limits.mebibytes > 0) {
      rlimit memory{rlim_t(limits.mebibytes) << 20, rlim_t(limits.mebibytes) << 20};
      (void)::setrlimit(RLIMIT_AS, &memory);
    }
    return std::nullopt;
  }
  std::optional<int> status = await(child, limits.seconds > 0 ? limits.seconds : 1e9);
  if (!status) {
    llvm::errs() << llvm::formatv(
        "error: expected to compile within {0} s, but it takes longer; raise --limit-seconds if the model is to be "
        "trusted\n",
        limits.seconds);
    return Diagnosed;
  }
  if (WIFEXITED(*status))
    return WEXITSTATUS(*status);
  int signal = WTERMSIG(*status);
  llvm::errs() << llvm::formatv(
      "error: the compiler died with signal {0} ({1}) under a limit of {2} MiB of memory; raise --limit-memory if the model "
      "is large and to be trusted\n",
      signal, strsignal(signal), limits.mebibytes);
  return limits.mebibytes > 0 && signal == SIGABRT ? int(Diagnosed) : 128 + signal; // what LLVM does when its memory ends
}
