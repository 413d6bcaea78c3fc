// Counts the scalar ops of maps, and finds those that have a cheaper way.
#include "fusion/Schedule/Scalars.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;
using namespace fusion;

/// What a scalar, or the element of a tensor, is in the stage that computes it: maps are looked through.
static Value computed(Value v) {
  for (;;) {
    if (auto argument = dyn_cast<BlockArgument>(v)) {
      auto map = dyn_cast<MapOp>(argument.getOwner()->getParentOp());
      if (!map || argument.getArgNumber() == map.getInputs().size()) // the index
        return v;
      v = map.getInputs()[argument.getArgNumber()];
    } else if (auto map = v.getDefiningOp<MapOp>()) {
      v = cast<YieldOp>(map.getBody().front().getTerminator()).getValue();
    } else {
      return v;
    }
  }
}

/// Whether `v` sums exponentials of x - max x, one of which is 1.
static bool sumsBelowMaximum(Value v) {
  auto sum = computed(v).getDefiningOp<ReduceOp>();
  if (!sum || sum.getKind() != ReduceKind::sum)
    return false;
  auto exponential = computed(sum.getInput()).getDefiningOp<math::ExpOp>();
  auto distance = exponential ? computed(exponential.getOperand()).getDefiningOp<arith::SubFOp>() : arith::SubFOp();
  auto maximum = distance ? computed(distance.getRhs()).getDefiningOp<ReduceOp>() : ReduceOp();
  return maximum && maximum.getKind() == ReduceKind::max && maximum.getDomain() == sum.getDomain() &&
         maximum.getAccess() == sum.getAccess() && maximum.getResultAccess() == sum.getResultAccess() &&
         computed(distance.getLhs()) == computed(maximum.getInput());
}

bool fusion::hasCheapReciprocal(Value divisor) {
  FloatAttr constant;
  if (matchPattern(divisor, m_Constant(&constant)))
    return std::isnormal(float(1 / constant.getValueAsDouble()));
  auto sum = divisor.getDefiningOp<arith::AddFOp>();
  if (sum && matchPattern(sum.getLhs(), m_Constant(&constant)))
    return constant.getValueAsDouble() >= 1 && sum.getRhs().getDefiningOp<math::ExpOp>();
  return sumsBelowMaximum(divisor);
}

bool fusion::isTanhOfSoftplus(Operation *op) {
  auto tanh = dyn_cast<math::TanhOp>(op);
  auto softplus = tanh ? tanh.getOperand().getDefiningOp<math::Log1pOp>() : math::Log1pOp();
  return softplus && softplus.getOperand().getDefiningOp<math::ExpOp>();
}

bool fusion::feedsTanhOfSoftplus(Operation *op) { return isa<math::Log1pOp>(op) && llvm::all_of(op->getUsers(), isTanhOfSoftplus); }

bool fusion::isOnePlusErf(Operation *op) {
  auto sum = dyn_cast<arith::AddFOp>(op);
  return sum && matchPattern(sum.getLhs(), m_OneFloat()) && sum.getRhs().getDefiningOp<math::ErfOp>();
}

bool fusion::feedsOnePlusErf(Operation *op) { return isa<math::ErfOp>(op) && llvm::all_of(op->getUsers(), isOnePlusErf); }

/// Whether another op is computed in its place.
static bool isSkipped(Operation *op) { return feedsTanhOfSoftplus(op) || feedsOnePlusErf(op); }

double fusion::instructionsPerElement(Operation *stage) {
  double count = 0;
  for (Operation &op : cast<MapOp>(stage).getBody().front().without_terminator()) {
    if (isa<arith::ConstantOp, arith::NegFOp>(op) || isSkipped(&op)) // a sign is part of the instruction that reads it
      continue;
    if (isa<math::ExpOp>(op))
      count += 2;
    else if (isa<arith::DivFOp>(op))
      count += !hasCheapReciprocal(op.getOperand(1)) ? 12 : op.getOperand(1).getDefiningOp<arith::ConstantOp>() ? 1 : 2;
    else if (isTanhOfSoftplus(&op))
      count += 6;
    else if (isa<math::LogOp, math::SqrtOp, math::RsqrtOp>(op))
      count += 8;
    else if (isOnePlusErf(&op))
      count += 14;
    else if (isa<math::TanhOp>(op))
      count += 17;
    else if (isa<math::ErfOp, math::Log1pOp, math::ExpM1Op, math::PowFOp>(op))
      count += 20;
    else if (isa<UniformOp>(op))
      count += 80; // ten rounds of two wide products
    else
      count += 1;
  }
  return count;
}

double fusion::specialPerElement(Operation *stage) {
  double count = 0;
  for (Operation &op : cast<MapOp>(stage).getBody().front().without_terminator()) {
    if (isa<math::ExpOp, math::LogOp, math::SqrtOp, math::RsqrtOp>(op) || isTanhOfSoftplus(&op) || isOnePlusErf(&op) ||
        (isa<arith::DivFOp>(op) && !op.getOperand(1).getDefiningOp<arith::ConstantOp>()))
      count += 1;
    else if (isa<math::TanhOp, math::ErfOp, math::Log1pOp, math::ExpM1Op, math::PowFOp>(op) && !isSkipped(&op))
      count += 2;
  }
  return count;
}
