// Finds the buffer or shared array of every access, tests bounds and initialisation, counts, and words the findings.
#include "Checker.h"
#include <algorithm>

namespace fusion::host {
namespace {
constexpr size_t kMaxFindings = 20; // distinct ones per launch; more repeat the same mistake
runtime::HostChecks noChecks() {
  runtime::HostChecks checks;
  checks.races = checks.bounds = checks.uninitializedShared = checks.uninitializedGlobal = checks.misaligned = checks.divergence = false;
  return checks;
}
std::string bytesText(size_t bytes) { return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes"); }
Block &blockOf(const Thread &thread) { return *static_cast<Block *>(thread.block); }
} // namespace

Checker::Checker(Launch &launch, const ModuleCopy &copy, const Image &image, std::vector<Buffer> list, const runtime::HostOptions &options)
    : launch(launch), copy(copy), checks(options.sanitize ? options.checks : noChecks()), counting(options.countBytes),
      shared(copy.dataEnd - copy.dataBegin), symbolizer(copy, image) {
  for (Buffer &buffer : list) {
    size_t bytes = buffer.end - buffer.begin;
    buffers.push_back({std::move(buffer), Shadow(bytes), ByteSet(bytes), ByteSet(bytes)});
  }
}

void Checker::startBlock(Block &block) {
  runs.push_back({block.linear});
  block.run = static_cast<unsigned>(runs.size());
}

void Checker::access(Thread &thread, const void *pointer, size_t bytes, AccessKind kind, void *pc) {
  auto *address = static_cast<const char *>(pointer);
  const Fiber *fiber = activeWorker->current;
  if (!bytes || (address >= fiber->stack && address < fiber->stack + fiber->size))
    return;
  bool update = kind == AccessKind::AtomicUpdate, atomic = kind >= AccessKind::AtomicRead;
  bool write = update || kind == AccessKind::Write || kind == AccessKind::WriteAny || kind == AccessKind::AtomicWrite;
  Context context{thread, blockOf(thread), update || !write, write, atomic, pc};
  bool aligned = kind == AccessKind::ReadAny || kind == AccessKind::WriteAny || bytes > 8 || bytes & (bytes - 1) ||
                 !(reinterpret_cast<uintptr_t>(address) & (bytes - 1));
  if (!aligned)
    misaligned(thread, address, static_cast<unsigned>(bytes), pc);
  if (address >= copy.dataBegin && address < copy.dataEnd)
    accessShared(context, address, bytes);
  else if (BufferState *state = findBuffer(address))
    accessGlobal(context, *state, address, bytes);
  else
    accessOther(context, address, bytes);
  if (atomic) { // what this block does from here on comes after everything that was published
    Run &run = runs[context.block.run - 1];
    run.published = run.fenced;
    context.block.acquired = ++clock;
  }
}

void Checker::fence(Thread &thread) { runs[blockOf(thread).run - 1].fenced = ++clock; }

Checker::BufferState *Checker::findBuffer(const char *address) {
  if (lastBuffer && address >= lastBuffer->buffer.begin && address < lastBuffer->buffer.end)
    return lastBuffer;
  auto after = std::upper_bound(buffers.begin(), buffers.end(), address,
                                [](const char *a, const BufferState &state) { return a < state.buffer.begin; });
  // Named ranges may overlap: the one that begins last is the most specific.
  while (after != buffers.begin()) {
    --after;
    if (address < after->buffer.end)
      return lastBuffer = &*after;
  }
  return nullptr;
}

void Checker::accessGlobal(const Context &context, BufferState &state, const char *address, size_t bytes) {
  const Buffer &buffer = state.buffer;
  if (bytes > static_cast<size_t>(buffer.end - address)) {
    if (checks.bounds) {
      outOfBounds = true;
      report(context.thread, FindingKind::OutOfBounds,
             std::string(context.write ? "write" : "read") + " of " + bytesText(bytes) + " at offset " +
                 std::to_string(address - buffer.begin) + " runs past " + buffer.name + " (" + bytesText(buffer.end - buffer.begin) + ")",
             context.pc);
    }
    bytes = buffer.end - address;
  }
  if (counting)
    count(state, context, address - buffer.begin, bytes);
  size_t inAllocation = address - buffer.allocation->begin;
  if (checks.uninitializedGlobal && context.read && !buffer.allocation->written.contains(inAllocation, bytes))
    report(context.thread, FindingKind::UninitializedGlobal, "read of device memory that nothing has written: " + locate(address),
           context.pc);
  if (context.write)
    buffer.allocation->written.set(inAllocation, bytes);
  if (!checks.races)
    return;
  for (size_t offset = address - buffer.begin, end = offset + bytes; offset < end;) {
    size_t first = offset % Shadow::kCellBytes, last = std::min(first + (end - offset), Shadow::kCellBytes);
    uint8_t mask = ((1u << last) - 1) & ~((1u << first) - 1);
    touch(context, state.shadow.at(offset), mask, buffer.begin + offset, /*shared=*/false);
    offset += last - first;
  }
}

void Checker::count(BufferState &state, const Context &context, size_t offset, size_t bytes) {
  if (context.read) {
    state.accessedRead += bytes;
    state.read.set(offset, bytes);
  }
  if (context.write) {
    state.accessedWritten += bytes;
    size_t thread = context.thread.linear;
    if (state.writtenBy.size() <= thread)
      state.writtenBy.resize(thread + 1);
    state.writtenBy[thread] += bytes;
    state.written.set(offset, bytes);
  }
}

std::vector<runtime::BufferTraffic> Checker::traffic() const {
  std::vector<runtime::BufferTraffic> result;
  if (!counting)
    return result;
  for (const BufferState &state : buffers)
    if (state.accessedRead || state.accessedWritten) {
      uint64_t busiest = state.writtenBy.empty() ? 0 : *std::max_element(state.writtenBy.begin(), state.writtenBy.end());
      result.push_back({state.buffer.name, state.read.size(), state.written.size(), state.accessedRead, state.accessedWritten, busiest});
    }
  return result;
}

const Symbol *Checker::findShared(const char *address) {
  if (lastShared && address >= lastShared->begin && address < lastShared->end)
    return lastShared;
  auto after = std::upper_bound(copy.symbols.begin(), copy.symbols.end(), address,
                                [](const char *a, const Symbol &symbol) { return a < symbol.begin; });
  if (after == copy.symbols.begin())
    return nullptr;
  return lastShared = &*std::prev(after); // it may end before the address: the caller looks
}

void Checker::accessShared(const Context &context, const char *address, size_t bytes) {
  const Symbol *symbol = findShared(address);
  if (checks.bounds) {
    bool dynamic = symbol && symbol->begin == copy.dynamicShared;
    const char *end = !symbol ? address : dynamic ? symbol->begin + launch.dynamicShared : symbol->end;
    if (address + bytes > end) {
      outOfBounds = true;
      std::string array = !symbol ? "every shared array" : dynamic ? "dynamic shared memory" : "shared array " + symbol->name;
      size_t size = symbol ? end - symbol->begin : 0;
      report(context.thread, FindingKind::OutOfBounds,
             std::string(context.write ? "write" : "read") + " of " + bytesText(bytes) +
                 (symbol ? " at offset " + std::to_string(address - symbol->begin) : "") + " is outside " + array +
                 (symbol ? " (" + bytesText(size) + ")" : ""),
             context.pc);
    }
  }
  if (!checks.races && !checks.uninitializedShared)
    return;
  for (size_t offset = address - copy.dataBegin, end = std::min<size_t>(offset + bytes, copy.dataEnd - copy.dataBegin); offset < end;) {
    size_t first = offset % Shadow::kCellBytes, last = std::min(first + (end - offset), Shadow::kCellBytes);
    uint8_t mask = ((1u << last) - 1) & ~((1u << first) - 1);
    Cell &cell = shared.at(offset);
    if (cell.owner != context.block.run) {
      cell = Cell();
      cell.owner = context.block.run;
    }
    touch(context, cell, mask, copy.dataBegin + offset, /*shared=*/true);
    offset += last - first;
  }
}

void Checker::accessOther(const Context &context, const char *address, size_t bytes) {
  if (!context.write && address >= copy.begin && address < copy.end)
    return; // constants
  for (const Fiber *fiber : activeWorker->fibers)
    if (address >= fiber->stack && address < fiber->stack + fiber->size) {
      report(context.thread, FindingKind::ForeignStack, "an address of a local variable was given to another thread", context.pc);
      return;
    }
  if (!checks.bounds)
    return;
  outOfBounds = true;
  const Allocation *inside = launch.memory->find(address);
  std::string where = launch.memory->locate(address);
  if (inside)
    where += ", a part that no argument of the kernel points to";
  report(context.thread, FindingKind::OutOfBounds, std::string(context.write ? "write" : "read") + " of " + bytesText(bytes) + " " + where,
         context.pc);
}

void Checker::asyncCopy(Thread &thread, const AsyncCopy &copyOf, bool done, void *pc) {
  if (!done)
    access(thread, copyOf.from, copyOf.sourceBytes, AccessKind::Read, pc);
  auto *to = static_cast<const char *>(copyOf.to);
  bool inShared = to >= copy.dataBegin && to + copyOf.bytes <= copy.dataEnd;
  auto mark = [&](bool pending) {
    if (inShared && checks.races)
      for (size_t k = 0; k < copyOf.bytes; k += Shadow::kCellBytes) {
        uint8_t &flags = shared.at(to + k - copy.dataBegin).flags;
        flags = pending ? flags | Cell::Pending : flags & ~Cell::Pending;
      }
  };
  // The bytes may land any time between issue and wait: a write at both ends.
  mark(false);
  access(thread, to, copyOf.bytes, AccessKind::Write, pc);
  mark(!done);
}

void Checker::misaligned(Thread &thread, const void *address, unsigned bytes, void *pc) {
  if (checks.misaligned)
    report(thread, FindingKind::Misaligned,
           "an access of " + bytesText(bytes) + " at an address that is " +
               std::to_string(reinterpret_cast<uintptr_t>(address) & (bytes - 1)) + " past a multiple of it, " +
               locate(static_cast<const char *>(address)),
           pc);
}

void Checker::barrier(Thread &thread, void *pc, void *other) {
  if (checks.divergence)
    report(thread, FindingKind::DivergentBarrier,
           "threads of one block meet at different barriers, the other at " + symbolizer.find(other).text(), pc, other);
}

void Checker::barrierWithoutExited(Block &block) {
  if (!checks.divergence)
    return;
  auto exited = std::find_if(block.threads.begin(), block.threads.end(), [&](const Thread &thread) { return !isAlive(block, thread); });
  report(*exited, FindingKind::DivergentBarrier,
         std::to_string(block.threadCount - block.live) + " threads exited before a barrier that the others wait at", block.barrierPc);
}

std::string Checker::place(Checker *checker, void *pc) {
  if (!checker)
    return "";
  return " at " + checker->symbolizer.find(pc).text();
}

std::string Checker::locate(const char *address) {
  if (address >= copy.dataBegin && address < copy.dataEnd) {
    const Symbol *symbol = findShared(address);
    if (!symbol)
      return "shared memory";
    bool dynamic = symbol->begin == copy.dynamicShared;
    return (dynamic ? "dynamic shared memory" : "shared " + symbol->name) + "+" + std::to_string(address - symbol->begin);
  }
  BufferState *state = findBuffer(address);
  return state ? state->buffer.name + "+" + std::to_string(address - state->buffer.begin) : "no buffer";
}

void Checker::report(const Thread &thread, FindingKind kind, const std::string &what, void *pc, const void *otherPc, int detail) {
  auto [it, isNew] = seen.try_emplace({kind, pc, otherPc, detail}, launch.findings.size());
  if (!isNew) {
    if (it->second < launch.findings.size())
      ++launch.findings[it->second].count;
    return;
  }
  if (launch.findings.size() >= kMaxFindings) {
    it->second = SIZE_MAX;
    return;
  }
  const Block &block = blockOf(thread);
  const SourcePlace &place = symbolizer.find(pc);
  Finding finding{kind, what + "; " + place.text() + ", thread " + describe(thread.index) + ", block " + describe(block.index)};
  finding.file = place.file;
  finding.line = place.line;
  finding.thread = {thread.index.x, thread.index.y, thread.index.z};
  finding.block = {block.index.x, block.index.y, block.index.z};
  launch.report(std::move(finding), /*fatal=*/false);
}

} // namespace fusion::host
