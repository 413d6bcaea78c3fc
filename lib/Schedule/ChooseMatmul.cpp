// Tiles of matrix products, on CUDA cores or on tensor cores: what is predicted to take least.
#include "TileCost.h"
#include "mlir/IR/BuiltinTypes.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace fusion;

/// The tile leaves shared memory, element by element.
static void addEpilogue(BlockCost &b, const MatmulTile &t, const ElementWork &work) {
  double elements = double(t.rows * t.step), transfers = work.epilogueLoads + work.epilogueStores;
  b.issued += elements / 32 * (work.epilogueInstructions + 2 * transfers + 8);
  b.shared += elements / 16;
  b.bytes += 4 * elements * transfers;
  b.memory = 4 * elements * transfers; // operands are shared by rows and columns of tiles that run together, which bands see to
  b.latency += elements / double(t.threads) * kSharedLatency;
}

/// On CUDA cores: per k its share of both operands comes in and every thread multiplies its register tile.
static BlockCost cudaBlock(const MatmulTile &t, int64_t k, const ElementWork &work) {
  BlockCost b;
  b.threads = t.threads, b.sharedBytes = t.sharedBytes();
  double warps = double(t.threads) / 32, depth = double(k), steps = std::ceil(depth / double(t.depth));
  double multiplies = double(t.tm * t.tn), quads = double(t.tm + t.tn) / 4, perThread = double(t.rows + t.cols) / double(t.threads);
  double lanesN = double(std::min<int64_t>(t.cols / t.tn, 32)), lanesM = std::max(1.0, 32 / lanesN);
  b.multiplies = warps * depth * multiplies;
  b.issued = b.multiplies + warps * (depth * (quads + perThread * (2 + work.instructions[0] + work.instructions[1])) + steps * 40);
  b.shared = warps * depth * (double(t.tm) / 4 * std::max(1.0, lanesM / 8) + double(t.tn) / 4 * std::max(1.0, lanesN / 8) + perThread);
  b.bytes = 4 * depth * (work.loads[0] * double(t.rows) + work.loads[1] * double(t.cols));
  b.latency = kLoadLatency + steps * (kBarrier + 2 * kSharedLatency); // later loads are in flight while the step before is multiplied
  addEpilogue(b, t, work);
  b.registers = t.tm * t.tn + t.tm + t.tn + int64_t(perThread * double(t.depth)) + 40; // 64-bit addresses of both operands
  return b;
}

/// Cycles that a slice of 16 k takes a warp beyond its issue: chains of six dependent products, and the barrier.
static constexpr double kTensorLatency = 250;

/// On tensor cores: per slice of 16 k the operands come in, every warp splits its fragments and multiplies them three times, or rounds them
/// and multiplies once.
static BlockCost tensorBlock(const MatmulTile &t, int64_t k, const ElementWork &work, const DeviceSpec &spec, Factors factors) {
  BlockCost b;
  b.threads = t.threads, b.sharedBytes = t.sharedBytes();
  double warps = double(t.threads) / 32, slices = double(ceilDiv(k, 16)), sums = double(t.warpRows * t.warpCols) / 32;
  bool split = factors == Factors::Split;
  double pack = double(packOf(factors)), once = double(t.warpRows * t.warpCols) / 64 / pack;
  double fragments = double(t.warpRows + t.warpCols) / 2, products = (split ? 3 : 1) * once; // of a lane; of a warp
  double staged[] = {double(t.rows) * 16 / double(t.threads), double(t.cols) * 16 / double(t.threads)}, loading = 0;
  // Sums, and those that tensor cores still hold; both parts of an operand's fragments.
  b.registers = split ? int64_t(2 * sums) + 84 : int64_t(sums + fragments / pack) + 60;
  for (int i = 0; i < 2; ++i) {
    bool computed = work.instructions[i] > 0;
    loading += computed ? staged[i] * (4 + work.instructions[i]) : staged[i] / 4 * 6;
    b.registers += computed ? int64_t(staged[i] + 8 + std::min(12.0, work.instructions[i] / 2)) : 0;
  }
  b.issued = warps * slices * (fragments * ((split ? 3 : 1 / pack) + 0.25) + products + (split ? sums : 0) + loading + 40);
  double flops = warps * slices * products * 2048;
  b.tensor = flops * double(spec.multiprocessors) * spec.clock() / (spec.tf32Rate * spec.mmaShare);
  b.shared = slices * (warps * fragments + double(t.rows + t.cols) / 2);
  b.bytes = 64 * slices * (work.loads[0] * double(t.rows) + work.loads[1] * double(t.cols));
  b.latency = kLoadLatency + slices * kTensorLatency / (split ? 1 : 1.6);
  addEpilogue(b, t, work);
  return b;
}

