// The tile of a weight gradient, on CUDA cores or on tensor cores: counts what a block does per step of its loop over images and boxes, and
// how many blocks share the steps.
#include "WeightCost.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace fusion;

namespace {

constexpr int64_t kMostRegisters = 128, kMostTensorRegisters = 240;

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

/// Both boxes of a step come to shared memory. Returns how long the block waits for them.
double addStaging(BlockCost &b, const WindowProblem &p, const WeightTile &t, const ElementWork &work, double images,
                  const DeviceSpec &spec) {
  Extents patch;
  for (int i = 0; i < 3; ++i)
    patch[i] = (t.box[i] - 1) * p.stride[i] + (p.taps[i] - 1) * p.dilation[i] + 1;
  b.threads = t.threads, b.sharedBytes = 4 * t.pipeFloats(p), b.fill = 8;
  double latency = 0;
  auto stage = [&](const Extents &box, int64_t channels, int i) {
    double run = double(std::min<int64_t>(channels, channels <= 8 && 2 * volume(box) >= t.threads ? 8 : 4)); // that share a place
    double runs = double(volume(box)) * std::ceil(double(channels) / run);
    b.issued += runs / 32 * (box[0] > 1 ? 34 : 26) + runs * run / 32 * (3 + 4 * work.loads[i] + work.instructions[i]);
    b.shared += runs * run / 32;
    bool plain = work.instructions[i] == 0; // copied without a detour through registers: everything is in flight at once
    latency = std::max(latency, (plain ? 1 : std::ceil(runs * run / 8 / double(t.threads))) * kLoadLatency);
    if (t.onTensorCores() && t.pack == 1) { // rounded in place, or when computed on the way
      double elements = double(volume(box) * channels);
      b.issued += elements / 32 * (plain || (work.reduces && i == 0) ? 4 : 1);
      b.shared += plain || (work.reduces && i == 0) ? elements / 16 : 0;
    }
  };
  stage(t.box, t.as, 0);
  stage(patch, t.bs, 1);
  addWeightTraffic(b, p, t, work, patch, images, spec);
  return latency;
}

/// Registers while operands come in.
int64_t stagingRegisters(const ElementWork &work) {
  return 34 + int64_t(4 * std::max(work.loads[0], work.loads[1])) +
         std::min<int64_t>(12, int64_t(work.instructions[0] + work.instructions[1]) / 2);
}

/// One step of a block on CUDA cores: every thread multiplies its share of positions.
BlockCost cudaStep(const WindowProblem &p, const WeightTile &t, const ElementWork &work, int64_t tiles, double images,
                   const DeviceSpec &spec) {
  BlockCost b;
  double threads = double(t.threads), warps = threads / 32, latency = addStaging(b, p, t, work, images, spec);
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
  b.registers = t.ta * t.tq + std::max(4 * t.ta + 24, stagingRegisters(work));
  return b;
}

/// Cycles of a warp from one step of 8 positions to the next: its fragments, and products that wait for the ones before.
constexpr double kTensorStep = 70;

/// One step of a block on tensor cores: every warp multiplies its share of the outputs over its share of the positions.
BlockCost tensorStep(const WindowProblem &p, const WeightTile &t, const ElementWork &work, double images, const DeviceSpec &spec) {
  BlockCost b;
  double latency = addStaging(b, p, t, work, images, spec);
  double pack = double(t.pack), steps = double(volume(t.box)) / 8 / pack, warps = double(t.threads) / 32,
         groups = warps / double(t.warps(p));
  double iterations = std::ceil(steps / groups), rows = double(t.warpA) / 16, columns = double(t.warpQ) / 8, sums = 4 * rows * columns;
  double turns = steps * double(t.warps(p)), products = turns * rows * columns;
  b.tensor = products * 2048 * double(spec.multiprocessors) * spec.clock() / (spec.tf32Rate * spec.mmaShare);
  b.issued += products + turns * (4 * rows * pack + (4 * pack - 1) * columns + 16); // packed ones are read and converted one by one
  b.issued += warps * 2 * sums / std::ceil(32 / iterations);                        // taken over into fp32
  b.shared += turns * pack * (4 * rows + 2 * columns * (t.bs % 8 ? 1.5 : 1));
  double multiplying = iterations * kTensorStep + 2 * kBarrier;
  b.latency = multiplying + (t.stages == 2 ? std::max(0.0, latency - multiplying) : latency + kBarrier);
  if (work.reduces)
    b.latency += double(volume(t.box)) / double(t.threads / t.as) * kSharedLatency / 4; // four are in flight
  b.registers = int64_t(2 * sums + columns + 2 * rows) + std::max(int64_t(2 * columns) + 38, stagingRegisters(work));
  return b;
}

/// How much longer than is counted here kernels take whose warps multiply alone, beside those of warpgroups: 1.1 to 2.1 times, as measured
/// on an H200.
constexpr double kWarpsAlone = 1.6;

/// Keeps the best tile of one family.
struct Candidates {
  const WindowProblem &p;
  const DeviceSpec &spec;
  int64_t images, mostRegisters;
  TileObserver<WeightTile> seen;
  WeightTile best;
  double least = std::numeric_limits<double>::infinity();

