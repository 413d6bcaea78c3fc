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

Domain Planner::tileDomain(Value v) const {
  Operation *op = v.getDefiningOp();
  return Domain::from(cast<ReduceOp>(isa<ReduceOp>(op) ? op : info(op).reduction).getDomain());
}

bool Planner::sharesTile(Value v, const StageInfo &to, const Domain &domain, bool finishing) const {
  const StageInfo &from = info(v.getDefiningOp());
  return from.cluster == to.cluster && from.depth == to.depth && (finishing || tileDomain(v) == domain);
}

bool Planner::isSweep(int cluster) const { return cluster >= 0 && isa<ReduceOp>(anchors[cluster]); }

/// A reduction over a run of any length: a block walks the run once per reduction and goes on behind it. Reductions of one run that do not
/// wait for each other's kernels share one.
LogicalResult Planner::analyseSweep(ReduceOp op, const Run &run, StageInfo i) {
  Operation *producer = op.getInput().getDefiningOp();
  Domain domain = Domain::from(op.getDomain());
  i.inTile = i.sweep = true;
  i.cluster = -1;
  auto same = [&](int cluster) {
    auto first = dyn_cast<ReduceOp>(anchors[cluster]);
    return first && info(first).depth == i.depth && Domain::from(first.getDomain()) == domain &&
           runOf(first.getResultAccess(), domain) == run;
  };
  if (producer && !info(producer).inlinable && !isFinished(op.getInput()) && info(producer).cluster >= 0 && same(info(producer).cluster))
    i.cluster = info(producer).cluster;
  // A value of another kernel is stored first, by a cluster of a smaller number: no cluster in between may take this reduction.
  int after = producer && !info(producer).inlinable && !isFinished(op.getInput()) ? info(producer).cluster : -1;
  for (int cluster = int(anchors.size()) - 1; i.cluster < 0 && cluster > after; --cluster)
    if (same(cluster))
      i.cluster = cluster;
  if (i.cluster < 0) {
    i.cluster = anchors.size();
    anchors.push_back(op);
  }
  infos[op] = i;
  return success();
}

LogicalResult Planner::analyseReduce(ReduceOp op) {
  StageInfo i;
  Domain domain = Domain::from(op.getDomain());
  std::optional<ReduceShape> shape = shapeOf(op.getResultAccess(), domain);
  std::optional<Run> run = runOf(op.getResultAccess(), domain);
  Operation *producer = op.getInput().getDefiningOp();
  if (producer) {
    i.depth = depthOf(op.getInput());
    if (!info(producer).inlinable && !isFinished(op.getInput())) {
      i.cluster = info(producer).cluster;
      // Stored by its kernel before it is reduced again over another domain, or into partials.
      if (info(producer).inTile || (info(producer).behindTile && windowAt(i.cluster, i.depth) && !(run && !shape)))
        ++i.depth, i.cluster = -1;
    }
  }
  bool matmul =
      i.cluster >= 0 && isa<ContractOp>(anchors[i.cluster]) && cast<ContractOp>(anchors[i.cluster]).getKind() == ContractKind::matmul;
  if (run && !shape && reducesTile(domain, *run, i)) {
    i.inTile = i.sweep = true;
    tileSweeps.insert(i.cluster);
    infos[op] = i;
    return success();
  }
  // What follows a sweep over the same run goes on in it.
  if (run && isSweep(i.cluster) && !i.inTile && info(anchors[i.cluster]).depth == i.depth) {
    auto first = cast<ReduceOp>(anchors[i.cluster]);
    if (Domain::from(first.getDomain()) == domain && runOf(first.getResultAccess(), domain) == run)
      return analyseSweep(op, *run, i);
  }
  bool rows = domain.positions == 1 && (i.cluster < 0 || matmul || isSweep(i.cluster));
  bool merges = op.getKind() == ReduceKind::sum || op.getKind() == ReduceKind::moments; // what rows and partials know
  i.inTile = rows && merges && shape && shape->perImage && shape->channels <= (matmul ? kMaxMatmulTile : kMaxInTileGroup) &&
             (!givenTiles || givenTiles->contains(int64_t(infos.size())));
  for (auto &[other, j] : infos)
    if (auto before = dyn_cast<ReduceOp>(other); before && i.inTile && j.inTile && j.cluster == i.cluster && j.depth == i.depth &&
                                                 before.getDomain() == op.getDomain() && before.getResultAccess() != op.getResultAccess())
      i.inTile = false;                                    // one width of groups per row kernel
  bool columns = op.getKind() == ReduceKind::sum || !rows; // rows leave sums per feature, no moments
  bool partials = shape && merges && columns && !(rows && !i.inTile && (shape->perImage || shape->channels != 1));
  if (i.inTile || partials) {
    if (isSweep(i.cluster)) // a sweep leaves no partials: the operand is stored
      ++i.depth, i.cluster = -1;
    infos[op] = i;
    return success();
  }
  if (run)
    return analyseSweep(op, *run, i);
  return op.emitError() << "expected a reduction over neighbouring dims, or to one value per channel or to a scalar, but got the access "
                        << op.getResultAccessAttr() << "; other reductions are not supported yet";
}

