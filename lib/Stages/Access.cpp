// Builds and inspects access maps.
#include "fusion/Stages/Access.h"
#include "mlir/IR/AffineExpr.h"

using namespace mlir;
using namespace fusion;

Domain Domain::of(RankedTensorType type) {
  ArrayRef<int64_t> s = type.getShape();
  if (s.empty())
    return {};
  if (s.size() == 1)
    return {1, s[0], 1};
  Domain d{s[0], s[1], 1};
  for (int64_t extent : s.drop_front(2))
    d.positions *= extent;
  return d;
}

AffineMap fusion::fullAccess(MLIRContext *context, const Domain &d) {
  AffineExpr n = getAffineDimExpr(0, context), c = getAffineDimExpr(1, context), p = getAffineDimExpr(2, context);
  AffineExpr offset = n * (d.channels * d.positions) + c * d.positions;
  if (d.positions != 1)
    offset = offset + p;
  return AffineMap::get(3, 0, offset);
}

AffineMap fusion::groupAccess(MLIRContext *context, const Domain &d, int64_t groups) {
  AffineExpr n = getAffineDimExpr(0, context), c = getAffineDimExpr(1, context);
  return AffineMap::get(3, 0, n * groups + c.floorDiv(d.channels / groups));
}

AffineMap fusion::channelAccess(MLIRContext *context) { return AffineMap::get(3, 0, getAffineDimExpr(1, context)); }

AffineMap fusion::broadcastAccess(RankedTensorType operand, RankedTensorType iteration) {
  MLIRContext *context = operand.getContext();
  AffineExpr n = getAffineDimExpr(0, context), c = getAffineDimExpr(1, context), p = getAffineDimExpr(2, context);
  ArrayRef<int64_t> shape = iteration.getShape();
  int64_t rank = shape.size(), skipped = rank - operand.getRank();
  SmallVector<AffineExpr> terms; // innermost first
  int64_t stride = 1, inner = 1; // elements of the operand, and of the iteration's spatial dims, to the right of the current dim
  for (int64_t r = rank - 1; r >= std::max<int64_t>(skipped, 0); --r) {
    bool spatial = rank >= 2 && r >= 2;
    int64_t extent = operand.getDimSize(r - skipped);
    if (spatial) {
      // A run of spatial dims that the operand has in full is one coordinate.
      int64_t run = shape[r], first = r;
      bool present = extent == shape[r];
      while (present && first - 1 >= 2 && first - 1 >= skipped && operand.getDimSize(first - 1 - skipped) == shape[first - 1])
        run *= shape[--first];
      if (present) {
        int64_t outer = 1;
        for (int64_t k = 2; k < first; ++k)
          outer *= shape[k];
        AffineExpr index = inner == 1 ? p : p.floorDiv(inner);
        if (outer != 1)
          index = index % run;
        if (run != 1)
          terms.push_back(index * stride);
        stride *= run;
      }
      for (int64_t k = first; k <= r; ++k)
        inner *= shape[k];
      r = first;
      continue;
    }
    AffineExpr index = rank == 1 || r == 1 ? c : n;
    if (extent != 1)
      terms.push_back(index * stride);
    if (!ShapedType::isDynamic(extent))
      stride *= extent;
  }
  AffineExpr offset = getAffineConstantExpr(0, context);
  for (AffineExpr term : llvm::reverse(terms))
    offset = offset + term;
  return AffineMap::get(3, 0, offset);
}

static bool uses(AffineMap access, unsigned dim) { return access.getResult(0).isFunctionOfDim(dim); }
bool fusion::usesImage(AffineMap access) { return uses(access, 0); }
bool fusion::usesChannel(AffineMap access) { return uses(access, 1); }
bool fusion::usesPosition(AffineMap access) { return uses(access, 2); }
