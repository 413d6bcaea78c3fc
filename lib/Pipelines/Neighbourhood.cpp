// Cuts the surroundings of an op out of a long function, so that a choice at the op can be judged in time that does not grow with the
// function.
#include "Neighbourhood.h"
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Dialect/Names.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace fusion;

/// Constants cost nothing and are shared by ops that have nothing to do with each other.
static bool isConstant(Operation *op) { return op->getNumOperands() == 0; }

static bool isLong(func::FuncOp func) {
  auto ops = func.getBody().front().without_terminator();
  return llvm::count_if(ops, [](Operation &op) { return !isConstant(&op); }) > kNeighbours;
}

/// The ops nearest to `center` by the number of values between, in program order.
static SmallVector<Operation *> nearest(Operation *center) {
  llvm::SetVector<Operation *> near;
  near.insert(center);
  auto visit = [&](Operation *op) {
    if (op && !isConstant(op) && !op->hasTrait<OpTrait::IsTerminator>() && near.size() < kNeighbours)
      near.insert(op);
  };
  for (size_t i = 0; i < near.size() && near.size() < kNeighbours; ++i) {
    Operation *op = near[i];
    for (Value v : op->getOperands())
      visit(v.getDefiningOp());
    for (Operation *user : op->getUsers())
      visit(user);
  }
  SmallVector<Operation *> ordered = near.takeVector();
  llvm::sort(ordered, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  return ordered;
}

func::FuncOp fusion::neighbourhood(func::FuncOp func, Operation *center, bool &whole) {
  whole = !isLong(func);
  if (whole)
    return cast<func::FuncOp>(func->clone());
  SmallVector<Operation *> ops = nearest(center);
  llvm::DenseSet<Operation *> inside(ops.begin(), ops.end());
  auto cut = func::FuncOp::create(func.getLoc(), func.getSymName(), FunctionType::get(func.getContext(), {}, {}));
  Block *block = cut.addEntryBlock();
  OpBuilder builder = OpBuilder::atBlockEnd(block);
  IRMapping map;
  SmallVector<Value> results;
  for (Operation *op : ops) {
    for (Value v : op->getOperands()) {
      if (map.contains(v))
        continue;
      if (Operation *from = v.getDefiningOp(); from && isConstant(from))
        builder.clone(*from, map);
      else
        map.map(v, block->addArgument(v.getType(), v.getLoc()));
    }
    builder.clone(*op, map);
    if (isa<CountOp>(op)) // never in memory: its users outside make it again
      continue;
    for (Value v : op->getResults())
      if (llvm::any_of(v.getUsers(), [&](Operation *user) { return !inside.contains(user); }))
        results.push_back(map.lookup(v));
  }
  func::ReturnOp::create(builder, func.getLoc(), results);
  cut.setType(FunctionType::get(func.getContext(), block->getArgumentTypes(), TypeRange(ValueRange(results))));
  for (unsigned i = 0; i < results.size(); ++i)
    cut.setResultAttr(i, kNameAttr, builder.getStringAttr("value"));
  return cut;
}