ContractOp Planner::windowAt(int cluster, int depth) const {
  auto contract = cluster >= 0 ? dyn_cast<ContractOp>(anchors[cluster]) : ContractOp();
  return contract && contract.getKind() != ContractKind::matmul && info(contract).depth == depth ? contract : ContractOp();
}

bool Planner::fitsBlock(ContractOp contract, PoolOp pool, int64_t channels) const {
  if (givenTiles) // asked for the stage that comes next
    return givenTiles->contains(int64_t(infos.size()));
  WindowTile tile;
  tile.channels = channels, tile.slice = 1, tile.rows = 8, tile.cols = std::min<int64_t>(8, channels);
  int64_t windows = 1; // of the smallest box
  if (pool)
    for (auto [i, stride] : llvm::enumerate(llvm::reverse(pool.getStride())))
      tile.box[2 - i] = i == 0 ? (kMinTileWidth + stride - 1) / stride * stride : stride, windows *= tile.box[2 - i] / stride;
  int64_t positions = tile.box[0] * tile.box[1] * tile.box[2];
  if (positions > kMaxTilePositions)
    return false;
  WindowGeometry g(WindowProblem::of(contract), tile, contract.getKind() == ContractKind::scatter);
  return 4 * (g.tileFloats + g.pipeFloats + (pool ? windows * channels : 0)) <= spec.sharedPerBlock;
}

bool Planner::reducesTile(const Domain &domain, const Run &run, const StageInfo &to) const {
  ContractOp contract = windowAt(to.cluster, to.depth);
  if (!contract || contract.getGroups() != 1)
    return false;
  PoolOp pool = tilePools.lookup(to.cluster);
  Domain tile = Domain::of(cast<RankedTensorType>(pool ? pool.getResult().getType() : contract.getResult().getType()));
  return domain == tile && run == Run{1, domain.channels, domain.positions, true} && domain.channels > 1 &&
         domain.channels <= kMaxTileChannels && fitsBlock(contract, pool, domain.channels);
}

bool Planner::poolsTile(PoolOp op) const {
  Value x = op.getInputs()[0];
  Operation *producer = x.getDefiningOp();
  if (!producer || op.isGradient() || isFinished(x) || info(producer).inlinable || info(producer).inTile || info(producer).behindTile)
    return false;
  const StageInfo &from = info(producer);
  ContractOp contract = windowAt(from.cluster, from.depth);
  if (!contract || contract.getResult().getType().getShape() != cast<RankedTensorType>(x.getType()).getShape() ||
      tilePools.count(from.cluster) || tileSweeps.contains(from.cluster) || op.getAdaptive())
    return false;
  // Windows that do not overlap lie in one tile each, if the tile is a multiple of what they cover.
  for (int64_t d = 0, rank = op.getStride().size(); d < rank; ++d)
    if (op.getPadding()[d] != 0 || (op.getKernel()[d] - 1) * op.getDilation()[d] + 1 > op.getStride()[d])
      return false;
  if (!fitsBlock(contract, op, std::min<int64_t>(4, Domain::of(cast<RankedTensorType>(x.getType())).channels)))
    return false;
  return !(Domain::of(op.getResult().getType()) == Domain::of(cast<RankedTensorType>(x.getType())));
}

void Planner::analysePool(PoolOp op) {
  StageInfo i;
  if (poolsTile(op)) {
    const StageInfo &from = info(op.getInputs()[0].getDefiningOp());
    i.cluster = from.cluster, i.depth = from.depth;
    tilePools[i.cluster] = op;
    infos[op] = i;
    return;
  }
  for (Value v : op.getInputs()) {
    i.depth = std::max(i.depth, depthOf(v));
    if (Operation *producer = v.getDefiningOp(); producer && !isFinished(v) && info(producer).inTile)
      i.depth = std::max(i.depth, info(producer).depth + 1);
  }
  i.cluster = anchors.size();
  anchors.push_back(op);
  infos[op] = i;
}

