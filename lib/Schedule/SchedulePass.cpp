// fusion-schedule: one tile per kernel, by strategy.
#include "TileCost.h"
#include "fusion/Schedule/KernelFacts.h"
#include "fusion/Schedule/Passes.h"
#include "fusion/Schedule/Tiles.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

namespace fusion {
#define GEN_PASS_DEF_SCHEDULE
#include "fusion/Schedule/Passes.h.inc"
} // namespace fusion

using namespace mlir;
using namespace fusion;

/// A line of the report and a remark about the order of a product's tiles, where it matters.
static void recordBand(KernelOp kernel, ContractOp contract, int64_t m, int64_t n, int64_t k, MatmulTile tile, const ElementWork &work,
                       const DeviceSpec &spec, SmallVectorImpl<std::string> &lines) {
  if (tile.band == 0)
    return;
  MatmulReads reads = matmulReads(m, n, k, tile, work, spec);
  MatmulTile all = tile;
  all.band = 0;
  double otherwise = matmulReads(m, n, k, all, work, spec).extraBytes;
  auto source = contract->getAttrOfType<StringAttr>("source");
  std::string text = llvm::formatv(
      "walk the tiles of {0} in bands of {1} rows of tiles: {2} reads of the left operand, {3} of the right one, "
      "{4:f1} MB beyond once each, against {5:f1} MB down all rows",
      source ? source.getValue() : StringRef("matmul"), tile.band, reads.left, reads.right, reads.extraBytes / 1e6, otherwise / 1e6);
  auto options = remark::RemarkOpts::name("banded").category("schedule").function(kernel->getParentOfType<func::FuncOp>().getSymName());
  remark::passed(contract.getLoc(), options) << remark::reason("{0}", text) << remark::metric("extra_bytes", reads.extraBytes)
                                             << remark::metric("otherwise_bytes", otherwise);
  lines.push_back(std::move(text));
}

/// A line of the report and a remark about the family of a contraction, where there was a choice. `format` is what tensor cores multiply.
template <class Choice>
static void recordFamily(KernelOp kernel, ContractOp contract, const Choice &choice, StringRef format,
                         SmallVectorImpl<std::string> &lines) {
  if (std::isinf(choice.tensorSeconds) || std::isinf(choice.cudaSeconds))
    return;
  bool tensor = choice.tile.onTensorCores();
  std::string families[] = {"CUDA cores in fp32", ("tensor cores in " + format).str()};
  double chosen = tensor ? choice.tensorSeconds : choice.cudaSeconds, other = tensor ? choice.cudaSeconds : choice.tensorSeconds;
  auto source = contract->getAttrOfType<StringAttr>("source");
  std::string text = llvm::formatv("multiply {0} on {1}: predicted {2:f1} us against {3:f1} us on {4}",
                                   source ? source.getValue() : stringifyContractKind(contract.getKind()), families[tensor], chosen * 1e6,
                                   other * 1e6, families[!tensor]);
  auto options = remark::RemarkOpts::name("multiplied").category("schedule").function(kernel->getParentOfType<func::FuncOp>().getSymName());
  remark::passed(contract.getLoc(), options) << remark::reason("{0}", text) << remark::metric("predicted_us", chosen * 1e6)
                                             << remark::metric("otherwise_us", other * 1e6);
  lines.push_back(std::move(text));
}

