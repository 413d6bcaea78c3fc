// Prints kernels whose lanes run along positions without a contraction: elementwise work, and pools with what follows them.
#include "KernelText.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace fusion;
using namespace fusion::cuda;
using llvm::formatv;

/// Lanes along the positions of the domain, or along `cells` of them where there are any, `loop` saying what there is besides the stages;
/// its `vector` 0 is the widest that fits.
static void emitPositions(KernelText &k, ChannelLoop loop, int64_t cells = 0) {
  ChannelTile t;
  fromAttr(*k.kernel.getSchedule(), t);
  const Domain &d = k.facts.domain;
  int64_t count = d.positions, elements = t.positions;
  if (cells > 0) {
    // A warp's lanes take a cell each; several blocks share them without a rest.
    elements = std::min(cells, (std::max<int64_t>(1, t.positions / loop.cellElements) + 31) / 32 * 32);
    count = cells;
  }
  loop.alongChannels = k.facts.alongChannels;
  int64_t tiles = (count + elements - 1) / elements, vector = loop.vector;
  if (!vector)
    vector = loop.alongChannels ? vectorFor({t.channels, d.channels}, k.widestRun()) : vectorFor({t.positions, d.positions}, k.widestRun());
  Writer &w = k.body;
  w.line(formatv("const int image = blockIdx.x / {0};", tiles));
  w.line(formatv("const int first = blockIdx.x % {0} * {1};", tiles, elements));
  w.line(formatv("const int channels = {0} - (int)blockIdx.y * {1} < {1} ? {0} - (int)blockIdx.y * {1} : {1};", d.channels, t.channels));
  loop.domain = d, loop.stages = k.epilogue();
  loop.image = "image", loop.channels = "channels", loop.position = formatv("first + m < {0} ? first + m : -1", d.positions).str();
  loop.firstChannel = formatv("(int)blockIdx.y * {0}", t.channels).str();
  loop.first = "first", loop.limit = std::to_string(d.positions);
  loop.elements = elements, loop.maxChannels = t.channels, loop.threads = t.threads, loop.vector = vector;
  emitChannelLoop(k, loop);
  k.launch.block = t.threads;
  k.residentBlocks = 1024 / t.threads; // 64 registers: left alone, ptxas aims at fewer and spills
  k.launch.grid = {k.batchExpr(d.batch) * runtime::Expr(tiles), ceilDivExpr(runtime::Expr(d.channels), t.channels), runtime::Expr(1)};
  k.maxBatch = std::min<int64_t>(k.maxBatch, std::numeric_limits<int32_t>::max() / tiles);
  k.partialTiles.assign(k.kernel.getNumResults(), k.batchExpr(d.batch) * runtime::Expr(tiles));
  k.tileText = formatv("{0} {1} x {2} channels per block{3}", elements, cells > 0 ? "windows" : "positions", t.channels,
                       loop.alongChannels ? ", lanes along channels" : "");
}

void cuda::emitChannels(KernelText &k) {
  ChannelLoop loop;
  loop.vector = 0;
  emitPositions(k, loop);
}

static Extents extentsOf(ArrayRef<int64_t> list, int64_t missing) {
  Extents e{missing, missing, missing};
  std::copy(list.begin(), list.end(), e.end() - list.size());
  return e;
}

std::string cuda::poolStruct(KernelText &k, PoolOp pool) {
  auto in = cast<RankedTensorType>(pool.getInputs()[0].getType()), out = pool.getResult().getType();
  bool gradient = pool.isGradient();
  Writer text;
  text.line(formatv("  static constexpr Vec3 small = {0}, large = {1}, kernel = {2};",
                    vec3(extentsOf((gradient ? in : out).getShape().drop_front(2), 1)),
                    vec3(extentsOf((gradient ? out : in).getShape().drop_front(2), 1)), vec3(extentsOf(pool.getKernel(), 1))));
  text.line(formatv("  static constexpr Vec3 stride = {0}, padding = {1}, dilation = {2};", vec3(extentsOf(pool.getStride(), 1)),
                    vec3(extentsOf(pool.getPadding(), 0)), vec3(extentsOf(pool.getDilation(), 1))));
  text.line(formatv("  static constexpr bool adaptive = {0}, includePadding = {1};", pool.getAdaptive() ? "true" : "false",
                    pool.getIncludePadding() ? "true" : "false"));
  text.line(formatv("  static constexpr int divisor = {0};", pool.getDivisor()));
  return k.globalStruct("Pool", text.take());
}

/// A lane finds the maximum of a window and writes the gradients of the elements up to the next window.
static void emitMaxCells(KernelText &k, PoolOp pool, StringRef problem) {
  k.prelude.insert("cells.cuh");
  ArrayRef<int64_t> large = pool.getResult().getType().getShape().drop_front(2), stride = pool.getStride();
  ChannelLoop loop;
  loop.tileValue = pool.getResult();
  loop.cellType = formatv("MaxCell<{0}>", problem);
  loop.cell = formatv("{0}, {1}, image, channel, ", k.loadFunctor(pool.getInputs()[0]), k.loadFunctor(pool.getInputs()[1]));
  loop.cellElements = 1;
  int64_t cells = 1;
  for (auto [extent, step] : llvm::zip(large, stride))
    cells *= (extent + step - 1) / step, loop.cellElements *= step;
  loop.vector = k.facts.alongChannels ? 1 : vectorFor({stride.back(), large.back()}, k.widestRun());
  emitPositions(k, loop, cells);
}

void cuda::emitPool(KernelText &k) {
  PoolOp pool = k.facts.pool;
  k.prelude.insert("pool.cuh");
  std::string problem = poolStruct(k, pool);
  if (pool.getKind() == PoolKind::max_grad && windowsApart(pool))
    return emitMaxCells(k, pool, problem);
  StringRef function = pool.getKind() == PoolKind::average        ? "averagePool"
                       : pool.getKind() == PoolKind::max          ? "maxPool"
                       : pool.getKind() == PoolKind::average_grad ? "averagePoolGrad"
                                                                  : "maxPoolGrad";
  ChannelLoop loop;
  loop.tileValue = pool.getResult();
  loop.call = formatv("{0}<{1}>({2}, ", function, problem, k.loadFunctor(pool.getInputs()[0])).str();
  if (pool.getKind() == PoolKind::max_grad)
    loop.call += k.loadFunctor(pool.getInputs()[1]) + ", ";
  loop.call += "image, channel, ";
  // Loops over windows inside a run of elements would not be unrolled, and the run would live in memory.
  loop.shortCall = pool.getKind() == PoolKind::average_grad && windowsApart(pool);
  loop.vector = loop.shortCall ? 0 : 1;
  emitPositions(k, loop);
}
