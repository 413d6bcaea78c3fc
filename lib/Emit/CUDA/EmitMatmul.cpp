// Prints matrix products: their operands, the call into the family that the tile names, and where the epilogue finds the tile.
#include "KernelText.h"
#include "fusion/Dialect/ElementTypes.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace fusion;
using namespace fusion::cuda;
using llvm::formatv;

/// An operand of a matrix product: element (outer, k) of a row-major tensor, rows along the outer index or along k. Where the sum over k is
/// split, k counts from the first one of the block's split.
static std::string operandFunctor(KernelText &k, Value v, bool outerIsRow, bool split) {
  bool identity = k.isTensor(v);
  auto type = cast<RankedTensorType>(v.getType());
  int64_t columns = type.getDimSize(1);
  bool narrow = holdsNarrow(type);
  int vector = !identity || columns % (narrow ? 8 : 4) != 0 ? 1 : narrow ? 8 : 4;
  std::string load = k.loadFunctor(v);
  std::string loadType = load.substr(0, load.find('{'));
  Writer w;
  w.line(formatv("  static constexpr bool alongK = {0};", outerIsRow ? "true" : "false"));
  w.line(formatv("  static constexpr int vector = {0};", vector));
  w.line("  " + loadType + " load;");
  if (split)
    w.line("  int first;");
  StringRef inner = split ? "(first + k)" : "k", row = outerIsRow ? "outer" : inner, column = outerIsRow ? inner : "outer";
  w.line(formatv("  DEV float operator()(long long outer, long long k) const {{ return load((int){0}, (int){1}, 0); }", row, column));
  if (vector == 4)
    w.line(formatv("  DEV const float *at(long long outer, long long k) const {{ return load.{0} + (index_t){1} * {2} + {3}; }",
                   k.pointer(v), row, columns, column));
  if (vector == 8) {
    k.useVectors();
    w.line("  DEV void eight(float(&to)[8], long long outer, long long k) const {");
    w.line(formatv("    loadVector(to, load.{0} + (index_t){1} * {2} + {3});", k.pointer(v), row, columns, column));
    w.line("  }");
  }
  return k.globalStruct("Operand", w.take()) + "{" + load + (split ? ", split.first}" : "}");
}

