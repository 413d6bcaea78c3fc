// Prints gathers and scatters with their epilogue, and weight gradients.
#include "KernelText.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace fusion;
using namespace fusion::cuda;
using llvm::formatv;

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

/// The number of boxes as the kernel's text says it.
static std::string boxesText(KernelText &k, int64_t images, int64_t boxes) {
  if (!ShapedType::isDynamic(images))
    return std::to_string(images * boxes);
  return k.batchText(images) + " * " + std::to_string(boxes);
}

void cuda::emitWindow(KernelText &k) {
  bool scatter = k.facts.strategy == Strategy::Scatter;
  ContractOp contract = k.facts.contract;
  WindowProblem p = WindowProblem::of(contract);
  WindowTile t;
  fromAttr(*k.kernel.getSchedule(), t);
  WindowGeometry g(p, t, scatter);
  const Extents &out = scatter ? p.large : p.small;
  int64_t elements = t.box[0] * t.box[1] * t.box[2], vector = t.vector(out);
  k.prelude.insert(t.walks             ? "window-walk.cuh"
                   : t.grouped         ? "window-together.cuh"
                   : t.onTensorCores() ? "tensor-window.cuh"
                                       : "window.cuh");
  if (t.onTensorCores() && packOf(p.factors) > 1)
    k.prelude.insert("half.cuh");
  std::string problem = k.globalStruct("Problem", problemText(p));
  Writer tw;
  tw.line(formatv("  static constexpr Vec3 box = {0};", vec3(t.box)));
  tw.line(formatv("  static constexpr int channels = {0}, slice = {1}, {2} = {3}, {4} = {5}, threads = {6}, vector = {7}, pitch = {8};",
                  t.channels, t.slice, t.onTensorCores() ? "warpPlaces" : "rows", t.onTensorCores() ? t.warpPlaces : t.rows,
                  t.onTensorCores() ? "warpChannels" : "cols", t.onTensorCores() ? t.warpChannels : t.cols, t.threads, vector, g.pitch));
  if (t.grouped)
    tw.line(formatv("  static constexpr int stagers = {0}, batch = {1}, tapSlice = {2}, walks = {3};", t.stagers,
                    t.stageBatch(ElementWork::of(k.kernel)), t.tapsAtOnce(p), t.walks));
  StringRef base = t.onTensorCores() ? preludeTypeOf(p.factors) : "";
  std::string tile = k.globalStruct("Tile", tw.take(), t.grouped ? warpgroupFactors(k, base, t.warpChannels, true) : base.str());
  std::string load = k.loadFunctor(contract.getLhs());
  Writer &w = k.body;
  StringRef flag = scatter ? "true" : "false";
  w.line("extern __shared__ __align__(16) float shared[];");
  if (t.onTensorCores())
    w.line(formatv("static_assert({0}<{1}, {2}, {3}>::PipeFloats == {4}, \"shared memory of the launch plan\");",
                   t.grouped ? "TogetherShape" : "TensorWindowShape", problem, tile, flag, g.pipeFloats));
  else
    w.line(formatv("static_assert(WindowShape<{0}, {1}, {2}>::PipeFloats == {3} && {4}WindowShape<{0}, {1}, {2}>::Resident, "
                   "\"shared memory of the launch plan\");",
                   problem, tile, flag, g.pipeFloats, g.resident ? "" : "!"));
  // What a pool leaves for a sweep lies behind the tile, where operands were or in front of them.
  ElementWork work = ElementWork::of(k.kernel);
  int64_t pooled = int64_t(work.pooled * double(elements * t.channels) + 0.5), boxes = t.boxes(p, scatter);
  w.line("float *tile = shared;");
  w.line(g.resident ? "float *pipe = shared; // free again when the sums leave the registers"
                    : formatv("float *pipe = shared + {0};", g.tileFloats + (g.walks ? (pooled + 3) / 4 * 4 : 0)).str());
  std::string place = formatv("const WindowPlace<{0}, {1}, {2}>", problem, tile, flag);
  std::string family = t.walks             ? "windowWalk"
                       : t.grouped         ? "windowTogether"
                       : t.onTensorCores() ? "windowTensor"
                       : scatter           ? "scatter"
                                           : "gather";
  std::string call = t.onTensorCores() ? formatv("{0}<{1}, {2}, {3}{4}>", family, problem, tile, flag,
                                                 !t.grouped             ? ""
                                                 : contract.getPacked() ? ", true"
                                                                        : ", false")
                                             .str()
                                       : formatv("{0}<{1}, {2}>", family, problem, tile).str();
  call += formatv("(tile, pipe, {0}, {1}, ", load, k.pointer(contract.getRhs()));
  ChannelLoop loop;
  if (t.walks) {
    loop.tile = "at.number", loop.tiles = boxesText(k, p.images, boxes), k.walkers = t.epilogueThreads();
    w.line(k.comment(contract));
    w.open(call + formatv("{0}, [&]({1} &at)", loop.tiles, place).str());
  } else {
    w.line(place + " at;");
    w.line(k.comment(contract));
    w.line(call + "at);");
  }
  loop.image = "at.image", loop.channels = "at.channels", loop.position = "at.position(m)", loop.place = "at",
  loop.firstChannel = "at.channel";
  loop.elements = elements, loop.maxChannels = t.channels, loop.threads = t.epilogueThreads(), loop.vector = vector;
  loop.tileValue = contract.getResult(), loop.tilePitch = std::to_string(g.pitch);
  emitTile(k, loop, {tile, t.box, std::to_string(g.tileFloats)});
  if (t.walks)
    w.close(");");
  k.launch.block = t.threads;
  k.launch.sharedBytes = g.sharedBytes(pooled);
  k.residentBlocks = t.onTensorCores() ? t.resident : residentFor(t.threads);
  runtime::Expr all = k.batchExpr(p.images) * runtime::Expr(boxes);
  int64_t channelBlocks = t.channelBlocks(p, scatter), together = k.options.spec.multiprocessors * t.resident;
  if (t.walks)
    all = min(all, runtime::Expr(std::max<int64_t>(1, together / channelBlocks)));
  k.launch.grid = {all, runtime::Expr(channelBlocks), runtime::Expr(1)};
  k.maxBatch = std::min<int64_t>(k.maxBatch, std::numeric_limits<int32_t>::max() / boxes);
  k.partialTiles.assign(k.kernel.getNumResults(), k.batchExpr(p.images) * runtime::Expr(boxes));
  k.onTensorCores = t.onTensorCores();
  std::string share = t.onTensorCores() ? formatv("{0} x {1} per warp{2} on tensor cores ({3})", t.warpPlaces * g.phaseCount(),
                                                  t.warpChannels, t.grouped ? " of a warpgroup" : "", nameOf(p.factors))
                                              .str()
                                        : formatv("{0} x {1} per thread", t.rows, t.cols).str();
  k.tileText = formatv("{0} x {1} x {2} positions x {3} channels per {6}, {4}, {5} channels staged", t.box[0], t.box[1], t.box[2],
                       t.channels, share, t.slice, t.walks ? "box that blocks walk" : "block");
  // Blocks of other channels read the operand again, from memory when it has left L2.
  double operand = bytesOf(contract.getLhs().getType(), k.options.batch);
  if (operand > double(k.options.spec.l2Bytes))
    k.extraSweepBytes = operand * double(t.channelBlocks(p, scatter) / p.groups - 1);
}

