// Where elements lie: offsets as C, by access, coordinates and the layout of the tensor.
#include "KernelText.h"
#include "fusion/Dialect/Layout.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace fusion;
using namespace fusion::cuda;

namespace {
/// Prints an affine expression of (n, c, p) as C, with as few parentheses as precedence allows.
std::string print(AffineExpr e, ArrayRef<StringRef> dims, bool wide, unsigned parent = 0) {
  if (auto constant = dyn_cast<AffineConstantExpr>(e))
    return std::to_string(constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(e)) {
    bool cast = dim.getPosition() == 0 || (wide && dim.getPosition() == 1);
    return (cast ? "(index_t)" : "") + dims[dim.getPosition()].str();
  }
  auto binary = cast<AffineBinaryOpExpr>(e);
  unsigned mine = e.getKind() == AffineExprKind::Add ? 1 : 2;
  StringRef op = e.getKind() == AffineExprKind::Add        ? " + "
                 : e.getKind() == AffineExprKind::Mul      ? " * "
                 : e.getKind() == AffineExprKind::FloorDiv ? " / "
                                                           : " % "; // coordinates are never negative
  std::string text = print(binary.getLHS(), dims, wide, mine) + op.str() + print(binary.getRHS(), dims, wide, mine + 1);
  return parent > mine || (parent == mine && mine == 2) ? "(" + text + ")" : text;
}
} // namespace

std::string KernelText::offset(AffineMap access, const Place &at) {
  bool wide = facts.domain.channels * facts.domain.positions > std::numeric_limits<int32_t>::max();
  return print(access.getResult(0), {at.image, at.channel, at.position}, wide);
}

bool KernelText::channelsLast(Value v) const {
  auto argument = dyn_cast<BlockArgument>(v);
  return argument && isChannelsLast(KernelOp(kernel).getInputs()[argument.getArgNumber()]);
}

bool KernelText::resultIsChannelsLast(unsigned i) const { return isChannelsLast(KernelOp(kernel).getResult(i)); }

/// The offset that an access gives, in the layout of `outer`, a tensor between kernels.
static std::string inLayout(KernelText &k, Value outer, AffineMap access, const Domain &domain, const Place &at) {
  return k.offset(isChannelsLast(outer) ? inChannelsLast(access, domain, cast<RankedTensorType>(outer.getType())) : access, at);
}

std::string KernelText::offsetOf(Value v, AffineMap access, const Domain &domain, const Place &at) {
  return inLayout(*this, kernel.getInputs()[cast<BlockArgument>(v).getArgNumber()], access, domain, at);
}

std::string KernelText::resultElement(unsigned i, const Domain &domain, const Place &at) {
  return pointerOfResult(i) + "[" + inLayout(*this, kernel.getResult(i), fullAccess(kernel.getContext(), domain), domain, at) + "]";
}

/// An offset in memory order as one in the layout of `outer`, a tensor between kernels.
static std::string linearInLayout(Value outer, const std::string &offset) {
  if (!isChannelsLast(outer))
    return offset;
  Domain d = Domain::of(cast<RankedTensorType>(outer.getType()));
  std::string at = "(" + offset + ")";
  return llvm::formatv("{0} / {1} * {1} + {0} % {2} * {3} + {0} / {2} % {3}", at, d.channels * d.positions, d.positions, d.channels);
}

std::string KernelText::elementAt(Value v, const std::string &offset) {
  return pointer(v) + "[" + linearInLayout(kernel.getInputs()[cast<BlockArgument>(v).getArgNumber()], offset) + "]";
}

std::string KernelText::resultElementAt(unsigned i, const std::string &offset) {
  return pointerOfResult(i) + "[" + linearInLayout(kernel.getResult(i), offset) + "]";
}

void KernelText::addIndex(MapOp map, const Place &at, SmallVectorImpl<std::string> &operands) {
  current = offset(map.getResultAccess(), at);
  if (!map.getIndex())
    return;
  // The batch as a fourth coordinate.
  AffineMap index =
      map.getIndex()->getNumSymbols() == 0
          ? *map.getIndex()
          : map.getIndex()->replaceDimsAndSymbols(
                {getAffineDimExpr(0, map.getContext()), getAffineDimExpr(1, map.getContext()), getAffineDimExpr(2, map.getContext())},
                {getAffineDimExpr(3, map.getContext())}, 4, 0);
  std::string images = index.getNumDims() == 4 ? batchText(ShapedType::kDynamic) : "";
  operands.push_back("(float)(" + print(index.getResult(0), {at.image, at.channel, at.position, images}, false) + ")");
}
