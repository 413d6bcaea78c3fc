// Prints kernels that sweep over runs of elements: once per reduction that another waits for, and once more for what stands behind them.
#include "KernelText.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace fusion;
using namespace fusion::cuda;
using llvm::formatv;

namespace {

/// A run [outer, reduced, inner] lies in memory as (o * R + r) * I + i; (o, i) is a result, the stages of one value per result are "kept".
/// Threads share runs in one of two ways: lanes along the results (columns) or along the reduced elements (rows). Elementwise stages are
/// computed again in every sweep that needs them: their operands are in the first-level cache by then.
class SweepPrinter {
public:
  explicit SweepPrinter(KernelText &k) : k(k), w(k.body), run(k.facts.run), stages(k.epilogue()) {
    fromAttr(*k.kernel.getSchedule(), tile);
  }
  void print();

private:
  KernelText &k;
  Writer &w;
  Run run;
  SweepTile tile;
  SmallVector<Operation *> stages;
  int64_t vector = 1;
  llvm::DenseMap<Value, int> sweepOf;              ///< the sweep in which (elements) or behind which (kept values) a value is known
  llvm::DenseMap<Operation *, std::string> gather; ///< reduction -> what a thread gathers
  struct Coordinates {
    std::string image, channel, position;
  };

  bool columns() const { return !tile.alongReduced; }
  bool arrays() const { return columns() && vector > 1; } ///< a thread has several results
  bool isKept(Value v) const {
    Operation *op = v.getDefiningOp();
    return op && (isa<ReduceOp>(op) || !(Domain::from(cast<MapOp>(op).getDomain()) == k.facts.domain));
  }
  int known(Value v) const {
    auto it = sweepOf.find(v);
    return it == sweepOf.end() ? 0 : it->second;
  }
  std::string reducedText() { return run.perImage ? std::to_string(run.reduced) : product(k.batchText(k.facts.domain.batch), run.reduced); }
  static std::string product(const std::string &a, int64_t b) { return b == 1 ? a : a + " * " + std::to_string(b); }
  runtime::Expr results() const {
    runtime::Expr perImage(run.outer * run.inner);
    return run.perImage ? k.batchExpr(k.facts.domain.batch) * perImage : perImage;
  }
  Coordinates elementCoordinates();
  Coordinates keptCoordinates(const Domain &d);
  void prepare();
  void place();
  void sweep(int s);
  void element(int s, ArrayRef<Operation *> needed);
  std::string operand(Value v, AffineMap access, llvm::DenseMap<std::pair<Value, Attribute>, std::string> &loaded);
  void finishReductions(int s);
  void keptStages(int s);
  void store(int s);
  void eachResult(llvm::function_ref<void()> body);
};

/// `for (v) { body }` where a thread has several results.
void SweepPrinter::eachResult(llvm::function_ref<void()> body) {
  if (!arrays())
    return body();
  w.directive("#pragma unroll");
  w.open(formatv("for (int v = 0; v < {0}; ++v)", vector));
  body();
  w.close();
}

/// (n, c, p) of element `at`, cheaply where a coordinate is one of outer, r and inner.
SweepPrinter::Coordinates SweepPrinter::elementCoordinates() {
  int64_t C = k.facts.domain.channels, P = k.facts.domain.positions, span = run.reduced * run.inner;
  std::string in = run.inner == 1 ? "0" : arrays() ? "(inner + v)" : "inner", r = !columns() && vector > 1 ? "(r + v)" : "r";
  if (run.perImage && span == C * P && run.inner == P)
    return {"outer", r, P == 1 ? "0" : in};
  if (run.perImage && span == C * P && run.inner == 1)
    return {"outer", P == 1 ? r : formatv("({0} / {1})", r, P).str(), P == 1 ? "0" : formatv("({0} % {1})", r, P).str()};
  if (run.perImage && span <= P && P % span == 0) {
    std::string inside = run.inner == 1 ? r : formatv("({0} * {1} + {2})", r, run.inner, in).str();
    int64_t runs = P / span;
    return {formatv("(outer / {0})", C * runs), formatv("(outer / {0} % {1})", runs, C),
            runs == 1 ? inside : formatv("(outer % {0} * {1} + {2})", runs, span, inside).str()};
  }
  if (run.perImage && P == 1 && run.inner == 1 && C % run.reduced == 0)
    return {formatv("(outer / {0})", C / run.reduced), formatv("(outer % {0} * {1} + {2})", C / run.reduced, run.reduced, r), "0"};
  std::string at = vector > 1 ? "(at + v)" : "at";
  return {formatv("({0} / {1})", at, C * P), formatv("({0} / {1} % {2})", at, P, C), P == 1 ? "0" : formatv("({0} % {1})", at, P).str()};
}

/// (n, c, p) of a result in a domain that lists the results in memory order.
SweepPrinter::Coordinates SweepPrinter::keptCoordinates(const Domain &d) {
  std::string kept = arrays() ? "(kept + v)" : "kept";
  return {formatv("({0} / {1})", kept, d.channels * d.positions), formatv("({0} / {1} % {2})", kept, d.positions, d.channels),
          formatv("({0} % {1})", kept, d.positions)};
}

void SweepPrinter::prepare() {
  for (Operation *op : stages) {
    int at = 0;
    bool kept = isKept(op->getResult(0));
    for (Value v : op->getOperands())
      at = std::max(at, known(v) + (!kept && isKept(v) ? 1 : 0)); // behind sweep s is in sweep s + 1
    for (Value v : op->getResults())
      sweepOf[v] = at;
  }
  // Runs of elements that one thread loads at once: along the results, or along the reduced elements.
  int64_t extent = columns() ? run.inner : run.reduced;
  if (!run.perImage && !columns())
    extent = 1;
  for (int64_t v : {2, 4})
    if (extent % v == 0)
      vector = v;
}

/// Where the thread's results and shares lie.
void SweepPrinter::place() {
  runtime::Expr all = results();
  int64_t perImage = run.outer * run.inner;
  std::string count = run.perImage ? product(k.batchText(k.facts.domain.batch), perImage) : std::to_string(perImage);
  if (run.perImage && ShapedType::isDynamic(k.facts.domain.batch) == false)
    count = std::to_string(k.facts.domain.batch * perImage);
  int64_t perBlock = columns() ? tile.lanes * vector : tile.threads / tile.lanes;
  if (columns()) {
    if (tile.lanes < tile.threads)
      w.line(formatv("const int part = threadIdx.x / {0};", tile.lanes));
    w.line(formatv("const index_t own = ((index_t)blockIdx.x * {0} + threadIdx.x % {0}){1};", tile.lanes,
                   vector > 1 ? formatv(" * {0}", vector).str() : ""));
  } else {
    bool block = tile.lanes == tile.threads; // a block has one run
    w.line(block ? "const int part = threadIdx.x;" : formatv("const int part = threadIdx.x % {0};", tile.lanes).str());
    w.line(block ? "const index_t own = blockIdx.x;"
                 : formatv("const index_t own = (index_t)blockIdx.x * {0} + threadIdx.x / {1};", perBlock, tile.lanes).str());
  }
  w.line(formatv("const bool live = own < (index_t){0};", count));
  w.line("const index_t kept = live ? own : 0; // threads behind the last result compute the first one again and store nothing");
  if (run.inner == 1) {
    w.line("const index_t outer = kept;");
  } else if (!run.perImage || run.outer * run.inner == run.inner) {
    w.line(run.perImage ? formatv("const index_t outer = kept / {0};", run.inner).str() : "const index_t outer = 0;");
    w.line(run.perImage ? formatv("const int inner = (int)(kept % {0});", run.inner).str() : "const int inner = (int)kept;");
  } else {
    w.line(formatv("const index_t outer = kept / {0};", run.inner));
    w.line(formatv("const int inner = (int)(kept % {0});", run.inner));
  }
  std::string base = run.perImage ? formatv("outer * {0}", run.reduced * run.inner).str() : "0";
  w.line("const index_t base = " + base + (run.inner == 1 ? "" : " + inner") + ";");
  k.launch.block = tile.threads;
  k.residentBlocks = 1024 / tile.threads; // 64 registers: left alone, ptxas aims at fewer and spills
  k.launch.grid = {ceilDivExpr(all, perBlock), runtime::Expr(1), runtime::Expr(1)};
  k.maxBatch = std::min<int64_t>(k.maxBatch, std::numeric_limits<int32_t>::max() / std::max<int64_t>(1, perImage));
  std::string shape = columns()
                          ? formatv("{0} results side by side per block, {1} threads on each", perBlock, tile.threads / tile.lanes).str()
                          : formatv("{0} runs per block, {1} threads on each", perBlock, tile.lanes).str();
  k.tileText = formatv("runs of {0} elements, {1} apart; {2}", run.reduced, run.inner, shape);
}

std::string SweepPrinter::operand(Value v, AffineMap access, llvm::DenseMap<std::pair<Value, Attribute>, std::string> &loaded) {
  if (!k.isTensor(v))
    return k.scalars[v] + (isKept(v) && arrays() ? "[v]" : "");
  std::string &name = loaded[{v, AffineMapAttr::get(access)}];
  if (!name.empty())
    return name;
  name = k.fresh(k.pointer(v) + "_value");
  Coordinates at = elementCoordinates();
  w.line("const float " + name + " = " + k.pointer(v) + "[" + k.offset(access, at.image, at.channel, at.position) + "];");
  return name;
}

/// What happens to one element (or run of `vector` elements) at r.
void SweepPrinter::element(int s, ArrayRef<Operation *> needed) {
  const Domain &d = k.facts.domain;
  AffineMap full = withoutUnitDims(fullAccess(k.kernel.getContext(), d), d);
  Operation *terminator = k.kernel.getBody().front().getTerminator();
  llvm::DenseMap<std::pair<Value, Attribute>, std::string> loaded;
  llvm::DenseMap<unsigned, std::string> stored;
  for (auto [i, v] : llvm::enumerate(terminator->getOperands()))
    if (!isKept(v) && known(v) == s)
      stored[i] = k.fresh(k.pointerOfResult(i) + "_run");
  // Full-size operands come in runs.
  auto loadRun = [&](Value v, AffineMap access) {
    if (!k.isTensor(v) || withoutUnitDims(access, d) != full || loaded.count({v, AffineMapAttr::get(access)}))
      return;
    std::string name = k.fresh(k.pointer(v) + (vector > 1 ? "_run" : "_value"));
    if (vector > 1) {
      w.line(formatv("float {0}[{1}];", name, vector));
      w.line(formatv("loadVector<{0}>({1}, {2} + at);", vector, name, k.pointer(v)));
    } else {
      w.line(formatv("const float {0} = {1}[at];", name, k.pointer(v)));
    }
    loaded[{v, AffineMapAttr::get(access)}] = vector > 1 ? name + "[v]" : name;
  };
  for (Operation *op : needed)
    if (auto map = dyn_cast<MapOp>(op))
      for (auto [v, access] : llvm::zip(map.getInputs(), map.getAccess().getAsValueRange<AffineMapAttr>()))
        loadRun(v, access);
  AffineMap dense = fullAccess(k.kernel.getContext(), d);
  for (Operation *op : stages)
    if (auto reduce = dyn_cast<ReduceOp>(op); reduce && known(op->getResult(0)) == s)
      loadRun(reduce.getInput(), dense);
  if (vector > 1)
    for (unsigned i = 0; i < terminator->getNumOperands(); ++i)
      if (stored.count(i))
        w.line(formatv("float {0}[{1}];", stored[i], vector));
  if (vector > 1) {
    w.directive("#pragma unroll");
    w.open(formatv("for (int v = 0; v < {0}; ++v)", vector));
  }
  Coordinates coordinates = elementCoordinates();
  for (Operation *op : needed) {
    auto map = cast<MapOp>(op);
    w.line(k.comment(op));
    SmallVector<std::string> texts;
    for (auto [v, access] : llvm::zip(map.getInputs(), map.getAccess().getAsValueRange<AffineMapAttr>()))
      texts.push_back(operand(v, access, loaded));
    k.addIndex(map, coordinates.image, coordinates.channel, coordinates.position, texts);
    std::string name = k.variable(op);
    k.scalarBody(w, map, texts, name);
    k.scalars[map.getResult()] = name;
  }
  for (Operation *op : stages)
    if (auto reduce = dyn_cast<ReduceOp>(op); reduce && known(op->getResult(0)) == s)
      w.line(formatv("{0}{1}.add({2}{3});", gather[op], arrays() ? "[v]" : "", operand(reduce.getInput(), dense, loaded),
                     !columns() && vector > 1 ? ", r + v" : ", r"));
  for (unsigned i = 0; i < terminator->getNumOperands(); ++i)
    if (stored.count(i)) {
      std::string value = operand(terminator->getOperand(i), dense, loaded);
      if (vector > 1) {
        w.line(stored[i] + "[v] = " + value + ";");
      } else {
        w.line("if (live)");
        w.line("  " + k.pointerOfResult(i) + "[at] = " + value + ";");
      }
    }
  if (vector > 1)
    w.close();
  if (vector > 1)
    for (unsigned i = 0; i < terminator->getNumOperands(); ++i)
      if (stored.count(i)) {
        w.line("if (live)");
        w.line(formatv("  storeVector<{0}>({1} + at, {2});", vector, k.pointerOfResult(i), stored[i]));
      }
}

/// The type that gathers values for a reduction.
static StringRef gathererOf(ReduceKind kind) {
  switch (kind) {
  case ReduceKind::sum:
    return "SumOf";
  case ReduceKind::moments:
    return "MomentsOf";
  case ReduceKind::max:
    return "MaxOf";
  case ReduceKind::min:
    return "MinOf";
  case ReduceKind::argmax:
    return "PlaceOf<1>";
  case ReduceKind::argmin:
    return "PlaceOf<-1>";
  }
  llvm_unreachable("every kind is handled");
}

void SweepPrinter::sweep(int s) {
  SmallVector<Value> roots;
  for (Operation *op : stages)
    if (isa<ReduceOp>(op) && known(op->getResult(0)) == s)
      roots.push_back(op->getOperand(0));
  bool reduces = !roots.empty();
  for (Value v : k.kernel.getBody().front().getTerminator()->getOperands())
    if (!isKept(v) && known(v) == s)
      roots.push_back(v);
  if (roots.empty())
    return;
  llvm::DenseSet<Operation *> wanted;
  std::function<void(Value)> want = [&](Value v) {
    Operation *op = v.getDefiningOp();
    if (op && !isKept(v) && wanted.insert(op).second)
      for (Value operand : op->getOperands())
        want(operand);
  };
  for (Value v : roots)
    want(v);
  SmallVector<Operation *> needed;
  for (Operation *op : stages)
    if (wanted.contains(op))
      needed.push_back(op);
  for (Operation *op : stages)
    if (auto reduce = dyn_cast<ReduceOp>(op); reduce && known(op->getResult(0)) == s) {
      gather[op] = k.variable(op);
      StringRef type = gathererOf(reduce.getKind());
      w.line(k.comment(op) + ": " + stringifyReduceKind(reduce.getKind()).str() + " of a run");
      std::string none = formatv(" = {0}::none()", type).str();
      if (!arrays()) {
        w.line(type + " " + gather[op] + none + ";");
        continue;
      }
      w.line(formatv("{0} {1}[{2}];", type, gather[op], vector));
      eachResult([&] { w.line(gather[op] + "[v]" + none + ";"); });
    }
  if (!reduces)
    w.line("// behind the reductions");
  std::string first = columns() ? (tile.lanes < tile.threads ? "part" : "0") : vector > 1 ? formatv("part * {0}", vector).str() : "part";
  int64_t step = columns() ? tile.threads / tile.lanes : tile.lanes * vector;
  w.open(formatv("for (int r = {0}; r < {1}; r += {2})", first, reducedText(), step));
  w.line(run.inner == 1 ? "const index_t at = base + r;" : formatv("const index_t at = base + (index_t)r * {0};", run.inner).str());
  element(s, needed);
  w.close();
}

/// Merges what the threads gathered; every thread of a run gets the result.
void SweepPrinter::finishReductions(int s) {
  for (Operation *op : stages) {
    auto reduce = dyn_cast<ReduceOp>(op);
    if (!reduce || known(op->getResult(0)) != s)
      continue;
    bool moments = reduce.getKind() == ReduceKind::moments;
    std::string type = moments ? "Moments" : gathererOf(reduce.getKind()).str(), from = gather[op];
    std::string own = from + (arrays() ? "[v]" : "") + (moments ? ".moments()" : "");
    bool shared = columns() ? tile.lanes < tile.threads : tile.lanes > 32;
    std::string scratch = shared ? k.fresh(from + "_scratch") : "", all = k.fresh(from + "_all");
    if (shared)
      w.line(formatv("__shared__ {0} {1}[{2}];", type, scratch, columns() ? tile.threads : tile.threads / 32));
    std::string merged = own;
    if (columns() && shared)
      merged = formatv("columnAll<{0}, {1}>({2}, {3})", tile.lanes, tile.threads, own, scratch);
    else if (!columns())
      merged = shared ? formatv("blockAll<{0}>({1}, {2})", tile.threads, own, scratch).str() : formatv("warpAll({0})", own).str();
    SmallVector<std::string> names;
    for (unsigned i = 0; i < op->getNumResults(); ++i) {
      names.push_back(k.fresh(moments ? from + (i == 0 ? "_mean" : "_variance") : from + "_value"));
      k.scalars[op->getResult(i)] = names[i];
      if (arrays())
        w.line(formatv("float {0}[{1}];", names[i], vector));
    }
    eachResult([&] {
      w.line("const " + type + " " + all + " = " + merged + ";");
      std::string to = arrays() ? "" : "const float ", at = arrays() ? "[v]" : "";
      if (moments) {
        w.line(to + names[0] + at + " = " + all + ".mean;");
        w.line(to + names[1] + at + " = " + all + ".m2 / " + all + ".count;");
      } else {
        bool place = reduce.getKind() == ReduceKind::argmax || reduce.getKind() == ReduceKind::argmin;
        w.line(to + names[0] + at + " = " + (place ? "(float)" + all + ".place" : all + ".value") + ";");
      }
    });
  }
}

/// Values per result: the statements behind the reductions of sweep s.
void SweepPrinter::keptStages(int s) {
  for (Operation *op : stages) {
    auto map = dyn_cast<MapOp>(op);
    if (!map || !isKept(map.getResult()) || known(map.getResult()) != s)
      continue;
    Domain d = Domain::from(map.getDomain());
    std::string name = k.variable(op);
    w.line(k.comment(op));
    if (arrays())
      w.line(formatv("float {0}[{1}];", name, vector));
    eachResult([&] {
      Coordinates at = keptCoordinates(d);
      SmallVector<std::string> texts;
      for (auto [v, access] : llvm::zip(map.getInputs(), map.getAccess().getAsValueRange<AffineMapAttr>())) {
        if (!k.isTensor(v)) {
          texts.push_back(k.scalars[v] + (arrays() ? "[v]" : ""));
          continue;
        }
        bool dense = withoutUnitDims(access, d) == withoutUnitDims(fullAccess(k.kernel.getContext(), d), d);
        texts.push_back(k.pointer(v) + "[" +
                        (dense ? (arrays() ? "kept + v" : "kept") : k.offset(access, at.image, at.channel, at.position)) + "]");
      }
      k.addIndex(map, at.image, at.channel, at.position, texts);
      std::string value = arrays() ? k.fresh(name + "_of") : name;
      k.scalarBody(w, map, texts, value);
      if (arrays())
        w.line(name + "[v] = " + value + ";");
    });
    k.scalars[map.getResult()] = name;
  }
}

void SweepPrinter::store(int s) {
  Operation *terminator = k.kernel.getBody().front().getTerminator();
  for (unsigned i = 0; i < terminator->getNumOperands(); ++i) {
    Value v = terminator->getOperand(i);
    if (!isKept(v) || known(v) != s)
      continue;
    w.line(columns() && tile.lanes == tile.threads ? "if (live)" : "if (live && part == 0)");
    if (!arrays()) {
      w.line("  " + k.pointerOfResult(i) + "[kept] = " + k.scalars[v] + ";");
      continue;
    }
    w.line(formatv("  storeVector<{0}>({1} + kept, {2});", vector, k.pointerOfResult(i), k.scalars[v]));
  }
}

void SweepPrinter::print() {
  prepare();
  k.prelude.insert("sweep.cuh");
  if (vector > 1)
    k.prelude.insert("vector.cuh");
  place();
  int last = 0;
  for (auto &entry : sweepOf)
    last = std::max(last, entry.second);
  for (int s = 0; s <= last; ++s) {
    sweep(s);
    finishReductions(s);
    keptStages(s);
    store(s);
  }
  // Later sweeps find the run in a cache unless all blocks at work together hold more than that.
  double running =
      double(k.options.spec.multiprocessors) * double(2048 / tile.threads) * (columns() ? tile.lanes * vector : tile.threads / tile.lanes);
  double set = 0, bytes = 0;
  for (Value v : k.kernel.getInputs())
    bytes += bytesOf(v.getType(), k.options.batch);
  double elements = double(k.facts.domain.elements(k.options.batch));
  set = elements > 0 ? bytes * std::min(1.0, running * double(run.reduced) * (run.perImage ? 1 : double(k.options.batch)) / elements) : 0;
  if (set > double(k.options.spec.l2Bytes))
    k.extraSweepBytes = bytes * last;
}

} // namespace

void cuda::emitSweep(KernelText &k) { SweepPrinter(k).print(); }
