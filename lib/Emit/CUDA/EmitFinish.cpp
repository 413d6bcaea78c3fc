// Prints finish kernels: partials merged in fixed order, the maps behind them, one store per result.
#include "KernelText.h"
#include "fusion/Fuse/Plan.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace fusion;
using namespace fusion::cuda;
using llvm::formatv;

static constexpr int64_t kColumnThreads = 256; ///< 32 columns, eight threads each

Place cuda::placeOfResult(const Domain &domain, int64_t results, const Place &here, const std::string &out) {
  if (domain.positions == 1 && domain.channels == results)
    return here;
  auto part = [&](int64_t extent, int64_t below, bool outermost) {
    if (extent == 1)
      return std::string("0");
    std::string quotient = below == 1 ? out : out + " / " + std::to_string(below);
    return "(" + quotient + (outermost ? ")" : " % " + std::to_string(extent) + ")");
  };
  return {part(domain.batch, domain.channels * domain.positions, true), part(domain.channels, domain.positions, false),
          part(domain.positions, 1, false)};
}

/// The maps behind the reductions and the stores; `out` is the text of the result's linear offset, of which an image has `results`.
static void finishElement(KernelText &k, const Place &here, int64_t results, const std::string &out) {
  Writer &w = k.body;
  for (Operation &op : k.kernel.getBody().front().without_terminator()) {
    auto map = dyn_cast<MapOp>(op);
    if (!map)
      continue;
    const Domain domain = Domain::from(map.getDomain());
    const Place at = placeOfResult(domain, results, here, out);
    SmallVector<std::string> texts;
    for (auto [v, access] : llvm::zip(map.getInputs(), map.getAccess().getAsValueRange<AffineMapAttr>()))
      texts.push_back(k.isTensor(v) ? k.element(v, access, domain, at) : k.scalars[v]);
    k.addIndex(map, at, texts);
    std::string name = k.variable(&op);
    w.line(k.comment(&op));
    k.scalarBody(w, map, texts, name);
    k.scalars[map.getResult()] = name;
  }
  Operation *terminator = k.kernel.getBody().front().getTerminator();
  for (unsigned i = 0; i < terminator->getNumOperands(); ++i)
    w.line(k.resultElementAt(i, out) + " = " + k.scalars[terminator->getOperand(i)] + ";");
}

/// [components, C, tiles]: a block per result walks the tiles of its channels.
static void finishRows(KernelText &k) {
  Writer &w = k.body;
  k.prelude.insert("rows.cuh");
  auto first = *k.kernel.getBody().front().getOps<FinishOp>().begin();
  Domain d = Domain::from(first.getDomain());
  ReduceShape shape = *shapeOf(first.getResultAccess(), d);
  int64_t groups = d.channels / shape.channels;
  // Few blocks must have many loads in flight each; many blocks fill the device with few threads.
  const int64_t threads = shape.perImage ? 128 : 512;
  w.line("__shared__ float scratch[96];");
  w.line("const index_t all = " + k.tilesText(first.getPartial()) + "; // partials of a channel");
  if (shape.perImage) {
    w.line(formatv("const int image = blockIdx.x / {0};", groups));
    w.line(formatv("const int channel = blockIdx.x % {0};", groups));
    w.line(formatv("const index_t tiles = all / {0};", k.batchText(d.batch)));
    w.line("const index_t begin = image * tiles;");
  } else {
    w.line("const int channel = blockIdx.x;");
    w.line("const index_t tiles = all;");
    w.line("const index_t begin = 0;");
  }
  for (auto finish : k.kernel.getBody().front().getOps<FinishOp>()) {
    std::string from = k.pointer(finish.getPartial()), name = k.variable(finish);
    w.line(k.comment(finish) + ": merge the partials of " + std::to_string(shape.channels) +
           (shape.channels == 1 ? " channel" : " channels"));
    std::string begin = formatv("{0} + channel * {1} * all + begin", from, shape.channels);
    if (finish.getKind() == ReduceKind::sum) {
      w.line(formatv("const float {0} = sumRows<{1}>({2}, {3}, all, tiles, scratch);", name, threads, begin, shape.channels));
      k.scalars[finish.getResults()[0]] = name;
    } else {
      w.line(formatv("const Moments {0} = mergeRows<{1}>({2}, {3}, all, {4} * all, tiles, scratch);", name, threads, begin, shape.channels,
                     d.channels));
      std::string mean = k.fresh(name + "_mean"), variance = k.fresh(name + "_variance");
      w.line("const float " + mean + " = " + name + ".mean;");
      w.line("const float " + variance + " = " + name + ".m2 / " + name + ".count;");
      k.scalars[finish.getResults()[0]] = mean;
      k.scalars[finish.getResults()[1]] = variance;
    }
  }
  w.line("if (threadIdx.x != 0)");
  w.line("  return;");
  finishElement(k, {shape.perImage ? "image" : "0", "channel"}, groups, "blockIdx.x");
  k.launch.block = threads;
  k.launch.grid = {shape.perImage ? k.batchExpr(d.batch) * runtime::Expr(groups) : runtime::Expr(groups), runtime::Expr(1),
                   runtime::Expr(1)};
  k.maxBatch = std::min<int64_t>(k.maxBatch, std::numeric_limits<int32_t>::max() / groups);
  k.tileText = formatv("a block of {0} threads per result", threads);
}

/// [tiles, elements]: a column per element, several threads walk its tiles.
static void finishColumns(KernelText &k) {
  Writer &w = k.body;
  k.prelude.insert("reduce.cuh");
  k.prelude.insert("rows.cuh");
  auto first = *k.kernel.getBody().front().getOps<FinishOp>().begin();
  int64_t elements = Domain::from(first.getDomain()).channels;
  w.line(formatv("__shared__ float scratch[{0}];", kColumnThreads));
  w.line("const index_t all = " + k.tilesText(first.getPartial()) + "; // partials of an element");
  w.line("const int channel = blockIdx.x * 32 + threadIdx.x % 32;");
  for (auto finish : k.kernel.getBody().front().getOps<FinishOp>()) {
    std::string name = k.variable(finish);
    w.line(k.comment(finish) + ": add the partials up in fixed order");
    w.line(formatv("const float {0} = sumColumns<{1}>({2} + channel, channel < {3}, {3}, all, scratch);", name, kColumnThreads,
                   k.pointer(finish.getPartial()), elements));
    k.scalars[finish.getResults()[0]] = name;
  }
  w.line(formatv("if (threadIdx.x >= 32 || channel >= {0})", elements));
  w.line("  return;");
  finishElement(k, {"0", "channel"}, elements, "channel");
  k.launch.block = kColumnThreads;
  k.launch.grid = {ceilDivExpr(runtime::Expr(elements), 32), runtime::Expr(1), runtime::Expr(1)};
  k.tileText = formatv("{0} threads per 32 results", kColumnThreads);
}

void cuda::emitFinish(KernelText &k) { k.facts.strategy == Strategy::FinishRows ? finishRows(k) : finishColumns(k); }
