// Prints kernels whose lanes run along positions: window contractions with their epilogue, and elementwise work without a contraction.
#include "KernelText.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace fusion;
using namespace fusion::cuda;
using llvm::formatv;

namespace {

/// Prints the loop over (channel, position) and what happens to each element, stage by stage.
class ChannelPrinter {
public:
  ChannelPrinter(KernelText &k, const ChannelLoop &loop) : k(k), w(k.body), loop(loop), stages(k.epilogue()) {}
  void run();

private:
  KernelText &k;
  Writer &w;
  const ChannelLoop &loop;
  SmallVector<Operation *> stages;
  llvm::DenseMap<std::pair<Value, Attribute>, std::string> operands; ///< (tensor, access) -> text of its current element
  llvm::DenseMap<Operation *, std::string> accumulators;
  llvm::DenseMap<unsigned, std::string> vectors; ///< stored result -> register run

  struct Use {
    Value tensor;
    AffineMap access;
  };
  SmallVector<Use> uses(bool perElement);
  bool hasPartials() const {
    return llvm::any_of(stages, [](Operation *op) { return isa<PartialOp>(op); });
  }
  AffineMap full() const { return fullAccess(k.kernel.getContext(), k.facts.domain); }
  void perChannel();
  void element();
  void stage(Operation *op, StringRef position);
  void partials();
};

SmallVector<ChannelPrinter::Use> ChannelPrinter::uses(bool perElement) {
  SmallVector<Use> all;
  llvm::DenseSet<std::pair<Value, Attribute>> seen;
  for (Operation *op : stages)
    if (auto map = dyn_cast<MapOp>(op))
      for (auto [v, access] : llvm::zip(map.getInputs(), map.getAccess().getAsValueRange<AffineMapAttr>()))
        if (k.isTensor(v) && usesPosition(access) == perElement && seen.insert({v, AffineMapAttr::get(access)}).second)
          all.push_back({v, access});
  // The input of a reduction may be a tensor itself.
  for (Operation *op : stages)
    if (isa<PartialOp>(op) && k.isTensor(op->getOperand(0)) && perElement &&
        seen.insert({op->getOperand(0), AffineMapAttr::get(full())}).second)
      all.push_back({op->getOperand(0), full()});
  return all;
}

void ChannelPrinter::perChannel() {
  for (const Use &use : uses(false)) {
    std::string name = k.fresh(k.pointer(use.tensor) + "_value");
    w.line(formatv("const float {0} = {1}[{2}];", name, k.pointer(use.tensor), k.offset(use.access, loop.image, "channel", "0")));
    operands[{use.tensor, AffineMapAttr::get(use.access)}] = name;
  }
}

void ChannelPrinter::stage(Operation *op, StringRef position) {
  if (auto partial = dyn_cast<PartialOp>(op)) {
    Value in = partial.getInput();
    std::string value = k.isTensor(in) ? operands[{in, AffineMapAttr::get(full())}] : k.scalars[in];
    w.line(partial.getKind() == ReduceKind::moments ? accumulators[op] + ".add(" + value + ");" : accumulators[op] + " += " + value + ";");
    return;
  }
  auto map = cast<MapOp>(op);
  SmallVector<std::string> texts;
  for (auto [v, access] : llvm::zip(map.getInputs(), map.getAccess().getAsValueRange<AffineMapAttr>()))
    texts.push_back(k.isTensor(v) ? operands[{v, AffineMapAttr::get(access)}] : k.scalars[v]);
  std::string name = k.variable(op);
  w.line(k.comment(op));
  k.scalarBody(w, map, texts, name);
  k.scalars[map.getResult()] = name;
}

/// One run of `vector` elements: loads, the stages in order, stores.
void ChannelPrinter::element() {
  int64_t V = loop.vector;
  if (V > 1)
    k.prelude.insert("vector.cuh");
  SmallVector<Use> scattered;
  for (const Use &use : uses(true)) {
    if (use.access != full()) {
      scattered.push_back(use);
      continue;
    }
    if (V == 1) {
      std::string name = k.fresh(k.pointer(use.tensor) + "_value");
      w.line(formatv("const float {0} = {1}[row + p];", name, k.pointer(use.tensor)));
      operands[{use.tensor, AffineMapAttr::get(use.access)}] = name;
      continue;
    }
    std::string name = k.fresh(k.pointer(use.tensor) + "_run");
    w.line(formatv("float {0}[{1}];", name, V));
    w.line(formatv("loadVector<{0}>({1}, {2} + row + p);", V, name, k.pointer(use.tensor)));
    operands[{use.tensor, AffineMapAttr::get(use.access)}] = name + "[v]";
  }
  for (unsigned i = 0; i < k.kernel.getNumResults(); ++i) {
    Value v = k.kernel.getBody().front().getTerminator()->getOperand(i);
    if (isa_and_nonnull<PartialOp>(v.getDefiningOp()))
      continue;
    vectors[i] = k.fresh(k.pointerOfResult(i) + "_run");
    if (V > 1)
      w.line(formatv("float {0}[{1}];", vectors[i], V));
  }
  if (V > 1) {
    w.directive("#pragma unroll");
    w.open(formatv("for (int v = 0; v < {0}; ++v)", V));
  }
  for (const Use &use : scattered) {
    std::string name = k.fresh(k.pointer(use.tensor) + "_value");
    w.line(formatv("const float {0} = {1}[{2}];", name, k.pointer(use.tensor),
                   k.offset(use.access, loop.image, "channel", V > 1 ? "(p + v)" : "p")));
    operands[{use.tensor, AffineMapAttr::get(use.access)}] = name;
  }
  if (loop.tileValue) {
    std::string name = k.variable(loop.tileValue.getDefiningOp());
    w.line(k.comment(loop.tileValue.getDefiningOp()));
    w.line(formatv("const float {0} = tile[c * {1} + m{2}];", name, loop.tilePitch, V > 1 ? " + v" : ""));
    k.scalars[loop.tileValue] = name;
  }
  for (Operation *op : stages)
    stage(op, "p");
  for (unsigned i = 0; i < k.kernel.getNumResults(); ++i) {
    if (!vectors.count(i))
      continue;
    std::string value = k.scalars[k.kernel.getBody().front().getTerminator()->getOperand(i)];
    w.line(V > 1 ? vectors[i] + "[v] = " + value + ";" : k.pointerOfResult(i) + "[row + p] = " + value + ";");
  }
  if (V == 1)
    return;
  w.close();
  for (unsigned i = 0; i < k.kernel.getNumResults(); ++i)
    if (vectors.count(i))
      w.line(formatv("storeVector<{0}>({1} + row + p, {2});", V, k.pointerOfResult(i), vectors[i]));
}

/// The warp's partial of its channel, one per (channel, tile).
void ChannelPrinter::partials() {
  for (Operation *op : stages) {
    auto partial = dyn_cast<PartialOp>(op);
    if (!partial)
      continue;
    std::string to = k.pointerOfResult(k.storesOf(partial.getPartial()).front()), name = accumulators[op];
    int64_t channels = k.facts.domain.channels;
    w.line("// " + std::string("partial of ") + k.comment(op).substr(3) + " over this tile");
    if (partial.getKind() == ReduceKind::sum) {
      w.line(formatv("const float {0}_all = warpSum({0});", name));
      w.line("if (lane == 0)");
      w.line(formatv("  {0}[(index_t)channel * gridDim.x + blockIdx.x] = {1}_all;", to, name));
      continue;
    }
    w.line(formatv("const Moments {0}_all = warpMerge({0}.moments());", name));
    w.open("if (lane == 0)");
    int component = 0;
    for (StringRef field : {"count", "mean", "m2"}) {
      std::string plane = component ? formatv("({0} + channel)", component * channels).str() : "channel";
      w.line(formatv("{0}[(index_t){1} * gridDim.x + blockIdx.x] = {2}_all.{3};", to, plane, name, field));
      ++component;
    }
    w.close();
  }
}

void ChannelPrinter::run() {
  bool partial = hasPartials();
  int64_t warps = loop.threads / 32, V = loop.vector;
  int64_t perImage = k.facts.domain.channels * k.facts.domain.positions;
  auto row = [&] {
    w.line(formatv("const int channel = {0} + c;", loop.firstChannel));
    w.line(formatv("const index_t row = (index_t){0} * {1} + (index_t)channel * {2};", loop.image, perImage, k.facts.domain.positions));
  };
  if (!partial && (uses(false).empty() || loop.maxChannels < warps)) {
    // Nothing belongs to a channel: all threads share the elements.
    w.open(formatv("for (int e = {0}; e < {1} * {2}; e += {3})", V > 1 ? formatv("threadIdx.x * {0}", V).str() : std::string("threadIdx.x"),
                   loop.channels, loop.elements, loop.threads * V));
    w.line(formatv("const int c = e / {0};", loop.elements));
    w.line(formatv("const int m = e % {0};", loop.elements));
    w.line(formatv("const int p = {0};", loop.position));
    w.line("if (p < 0)");
    w.line("  continue;");
    row();
    perChannel();
    element();
    w.close();
    return;
  }
  k.prelude.insert("reduce.cuh");
  w.line("const int warp = threadIdx.x / 32;");
  w.line("const int lane = threadIdx.x % 32;");
  w.open(formatv("for (int c = warp; c < {0}; c += {1})", loop.channels, warps));
  row();
  perChannel();
  for (Operation *op : stages)
    if (auto p = dyn_cast<PartialOp>(op)) {
      accumulators[op] =
          k.fresh(identifier(p->getAttrOfType<StringAttr>("source") ? p->getAttrOfType<StringAttr>("source").getValue() : "sum"));
      w.line((p.getKind() == ReduceKind::moments ? "ShiftedSums " : "float ") + accumulators[op] +
             (p.getKind() == ReduceKind::moments ? ";" : " = 0.0f;"));
    }
  std::string mine = V > 1 ? formatv("lane * {0}", V).str() : std::string("lane");
  if (loop.steps.empty()) {
    w.open(formatv("for (int m = {0}; m < {1}; m += {2})", mine, loop.elements, 32 * V));
    w.line(formatv("const int p = {0};", loop.position));
  } else {
    w.open(formatv("for (int from = 0; from < {0}; from += {1})", loop.elements, 32 * V));
    w.line(formatv("const int m = from + {0};", mine));
    if (loop.elements % (32 * V)) {
      w.line(formatv("if (m >= {0})", loop.elements));
      w.line("  break;");
    }
    w.line(formatv("const int p = {0}<{1}>(from, {2});", loop.steps, 32 * V, mine));
  }
  w.line("if (p < 0)");
  w.line("  continue;");
  element();
  w.close();
  partials();
  w.close();
}

} // namespace

