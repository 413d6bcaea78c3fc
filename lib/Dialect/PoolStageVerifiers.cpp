// Constraints of pools in the stage layer, numbered in dialects/Fusion/StageOps.td.
#include "fusion/Dialect/FusionDialect.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace fusion;

LogicalResult PoolOp::verify() {
  size_t operands = getKind() == PoolKind::max_grad ? 2 : 1;
  if (getInputs().size() != operands)
    return emitOpError("expected ") << operands << (operands == 1 ? " operand" : " operands, dy and x") << ", but got "
                                    << getInputs().size() << " (pool_stage_c1)";
  RankedTensorType in = cast<RankedTensorType>(getInputs()[0].getType()), out = getResult().getType();
  if (operands == 2 && getInputs()[1].getType() != out)
    return emitOpError("expected x of the result's type ") << out << ", but got " << getInputs()[1].getType() << " (pool_stage_c1)";
  int64_t rank = in.getRank();
  bool fixed = rank >= 3 && rank <= 5 && out.getRank() == rank;
  for (RankedTensorType type : {in, out})
    fixed = fixed && llvm::all_of(type.getShape().drop_front(), [](int64_t extent) { return extent >= 1; });
  if (!fixed || in.getDimSize(0) != out.getDimSize(0) || in.getDimSize(1) != out.getDimSize(1))
    return emitOpError("expected operand and result of one rank from 3 to 5 with the same batch and channels, but got ")
           << in << " and " << out << " (pool_stage_c2)";
  size_t spatial = size_t(rank) - 2;
  for (auto [name, list] :
       {std::pair("kernel", getKernel()), {"stride", getStride()}, {"padding", getPadding()}, {"dilation", getDilation()}})
    if (list.size() != spatial)
      return emitOpError("expected ") << spatial << " entries of " << name << ", one per spatial dim, but got " << list.size()
                                      << " (pool_stage_c3)";
  for (size_t d = 0; d < spatial; ++d) {
    int64_t kernel = getKernel()[d], stride = getStride()[d], padding = getPadding()[d];
    if (kernel < 1 || stride < 1 || getDilation()[d] < 1 || padding < 0 || padding > kernel / 2)
      return emitOpError("expected kernel, stride and dilation of at least 1 and a padding between 0 and half the kernel, but got ")
             << kernel << ", " << stride << ", " << getDilation()[d] << " and " << padding << " in spatial dim " << d << " (pool_stage_c3)";
    int64_t windows = (isGradient() ? in : out).getDimSize(2 + d), extent = (isGradient() ? out : in).getDimSize(2 + d);
    if (!getAdaptive() && __int128(windows - 1) * stride - padding >= extent)
      return emitOpError("expected windows that begin inside an extent of ")
             << extent << ", but got " << windows << " windows in spatial dim " << d << " (pool_stage_c4)";
  }
  return success();
}
