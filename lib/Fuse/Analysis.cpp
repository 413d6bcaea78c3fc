// What fusion needs to know about each stage: cluster, depth, and whether it can be recomputed from memory.
#include "fusion/Fuse/Plan.h"

using namespace mlir;
using namespace fusion;

std::optional<ReduceShape> fusion::shapeOf(AffineMap access, const Domain &d) {
  MLIRContext *context = access.getContext();
  AffineExpr result = access.getResult(0);
  if (result == getAffineConstantExpr(0, context))
    return ReduceShape{false, d.channels};
  if (access == channelAccess(context))
    return ReduceShape{false, 1};
  if (result == getAffineDimExpr(0, context))
    return ReduceShape{true, d.channels};
  for (int64_t groups = 1; groups <= d.channels; ++groups)
    if (d.channels % groups == 0 && access == groupAccess(context, d, groups))
      return ReduceShape{true, d.channels / groups};
  return std::nullopt;
}

Planner::Planner(func::FuncOp func, const DeviceSpec &spec, int64_t batch) : func(func), spec(spec), batch(batch) {}

int Planner::depthOf(Value v) const {
  Operation *op = v.getDefiningOp();
  if (!op)
    return 0;
  const StageInfo &i = info(op);
  bool finishes = (isa<ReduceOp>(op) && !i.inTile) || (isa<ContractOp>(op) && isFinished(v));
  return i.depth + (finishes ? 1 : 0);
}

bool Planner::isFinished(Value v) const {
  Operation *op = v.getDefiningOp();
  if (!op)
    return true;
  if (auto contract = dyn_cast<ContractOp>(op))
    return contract.getKind() == ContractKind::weight;
  const StageInfo &i = info(op);
  return (isa<ReduceOp>(op) || i.reduction) && !i.inTile;
}

LogicalResult Planner::analyseReduce(ReduceOp op) {
  StageInfo i;
  Domain domain = Domain::from(op.getDomain());
  std::optional<ReduceShape> shape = shapeOf(op.getResultAccess(), domain);
  if (!shape)
    return op.emitError()
           << "expected a reduction to one value per channel, per group of channels of an image, or to a scalar, but got the access "
           << op.getResultAccessAttr() << "; reductions that keep a spatial position are not supported yet";
  Operation *producer = op.getInput().getDefiningOp();
  if (producer) {
    i.depth = depthOf(op.getInput());
    if (!info(producer).inlinable && !isFinished(op.getInput()))
      i.cluster = info(producer).cluster;
  }
  bool matmul = i.cluster >= 0 && cast<ContractOp>(anchors[i.cluster]).getKind() == ContractKind::matmul;
  bool rows = domain.positions == 1 && (i.cluster < 0 || matmul);
  i.inTile = rows && shape->perImage && shape->channels <= (matmul ? kMaxMatmulTile : kMaxInTileGroup);
  for (auto &[other, j] : infos)
    if (auto before = dyn_cast<ReduceOp>(other); before && i.inTile && j.inTile && j.cluster == i.cluster && j.depth == i.depth &&
                                                 before.getDomain() == op.getDomain() && before.getResultAccess() != op.getResultAccess())
      return op.emitError() << "expected groups of one size in a row, but got norms over groups of different sizes in one kernel; this is "
                               "not supported yet";
  if (rows && !i.inTile && (shape->perImage || shape->channels != 1))
    return op.emitError() << "expected a group of at most " << (matmul ? kMaxMatmulTile : kMaxInTileGroup) << " features, but got "
                          << shape->channels << "; wider rows are not supported yet";
  infos[op] = i;
  return success();
}

LogicalResult Planner::analyseMap(MapOp op) {
  StageInfo i;
  Domain domain = Domain::from(op.getDomain());
  // A map of nothing but reduction results (and arguments) of one shape finishes the reduction.
  Operation *reduction = nullptr;
  bool only = true;
  for (Value v : op.getInputs()) {
    Operation *producer = v.getDefiningOp();
    if (!producer)
      continue;
    Operation *root = isa<ReduceOp>(producer) ? producer : info(producer).reduction;
    only &= root && Domain::of(cast<RankedTensorType>(v.getType())) == domain &&
            (!reduction || (cast<ReduceOp>(root).getResultAccess() == cast<ReduceOp>(reduction).getResultAccess() &&
                            cast<ReduceOp>(root).getDomain() == cast<ReduceOp>(reduction).getDomain() &&
                            info(root).depth == info(reduction).depth && info(root).cluster == info(reduction).cluster));
    reduction = reduction ? reduction : root;
  }
  if (reduction && only) {
    i = info(reduction);
    i.reduction = reduction;
    i.depth = i.inTile ? i.depth : info(reduction).depth + 1;
    infos[op] = i;
    return success();
  }
  i.inlinable = true;
  for (Value v : op.getInputs()) {
    i.depth = std::max(i.depth, depthOf(v));
    Operation *producer = v.getDefiningOp();
    if (!producer || isFinished(v))
      continue;
    const StageInfo &p = info(producer);
    if (p.inlinable && Domain::of(cast<RankedTensorType>(v.getType())) == domain)
      continue;
    i.inlinable = false;
    if (p.inTile || Domain::of(cast<RankedTensorType>(v.getType())) == domain)
      i.cluster = std::max(i.cluster, p.cluster);
  }
  infos[op] = i;
  return success();
}

Value Planner::spineOf(int cluster) const {
  Value v = anchors[cluster]->getResult(0);
  while (v.hasOneUse()) {
    auto user = dyn_cast<MapOp>(*v.getUsers().begin());
    if (!user || info(user).cluster != cluster || info(user).depth != info(anchors[cluster]).depth || info(user).inTile ||
        !llvm::all_of(user.getInputs(), [&](Value in) { return in == v || isFinished(in); }))
      break;
    v = user.getResult();
  }
  return v;
}

LogicalResult Planner::analyse() {
  for (Operation &op : func.getBody().front().without_terminator()) {
    if (auto contract = dyn_cast<ContractOp>(op)) {
      StageInfo i;
      i.depth = 1 + std::max(depthOf(contract.getLhs()), depthOf(contract.getRhs()));
      if (contract.getKind() != ContractKind::weight) {
        i.cluster = anchors.size();
        anchors.push_back(&op);
      }
      infos[&op] = i;
    } else if (auto map = dyn_cast<MapOp>(op)) {
      if (failed(analyseMap(map)))
        return failure();
    } else if (auto reduce = dyn_cast<ReduceOp>(op)) {
      if (failed(analyseReduce(reduce)))
        return failure();
    } else {
      return op.emitError() << "expected a stage (map, reduce, contract), but got '" << op.getName()
                            << "'; run -fusion-lower-to-stages first";
    }
  }
  return success();
}
