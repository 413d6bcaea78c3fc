// Constraints of stages and kernels, numbered in dialects/Fusion/StageOps.td.
#include "fusion/Dialect/FusionDialect.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>

using namespace mlir;
using namespace fusion;

// ---------------------------------------------------------------- domains and accesses

namespace {
/// A tensor seen as (n, c, p), for comparison with a domain.
struct Extents {
  int64_t n = 1, c = 1, p = 1;
  bool operator==(const Extents &o) const { return n == o.n && c == o.c && p == o.p; }
};
} // namespace

static Extents extentsOf(RankedTensorType type) {
  ArrayRef<int64_t> shape = type.getShape();
  if (shape.size() == 1)
    return ShapedType::isDynamic(shape[0]) ? Extents{shape[0], 1, 1} : Extents{1, shape[0], 1};
  Extents e;
  for (auto [i, extent] : llvm::enumerate(shape))
    (i == 0 ? e.n : i == 1 ? e.c : e.p) *= extent;
  return e;
}

static std::string text(const Extents &e) {
  return "[" + (ShapedType::isDynamic(e.n) ? std::string("?") : std::to_string(e.n)) + ", " + std::to_string(e.c) + ", " +
         std::to_string(e.p) + "]";
}

/// (domain_c1)
static LogicalResult verifyDomain(Operation *op, ArrayRef<int64_t> domain) {
  if (domain.size() != 3)
    return op->emitOpError("expected a domain of three extents [N, C, P], but got ")
           << domain.size() << "; flatten the spatial dims (domain_c1)";
  bool batch = ShapedType::isDynamic(domain[0]) || domain[0] >= 0;
  if (!batch || domain[1] < 1 || domain[2] < 1)
    return op->emitOpError("expected channels and positions of at least 1, but got the domain ")
           << text({domain[0], domain[1], domain[2]}) << "; only the batch may be `?` or 0 (domain_c1)";
  return success();
}

/// The domain is the shape of `type` (map_c2, reduce_c2, partial_c1).
static LogicalResult verifyDomainOf(Operation *op, ArrayRef<int64_t> domain, RankedTensorType type, const char *what, const char *number) {
  if (failed(verifyDomain(op, domain)))
    return failure();
  Extents given{domain[0], domain[1], domain[2]};
  if (extentsOf(type) == given)
    return success();
  return op->emitOpError("expected the domain ")
         << text(extentsOf(type)) << " of " << what << " " << type << ", but got " << text(given) << " (" << number << ")";
}

/// (access_c1)
static LogicalResult verifyAccess(Operation *op, AffineMap access) {
  if (access.getNumDims() == 3 && access.getNumSymbols() == 0 && access.getNumResults() == 1)
    return success();
  return op->emitOpError("expected an access with the dims (n, c, p) and one result, but got ")
         << AffineMapAttr::get(access) << "; it gives a linear offset (access_c1)";
}

/// `access` sends the domain to its elements in memory order (map_c3, reduce_c3).
static LogicalResult verifyDense(Operation *op, AffineMap access, ArrayRef<int64_t> domain, const char *number) {
  if (failed(verifyAccess(op, access)))
    return failure();
  MLIRContext *context = op->getContext();
  AffineExpr n = getAffineDimExpr(0, context), c = getAffineDimExpr(1, context), p = getAffineDimExpr(2, context);
  AffineExpr offset = n * (domain[1] * domain[2]) + c * domain[2];
  AffineMap dense = AffineMap::get(3, 0, domain[2] == 1 ? offset : offset + p);
  if (access == dense)
    return success();
  return op->emitOpError("expected the dense access ") << AffineMapAttr::get(dense) << ", but got " << AffineMapAttr::get(access)
                                                       << "; every element has an offset of its own, in memory order (" << number << ")";
}

namespace {
/// Smallest and largest value of an access over its domain; 128 bits hold the sums of products of int64.
struct Bounds {
  __int128 low, high;
};
} // namespace

