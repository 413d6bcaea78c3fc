// What a block of a window does on tensor cores.
#include "WindowCost.h"
#include <algorithm>
#include <cmath>
#include <numeric>

using namespace fusion;

/// Cycles from the table's entry to the products' sums, for a warp alone: two loads from shared memory one behind the other, and a product.
static constexpr double kStepLatency = 2 * kSharedLatency + 35;

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
  double loads = 4 * rows + 2 * columns + 2, products = rows * columns, selects = filled ? 8 * rows + 2 * columns : 0;
  double sums = phases * rows * columns * 4;
  // Lanes that read eight places of four words meet in banks where less than four channels are staged, as a neighbouring tap is a
  // neighbouring place, and where a run of eight places does not stay in its line; as measured.
  bool tapsFirst = sized.copiesQuads && (volume(p.taps) % 2 == 0 || (t.pack == 2 && !scatter));
  double conflicts = (words < 4 && !tapsFirst ? 2 : 1) * (g.cover[2] % 8 != 0 ? 1.5 : 1);
  // Factors are rounded where they lie, by who copied them, when they are read often enough; else whenever they are read.
  bool packed = t.pack > 1, plain = work.instructions[0] == 0,
       rounded = packed || volume(p.taps) * g.places * ceilDiv(t.channels, t.warpChannels) >= 8 * volume(g.patch);
  bool roundedWeights = packed || (sized.copiesQuads && ceilDiv(g.places, t.warpPlaces) >= 8);
  double converts = (rounded || !plain ? 0 : 8 * rows) + (roundedWeights ? 0 : 4 * columns);
  // Shares that lie alike read at distances known beforehand; others add them to a corner of each run of lanes.
  bool alike = g.cover[2] % t.warpPlaces == 0 ||
               (g.cover[2] % 8 == 0 && t.warpPlaces % g.cover[2] == 0 && g.cover[1] % (t.warpPlaces / g.cover[2]) == 0);
  double corners = alike ? 0 : 4 * rows;
  b.issued = warps * (all * (loads + converts + products + selects + corners + 10) + 40 * phases + 3 * sums);
  b.tensor = warps * all * products * 2048 * double(spec.multiprocessors) * spec.clock() / (spec.tf32Rate * spec.mmaShare);
  b.shared = warps * (all * (loads + 4 * rows * (conflicts - 1)) + sums * (g.spread[2] > 1 ? double(g.spread[2]) : 1));
  b.latency = all * kStepLatency;
  double patch = rounded && plain ? double(slice * volume(g.patch)) : 0, weights = roundedWeights ? double(sized.weightFloats) : 0;
  b.issued += slices / 32 * (patch * 5 + weights * 3.5), b.shared += slices / 16 * (patch + weights);
  b.latency += slices * (patch + weights / (packed ? 1 : 4)) / double(t.threads) / 4 * kSharedLatency + (packed ? slices * kBarrier : 0);
  b.issued += double(sized.tableFloats) / 2 / 32 * 60; // where k lies
  stage(b, sized, slice);
  epilogue(b);
  traffic(b, operandFitsL2);
  int64_t held = int64_t(sums), inner = held + t.warpPlaces / 8 + int64_t(2 * columns) + 4 + (alike ? 40 : 52);
  b.registers = std::max(inner, stagingRegisters(held + t.warpPlaces / 8));
  return b;
}
