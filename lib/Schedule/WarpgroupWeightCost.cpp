// The tiles of a weight gradient whose products warpgroups compute, and what their blocks do per step.
#include "WeightCost.h"
#include <algorithm>
#include <cmath>

using namespace fusion;

namespace {

/// Cycles from the last product's issue until its sums can be read, and around the first; as measured on windows.
constexpr double kDrain = 100;
/// Cycles in which a thread that stages brings eight channels of a position, and more for each instruction, tensor and copy; as measured.
constexpr double kStageItem = 550, kStageInstruction = 40, kStageLoad = 400, kStageCopy = 50, kStageSum = 200;
/// How much longer that takes where stagers share schedulers and where lines are short, and how much less where they are long.
constexpr double kStagersTogether = 1.3, kShortLines = 1.25, kLongLines = 0.85;
/// Registers of a thread that multiplies beside its sums, and the least that staging needs.
constexpr int64_t kBesideSums = 28, kStagerRegisters = 80;

BlockCost stepOf(const WindowProblem &p, WeightTile &t, const ElementWork &work, double images, const DeviceSpec &spec) {
  BlockCost b;
  Extents patch;
  for (int i = 0; i < 3; ++i)
    patch[i] = (t.box[i] - 1) * p.stride[i] + (t.taps[i] - 1) * p.dilation[i] + 1;
  b.threads = t.threads, b.sharedBytes = 4 * t.pipeFloats(p);
  int64_t computing = 0; // what comes: tensors whose elements wait for each other, and what is made of them
  for (int i : {0, 1})
    computing = std::max(
        computing, int64_t(10 * (work.loads[i] - 1) + std::min(24.0, work.instructions[i] / 2) + (i && work.instructions[i] > 0 ? 8 : 0)));
  b.registers = std::max(t.lines * t.warpQ / 2 + kBesideSums, kStagerRegisters + computing);
  t.resident = std::max<int64_t>(1, residentBlocks(b, spec));

  double groups = double(t.multiplying()) / 128, positions = double(volume(t.box)), products = groups * double(t.lines) * positions / 8;
  b.tensor = products * std::max(double(t.warpQ) / 8, 4.0) * 8192 * double(spec.multiprocessors) * spec.clock() /
             (spec.tf32Rate * spec.wgmmaShare);
  b.shared = products * double(64 + t.warpQ) / 4; // each reads 64 x 8 words and 8 words x its columns
  b.issued = groups * 4 * (double(t.lines) * positions / 8 * 8 + 60);

  double rows = double(roundUp(t.as, 64)), elements[2] = {positions * rows, double(volume(patch)) * double(t.bs)};
  double copies = double(patch[0] * patch[1] * t.box[2] * t.warpQ), staged = copies * 1.5; // instructions of stagers
  for (int i : {0, 1})
    staged += elements[i] * (7 + 4 * (work.loads[i] - 1) + work.instructions[i]);
  staged += work.reduces ? 3 * elements[0] : elements[0];
  b.issued += staged / 32;
  b.shared += (elements[0] * (work.reduces ? 3 : 1) + copies + elements[0] * work.loads[0] + elements[1] * work.loads[1]) / 32;
  double threads = double(t.stagers), staging = 0;
  for (int i : {0, 1})
    staging += std::ceil(elements[i] / 8 / threads) *
               (kStageItem + kStageCopy * double(i == 0 ? 1 : t.taps[2]) + kStageLoad * (work.loads[i] - 1) +
                kStageInstruction * work.instructions[i] + (work.reduces && i == 0 ? kStageSum : 0));
  staging *= (t.stagers * t.resident > 128 ? kStagersTogether : 1) * (t.box[2] >= 32 ? kLongLines : t.box[2] < 16 ? kShortLines : 1);
  addWeightTraffic(b, p, t, work, patch, images, spec);
  // Stagers wait for what comes, so that their time holds that of the bytes, and products run meanwhile.
  double busiest =
      std::max({b.tensor, b.shared, b.bytes / kL2BytesPerCycle, b.memory * double(spec.multiprocessors) * spec.clock() / spec.bandwidth});
  b.latency = kBarrier + kDrain + std::max(0.0, staging - busiest);
  return b;
}

/// What follows the last step: every sum is written by itself.
BlockCost lastOf(const WeightTile &t) {
  BlockCost b;
  double sums = double(t.multiplying()) * double(t.lines * t.warpQ) / 2;
  b.issued = sums / 32 * 6, b.latency = sums / 32 * 8;
  return b;
}

} // namespace

void fusion::forEachWarpgroupWeight(const WindowProblem &p, const ElementWork &work, double images, const DeviceSpec &spec,
                                    llvm::function_ref<void(const WeightTile &, const BlockCost &, const BlockCost &)> with) {
  int64_t groupA = p.a / p.groups, groupB = p.b / p.groups;
  WeightTile t;
  t.ta = t.tq = 1, t.grouped = 1, t.warpA = 64;
  auto considerBoxes = [&] {
    for (int64_t d : {1, 2})
      for (int64_t h : {1, 2, 4, 8})
        for (int64_t w : {8, 16, 32, 64}) {
          t.box = {d, h, w};
          if ((d > 1 && d / 2 >= p.small[0]) || (h > 1 && h / 2 >= p.small[1]) || (w > 8 && w / 2 >= p.small[2]) || volume(t.box) % 32 ||
              volume(t.box) > 256 || 4 * t.pipeFloats(p) > spec.sharedPerBlock)
            continue;
          BlockCost step = stepOf(p, t, work, images, spec);
          with(t, step, lastOf(t));
        }
  };
  auto considerShares = [&] {
    int64_t all = t.taps[0] * t.taps[1];
    t.warpQ = t.bs * t.taps[2];
    for (int64_t lines : {1, 2, 3, 4}) {
      t.lines = lines;
      if (lines > all || t.warpQ > 256 || lines * t.warpQ > 384 || t.multiplying() > 512 || t.multiplying() < t.as)
        continue;
      for (int64_t stagers : {128, 256}) {
        t.stagers = stagers, t.threads = t.multiplying() + stagers;
        considerBoxes();
      }
    }
  };
  for (int64_t as : {64, 128, 192}) {
    t.as = std::min(as, groupA);
    for (int64_t bs : {8, 16, 32, 64, 128}) {
      t.bs = bs;
      for (bool deep : {false, true})
        for (bool high : {false, true})
          for (int64_t parts : {1, 2}) {
            t.taps = {deep ? p.taps[0] : 1, high ? p.taps[1] : 1, ceilDiv(p.taps[2], parts)};
            if ((!deep || p.taps[0] > 1) && (!high || p.taps[1] > 1) && (parts == 1 || p.taps[2] > 3))
              considerShares();
          }
      if (bs >= groupB)
        break;
    }
    if (as >= groupA)
      break;
  }
}
