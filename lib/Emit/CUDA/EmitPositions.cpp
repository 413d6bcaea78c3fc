// Prints kernels whose lanes run along positions without a contraction: elementwise work, and pools with what follows them.
#include "KernelText.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace fusion;
using namespace fusion::cuda;
using llvm::formatv;

/// Lanes along the positions of the domain, `loop` saying what there is besides the stages; its `vector` 0 is the widest that fits.
static void emitPositions(KernelText &k, ChannelLoop loop) {
  ChannelTile t;
  fromAttr(*k.kernel.getSchedule(), t);
  const Domain &d = k.facts.domain;
  int64_t tiles = (d.positions + t.positions - 1) / t.positions,
          vector = loop.vector ? loop.vector : vectorFor({t.positions, d.positions}, k.widestRun());
  Writer &w = k.body;
  w.line(formatv("const int image = blockIdx.x / {0};", tiles));
  w.line(formatv("const int first = blockIdx.x % {0} * {1};", tiles, t.positions));
  w.line(formatv("const int channels = {0} - (int)blockIdx.y * {1} < {1} ? {0} - (int)blockIdx.y * {1} : {1};", d.channels, t.channels));
  loop.domain = d, loop.stages = k.epilogue();
  loop.image = "image", loop.channels = "channels", loop.position = formatv("first + m < {0} ? first + m : -1", d.positions).str();
  loop.firstChannel = formatv("(int)blockIdx.y * {0}", t.channels).str();
  loop.first = "first", loop.limit = std::to_string(d.positions);
  loop.elements = t.positions, loop.maxChannels = t.channels, loop.threads = t.threads, loop.vector = vector;
  emitChannelLoop(k, loop);
  k.launch.block = t.threads;
  k.residentBlocks = 1024 / t.threads; // 64 registers: left alone, ptxas aims at fewer and spills
  k.launch.grid = {k.batchExpr(d.batch) * runtime::Expr(tiles), ceilDivExpr(runtime::Expr(d.channels), t.channels), runtime::Expr(1)};
  k.maxBatch = std::min<int64_t>(k.maxBatch, std::numeric_limits<int32_t>::max() / tiles);
  k.partialTiles.assign(k.kernel.getNumResults(), k.batchExpr(d.batch) * runtime::Expr(tiles));
  k.tileText = formatv("{0} positions x {1} channels per block", t.positions, t.channels);
}

void cuda::emitChannels(KernelText &k) {
  ChannelLoop loop;
  loop.vector = 0;
  emitPositions(k, loop);
}

std::string cuda::poolStruct(KernelText &k, PoolOp pool) {
  auto in = cast<RankedTensorType>(pool.getInputs()[0].getType()), out = pool.getResult().getType();
  auto extents = [](ArrayRef<int64_t> list, int64_t missing) {
    Extents e{missing, missing, missing};
    std::copy(list.begin(), list.end(), e.end() - list.size());
    return e;
  };
  bool gradient = pool.isGradient();
  Writer text;
  text.line(formatv("  static constexpr Vec3 small = {0}, large = {1}, kernel = {2};",
                    vec3(extents((gradient ? in : out).getShape().drop_front(2), 1)),
                    vec3(extents((gradient ? out : in).getShape().drop_front(2), 1)), vec3(extents(pool.getKernel(), 1))));
  text.line(formatv("  static constexpr Vec3 stride = {0}, padding = {1}, dilation = {2};", vec3(extents(pool.getStride(), 1)),
                    vec3(extents(pool.getPadding(), 0)), vec3(extents(pool.getDilation(), 1))));
  text.line(formatv("  static constexpr bool adaptive = {0}, includePadding = {1};", pool.getAdaptive() ? "true" : "false",
                    pool.getIncludePadding() ? "true" : "false"));
  text.line(formatv("  static constexpr int divisor = {0};", pool.getDivisor()));
  return k.globalStruct("Pool", text.take());
}

void cuda::emitPool(KernelText &k) {
  PoolOp pool = k.facts.pool;
  k.prelude.insert("pool.cuh");
  std::string problem = poolStruct(k, pool);
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
  loop.vector = 1; // loops over windows inside a run of elements would not be unrolled, and the run would live in memory
  emitPositions(k, loop);
}
