// Declares the pass that lowers named ops to stages.
#ifndef FUSION_STAGES_PASSES_TD
#define FUSION_STAGES_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerToStages : Pass<"fusion-lower-to-stages", "::mlir::func::FuncOp"> {
  let summary = "named ops become stages: map, reduce, contract";
  let description = [{
    Every named op is replaced by its stages; a norm's statistics and its normalisation become separate stages so that fusion may place
    them in different kernels. Before: `%y = fusion.swish %x : tensor<2x3xf32>`. After: a `fusion.map` over domain [2, 3, 1] whose
    region holds the formula of swish as arith and math ops. Each stage keeps the name of its op in the attribute `source`.
  }];
  let dependentDialects = ["::fusion::FusionDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

#endif
