// Constraints of contractions and of the kernels that hold them, numbered in dialects/Fusion/StageOps.td.
#include "fusion/Dialect/FusionDialect.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace fusion;

static std::string text(ArrayRef<int64_t> values) {
  std::string out = "[";
  for (int64_t v : values)
    out += (out.size() > 1 ? ", " : "") + std::to_string(v);
  return out + "]";
}

// ---------------------------------------------------------------- contractions

/// (contract_c7)
static LogicalResult verifyMatmul(ContractOp op) {
  auto a = op.getLhs().getType(), b = op.getRhs().getType(), y = op.getResult().getType();
  bool split = y.getRank() == 3 && y.isDynamicDim(0) && y.getElementType().isF32() && op->getParentOfType<KernelOp>();
  if (split)
    y = RankedTensorType::get(y.getShape().drop_front(), a.getElementType());
  if (a.getRank() != 2 || b.getRank() != 2 || y.getRank() != 2)
    return op.emitOpError("expected operands and a result of rank 2, but got ") << a << ", " << b << " and " << y << " (contract_c7)";
  unsigned summedA = op.getTransposeA() ? 0 : 1, summedB = op.getTransposeB() ? 1 : 0;
  if (a.getDimSize(summedA) != b.getDimSize(summedB))
    return op.emitOpError("expected equal extents in dim ") << summedA << " of lhs and dim " << summedB << " of rhs, but got " << a
                                                            << " and " << b << "; see transpose_a and transpose_b (contract_c7)";
  auto expected = RankedTensorType::get({a.getDimSize(1 - summedA), b.getDimSize(1 - summedB)}, a.getElementType());
  if (y != expected)
    return op.emitOpError("expected a result of type ") << expected << ", but got " << y << " (contract_c7)";
  return success();
}

/// (contract_c1) and (contract_c2)
static LogicalResult verifyWindow(ContractOp op, int64_t rank) {
  struct Entry {
    const char *name;
    ArrayRef<int64_t> values;
    int64_t least;
  } entries[] = {{"stride", op.getStride(), 1}, {"dilation", op.getDilation(), 1}, {"padding", op.getPadding(), 0}};
  for (const Entry &e : entries) {
    if (int64_t(e.values.size()) != rank)
      return op.emitOpError("expected ") << e.name << " to have " << rank << " entries, one per spatial dim, but got " << text(e.values)
                                         << " (contract_c1)";
    if (llvm::any_of(e.values, [&](int64_t v) { return v < e.least; }))
      return op.emitOpError("expected ") << e.name << " entries of at least " << e.least << ", but got " << text(e.values)
                                         << " (contract_c2)";
  }
  return success();
}

/// S, L and W, whichever of them is the result. A weight contraction that leaves partials has an unknown extent in front of W.
static std::array<RankedTensorType, 3> windowedTypes(ContractOp op) {
  auto lhs = op.getLhs().getType(), rhs = op.getRhs().getType(), result = op.getResult().getType();
  if (op.getKind() == ContractKind::gather)
    return {result, lhs, rhs};
  if (op.getKind() == ContractKind::scatter)
    return {lhs, result, rhs};
  bool partials = result.getRank() == lhs.getRank() + 1 && result.isDynamicDim(0) && op->getParentOfType<KernelOp>();
  return {lhs, rhs, partials ? RankedTensorType::get(result.getShape().drop_front(), result.getElementType()) : result};
}

LogicalResult ContractOp::verify() {
  if (getPacked() && getKind() != ContractKind::gather && getKind() != ContractKind::scatter)
    return emitOpError("expected packed weights of a gather or scatter only, but got ")
           << stringifyContractKind(getKind()) << " (contract_c9)";
  if (getKind() == ContractKind::matmul) {
    if (!getStride().empty() || !getPadding().empty() || !getDilation().empty() || getGroups() != 1)
      return emitOpError("expected a matrix product without window and with one group, but got ")
             << getStride().size() + getPadding().size() + getDilation().size() << " window entries and " << getGroups()
             << " groups (contract_c1)";
    return verifyMatmul(*this);
  }
  auto [s, l, w] = windowedTypes(*this);
  int64_t rank = s.getRank();
  bool fixed = w.hasStaticShape() && !llvm::is_contained(w.getShape(), 0);
  for (RankedTensorType type : {s, l})
    fixed &= llvm::all_of(type.getShape().drop_front(std::min<int64_t>(type.getRank(), 1)), [](int64_t extent) { return extent >= 1; });
  if (rank < 3 || rank > 5 || l.getRank() != rank || w.getRank() != rank || !fixed)
    return emitOpError("expected S, L and W of one rank from 3 to 5 with static extents of at least 1 but for the batch, but got ")
           << s << ", " << l << " and " << w << " (contract_c3)";
  if (failed(verifyWindow(*this, rank - 2)))
    return failure();
  if (s.getDimSize(0) != l.getDimSize(0))
    return emitOpError("expected one batch, but got ") << s << " and " << l << " (contract_c4)";
  int64_t a = s.getDimSize(1), b = l.getDimSize(1), groups = getGroups();
  if (groups < 1 || a % groups != 0 || b % groups != 0)
    return emitOpError("expected groups that divide ")
           << a << " channels of S and " << b << " of L, but got " << groups << " (contract_c5)";
  if (w.getDimSize(0) != a || w.getDimSize(1) != b / groups)
    return emitOpError("expected W to begin with [")
           << a << ", " << b / groups << "], but got " << w << "; W is [A, B / groups, taps...] (contract_c5)";
  for (int64_t d = 0; d < rank - 2; ++d) {
    __int128 reach = __int128(s.getDimSize(d + 2) - 1) * getStride()[d] + __int128(w.getDimSize(d + 2) - 1) * getDilation()[d] + 1;
    if (reach > l.getDimSize(d + 2) + 2 * __int128(getPadding()[d]))
      return emitOpError("expected windows inside L and its padding, but got ")
             << s.getDimSize(d + 2) << " windows that reach over extent " << l.getDimSize(d + 2) << " in spatial dim " << d
             << " (contract_c6)";
  }
  if (getTransposeA() || getTransposeB())
    return emitOpError("expected no transposed operand in a windowed contraction, but got ")
           << (getTransposeA() ? "transpose_a" : "transpose_b") << "; the kind says which tensor is which (contract_c8)";
  return success();
}