static DictionaryAttr chooseTile(KernelOp kernel, const DeviceSpec &spec, int64_t batch, SmallVectorImpl<std::string> &lines) {
  MLIRContext *context = kernel.getContext();
  KernelFacts facts = KernelFacts::of(kernel);
  ElementWork work = ElementWork::of(kernel);
  auto extent = [&](int64_t n) { return ShapedType::isDynamic(n) ? batch : n; };
  switch (facts.strategy) {
  case Strategy::Gather:
  case Strategy::Scatter: {
    WindowChoice choice = chooseWindow(WindowProblem::of(facts.contract), facts.strategy == Strategy::Scatter, work, spec, batch);
    recordFamily(kernel, facts.contract, choice, nameOf(factorsOf(facts.contract)), lines);
    return toAttr(context, choice.tile);
  }
  case Strategy::Weight: {
    WeightChoice choice = chooseWeight(WindowProblem::of(facts.contract), work, spec, batch);
    recordFamily(kernel, facts.contract, choice, nameOf(factorsOf(facts.contract)), lines);
    return toAttr(context, choice.tile);
  }
  case Strategy::Matmul: {
    auto a = cast<RankedTensorType>(facts.contract.getLhs().getType());
    int64_t m = extent(facts.domain.batch), n = facts.domain.channels, k = extent(a.getDimSize(facts.contract.getTransposeA() ? 0 : 1));
    MatmulChoice choice = chooseMatmul(m, n, k, facts.group, work, spec, factorsOf(facts.contract), nullptr, facts.contract.isSplit());
    recordFamily(kernel, facts.contract, choice, nameOf(factorsOf(facts.contract)), lines);
    recordBand(kernel, facts.contract, m, n, k, choice.tile, work, spec, lines);
    return toAttr(context, choice.tile);
  }
  case Strategy::Sweep:
    return toAttr(context, chooseSweepTile(facts.run, extent(facts.domain.batch), SweepWork::of(kernel), spec));
  case Strategy::Pool:
  case Strategy::Channels:
    return toAttr(context, chooseChannelTile(facts.domain.channels, facts.domain.positions, facts.alongChannels, spec));
  case Strategy::Rows:
    return toAttr(context, chooseRowTile(extent(facts.domain.batch), facts.domain.channels, facts.group, spec));
  case Strategy::FinishRows:
  case Strategy::FinishColumns:
  case Strategy::Pack:
    return DictionaryAttr::get(context);
  }
  llvm_unreachable("every strategy is handled");
}

/// Whether a gather's or scatter's tile holds what the kernel goes on to do in it.
static LogicalResult holdsTile(KernelOp kernel, DictionaryAttr given) {
  KernelFacts facts = KernelFacts::of(kernel);
  WindowTile tile;
  fromAttr(given, tile);
  ElementWork work = ElementWork::of(kernel);
  if (work.allChannels && tile.channels < facts.tile.channels)
    return kernel.emitError() << "expected a tile of all " << facts.tile.channels
                              << " channels, which are reduced inside it, but got one of " << tile.channels
                              << "; give a schedule of a model with as many channels";
  for (int i = 0; i < 3; ++i)
    if (tile.box[i] % work.multiple[i])
      return kernel.emitError() << "expected a tile made of whole windows of a pool, multiples of " << work.multiple[i]
                                << ", but got an extent of " << tile.box[i];
  return success();
}

/// A gather's or scatter's tile with a box made of whole windows of the pool at hand.
static FailureOr<DictionaryAttr> fitWindow(KernelOp kernel, DictionaryAttr given, const DeviceSpec &spec) {
  WindowTile tile;
  fromAttr(given, tile);
  WindowProblem problem = WindowProblem::of(KernelFacts::of(kernel).contract);
  const Extents &out = kernel.getStrategy() == "scatter" ? problem.large : problem.small;
  Extents multiple = ElementWork::of(kernel).multiple;
  for (int i = 0; i < 3; ++i)
    if (int64_t windows = (out[i] + multiple[i] - 1) / multiple[i]; tile.box[i] % multiple[i])
      tile.box[i] = multiple[i] * std::clamp<int64_t>(tile.box[i] / multiple[i], 1, windows);
  tile.packed = tile.packed && problem.packs;
  bool scatter = kernel.getStrategy() == "scatter";
  WindowGeometry g(problem, tile, scatter);
  if (tile.tapSlice && (g.period != Extents{1, 1, 1} || g.phaseCount() > 1)) // not all taps meet every place here
    tile.tapSlice = 0, g = WindowGeometry(problem, tile, scatter);
  // More taps leave room for fewer channels at a time, and longer strides for smaller boxes.
  double pooled = ElementWork::of(kernel).pooled;
  auto tooLarge = [&] { return g.sharedBytes(int64_t(pooled * double(volume(tile.box) * tile.channels) + 0.5)) > spec.sharedPerBlock; };
  for (; tile.grouped && tooLarge(); g = WindowGeometry(problem, tile, scatter)) {
    int longest = int(std::max_element(tile.box.begin(), tile.box.end()) - tile.box.begin());
    int64_t windows = tile.box[longest] / multiple[longest];
    if (tile.walks)
      tile.walks = 0;
    else if (tile.slice > 8 * tile.pack)
      tile.slice /= 2;
    else if (windows > 1)
      tile.box[longest] = multiple[longest] * (windows / 2);
    else
      break;
  }
  if (tile.grouped && !g.describable)
    return kernel.emitError() << "expected a tile whose operands lie near enough for a product of warpgroups, but got one of "
                              << tile.box[0] << " x " << tile.box[1] << " x " << tile.box[2] << " positions and " << tile.channels
                              << " channels; give a schedule of smaller boxes";
  if (tile.grouped) {
    int64_t tiles = tile.warpPlaces / 16;
    tile.threads = 128 * ((g.tiles + tiles - 1) / tiles) * ((tile.channels + tile.warpChannels - 1) / tile.warpChannels) + tile.stagers;
  } else if (tile.onTensorCores()) {
    int64_t places = g.places;
    tile.threads = 32 * ((places + tile.warpPlaces - 1) / tile.warpPlaces) * ((tile.channels + tile.warpChannels - 1) / tile.warpChannels);
  }
  DictionaryAttr fitted = toAttr(kernel.getContext(), tile);
  return failed(holdsTile(kernel, fitted)) ? FailureOr<DictionaryAttr>() : fitted;
}

