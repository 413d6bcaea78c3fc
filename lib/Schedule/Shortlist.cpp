// Asks the tile choosers for all they consider and keeps the few of least predicted time.
#include "fusion/Schedule/Shortlist.h"
#include "fusion/Schedule/KernelFacts.h"
#include "fusion/Schedule/Tiles.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace fusion;

namespace {

/// The best distinct tiles so far, ascending. Distinct is what differs as an attribute: emission sees nothing else.
class Best {
public:
  Best(KernelOp kernel, unsigned count) : context(kernel.getContext()), own(*kernel.getSchedule()), count(count) {}

  template <class Tile> void offer(const Tile &tile, double seconds) {
    if (!std::isfinite(seconds))
      return;
    bool full = others.size() + 1 >= count;
    if (full && (others.empty() || seconds >= others.back().seconds) && seconds >= ownSeconds)
      return;
    DictionaryAttr schedule = toAttr(context, tile);
    if (schedule == own) {
      ownSeconds = std::min(ownSeconds, seconds);
      return;
    }
    if (llvm::any_of(others, [&](const TileCandidate &other) { return other.schedule == schedule; }))
      return;
    others.insert(llvm::upper_bound(others, seconds, [](double s, const TileCandidate &other) { return s < other.seconds; }),
                  {schedule, seconds});
    if (others.size() + 1 > count)
      others.pop_back();
  }
  SmallVector<TileCandidate> take() const {
    SmallVector<TileCandidate> all{{own, std::isfinite(ownSeconds) ? ownSeconds : 0}};
    all.append(others.begin(), others.end());
    return all;
  }

private:
  MLIRContext *context;
  DictionaryAttr own;
  double ownSeconds = std::numeric_limits<double>::infinity();
  unsigned count;
  SmallVector<TileCandidate> others;
};

/// The neighbours of a tile that was chosen by a rule: nothing predicts their times.
SmallVector<TileCandidate> besideRule(KernelOp kernel, const KernelFacts &facts, unsigned count) {
  MLIRContext *context = kernel.getContext();
  SmallVector<TileCandidate> all{{*kernel.getSchedule(), 0}};
  auto add = [&](auto tile) {
    if (DictionaryAttr schedule = toAttr(context, tile);
        all.size() < count && llvm::none_of(all, [&](const TileCandidate &other) { return other.schedule == schedule; }))
      all.push_back({schedule, 0});
  };
  auto vary = [&](auto tile, auto field, int64_t least, int64_t most) {
    int64_t value = tile.*field;
    for (int64_t other : {value * 2, value / 2})
      if (other >= least && other <= most)
        tile.*field = other, add(tile);
  };
  if (facts.strategy == Strategy::Channels || facts.strategy == Strategy::Pool) {
    ChannelTile tile;
    fromAttr(*kernel.getSchedule(), tile);
    vary(tile, &ChannelTile::positions, 64, 4096);
    vary(tile, &ChannelTile::channels, 1, std::min<int64_t>(32, facts.domain.channels));
  } else if (facts.strategy == Strategy::Rows) {
    RowTile tile;
    fromAttr(*kernel.getSchedule(), tile);
    vary(tile, &RowTile::rows, 4, 256);
  } else if (facts.strategy == Strategy::Sweep) {
    SweepTile tile;
    fromAttr(*kernel.getSchedule(), tile);
    if (!tile.alongReduced) {
      vary(tile, &SweepTile::lanes, 2, tile.threads);
    } else if (tile.held) { // more or fewer lanes per run, or walks over memory
      SweepWork work = SweepWork::of(kernel);
      int64_t lanes = tile.lanes;
      for (int64_t other : {lanes * 2, lanes / 2})
        if (other >= 1 && other <= 32 && work.fits(facts.run, other))
          tile.lanes = other, add(tile);
      tile.held = 0, tile.lanes = 32;
      add(tile);
    } else { // a warp or a block per run
      tile.lanes = tile.lanes == 32 ? tile.threads : 32;
      add(tile);
    }
  }
  return all;
}

} // namespace

SmallVector<TileCandidate> fusion::shortlist(KernelOp kernel, const DeviceSpec &spec, int64_t batch, unsigned count) {
  KernelFacts facts = KernelFacts::of(kernel);
  ElementWork work = ElementWork::of(kernel);
  Best best(kernel, count);
  auto extent = [&](int64_t n) { return ShapedType::isDynamic(n) ? batch : n; };
  switch (facts.strategy) {
  case Strategy::Gather:
  case Strategy::Scatter: {
    bool packed = facts.contract.getPacked(); // the kernel that packs is there, or is not
    auto seen = [&](const WindowTile &tile, double seconds) {
      if (bool(tile.packed) == packed)
        best.offer(tile, seconds);
    };
    chooseWindow(WindowProblem::of(facts.contract), facts.strategy == Strategy::Scatter, work, spec, batch, seen);
    break;
  }
  case Strategy::Weight: {
    auto seen = [&](const WeightTile &tile, double seconds) { best.offer(tile, seconds); };
    chooseWeight(WindowProblem::of(facts.contract), work, spec, batch, seen);
    break;
  }
  case Strategy::Matmul: {
    auto a = cast<RankedTensorType>(facts.contract.getLhs().getType());
    int64_t m = extent(facts.domain.batch), n = facts.domain.channels, k = extent(a.getDimSize(facts.contract.getTransposeA() ? 0 : 1));
    bool split = facts.contract.isSplit();
    auto seen = [&](MatmulTile tile, double seconds) {
      tile.band = split ? 0 : chooseMatmulBand(m, n, k, tile, work, spec);
      best.offer(tile, seconds);
    };
    chooseMatmul(m, n, k, facts.group, work, spec, factorsOf(facts.contract), seen, split);
    break;
  }
  default:
    return besideRule(kernel, facts, count);
  }
  return best.take();
}