LogicalResult PackOp::verify() {
  bool gather = getKind() == ContractKind::gather;
  if (!gather && getKind() != ContractKind::scatter)
    return emitOpError("expected the kind gather or scatter, but got ") << stringifyContractKind(getKind()) << " (pack_c1)";
  auto w = getWeight().getType();
  bool fits = w.getElementType().isF32() && w.hasStaticShape() && w.getRank() >= 3 && w.getRank() <= 5 && getGroups() >= 1;
  if (!fits || (gather ? w.getDimSize(1) : w.getDimSize(0) / getGroups()) % 4 != 0)
    return emitOpError("expected a static f32 tensor of rank 3 to 5 whose reduction channels are a multiple of four, but got ")
           << w << " in " << getGroups() << " groups (pack_c2)";
  return success();
}

// ---------------------------------------------------------------- kernels

static constexpr StringRef kStrategies[] = {"gather", "scatter", "weight",      "matmul",         "pool", "channels",
                                            "rows",   "sweep",   "finish_rows", "finish_columns", "pack"};

LogicalResult KernelOp::verifyRegions() {
  Block &block = getBody().front();
  if (block.getArgumentTypes() != getOperandTypes())
    return emitOpError("expected body arguments of types (")
           << getOperandTypes() << "), but got (" << block.getArgumentTypes() << ") (kernel_c1)";
  auto ret = dyn_cast<ReturnOp>(block.getTerminator());
  if (!ret || ret.getOperandTypes() != getResultTypes())
    return emitOpError("expected a fusion.return of types (") << getResultTypes() << "), but got '" << block.getTerminator()->getName()
                                                              << "' of (" << block.getTerminator()->getOperandTypes() << ") (kernel_c2)";
  if (!llvm::is_contained(kStrategies, getStrategy()))
    return emitOpError("expected one of the strategies ")
           << llvm::join(ArrayRef<StringRef>(kStrategies), ", ") << ", but got '" << getStrategy() << "' (kernel_c3)";
  StringRef name = getName();
  auto plain = [](char c) { return llvm::isAlnum(c) || c == '_'; };
  if (name.empty() || llvm::isDigit(name.front()) || !llvm::all_of(name, plain))
    return emitOpError("expected a C identifier as the kernel's name, but got '") << name << "' (kernel_c6)";
  bool finishes = getStrategy().starts_with("finish_"), pools = getStrategy() == "pool";
  bool packs = getStrategy() == "pack";
  if (auto held = block.getOps<PackOp>(); packs ? !llvm::hasSingleElement(block.without_terminator()) || held.empty() : !held.empty())
    return emitOpError("expected one fusion.pack and nothing else where the strategy is pack, and none elsewhere, but got the strategy '")
           << getStrategy() << "' (kernel_c7)";
  bool anchored = !finishes && !packs && getStrategy() != "channels" && getStrategy() != "rows" && getStrategy() != "sweep";
  bool windows = getStrategy() == "gather" || getStrategy() == "scatter";
  unsigned contractions = 0, tilePools = 0, merged = 0;
  for (Operation &op : block.without_terminator()) {
    if (!isa<MapOp, ReduceOp, ContractOp, PoolOp, PartialOp, FinishOp, PackOp>(op))
      return op.emitOpError("expected a stage in a kernel's body; lower it with -fusion-lower-to-stages (kernel_c2)");
    if (auto contract = dyn_cast<ContractOp>(op)) {
      ++contractions;
      if (stringifyContractKind(contract.getKind()) != getStrategy())
        return emitOpError("expected ") << (pools      ? "a pool"
                                            : anchored ? "a contraction of kind " + getStrategy().str()
                                                       : "no contraction")
                                        << ", but got " << stringifyContractKind(contract.getKind()) << " (kernel_c4)";
    } else if (auto pool = dyn_cast<PoolOp>(op); pool && windows && !pool.isGradient()) {
      if (++tilePools > 1)
        return emitOpError("expected at most one pool behind a ") << getStrategy() << ", but got " << tilePools << " (kernel_c4)";
    } else if (pool) {
      ++contractions;
      if (!pools)
        return emitOpError("expected ") << (anchored ? "a contraction of kind " + getStrategy().str() : "no pool")
                                        << ", but got a pool (kernel_c4)";
    } else if (auto finish = dyn_cast<FinishOp>(op)) {
      StringRef expected = finish.getLayout() == PartialLayout::tiles_inner ? "finish_rows" : "finish_columns";
      bool product = getStrategy() == "rows" && expected == "finish_columns" && ++merged == 1;
      if (getStrategy() != expected && !product)
        return emitOpError("expected the strategy ") << expected << " for partials laid out " << stringifyPartialLayout(finish.getLayout())
                                                     << ", but got '" << getStrategy() << "' (kernel_c5)";
    }
  }
  if (anchored && contractions != 1)
    return emitOpError(pools ? "expected one pool, but got " : "expected one contraction, but got ") << contractions << " (kernel_c4)";
  return success();
}
