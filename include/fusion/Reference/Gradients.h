// Holds a backward function to the derivative of its forward function, taken by dual numbers.
#pragma once
#include "fusion/Reference/Evaluate.h"

namespace fusion::reference {

struct GradientReport {
  double worst = 0;     // largest |<grad, v> - <dy, dforward(v)>| over the magnitudes of the terms, cancellation included
  std::string argument; // whose gradient that was
  int checked = 0;      // directions compared
};

/// For every argument that `backward` returns a gradient of, and for `directions` random directions v: <gradient, v> against the sum of
/// dy times the derivative of `forward` along v. `backward` takes one gradient per result of `forward`, then the arguments of `forward`;
/// its results say what they are the gradient of (`fusion.grad_of`).
mlir::FailureOr<GradientReport> checkGradients(mlir::func::FuncOp forward, mlir::func::FuncOp backward, llvm::ArrayRef<Tensor<double>> args,
                                               llvm::ArrayRef<Tensor<double>> gradOutputs, uint64_t seed, int directions,
                                               const EvaluateOptions &options = {});

/// The whole gradient of argument `index`, element by element: one dual evaluation each, so for small tensors only.
mlir::FailureOr<Tensor<double>> dualGradient(mlir::func::FuncOp forward, llvm::ArrayRef<Tensor<double>> args,
                                             llvm::ArrayRef<Tensor<double>> gradOutputs, unsigned index,
                                             const EvaluateOptions &options = {});

} // namespace fusion::reference
