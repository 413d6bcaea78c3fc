// What a block of a window does where warpgroups multiply.
#include "WindowCost.h"
#include <algorithm>
#include <cmath>

using namespace fusion;

// Fitted to 576 tiles of 94 windows on an H200 (benchmarks/results/2026-11-21-h200-epilogues.md).

/// Cycles of a block outside its loop and epilogue: tables, first addresses, sums on their way to the tile.
static constexpr double kOutside = 4000;
/// Where blocks walk boxes, fitted to 119 tiles of 12 windows (benchmarks/results/2026-11-21-h200-walks.md): cycles per wavefront of
/// sums on their way to the tile; the share of the shorter of both sides that shows, and how much more of it per line beyond one that a
/// warp's loads of the patch touch; and what walks must be predicted to save: where little comes of them, much less did.
static constexpr double kDeposit = 1.07, kWalkTogether = 0.18, kNarrow = 1.8, kWalkMargin = 1.2;
/// Cycles until a turn of loads from L2 or memory has arrived at the warps that stage, beside what they issue.
static constexpr double kTurn = 670;
/// Cycles that a warp that stages takes per instruction for the patch, and for weights.
static constexpr double kPerPatch = 5.5, kPerWeight = 2;
/// Bytes of weights that L2 gives a multiprocessor per cycle, and bytes that it takes in an epilogue.
static constexpr double kWeightBytes = 38, kEpilogueBytes = 32;
/// How much longer than by that the first slice takes, which nothing hides.
static constexpr double kFirstSlice = 1.5;
/// Cycles from a turn's last product until its sums can be read and everybody has met.
static constexpr double kDrain = 100;
/// Wavefronts of shared memory that a product reads take so much longer than one at a time, and products of each further warpgroup.
static constexpr double kShared = 1.05, kFurtherGroup = 0.05;
/// Share of the shorter of products and staging that both take longer when they run at once: they meet in shared memory.
static constexpr double kInEachOthersWay = 0.45;
/// Walks over all channels keep a multiprocessor's blocks from each other's slots so much longer than their instructions say.
static constexpr double kSweepBusy = 2.2;
/// Where lines of a strided gather are read in parts, what shared memory leaves of the first-level cache must hold them until the next: how
/// much longer the patch takes where less than so many bytes of shared memory are free.
static constexpr std::pair<int64_t, double> kPartsAgain[] = {{36 << 10, 1.5}, {100 << 10, 1.25}};
/// Cycles of an epilogue against its issue slots, of which `kEpilogueFill` warps fill 63 %, and where it walks over all channels; and
/// against what it waits for stores, and for loads.
static constexpr double kEpilogueIssue = 0.7, kSweepIssue = 1.2, kEpilogueFill = 8, kStoreWaits = 0.5, kLoadWaits = 0.6;

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
  // Every product reads 64 x 8 words and 8 words x its columns: with few columns that takes longer than to multiply them.
  double wavefronts = 16 + 2 * columns, multiplied = columns * 8192 * double(spec.multiprocessors) * spec.clock() / spec.tf32Rate;
  double products = warps / 4 * all * rows;
  b.tensor = products * std::max(multiplied, kShared * wavefronts) * (1 + kFurtherGroup * (warps / 4 - 1));
  double deposited = warps * sums * (g.spread[2] > 1 ? double(g.spread[2]) : 1); // wavefronts
  b.shared = products * wavefronts + deposited;
  b.issued += double(sized.tableFloats) / 32 * 40;
  BlockCost e;
  e.threads = t.epilogueThreads();
  epilogue(e);
  e.latency += std::ceil(32 * double(t.channels) / double(e.threads)) * work.channelWaits;
  b.issued += e.issued * (work.allChannels ? kSweepBusy : 1), b.shared += e.shared, b.bytes += e.bytes;
  double filled = 1 - std::exp(-double(e.threads) / 32 / kEpilogueFill), slots = (work.allChannels ? kSweepIssue : kEpilogueIssue) / filled;
  double behind =
      std::max(slots * e.issued / 4, e.bytes / kEpilogueBytes) + (work.epilogueLoads > 0 ? kLoadWaits : kStoreWaits) * e.latency;
  if (t.walks)
    behind += kDeposit * deposited;
  b.alone = stageBeside(b, sized, slice, b.tensor, behind);
  b.registers = std::max({int64_t(sums) + 2 * int64_t(rows) + (t.pack == 1 ? 26 : 40), b.registers, int64_t(64)}); // 64 in any case
  traffic(b, operandFitsL2);
  return b;
}

