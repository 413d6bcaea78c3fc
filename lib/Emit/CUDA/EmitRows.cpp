// Prints work whose lanes run along features, the epilogue of matrix products included, with reductions of a row's group inside the tile
// and of columns as partials.
#include "KernelText.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace fusion;
using namespace fusion::cuda;
using llvm::formatv;

namespace {

/// A row's group lives in one warp: lane + 32 j holds feature j of it. Reductions of the group cut the stages into segments.
class RowPrinter {
public:
  RowPrinter(KernelText &k, const RowLoop &loop) : k(k), w(k.body), loop(loop), stages(k.epilogue()), runs((loop.width + 31) / 32) {}
  void run();

private:
  KernelText &k;
  Writer &w;
  const RowLoop &loop;
  SmallVector<Operation *> stages;
  int64_t runs;
  llvm::DenseMap<Value, int> segment;                               ///< from which segment on a value is known
  llvm::DenseSet<Value> arrays;                                     ///< values that live across segments
  llvm::DenseMap<std::pair<Value, Attribute>, std::string> columns; ///< per-feature operands, loaded once per chunk
  llvm::DenseMap<Value, std::string> arrayName;
  llvm::DenseMap<Operation *, std::string> accumulators;
  std::string guard; ///< " live ? " or empty when every lane is

