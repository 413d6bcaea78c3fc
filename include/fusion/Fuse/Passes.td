// Declares the pass that groups stages into kernels.
#ifndef FUSION_FUSE_PASSES_TD
#define FUSION_FUSE_PASSES_TD

include "mlir/Pass/PassBase.td"

def Fuse : Pass<"fusion-fuse", "::mlir::func::FuncOp"> {
  let summary = "groups stages into kernels so that the predicted time is least";
  let description = [{
    Each function of stages becomes a function of `fusion.kernel` ops. Every decision leaves a remark with its reason and numbers
    (category `fuse`) and a line in the function's `fusion.decisions` attribute. The choices are kept in `fusion.choices`; a function that
    comes with this attribute is planned by it, whatever its own shape would suggest.
  }];
  let options = [
    Option<"arch", "arch", "std::string", "\"sm_90a\"", "device the plan is for">,
    Option<"batch", "batch", "int64_t", "128", "batch size that stands for a dynamic one">,
    Option<"bandwidth", "bandwidth", "double", "0", "bytes per second, instead of the device's own">,
    Option<"flops", "flops", "double", "0", "fp32 flop per second, instead of the device's own">,
  ];
  let dependentDialects = ["::fusion::FusionDialect"];
}

#endif
