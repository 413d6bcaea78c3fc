// What a block of a window does where warpgroups multiply.
#include "WindowCost.h"
#include <algorithm>
#include <cmath>

using namespace fusion;

/// Cycles from the last product's issue until its sums can be read, and around the first; as measured.
static constexpr double kDrain = 100;
/// Cycles of a turn of loads from L2 or memory by the warps that stage, beside what they issue; as measured.
static constexpr double kTurn = 1000;

/// Eights of columns that a product costs at least, and its time over what the device's share for warpgroups says; as measured.
static constexpr double kLeastColumns = 7, kProductTime = 0.82;
/// Share of the shorter of products and staging that both take longer when they run at once, as measured: they meet in shared memory.
static constexpr double kInEachOthersWay = 0.35;

BlockCost WarpgroupWindow::block(int64_t slice, bool operandFitsL2) const {
  BlockCost b;
  WindowTile staged = t;
  staged.slice = slice;
  WindowGeometry sized(p, staged, scatter);
  b.threads = t.threads, b.sharedBytes = sharedBytes(sized.pipeFloats);
  double warps = double(t.threads - t.stagers) / 32, slices = double(ceilDiv(reduced, slice)), phases = double(g.phaseCount());
  // A step multiplies eight words of channels at a tap; taps spread over the phases, of which a box may meet a part.
  double steps = double(volume(p.taps)) * phases / double(volume(g.spread)) * double(slice) / double(8 * t.pack), all = slices * steps;
  double rows = double(t.warpPlaces) / 16, columns = double(t.warpChannels) / 8, sums = phases * rows * columns * 4;
  b.issued = warps * (all * 8 * rows + 40 * phases + 3 * sums);
  // Up to 64 columns take as long, for what comes from shared memory; and many warpgroups meet there.
  double taken = std::max(columns, warps > 8 ? kLeastColumns + 1.5 : kLeastColumns) * kProductTime;
  b.tensor = warps / 4 * all * rows * taken * 8192 * double(spec.multiprocessors) * spec.clock() / (spec.tf32Rate * spec.wgmmaShare);
  // Every product reads 64 x 8 words and 8 words x its columns.
  b.shared = warps / 4 * all * rows * (16 + 2 * columns) + warps * sums * (g.spread[2] > 1 ? double(g.spread[2]) : 1);
  b.issued += double(sized.tableFloats) / 32 * 40;
  stageBeside(b, sized, slice, b.tensor / slices);
  b.registers = std::max(int64_t(sums) + 2 * int64_t(rows) + (t.pack == 1 ? 26 : 40), b.registers);
  epilogue(b);
  traffic(b, operandFitsL2);
  return b;
}

/// What brings operands: its issue slots, shared memory and bytes, and what it waits longer than `multiplying`, the products of a slice.
void WarpgroupWindow::stageBeside(BlockCost &b, const WindowGeometry &sized, int64_t slice, double multiplying) const {
  double slices = double(ceilDiv(reduced, slice)), tapSlices = double(ceilDiv(volume(p.taps), t.tapsAtOnce(p)));
  double factors = 4 * double(t.pack), quads = double(slice) / factors, patch = quads * double(sized.plane),
         weights = double(sized.weightFloats) / 4;
  double apart = scatter || volume(p.taps) == 1 ? 1 : 3; // lines that a warp's loads of a gather's weights touch
  double perPatch = 20 + factors * (6 + 4 * (work.loads[0] - 1) + work.instructions[0]), perWeight = t.packed ? 10 : 20 + 6 * factors;
  b.issued += slices / 32 * (patch * perPatch + tapSlices * weights * perWeight + 60 * double(t.threads));
  b.shared += slices / 8 * (patch + tapSlices * weights) +
              slices / 32 * factors * (patch * work.loads[0] + (t.packed ? 0 : tapSlices * weights * apart));
  // Rows of the patch start anywhere in a 32-byte sector.
  b.bytes += work.loads[0] * double(g.patch[0] * g.patch[1] * reduced) * double(4 * g.patch[2] + 28) +
             4 * double(reduced * t.channels * volume(p.taps));
  double batch = double(t.stageBatch(work));
  auto stageCycles = [&](double threads, bool withPatch) {
    double turns = (withPatch ? std::ceil(std::ceil(patch / threads) / batch) : 0) + (t.packed ? 1 : std::ceil(weights / 4 / threads));
    // Cycles per instruction of a warp, as measured.
    return turns * kTurn + ((withPatch ? patch * perPatch * 6 : 0) + weights * perWeight * 4) / threads;
  };
  auto longer = [&](bool withPatch) {
    double staging = stageCycles(double(t.stagers), withPatch), products = multiplying / tapSlices;
    return std::max(0.0, staging - products) + kInEachOthersWay * std::min(staging, products);
  };
  b.latency = stageCycles(double(t.threads), true) + slices * tapSlices * (kBarrier + kDrain) + (slices - 1) * longer(true) +
              slices * (tapSlices - 1) * longer(false);
  b.registers = 36 + std::min<int64_t>(12, int64_t(work.instructions[0]) / 2);
}
