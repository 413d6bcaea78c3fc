// The tile of a gather or scatter: counts what a block of each candidate does and keeps the cheapest. docs/cost-model.md explains the
// terms.
#include "TileCost.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace fusion;

namespace {

constexpr int64_t kMostRegisters = 128;
constexpr double kStageIndex = 26, kStageDepth = 8, kWeightIndex = 12; ///< instructions that find a staged element's place
constexpr double kStoreLatency = 400;                                  ///< until stores have left the registers
constexpr double kSweepPenalty = 8;                                    ///< bytes read again against bytes of the plan
constexpr double kPhaseStart = 110;                                    ///< instructions that find a phase's taps
constexpr double kBlockStart = 80;                                     ///< instructions of a thread outside all loops

/// Powers of two up to the first that reaches `extent`, none above `limit` nor below `least` unless it reaches `extent`.
SmallVector<int64_t> extentsUpTo(int64_t extent, int64_t limit, int64_t least = 1) {
  SmallVector<int64_t> all;
  for (int64_t n = 1;; n *= 2) {
    bool last = n >= extent || 2 * n > limit;
    if (n >= least || last)
      all.push_back(n);
    if (last)
      return all;
  }
}

/// What one tile does, apart from how many channels are staged at a time.
class WindowCounter {
public:
  WindowCounter(const WindowProblem &p, const WindowTile &t, bool scatter, const ElementWork &work)
      : p(p), t(t), scatter(scatter), work(work), out(scatter ? p.large : p.small), reduced((scatter ? p.a : p.b) / p.groups),
        g(p, t, scatter) {
    countItem();
  }
  const WindowGeometry &geometry() const { return g; }
  BlockCost block(int64_t slice, bool operandFitsL2) const;

private:
  const WindowProblem &p;
  const WindowTile &t;
  bool scatter;
  const ElementWork &work;
  const Extents &out;
  int64_t reduced;
  WindowGeometry g;
  double passes = 1;                                        ///< loop passes over taps per reduction channel
  double multiplies = 0, instructions = 0, sharedLoads = 0; ///< per pass
  int64_t innerRegisters = 0;