void cuda::emitMatmul(KernelText &k) {
  ContractOp contract = k.facts.contract;
  MatmulTile t;
  fromAttr(*k.kernel.getSchedule(), t);
  auto a = cast<RankedTensorType>(contract.getLhs().getType());
  std::string M = k.batchText(k.facts.domain.batch), K = k.batchText(a.getDimSize(contract.getTransposeA() ? 0 : 1));
  int64_t N = k.facts.domain.channels;
  k.prelude.insert(t.grouped ? "tensor-together.cuh" : t.onTensorCores() ? "tensor.cuh" : "matmul.cuh");
  bool split = contract.isSplit();
  std::string left = operandFunctor(k, contract.getLhs(), !contract.getTransposeA(), split);
  std::string right = operandFunctor(k, contract.getRhs(), contract.getTransposeB(), split);
  Writer tw;
  tw.line(formatv("  static constexpr int rows = {0}, cols = {1}, depth = {2}, tm = {3}, tn = {4}, threads = {5}, pitch = {6};", t.rows,
                  t.cols, t.depth, t.tm, t.tn, t.threads, t.pitch()));
  Factors factors = factorsOf(contract);
  if (t.onTensorCores() && packOf(factors) > 1)
    k.prelude.insert("half.cuh");
  if (t.onTensorCores())
    tw.line(formatv("  static constexpr int warpRows = {0}, warpCols = {1}, stages = {2};", t.warpRows, t.warpCols, t.stages()));
  StringRef base = t.onTensorCores() ? preludeTypeOf(factors) : "";
  std::string tile = k.globalStruct("Tile", tw.take(), t.grouped ? warpgroupFactors(k, base, t.productCols(), false) : base.str());
  Writer &w = k.body;
  w.line("extern __shared__ __align__(16) float shared[];");
  for (StringRef family : {"matmul", "tensor", "together"})
    if (family == "matmul" || (family == "together" ? t.grouped : t.onTensorCores() && !t.grouped))
      w.line(
          formatv("static_assert({0}PipeFloats<{1}>() <= {2}, \"shared memory of the launch plan\");", family, tile, t.sharedBytes() / 4));
  w.line("float *tile = shared; // the operands' buffers are free when the tile is filled");
  RowLoop loop;
  if (t.band) {
    w.line(formatv("const MatmulPlace place = matmulPlace<{0}>(); // in bands of {0} rows of tiles", t.band));
    loop.rowTile = "place.row";
  }
  // The row of tiles waits for the epilogue in 32 bits.
  std::string firstRow = formatv("(long long){0} * {1}", t.band ? "place.row" : "blockIdx.x", t.rows);
  w.line(formatv("const int firstColumn = {0} * {1};", t.band ? "place.column" : "(int)blockIdx.y", t.step));
  if (split) {
    w.line(formatv("const MatmulSplit split = matmulSplit<{0}>({1});", t.splits, K));
    w.line(formatv("{0} += (index_t)blockIdx.z * {1} * {2}; // this split's product", k.pointerOfResult(0), M, N));
    K = "split.count";
  }
  w.line(k.comment(contract));
  w.line(formatv("{0}<{1}>(tile, shared, {2}, {3}, {4}, firstColumn, {5}, {6}, {7});",
                 t.grouped           ? "matmulTogether"
                 : t.onTensorCores() ? "matmulTensor"
                                     : "matmul",
                 tile, left, right, firstRow, M, N, K));
  loop.firstRow = firstRow, loop.rowLimit = M, loop.firstFeature = "firstColumn";
  loop.rows = t.rows, loop.width = k.facts.group ? k.facts.group : std::min<int64_t>(t.step, (N + 31) / 32 * 32);
  loop.threads = t.threads, loop.features = N;
  loop.tileValue = contract.getResult(), loop.tileColumn = "chunk", loop.tilePitch = std::to_string(t.pitch());
  loop.chunks = t.step;
  emitRowLoop(k, loop);
  runtime::Expr rows = k.batchExpr(k.facts.domain.batch);
  k.launch.block = t.threads;
  k.launch.sharedBytes = t.sharedBytes();
  k.residentBlocks = t.resident;
  k.onTensorCores = t.onTensorCores();
  k.launch.grid = {ceilDivExpr(rows, t.rows), ceilDivExpr(runtime::Expr(N), t.step), runtime::Expr(split ? t.splits : 1)};
  k.partialTiles.assign(k.kernel.getNumResults(), split ? runtime::Expr(t.splits) : ceilDivExpr(rows, t.rows));
  k.maxBatch = std::min<int64_t>(k.maxBatch, std::numeric_limits<int32_t>::max() - std::max<int64_t>(t.rows, 64)); // a tile behind the end
  if (t.onTensorCores())
    k.tileText = formatv("{0} x {1} tile, {2} x {3} per warp{4} on tensor cores ({5})", t.rows, t.step, t.warpRows, t.warpCols,
                         t.grouped ? " of a warpgroup" : "", nameOf(factors));
  else
    k.tileText = formatv("{0} x {1} tile, depth {2}, {3} x {4} per thread", t.rows, t.step, t.depth, t.tm, t.tn);
  if (split)
    k.tileText += formatv(", the sum over k in {0} parts", t.splits);
  if (t.band) {
    k.tileText += formatv(", bands of {0} rows of tiles", t.band);
    if (ShapedType::isDynamic(k.facts.domain.batch)) // blocks are numbered in 31 bits
      k.maxBatch = std::min<int64_t>(k.maxBatch, std::numeric_limits<int32_t>::max() / ((N + t.step - 1) / t.step) * t.rows);
  }
  auto extent = [&](int64_t size) { return ShapedType::isDynamic(size) ? k.options.batch : size; };
  k.extraSweepBytes = matmulReads(extent(k.facts.domain.batch), N, extent(a.getDimSize(contract.getTransposeA() ? 0 : 1)), t,
                                  ElementWork::of(k.kernel), k.options.spec)
                          .extraBytes;
}
