// The whole road in one call: a checked model in, a program and its report out.
#pragma once
#include "fusion/Emit/CUDA/Emit.h"
#include "mlir/IR/BuiltinOps.h"
#include <functional>
#include <map>

namespace fusion {

enum class Grad { None, Params, All };

struct CompileOptions {
  std::string arch = "sm_90a";
  Grad grad = Grad::None;
  std::string precision = "torch"; ///< one of precisions()
  bool assumeFinite = false;
  int64_t nominalBatch = 128; ///< stands for a dynamic batch in predictions
  /// Instead of the device's own figures when positive: for looking at where a plan flips.
  double bandwidth = 0, flops = 0;
  /// A compilation of the same chain at another shape whose plan and tiles to use.
  const struct Compiled *planFrom = nullptr;
  /// Called after each stage of the road with its name ("1-named", ...) and the module.
  std::function<void(llvm::StringRef, mlir::ModuleOp)> stage;
};

/// What the report says of one phase.
struct PhaseReport {
  std::vector<KernelReport> kernels;
  std::vector<std::string> decisions;
  std::vector<std::string> saved;        ///< names of the tensors forward leaves for backward
  std::vector<std::string> channelsLast; ///< names of the tensors that lie so
  double bytes = 0, compulsoryBytes = 0, savedBytes = 0, workspaceBytes = 0, seconds = 0, rooflineSeconds = 0;
  std::string chainText; ///< the kernels without the prelude
};

struct Compiled {
  std::string chain;
  DeviceSpec spec;
  runtime::ProgramData program;
  PhaseReport forward;
  std::optional<PhaseReport> backward;
  int64_t batch = 0; ///< the batch that figures are for
  /// Forward and (perhaps) backward as named ops, before stages: what the evaluator reads.
  mlir::OwningOpRef<mlir::ModuleOp> named;
  /// The scheduled kernels.
  mlir::OwningOpRef<mlir::ModuleOp> fused;
  std::vector<int64_t> savedIds; ///< the forward ops whose values are saved
};

/// torch, ieee, tf32, bf16, fp16: what arithmetic may be used, and what factors may be rounded to.
llvm::ArrayRef<llvm::StringLiteral> precisions();
constexpr llvm::StringLiteral kKnownPrecisions = "torch, ieee, tf32, bf16 or fp16";

/// `model` holds one function of named ops, as importModel() leaves it; it is not changed. Diagnostics go to the context.
mlir::FailureOr<Compiled> compileModel(mlir::ModuleOp model, const CompileOptions &options);

/// Batch size of a model: fixed, or kDynamic when an input's first extent is unknown. Makes fixed batches unknown in `func`, so that all
/// kernels take the batch as an argument.
int64_t generalizeBatch(mlir::func::FuncOp func);

/// Turns the backward clone of forward op `id` into a value that forward saves (or already returns).
void saveValue(mlir::func::FuncOp forward, mlir::func::FuncOp backward, int64_t id);
/// Removes what backward computes and nobody reads.
void dropDead(mlir::func::FuncOp func);
/// Chooses, by predicted time of both phases together, which values forward saves; applies the choice and returns its ids.
mlir::FailureOr<std::vector<int64_t>> chooseSaved(mlir::func::FuncOp forward, mlir::func::FuncOp backward, const DeviceSpec &spec,
                                                  int64_t batch, std::vector<std::string> &reasons);

/// The report as JSON (schema in docs/report.md) or as text for people. Registers and spills are taken from `resources`
/// (kernel name -> registers, spill bytes) when it is known.
struct Resources {
  unsigned registers = 0, spillBytes = 0;
  bool serialized = false; ///< products of warpgroups wait for each other
};
std::string reportJson(const Compiled &compiled, const std::map<std::string, Resources> &resources);
std::string reportText(const Compiled &compiled, const std::map<std::string, Resources> &resources);

} // namespace fusion
