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
  passes.addNestedPass<func::FuncOp>(createRaiseIdioms());
  // Statistics and normalisation must be separate before differentiation, so that backward can read saved statistics.
  passes.addNestedPass<func::FuncOp>(createDecomposeNorms());
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

void fusion::registerEverything() {
  registerRaisePasses();
  registerSimplifyPasses();
  registerDifferentiatePasses();
  registerStagesPasses();
  registerFusePasses();
  registerSchedulePasses();
  registerTransformsPasses();
}