  bool whole() const { return loop.width % 32 == 0 && loop.features % loop.width == 0; }
  bool isScalar(Value v) const { // one value per (row, group)
    Operation *op = v.getDefiningOp();
    return op && (isa<ReduceOp>(op) || (isa<MapOp>(op) && !(Domain::from(cast<MapOp>(op).getDomain()) == k.facts.domain)));
  }
  int segmentOf(Value v) const {
    auto it = segment.find(v);
    return it == segment.end() ? 0 : it->second;
  }
  void analyse();
  void perFeature();
  void elements(int s);
  void reduceGroups(int s);
  void rowScalars(int s);
  void columnPartials();
  std::string operandText(Value v, AffineMap access);
};

void RowPrinter::analyse() {
  for (Operation *op : stages) {
    int at = 0;
    for (Value v : op->getOperands())
      at = std::max(at, segmentOf(v));
    if (isa<ReduceOp>(op))
      ++at; // known to the next segment
    for (Value result : op->getResults())
      segment[result] = at;
  }
  for (Operation *op : stages) {
    if (auto reduce = dyn_cast<ReduceOp>(op)) {
      arrays.insert(reduce.getInput());
      continue;
    }
    int at = isa<PartialOp>(op) ? segmentOf(op->getOperand(0)) : segmentOf(op->getResult(0));
    for (Value v : op->getOperands())
      if (!isScalar(v) && (segmentOf(v) < at || (k.isTensor(v) && at > 0)) && (v.getDefiningOp() || v == loop.tileValue))
        arrays.insert(v);
  }
}

/// The text of an element of `v` inside a segment's loop over j.
std::string RowPrinter::operandText(Value v, AffineMap access) {
  if (v == loop.tileValue || !k.isTensor(v)) {
    if (isScalar(v))
      return k.scalars[v];
    return arrays.contains(v) ? arrayName[v] + "[j]" : k.scalars[v];
  }
  if (!usesImage(access) && usesChannel(access))
    return columns[{v, AffineMapAttr::get(access)}] + "[j]";
  std::string name = k.fresh(k.pointer(v) + "_value");
  std::string from = k.element(v, access, k.facts.domain, {"n", "channel"});
  w.line("const float " + name + " = " + (guard.empty() ? from : "live ? " + from + " : 0.0f") + ";");
  return name;
}

void RowPrinter::perFeature() {
  bool any = false;
  Writer loads;
  for (Operation *op : stages)
    if (auto map = dyn_cast<MapOp>(op); map && !isScalar(map.getResult()))
      for (auto [v, access] : llvm::zip(map.getInputs(), map.getAccess().getAsValueRange<AffineMapAttr>())) {
        if (!k.isTensor(v) || usesImage(access) || !usesChannel(access) || columns.count({v, AffineMapAttr::get(access)}))
          continue;
        std::string name = k.fresh(k.pointer(v) + "_column");
        columns[{v, AffineMapAttr::get(access)}] = name;
        w.line(formatv("float {0}[{1}];", name, runs));
        std::string from = k.element(v, access, k.facts.domain, {"0", "channel"});
        loads.line(name + "[j] = " + (guard.empty() ? from : "live ? " + from + " : 0.0f") + ";");
        any = true;
      }
  if (!any)
    return;
  w.directive("#pragma unroll");
  w.open(formatv("for (int j = 0; j < {0}; ++j)", runs));
  w.line("const int channel = feature + lane + 32 * j;");
  if (!guard.empty())
    w.line(guard);
  std::string text = loads.take();
  for (StringRef rest = text; !rest.empty();) {
    auto [head, tail] = rest.split('\n');
    w.line(head);
    rest = tail;
  }
  w.close();
}

void RowPrinter::elements(int s) {
  SmallVector<Operation *> now;
  for (Operation *op : stages) {
    if (isa<ReduceOp>(op) || (isa<MapOp>(op) && isScalar(op->getResult(0))))
      continue;
    if ((isa<PartialOp>(op) ? segmentOf(op->getOperand(0)) : segmentOf(op->getResult(0))) == s)
      now.push_back(op);
  }
  bool stores = false;
  Operation *terminator = k.kernel.getBody().front().getTerminator();
  for (Value v : terminator->getOperands())
    stores |= !isScalar(v) && !isa_and_nonnull<PartialOp>(v.getDefiningOp()) && segmentOf(v) == s;
  bool tile = loop.tileValue && s == 0;
  SmallVector<Value> tensorArrays;
  if (s == 0)
    for (Operation *op : stages)
      if (auto reduce = dyn_cast<ReduceOp>(op); reduce && k.isTensor(reduce.getInput()) && !arrayName.count(reduce.getInput()))
        tensorArrays.push_back(reduce.getInput());
  if (now.empty() && !stores && !tile && tensorArrays.empty())
    return;
  auto declare = [&](Value v) {
    Operation *op = v.getDefiningOp();
    arrayName[v] =
        k.fresh((op ? identifier(op->getAttrOfType<StringAttr>("source") ? op->getAttrOfType<StringAttr>("source").getValue() : "value")
                    : k.pointer(v)) +
                "_row");
    w.line(formatv("float {0}[{1}];", arrayName[v], runs));
  };
  if (tile && arrays.contains(loop.tileValue))
    declare(loop.tileValue);
  for (Value v : tensorArrays)
    declare(v);
  for (Operation *op : now)
    if (isa<MapOp>(op) && arrays.contains(op->getResult(0)))
      declare(op->getResult(0));
  w.directive("#pragma unroll");
  w.open(formatv("for (int j = 0; j < {0}; ++j)", runs));
  w.line("const int channel = feature + lane + 32 * j;");
  if (!guard.empty())
    w.line(guard);
  if (tile) {
    std::string name = arrays.contains(loop.tileValue) ? arrayName[loop.tileValue] + "[j]" : k.variable(loop.tileValue.getDefiningOp());
    w.line(k.comment(loop.tileValue.getDefiningOp()));
    AffineMap dense = fullAccess(k.kernel.getContext(), k.facts.domain);
    std::string from = loop.call.empty() ? formatv("tile[r * {0} + {1} + lane + 32 * j]", loop.tilePitch, loop.tileColumn).str()
                                         : loop.call + k.offset(dense, {"n", "channel"}) + ")";
    w.line((arrays.contains(loop.tileValue) ? "" : "const float ") + name + " = " + (guard.empty() ? from : "live ? " + from + " : 0.0f") +
           ";");
    k.scalars[loop.tileValue] = name;
  }
  AffineMap full = fullAccess(k.kernel.getContext(), k.facts.domain);
  for (Value v : tensorArrays) {
    std::string from = k.element(v, full, k.facts.domain, {"n", "channel"});
    w.line(arrayName[v] + "[j] = " + (guard.empty() ? from : "live ? " + from + " : 0.0f") + ";");
  }
  for (Operation *op : now) {
    if (auto partial = dyn_cast<PartialOp>(op)) {
      std::string value = operandText(partial.getInput(), full);
      w.line(accumulators[op] + "[j] += " + value + ";");
      continue;
    }
    auto map = cast<MapOp>(op);
    w.line(k.comment(op));
    SmallVector<std::string> texts;
    for (auto [v, access] : llvm::zip(map.getInputs(), map.getAccess().getAsValueRange<AffineMapAttr>()))
      texts.push_back(operandText(v, access));
    k.addIndex(map, {"n", "channel"}, texts);
    std::string name = k.variable(op);
    k.scalarBody(w, map, texts, name);
    k.scalars[map.getResult()] = name;
    if (arrays.contains(map.getResult()))
      w.line(arrayName[map.getResult()] + "[j] = " + name + ";");
  }
  for (unsigned i = 0; i < terminator->getNumOperands(); ++i) {
    Value v = terminator->getOperand(i);
    if (isScalar(v) || isa_and_nonnull<PartialOp>(v.getDefiningOp()) || segmentOf(v) != s)
      continue;
    if (!guard.empty())
      w.line("if (live)");
    w.line((guard.empty() ? "" : "  ") + k.resultElement(i, k.facts.domain, {"n", "channel"}) + " = " + operandText(v, full) + ";");
  }
  w.close();
}

void RowPrinter::reduceGroups(int s) {
  for (Operation *op : stages) {
    auto reduce = dyn_cast<ReduceOp>(op);
    if (!reduce || segmentOf(reduce.getResults().front()) != s + 1)
      continue;
    std::string in = arrayName[reduce.getInput()], name = k.variable(op);
    std::string each = guard.empty() ? in + "[j]" : "lane + 32 * j < " + std::to_string(loop.width) + " ? " + in + "[j] : 0.0f";
    auto sum = [&](const std::string &to, const std::string &term) {
      w.line("float " + to + " = 0.0f;");
      w.directive("#pragma unroll");
      w.line(formatv("for (int j = 0; j < {0}; ++j)", runs));
      w.line("  " + to + " += " + term + ";");
      w.line(to + " = warpSum(" + to + ");");
    };
    w.line(k.comment(op) + " of a group of " + std::to_string(loop.width));
    if (reduce.getKind() == ReduceKind::sum) {
      sum(name, each);
      k.scalars[reduce.getResults()[0]] = name;
      continue;
    }
    // Two passes over what the lanes hold: the mean first, then squared deviations from it.
    std::string total = k.fresh(name + "_sum"), mean = k.fresh(name + "_mean"), m2 = k.fresh(name + "_m2"),
                variance = k.fresh(name + "_variance");
    std::string width = literal(static_cast<float>(loop.width));
    sum(total, each);
    w.line("const float " + mean + " = " + total + " / " + width + ";");
    std::string d = "(" + in + "[j] - " + mean + ")";
    sum(m2, guard.empty() ? d + " * " + d : "lane + 32 * j < " + std::to_string(loop.width) + " ? " + d + " * " + d + " : 0.0f");
    w.line("const float " + variance + " = " + m2 + " / " + width + ";");
    k.scalars[reduce.getResults()[0]] = mean;
    k.scalars[reduce.getResults()[1]] = variance;
  }
}

/// Values per (row, group): the statements behind a reduction, and stores of its results.
void RowPrinter::rowScalars(int s) {
  std::string group = formatv("(feature / {0})", loop.width);
  int64_t groups = loop.features / loop.width;
  std::string out = groups == 1 ? std::string("n") : formatv("(n * {0} + {1})", groups, group).str();
  for (Operation *op : stages) {
    auto map = dyn_cast<MapOp>(op);
    if (!map || !isScalar(map.getResult()) || segmentOf(map.getResult()) != s + 1)
      continue;
    const Domain domain = Domain::from(map.getDomain());
    const Place at = placeOfResult(domain, groups, {"n", group}, out);
    SmallVector<std::string> texts;
    for (auto [v, access] : llvm::zip(map.getInputs(), map.getAccess().getAsValueRange<AffineMapAttr>()))
      texts.push_back(k.isTensor(v) ? k.element(v, access, domain, at) : k.scalars[v]);
    k.addIndex(map, at, texts);
    std::string name = k.variable(op);
    w.line(k.comment(op));
    k.scalarBody(w, map, texts, name);
    k.scalars[map.getResult()] = name;
  }
  Operation *terminator = k.kernel.getBody().front().getTerminator();
  for (unsigned i = 0; i < terminator->getNumOperands(); ++i) {
    Value v = terminator->getOperand(i);
    if (!isScalar(v) || segmentOf(v) != s + 1)
      continue;
    w.line("if (lane == 0)");
    w.line("  " + k.resultElementAt(i, formatv("(index_t)n * {0} + {1}", groups, group)) + " = " + k.scalars[v] + ";");
  }
}

/// Each warp summed its rows; the warps' sums add up in order and leave as one partial per (tile of rows, feature).
void RowPrinter::columnPartials() {
  int64_t warps = loop.threads / 32, padded = runs * 32;
  for (Operation *op : stages) {
    auto partial = dyn_cast<PartialOp>(op);
    if (!partial)
      continue;
    std::string to = k.pointerOfResult(k.storesOf(partial.getPartial()).front());
    w.line("// partial of " + k.comment(op).substr(3) + " over this tile's rows");
    w.directive("#pragma unroll");
    w.line(formatv("for (int j = 0; j < {0}; ++j)", runs));
    w.line(formatv("  columns[warp * {0} + lane + 32 * j] = {1}[j];", padded, accumulators[op]));
    w.line("__syncthreads();");
    w.open(formatv("for (int c = threadIdx.x; c < {0}; c += {1})", loop.width, loop.threads));
    w.line("float sum = 0.0f;");
    w.line(formatv("for (int from = 0; from < {0}; ++from)", warps));
    w.line(formatv("  sum += columns[from * {0} + c];", padded));
    if (loop.features % loop.width)
      w.line(formatv("if (feature + c < {0})", loop.features));
    w.line(formatv("{0}{1}[(index_t){2} * {3} + feature + c] = sum;", loop.features % loop.width ? "  " : "", to, loop.rowTile,
                   loop.features));
    w.close();
    w.line("__syncthreads();");
  }
}

void RowPrinter::run() {
  analyse();
  k.prelude.insert("reduce.cuh");
  int64_t warps = loop.threads / 32;
  if (!whole())
    guard = formatv("const bool live = lane + 32 * j < {0} && channel < {1};", loop.width, loop.features).str();
  bool partials = llvm::any_of(stages, [](Operation *op) { return isa<PartialOp>(op); });
  if (partials)
    w.line(formatv("__shared__ float columns[{0}];", warps * runs * 32));
  w.line("const int warp = threadIdx.x / 32;");
  w.line("const int lane = threadIdx.x % 32;");
  if (loop.chunks > loop.width) {
    w.open(formatv("for (int chunk = 0; chunk < {0}; chunk += {1})", loop.chunks, loop.width));
    w.line(formatv("const int feature = {0} + chunk;", loop.firstFeature));
    w.line(formatv("if (feature >= {0})", loop.features));
    w.line("  break;");
  } else {
    if (!loop.tileColumn.empty())
      w.line("const int chunk = 0;");
    w.line(formatv("const int feature = {0};", loop.firstFeature));
  }
  perFeature();
  for (Operation *op : stages)
    if (isa<PartialOp>(op)) {
      accumulators[op] =
          k.fresh(identifier(op->getAttrOfType<StringAttr>("source") ? op->getAttrOfType<StringAttr>("source").getValue() : "sum"));
      w.line(formatv("float {0}[{1}] = {{};", accumulators[op], runs));
    }
  w.open(formatv("for (int r = warp; r < {0}; r += {1})", loop.rows, warps));
  w.line(formatv("const long long n = {0} + r;", loop.firstRow));
  w.line(formatv("if (n >= {0})", loop.rowLimit));
  w.line("  break;");
  int last = 0;
  for (auto &entry : segment)
    last = std::max(last, entry.second);
  for (int s = 0; s <= last; ++s) {
    elements(s);
    reduceGroups(s);
    rowScalars(s);
  }
  w.close();
  columnPartials();
  if (loop.chunks > loop.width)
    w.close();
}

} // namespace

