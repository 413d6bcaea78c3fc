// Walks a function of named ops with the reference: the judge for everything the compiler emits. It reads ops and attributes only, never
// the formulas of the dialect, and shares no code with any lowering.
#pragma once
#include "fusion/Reference/Ops.h"
#include "fusion/Reference/Random.h"
#include "fusion/Reference/Storage.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace fusion::reference {

struct EvaluateOptions {
  /// Attributes that fp32 kernels see (constants, slopes, bounds, eps) are rounded to float first, whatever T is.
  bool roundAttributes = true;
  /// The unit roundoff of the arithmetic judged; with T = Bound it says which values may fall on either side of a kink.
  double unit = unitFp32;
  /// How the factors of convolutions and of matrix products are rounded first, where they are.
  FactorRounding convolutions, products;
  /// Whether `cast` to a narrower type rounds; gradients are checked in exact arithmetic, where it does not.
  bool roundCasts = true;
};

/// How a tensor of this type lies in memory.
Storage storageOf(mlir::Type tensor);

/// The results of `func` for these arguments. T is double (values), float (an unfused fp32 run), Dual (a directional derivative) or Bound
/// (values with the weight of their rounding error). Arguments that do not fit the signature, and ops that are not named ops, are located
/// errors. The batch is that of the arguments.
template <class T>
mlir::FailureOr<llvm::SmallVector<Tensor<T>>> evaluate(mlir::func::FuncOp func, llvm::ArrayRef<Tensor<T>> args,
                                                       const EvaluateOptions &options = {});

/// Inputs for every argument, rounded to its element type: N(0, 1), parameters of rank 2 and more scaled by 1 / sqrt(fan-in); `batch`
/// stands for an unknown extent. The special values of `options` go into non-parameters only.
llvm::SmallVector<Tensor<float>> makeInputs(mlir::func::FuncOp func, uint64_t seed, int64_t batch, const InputOptions &options = {});

/// The name of an argument or of a result: its `fusion.name`, or x0, x1, ... and y0, y1, ...
std::string argumentName(mlir::func::FuncOp func, unsigned index);
std::string resultName(mlir::func::FuncOp func, unsigned index);

} // namespace fusion::reference
