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
  // What the block keeps busy: nobody else can use it meanwhile.
  double busy[] = {block.issued / 4, block.multiplies / multiplyRate, block.shared, block.bytes / kL2BytesPerCycle,
                   block.memory * units * clock / spec.bandwidth};
  double most = *std::max_element(std::begin(busy), std::end(busy));
  double work = most + (std::accumulate(std::begin(busy), std::end(busy), 0.0) - most) * kImperfectOverlap;
  // What it takes alone: others fill the gaps.
  double alone = std::max(work, block.issued / schedulers) + block.latency;
  double perRound = double(resident) * units, rounds = std::floor(blocks / perRound);
  double left = std::ceil((blocks - rounds * perRound) / units);
  double tail = left > 0 ? std::max(left * work, alone) : 0;
  // Many rounds run into each other, so that the last one costs its share and not a whole round.
  if (rounds >= 4)
    tail = std::max(left * work, alone * left / double(resident));
  return rounds * std::max(double(resident) * work, alone) + tail;
}