static std::optional<Bounds> boundsOf(AffineExpr e, ArrayRef<int64_t> last) {
  if (auto constant = dyn_cast<AffineConstantExpr>(e))
    return Bounds{constant.getValue(), constant.getValue()};
  if (auto dim = dyn_cast<AffineDimExpr>(e))
    return Bounds{0, last[dim.getPosition()]};
  auto binary = dyn_cast<AffineBinaryOpExpr>(e);
  if (!binary)
    return std::nullopt;
  std::optional<Bounds> a = boundsOf(binary.getLHS(), last), b = boundsOf(binary.getRHS(), last);
  if (!a || !b)
    return std::nullopt;
  if (e.getKind() == AffineExprKind::Add)
    return Bounds{a->low + b->low, a->high + b->high};
  __int128 by = b->low;
  if (b->low != b->high || a->low < 0 || by < 0)
    return std::nullopt;
  if (e.getKind() == AffineExprKind::Mul)
    return Bounds{a->low * by, a->high * by};
  if (by == 0 || e.getKind() == AffineExprKind::CeilDiv)
    return std::nullopt;
  if (e.getKind() == AffineExprKind::FloorDiv)
    return Bounds{a->low / by, a->high / by};
  return Bounds{0, std::min(a->high, by - 1)};
}

/// An unknown batch stands for 2 images, so that a wrong batch stride shows; an empty one for 1, so that there is a last element.
static int64_t concrete(int64_t extent) { return ShapedType::isDynamic(extent) ? 2 : std::max<int64_t>(extent, 1); }

/// Offsets of `access` over `domain` lie inside `type`; with `exactly`, they reach its last element (access_c2, reduce_c4, finish_c3).
static LogicalResult verifyReach(Operation *op, AffineMap access, ArrayRef<int64_t> domain, RankedTensorType type, bool exactly,
                                 const char *number) {
  if (failed(verifyAccess(op, access)))
    return failure();
  __int128 elements = 1;
  for (int64_t extent : type.getShape())
    elements *= concrete(extent);
  std::optional<Bounds> bounds = boundsOf(access.getResult(0), {concrete(domain[0]) - 1, domain[1] - 1, domain[2] - 1});
  if (bounds && bounds->low >= 0 && (exactly ? bounds->high == elements - 1 : bounds->high < elements))
    return success();
  InFlightDiagnostic error = op->emitOpError("expected offsets ")
                             << (exactly ? "up to " : "of at most ") << int64_t(elements - 1) << " in " << type << ", but got ";
  if (bounds)
    error << int64_t(bounds->high);
  else
    error << "no bound";
  return error << " from " << AffineMapAttr::get(access) << " over " << text({domain[0], domain[1], domain[2]})
               << (ShapedType::isDynamic(domain[0]) ? ", two images" : "") << " (" << number << ")";
}

// ---------------------------------------------------------------- map

LogicalResult MapOp::verify() {
  if (getAccess().size() != getInputs().size())
    return emitOpError("expected one access map per operand, but got ")
           << getAccess().size() << " for " << getInputs().size() << " operands (map_c1)";
  if (failed(verifyDomainOf(*this, getDomain(), getResult().getType(), "the result", "map_c2")) ||
      failed(verifyDense(*this, getResultAccess(), getDomain(), "map_c3")))
    return failure();
  for (auto [input, access] : llvm::zip(getInputs(), getAccess().getAsValueRange<AffineMapAttr>()))
    if (failed(verifyReach(*this, access, getDomain(), cast<RankedTensorType>(input.getType()), false, "access_c2")))
      return failure();
  if (std::optional<AffineMap> index = getIndex();
      index && (index->getNumDims() != 3 || index->getNumSymbols() > 1 || index->getNumResults() != 1))
    return emitOpError("expected an index of the dims (n, c, p) and the batch as a symbol, with one result, but got ")
           << getIndexAttr() << " (map_c6)";
  return success();
}

/// What emission can print.
static bool isScalarOp(Operation &op) {
  if (auto cmp = dyn_cast<arith::CmpFOp>(op)) {
    using P = arith::CmpFPredicate;
    return llvm::is_contained({P::OLT, P::OLE, P::OGT, P::OGE, P::OEQ, P::UNE}, cmp.getPredicate());
  }
  return isa<UniformOp, RoundOp, arith::ConstantOp, arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp, arith::NegFOp,
             arith::SelectOp, math::ExpOp, math::ExpM1Op, math::LogOp, math::Log1pOp, math::TanhOp, math::ErfOp, math::SqrtOp,
             math::RsqrtOp, math::AbsFOp, math::PowFOp>(op);
}

