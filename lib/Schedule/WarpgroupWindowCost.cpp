// What a block of a window does where warpgroups multiply.
#include "WindowCost.h"
#include <algorithm>
#include <cmath>

using namespace fusion;

/// Cycles until the last products of a slice have left their sums, once nothing more is issued.
static constexpr double kDrain = 150;

BlockCost WarpgroupWindow::block(int64_t slice, bool operandFitsL2) const {
  BlockCost b;
  WindowTile staged = t;
  staged.slice = slice;
  WindowGeometry sized(p, staged, scatter);
  b.threads = t.threads, b.sharedBytes = sharedBytes(sized.pipeFloats);
  double warps = double(t.threads) / 32, slices = double(ceilDiv(reduced, slice)), phases = double(g.phaseCount());
  // A step multiplies eight words of channels at a tap; taps spread over the phases, of which a box may meet a part.
  double steps = double(volume(p.taps)) * phases / double(volume(g.spread)) * double(slice) / double(8 * t.pack), all = slices * steps;
  double rows = double(t.warpPlaces) / 16, columns = double(t.warpChannels) / 8, sums = phases * rows * columns * 4;
  b.issued = warps * (all * (10 * rows + 30) + 40 * phases + 3 * sums);
  b.tensor = warps / 4 * all * rows * columns * 8192 * double(spec.multiprocessors) * spec.clock() / (spec.tf32Rate * spec.wgmmaShare);
  // Every product reads 64 x 8 words and 8 words x its columns.
  b.shared = warps / 4 * all * rows * (16 + 2 * columns) + warps * sums * (g.spread[2] > 1 ? double(g.spread[2]) : 1);
  b.latency = slices * (kBarrier + kDrain) + 2 * kLoadLatency;
  b.issued += double(sized.tableFloats) / 32 * 40;
  int64_t ahead = stageAhead(b, sized, slice, std::max(1.0, std::floor(steps)));
  b.registers = int64_t(sums) + 2 * int64_t(rows) + 44 + ahead;
  epilogue(b);
  traffic(b, operandFitsL2);
  b.slots = 10; // as measured with 4 to 16 warps
  return b;
}

/// The next slice passes through registers while products run, which costs issue slots and no waiting; returns how many registers.
int64_t WarpgroupWindow::stageAhead(BlockCost &b, const WindowGeometry &sized, int64_t slice, double steps) const {
  double slices = double(ceilDiv(reduced, slice)), factors = 4 * double(t.pack), quads = double(slice) / factors,
         patch = quads * double(sized.plane), weights = double(sized.weightFloats) / 4;
  double apart = scatter || volume(p.taps) == 1 ? 1 : 3; // lines that a warp's loads of a gather's weights touch
  b.issued += slices / 32 *
              (patch * (14 + factors * (6 + 4 * (work.loads[0] - 1) + work.instructions[0])) + weights * (t.packed ? 6 : 20 + 6 * factors) +
               60 * double(t.threads));
  b.shared += slices / 8 * (patch + weights) + slices / 32 * factors * (patch * work.loads[0] + (t.packed ? 0 : weights * apart));
  // Rows of the patch start anywhere in a 32-byte sector.
  b.bytes += work.loads[0] * double(g.patch[0] * g.patch[1] * reduced) * double(4 * g.patch[2] + 28) +
             4 * double(reduced * t.channels * volume(p.taps));
  auto perStep = [&](double items, double most) { return std::clamp(std::ceil(std::ceil(items / double(t.threads)) / steps), 1.0, most); };
  double plain = work.instructions[0] == 0, most = 4 / double(t.pack);
  return int64_t((t.packed ? 4 : perStep(weights, most) * (factors + 1)) + perStep(patch, plain ? most : 2) * (factors * work.loads[0] + 1)) +
         std::min<int64_t>(12, int64_t(work.instructions[0]) / 2);
}
