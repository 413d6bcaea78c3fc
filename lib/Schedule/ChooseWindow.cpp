// The tile of a gather or scatter, on CUDA cores or on tensor cores: what is predicted to take least. docs/cost-model.md explains the
// terms.
#include "WindowCost.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace mlir;
using namespace fusion;

namespace {

constexpr int64_t kMostRegisters = 128;
/// Of a thread on tensor cores, whose share of the sums is what spares fragments: few warps must hide latencies then.
constexpr int64_t kMostTensorRegisters = 208;
/// What windows take with `mma.sync` against what is counted, where warpgroups are to be had, whose times are counted as measured.
constexpr double kWarpsAlone = 1.25;
/// What tensor cores must be predicted to save: less is not worth rounded operands.
constexpr double kTensorGain = 0.9;
/// Bytes of the operand that are read again against bytes of the plan; by warpgroups, which hide them.
constexpr double kSweepPenalty = 8, kGroupSweep = 1;

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

/// Positions that boxes of `extent` cover, against those there are.
double coveredBy(int64_t extent, int64_t all) { return double(roundUp(all, extent)) / double(all); }

/// Besides `extents`, equal parts of `all`, in multiples of `step` (or of eight times that), that reach over the end by less than each of
/// them.
SmallVector<int64_t> withEqualParts(SmallVector<int64_t> extents, int64_t all, int64_t step, int64_t limit, int64_t least) {
  constexpr double worth = 0.08;
  double covered = std::numeric_limits<double>::infinity();
  for (int64_t n : extents)
    if (n >= least)
      covered = std::min(covered, coveredBy(n, all));
  for (int64_t parts = 1; parts <= 4; ++parts)
    for (int64_t multiple : {step, 8 * step})
      if (int64_t n = roundUp(ceilDiv(all, parts), multiple);
          n <= limit && n >= least && coveredBy(n, all) < covered - worth && !llvm::is_contained(extents, n))
        extents.push_back(n);
  return extents;
}

/// `counts` below `written`, then half of it and all of it where the tile is to hold as many.
SmallVector<int64_t> channelCounts(int64_t written, std::initializer_list<int64_t> counts) {
  SmallVector<int64_t> all;
  for (int64_t n : counts)
    if (n < written)
      all.push_back(n);
  for (int64_t n : {ceilDiv(written, 2), written})
    if (n <= counts.end()[-1] && !llvm::is_contained(all, n))
      all.push_back(n);
  return all;
}

class Candidates {
public:
  Candidates(const WindowProblem &p, bool scatter, const ElementWork &work, const DeviceSpec &spec, int64_t batch,
             TileObserver<WindowTile> seen)
      : p(p), scatter(scatter), work(work), spec(spec), seen(seen), written((scatter ? p.b : p.a) / p.groups),
        reduced((scatter ? p.a : p.b) / p.groups), images(ShapedType::isDynamic(p.images) ? batch : p.images),
        operand(4 * work.loads[0] * double(images * volume(scatter ? p.small : p.large) * (scatter ? p.a : p.b))) {}

  void onCudaCores(const Extents &box);
  void onTensorCores(const Extents &box);
  void onWarpgroups(const Extents &box);
  SmallVector<int64_t> tapSlices(const WindowGeometry &g) const;
  double useful(const Extents &box) const;
  bool leavesRoom(const WindowTile &t) const;

  struct Best {
    WindowTile tile;
    double cycles = std::numeric_limits<double>::infinity();
  } cuda, ofWarps, ofGroups;
  double warpsAlone() const { return spec.wgmmaShare > 0 ? kWarpsAlone : 1; }
  /// The better of both families on tensor cores.
  const Best &tensor() const {
    return ofGroups.cycles < std::min(warpsAlone() * ofWarps.cycles, kTensorGain * cuda.cycles) ? ofGroups : ofWarps;
  }

private:
  const WindowProblem &p;
  bool scatter;
  const ElementWork &work;
  const DeviceSpec &spec;
  TileObserver<WindowTile> seen;
  int64_t written, reduced, images;
  double operand; ///< bytes

