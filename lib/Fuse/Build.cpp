// Turns a plan into IR: each sketch becomes a fusion.kernel that reads and stores whole tensors.
#include "fusion/Dialect/Names.h"
#include "fusion/Fuse/Plan.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace fusion;

namespace fusion {

class KernelBuilder {
public:
  KernelBuilder(Planner &plan) : plan(plan), builder(plan.func.getContext()) {}
  void run(ArrayRef<KernelSketch> sketches);

private:
  Planner &plan;
  OpBuilder builder;
  IRMapping outside;                          ///< tensors of the old function -> tensors between kernels
  llvm::DenseMap<Operation *, Value> partial; ///< reduction -> its partials
  unsigned count = 0;

  /// Rows leave sums per feature only; behind a stored convolution or pool of one position there are other partials.
  static bool rows(const KernelSketch &k) {
    auto contract = dyn_cast_or_null<ContractOp>(k.merged ? k.merged : k.anchor);
    if (k.domain.positions != 1 || (contract ? contract.getKind() != ContractKind::matmul : k.anchor != nullptr))
      return false;
    return contract || llvm::all_of(k.partials, [](Operation *op) {
             auto reduce = dyn_cast<ReduceOp>(op);
             std::optional<ReduceShape> shape = reduce ? shapeOf(reduce.getResultAccess(), Domain::from(reduce.getDomain())) : std::nullopt;
             return !shape || (reduce.getKind() == ReduceKind::sum && !shape->perImage && shape->channels == 1);
           });
  }
  StringRef strategyOf(const KernelSketch &k) const;
  std::string nameOf(const KernelSketch &k);
  RankedTensorType partialType(const KernelSketch &k, Operation *reduction);
  KernelOp open(const KernelSketch &k, ArrayRef<Value> inputs, ArrayRef<Type> results, IRMapping &inside, ArrayRef<Value> keys);
  void mergeProduct(ContractOp product, IRMapping &inside);
  void stages(const KernelSketch &k);
  void finish(const KernelSketch &k);
};

StringRef KernelBuilder::strategyOf(const KernelSketch &k) const {
  if (k.kind == KernelSketch::Finish) {
    bool inner = cast<RankedTensorType>(partial.find(k.partials.front())->second.getType()).getShape().back() == ShapedType::kDynamic;
    return inner ? "finish_rows" : "finish_columns";
  }
  if (isa_and_nonnull<PoolOp>(k.anchor))
    return "pool";
  bool sweeps = llvm::any_of(k.stages, [&](Operation *op) { return isa<ReduceOp>(op) && plan.info(op).sweep; });
  if (!k.anchor)
    return sweeps ? "sweep" : rows(k) ? "rows" : "channels";
  return cast<ContractOp>(k.anchor).getKind() == ContractKind::matmul ? "matmul"
                                                                      : stringifyContractKind(cast<ContractOp>(k.anchor).getKind());
}

/// Kernel names say phase, place and what the kernel is about: forward_0_convolution_relu.
std::string KernelBuilder::nameOf(const KernelSketch &k) {
  auto role = plan.func->getAttrOfType<StringAttr>("fusion.role");
  std::string name = (role ? role.str() : "forward") + "_" + std::to_string(count++);
  auto add = [&](Operation *op) {
    auto source = op->getAttrOfType<StringAttr>("source");
    std::string word = source ? source.str() : "";
    for (char &c : word)
      c = llvm::isAlnum(c) ? c : '_';
    if (!word.empty() && !StringRef(name).ends_with(word))
      name += "_" + word;
  };
  if (k.kind == KernelSketch::Finish)
    name += "_finish";
  if (k.anchor)
    add(k.anchor);
  if (k.kind == KernelSketch::Product)
    return name + "_partial";
  if (!k.partials.empty() && !isa<ContractOp>(k.partials.front()))
    add(k.partials.front());
  else if (!k.stages.empty())
    add(k.stages.back());
  return name;
}

RankedTensorType KernelBuilder::partialType(const KernelSketch &k, Operation *reduction) {
  Type f32 = builder.getF32Type();
  if (auto contract = dyn_cast<ContractOp>(reduction)) {
    SmallVector<int64_t> shape{ShapedType::kDynamic}; // splits
    llvm::append_range(shape, cast<RankedTensorType>(contract.getResult().getType()).getShape());
    return RankedTensorType::get(shape, f32);
  }
  auto reduce = cast<ReduceOp>(reduction);
  int64_t channels = Domain::from(reduce.getDomain()).channels;
  if (k.kind == KernelSketch::Weight || rows(k))
    return RankedTensorType::get({ShapedType::kDynamic, channels}, f32);
  return RankedTensorType::get({reduce.getKind() == ReduceKind::moments ? 3 : 1, channels, ShapedType::kDynamic}, f32);
}

KernelOp KernelBuilder::open(const KernelSketch &k, ArrayRef<Value> inputs, ArrayRef<Type> results, IRMapping &inside,
                             ArrayRef<Value> keys) {
  Location loc = (k.anchor ? k.anchor : k.stages.empty() ? k.partials.front() : k.stages.front())->getLoc();
  auto kernel = KernelOp::create(builder, loc, results, inputs, builder.getStringAttr(nameOf(k)), builder.getStringAttr(strategyOf(k)),
                                 DictionaryAttr());
  Block *block = new Block();
  kernel.getBody().push_back(block);
  for (auto [input, key] : llvm::zip(inputs, keys))
    inside.map(key, block->addArgument(input.getType(), key.getLoc()));
  return kernel;
}

/// In the place of a split product stands the sum of its partials, in the order of the splits.
void KernelBuilder::mergeProduct(ContractOp product, IRMapping &inside) {
  ArrayRef<int64_t> shape = product.getProductShape();
  Domain domain{shape[0], shape[1], 1};
  auto sum = FinishOp::create(builder, product.getLoc(), product->getResultTypes(), ReduceKind::sum, inside.lookup(partial[product]),
                              fullAccess(builder.getContext(), domain), domain.attr(), PartialLayout::tiles_outer);
  if (auto source = product->getAttr("source"))
    sum->setAttr("source", source);
  inside.map(product.getResult(), sum.getResult(0));
}

void KernelBuilder::stages(const KernelSketch &k) {
  SmallVector<Value> inputs, keys(k.inputs.begin(), k.inputs.end());
  SmallVector<Type> types;
  for (Value v : keys)
    inputs.push_back(outside.lookupOrDefault(v));
  if (k.merged)
    inputs.push_back(partial[k.merged]), keys.push_back(partial[k.merged]);
  for (Value v : k.outputs)
    types.push_back(v.getType());
  for (Operation *op : k.partials)
    types.push_back(partialType(k, op));
  IRMapping inside;
  KernelOp kernel = open(k, inputs, types, inside, keys);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&kernel.getBody().front());
  auto layout = k.kind == KernelSketch::Weight || rows(k) ? PartialLayout::tiles_outer : PartialLayout::tiles_inner;
  llvm::DenseMap<Operation *, Value> made;
  for (Operation *op : k.stages) {
    if (op == k.merged) {
      mergeProduct(cast<ContractOp>(op), inside);
      continue;
    }
    Operation *copy = builder.clone(*op, inside);
    copy->removeAttr("fusion.id");
    if (k.partials.contains(op)) { // a weight contraction, or a split product
      copy->getResult(0).setType(partialType(k, op));
      made[op] = copy->getResult(0);
    }
  }
  SmallVector<Value> returned;
  for (Value v : k.outputs)
    returned.push_back(inside.lookup(v));
  for (Operation *op : k.partials) {
    if (auto reduce = dyn_cast<ReduceOp>(op)) {
      auto p = PartialOp::create(builder, op->getLoc(), partialType(k, op), reduce.getKind(), inside.lookup(reduce.getInput()),
                                 reduce.getDomainAttr(), layout);
      if (auto source = op->getAttr("source"))
        p->setAttr("source", source);
      made[op] = p.getPartial();
    }
    returned.push_back(made[op]);
  }
  ReturnOp::create(builder, kernel.getLoc(), returned);
  for (auto [v, result] : llvm::zip(k.outputs, kernel.getResults()))
    outside.map(v, result);
  for (auto [op, result] : llvm::zip(k.partials, kernel.getResults().drop_front(k.outputs.size())))
    partial[op] = result;
}