  /// `last` is what a block does behind its last step.
  void consider(WeightTile t, const BlockCost &step, const BlockCost &last) {
    int64_t resident = step.registers > mostRegisters ? 0 : residentBlocks(step, spec), steps = std::max<int64_t>(1, images * t.boxes(p)),
            blocks = t.channelBlocks(p);
    if (resident == 0)
      return;
    t.resident = t.onTensorCores() ? std::min<int64_t>(resident, 8) : 1;
    for (int64_t rounds : {1, 2}) {
      t.splits = std::clamp<int64_t>(rounds * resident * spec.multiprocessors / blocks, 1, std::min<int64_t>(steps, 1024));
      double each = double(ceilDiv(steps, t.splits)), outputs = double(t.as * t.bs * volume(t.grouped ? t.taps : p.taps));
      BlockCost block = step;
      block.issued = step.issued * each + last.issued;
      block.multiplies *= each, block.tensor *= each, block.shared = step.shared * each + last.shared;
      block.latency = step.latency * each + last.latency + 1000;
      block.memory = step.memory * each + 8 * outputs;
      block.bytes = step.bytes * each + 8 * outputs; // written here, read by the finish kernel
      double cycles = deviceCycles(block, double(t.splits * blocks), spec);
      if (seen)
        seen(t, cycles / spec.clock() * (t.onTensorCores() && !t.grouped ? kWarpsAlone : 1));
      if (cycles < least)
        least = cycles, best = t;
    }
  }
};

/// Calls `with` for boxes of at most `most` positions that are not mostly empty.
template <class Function> void forEachBox(const WindowProblem &p, int64_t most, Function with) {
  for (int64_t d : {1, 2})
    for (int64_t h : {1, 2, 4, 8})
      for (int64_t w : {4, 8, 16, 32})
        if ((d == 1 || d / 2 < p.small[0]) && (h == 1 || h / 2 < p.small[1]) && (w == 4 || w / 2 < p.small[2]) && d * h * w <= most)
          with(Extents{d, h, w});
}

void chooseOnCudaCores(Candidates &candidates, const ElementWork &work) {
  const WindowProblem &p = candidates.p;
  int64_t groupA = p.a / p.groups, groupB = p.b / p.groups, taps = volume(p.taps);
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
            forEachBox(p, 512, [&](const Extents &box) {
              WeightTile t;
              t.box = box, t.as = as, t.bs = bs, t.ta = ta, t.tq = tq, t.threads = threads;
              BlockCost last;
              double turns = double(threads / tiles);
              last.issued = turns * double(threads) / 32 * double(3 * ta * tq + 20);
              last.shared = turns * double(ta * tq), last.latency = turns * 2 * kBarrier;
              candidates.consider(t, cudaStep(p, t, work, tiles, double(candidates.images), candidates.spec), last);
            });
          }
        }
    }
}

/// Tiles of a warp's share and of how many warps share its positions.
void chooseShare(Candidates &candidates, const ElementWork &work, WeightTile t) {
  const WindowProblem &p = candidates.p;
  int64_t columns = t.bs * volume(p.taps), before = 0;
  for (int64_t parts : {1, 2, 3, 4, 6, 8}) {
    t.warpQ = ceilDiv(ceilDiv(columns, parts), 8) * 8;
    int64_t warps = t.warps(p), sums = t.warpA * t.warpQ / 32;
    if (t.warpQ == before || sums > 72 || warps > 8)
      continue;
    before = t.warpQ;
    for (int64_t groups = 1; groups * warps <= 8; groups *= 2) {
      t.threads = 32 * groups * warps;
      if (t.threads < 64 || t.threads < t.as)
        continue;
      forEachBox(p, 256, [&](const Extents &box) {
        t.box = box;
        if (volume(box) % (8 * t.pack) != 0 || box[2] % (4 * t.pack) != 0 || volume(box) < 8 * t.pack * groups ||
            4 * t.pipeFloats(p) > candidates.spec.sharedPerBlock)
          return;
        BlockCost last;
        last.issued = double(t.threads) / 32 * double(6 * sums) + double(t.as * columns) / 4;
        last.shared = double(t.threads) / 32 * double(4 * sums), last.latency = double(groups) * 2 * kBarrier;
        candidates.consider(t, tensorStep(p, t, work, double(candidates.images), candidates.spec), last);
      });
    }
  }
}