/// A weight gradient's tile where the window at hand fits its shares; channels and positions may be any.
static FailureOr<DictionaryAttr> fitWeight(KernelOp kernel, DictionaryAttr given) {
  WeightTile tile;
  fromAttr(given, tile);
  WindowProblem problem = WindowProblem::of(KernelFacts::of(kernel).contract);
  int64_t taps = problem.taps[0] * problem.taps[1] * problem.taps[2];
  if (tile.grouped) // taps behind the window's last are dropped
    return given;
  if (tile.onTensorCores()) {
    if (tile.threads % (32 * tile.warps(problem)) != 0)
      return kernel.emitError() << "expected a tile for a window of " << taps << " taps, which " << tile.warps(problem)
                                << " warps hold on tensor cores, but got one of " << tile.threads
                                << " threads; give a schedule of a model with the same window";
    return given;
  }
  if (tile.tq % taps == 0 ? tile.bs % (tile.tq / taps) != 0 : taps % tile.tq != 0)
    return kernel.emitError() << "expected a tile for a window of " << taps << " taps, but got one of " << tile.tq
                              << " taps per thread; give a schedule of a model with the same window";
  return given;
}

/// A sweep's tile where registers hold the runs at hand; longer ones are walked by whole warps.
static DictionaryAttr fitSweep(KernelOp kernel, DictionaryAttr given) {
  SweepTile tile;
  fromAttr(given, tile);
  if (!tile.held || SweepWork::of(kernel).fits(KernelFacts::of(kernel).run, tile.lanes))
    return given;
  tile.held = 0, tile.lanes = 32;
  return toAttr(kernel.getContext(), tile);
}

/// The tile of one shape for a kernel of another shape: what depends on the width of a group follows the group at hand, what depends on the
/// window must fit it.
static FailureOr<DictionaryAttr> fitTile(KernelOp kernel, DictionaryAttr given, const DeviceSpec &spec) {
  KernelFacts facts = KernelFacts::of(kernel);
  if (facts.strategy == Strategy::Weight)
    return fitWeight(kernel, given);
  if (facts.strategy == Strategy::Gather || facts.strategy == Strategy::Scatter)
    return fitWindow(kernel, given, spec);
  if (facts.strategy == Strategy::Sweep)
    return fitSweep(kernel, given);
  if (facts.strategy != Strategy::Matmul)
    return given;
  MatmulTile tile;
  fromAttr(given, tile);
  if (facts.group > tile.cols)
    return kernel.emitError() << "expected a group of at most " << tile.cols << " features, the columns of the given tile, but got "
                              << facts.group << "; give a schedule of wider tiles";
  tile.step = facts.group > 0 ? tile.cols / facts.group * facts.group : tile.cols;
  return toAttr(kernel.getContext(), tile);
}

