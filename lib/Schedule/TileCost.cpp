// Shares a multiprocessor among resident blocks and runs them in waves.
#include "TileCost.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace fusion;

int64_t fusion::residentBlocks(const BlockCost &block, const DeviceSpec &spec) {
  if (block.sharedBytes > spec.sharedPerBlock || block.registers > 255)
    return 0;
  // Each of four schedulers has a quarter of the registers, and gives them out in eights per thread.
  int64_t warps = 4 * (spec.registersPerMultiprocessor / 4 / (32 * ((block.registers + 7) / 8 * 8)));
  return std::min({spec.sharedPerMultiprocessor / (block.sharedBytes + 1024), spec.threadsPerMultiprocessor / block.threads,
                   warps / (block.threads / 32), int64_t(24)});
}

double fusion::deviceCycles(const BlockCost &block, double blocks, const DeviceSpec &spec) {
  int64_t resident = residentBlocks(block, spec);
  if (resident == 0)
    return std::numeric_limits<double>::infinity();
  double clock = spec.clock(), units = double(spec.multiprocessors);
  double multiplyRate = spec.fp32Rate / (64 * units * clock); // warp multiply-adds per cycle and multiprocessor: 2 or 4
  double schedulers = std::min(4.0, double(block.threads) / 32);
  // Few warps leave issue slots empty while they wait for each other and for operands; as measured on windows of many shapes.
  double warps = double(resident * block.threads) / 32, filled = block.fill > 0 ? 1 - std::exp(-warps / block.fill) : 1;
  // What the block keeps busy: nobody else can use it meanwhile.
  double busy[] = {block.issued / 4 / filled,
                   block.multiplies / multiplyRate,
                   block.tensor,
                   block.shared,
                   block.bytes / kL2BytesPerCycle,
                   block.memory * units * clock / spec.bandwidth};
  double most = *std::max_element(std::begin(busy), std::end(busy));
  double work = most + (std::accumulate(std::begin(busy), std::end(busy), 0.0) - most) * kImperfectOverlap;
  // What it waits for beside that. Resident blocks take turns at the busy resource as customers of one server do (mean value analysis):
  // `queued` blocks are found there by one that comes back from waiting.
  double waits = std::max(0.0, block.issued / schedulers - work) + block.latency + (block.fill > 0 ? work / 4 : 0); // for the slowest warp
  if (block.alone > 0)
    waits = std::max(0.0, block.alone - work);
  auto roundOf = [&](int64_t blocksTogether) {
    double queued = 0, cycle = 0;
    for (int64_t n = 1; n <= blocksTogether; ++n) {
      double there = work * (1 + queued);
      cycle = waits + there;
      queued = double(n) * there / cycle;
    }
    return cycle;
  };
  double perRound = double(resident) * units, rounds = std::floor(blocks / perRound);
  double left = std::ceil((blocks - rounds * perRound) / units);
  double round = roundOf(resident), tail = left > 0 ? roundOf(int64_t(left)) : 0;
  // Many rounds run into each other, so that the last one costs its share and not a whole round.
  if (rounds >= 4)
    tail = round * left / double(resident);
  return rounds * round + tail;
}