LogicalResult Planner::analyseMap(MapOp op) {
  StageInfo i;
  Domain domain = Domain::from(op.getDomain());
  // A map of nothing but reduction results (and arguments) of one shape finishes the reduction.
  Operation *reduction = nullptr;
  bool only = true;
  for (auto [v, access] : llvm::zip(op.getInputs(), op.getAccess().getAsValueRange<AffineMapAttr>())) {
    Operation *producer = v.getDefiningOp();
    if (!producer)
      continue;
    Operation *root = isa<ReduceOp>(producer) ? producer : info(producer).reduction;
    Domain from = Domain::of(cast<RankedTensorType>(v.getType()));
    // A sweep lists its results in memory order, whatever the shape they are seen in.
    bool dense = root && info(root).sweep && from.batch == domain.batch && from.elements(1) == domain.elements(1) &&
                 withoutUnitDims(access, domain) == withoutUnitDims(op.getResultAccess(), domain);
    only &= root && (dense || from == domain) &&
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
  for (auto [v, access] : llvm::zip(op.getInputs(), op.getAccess().getAsValueRange<AffineMapAttr>())) {
    i.depth = std::max(i.depth, depthOf(v));
    Operation *producer = v.getDefiningOp();
    if (!producer || isFinished(v))
      continue;
    const StageInfo &p = info(producer);
    i.behindTile |= p.inTile || p.behindTile;
    if (p.inlinable && Domain::of(cast<RankedTensorType>(v.getType())) == domain)
      continue;
    if (!p.inTile && !(Domain::of(cast<RankedTensorType>(v.getType())) == domain)) {
      i.depth = std::max(i.depth, p.depth + 1); // stored under its own shape by then, and read like an argument
      continue;
    }
    i.inlinable = false;
    if (p.inTile) {
      auto root = cast<ReduceOp>(isa<ReduceOp>(producer) ? producer : p.reduction);
      if (tileDomain(v) == domain && withoutUnitDims(access, domain) == withoutUnitDims(root.getResultAccess(), domain))
        i.cluster = std::max(i.cluster, p.cluster);
      else
        i.depth = std::max(i.depth, p.depth + 1); // another kernel, which reads what this one stores
    } else {
      i.cluster = std::max(i.cluster, p.cluster);
    }
  }
  infos[op] = i;
  return success();
}

Value Planner::spineOf(int cluster) const {
  Value v = anchors[cluster]->getResult(0);
  while (v.hasOneUse()) {
    if (PoolOp pool = tilePools.lookup(cluster); pool && pool == *v.getUsers().begin()) {
      v = pool.getResult();
      continue;
    }
    auto user = dyn_cast<MapOp>(*v.getUsers().begin());
    if (!user || info(user).cluster != cluster || info(user).depth != info(anchors[cluster]).depth || info(user).inTile ||
        !llvm::all_of(user.getInputs(), [&](Value in) { return in == v || isFinished(in); }))
      break;
    v = user.getResult();
  }
  return v;
}

LogicalResult Planner::analyse(DictionaryAttr given) {
  if (auto tiles = given ? given.getAs<DenseI64ArrayAttr>("tiles") : DenseI64ArrayAttr())
    givenTiles.emplace(tiles.asArrayRef().begin(), tiles.asArrayRef().end());
  for (Operation &op : func.getBody().front().without_terminator()) {
    if (auto contract = dyn_cast<ContractOp>(op)) {
      StageInfo i;
      i.depth = 1 + std::max(depthOf(contract.getLhs()), depthOf(contract.getRhs()));
      if (contract.getKind() != ContractKind::weight) {
        i.cluster = anchors.size();
        anchors.push_back(&op);
      }
      i.onTensorCores = contract.getKind() == ContractKind::matmul ? takesTensorCores(contract, batch, spec)
                                                                   : windowPrefersTensorCores(contract, batch, spec);
      if (contract.getKind() == ContractKind::matmul)
        i.split = chooseSplits(contract, batch, spec);
      infos[&op] = i;
    } else if (auto map = dyn_cast<MapOp>(op)) {
      if (failed(analyseMap(map)))
        return failure();
    } else if (auto reduce = dyn_cast<ReduceOp>(op)) {
      if (failed(analyseReduce(reduce)))
        return failure();
    } else if (auto pool = dyn_cast<PoolOp>(op)) {
      analysePool(pool);
    } else {
      return op.emitError() << "expected a stage (map, reduce, pool, contract), but got '" << op.getName()
                            << "'; run -fusion-lower-to-stages first";
    }
  }
  return success();
}