/// What brings operands: its issue slots, shared memory and bytes, and the cycles of a box with `multiplying` of products and `behind` of
/// epilogue.
double WarpgroupWindow::stageBeside(BlockCost &b, const WindowGeometry &sized, int64_t slice, double multiplying, double behind) const {
  double slices = double(ceilDiv(reduced, slice)), tapSlices = double(ceilDiv(volume(p.taps), t.tapsAtOnce(p))), turns = slices * tapSlices;
  double factors = 4 * double(t.pack), quads = double(slice) / factors, patch = quads * double(sized.plane),
         weights = double(sized.weightFloats) / 4;
  double apart = scatter || volume(p.taps) == 1 ? 1 : 3; // lines that a warp's loads of a gather's weights touch
  bool stays = t.walks && sized.stays;                   // weights of all boxes
  if (stays)
    weights = 0;
  double again = 1;
  for (auto [left, longer] : kPartsAgain)
    if (!scatter && p.stride[2] > 1 && spec.sharedPerMultiprocessor - b.sharedBytes < left)
      again = std::max(again, longer);
  double perPatch = 20 + factors * (6 + 4 * (work.loads[0] - 1) + work.instructions[0]), perWeight = t.packed ? 10 : 20 + 6 * factors;
  b.issued += slices / 32 * (patch * perPatch + tapSlices * weights * perWeight + 60 * double(t.threads));
  b.shared += slices / 8 * (patch + tapSlices * weights) +
              slices / 32 * factors * (patch * work.loads[0] + (t.packed ? 0 : tapSlices * weights * apart));
  // Rows of the patch start anywhere in a 32-byte sector.
  b.bytes += work.loads[0] * double(g.patch[0] * g.patch[1] * reduced) * double(4 * g.patch[2] + 28) +
             (stays ? 0 : 4 * double(reduced * t.channels * volume(p.taps)));
  b.registers = 36 + std::min<int64_t>(12, int64_t(work.instructions[0]) / 2);
  double batch = double(t.stageBatch(work));
  auto staging = [&](double threads, bool withPatch) {
    double loads =
        (withPatch ? std::ceil(std::ceil(patch / threads) / batch) : 0) + (t.packed && !stays ? 1 : std::ceil(weights / 4 / threads));
    double issue = ((withPatch ? patch * perPatch * kPerPatch * again : 0) + weights * perWeight * kPerWeight) / threads;
    return loads * kTurn + std::max(issue, 16 * weights / kWeightBytes);
  };
  double products = multiplying / turns;
  auto both = [&](bool withPatch) { // of a turn: the next one is staged while this one is multiplied
    double stage = staging(double(t.stagers), withPatch);
    return std::max(products, stage) + kInEachOthersWay * std::min(products, stage);
  };
  double further = (slices - 1) * both(true) + slices * (tapSlices - 1) * both(false) + turns * kDrain;
  if (t.walks) { // the first slice comes while the box before is multiplied and stored
    double lines = std::max(1.0, 32 / double(g.patch[2])), own = products + behind, first = staging(double(t.stagers), true);
    double shows = kWalkTogether * (1 + kNarrow * (lines - 1));
    return kWalkMargin * (further + std::max(own, first) + shows * std::min(own, first));
  }
  return kOutside + kFirstSlice * staging(double(t.threads), true) + further + products + behind;
}
