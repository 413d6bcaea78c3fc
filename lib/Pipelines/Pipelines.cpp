// The order of passes on named ops, and the reason for each place.
#include "fusion/Pipelines/Pipelines.h"
#include "fusion/Differentiate/Passes.h"
#include "fusion/Fuse/Passes.h"
#include "fusion/Raise/Passes.h"
#include "fusion/Schedule/Passes.h"
#include "fusion/Simplify/Passes.h"
#include "fusion/Stages/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace fusion;

void fusion::buildNamedPipeline(OpPassManager &passes, const NamedPipelineOptions &options) {
  // Idioms first: their derivative is the named op's, kinks included.
  RaiseIdiomsOptions raise;
  // ieee promises the values and gradients of what is written, NaN included; torch takes the conventions of the op an idiom names.
  raise.assumeFinite = options.assumeFinite || options.precision != "ieee";
  passes.addNestedPass<func::FuncOp>(createRaiseIdioms(raise));
  // Statistics and normalisation must be separate before differentiation, so that backward can read saved statistics.
  passes.addNestedPass<func::FuncOp>(createDecomposeNorms());
  // Behind it norms are reductions, whose dims can be moved; in front of differentiation, so that gradients have the shapes of values.
  passes.addNestedPass<func::FuncOp>(createUnmergeBatch());
  SimplifyOptions simplify;
  simplify.assumeFinite = options.assumeFinite;
  simplify.precision = options.precision;
  if (options.grad != "none") {
    // What leaves the gradients as they are goes first, so that both phases see the same, smaller program.
    simplify.phase = "before-diff";
    passes.addNestedPass<func::FuncOp>(createSimplify(simplify));
    DifferentiateOptions differentiate;
    differentiate.grad = options.grad;
    passes.addPass(createDifferentiate(differentiate));
  }
  simplify.phase = "after-diff";
  passes.addNestedPass<func::FuncOp>(createSimplify(simplify));
}

void fusion::buildKernelPipeline(OpPassManager &passes, const KernelPipelineOptions &options) {
  passes.addNestedPass<func::FuncOp>(createLowerToStages());
  FuseOptions fuse;
  fuse.arch = options.arch;
  fuse.batch = options.batch;
  passes.addNestedPass<func::FuncOp>(createFuse(fuse));
  ScheduleOptions schedule;
  schedule.arch = options.arch;
  schedule.batch = options.batch;
  passes.addNestedPass<func::FuncOp>(createSchedule(schedule));
}

namespace {
struct NamedPipelineFlags : PassPipelineOptions<NamedPipelineFlags> {
  Option<std::string> grad{*this, "grad", llvm::cl::desc("none, params or all"), llvm::cl::init("none")};
  Option<std::string> precision{*this, "precision", llvm::cl::desc("torch or ieee"), llvm::cl::init("torch")};
  Option<bool> assumeFinite{*this, "assume-finite", llvm::cl::desc("no NaN or Inf reaches the model"), llvm::cl::init(false)};
};
struct KernelPipelineFlags : PassPipelineOptions<KernelPipelineFlags> {
  Option<std::string> arch{*this, "arch", llvm::cl::desc("architecture the plan is for"), llvm::cl::init("sm_90a")};
  Option<int64_t> batch{*this, "batch", llvm::cl::desc("batch size that stands for an unknown one"), llvm::cl::init(128)};
};
} // namespace

void fusion::registerEverything() {
  PassPipelineRegistration<NamedPipelineFlags>("fusion-named-pipeline", "raise, decompose, simplify and differentiate",
                                               [](OpPassManager &passes, const NamedPipelineFlags &flags) {
                                                 buildNamedPipeline(passes, {flags.grad, flags.precision, flags.assumeFinite});
                                               });
  PassPipelineRegistration<KernelPipelineFlags>(
      "fusion-kernel-pipeline", "named ops to scheduled kernels",
      [](OpPassManager &passes, const KernelPipelineFlags &flags) { buildKernelPipeline(passes, {flags.arch, flags.batch}); });
  registerRaisePasses();
  registerSimplifyPasses();
  registerDifferentiatePasses();
  registerSimplifyPasses();
  registerStagesPasses();
  registerFusePasses();
  registerSchedulePasses();
  registerTransformsPasses();
}
