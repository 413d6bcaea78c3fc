// What surrounds the sums of a window, and the sums on CUDA cores. docs/cost-model.md explains the terms.
#include "WindowCost.h"
#include "fusion/Schedule/SweepWalks.h"
#include <algorithm>
#include <cmath>

using namespace fusion;

static constexpr double kStageIndex = 26, kStageDepth = 8, kWeightIndex = 12; ///< instructions that find a staged element's place
static constexpr double kStoreLatency = 400;                                  ///< until stores have left the registers
/// Bytes per line beside its elements. A run of lines that starts or ends inside a sector shares it with another block's: what is stored
/// there has the rest fetched first: 70 to 150 bytes where blocks do nothing but store (benchmarks/results/2026-11-21-h200-walks.md), of
/// which windows show less.
static constexpr double kLine = 56, kPartStored = 40;
static constexpr int64_t kSector = 32;
static constexpr double kPhaseStart = 110; ///< instructions that find a phase's taps
static constexpr double kBlockStart = 80;  ///< instructions of a thread outside all loops

int64_t WindowCounter::sharedBytes(int64_t pipe) const {
  int64_t tile = g.tileFloats + int64_t(work.pooled * double(volume(t.box) * t.channels)); // with what a pool leaves
  return 4 * ((t.grouped ? !t.walks : g.resident) ? std::max(tile, pipe) : tile + pipe) +
         (work.allChannels ? 36 * t.threads : 0); // and where threads merge
}

void WindowCounter::stage(BlockCost &b, const WindowGeometry &sized, int64_t slice) const {
  double slices = double(ceilDiv(reduced, slice)), taps = double(volume(p.taps));
  double run = double(std::min<int64_t>(slice, slice <= 8 && 2 * volume(g.patch) >= t.threads ? 8 : 4)); // channels that share a place
  double runs = double(volume(g.patch)) * std::ceil(double(slice) / run), weights = double(sized.weightFloats),
         copied = sized.copiesQuads ? 4 : 1;
  bool plain = work.instructions[0] == 0; // copied without a detour through registers
  b.issued +=
      slices * (runs / 32 * (kStageIndex + (g.patch[0] > 1 ? kStageDepth : 0) + run * (3 + 4 * work.loads[0] + work.instructions[0])) +
                weights / 32 / copied * kWeightIndex + 20 * double(t.threads) / 32);
  b.issued += kBlockStart * double(t.threads) / 32;
  b.shared += slices * (runs * run / 32 + weights / 32 * (scatter && !sized.copiesQuads ? 4 : 1));
  double turns = plain ? 1 : std::ceil(runs * run / 8 / double(t.threads)); // eight elements of a thread are in flight together
  // With two buffers only what is computed while it is staged waits for every slice.
  b.latency += sized.twoBuffers ? kLoadLatency + slices * kBarrier + (plain ? 0 : (slices - 1) * turns * kLoadLatency)
                                : slices * (turns * kLoadLatency + 2 * kBarrier);
  // Rows of the patch start anywhere in a 32-byte sector.
  b.bytes +=
      work.loads[0] * double(g.patch[0] * g.patch[1] * reduced) * double(4 * g.patch[2] + 28) + 4 * double(reduced * t.channels) * taps;
}

void WindowCounter::epilogue(BlockCost &b) const {
  double vector = double(t.vector(out));
  double elements = double(volume(t.box) * t.channels), warps = double(t.epilogueThreads()) / 32;
  double uneven = work.reduces ? double(ceilDiv(t.channels, int64_t(warps))) * warps / double(t.channels) : 1;
  double transfers = work.epilogueLoads + work.epilogueStores;
  b.issued +=
      uneven * (elements / 32 * (work.epilogueInstructions + 1 + (2 * transfers + 3) / vector) + double(t.channels) * work.perChannel);
  b.shared += elements / 32;
  // Runs of a box along w start and end anywhere in a 32-byte sector, and a part of a sector costs twice.
  b.bytes += elements / double(t.box[2]) * double(4 * t.box[2] + 56) * transfers;
  double turn = work.epilogueLoads > 0 ? 16 : 8; // elements of a thread in flight together
  if (work.allChannels)                          // threads without a position issue nothing, but others take no less time
    uneven = double(tileLanes(volume(t.box), t.channels, t.epilogueThreads()).elements * t.epilogueThreads()) / elements;
  b.latency += std::ceil(uneven * elements / (32 * warps * turn)) * (work.epilogueLoads > 0    ? kLoadLatency
                                                                     : work.epilogueStores > 0 ? kStoreLatency
                                                                                               : 3 * kSharedLatency);
}

void WindowCounter::traffic(BlockCost &b, bool operandFitsL2) const {
  // Blocks of other channels read the operand again: from L2 where all of it stays there.
  double own = 4 * work.loads[0] * double(volume(scatter ? p.small : p.large) * reduced) / double(t.boxes(p, scatter));
  double elements = double(volume(t.box) * t.channels), lines = elements / double(t.box[2]);
  bool whole = t.box[2] * 4 % kSector == 0 && out[2] * 4 % kSector == 0;
  b.memory = own / double(operandFitsL2 ? t.channelBlocks(p, scatter) / p.groups : 1) +
             (4 * elements + kLine * lines) * (work.epilogueLoads + work.epilogueStores) +
             (whole ? 0 : kPartStored * elements / double(t.run(out)) * work.epilogueStores);
}

int64_t WindowCounter::stagingRegisters(int64_t sums) const {
  return 36 + int64_t(4 * work.loads[0]) + std::min<int64_t>(12, int64_t(work.instructions[0]) / 2) + sums;
}

/// The innermost loop body of one work item: all taps along h (and along w when paired) of one reduction channel.
void CudaWindow::countItem() {
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

BlockCost CudaWindow::block(int64_t slice, bool operandFitsL2) const {
  BlockCost b;
  b.threads = t.threads, b.fill = g.phaseCount() > 1 ? 6 : 12; // phases of unequal work drift apart, so that fewer warps do
  WindowTile staged = t;
  staged.slice = slice;
  WindowGeometry sized(p, staged, scatter);
  b.sharedBytes = sharedBytes(sized.pipeFloats);
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
  stage(b, sized, slice);
  epilogue(b);
  traffic(b, operandFitsL2);
  b.registers = std::max({innerRegisters, stagingRegisters(g.resident ? t.rows * t.cols : 0), int64_t(40)});
  return b;
}
