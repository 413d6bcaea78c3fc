// The order of passes on named ops, and the reason for each place.
#include "fusion/Pipelines/Pipelines.h"
#include "fusion/Differentiate/Passes.h"
#include "fusion/Fuse/Passes.h"
#include "fusion/Raise/Passes.h"
#include "fusion/Schedule/Passes.h"
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
  if (options.grad != "none") {
    DifferentiateOptions differentiate;
    differentiate.grad = options.grad;
    passes.addPass(createDifferentiate(differentiate));
  }
}

void fusion::registerEverything() {
  registerRaisePasses();
  registerDifferentiatePasses();
  registerStagesPasses();
  registerFusePasses();
  registerSchedulePasses();
  registerTransformsPasses();
}