void cuda::emitChannelLoop(KernelText &k, const ChannelLoop &loop) { ChannelPrinter(k, loop).run(); }

static int64_t vectorFor(std::initializer_list<int64_t> extents) {
  for (int64_t v : {4, 2})
    if (llvm::all_of(extents, [&](int64_t extent) { return extent % v == 0; }))
      return v;
  return 1;
}

/// Blocks that share a multiprocessor at the 128 registers that tiles are chosen for. ptxas left alone may aim at fewer registers and
/// spill.
static int64_t residentFor(int64_t threads) { return std::max<int64_t>(1, 65536 / (128 * threads)); }

static std::string problemText(const WindowProblem &p) {
  Writer w;
  w.line(formatv("  static constexpr int A = {0}, B = {1}, G = {2};", p.a, p.b, p.groups));
  w.line(formatv("  static constexpr Vec3 small = {0}, large = {1}, taps = {2};", vec3(p.small), vec3(p.large), vec3(p.taps)));
  w.line(
      formatv("  static constexpr Vec3 stride = {0}, padding = {1}, dilation = {2};", vec3(p.stride), vec3(p.padding), vec3(p.dilation)));
  return w.take();
}

void cuda::emitWindow(KernelText &k) {
  bool scatter = k.facts.strategy == Strategy::Scatter;
  ContractOp contract = k.facts.contract;
  WindowProblem p = WindowProblem::of(contract);
  WindowTile t;
  fromAttr(*k.kernel.getSchedule(), t);
  WindowGeometry g(p, t, scatter);
  const Extents &out = scatter ? p.large : p.small;
  int64_t elements = t.box[0] * t.box[1] * t.box[2], vector = vectorFor({t.box[2], out[2]});
  k.prelude.insert("window.cuh");
  std::string problem = k.globalStruct("Problem", problemText(p));
  Writer tw;
  tw.line(formatv("  static constexpr Vec3 box = {0};", vec3(t.box)));
  tw.line(formatv("  static constexpr int channels = {0}, slice = {1}, rows = {2}, cols = {3}, threads = {4}, vector = {5}, pitch = {6};",
                  t.channels, t.slice, t.rows, t.cols, t.threads, vector, g.pitch));
  std::string tile = k.globalStruct("Tile", tw.take());
  std::string load = k.loadFunctor(contract.getLhs());
  Writer &w = k.body;
  StringRef flag = scatter ? "true" : "false";
  w.line("extern __shared__ __align__(16) float shared[];");
  std::string shape = formatv("WindowShape<{0}, {1}, {2}>", problem, tile, flag);
  w.line(formatv("static_assert({0}::PipeFloats == {1} && {2}{0}::Resident, \"shared memory of the launch plan\");", shape, g.pipeFloats,
                 g.resident ? "" : "!"));
  w.line("float *tile = shared;");
  w.line(g.resident ? "float *pipe = shared; // free again when the sums leave the registers"
                    : formatv("float *pipe = shared + {0};", g.tileFloats).str());
  w.line(formatv("const WindowPlace<{0}, {1}, {2}> at;", problem, tile, flag));
  w.line(k.comment(contract));
  w.line(formatv("{0}<{1}, {2}>(tile, pipe, {3}, {4}, at);", scatter ? "scatter" : "gather", problem, tile, load,
                 k.pointer(contract.getRhs())));
  ChannelLoop loop;
  loop.image = "at.image", loop.channels = "at.channels", loop.position = "at.position(m)", loop.steps = "at.position",
  loop.firstChannel = "at.channel";
  loop.elements = elements, loop.maxChannels = t.channels, loop.threads = t.threads, loop.vector = vector;
  loop.tileValue = contract.getResult(), loop.tilePitch = std::to_string(g.pitch);
  emitChannelLoop(k, loop);

  int64_t boxes = t.boxes(p, scatter);
  k.launch.block = t.threads;
  k.launch.sharedBytes = g.sharedBytes();
  k.residentBlocks = residentFor(t.threads);
  k.launch.grid = {k.batchExpr(p.images) * runtime::Expr(boxes), runtime::Expr(t.channelBlocks(p, scatter)), runtime::Expr(1)};
  k.maxBatch = std::min<int64_t>(k.maxBatch, std::numeric_limits<int32_t>::max() / boxes);
  k.partialTiles.assign(k.kernel.getNumResults(), k.batchExpr(p.images) * runtime::Expr(boxes));
  k.tileText = formatv("{0} x {1} x {2} positions x {3} channels per block, {4} x {5} per thread, {6} channels staged", t.box[0], t.box[1],
                       t.box[2], t.channels, t.rows, t.cols, t.slice);
  // Blocks of other channels read the operand again, from memory when it has left L2.
  double operand = bytesOf(contract.getLhs().getType(), k.options.batch);
  if (operand > double(k.options.spec.l2Bytes))
    k.extraSweepBytes = operand * double(t.channelBlocks(p, scatter) / p.groups - 1);
}

