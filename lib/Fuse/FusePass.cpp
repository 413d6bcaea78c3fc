// fusion-fuse: the planner as a pass.
#include "fusion/Fuse/Passes.h"
#include "fusion/Fuse/Plan.h"

namespace fusion {
#define GEN_PASS_DEF_FUSE
#include "fusion/Fuse/Passes.h.inc"
} // namespace fusion

using namespace mlir;
using namespace fusion;

LogicalResult fusion::fuseFunction(func::FuncOp func, const DeviceSpec &spec, int64_t batch) {
  Planner planner(func, spec, batch);
  auto given = func->getAttrOfType<DictionaryAttr>("fusion.choices");
  if (failed(planner.analyse(given)))
    return failure();
  Choices choices;
  if (given) {
    FailureOr<Choices> read = planner.fromAttr(given);
    if (failed(read))
      return failure();
    choices = *read;
  } else {
    choices = planner.decide();
    func->setAttr("fusion.choices", planner.toAttr(choices));
  }
  planner.build(choices);
  SmallVector<StringRef> lines;
  for (const std::string &line : planner.reasons())
    lines.push_back(line);
  func->setAttr("fusion.decisions", Builder(func.getContext()).getStrArrayAttr(lines));
  return success();
}

FailureOr<double> fusion::predictedSeconds(func::FuncOp func, const DeviceSpec &spec, int64_t batch) {
  Planner planner(func, spec, batch);
  if (failed(planner.analyse()))
    return failure();
  return planner.predictedSeconds(planner.decide(/*quiet=*/true));
}

namespace {
struct Fuse : fusion::impl::FuseBase<Fuse> {
  using FuseBase::FuseBase;
  void runOnOperation() override {
    std::optional<DeviceSpec> spec = deviceFor(arch);
    if (!spec) {
      getOperation().emitError() << "expected one of " << knownArchitectures() << ", but got arch '" << arch << "'";
      return signalPassFailure();
    }
    if (bandwidth > 0)
      spec->bandwidth = bandwidth;
    if (flops > 0)
      spec->fp32Rate = flops;
    if (!getOperation().isExternal() && failed(fuseFunction(getOperation(), *spec, batch)))
      signalPassFailure();
  }
};
} // namespace
