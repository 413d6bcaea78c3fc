// Builds and inspects access maps.
#include "fusion/Stages/Access.h"
#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/SetVector.h"
#include <functional>

using namespace mlir;
using namespace fusion;

Domain Domain::of(RankedTensorType type) {
  ArrayRef<int64_t> s = type.getShape();
  if (s.empty())
    return {};
  if (s.size() == 1) // a value per image, or per channel
    return ShapedType::isDynamic(s[0]) ? Domain{s[0], 1, 1} : Domain{1, s[0], 1};
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

/// The largest value of a sum of products over a domain; nothing for what grows with an unknown batch.
static std::optional<int64_t> largest(AffineExpr e, const Domain &d) {
  if (auto constant = dyn_cast<AffineConstantExpr>(e))
    return constant.getValue();
  if (auto dim = dyn_cast<AffineDimExpr>(e)) {
    int64_t extents[] = {d.batch, d.channels, d.positions};
    int64_t extent = extents[dim.getPosition()];
    return ShapedType::isDynamic(extent) ? std::nullopt : std::optional<int64_t>(std::max<int64_t>(extent - 1, 0));
  }
  auto binary = cast<AffineBinaryOpExpr>(e);
  std::optional<int64_t> a = largest(binary.getLHS(), d), b = largest(binary.getRHS(), d);
  if (e.getKind() == AffineExprKind::Mod)
    return a ? std::min(*a, *b - 1) : *b - 1;
  if (!a || !b)
    return std::nullopt;
  return e.getKind() == AffineExprKind::Add ? *a + *b : e.getKind() == AffineExprKind::Mul ? *a * *b : *a / *b;
}

AffineMap fusion::inChannelsLast(AffineMap access, const Domain &domain, RankedTensorType tensor) {
  const Domain shape = Domain::of(tensor);
  int64_t C = shape.channels, P = shape.positions;
  // Summands by what their factor moves: whole images, whole channels, positions.
  AffineExpr zero = getAffineConstantExpr(0, access.getContext()), images = zero, channels = zero, positions = zero, rest = zero;
  std::function<void(AffineExpr)> sort = [&](AffineExpr e) {
    if (e.getKind() == AffineExprKind::Add) {
      sort(cast<AffineBinaryOpExpr>(e).getLHS());
      return sort(cast<AffineBinaryOpExpr>(e).getRHS());
    }
    int64_t by = 1;
    AffineExpr of = e;
    if (e.getKind() == AffineExprKind::Mul)
      if (auto factor = dyn_cast<AffineConstantExpr>(cast<AffineBinaryOpExpr>(e).getRHS()))
        by = factor.getValue(), of = cast<AffineBinaryOpExpr>(e).getLHS();
    if (by % (C * P) == 0) {
      images = images + e;
      return;
    }
    if (by % P == 0)
      channels = channels + of * (by / P);
    else
      positions = positions + e;
    rest = rest + e;
  };
  sort(access.getResult(0));
  std::optional<int64_t> inside = largest(rest, domain), along = largest(positions, domain);
  if (!inside || *inside >= C * P) { // images are mixed with what is inside them
    rest = access.getResult(0);
    images = rest.floorDiv(C * P) * (C * P);
    rest = rest % (C * P);
  } else if (along && *along < P) {
    return AffineMap::get(3, 0, images + positions * C + channels);
  }
  return AffineMap::get(3, 0, images + rest % P * C + rest.floorDiv(P));
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
    AffineExpr index = r == 1 || (rank == 1 && !ShapedType::isDynamic(shape[0])) ? c : n;
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

AffineMap fusion::runAccess(MLIRContext *context, const Domain &d, const Run &run) {
  AffineExpr n = getAffineDimExpr(0, context), c = getAffineDimExpr(1, context), p = getAffineDimExpr(2, context);
  // The extent that one step of the outer index spans, as channels and positions; terms as broadcastAccess orders and writes them.
  int64_t span = run.reduced * run.inner, C = d.channels, P = d.positions;
  AffineExpr offset = getAffineConstantExpr(0, context);
  if (run.perImage)
    offset = offset + n * (run.outer * run.inner);
  if (!run.perImage) {
    if (run.inner >= P) // whole channels stay
      offset = offset + (run.inner == P ? getAffineConstantExpr(0, context) : c * P);
    if (run.inner >= P)
      return AffineMap::get(3, 0, P == 1 ? offset : offset + p);
    return AffineMap::get(3, 0, offset + p % run.inner);
  }
  if (span >= P) { // runs of whole channels
    int64_t width = span / P;
    if (width != C)
      offset = offset + (width == 1 ? c : c.floorDiv(width)) * run.inner;
    if (run.inner == 1)
      return AffineMap::get(3, 0, offset);
    return AffineMap::get(3, 0, offset + (run.inner == P ? p : p % run.inner));
  }
  offset = offset + c * (P / run.reduced) + p.floorDiv(span) * run.inner;
  return AffineMap::get(3, 0, run.inner == 1 ? offset : offset + p % run.inner);
}

AffineMap fusion::withoutUnitDims(AffineMap access, const Domain &d) {
  MLIRContext *context = access.getContext();
  AffineExpr zero = getAffineConstantExpr(0, context);
  auto dim = [&](unsigned i, int64_t extent) { return extent == 1 ? zero : getAffineDimExpr(i, context); };
  return access.replaceDimsAndSymbols({dim(0, d.batch), dim(1, d.channels), dim(2, d.positions)}, {}, 3, 0);
}

/// Divisors that an access takes its coordinates by: the candidates for spans and inner extents.
static void constantsOf(AffineExpr e, llvm::SmallSetVector<int64_t, 8> &found) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(e);
  if (!binary)
    return;
  constantsOf(binary.getLHS(), found);
  constantsOf(binary.getRHS(), found);
  if (e.getKind() == AffineExprKind::FloorDiv || e.getKind() == AffineExprKind::Mod)
    if (auto by = dyn_cast<AffineConstantExpr>(binary.getRHS()))
      found.insert(by.getValue());
}

std::optional<Run> fusion::runOf(AffineMap access, const Domain &d) {
  MLIRContext *context = access.getContext();
  int64_t C = d.channels, P = d.positions;
  llvm::SmallSetVector<int64_t, 8> constants;
  constantsOf(access.getResult(0), constants);
  access = withoutUnitDims(access, d);
  auto fits = [&](const Run &run) {
    return withoutUnitDims(runAccess(context, d, run), d) == access ||
           (run.perImage && run.inner == 1 && C % run.outer == 0 && withoutUnitDims(groupAccess(context, d, run.outer), d) == access);
  };
  SmallVector<int64_t> inners{1, P}, spans{P, C * P};
  for (int64_t k : constants) {
    inners.push_back(k), spans.push_back(k);
    spans.push_back(k * P); // a floordiv of channels
  }
  for (int64_t inner : inners)
    for (int64_t span : spans) {
      if (span <= 0 || inner <= 0 || span % inner || (C * P) % span || span == inner)
        continue;
      Run run{C * P / span, span / inner, inner, true};
      if ((span % P == 0 || P % span == 0) && P % inner == 0 && fits(run))
        return run;
    }
  if (access.getResult(0) == getAffineConstantExpr(0, context))
    return Run{1, C * P, 1, false};
  // Over the batch too: whole images, channels or trailing positions stay.
  for (int64_t inner : {C * P, P})
    if (Run run{1, C * P / inner, inner, false}; fits(run) && (inner != 1))
      return run;
  for (int64_t inner : constants)
    if (Run run{1, C * P / inner, inner, false}; inner < P && P % inner == 0 && fits(run))
      return run;
  return std::nullopt;
}

static bool uses(AffineMap access, unsigned dim) { return access.getResult(0).isFunctionOfDim(dim); }
bool fusion::usesImage(AffineMap access) { return uses(access, 0); }
bool fusion::usesChannel(AffineMap access) { return uses(access, 1); }
bool fusion::usesPosition(AffineMap access) { return uses(access, 2); }