  void countItem();
  void stage(BlockCost &b, int64_t slice) const;
  void epilogue(BlockCost &b) const;
};

/// The innermost loop body of one work item: all taps along h (and along w when paired) of one reduction channel.
void WindowCounter::countItem() {
  auto perPhase = [&](int i) { return double(p.taps[i]) / double(std::min(g.period[i], p.taps[i])); };
  double tapsH = perPhase(1), across = g.paired ? double(p.taps[2]) : 1;
  passes = perPhase(0) * (g.paired ? 1 : perPhase(2));
  double distinct = std::min(double(g.rows[1]) * tapsH, double(g.rows[1] - 1) * double(g.step[1]) + (tapsH - 1) * double(g.reach[1]) + 1);
  double shifts = g.paired ? std::min(across, double((p.taps[2] - 1) * p.dilation[2]) / double(p.stride[2]) + 1) : 1;
  double loads = double(g.rows[0] * g.rows[2]) * distinct * shifts, quads = tapsH * across * double(ceilDiv(t.cols, 4));
  multiplies = double(g.places * t.cols) * tapsH * across;
  instructions = multiplies + loads + quads + 10;
  // Lanes that cover several rows of the patch meet in some banks.
  double conflicts = g.lanes[2] >= 32 || g.positions <= g.lanes[2] ? 1 : g.lanes[2] >= 16 ? 1.5 : g.lanes[2] >= 8 ? 2 : 3;
  sharedLoads = loads * conflicts + quads;
  innerRegisters = t.rows * t.cols + (t.cols + 3) / 4 * 4 + int64_t(double(g.rows[0] * g.rows[2]) * distinct) + 26;
}

void WindowCounter::stage(BlockCost &b, int64_t slice) const {
  double slices = double(ceilDiv(reduced, slice)), taps = double(volume(p.taps));
  double run = double(std::min<int64_t>(slice, slice <= 8 && 2 * volume(g.patch) >= t.threads ? 8 : 4)); // channels that share a place
  double runs = double(volume(g.patch)) * std::ceil(double(slice) / run), weights = double(slice * g.weightPitch) * taps;
  bool plain = work.instructions[0] == 0; // copied without a detour through registers
  b.issued +=
      slices * (runs / 32 * (kStageIndex + (g.patch[0] > 1 ? kStageDepth : 0) + run * (3 + 4 * work.loads[0] + work.instructions[0])) +
                weights / 32 * kWeightIndex + 20 * double(t.threads) / 32);
  b.issued += kBlockStart * double(t.threads) / 32;
  b.shared += slices * (runs * run / 32 + weights / 32 * (scatter ? 4 : 1));
  double turns = plain ? 1 : std::ceil(runs * run / 8 / double(t.threads)); // eight elements of a thread are in flight together
  b.latency += slices * (turns * kLoadLatency + 2 * kBarrier);
  // Rows of the patch start anywhere in a 32-byte sector.
  b.bytes +=
      work.loads[0] * double(g.patch[0] * g.patch[1] * reduced) * double(4 * g.patch[2] + 28) + 4 * double(reduced * t.channels) * taps;
}

void WindowCounter::epilogue(BlockCost &b) const {
  double vector = t.box[2] % 4 == 0 && out[2] % 4 == 0 ? 4 : t.box[2] % 2 == 0 && out[2] % 2 == 0 ? 2 : 1;
  double elements = double(volume(t.box) * t.channels), warps = double(t.threads) / 32;
  double uneven = work.reduces ? double(ceilDiv(t.channels, int64_t(warps))) * warps / double(t.channels) : 1;
  double transfers = work.epilogueLoads + work.epilogueStores;
  b.issued +=
      uneven * (elements / 32 * (work.epilogueInstructions + 1 + (2 * transfers + 3) / vector) + double(t.channels) * work.perChannel);
  b.shared += elements / 32;
  // Runs of a box along w start and end anywhere in a 32-byte sector, and a part of a sector costs twice.
  b.bytes += elements / double(t.box[2]) * double(4 * t.box[2] + 56) * transfers;
  double turn = work.epilogueLoads > 0 ? 16 : 8; // elements of a thread in flight together
  b.latency += std::ceil(uneven * elements / (double(t.threads) * turn)) * (work.epilogueLoads > 0    ? kLoadLatency
                                                                            : work.epilogueStores > 0 ? kStoreLatency
                                                                                                      : 3 * kSharedLatency);
}

BlockCost WindowCounter::block(int64_t slice, bool operandFitsL2) const {
  BlockCost b;
  b.threads = t.threads, b.fill = g.phaseCount() > 1 ? 6 : 12; // phases of unequal work drift apart, so that fewer warps do
  int64_t pipe = g.pipeFloats * slice;                         // g stages one channel
  int64_t tile = g.tileFloats + int64_t(work.pooled * double(volume(t.box) * t.channels)); // with what a pool leaves
  b.sharedBytes =
      4 * (g.resident ? std::max(tile, pipe) : tile + pipe) + (work.allChannels ? 36 * t.threads : 0); // and where threads merge
  double itemWarps = std::ceil(double(g.items) / 32), rounds = std::ceil(double(g.items) / double(t.threads)),
         slices = double(ceilDiv(reduced, slice));
  double inner = double(reduced) * passes, deposits = g.resident ? 1 : 2 * slices - 1; // adding to the tile reads it first
  double deposit = double(t.rows * t.cols) * deposits;
  double stored = g.paired && g.pair == 2 ? deposit / 2 : deposit; // both phases of a pair leave in one store
  b.issued = itemWarps * (inner * instructions + stored + 6 * double(t.rows) + (scatter ? kPhaseStart : 40));
  b.multiplies = itemWarps * inner * multiplies;
  b.shared = itemWarps * (inner * sharedLoads + deposit * (g.paired ? 1 : double(g.spread[2])));
  // Phases meet different numbers of taps, and the block waits for the one that meets most.
  double uneven = 1;
  for (int i = 0; i < 3; ++i)
    if (g.phases[i] > 1)
      uneven *= double(ceilDiv(p.taps[i], g.period[i]) * std::min(g.period[i], p.taps[i])) / double(p.taps[i]);
  b.latency = rounds * inner * kSharedLatency + (uneven - 1) * itemWarps * inner * instructions / 4;
  stage(b, slice);
  epilogue(b);
  // Blocks of other channels read the operand again: from L2 where all of it stays there.
  double own = 4 * work.loads[0] * double(volume(scatter ? p.small : p.large) * reduced) / double(t.boxes(p, scatter));
  b.memory = own / double(operandFitsL2 ? t.channelBlocks(p, scatter) / p.groups : 1) +
             double(volume(t.box) * t.channels) / double(t.box[2]) * double(4 * t.box[2] + 56) * (work.epilogueLoads + work.epilogueStores);
  // While staging, a resident item's sums wait in registers beside the loads in flight.
  int64_t staging =
      36 + int64_t(4 * work.loads[0]) + std::min<int64_t>(12, int64_t(work.instructions[0]) / 2) + (g.resident ? t.rows * t.cols : 0);
  b.registers = std::max({innerRegisters, staging, int64_t(40)});
  return b;
}

SmallVector<int64_t> channelCounts(int64_t written) {
  SmallVector<int64_t> all;
  for (int64_t n : {4, 8, 16, 32, 64})
    if (n < written)
      all.push_back(n);
  for (int64_t n : {ceilDiv(written, 2), written})
    if (n <= 64 && !llvm::is_contained(all, n))
      all.push_back(n);
  return all;
}

} // namespace