  bool fits() const { return operand <= double(spec.l2Bytes); }
  /// Of the kernel that packs weights: it reads and writes them once.
  double packSeconds() const { return spec.launchSeconds + 8 * double(p.a * p.b / p.groups * volume(p.taps)) / spec.bandwidth; }
  void consider(Best &best, const WindowTile &t, const BlockCost &block, double besideSeconds = 0) {
    if (block.registers > (t.onTensorCores() ? kMostTensorRegisters : kMostRegisters))
      return;
    // Several blocks that walk are in each other's way: 1.05 to 1.3 times what one takes, as measured.
    if (t.walks && residentBlocks(block, spec) > 1)
      return;
    int64_t channelBlocks = t.channelBlocks(p, scatter);
    double blocks = double(images * t.boxes(p, scatter) * channelBlocks);
    // Blocks of the next channels run when the operand has left L2: a sweep that nothing hides, and bytes that plans do not count on.
    double sweeps =
        fits() ? 0
               : (t.grouped ? kGroupSweep : kSweepPenalty) * operand * double(channelBlocks / p.groups - 1) / spec.bandwidth * spec.clock();
    double cycles = deviceCycles(block, blocks, spec) + sweeps + besideSeconds * spec.clock();
    if (cycles >= best.cycles && !seen)
      return;
    WindowTile tile = t;
    if (t.onTensorCores())
      tile.resident = std::clamp<int64_t>(residentBlocks(block, spec), 1, spec.registersPerMultiprocessor / (t.threads * 64));
    if (seen)
      seen(tile, cycles / spec.clock() * (t.onTensorCores() && !t.grouped ? warpsAlone() : 1));
    if (cycles < best.cycles)
      best = {tile, cycles};
  }
};

void Candidates::onCudaCores(const Extents &box) {
  for (int64_t channels : work.allChannels ? SmallVector<int64_t>{written} : channelCounts(written, {4, 8, 16, 32, 64}))
    for (int64_t rows : {1, 2, 4, 8})
      for (int64_t cols : {written <= 4 ? written : int64_t(4), int64_t(8), int64_t(16)}) {
        if (rows * cols > 64 || cols > ceilDiv(channels, 4) * 4 || rows > volume(box))
          continue;
        WindowTile t;
        t.box = box, t.channels = channels, t.rows = rows, t.cols = cols, t.slice = 1;
        // A block has as many threads as work items where that is a sensible block; else its threads take turns.
        int64_t items = WindowGeometry(p, t, scatter).items, rounded = roundUp(items, 32);
        if (rounded > 1024)
          continue;
        t.threads = rounded <= 256 ? std::max<int64_t>(64, rounded) : 256;
        CudaWindow counter(p, t, scatter, work);
        for (int64_t slice : {1, 2, 3, 4, 8, 16, 32}) {
          if (slice > 1 && slice >= 2 * reduced)
            break;
          t.slice = std::min<int64_t>(slice, reduced);
          consider(cuda, t, counter.block(t.slice, fits()));
        }
      }
}

/// Channels staged at a time; many taps leave room for few.
static SmallVector<int64_t> sliceSizes(int64_t reduced, int64_t taps, int64_t pack) {
  SmallVector<int64_t> slices;
  int64_t all = roundUp(reduced, pack);
  for (int64_t slice : {int64_t(2), int64_t(4), int64_t(8), int64_t(16), int64_t(32), all})
    if (slice <= std::min<int64_t>(all, 32) && (slice >= 8 || slice == all || slice * taps >= 64) && !llvm::is_contained(slices, slice))
      slices.push_back(slice);
  return slices;
}

/// Whether the next box comes in time beside a tile's epilogue: where that loads, too, stores more than the tile or one element at a time,
/// and where boxes have several slices, walks took 0.9 to 1.3 times as long as blocks of one box, as measured.
bool Candidates::leavesRoom(const WindowTile &t) const {
  return work.epilogueLoads == 0 && work.epilogueStores <= 1 && (work.epilogueStores < 1 || t.vector(scatter ? p.large : p.small) > 1);
}

/// How many taps' weights to stage at a time: all, or parts of many where all meet every place.
SmallVector<int64_t> Candidates::tapSlices(const WindowGeometry &g) const {
  int64_t taps = volume(p.taps);
  SmallVector<int64_t> all{0};
  for (int64_t n : {5, 9, 10, 15, 25})
    if (volume(g.period) == 1 && g.phaseCount() == 1 && 2 * n <= taps)
      all.push_back(n);
  return all;
}

/// Share of the places that warpgroups multiply which are of use: the rest lies between lines of the patch, or behind the picture's end.
double Candidates::useful(const Extents &box) const {
  WindowTile t;
  t.box = box, t.rows = 1, t.cols = 1, t.slice = 8 * packOf(p.factors), t.pack = packOf(p.factors), t.grouped = 1;
  t.warpPlaces = 16, t.warpChannels = t.channels = 8;
  WindowGeometry g(p, t, scatter);
  double places = 64 * double(g.tiles) * double(g.phaseCount()), share = double(volume(box)) / places;
  for (int i = 0; i < 3; ++i)
    share /= coveredBy(box[i], (scatter ? p.large : p.small)[i]);
  return share;
}

void Candidates::onWarpgroups(const Extents &box) {
  int64_t pack = packOf(p.factors);
  for (int64_t channels : work.allChannels ? SmallVector<int64_t>{written} : channelCounts(written, {16, 32, 64, 96, 128, 192, 256}))
    for (int64_t parts : {1, 2, 4}) {
      WindowTile t;
      t.box = box, t.channels = channels, t.rows = 1, t.cols = 1, t.slice = 8 * pack, t.pack = pack, t.grouped = 1;
      t.warpPlaces = 16, t.warpChannels = roundUp(ceilDiv(channels, parts), 8);
      if (t.warpChannels > 256 || (parts > 1 && (channels % 16 != 0 || ceilDiv(channels, t.warpChannels) != parts)))
        continue;
      WindowGeometry g(p, t, scatter);
      for (int64_t tiles : {1, 2, 3, 4, 6, 8}) {
        int64_t groups = ceilDiv(g.tiles, tiles) * parts;
        // Sums beyond 128 registers leave no room for what feeds them.
        if (groups > 4 || tiles > g.tiles || g.phaseCount() * tiles * t.warpChannels / 2 > 128 || !g.describable)
          continue;
        t.warpPlaces = 16 * tiles;
        for (int64_t stagers : {128, 256}) {
          t.stagers = stagers, t.threads = 128 * groups + stagers;
          WarpgroupWindow counter(p, t, scatter, work, spec);
          for (int64_t slice = 8 * pack; slice <= std::min<int64_t>(32 * pack, roundUp(reduced, 8 * pack)); slice *= 2) {
            t.slice = slice;
            for (int64_t atOnce : tapSlices(g))
              for (int64_t packed = 0; packed <= int64_t(p.packs); ++packed)
                for (int64_t walks = 0; walks <= 1; ++walks) {
                  t.tapSlice = atOnce, t.packed = packed, t.walks = walks;
                  if (walks && (slice < reduced || atOnce || !leavesRoom(t)))
                    continue;
                  consider(ofGroups, t, counter.block(slice, fits()), packed ? packSeconds() : 0);
                }
          }
        }
        t.slice = 8 * pack, t.packed = 0, t.tapSlice = 0, t.walks = 0;
      }
    }
}

void Candidates::onTensorCores(const Extents &box) {
  int64_t places = 1, phases = 1;
  for (int i = 0; i < 3; ++i) {
    int64_t spread = scatter ? p.stride[i] : 1;
    places *= ceilDiv(box[i], spread), phases *= std::min(spread, box[i]);
  }
  for (int64_t channels : work.allChannels ? SmallVector<int64_t>{written} : channelCounts(written, {8, 16, 32, 64, 128}))
    for (int64_t warpPlaces : {16, 32, 64, 128})
      for (int64_t warpChannels : {8, 16, 32, 64}) {
        int64_t warps = ceilDiv(places, warpPlaces) * ceilDiv(channels, warpChannels);
        if (phases * warpPlaces * warpChannels > 128 * 32 || warps < 2 || warps > 8 || warpChannels > roundUp(channels, 8))
          continue;
        // Two warps leave a multiprocessor idle more often than the model sees: 15 to 20 % slower than four, as measured.
        if (warps < 4 && ceilDiv(places, 16) * ceilDiv(channels, 8) >= 4)
          continue;
        WindowTile t;
        t.box = box, t.channels = channels, t.rows = 1, t.cols = 1, t.slice = 1;
        t.warpPlaces = warpPlaces, t.warpChannels = warpChannels, t.threads = 32 * warps, t.pack = packOf(p.factors);
        TensorWindow counter(p, t, scatter, work, spec);
        for (int64_t slice : sliceSizes(reduced, volume(p.taps), t.pack)) {
          t.slice = slice;
          consider(ofWarps, t, counter.block(slice, fits()));
        }
      }
}

} // namespace