void cuda::emitRowLoop(KernelText &k, const RowLoop &loop) { RowPrinter(k, loop).run(); }

void cuda::emitRows(KernelText &k) {
  RowTile t;
  fromAttr(*k.kernel.getSchedule(), t);
  if (k.facts.group)
    t.width = k.facts.group;
  const Domain &d = k.facts.domain;
  // Narrow groups share a block, so that its rows are read in whole sectors and the grid stays within its limits.
  int64_t step = std::max<int64_t>(1, 128 / t.width) * t.width;
  RowLoop loop;
  loop.chunks = step;
  loop.firstRow = formatv("(long long)blockIdx.x * {0}", t.rows).str();
  loop.rowLimit = k.batchText(d.batch), loop.firstFeature = formatv("(int)blockIdx.y * {0}", step).str();
  loop.rows = t.rows, loop.width = t.width, loop.threads = t.threads, loop.features = d.channels;
  if (FinishOp merged = k.facts.merged) {
    k.prelude.insert("reduce.cuh");
    k.prelude.insert("rows.cuh");
    loop.tileValue = merged.getResult(0);
    loop.call = formatv("sumSplits<{0}>({1}, (index_t){2} * {3}, ", k.tilesText(merged.getPartial()), k.pointer(merged.getPartial()),
                        k.batchText(d.batch), d.channels);
  }
  emitRowLoop(k, loop);
  runtime::Expr rows = ceilDivExpr(k.batchExpr(d.batch), t.rows);
  k.launch.block = t.threads;
  k.residentBlocks = 1024 / t.threads; // 64 registers: left alone, ptxas aims at fewer and spills
  k.launch.grid = {rows, ceilDivExpr(runtime::Expr(d.channels), step), runtime::Expr(1)};
  k.partialTiles.assign(k.kernel.getNumResults(), rows);
  k.tileText = formatv("{0} rows x {1} features per block, {2} at a time", t.rows, step, t.width);
}