// Warpgroups, fitted to 12 tiles of a large product on an H200 (benchmarks/results/2026-11-21-h200-products.md). Per slice of 32 k:
/// Cycles that products take beside their own: fragments, sums that change hands, the barrier; alone, or where two warpgroups take turns.
static constexpr double kGroupAlone = 750, kGroupInTurns = 500;
/// Cycles until loads have arrived, per element that a stager brings, and per instruction that computes it.
static constexpr double kGroupLoads = 550, kGroupElement = 16, kGroupComputed = 4;
/// Share of the shorter of both that shows; cycles of a block outside its slices and epilogue.
static constexpr double kGroupOverlap = 0.06, kGroupOutside = 1500;

/// Some warps bring both operands of a slice and make factors of the right one, while others make factors of their rows and multiply.
static BlockCost groupBlock(const MatmulTile &t, int64_t k, const ElementWork &work, const DeviceSpec &spec, bool split) {
  BlockCost b;
  b.threads = t.threads, b.sharedBytes = t.sharedBytes();
  double warps = double(t.multiplying()) / 32, slices = double(ceilDiv(k, 32)), sums = double(t.cols) / 2, times = split ? 3 : 1;
  double staged[] = {double(t.rows) * 32 / double(kMatmulStagers), double(t.cols) * 32 / double(kMatmulStagers)};
  double loading = 0, staging = kGroupLoads;
  int64_t bringing = 50;
  for (int i = 0; i < 2; ++i) {
    bool computed = work.instructions[i] > 0;
    loading += computed ? staged[i] * (6 + work.instructions[i]) : staged[i] / 4 * 8;
    staging += staged[i] * (kGroupElement + (computed ? (6 + work.instructions[i]) * kGroupComputed : 0));
    bringing += int64_t(staged[i]) + (computed ? 8 + int64_t(std::min(12.0, work.instructions[i] / 2)) : 0);
  }
  b.registers = std::max(int64_t((split ? 2 : 1) * sums) + 38, bringing);
  b.issued = slices * (warps * (split ? 64 + 12 + sums : 32 + 4) + 4 * (loading + staged[1] * (split ? 3 : 2) + 80));
  b.tensor = slices * warps * 4 * times * 16 * double(t.cols) * 16 * double(spec.multiprocessors) * spec.clock() / spec.tf32Rate;
  b.bytes = 128 * slices * (work.loads[0] * double(t.rows) + work.loads[1] * double(t.cols));
  // Fragments of the left operand, what products read of the right one, and both on their way in.
  b.shared = slices * (warps * 16 + warps / 4 * 4 * times * double(t.cols) / 4 + double(t.rows + (split ? 2 : 1) * t.cols)) + b.bytes / 128;
  double multiplying = b.tensor / slices + (t.multiplying() > 128 ? kGroupInTurns : kGroupAlone);
  b.alone = kLoadLatency + kGroupOutside + slices * (std::max(multiplying, staging) + kGroupOverlap * std::min(multiplying, staging));
  BlockCost e;
  e.threads = t.threads;
  addEpilogue(e, t, work);
  b.issued += e.issued, b.shared += e.shared, b.bytes += e.bytes, b.memory += e.memory;
  b.alone += std::max(e.issued / 4, e.bytes / kL2BytesPerCycle) + e.latency;
  return b;
}

