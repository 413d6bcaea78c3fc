// The tile of a weight gradient: counts what a block does per step of its loop over images and boxes, and how many blocks share the steps.
#include "TileCost.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace fusion;

namespace {

constexpr int64_t kMostRegisters = 128;

/// Taps that one thread may own: whole channels, or a slice of one channel's taps without a carry.
SmallVector<int64_t> columnCounts(const WindowProblem &p) {
  int64_t taps = volume(p.taps), w = p.taps[2], area = p.taps[1] * w;
  SmallVector<int64_t> all;
  for (int64_t n = 1; n * taps <= 32; n *= 2)
    all.push_back(n * taps);
  for (int64_t n = 1; n <= std::min<int64_t>(32, taps - 1); ++n)
    if ((n <= w && w % n == 0) || (n % w == 0 && n <= area && p.taps[1] % (n / w) == 0) || (n % area == 0 && p.taps[0] % (n / area) == 0))
      all.push_back(n);
  return all;
}

SmallVector<int64_t> channelCounts(int64_t channels, int64_t limit) {
  SmallVector<int64_t> all;
  for (int64_t n = 1; n < channels && n <= limit; n *= 2)
    all.push_back(n);
  if (channels <= limit)
    all.push_back(channels);
  return all;
}

/// One step of a block: both boxes come to shared memory, then every thread multiplies its share of positions.
BlockCost stepCost(const WindowProblem &p, const WeightTile &t, const ElementWork &work, int64_t tiles, double images,
                   const DeviceSpec &spec) {
  Extents patch;
  for (int i = 0; i < 3; ++i)
    patch[i] = (t.box[i] - 1) * p.stride[i] + (p.taps[i] - 1) * p.dilation[i] + 1;
  double threads = double(t.threads), warps = threads / 32;
  BlockCost b;
  b.threads = t.threads, b.sharedBytes = 4 * t.pipeFloats(p), b.fill = 8;
  double latency = 0;
  auto stage = [&](const Extents &box, int64_t channels, int i) {
    double run = double(std::min<int64_t>(channels, channels <= 8 && 2 * volume(box) >= t.threads ? 8 : 4)); // that share a place
    double runs = double(volume(box)) * std::ceil(double(channels) / run);
    b.issued += runs / 32 * (box[0] > 1 ? 34 : 26) + runs * run / 32 * (3 + 4 * work.loads[i] + work.instructions[i]);
    b.shared += runs * run / 32;
    bool plain = work.instructions[i] == 0; // copied without a detour through registers: everything is in flight at once
    latency = std::max(latency, (plain ? 1 : std::ceil(runs * run / 8 / threads)) * kLoadLatency);
    b.bytes += work.loads[i] * double(box[0] * box[1] * channels) * double(4 * box[2] + 28);
  };
  stage(t.box, t.as, 0);
  stage(patch, t.bs, 1);
  // Blocks of other channels read an operand again: from L2 where all of it stays there.
  auto own = [&](const Extents &all, int64_t channels, int64_t each, int64_t sweeps, int i) {
    double image = 4 * work.loads[i] * double(volume(all)), share = image * double(each) / double(t.boxes(p));
    b.memory += images * image * double(channels) <= double(spec.l2Bytes) ? share / double(sweeps) : share;
  };
  own(p.small, p.a, t.as, ceilDiv(p.b / p.groups, t.bs), 0);
  own(p.large, p.b, t.bs, ceilDiv(p.a / p.groups, t.as), 1);
  b.latency += latency + 2 * kBarrier;
  int64_t groups = t.threads / tiles, along = std::min(t.tq, p.taps[2]);
  double iterations = std::ceil(double(volume(t.box)) / 4 / double(groups));
  double loads = double(t.tq / along) * double(std::min(4 * along, (along - 1) * p.dilation[2] + 3 * p.stride[2] + 1));
  double multiplies = 4 * double(t.ta * t.tq);
  b.issued += warps * iterations * (multiplies + double(t.ta) + loads + 24);
  b.multiplies = warps * iterations * multiplies;
  b.shared += warps * iterations * (double(t.ta) * std::max(1.0, double(std::min<int64_t>(t.as / t.ta, 32)) / 8) + loads);
  b.latency += iterations * kSharedLatency;
  if (work.reduces) // each S channel is summed by threads / as of the threads
    b.issued += warps * 6 * double(volume(t.box)) / double(t.threads / t.as),
        b.latency += double(volume(t.box)) / double(t.threads / t.as) * kSharedLatency;
  int64_t staging = 34 + int64_t(4 * std::max(work.loads[0], work.loads[1])) +
                    std::min<int64_t>(12, int64_t(work.instructions[0] + work.instructions[1]) / 2);
  b.registers = t.ta * t.tq + std::max(4 * t.ta + 24, staging);
  return b;
}

} // namespace

