// The named pipelines, for embedding and for fusion-opt.
#pragma once
#include "mlir/Pass/PassManager.h"
#include <string>

namespace fusion {

struct NamedPipelineOptions {
  std::string grad = "none";       ///< none, params or all
  std::string precision = "torch"; ///< or ieee
  bool assumeFinite = false;
};

/// From what the user wrote to forward and backward functions of named ops.
void buildNamedPipeline(mlir::OpPassManager &passes, const NamedPipelineOptions &options);

struct KernelPipelineOptions {
  std::string arch = "sm_90a";
  int64_t batch = 128; ///< stands for an unknown batch
};

/// From named ops to scheduled kernels, every value computed again in backward: what saves values is compileModel().
void buildKernelPipeline(mlir::OpPassManager &passes, const KernelPipelineOptions &options);

/// Registers every pass and pipeline of the project.
void registerEverything();

} // namespace fusion