/// The kernel that adds up what the splits left: their products come in once more, loads waiting for each other where there are few.
static double mergeSeconds(int64_t m, int64_t n, int64_t splits, const DeviceSpec &spec) {
  return spec.launchSeconds + 2 * kLoadLatency / spec.clock() + 4 * double(splits + 1) * double(m) * double(n) / spec.bandwidth;
}

namespace {
struct Candidates {
  int64_t m, n, group;
  const DeviceSpec &spec;
  TileObserver<MatmulTile> seen;
  MatmulTile best;
  double least = std::numeric_limits<double>::infinity();

  void consider(MatmulTile t, const BlockCost &block, int64_t mostThreads) {
    double cycles = deviceCycles(block, double(ceilDiv(m, t.rows) * ceilDiv(n, t.step) * t.splits), spec);
    cycles += t.splits > 1 ? mergeSeconds(m, n, t.splits, spec) * spec.clock() : 0;
    t.resident = std::clamp<int64_t>(residentBlocks(block, spec), 1, mostThreads / t.threads);
    if (seen)
      seen(t, cycles / spec.clock());
    if (cycles < least)
      least = cycles, best = t;
  }
  /// Columns that a block writes.
  int64_t step(int64_t cols) const { return group > 0 ? cols / group * group : cols; }
};
} // namespace

/// Blocks that share a sum have at least so many products each.
static constexpr int64_t kLeastSplitDepth = 128;

/// Shorter sums average the error of 3xTF32 too little.
static constexpr int64_t kLeastTensorDepth = 32;
/// What tensor cores must be predicted to save: less is not worth the second kernel inside, for sums that are not finite.
static constexpr double kTensorGain = 0.9;

/// Offers warpgroups. Operands of 16 bits are widened one by one there, and pairs share no word.
static void considerWarpgroups(Candidates &tensor, int64_t k, int64_t splits, const ElementWork &work, Factors factors) {
  const DeviceSpec &spec = tensor.spec;
  if (spec.wgmmaShare == 0 || packOf(factors) > 1 || k < kLeastTensorDepth)
    return;
  bool exact = factors == Factors::Split;
  for (int64_t rows : {64, 128})
    for (int64_t cols : {32, 64, 96, 128, 192, 256}) {
      if (tensor.group > cols || cols > (exact ? 128 : 256))
        continue;
      MatmulTile t;
      t.splits = splits, t.rows = rows, t.cols = cols, t.step = tensor.step(cols), t.grouped = exact ? 1 : 2;
      t.warpRows = 16, t.warpCols = cols, t.threads = t.multiplying() + kMatmulStagers;
      // Tiles with sums that are not finite are computed again by register tiles of CUDA cores.
      for (auto [tm, tn] : {std::pair<int64_t, int64_t>{8, 8}, {4, 8}, {4, 4}})
        if (rows / tm * (cols / tn) <= t.threads)
          t.tm = tm, t.tn = tn;
      tensor.consider(t, groupBlock(t, k, work, spec, exact), 512);
    }
}

/// Offers the tiles whose blocks add up `k` products per element.
static void considerTiles(Candidates &cuda, Candidates &tensor, int64_t k, int64_t splits, const ElementWork &work, Factors factors) {
  const DeviceSpec &spec = cuda.spec;
  for (int64_t rows : {16, 32, 64, 128})
    for (int64_t cols : {16, 32, 64, 128}) {
      if (cuda.group > cols)
        continue;
      MatmulTile t;
      t.splits = splits;
      t.rows = rows, t.cols = cols, t.step = cuda.step(cols);
      for (auto [tm, tn] : {std::pair<int64_t, int64_t>{8, 8}, {8, 4}, {4, 8}, {4, 4}}) {
        t.tm = tm, t.tn = tn, t.threads = rows / tm * (cols / tn);
        if (rows % tm == 0 && cols % tn == 0 && t.threads % 32 == 0 && t.threads <= 256 && t.threads >= 64)
          cuda.consider(t, cudaBlock(t, k, work), 512);
      }
      if (spec.tf32Rate == 0 || (factors == Factors::Split && k < kLeastTensorDepth))
        continue;
      for (auto [warpRows, warpCols] : {std::pair<int64_t, int64_t>{64, 32}, {32, 64}, {32, 32}}) {
        t.warpRows = warpRows, t.warpCols = warpCols, t.threads = rows / warpRows * (cols / warpCols) * 32;
        t.tm = 8, t.tn = warpRows * warpCols / (32 * t.tm);
        if (rows % warpRows == 0 && cols % warpCols == 0 && t.threads >= 64 && t.threads <= 256)
          tensor.consider(t, tensorBlock(t, k, work, spec, factors), 384);
      }
    }
  considerWarpgroups(tensor, k, splits, work, factors);
}