WindowChoice fusion::chooseWindow(const WindowProblem &p, bool scatter, const ElementWork &work, const DeviceSpec &spec, int64_t batch,
                                  TileObserver<WindowTile> seen) {
  const Extents &out = scatter ? p.large : p.small;
  Candidates candidates(p, scatter, work, spec, batch, seen);
  const Extents &m = work.multiple; // a box is made of whole windows
  auto boxes = [&](int i, int64_t limit, int64_t least = 1) {
    return extentsUpTo(ceilDiv(out[i], m[i]), std::max<int64_t>(1, limit / m[i]), ceilDiv(least, m[i]));
  };
  SmallVector<int64_t> ds = boxes(0, 4), hs = boxes(1, 16), ws = boxes(2, 128, kMinTileWidth);
  for (int64_t inD : ds)
    for (int64_t inH : hs)
      for (int64_t inW : ws) {
        Extents box{inD * m[0], inH * m[1], inW * m[2]};
        // A box of one phase along d has as much work in every warp: 8 to 30 % faster than boxes of both, as measured.
        if (volume(box) <= kMaxTilePositions && (!scatter || p.stride[0] == 1 || box[0] == m[0]))
          candidates.onCudaCores(box);
      }
  // What reaches over the end is multiplied like the rest: boxes that fit count where products do.
  auto fitting = [&](int i, SmallVector<int64_t> extents, int64_t limit, int64_t least) {
    int64_t step = scatter ? std::max<int64_t>(1, p.stride[i] / std::gcd(p.stride[i], m[i])) : 1;
    return withEqualParts(std::move(extents), ceilDiv(out[i], m[i]), step, std::max<int64_t>(1, limit / m[i]), ceilDiv(least, m[i]));
  };
  // Whole lines are one run in memory, whose ends alone share sectors with other boxes; those of whole sectors share none.
  constexpr int64_t longest = 512, sector = 8;
  SmallVector<int64_t> widths = fitting(2, ws, 128, 16);
  if (int64_t n = roundUp(ceilDiv(out[2], m[2]), scatter ? std::max<int64_t>(1, p.stride[2] / std::gcd(p.stride[2], m[2])) : 1);
      out[2] % sector != 0 && n * m[2] <= longest && !llvm::is_contained(widths, n))
    widths.push_back(n);
  if (spec.tf32Rate > 0)
    for (int64_t inD : fitting(0, ds, 6, 1))
      for (int64_t inH : fitting(1, hs, 20, 2))
        for (int64_t inW : widths) {
          Extents box{inD * m[0], inH * m[1], inW * m[2]};
          if (volume(box) > kMaxTilePositions)
            continue;
          candidates.onTensorCores(box);
          if (spec.wgmmaShare > 0)
            candidates.onWarpgroups(box);
        }
  // Lines of the patch run on in tiles of 64 places: other heights may fill them better.
  constexpr double worth = 1.08;
  if (spec.tf32Rate > 0 && spec.wgmmaShare > 0)
    for (int64_t inD : fitting(0, ds, 6, 1))
      for (int64_t inW : widths) {
        SmallVector<int64_t> heights = fitting(1, hs, 20, 2);
        auto boxOf = [&](int64_t inH) { return Extents{inD * m[0], inH * m[1], inW * m[2]}; };
        double most = 0;
        for (int64_t inH : heights)
          most = std::max(most, candidates.useful(boxOf(inH)));
        int64_t step = scatter ? std::max<int64_t>(1, p.stride[1] / std::gcd(p.stride[1], m[1])) : 1;
        for (int64_t inH = step; inH * m[1] <= std::min<int64_t>(20, out[1]); inH += step) {
          Extents box = boxOf(inH);
          // Walks over all channels take as long for a part of a round of positions.
          bool rounds = !work.allChannels || volume(box) % 128 == 0;
          if (volume(box) <= kMaxTilePositions && rounds && !llvm::is_contained(heights, inH) && candidates.useful(box) > worth * most)
            candidates.onWarpgroups(box);
        }
      }
  // Squares of eight by eight places, which warpgroups multiply without any in between.
  auto squares = [&](int i, int64_t count) { return roundUp(8 * count * (scatter ? p.stride[i] : 1), m[i]); };
  if (spec.tf32Rate > 0 && spec.wgmmaShare > 0)
    for (int64_t inD : fitting(0, ds, 6, 1))
      for (int64_t down : {1, 2, 4})
        if (Extents box{inD * m[0], squares(1, down), squares(2, 1)}; volume(box) <= kMaxTilePositions)
          candidates.onWarpgroups(box);
  WindowChoice choice;
  const auto &tensor = candidates.tensor();
  choice.tile = tensor.cycles < kTensorGain * candidates.cuda.cycles ? tensor.tile : candidates.cuda.tile;
  choice.cudaSeconds = candidates.cuda.cycles / spec.clock(), choice.tensorSeconds = tensor.cycles / spec.clock();
  return choice;
}

WindowTile fusion::chooseWindowTile(const WindowProblem &p, bool scatter, const ElementWork &work, const DeviceSpec &spec, int64_t batch) {
  return chooseWindow(p, scatter, work, spec, batch).tile;
}
