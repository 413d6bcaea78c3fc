// Checks a launch's memory accesses and barriers against CUDA's rules, and counts the bytes every buffer sees.
#pragma once
#include "Scheduler.h"

namespace fusion::host {

enum class AccessKind : uint8_t { Read, Write, AtomicRead, AtomicWrite, AtomicUpdate };

class Checker {
public:
  Checker(Launch &, const runtime::HostOptions &) {}
  void startBlock(Block &) {}
  void barrier(Thread &, void *) {}
  void barrierWithoutExited(Block &) {}
  void access(Thread &, const void *, size_t, AccessKind, void *) {}
  void asyncCopy(Thread &, const AsyncCopy &, bool, void *) {}
  void misaligned(Thread &, const void *, unsigned, void *) {}
  static std::string place(Checker *, void *) { return ""; }
};

} // namespace fusion::host
