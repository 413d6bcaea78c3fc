// Tiles of matrix products and of elementwise kernels.
#include "TileCost.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace fusion;

/// One block of a matrix product: per k its share of both operands comes in and every thread multiplies its register tile.
static BlockCost matmulBlock(const MatmulTile &t, int64_t k, const ElementWork &work) {
  BlockCost b;
  b.threads = t.threads, b.sharedBytes = t.sharedBytes();
  double warps = double(t.threads) / 32, depth = double(k), steps = std::ceil(depth / double(t.depth));
  double multiplies = double(t.tm * t.tn), quads = double(t.tm + t.tn) / 4, perThread = double(t.rows + t.cols) / double(t.threads);
  double lanesN = double(std::min<int64_t>(t.cols / t.tn, 32)), lanesM = std::max(1.0, 32 / lanesN);
  b.multiplies = warps * depth * multiplies;
  b.issued = b.multiplies + warps * (depth * (quads + perThread * (2 + work.instructions[0] + work.instructions[1])) + steps * 40);
  b.shared = warps * depth * (double(t.tm) / 4 * std::max(1.0, lanesM / 8) + double(t.tn) / 4 * std::max(1.0, lanesN / 8) + perThread);
  b.bytes = 4 * depth * (work.loads[0] * double(t.rows) + work.loads[1] * double(t.cols));
  b.latency = kLoadLatency + steps * (kBarrier + 2 * kSharedLatency); // later loads are in flight while the step before is multiplied
  double elements = double(t.rows * t.step), transfers = work.epilogueLoads + work.epilogueStores;
  b.issued += elements / 32 * (work.epilogueInstructions + 2 * transfers + 8);
  b.shared += elements / 16;
  b.bytes += 4 * elements * transfers;
  b.memory = 4 * elements * transfers; // operands are shared by rows and columns of tiles that run together, which bands see to
  b.latency += elements / double(t.threads) * kSharedLatency;
  b.registers = t.tm * t.tn + t.tm + t.tn + int64_t(perThread * double(t.depth)) + 40; // 64-bit addresses of both operands
  return b;
}

MatmulTile fusion::chooseMatmulTile(int64_t m, int64_t n, int64_t k, int64_t group, const ElementWork &work, const DeviceSpec &spec) {
  MatmulTile best;
  double least = std::numeric_limits<double>::infinity();
  for (int64_t rows : {16, 32, 64, 128})
    for (int64_t cols : {16, 32, 64, 128})
      for (auto [tm, tn] : {std::pair<int64_t, int64_t>{8, 8}, {8, 4}, {4, 8}, {4, 4}}) {
        MatmulTile t;
        t.rows = rows, t.cols = cols, t.tm = tm, t.tn = tn;
        t.threads = rows / tm * (cols / tn);
        if (rows % tm || cols % tn || t.threads % 32 || t.threads > 256 || t.threads < 64 || group > cols)
          continue;
        t.step = group > 0 ? cols / group * group : cols;
        BlockCost block = matmulBlock(t, k, work);
        double cycles = deviceCycles(block, double(ceilDiv(m, rows) * ceilDiv(n, t.step)), spec);
        t.resident = std::clamp<int64_t>(residentBlocks(block, spec), 1, 512 / t.threads);
        if (cycles < least)
          least = cycles, best = t;
      }
  best.band = chooseMatmulBand(m, n, k, best, work, spec);
  return best;
}

ChannelTile fusion::chooseChannelTile(int64_t channels, int64_t positions, const DeviceSpec &) {
  ChannelTile t;
  // Each warp takes a channel; long channels are cut so that a warp has about a thousand positions.
  t.channels = std::min<int64_t>(8, channels);
  while (t.positions / 2 >= positions && t.positions > 32)
    t.positions /= 2;
  return t;
}

RowTile fusion::chooseRowTile(int64_t batch, int64_t features, int64_t group, const DeviceSpec &spec) {
  RowTile t;
  t.width = group > 0 ? group : std::min<int64_t>(128, ceilDiv(features, 32) * 32);
  int64_t chunks = ceilDiv(features, t.width);
  // Fewer, longer row tiles leave fewer partials; enough of them must remain to fill the device.
  while (t.rows > 8 && ceilDiv(batch, t.rows) * chunks < 4 * spec.multiprocessors)
    t.rows /= 2;
  return t;
}

SweepTile fusion::chooseSweepTile(const Run &run, int64_t images, const DeviceSpec &spec) {
  SweepTile t;
  int64_t results = run.inner * (run.perImage ? images * run.outer : 1), reduced = run.perImage ? run.reduced : run.reduced * images;
  t.alongReduced = run.inner == 1;
  if (t.alongReduced) {
    // A warp per run while runs are short or warps are plenty, else a block.
    bool block = reduced > 4096 || (reduced >= 512 && results < 8 * spec.multiprocessors);
    t.lanes = block ? t.threads : 32;
    return t;
  }
  // Neighbouring results lie side by side in memory. The fewer there are, the more threads share a run.
  while (t.lanes < t.threads && (results >= 4 * t.lanes * 4 * spec.multiprocessors || reduced * 2 * t.lanes <= 4 * t.threads))
    t.lanes *= 2;
  return t;
}
