// Checks a launch's memory accesses and barriers against CUDA's rules, and counts the bytes every buffer sees.
//
// The kernel is compiled with clang's -fsanitize=thread, whose callbacks arrive here instead of in the sanitizer's own runtime.
#pragma once
#include "Memory.h"
#include "Module.h"
#include "Scheduler.h"
#include "Shadow.h"
#include "Symbolizer.h"
#include <map>

namespace fusion::host {

/// `Any` promises nothing about alignment.
enum class AccessKind : uint8_t { Read, Write, ReadAny, WriteAny, AtomicRead, AtomicWrite, AtomicUpdate };

class Checker {
public:
  Checker(Launch &launch, const ModuleCopy &copy, const Image &image, std::vector<Buffer> buffers, const runtime::HostOptions &options);

  void startBlock(Block &block);
  void barrier(Thread &thread, void *pc, void *other); ///< the thread arrives at another barrier than those before it
  void barrierWithoutExited(Block &block);
  void fence(Thread &thread);
  void access(Thread &thread, const void *address, size_t bytes, AccessKind kind, void *pc);
  void asyncCopy(Thread &thread, const AsyncCopy &copy, bool done, void *pc);
  void misaligned(Thread &thread, const void *address, unsigned bytes, void *pc);

  bool foundOutOfBounds() const { return outOfBounds; }
  std::vector<runtime::BufferTraffic> traffic() const;
  /// " at file:line", or nothing without a checker.
  static std::string place(Checker *checker, void *pc);

private:
  struct BufferState {
    Buffer buffer;
    Shadow shadow;
    ByteSet read, written;
    uint64_t accessedRead = 0, accessedWritten = 0;
    std::vector<uint64_t> writtenBy; ///< bytes by thread number
  };
  struct Run {
    uint64_t linear;        ///< the block
    uint32_t fenced = 0;    ///< accesses with an earlier clock came before its last fence
    uint32_t published = 0; ///< ... and before an atomic operation after that fence
  };
  struct Context { ///< of one access, handed down to the tests
    Thread &thread;
    Block &block;
    bool read, write, atomic;
    void *pc;
  };

  void accessGlobal(const Context &context, BufferState &state, const char *address, size_t bytes);
  void accessShared(const Context &context, const char *address, size_t bytes);
  void accessOther(const Context &context, const char *address, size_t bytes);
  void count(BufferState &state, const Context &context, size_t offset, size_t bytes);
  void touch(const Context &context, Cell &cell, uint8_t mask, const char *address, bool shared);
  void touchRead(const Context &context, Cell &cell, uint8_t mask, const char *address, bool shared);
  void touchWrite(const Context &context, Cell &cell, uint8_t mask, const char *address, bool shared);
  bool ordered(const Access &old, const Context &context) const;
  bool orderedBlocks(const Access &old, const Block &block) const;
  bool metInPart(const Access &old, const Context &context) const;
  bool partsApart(const Access &old, const Context &context) const;
  bool readersOrdered(const Cell &cell, const Context &context) const;
  Access accessOf(const Context &context) const;
  void conflict(const Context &context, const Access &other, bool otherWrites, const char *address);
  BufferState *findBuffer(const char *address);
  const Symbol *findShared(const char *address);

  void report(const Thread &thread, FindingKind kind, const std::string &what, void *pc, const void *otherPc = nullptr, int detail = 0);
  std::string locate(const char *address); ///< "x+16" or "shared tile+16"
  std::string who(const Access &access) const;
  void *pcOf(const Access &access) const { return copy.begin + access.pc; }

  Launch &launch;
  const ModuleCopy &copy;
  runtime::HostChecks checks; ///< all off when only bytes are counted
  bool counting;
  std::vector<BufferState> buffers;
  BufferState *lastBuffer = nullptr;
  const Symbol *lastShared = nullptr;
  Shadow shared;
  std::vector<Run> runs;
  uint32_t clock = 1; ///< advances at every fence and atomic operation
  bool outOfBounds = false;
  Symbolizer symbolizer;
  std::map<std::tuple<FindingKind, const void *, const void *, int>, size_t> seen;
};

} // namespace fusion::host