LogicalResult MapOp::verifyRegions() {
  Block &block = getBody().front();
  bool scalars = llvm::all_of(block.getArgumentTypes(), [](Type type) { return type.isF32(); });
  size_t expected = getInputs().size() + (getIndex() ? 1 : 0);
  if (block.getNumArguments() != expected || !scalars)
    return emitOpError("expected one f32 argument per operand, ") << expected << " in all, but got " << block.getNumArguments()
                                                                  << " arguments" << (scalars ? "" : " of other types") << " (map_c4)";
  if (!isa<YieldOp>(block.getTerminator()))
    return emitOpError("expected a region that ends with fusion.yield, but got '") << block.getTerminator()->getName() << "' (map_c4)";
  for (Operation &op : block.without_terminator())
    if (!isScalarOp(op) || !llvm::all_of(op.getResultTypes(), [](Type type) { return type.isF32() || type.isInteger(1); }))
      return op.emitOpError("expected a scalar op that formulas are made of, but got one that cannot be emitted; write it with "
                            "those of docs/ops.md (map_c5)");
  return success();
}

// ---------------------------------------------------------------- reductions

/// (reduce_c1, finish_c1)
static LogicalResult verifyResultsOf(Operation *op, ReduceKind kind, const char *number) {
  size_t expected = kind == ReduceKind::moments ? 2 : 1;
  if (op->getNumResults() == expected && llvm::all_equal(op->getResultTypes()))
    return success();
  return op->emitOpError("expected ") << (kind == ReduceKind::moments ? "two results of one type, mean and variance" : "one result")
                                      << ", but got " << op->getNumResults()
                                      << (op->getNumResults() == expected ? " of different types (" : " (") << number << ")";
}

LogicalResult ReduceOp::verify() {
  if (failed(verifyResultsOf(*this, getKind(), "reduce_c1")) ||
      failed(verifyDomainOf(*this, getDomain(), getInput().getType(), "the operand", "reduce_c2")) ||
      failed(verifyDense(*this, getAccess(), getDomain(), "reduce_c3")))
    return failure();
  return verifyReach(*this, getResultAccess(), getDomain(), cast<RankedTensorType>(getResult(0).getType()), true, "reduce_c4");
}

LogicalResult PartialOp::verify() {
  if (failed(verifyDomainOf(*this, getDomain(), getInput().getType(), "the operand", "partial_c1")))
    return failure();
  if (getKind() != ReduceKind::sum && getKind() != ReduceKind::moments)
    return emitOpError("expected partials of a sum or of moments, but got ") << stringifyReduceKind(getKind()) << " (partial_c3)";
  int64_t channels = getDomain()[1];
  bool inner = getLayout() == PartialLayout::tiles_inner, moments = getKind() == ReduceKind::moments;
  SmallVector<int64_t> shape =
      inner ? SmallVector<int64_t>{moments ? 3 : 1, channels, ShapedType::kDynamic} : SmallVector<int64_t>{ShapedType::kDynamic, channels};
  auto expected = RankedTensorType::get(shape, getPartial().getType().getElementType());
  if (getPartial().getType() != expected || (moments && !inner))
    return emitOpError("expected ") << (moments ? "moments as tiles_inner of type " : "partials of type ")
                                    << (moments ? RankedTensorType::get({3, channels, ShapedType::kDynamic}, expected.getElementType())
                                                : expected)
                                    << ", but got " << stringifyPartialLayout(getLayout()) << " of type " << getPartial().getType()
                                    << " (partial_c2)";
  return success();
}

LogicalResult FinishOp::verify() {
  if (failed(verifyResultsOf(*this, getKind(), "finish_c1")) || failed(verifyDomain(*this, getDomain())))
    return failure();
  RankedTensorType type = getPartial().getType();
  ArrayRef<int64_t> shape = type.getShape();
  int64_t channels = getDomain()[1], components = getKind() == ReduceKind::moments ? 3 : 1;
  bool inner = getLayout() == PartialLayout::tiles_inner;
  __int128 perTile = 1, elements = 1;
  for (int64_t extent : shape.drop_front(shape.empty() ? 0 : 1))
    perTile *= concrete(extent);
  for (int64_t extent : cast<RankedTensorType>(getResult(0).getType()).getShape())
    elements *= concrete(extent);
  bool fits = inner ? shape == ArrayRef<int64_t>{components, channels, ShapedType::kDynamic}
                    : components == 1 && !shape.empty() && ShapedType::isDynamic(shape.front()) && perTile == elements;
  if (!fits) {
    InFlightDiagnostic error = emitOpError("expected ");
    if (inner || components != 1)
      error << "tiles_inner partials [" << components << ", " << channels << ", ?]";
    else
      error << "tiles_outer partials with the " << int64_t(elements) << " elements of the result behind a leading `?`";
    return error << ", but got " << stringifyPartialLayout(getLayout()) << " partials of type " << type << " (finish_c2)";
  }
  return verifyReach(*this, getResultAccess(), getDomain(), cast<RankedTensorType>(getResult(0).getType()), true, "finish_c3");
}