int64_t fusion::splitDepth(int64_t k, int64_t splits) { return roundUp(ceilDiv(k, splits), kSplitStep); }

MatmulChoice fusion::chooseMatmul(int64_t m, int64_t n, int64_t k, int64_t group, const ElementWork &work, const DeviceSpec &spec,
                                  Factors factors, TileObserver<MatmulTile> seen, bool split) {
  Candidates cuda{m, n, group, spec, seen, {}}, tensor{m, n, group, spec, seen, {}};
  if (split)
    for (int64_t splits : {2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64})
      if (splits == 2 || splitDepth(k, splits) >= kLeastSplitDepth)
        considerTiles(cuda, tensor, splitDepth(k, splits), splits, work, factors);
  if (!split)
    considerTiles(cuda, tensor, k, 1, work, factors);
  MatmulChoice choice;
  choice.tile = tensor.least < kTensorGain * cuda.least ? tensor.best : cuda.best;
  choice.tile.band = split ? 0 : chooseMatmulBand(m, n, k, choice.tile, work, spec);
  choice.cudaSeconds = cuda.least / spec.clock(), choice.tensorSeconds = tensor.least / spec.clock();
  return choice;
}

MatmulTile fusion::chooseMatmulTile(int64_t m, int64_t n, int64_t k, int64_t group, const ElementWork &work, const DeviceSpec &spec,
                                    Factors factors) {
  return chooseMatmul(m, n, k, group, work, spec, factors).tile;
}

namespace {
/// Extents of a product.
struct ProductExtents {
  int64_t m, n, k;
  ProductExtents(ContractOp product, int64_t batch) {
    auto extent = [&](int64_t size) { return ShapedType::isDynamic(size) ? batch : size; };
    auto a = cast<RankedTensorType>(product.getLhs().getType());
    m = extent(product.getProductShape()[0]), n = extent(product.getProductShape()[1]);
    k = extent(a.getDimSize(product.getTransposeA() ? 0 : 1));
  }
};
} // namespace

bool fusion::takesTensorCores(ContractOp product, int64_t batch, const DeviceSpec &spec) {
  ProductExtents e(product, batch);
  return chooseMatmulTile(e.m, e.n, e.k, 0, ElementWork(), spec, factorsOf(product)).onTensorCores();
}

SplitChoice fusion::chooseSplits(ContractOp product, int64_t batch, const DeviceSpec &spec) {
  ProductExtents e(product, batch);
  auto seconds = [](const MatmulChoice &c) { return c.tile.onTensorCores() ? c.tensorSeconds : c.cudaSeconds; };
  MatmulChoice whole = chooseMatmul(e.m, e.n, e.k, 0, ElementWork(), spec, factorsOf(product));
  SplitChoice choice{1, seconds(whole), std::numeric_limits<double>::infinity()};
  if (e.k < 2 * kLeastSplitDepth)
    return choice;
  MatmulChoice split = chooseMatmul(e.m, e.n, e.k, 0, ElementWork(), spec, factorsOf(product), nullptr, /*split=*/true);
  choice.splits = split.tile.splits, choice.splitSeconds = seconds(split);
  return choice;
}