WindowTile fusion::chooseWindowTile(const WindowProblem &p, bool scatter, const ElementWork &work, const DeviceSpec &spec, int64_t batch) {
  const Extents &out = scatter ? p.large : p.small;
  int64_t written = (scatter ? p.b : p.a) / p.groups, reduced = (scatter ? p.a : p.b) / p.groups;
  int64_t images = ShapedType::isDynamic(p.images) ? batch : p.images;
  double operand = 4 * work.loads[0] * double(images * volume(scatter ? p.small : p.large) * (scatter ? p.a : p.b));
  bool fits = operand <= double(spec.l2Bytes);
  WindowTile best;
  double least = std::numeric_limits<double>::infinity();
  auto offer = [&](WindowTile t) {
    WindowCounter counter(p, t, scatter, work);
    int64_t channelBlocks = t.channelBlocks(p, scatter);
    double blocks = double(images * t.boxes(p, scatter) * channelBlocks);
    // Blocks of the next channels run when the operand has left L2: a sweep that nothing hides, and bytes that plans do not count on.
    double sweeps = fits ? 0 : kSweepPenalty * operand * double(channelBlocks / p.groups - 1) / spec.bandwidth * spec.clock();
    for (int64_t slice : {1, 2, 3, 4, 8, 16, 32}) {
      if (slice > 1 && slice >= 2 * reduced)
        break;
      t.slice = std::min<int64_t>(slice, reduced);
      BlockCost block = counter.block(t.slice, fits);
      if (block.registers > kMostRegisters)
        continue;
      double cycles = deviceCycles(block, blocks, spec) + sweeps;
      if (cycles < least)
        least = cycles, best = t;
    }
  };
  const Extents &m = work.multiple; // a box is made of whole windows
  auto boxes = [&](int i, int64_t limit, int64_t least = 1) {
    return extentsUpTo(ceilDiv(out[i], m[i]), std::max<int64_t>(1, limit / m[i]), ceilDiv(least, m[i]));
  };
  for (int64_t inD : boxes(0, 4))
    for (int64_t inH : boxes(1, 16))
      for (int64_t inW : boxes(2, 128, kMinTileWidth)) {
        int64_t d = inD * m[0], h = inH * m[1], w = inW * m[2];
        if (d * h * w > kMaxTilePositions)
          continue;
        // A box of one phase along d has as much work in every warp: 8 to 30 % faster than boxes of both, as measured.
        if (scatter && p.stride[0] > 1 && d > m[0])
          continue;
        for (int64_t channels : work.allChannels ? SmallVector<int64_t>{written} : channelCounts(written))
          for (int64_t rows : {1, 2, 4, 8})
            for (int64_t cols : {written <= 4 ? written : int64_t(4), int64_t(8), int64_t(16)}) {
              if (rows * cols > 64 || cols > ceilDiv(channels, 4) * 4 || rows > d * h * w)
                continue;
              WindowTile t;
              t.box = {d, h, w}, t.channels = channels, t.rows = rows, t.cols = cols, t.slice = 1;
              // A block has as many threads as work items where that is a sensible block; else its threads take turns.
              int64_t items = WindowGeometry(p, t, scatter).items, rounded = ceilDiv(items, 32) * 32;
              if (rounded > 1024)
                continue;
              t.threads = rounded <= 256 ? std::max<int64_t>(64, rounded) : 256;
              offer(t);
            }
      }
  return best;
}