void KernelBuilder::finish(const KernelSketch &k) {
  SmallVector<Value> inputs, keys;
  SmallVector<Type> types;
  for (Operation *op : k.partials)
    inputs.push_back(partial[op]), keys.push_back(partial[op]);
  for (Value v : k.inputs)
    inputs.push_back(outside.lookupOrDefault(v)), keys.push_back(v);
  for (Value v : k.outputs)
    types.push_back(v.getType());
  IRMapping inside;
  KernelOp kernel = open(k, inputs, types, inside, keys);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&kernel.getBody().front());
  for (Operation *op : k.stages) {
    if (!k.partials.contains(op)) {
      builder.clone(*op, inside);
      continue;
    }
    Value from = inside.lookup(partial[op]);
    auto shape = cast<RankedTensorType>(from.getType()).getShape();
    auto layout = shape.front() == ShapedType::kDynamic ? PartialLayout::tiles_outer : PartialLayout::tiles_inner;
    FinishOp finish;
    if (auto reduce = dyn_cast<ReduceOp>(op)) {
      finish = FinishOp::create(builder, op->getLoc(), op->getResultTypes(), reduce.getKind(), from, reduce.getResultAccess(),
                                reduce.getDomain(), layout);
    } else {
      int64_t elements = cast<RankedTensorType>(op->getResult(0).getType()).getNumElements();
      finish = FinishOp::create(builder, op->getLoc(), op->getResultTypes(), ReduceKind::sum, from, channelAccess(builder.getContext()),
                                ArrayRef<int64_t>{1, elements, 1}, layout);
    }
    if (auto source = op->getAttr("source"))
      finish->setAttr("source", source);
    inside.map(op->getResults(), finish.getResults());
  }
  SmallVector<Value> returned;
  for (Value v : k.outputs)
    returned.push_back(inside.lookup(v));
  ReturnOp::create(builder, kernel.getLoc(), returned);
  outside.map(k.outputs.getArrayRef(), kernel.getResults());
}

void KernelBuilder::run(ArrayRef<KernelSketch> sketches) {
  Block &body = plan.func.getBody().front();
  builder.setInsertionPoint(body.getTerminator());
  for (const KernelSketch &k : sketches)
    k.kind == KernelSketch::Finish ? finish(k) : stages(k);
  for (OpOperand &operand : body.getTerminator()->getOpOperands())
    operand.set(outside.lookupOrDefault(operand.get()));
  SmallVector<Operation *> old;
  for (Operation &op : body.without_terminator())
    if (!isa<KernelOp>(op))
      old.push_back(&op);
  for (Operation *op : llvm::reverse(old))
    op->erase();
}

} // namespace fusion

void Planner::build(const Choices &choices) {
  SmallVector<KernelSketch, 0> sketches = sketch(choices);
  KernelBuilder(*this).run(sketches);
}