/// Puts a kernel that packs them in front of kernels whose tiles read packed weights, one for all that read the same.
static void packWeights(func::FuncOp func) {
  llvm::DenseMap<std::tuple<Value, ContractKind, int64_t>, Value> packed;
  for (KernelOp kernel : llvm::make_early_inc_range(func.getOps<KernelOp>())) {
    WindowTile tile;
    if (kernel.getStrategy() != "gather" && kernel.getStrategy() != "scatter")
      continue;
    fromAttr(*kernel.getSchedule(), tile);
    if (!tile.packed)
      continue;
    ContractOp contract = KernelFacts::of(kernel).contract;
    auto argument = cast<BlockArgument>(contract.getRhs());
    Value weight = kernel.getInputs()[argument.getArgNumber()];
    Value &result = packed[{weight, contract.getKind(), contract.getGroups()}];
    if (!result) {
      OpBuilder b(kernel);
      auto pack = KernelOp::create(b, contract.getLoc(), TypeRange(weight.getType()), ValueRange(weight),
                                   b.getStringAttr(kernel.getName() + "_weights"), b.getStringAttr("pack"), b.getDictionaryAttr({}));
      Block *body = b.createBlock(&pack.getBody(), {}, TypeRange(weight.getType()), {contract.getLoc()});
      auto op = PackOp::create(b, contract.getLoc(), contract.getKind(), body->getArgument(0), contract.getGroups());
      op->setAttr("source", b.getStringAttr("packed weights"));
      ReturnOp::create(b, contract.getLoc(), op.getResult());
      result = pack.getResult(0);
    }
    unsigned inputs = kernel.getNumOperands();
    kernel.getInputsMutable().append(result);
    contract.setPacked(true);
    contract.getRhsMutable().set(kernel.getBody().front().insertArgument(inputs, weight.getType(), contract.getLoc()));
    if (argument.use_empty()) {
      unsigned number = argument.getArgNumber();
      kernel.getBody().front().eraseArgument(number);
      kernel.getInputsMutable().erase(number);
    }
  }
}

LogicalResult fusion::scheduleFunction(func::FuncOp func, const DeviceSpec &spec, int64_t batch) {
  for (KernelOp kernel : func.getOps<KernelOp>())
    if (kernel.getStrategy() == "pack") // would be packed again, or read as if it were not
      return kernel.emitError()
             << "expected kernels that have not been scheduled, but got one that packs weights for the next; schedule what "
                "-fusion-fuse leaves";
  auto given = func->getAttrOfType<ArrayAttr>("fusion.schedules");
  SmallVector<std::string> lines;
  unsigned index = 0;
  for (KernelOp kernel : func.getOps<KernelOp>()) {
    if (given && index >= given.size())
      return func.emitError() << "expected a schedule for each kernel, but got " << given.size() << " schedules";
    FailureOr<DictionaryAttr> tile =
        given ? fitTile(kernel, cast<DictionaryAttr>(given[index]), spec) : chooseTile(kernel, spec, batch, lines);
    bool window = kernel.getStrategy() == "gather" || kernel.getStrategy() == "scatter";
    if (failed(tile) || (!given && window && failed(holdsTile(kernel, *tile))))
      return failure();
    kernel.setScheduleAttr(*tile);
    ++index;
  }
  if (given && index != given.size())
    return func.emitError() << "expected " << index << " schedules, one per kernel, but got " << given.size();
  packWeights(func);
  if (!lines.empty()) { // behind what fusion decided
    SmallVector<StringRef> all;
    if (auto before = func->getAttrOfType<ArrayAttr>("fusion.decisions"))
      all.append(before.getAsValueRange<StringAttr>().begin(), before.getAsValueRange<StringAttr>().end());
    all.append(lines.begin(), lines.end());
    func->setAttr("fusion.decisions", Builder(func.getContext()).getStrArrayAttr(all));
  }
  return success();
}

namespace {
struct Schedule : fusion::impl::ScheduleBase<Schedule> {
  using ScheduleBase::ScheduleBase;
  void runOnOperation() override {
    std::optional<DeviceSpec> spec = deviceFor(arch);
    if (!spec) {
      getOperation().emitError() << "expected one of " << knownArchitectures() << ", but got arch '" << arch << "'";
      return signalPassFailure();
    }
    if (!getOperation().isExternal() && failed(scheduleFunction(getOperation(), *spec, batch)))
      signalPassFailure();
  }
};
} // namespace