void cuda::emitChannels(KernelText &k) {
  ChannelTile t;
  fromAttr(*k.kernel.getSchedule(), t);
  const Domain &d = k.facts.domain;
  int64_t tiles = (d.positions + t.positions - 1) / t.positions, vector = vectorFor({t.positions, d.positions});
  Writer &w = k.body;
  w.line(formatv("const int image = blockIdx.x / {0};", tiles));
  w.line(formatv("const int first = blockIdx.x % {0} * {1};", tiles, t.positions));
  w.line(formatv("const int channels = {0} - (int)blockIdx.y * {1} < {1} ? {0} - (int)blockIdx.y * {1} : {1};", d.channels, t.channels));
  ChannelLoop loop;
  loop.image = "image", loop.channels = "channels", loop.position = formatv("first + m < {0} ? first + m : -1", d.positions).str();
  loop.firstChannel = formatv("(int)blockIdx.y * {0}", t.channels).str();
  loop.elements = t.positions, loop.maxChannels = t.channels, loop.threads = t.threads, loop.vector = vector;
  emitChannelLoop(k, loop);
  k.launch.block = t.threads;
  k.launch.grid = {k.batchExpr(d.batch) * runtime::Expr(tiles), ceilDivExpr(runtime::Expr(d.channels), t.channels), runtime::Expr(1)};
  k.maxBatch = std::min<int64_t>(k.maxBatch, std::numeric_limits<int32_t>::max() / tiles);
  k.partialTiles.assign(k.kernel.getNumResults(), k.batchExpr(d.batch) * runtime::Expr(tiles));
  k.tileText = formatv("{0} positions x {1} channels per block", t.positions, t.channels);
}

