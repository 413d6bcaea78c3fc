// Tiles of elementwise kernels and of sweeps.
#include "TileCost.h"
#include "fusion/Schedule/KernelFacts.h"
#include "fusion/Schedule/Scalars.h"
#include "fusion/Schedule/SweepWalks.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace fusion;

ChannelTile fusion::chooseChannelTile(int64_t channels, int64_t positions, bool alongChannels, const DeviceSpec &) {
  ChannelTile t;
  if (alongChannels) { // as many elements, in a piece where channels are few
    int64_t elements = t.positions * t.channels;
    t.channels = std::min<int64_t>(256, channels);
    t.positions = std::clamp<int64_t>(elements / t.channels, 1, positions);
    return t;
  }
  // Each warp takes a channel; long channels are cut so that a warp has about a thousand positions.
  t.channels = std::min<int64_t>(8, channels);
  while (t.positions / 2 >= positions && t.positions > 32)
    t.positions /= 2;
  return t;
}

RowTile fusion::chooseRowTile(int64_t batch, int64_t features, int64_t group, const DeviceSpec &spec) {
  RowTile t;
  t.width = group > 0 ? group : std::min<int64_t>(128, ceilDiv(features, 32) * 32);
  int64_t chunks = ceilDiv(features, t.width);
  // Fewer, longer row tiles leave fewer partials; enough of them must remain to fill the device.
  while (t.rows > 8 && ceilDiv(batch, t.rows) * chunks < 4 * spec.multiprocessors)
    t.rows /= 2;
  return t;
}

SweepWork SweepWork::of(KernelOp kernel) {
  KernelFacts facts = KernelFacts::of(kernel);
  SweepWork work;
  work.vector = work.widest = widestRun(kernel, facts.domain);
  while (facts.run.reduced % work.vector)
    work.vector /= 2;
  auto isElements = [&](Type type) { return Domain::of(cast<RankedTensorType>(type)) == facts.domain; };
  work.tensors = llvm::count_if(kernel->getOperandTypes(), isElements) + llvm::count_if(kernel->getResultTypes(), isElements);
  work.again = std::max<int64_t>(1, usedAgain(kernel, facts.domain).size());
  work.merges = 0;
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    if (auto reduce = dyn_cast<ReduceOp>(op)) {
      bool moments = reduce.getKind() == ReduceKind::moments;
      work.instructions += moments ? 3 : 1, work.merges += moments ? 3 : 1;
    } else if (auto map = dyn_cast<MapOp>(op); map && Domain::from(map.getDomain()) == facts.domain) {
      work.instructions += instructionsPerElement(map);
    }
  }
  return work;
}

int64_t SweepWork::elements(const Run &run, int64_t lanes) const { return ceilDiv(run.reduced, lanes * vector) * vector; }

/// Beside what is held, a thread needs some 40 registers for addresses and what it works on: it has 64 in all, or 128, as it also does
/// where long formulas are worked out for many elements at once.
int64_t SweepWork::threads(const Run &run, int64_t lanes) const {
  // Instructions per element, and what is kept between walks: between a sweep that fits 64 registers on sm_80 and one that spills there.
  constexpr double longFormula = 56, perKept = 4;
  bool heavy = instructions + perKept * double(again) > longFormula;
  if (run.inner > 1) // columns, of which a thread has several: short runs are unrolled
    return heavy && run.perImage && run.reduced <= kUnrolledRun ? 512 : 1024;
  int64_t many = elements(run, lanes);
  return many * again > 16 || (many >= 16 && heavy) ? 512 : 1024;
}

bool SweepWork::fits(const Run &run, int64_t lanes) const {
  return run.perImage && run.inner == 1 && elements(run, lanes) <= 32 && elements(run, lanes) * again <= 64;
}

/// Lanes whose registers hold a run of neighbouring elements at the least cost; 0 where none can.
static int64_t lanesThatHold(const Run &run, double results, const SweepWork &work, const DeviceSpec &spec) {
  constexpr double perLane = 40, perMerge = 4; // instructions of a thread beside its elements; of a step between lanes, per value
  int64_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (int64_t lanes = 1, step = 0; lanes <= 32; lanes *= 2, ++step) {
    if (!work.fits(run, lanes))
      continue;
    int64_t elements = work.elements(run, lanes);
    double issue = double(lanes) * (perLane + double(elements) * work.instructions + double(step) * perMerge * work.merges);
    // What an access of a warp touches, in lines of 128 bytes, goes through one unit, a fourth as fast as instructions.
    double lines = 4 * std::max(4.0 * double(work.vector) / double(work.widest), 32.0 / double(lanes));
    double memory = double(lanes * elements / work.vector * work.tensors) * lines;
    // Threads that hold much run with few others, and few warps leave issue slots empty; so do results for few threads.
    double warps = work.threads(run, lanes) / 32.0;
    double filled = (1 - std::exp(-warps / 8)) * std::min(1.0, results * double(lanes) / (1024 * double(spec.multiprocessors)));
    double cost = (std::max(issue, memory) + std::min(issue, memory) / 8) / filled;
    if (cost < least)
      least = cost, best = lanes;
  }
  return best;
}

SweepTile fusion::chooseSweepTile(const Run &run, int64_t images, const SweepWork &work, const DeviceSpec &spec) {
  SweepTile t;
  int64_t results = run.inner * (run.perImage ? images * run.outer : 1), reduced = run.perImage ? run.reduced : run.reduced * images;
  t.alongReduced = run.inner == 1;
  if (t.alongReduced) {
    // Short runs lie in the registers of a few lanes; else a warp per run while runs are short or warps are plenty, else a block.
    bool block = reduced > 4096 || (reduced >= 512 && results < 8 * spec.multiprocessors);
    int64_t lanes = block ? 0 : lanesThatHold(run, double(results), work, spec);
    t.held = lanes > 0;
    t.lanes = block ? t.threads : t.held ? lanes : 32;
    return t;
  }
  // Neighbouring results lie side by side in memory. The fewer there are, the more threads share a run.
  while (t.lanes < t.threads && (results >= 4 * t.lanes * 4 * spec.multiprocessors || reduced * 2 * t.lanes <= 4 * t.threads))
    t.lanes *= 2;
  // A block of long runs has as few as memory hands out at once, 16 in 64 bytes, where that gives multiprocessors several blocks, and half
  // as many where not every one would have a block.
  int64_t each = std::min<int64_t>(4, work.widest), few = 4 * spec.multiprocessors, longRun = 16;
  while (run.inner % each)
    each /= 2;
  auto isFew = [&] { return t.lanes * each > 16 ? results < few * t.lanes * each : results < spec.multiprocessors * t.lanes * each; };
  while (t.lanes * each > 8 && isFew() && reduced * t.lanes >= longRun * t.threads)
    t.lanes /= 2;
  if (results < few * t.lanes * each && reduced * t.lanes >= 2 * longRun * t.threads)
    t.threads *= 2;
  return t;
}
