// CUDA C++ and launch plan from a scheduled function of kernels.
#pragma once
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Runtime/ProgramData.h"
#include "fusion/Schedule/CostModel.h"
#include "fusion/Schedule/Factors.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace fusion {

/// What the report says of one kernel; bytes and flops at the planner's batch size.
struct KernelReport {
  std::string name;
  std::vector<std::string> stages;
  Work work;
  CostTerms terms; ///< what `seconds` is made of
  double seconds = 0, rooflineSeconds = 0;
  double contractionFlops = 0; ///< as written; `work` counts what a tile leaves idle, too
  unsigned threads = 0;
  uint64_t sharedBytes = 0;
  std::string schedule;           ///< the tile, for people
  std::optional<Factors> factors; ///< of a contraction on tensor cores
};

struct EmittedPhase {
  runtime::Phase phase;  ///< `inputs` and `outputs` hold the positions of the function's arguments and results instead of tensor indices
  std::string chainText; ///< the kernels without the prelude
  std::vector<KernelReport> kernels;
  runtime::Expr workspace;
  int64_t maxBatch = 0; ///< largest batch that index widths and grid limits allow
};

struct EmitOptions {
  DeviceSpec spec;
  int64_t batch = 128;     ///< stands for a dynamic batch in figures
  bool exact = false;      ///< precision `ieee`: exponentials and quotients as IEEE rounds them
  bool fixedBatch = false; ///< no other batch is ever launched, so that offsets are as narrow as it allows
  /// Index of the runtime tensor behind argument i and result i of the function.
  std::vector<unsigned> arguments, results;
};

/// Arguments of the launch plan name tensors by `options.arguments` and `options.results`.
mlir::FailureOr<EmittedPhase> emitPhase(mlir::func::FuncOp func, const EmitOptions &options);

/// The prelude parts named, each after what it requires, as one text.
std::string preludeText(llvm::ArrayRef<std::string> parts);

} // namespace fusion