void cuda::emitWeight(KernelText &k) {
  ContractOp contract = k.facts.contract;
  WindowProblem p = WindowProblem::of(contract);
  WeightTile t;
  fromAttr(*k.kernel.getSchedule(), t);
  k.prelude.insert("weight.cuh");
  std::string problem = k.globalStruct("Problem", problemText(p));
  Writer tw;
  tw.line(formatv("  static constexpr Vec3 box = {0};", vec3(t.box)));
  tw.line(formatv("  static constexpr int as = {0}, bs = {1}, ta = {2}, tq = {3}, threads = {4};", t.as, t.bs, t.ta, t.tq, t.threads));
  std::string tile = k.globalStruct("Tile", tw.take());
  std::string s = k.loadFunctor(contract.getLhs()), l = k.loadFunctor(contract.getRhs());
  std::string sums = "nullptr";
  for (auto partial : k.kernel.getBody().front().getOps<PartialOp>())
    sums = k.pointerOfResult(k.storesOf(partial.getPartial()).front());
  Writer &w = k.body;
  w.line("extern __shared__ __align__(16) float shared[];");
  w.line(
      formatv("static_assert(weightPipeFloats<{0}, {1}>() == {2}, \"shared memory of the launch plan\");", problem, tile, t.pipeFloats(p)));
  w.line(k.comment(contract));
  w.line(formatv("weightGrad<{0}, {1}, {2}>(shared, {3}, {4}, {5}, {6}, {7});", problem, tile, sums == "nullptr" ? "false" : "true", s, l,
                 k.batchText(p.images), k.pointerOfResult(k.storesOf(contract.getResult()).front()), sums));
  k.launch.block = t.threads;
  k.launch.sharedBytes = 4 * t.pipeFloats(p);
  k.residentBlocks = residentFor(t.threads);
  k.launch.grid = {runtime::Expr(t.splits), runtime::Expr(t.channelBlocks(p)), runtime::Expr(1)};
  k.maxBatch = std::min<int64_t>(k.maxBatch, std::numeric_limits<int32_t>::max() / t.boxes(p) - t.splits);
  k.partialTiles.assign(k.kernel.getNumResults(), runtime::Expr(t.splits));
  k.tileText = formatv("{0} splits; {1} x {2} x {3} positions, {4} x {5} channels per step, {6} x {7} per thread", t.splits, t.box[0],
                       t.box[1], t.box[2], t.as, t.bs, t.ta, t.tq);
  int64_t blocksA = (p.a / p.groups + t.as - 1) / t.as, blocksB = (p.b / p.groups + t.bs - 1) / t.bs;
  for (auto [v, sweeps] : {std::pair<Value, int64_t>{contract.getLhs(), blocksB}, {contract.getRhs(), blocksA}})
    if (double bytes = bytesOf(v.getType(), k.options.batch); bytes > double(k.options.spec.l2Bytes))
      k.extraSweepBytes += bytes * double(sweeps - 1);
}
