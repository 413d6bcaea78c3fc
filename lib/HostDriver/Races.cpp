// Conflicts: two accesses to a byte, one of them a write, by threads that nothing orders.
//
// Threads of a block are ordered by its barriers, and by those of a part of it (bar.sync), threads of a warp also by __syncwarp. Blocks are
// ordered when one publishes what it did (a fence, then an atomic or volatile access) and the other then performs an atomic or volatile
// access.
#include "Checker.h"

namespace fusion::host {

Access Checker::accessOf(const Context &context) const {
  const Warp &warp = context.block.warps[context.thread.warp];
  return {context.block.run,
          context.block.epoch,
          static_cast<uint32_t>(static_cast<char *>(context.pc) - copy.begin),
          clock,
          static_cast<uint16_t>(context.thread.linear),
          static_cast<uint16_t>(warp.epoch),
          static_cast<uint16_t>(warp.partEpoch)};
}

bool Checker::orderedBlocks(const Access &old, const Block &block) const {
  return old.clock < runs[old.run - 1].published && old.clock < block.acquired;
}

bool Checker::ordered(const Access &old, const Context &context) const {
  if (old.run != context.block.run)
    return orderedBlocks(old, context.block);
  if (old.thread == context.thread.linear || old.epoch != context.block.epoch)
    return true;
  const Warp &warp = context.block.warps[context.thread.warp];
  if (metInPart(old, context))
    return true;
  return old.warp() == context.thread.warp && old.warpEpoch != static_cast<uint16_t>(warp.epoch);
}

/// Whether a barrier of a part of the block, which both warps came to, lies between them.
bool Checker::metInPart(const Access &old, const Context &context) const {
  const Warp &warp = context.block.warps[context.thread.warp];
  return warp.part && context.block.warps[old.warp()].part == warp.part && old.partEpoch != static_cast<uint16_t>(warp.partEpoch);
}

/// Whether both warps meet in parts of the block, but not in the same one.
bool Checker::partsApart(const Access &old, const Context &context) const {
  unsigned other = context.block.warps[old.warp()].part, own = context.block.warps[context.thread.warp].part;
  return other && own && other != own;
}

/// Whether all reads that the cell stands for come before a write now.
bool Checker::readersOrdered(const Cell &cell, const Context &context) const {
  const Access &last = cell.read;
  if (last.run != context.block.run || cell.flags & Cell::ManyBlocks)
    if (!orderedBlocks(last, context.block))
      return false;
  if (last.run != context.block.run || last.epoch != context.block.epoch)
    return true;
  if (metInPart(last, context) && !(cell.flags & Cell::ManyParts))
    return true;
  if (cell.flags & Cell::ManyWarps)
    return false;
  if (!(cell.flags & Cell::ManyThreads))
    return ordered(last, context);
  const Warp &warp = context.block.warps[context.thread.warp];
  return last.warp() == context.thread.warp && last.warpEpoch != static_cast<uint16_t>(warp.epoch);
}

void Checker::touch(const Context &context, Cell &cell, uint8_t mask, const char *address, bool isShared) {
  if (context.read)
    touchRead(context, cell, mask, address, isShared);
  if (context.write)
    touchWrite(context, cell, mask, address, isShared);
}

void Checker::touchRead(const Context &context, Cell &cell, uint8_t mask, const char *address, bool isShared) {
  if (isShared && checks.races && cell.flags & Cell::Pending)
    report(context.thread, FindingKind::AsyncCopyInFlight,
           "read of " + locate(address) + " before the copy issued at " + symbolizer.find(pcOf(cell.write)).text() + " was waited for",
           context.pc);
  else if (isShared && checks.uninitializedShared && (cell.initialized & mask) != mask)
    report(context.thread, FindingKind::UninitializedShared, "read of shared memory that the block has not written: " + locate(address),
           context.pc);
  if (!checks.races)
    return;
  bool bothAtomic = context.atomic && cell.flags & Cell::WriteAtomic;
  if (cell.writeMask & mask && !bothAtomic && !ordered(cell.write, context))
    conflict(context, cell.write, /*otherWrites=*/true, address);

  Access now = accessOf(context);
  if (cell.readMask) {
    const Access &last = cell.read;
    constexpr uint8_t kMany = Cell::ManyThreads | Cell::ManyWarps | Cell::ManyParts;
    if (last.run != now.run)
      cell.flags = (cell.flags & ~kMany) | Cell::ManyBlocks;
    else if (last.epoch != now.epoch)
      cell.flags &= ~kMany;
    else if (metInPart(last, context) && !(cell.flags & Cell::ManyParts))
      cell.flags &= ~kMany;
    else if (last.warp() != now.warp())
      cell.flags |= Cell::ManyWarps | (partsApart(last, context) ? Cell::ManyParts : 0);
    else if (last.warpEpoch != now.warpEpoch)
      cell.flags &= ~Cell::ManyThreads; // earlier readers of this warp are as ordered as this one
    else if (last.thread != now.thread)
      cell.flags |= Cell::ManyThreads;
  }
  cell.read = now;
  cell.readMask |= mask;
  if (!context.atomic)
    cell.flags |= Cell::ReadPlain;
}

void Checker::touchWrite(const Context &context, Cell &cell, uint8_t mask, const char *address, bool) {
  cell.initialized |= mask;
  if (!checks.races)
    return;
  bool bothAtomic = context.atomic && cell.flags & Cell::WriteAtomic;
  if (cell.writeMask & mask && !bothAtomic && !ordered(cell.write, context))
    conflict(context, cell.write, /*otherWrites=*/true, address);
  bool readersAtomic = context.atomic && !(cell.flags & Cell::ReadPlain);
  if (cell.readMask & mask && !readersAtomic && !readersOrdered(cell, context))
    conflict(context, cell.read, /*otherWrites=*/false, address);

  Access now = accessOf(context);
  bool sameInterval = cell.writeMask && cell.write.run == now.run && cell.write.thread == now.thread && cell.write.epoch == now.epoch &&
                      cell.write.partEpoch == now.partEpoch;
  cell.writeMask = sameInterval ? cell.writeMask | mask : mask;
  cell.write = now;
  cell.readMask = 0;
  cell.flags = (cell.flags & Cell::Pending) | (context.atomic ? Cell::WriteAtomic : 0);
}

void Checker::conflict(const Context &context, const Access &other, bool otherWrites, const char *address) {
  bool between = other.run != context.block.run;
  bool self = !between && other.thread == context.thread.linear; // one of several readers; the cell remembers the last only
  std::string what = std::string(context.write ? "write of " : "read of ") + locate(address) + " conflicts with the " +
                     (otherWrites ? "write" : "read") + " at " + symbolizer.find(pcOf(other)).text() + " by " +
                     (self ? "another thread" : who(other));
  report(context.thread, between ? FindingKind::BlockRace : FindingKind::Race, what, context.pc, pcOf(other),
         context.write * 2 + otherWrites);
}

std::string Checker::who(const Access &access) const {
  const Extent3 &shape = launch.block, &grid = launch.grid;
  unsigned t = access.thread;
  uint64_t b = runs[access.run - 1].linear;
  hc_dim thread{t % shape.x, t / shape.x % shape.y, t / shape.x / shape.y};
  hc_dim block{static_cast<unsigned>(b % grid.x), static_cast<unsigned>(b / grid.x % grid.y), static_cast<unsigned>(b / grid.x / grid.y)};
  return "thread " + describe(thread) + ", block " + describe(block);
}

} // namespace fusion::host