void chooseOnTensorCores(Candidates &candidates, const ElementWork &work) {
  int64_t groupA = candidates.p.a / candidates.p.groups, groupB = candidates.p.b / candidates.p.groups;
  WeightTile t;
  t.ta = t.tq = 1, t.pack = packOf(candidates.p.factors);
  t.stages = work.instructions[0] + work.instructions[1] == 0 ? 2 : 1; // what is computed on the way is not in flight meanwhile
  for (int64_t as : {16, 32, 48, 64, 96, 128}) {
    t.as = std::min(as, groupA);
    for (int64_t bs : channelCounts(groupB, 64)) {
      t.bs = bs;
      for (int64_t warpA = 16; warpA <= 64 && warpA < t.as + 16; warpA *= 2) {
        t.warpA = warpA;
        chooseShare(candidates, work, t);
      }
    }
    if (as >= groupA)
      break;
  }
}

/// What tensor cores must be predicted to save: a tenth, as for matrix products, and more seconds than such predictions are good for, so
/// that tiny gradients keep fp32.
constexpr double kTensorGain = 0.9, kTensorSeconds = 1e-6;

} // namespace

void fusion::addWeightTraffic(BlockCost &b, const WindowProblem &p, const WeightTile &t, const ElementWork &work, const Extents &patch,
                              double images, const DeviceSpec &spec) {
  auto bytes = [&](const Extents &box, int64_t channels, int i) { // lines start anywhere in a sector
    return work.loads[i] * double(box[0] * box[1] * channels) * double(4 * box[2] + 28);
  };
  b.bytes += bytes(t.box, t.as, 0) + bytes(patch, t.bs, 1);
  // Blocks of other channels or taps read an operand again: from L2 where all of it stays there, and where blocks of warpgroups, which all
  // run at once, keep pace.
  auto own = [&](const Extents &all, int64_t channels, int64_t each, int64_t sweeps, int i) {
    double image = 4 * work.loads[i] * double(volume(all)), share = image * double(each) / double(t.boxes(p));
    b.memory += images * image * double(channels) <= double(spec.l2Bytes) || t.grouped ? share / double(sweeps) : share;
  };
  int64_t blocks = t.channelBlocks(p) / p.groups, blocksA = ceilDiv(p.a / p.groups, t.as), blocksB = ceilDiv(p.b / p.groups, t.bs);
  own(p.small, p.a, t.as, blocks / blocksA, 0);
  own(p.large, p.b, t.bs, blocks / blocksB, 1);
}

WeightChoice fusion::chooseWeight(const WindowProblem &p, const ElementWork &work, const DeviceSpec &spec, int64_t batch,
                                  TileObserver<WeightTile> seen) {
  int64_t images = ShapedType::isDynamic(p.images) ? batch : p.images;
  Candidates cuda{p, spec, images, kMostRegisters, seen, {}}, alone{p, spec, images, kMostTensorRegisters, seen, {}},
      together{p, spec, images, kMostTensorRegisters, seen, {}};
  cuda.best.splits = 1;
  chooseOnCudaCores(cuda, work);
  if (spec.tf32Rate > 0)
    chooseOnTensorCores(alone, work);
  if (spec.tf32Rate > 0 && spec.wgmmaShare > 0 && p.factors == Factors::Tf32)
    forEachWarpgroupWeight(p, work, double(images), spec,
                           [&](const WeightTile &t, const BlockCost &step, const BlockCost &last) { together.consider(t, step, last); });
  const Candidates &tensor = together.least < kWarpsAlone * alone.least ? together : alone;
  WeightChoice choice;
  choice.cudaSeconds = cuda.least / spec.clock(), choice.tensorSeconds = tensor.least / spec.clock();
  bool saves = choice.tensorSeconds < std::min(kTensorGain * choice.cudaSeconds, choice.cudaSeconds - kTensorSeconds);
  choice.tile = saves ? tensor.best : cuda.best;
  return choice;
}

WeightTile fusion::chooseWeightTile(const WindowProblem &p, const ElementWork &work, const DeviceSpec &spec, int64_t batch) {
  return chooseWeight(p, work, spec, batch).tile;
}
