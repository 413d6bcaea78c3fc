// What a block of a window does on tensor cores.
#include "WindowCost.h"
#include <algorithm>
#include <cmath>
#include <numeric>

using namespace fusion;

/// Cycles from the table's entry to the products' sums, for a warp alone: two loads from shared memory one behind the other, and a product.
static constexpr double kStepLatency = 2 * kSharedLatency + 35;

/// Cycles of a warpgroup's step that its own products do not hide: factors come from shared memory while the step before is multiplied.
static constexpr double kGroupLatency = 30;

/// A step is eight words of one phase; what fills up the last step of a phase counts.
double TensorWindow::steps(int64_t slice) const {
  // Along an axis the taps fall into `spread` phases by what they leave modulo the spread; a box meets `phases` of them in turn.
  auto tapsOf = [&](int axis, int64_t phase) {
    int64_t count = 0;
    for (int64_t tap = 0; tap < p.taps[axis]; ++tap)
      count += tap * p.dilation[axis] % g.spread[axis] == phase;
    return count;
  };
  double sum = 0;
  for (int64_t d = 0; d < g.spread[0]; ++d)
    for (int64_t h = 0; h < g.spread[1]; ++h)
      for (int64_t w = 0; w < g.spread[2]; ++w)
        sum += double(ceilDiv(slice / t.pack * tapsOf(0, d) * tapsOf(1, h) * tapsOf(2, w), 8));
  return sum * double(g.phaseCount()) / double(volume(g.spread));
}