void cuda::emitPack(KernelText &k) {
  constexpr int64_t threads = 256;
  auto pack = *k.kernel.getBody().front().getOps<PackOp>().begin();
  ArrayRef<int64_t> shape = pack.getWeight().getType().getShape();
  int64_t taps = 1;
  for (int64_t extent : shape.drop_front(2))
    taps *= extent;
  bool scatter = pack.getKind() == ContractKind::scatter;
  int64_t quads = shape[0] * shape[1] * taps / 4;
  k.prelude.insert("pack.cuh");
  Writer &w = k.body;
  w.line(k.comment(pack));
  w.line(formatv("packWeights<{0}, {1}, {2}, {3}>({4}, {5});", shape[0], shape[1], taps, scatter ? "true" : "false", k.pointerOfResult(0),
                 k.pointer(pack.getWeight())));
  k.launch.block = threads;
  k.launch.grid = {runtime::Expr((quads + threads - 1) / threads), runtime::Expr(1), runtime::Expr(1)};
  k.tileText =
      formatv("{0} quads of weights in the order of {1} warpgroups", quads, scatter ? "a transposed window's" : "a window's").str();
}

void cuda::emitWeight(KernelText &k) {
  ContractOp contract = k.facts.contract;
  WindowProblem p = WindowProblem::of(contract);
  WeightTile t;
  fromAttr(*k.kernel.getSchedule(), t);
  k.prelude.insert(t.grouped ? "weight-together.cuh" : t.onTensorCores() ? "tensor-weight.cuh" : "weight.cuh");
  if (t.onTensorCores() && packOf(p.factors) > 1)
    k.prelude.insert("half.cuh");
  std::string problem = k.globalStruct("Problem", problemText(p));
  Writer tw;
  tw.line(formatv("  static constexpr Vec3 box = {0};", vec3(t.box)));
  if (t.grouped) {
    tw.line(formatv("  static constexpr Vec3 taps = {0};", vec3(t.taps)));
    tw.line(formatv("  static constexpr int as = {0}, bs = {1}, lines = {2}, threads = {3}, stagers = {4}, batch = {5};", t.as, t.bs,
                    t.lines, t.threads, t.stagers, t.stageBatch(ElementWork::of(k.kernel))));
  } else if (t.onTensorCores())
    tw.line(formatv("  static constexpr int as = {0}, bs = {1}, warpA = {2}, warpQ = {3}, threads = {4}, stages = {5};", t.as, t.bs,
                    t.warpA, t.warpQ, t.threads, t.stages));
  else
    tw.line(formatv("  static constexpr int as = {0}, bs = {1}, ta = {2}, tq = {3}, threads = {4};", t.as, t.bs, t.ta, t.tq, t.threads));
  StringRef base = t.onTensorCores() ? preludeTypeOf(p.factors) : "";
  std::string tile = k.globalStruct("Tile", tw.take(), t.grouped ? warpgroupFactors(k, base, t.warpQ, true) : base.str());
  std::string s = k.loadFunctor(contract.getLhs()), l = k.loadFunctor(contract.getRhs());
  std::string sums = "nullptr";
  for (auto partial : k.kernel.getBody().front().getOps<PartialOp>())
    sums = k.pointerOfResult(k.storesOf(partial.getPartial()).front());
  Writer &w = k.body;
  w.line("extern __shared__ __align__(16) float shared[];");
  w.line(formatv("static_assert({0}<{1}, {2}>() == {3}, \"shared memory of the launch plan\");",
                 t.grouped           ? "weightTogetherPipeFloats"
                 : t.onTensorCores() ? "tensorWeightPipeFloats"
                                     : "weightPipeFloats",
                 problem, tile, t.pipeFloats(p)));
  w.line(k.comment(contract));
  w.line(formatv("{0}<{1}, {2}, {3}>(shared, {4}, {5}, {6}, {7}, {8});",
                 t.grouped           ? "weightTogether"
                 : t.onTensorCores() ? "weightTensor"
                                     : "weightGrad",
                 problem, tile, sums == "nullptr" ? "false" : "true", s, l, k.batchText(p.images),
                 k.pointerOfResult(k.storesOf(contract.getResult()).front()), sums));
  k.launch.block = t.threads;
  k.launch.sharedBytes = 4 * t.pipeFloats(p);
  // A long prologue needs registers of its own beside the sums.
  ElementWork work = ElementWork::of(k.kernel);
  bool heavy = work.instructions[0] + work.instructions[1] > 64;
  k.onTensorCores = t.onTensorCores();
  k.residentBlocks = t.onTensorCores() ? t.resident : std::max<int64_t>(1, residentFor(t.threads) / (heavy ? 2 : 1));
  k.launch.grid = {runtime::Expr(t.splits), runtime::Expr(t.channelBlocks(p)), runtime::Expr(1)};
  k.maxBatch = std::min<int64_t>(k.maxBatch, std::numeric_limits<int32_t>::max() / t.boxes(p) - 2 * t.splits); // a box ahead
  k.partialTiles.assign(k.kernel.getNumResults(), runtime::Expr(t.splits));
  k.tileText = formatv("{0} splits; {1} x {2} x {3} positions, {4} x {5} channels per step, {6} x {7} per {8}", t.splits, t.box[0],
                       t.box[1], t.box[2], t.as, t.bs, t.onTensorCores() ? t.warpA : t.ta, t.onTensorCores() ? t.warpQ : t.tq,
                       t.grouped ? formatv("warpgroup and line of taps, {0} x {1} x {2} taps per block, on tensor cores ({3})", t.taps[0],
                                           t.taps[1], t.taps[2], nameOf(p.factors))
                                       .str()
                       : t.onTensorCores() ? formatv("warp on tensor cores ({0})", nameOf(p.factors)).str()
                                           : "thread");
  int64_t blocksA = (p.a / p.groups + t.as - 1) / t.as, blocksB = (p.b / p.groups + t.bs - 1) / t.bs;
  for (auto [v, sweeps] : {std::pair<Value, int64_t>{contract.getLhs(), blocksB}, {contract.getRhs(), blocksA}})
    if (double bytes = bytesOf(v.getType(), k.options.batch); bytes > double(k.options.spec.l2Bytes))
      k.extraSweepBytes += bytes * double(sweeps - 1);
}
