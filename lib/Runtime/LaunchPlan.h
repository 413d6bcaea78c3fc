// Internal to the runtime: a loaded phase with everything decided that does not depend on the launch.
#pragma once
#include "fusion/Runtime/Driver.h"
#include "fusion/Runtime/Program.h"

namespace fusion::runtime::detail {

constexpr DevicePointer tensorAlignment = 16; // what vectorised loads of the emitted kernels rely on

/// A size that is known when the phase is loaded, or an expression in the batch.
class PlannedSize {
public:
  PlannedSize() = default;
  PlannedSize(const Expr &expr, const BatchRange &batch) : expr(&expr) {
    if (expr.isConstant() || !batch.dynamic)
      known = expr.tryEvaluate(batch.size, constant);
  }
  /// False where Expr::evaluate() has an error to tell.
  bool evaluate(int64_t batch, int64_t &value) const {
    if (known)
      return value = constant, true;
    return expr->tryEvaluate(batch, value);
  }
  const Expr &source() const { return *expr; }

private:
  const Expr *expr = nullptr;
  int64_t constant = 0;
  bool known = false;
};

/// Launches check against it and pass it on; they allocate nothing and take no lock. It refers into the program, which must live.
class LaunchPlan {
public:
  /// `aligned`: tensors lie at multiples of 16 bytes; else of their elements' size, for kernels without vector accesses.
  LaunchPlan(const ProgramData &program, const Phase &phase, std::vector<FunctionHandle> functions, bool aligned);
  /// `batch` is one of the program's.
  Error launch(Driver &driver, int64_t batch, const DevicePointer *tensors, DevicePointer workspace, Stream stream) const;

private:
  struct Argument {
    KernelArg::Kind kind;
    unsigned tensor;
    PlannedSize offset, bytes;
  };
  struct Kernel {
    const KernelLaunch *described;
    FunctionHandle function;
    PlannedSize grid[3];
    std::vector<Argument> arguments;
  };
  struct Buffer {
    unsigned tensor;
    bool mayBeEmpty; ///< at batch 0
    DevicePointer alignment;
  };
  Error checkTensor(const Buffer &buffer, int64_t batch, const DevicePointer *tensors) const;
  Error launchKernel(const Kernel &kernel, Driver &driver, int64_t batch, const DevicePointer *tensors, DevicePointer workspace,
                     int64_t workspaceBytes, Stream stream) const;

  const ProgramData &program;
  PlannedSize workspaceSize;
  std::vector<Buffer> buffers;
  std::vector<Kernel> kernels;
};

/// An error of a kernel's, with its name in front.
Error inKernel(const KernelLaunch &kernel, const Error &error);

} // namespace fusion::runtime::detail