BlockCost TensorWindow::block(int64_t slice, bool operandFitsL2) const {
  BlockCost b;
  WindowTile staged = t;
  staged.slice = slice;
  WindowGeometry sized(p, staged, scatter);
  b.threads = t.threads, b.sharedBytes = sharedBytes(sized.pipeFloats);
  double warps = double(t.threads) / 32, slices = double(ceilDiv(reduced, slice)), all = slices * steps(slice);
  int64_t words = slice / t.pack;
  bool filled = (volume(g.spread) == 1 ? words * volume(p.taps) : words) % 8 != 0;
  double rows = double(t.warpPlaces) / 16, columns = double(t.warpChannels) / 8, phases = double(g.phaseCount());
  double held = t.grouped ? 0 : columns; // right factors that pass through registers
  double loads = 4 * rows + 2 * held + 2, products = rows * columns, selects = filled ? 8 * rows + 2 * held : 0;
  double sums = phases * rows * columns * 4;
  // Lanes that read eight places of four words meet in banks where less than four channels are staged, as a neighbouring tap is a
  // neighbouring place, and where a run of eight places does not stay in its line; as measured.
  bool tapsFirst = sized.copiesQuads && (t.grouped || volume(p.taps) % 2 == 0 || (t.pack == 2 && !scatter));
  // Lanes of warpgroups that read neighbouring taps do too where the line after theirs begins in their banks.
  int64_t line = g.patch[2] % 32;
  bool linesMeet = t.grouped && tapsFirst && volume(p.taps) > 1 && (line < 10 || line > 22);
  double conflicts = (linesMeet ? 1.5 : 1) * (words < 4 && !tapsFirst ? 2 : 1) * (g.cover[2] % 8 != 0 ? 1.5 : 1);
  // Factors are rounded where they lie, by who copied them, when they are read often enough; else whenever they are read.
  bool packed = t.pack > 1, plain = work.instructions[0] == 0,
       rounded = packed || volume(p.taps) * g.places * ceilDiv(t.channels, t.warpChannels) >= 8 * volume(g.patch);
  bool roundedWeights = packed || t.grouped || (sized.copiesQuads && ceilDiv(g.places, t.warpPlaces) >= 8);
  rounded = rounded && !t.grouped;
  double converts = t.grouped ? (plain ? 8 * rows : 0) : (rounded || !plain ? 0 : 8 * rows) + (roundedWeights ? 0 : 4 * held);
  // Shares that lie alike read at distances known beforehand; others add them to a corner of each run of lanes.
  bool alike = g.cover[2] % t.warpPlaces == 0 ||
               (g.cover[2] % 8 == 0 && t.warpPlaces % g.cover[2] == 0 && g.cover[1] % (t.warpPlaces / g.cover[2]) == 0);
  double corners = alike ? 0 : 4 * rows;
  double instructions = t.grouped ? rows + 20 : products + 10; // a warpgroup's product is one instruction for all columns
  b.issued = warps * (all * (loads + converts + instructions + selects + corners) + 40 * phases + 3 * sums);
  b.tensor = warps * all * products * 2048 * double(spec.multiprocessors) * spec.clock() /
             (spec.tf32Rate * (t.grouped ? spec.wgmmaShare : spec.mmaShare));
  b.shared = warps * (all * (loads + 4 * rows * (conflicts - 1)) + sums * (g.spread[2] > 1 ? double(g.spread[2]) : 1));
  // Each product of a warpgroup reads its right factors from shared memory.
  b.shared += t.grouped ? warps / 4 * all * rows * 2 * columns : 0;
  b.latency = all * (t.grouped ? kGroupLatency : kStepLatency);
  b.issued += double(sized.tableFloats) / 2 / 32 * 60; // where k lies
  int64_t kept = int64_t(sums), inner = kept + t.warpPlaces / 8 + int64_t(2 * held) + 4 + 40;
  b.registers = std::max(inner, stagingRegisters(kept + t.warpPlaces / 8));
  if (t.grouped) { // fragments of a group of products and the next, places that do not lie alike, and what is on its way to shared memory
    double least = std::max(1.0, std::floor(steps(slice) / (g.phaseCount() == 1 ? 2 : 1)));
    auto perStep = [&](double items, double most) {
      return std::clamp(std::ceil(std::ceil(items / double(t.threads)) / least), 1.0, most);
    };
    double weightQuads = perStep(double(roundUp(t.channels, t.warpChannels) * slice * volume(p.taps)) / 4, 4),
           elements = plain ? 0 : perStep(double(slice * volume(sized.patch)), 8);
    b.registers = kept + int64_t(rows) * ((g.phaseCount() == 1 ? 16 : 8) + (alike ? 0 : 2)) + 40 + int64_t(5 * weightQuads) +
                  int64_t(elements * (1 + work.loads[0])) + std::min<int64_t>(12, int64_t(work.instructions[0]) / 2);
  }
  epilogue(b);
  traffic(b, operandFitsL2);
  if (t.grouped) {
    stageAhead(b, sized, slice);
    b.slots = 10; // as measured with 4 to 16 warps
    return b;
  }
  double patch = rounded && plain ? double(slice * volume(g.patch)) : 0, weights = roundedWeights ? double(sized.weightFloats) : 0;
  b.issued += slices / 32 * (patch * 5 + weights * 3.5), b.shared += slices / 16 * (patch + weights);
  b.latency += slices * (patch + weights / (packed ? 1 : 4)) / double(t.threads) / 4 * kSharedLatency + (packed ? slices * kBarrier : 0);
  stage(b, sized, slice);
  return b;
}

/// Warpgroups bring the next slice while products run, which costs issue slots and no waiting: weights through registers, the patch by
/// copies, in quads where it lies so, or computed on the way.
void TensorWindow::stageAhead(BlockCost &b, const WindowGeometry &sized, int64_t slice) const {
  double slices = double(ceilDiv(reduced, slice)),
         patch = double(slice * volume(sized.patch)) / (sized.copiesPatchQuads && work.instructions[0] == 0 ? 4 : 1),
         weights = double(sized.weightFloats) / 4;
  b.issued +=
      slices / 32 *
      (patch * (20 + 4 * (work.loads[0] - 1) + work.instructions[0]) + weights * (sized.copiesQuads ? 40 : 80) + 60 * double(t.threads));
  b.shared += slices / 8 * (patch + weights);
  b.latency += 2 * kLoadLatency + slices * kBarrier;
  b.bytes += work.loads[0] * double(g.patch[0] * g.patch[1] * reduced) * double(4 * g.patch[2] + 28) +
             4 * double(reduced * t.channels * volume(p.taps));
}
