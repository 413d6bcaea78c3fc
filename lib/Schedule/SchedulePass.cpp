// fusion-schedule: one tile per kernel, by strategy.
#include "fusion/Schedule/KernelFacts.h"
#include "fusion/Schedule/Passes.h"
#include "fusion/Schedule/Tiles.h"

namespace fusion {
#define GEN_PASS_DEF_SCHEDULE
#include "fusion/Schedule/Passes.h.inc"
} // namespace fusion

using namespace mlir;
using namespace fusion;

static DictionaryAttr chooseTile(KernelOp kernel, const DeviceSpec &spec, int64_t batch) {
  MLIRContext *context = kernel.getContext();
  KernelFacts facts = KernelFacts::of(kernel);
  ElementWork work = ElementWork::of(kernel);
  auto extent = [&](int64_t n) { return ShapedType::isDynamic(n) ? batch : n; };
  switch (facts.strategy) {
  case Strategy::Gather:
  case Strategy::Scatter:
    return toAttr(context, chooseWindowTile(WindowProblem::of(facts.contract), facts.strategy == Strategy::Scatter, work, spec, batch));
  case Strategy::Weight:
    return toAttr(context, chooseWeightTile(WindowProblem::of(facts.contract), work, spec, batch));
  case Strategy::Matmul: {
    auto a = cast<RankedTensorType>(facts.contract.getLhs().getType());
    return toAttr(context, chooseMatmulTile(extent(facts.domain.batch), facts.domain.channels,
                                            extent(a.getDimSize(facts.contract.getTransposeA() ? 0 : 1)), facts.group, work, spec));
  }
  case Strategy::Sweep:
    return toAttr(context, chooseSweepTile(facts.run, extent(facts.domain.batch), spec));
  case Strategy::Pool:
  case Strategy::Channels:
    return toAttr(context, chooseChannelTile(facts.domain.channels, facts.domain.positions, spec));
  case Strategy::Rows:
    return toAttr(context, chooseRowTile(extent(facts.domain.batch), facts.domain.channels, facts.group, spec));
  case Strategy::FinishRows:
  case Strategy::FinishColumns:
    return DictionaryAttr::get(context);
  }
  llvm_unreachable("every strategy is handled");
}

/// The tile of one shape for a kernel of another shape: what depends on the width of a group follows the group at hand, what depends on the
/// window must fit it.
static FailureOr<DictionaryAttr> fitTile(KernelOp kernel, DictionaryAttr given) {
  KernelFacts facts = KernelFacts::of(kernel);
  if (facts.strategy == Strategy::Weight) {
    WeightTile tile;
    fromAttr(given, tile);
    WindowProblem problem = WindowProblem::of(facts.contract);
    int64_t taps = problem.taps[0] * problem.taps[1] * problem.taps[2];
    if (tile.tq % taps == 0 ? tile.bs % (tile.tq / taps) != 0 : taps % tile.tq != 0)
      return kernel.emitError() << "expected a tile for a window of " << taps << " taps, but got one of " << tile.tq
                                << " taps per thread; give a schedule of a model with the same window";
    return given;
  }
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

LogicalResult fusion::scheduleFunction(func::FuncOp func, const DeviceSpec &spec, int64_t batch) {
  auto given = func->getAttrOfType<ArrayAttr>("fusion.schedules");
  unsigned index = 0;
  for (KernelOp kernel : func.getOps<KernelOp>()) {
    if (given && index >= given.size())
      return func.emitError() << "expected a schedule for each kernel, but got " << given.size() << " schedules";
    FailureOr<DictionaryAttr> tile = given ? fitTile(kernel, cast<DictionaryAttr>(given[index])) : chooseTile(kernel, spec, batch);
    if (failed(tile))
      return failure();
    kernel.setScheduleAttr(*tile);
    ++index;
  }
  if (given && index != given.size())
    return func.emitError() << "expected " << index << " schedules, one per kernel, but got " << given.size();
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
