// Time of a kernel from what one block of it keeps busy and how long it waits: the one formula behind every tile choice.
#pragma once
#include "fusion/Schedule/DeviceSpec.h"
#include "fusion/Schedule/Tiles.h"

namespace fusion {

inline int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t roundUp(int64_t a, int64_t b) { return ceilDiv(a, b) * b; }
inline int64_t volume(const Extents &e) { return e[0] * e[1] * e[2]; }

/// What one block does. Instructions are counted per warp.
struct BlockCost {
  double issued = 0;     ///< warp instructions, multiply-adds included
  double multiplies = 0; ///< warp multiply-adds
  double tensor = 0;     ///< cycles of a multiprocessor's tensor cores
  double shared = 0;     ///< 128-byte wavefronts of shared memory
  double bytes = 0;      ///< between L2 and the block
  double memory = 0;     ///< bytes between memory and L2, without what neighbours bring anyway
  double latency = 0;    ///< cycles that the block takes when it has a multiprocessor to itself, beyond its issue
  double alone = 0;      ///< all the cycles that it takes then, where that is known better than by issue and latency; else 0
  int64_t threads = 256, sharedBytes = 0, registers = 128;
  double fill = 0; ///< warps that fill 63 % of the issue slots of a block of phases apart by barriers; 0 for a pipeline
};

/// Blocks of this cost that share a multiprocessor; 0 when not even one fits.
int64_t residentBlocks(const BlockCost &block, const DeviceSpec &spec);
/// Cycles for `blocks` blocks on the whole device; infinite when none fits.
double deviceCycles(const BlockCost &block, double blocks, const DeviceSpec &spec);

/// Cycles until a load from L2 or memory can be used while all multiprocessors load; until one from shared memory can; what a barrier
/// costs.
constexpr double kLoadLatency = 1200, kSharedLatency = 35, kBarrier = 150;
/// Bytes that L2 gives one multiprocessor per cycle when all of them ask.
constexpr double kL2BytesPerCycle = 24;

/// Share of the lesser resources' time that the busiest one does not cover.
constexpr double kImperfectOverlap = 0.125;

} // namespace fusion