WeightTile fusion::chooseWeightTile(const WindowProblem &p, const ElementWork &work, const DeviceSpec &spec, int64_t batch) {
  int64_t groupA = p.a / p.groups, groupB = p.b / p.groups, taps = volume(p.taps);
  int64_t images = ShapedType::isDynamic(p.images) ? batch : p.images;
  WeightTile best;
  best.splits = 1;
  double least = std::numeric_limits<double>::infinity();
  auto offer = [&](WeightTile t, int64_t tiles) {
    BlockCost step = stepCost(p, t, work, tiles, double(images), spec);
    int64_t resident = step.registers > kMostRegisters ? 0 : residentBlocks(step, spec), steps = std::max<int64_t>(1, images * t.boxes(p)),
            blocks = t.channelBlocks(p);
    if (resident == 0)
      return;
    for (int64_t rounds : {1, 2}) {
      t.splits = std::clamp<int64_t>(rounds * resident * spec.multiprocessors / blocks, 1, std::min<int64_t>(steps, 1024));
      double each = double(ceilDiv(steps, t.splits)), outputs = double(t.as * t.bs * taps), turns = double(t.threads / tiles);
      BlockCost block = step;
      block.issued = step.issued * each + turns * double(t.threads) / 32 * double(3 * t.ta * t.tq + 20);
      block.multiplies *= each, block.shared = step.shared * each + turns * double(t.ta * t.tq);
      block.latency = step.latency * each + turns * 2 * kBarrier + 1000;
      block.memory = step.memory * each + 8 * outputs;
      block.bytes = step.bytes * each + 8 * outputs; // written here, read by the finish kernel
      double cycles = deviceCycles(block, double(t.splits * blocks), spec);
      if (cycles < least)
        least = cycles, best = t;
    }
  };
  for (int64_t tq : columnCounts(p))
    for (int64_t bs : channelCounts(groupB, 32)) {
      bool whole = tq % taps == 0;
      if (whole && bs % (tq / taps) != 0)
        continue;
      for (int64_t as : channelCounts(groupA, 64))
        for (int64_t ta : {1, 2, 3, 4, 6, 8}) {
          if (as % ta != 0 || ta * tq > 72)
            continue;
          int64_t tiles = as / ta * (bs * taps / tq);
          for (int64_t threads : {64, 128, 192, 256}) {
            if (tiles > threads || as > threads || (threads > 64 ? tiles * 16 < threads : tiles * 16 >= 128))
              continue;
            for (int64_t d : {1, 2})
              for (int64_t h : {1, 2, 4, 8})
                for (int64_t w : {4, 8, 16, 32}) {
                  if ((d > 1 && d / 2 >= p.small[0]) || (h > 1 && h / 2 >= p.small[1]) || (w > 4 && w / 2 >= p.small[2]) || d * h * w > 512)
                    continue;
                  WeightTile t;
                  t.box = {d, h, w}, t.as = as, t.bs = bs, t.ta = ta, t.tq = tq, t.threads = threads;
                  offer(t, tiles);
                }
          }
        }
    }
  return best;
}
