// From choices to kernels: which values are stored, which stages each kernel holds, and what each kernel costs.
#include "fusion/Fuse/Plan.h"
#include <map>

using namespace mlir;
using namespace fusion;

namespace fusion {

/// Works out all kernels of one set of choices; a throw-away.
class Sketcher {
public:
  Sketcher(const Planner &plan, const Choices &choices) : plan(plan), choices(choices) {}
  SmallVector<KernelSketch, 0> run();

private:
  const Planner &plan;
  const Choices &choices;
  llvm::SetVector<Value> stored;
  llvm::DenseMap<Operation *, Operation *> absorbed;           ///< reduction -> the weight contraction that makes its partials
  using Key = std::tuple<int, int, int64_t, int64_t, int64_t>; ///< depth, cluster, domain
  std::map<Key, KernelSketch> kernels;

  const StageInfo &info(Operation *op) const { return plan.info(op); }
  Domain domainOf(Value v) const;
  /// A kernel with a window contraction inside runs over what that makes, whatever becomes of its tile.
  Domain kernelDomain(const StageInfo &i, const Domain &own) const;
  Key keyOf(Value v) const;
  static Key keyOf(const KernelSketch &k) { return {k.depth, k.cluster, k.domain.batch, k.domain.channels, k.domain.positions}; }
  KernelSketch &kernelFor(const StageInfo &i, const Domain &domain);
  void findStored();
  /// Whether a map can be computed from what is in memory: stages behind a contraction that is stored.
  bool fromMemory(Value v) const;
  void findAbsorbed();
  void pull(KernelSketch &kernel, Value v, bool root = false);
  void finishes(SmallVector<KernelSketch, 0> &out, const KernelSketch &from);
  KernelSketch productOf(const KernelSketch &kernel);
  void joinReductions();
  void cost(KernelSketch &kernel);
};

/// The domain of the kernel that makes `v`: for what is reduced inside a tile, that of the reduction's operand.
Domain Sketcher::domainOf(Value v) const {
  if (Operation *op = v.getDefiningOp(); op && !isa<ContractOp>(op) && info(op).inTile)
    return Domain::from(cast<ReduceOp>(isa<ReduceOp>(op) ? op : info(op).reduction).getDomain());
  if (auto map = v.getDefiningOp<MapOp>())
    return Domain::from(map.getDomain());
  return Domain::of(cast<RankedTensorType>(v.getType()));
}

Sketcher::Key Sketcher::keyOf(Value v) const {
  const StageInfo &i = info(v.getDefiningOp());
  Domain d = kernelDomain(i, domainOf(v));
  return {i.depth, i.cluster, d.batch, d.channels, d.positions};
}

Domain Sketcher::kernelDomain(const StageInfo &i, const Domain &own) const {
  ContractOp window = plan.windowAt(i.cluster, i.depth);
  return window ? Domain::of(cast<RankedTensorType>(window.getResult().getType())) : own;
}

KernelSketch &Sketcher::kernelFor(const StageInfo &i, const Domain &own) {
  Domain d = kernelDomain(i, own);
  KernelSketch &k = kernels[{i.depth, i.cluster, d.batch, d.channels, d.positions}];
  k.cluster = i.cluster;
  k.depth = i.depth;
  k.domain = d;
  return k;
}

/// Whether no element belongs to several windows, so that what is in front of the pool is computed once.
static bool separate(PoolOp pool) {
  if (pool.isGradient())
    return pool.getKind() == PoolKind::max_grad && windowsApart(pool);
  for (auto [kernel, stride] : llvm::zip(pool.getKernel(), pool.getStride()))
    if (kernel > stride)
      return false;
  return !pool.getAdaptive();
}

bool Sketcher::fromMemory(Value v) const {
  Operation *op = v.getDefiningOp();
  if (!op || plan.isFinished(v) || stored.contains(v) || info(op).inlinable)
    return true;
  return isa<MapOp>(op) && !info(op).inTile && !info(op).behindTile &&
         llvm::all_of(op->getOperands(), [&](Value in) { return fromMemory(in) && (plan.isFinished(in) || domainOf(in) == domainOf(v)); });
}

void Sketcher::findStored() {
  for (int cluster : choices.storedClusters)
    stored.insert(plan.spineOf(cluster));
  auto full = [&](Value v) { return v.getDefiningOp() && !plan.isFinished(v); };
  for (Operation &op : func::FuncOp(plan.func).getBody().front()) {
    if (isa<func::ReturnOp>(op)) {
      for (Value v : op.getOperands())
        if (full(v))
          stored.insert(v);
    } else if (auto contract = dyn_cast<ContractOp>(op)) {
      for (Value v : op.getOperands())
        if (full(v) && !choices.inlined.contains(v))
          stored.insert(v);
    } else if (auto pool = dyn_cast<PoolOp>(op)) {
      if (plan.tilePools.lookup(info(&op).cluster) == &op)
        continue;
      for (auto [i, v] : llvm::enumerate(op.getOperands()))
        if (full(v) && (!(separate(pool) ? fromMemory(v) : info(v.getDefiningOp()).inlinable) ||
                        (timesComputed(pool, i, plan.batch) > 1 && !choices.inlined.contains(v))))
          stored.insert(v);
    } else if (isa<MapOp, ReduceOp>(op)) {
      const StageInfo &to = info(&op);
      Value result = op.getResult(0);
      Domain domain = isa<MapOp>(op) ? domainOf(result) : Domain::from(cast<ReduceOp>(op).getDomain());
      for (Value v : op.getOperands()) {
        if (!full(v))
          continue;
        const StageInfo &from = info(v.getDefiningOp());
        if (from.inTile) {
          if (!plan.sharesTile(v, to, domain, isa<MapOp>(op) && to.reduction))
            stored.insert(v);
          continue;
        }
        bool otherDomain = !(domainOf(v) == domain);
        bool otherCluster = from.cluster != to.cluster && !fromMemory(v);
        bool swept = plan.isSweep(from.cluster) || (from.behindTile && plan.tileSweeps.contains(from.cluster));
        bool cut = !from.inlinable && from.depth < to.depth && (from.cluster < 0 || swept);
        if (otherDomain || otherCluster || cut)
          stored.insert(v);
      }
    }
  }
}

/// A per-channel sum of what a weight contraction loads as S can be taken while it is loaded; one sum, which is what its kernel makes.
void Sketcher::findAbsorbed() {
  llvm::SmallPtrSet<Operation *, 4> taken;
  for (auto &[op, i] : plan.infos) {
    auto reduce = dyn_cast<ReduceOp>(op);
    if (!reduce || i.inTile || reduce.getKind() != ReduceKind::sum || !choices.inlined.contains(reduce.getInput()))
      continue;
    std::optional<ReduceShape> shape = shapeOf(reduce.getResultAccess(), Domain::from(reduce.getDomain()));
    bool onlyReturned = llvm::all_of(op->getUsers(), [](Operation *user) { return isa<func::ReturnOp>(user); });
    if (shape->perImage || shape->channels != 1 || !onlyReturned)
      continue;
    for (Operation *user : reduce.getInput().getUsers())
      if (auto contract = dyn_cast<ContractOp>(user); contract && contract.getKind() == ContractKind::weight &&
                                                      contract.getLhs() == reduce.getInput() && !absorbed.count(op) &&
                                                      taken.insert(contract).second)
        absorbed[op] = contract;
  }
}

void Sketcher::pull(KernelSketch &kernel, Value v, bool root) {
  Operation *op = v.getDefiningOp();
  if (!op || plan.isFinished(v)) {
    kernel.inputs.insert(v);
    return;
  }
  if (kernel.stages.contains(op))
    return;
  // A stored value is loaded, except by the kernel that makes it.
  bool own = root || (kernel.kind == KernelSketch::Stages && keyOf(v) == keyOf(kernel));
  if (stored.contains(v) && !own) {
    kernel.inputs.insert(v);
    return;
  }
  if (auto product = dyn_cast<ContractOp>(op); product && choices.splitClusters.contains(info(op).cluster)) {
    kernel.merged = op;
    kernel.stages.insert(op);
    return;
  }
  for (Value operand : op->getOperands())
    pull(kernel, operand);
  if (isa<ContractOp>(op) || (isa<PoolOp>(op) && !kernel.anchor))
    kernel.anchor = op;
  kernel.stages.insert(op);
}

void Sketcher::cost(KernelSketch &kernel) {
  for (Value v : kernel.inputs)
    kernel.work.bytesRead += bytesOf(v.getType(), plan.batch);
  for (Value v : kernel.outputs)
    kernel.work.bytesWritten += bytesOf(v.getType(), plan.batch);
  double partials = 0; // of a split product: written by one kernel, read by the next
  if (Operation *op = kernel.kind == KernelSketch::Product ? kernel.anchor : kernel.merged) {
    ArrayRef<int64_t> shape = cast<ContractOp>(op).getProductShape();
    partials = 4 * double(info(op).split.splits) * double(Domain{shape[0], shape[1], 1}.elements(plan.batch));
  }
  (kernel.merged ? kernel.work.bytesRead : kernel.work.bytesWritten) += partials;
  for (Operation *op : kernel.stages) {
    if (op == kernel.merged)
      continue;
    Work work = workOf(op, plan.batch);
    if (info(op).onTensorCores)
      moveToTensorCores(work, cast<ContractOp>(op));
    kernel.work += work;
  }
  auto contract = dyn_cast_or_null<ContractOp>(kernel.anchor);
  if (contract && contract.getKind() != ContractKind::matmul && plan.device().wgmmaShare > 0)
    addPrologue(kernel.work, contract, plan.batch, [&](Operation *op) { return kernel.stages.contains(op); });
  if (auto product = dyn_cast_or_null<ContractOp>(kernel.anchor); product && product.getKind() == ContractKind::matmul)
    addReloads(kernel.work, product, plan.batch, kMaxMatmulTile, kMaxMatmulTile, [&](Operation *op) { return kernel.stages.contains(op); });
  if (auto pool = dyn_cast_or_null<PoolOp>(kernel.anchor))
    addReloads(kernel.work, pool, plan.batch, [&](Operation *op) { return kernel.stages.contains(op); });
}

/// A kernel that only reduces what another kernel of the domain reads anyway becomes part of it: the tensors are read once. Only for
/// reductions whose results leave the function, so that no stage waits for the later kernel.
void Sketcher::joinReductions() {
  for (auto it = kernels.begin(); it != kernels.end();) {
    KernelSketch &k = it->second;
    bool movable =
        k.cluster < 0 && !k.anchor && k.outputs.empty() &&
        llvm::all_of(
            k.partials,
            [](Operation *op) { return llvm::all_of(op->getUsers(), [](Operation *user) { return isa<func::ReturnOp>(user); }); });
    auto host = movable ? llvm::find_if(kernels,
                                        [&](auto &entry) {
                                          const KernelSketch &other = entry.second;
                                          return &other != &k && !plan.isSweep(other.cluster) && other.domain == k.domain &&
                                                 other.depth >= k.depth &&
                                                 llvm::all_of(k.inputs, [&](Value v) { return other.inputs.contains(v); });
                                        })
                        : kernels.end();
    if (host == kernels.end()) {
      ++it;
      continue;
    }
    host->second.partials.insert_range(k.partials);
    host->second.stages.insert_range(k.stages);
    it = kernels.erase(it);
  }
}

/// The kernel that leaves the partials of the split product that `kernel` begins with.
KernelSketch Sketcher::productOf(const KernelSketch &kernel) {
  KernelSketch k;
  k.kind = KernelSketch::Product;
  k.cluster = kernel.cluster, k.depth = kernel.depth, k.domain = kernel.domain;
  for (Value v : kernel.merged->getOperands())
    pull(k, v);
  k.anchor = kernel.merged;
  k.stages.insert(kernel.merged);
  k.partials.insert(kernel.merged);
  return k;
}

/// One finish kernel per distinct result shape of the reductions whose partials `from` leaves.
void Sketcher::finishes(SmallVector<KernelSketch, 0> &out, const KernelSketch &from) {
  llvm::MapVector<std::pair<Attribute, Attribute>, KernelSketch> groups;
  for (Operation *op : from.partials) {
    Attribute shape =
        isa<ReduceOp>(op) ? Attribute(cast<ReduceOp>(op).getResultAccessAttr()) : Attribute(TypeAttr::get(op->getResult(0).getType()));
    Attribute domain = isa<ReduceOp>(op) ? Attribute(cast<ReduceOp>(op).getDomainAttr()) : Attribute();
    KernelSketch &k = groups[{shape, domain}];
    k.kind = KernelSketch::Finish;
    k.depth = from.depth + 1;
    k.cluster = from.cluster;
    k.partials.insert(op);
    k.stages.insert(op);
  }
  for (auto &[key, k] : groups) {
    for (auto &[op, i] : plan.infos)
      if (i.reduction && k.partials.contains(i.reduction))
        k.stages.insert(op);
    for (Operation *op : k.stages) {
      for (Value operand : op->getOperands())
        if (!isa<ReduceOp, ContractOp>(op) && !(operand.getDefiningOp() && k.stages.contains(operand.getDefiningOp())))
          k.inputs.insert(operand);
      for (Value result : op->getResults())
        if (llvm::any_of(result.getUsers(), [&](Operation *user) { return !k.stages.contains(user); }))
          k.outputs.insert(result);
    }
    for (Value v : k.outputs)
      k.work.bytesWritten += bytesOf(v.getType(), plan.batch);
    out.push_back(k);
  }
}

SmallVector<KernelSketch, 0> Sketcher::run() {
  findStored();
  findAbsorbed();
  // Roots: what a kernel must leave behind.
  for (Value v : stored)
    kernelFor(info(v.getDefiningOp()), domainOf(v)).outputs.insert(v);
  SmallVector<KernelSketch, 0> weights;
  for (auto &[op, i] : plan.infos) {
    if (auto reduce = dyn_cast<ReduceOp>(op)) {
      if (i.inTile)
        continue;
      if (absorbed.contains(op))
        continue;
      Domain d = Domain::from(reduce.getDomain());
      kernelFor(i, d).partials.insert(op);
    } else if (auto contract = dyn_cast<ContractOp>(op); contract && contract.getKind() == ContractKind::weight) {
      KernelSketch k;
      k.kind = KernelSketch::Weight;
      k.depth = i.depth;
      k.anchor = op;
      k.partials.insert(op);
      for (auto &[reduce, into] : absorbed)
        if (into == op)
          k.partials.insert(reduce);
      weights.push_back(k);
    }
  }
  SmallVector<KernelSketch, 0> all;
  for (auto &[key, kernel] : kernels) {
    for (Operation *op : kernel.partials)
      pull(kernel, op->getOperand(0));
    for (Value v : kernel.outputs)
      pull(kernel, v, true);
  }
  joinReductions();
  for (auto &[key, kernel] : kernels) {
    if (kernel.merged) {
      all.push_back(productOf(kernel));
      cost(all.back());
    }
    cost(kernel);
    all.push_back(kernel);
    finishes(all, kernel);
  }
  for (KernelSketch &kernel : weights) {
    for (Value v : kernel.anchor->getOperands())
      pull(kernel, v);
    kernel.stages.insert(kernel.anchor);
    cost(kernel);
    all.push_back(kernel);
    finishes(all, kernel);
  }
  // At one depth, what finishes reductions comes before what reads them.
  auto rank = [](const KernelSketch &k) { return 2 * k.depth + (k.kind == KernelSketch::Finish ? 0 : 1); };
  llvm::stable_sort(all, [&](const KernelSketch &a, const KernelSketch &b) { return rank(a) < rank(b); });
  return all;
}

} // namespace fusion

SmallVector<KernelSketch, 0> Planner::sketch(const Choices &choices) const { return Sketcher(*this, choices).run(); }

double Planner::predictedSeconds(const Choices &choices) const {
  double seconds = 0;
  for (const KernelSketch &kernel : sketch(choices))
    seconds += kernel.work.seconds(spec);
  return seconds;
}
