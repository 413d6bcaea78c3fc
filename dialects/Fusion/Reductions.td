// Reductions over any dims. Semantics are PyTorch's. `sum`, `max`, `min`, `moments`, `extreme_grad` and `count` are primitive; the others are
// composite: -fusion-decompose-norms rewrites them.
#ifndef FUSION_REDUCTIONS_TD
#define FUSION_REDUCTIONS_TD

include "FusionBase.td"

// Constraints that reductions share:
// * (reduction_c1) `dims` are ascending dims of the operand, at least one.
// * (reduction_c2) the result's shape is the operand's without `dims`, or with 1 in their place where `keepdim` is given.
// * (reduction_c3) what is not a sum needs an element: no reduced dim is 0.

class Fusion_Reduction<string mnemonic, string what, string constraints, dag attributes = (ins)> : Fusion_NamedOp<mnemonic> {
  let summary = what # " over `dims`, which are dropped from the shape or, with `keepdim`, become 1";
  let description = "Constraints: " # constraints # ".";
  let arguments = !con((ins Fusion_Tensor:$x, DenseI64ArrayAttr:$dims, UnitAttr:$keepdim), attributes);
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($y)";
}

def Fusion_SumOp : Fusion_Reduction<"sum", "the sum", "reduction_c1, reduction_c2">;
def Fusion_MaxOp : Fusion_Reduction<"max", "the largest element, NaN if there is one,", "reduction_c1 to reduction_c3">;
def Fusion_MinOp : Fusion_Reduction<"min", "the smallest element, NaN if there is one,", "reduction_c1 to reduction_c3">;
def Fusion_MeanOp : Fusion_Reduction<"mean", "the mean", "reduction_c1, reduction_c2">;
def Fusion_LogSumExpOp : Fusion_Reduction<"logsumexp", "log(sum(exp(x)))", "reduction_c1 to reduction_c3">;
def Fusion_VarianceOp : Fusion_Reduction<"variance", "the sum of squared distances from the mean, divided by max(0, count - correction),",
    "reduction_c1, reduction_c2, and (variance_c1) the correction is finite",
    (ins DefaultValuedAttr<F64Attr, "::llvm::APFloat(1.0)">:$correction)>;

def Fusion_MomentsOp : Fusion_NamedOp<"moments", [AllTypesMatch<["mean", "variance"]>]> {
  let summary = "mean and biased variance over `dims`, which are dropped from the shape or, with `keepdim`, become 1";
  let description = [{
    ```mlir
    %mean, %variance = fusion.moments %x {dims = array<i64: 1, 2>, keepdim} : tensor<?x4x5xf32> to tensor<?x1x1xf32>
    ```

    Constraints: reduction_c1, and reduction_c2 with results in f32.
  }];
  let arguments = (ins Fusion_Tensor:$x, DenseI64ArrayAttr:$dims, UnitAttr:$keepdim);
  let results = (outs Fusion_Tensor:$mean, Fusion_Tensor:$variance);
  let hasVerifier = 1;
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($mean)";
}

def Fusion_CountOp : Fusion_NamedOp<"count"> {
  let summary = "how many elements of x share one element of a reduction over `dims`, as a scalar";
  let description = [{
    For reductions over an unknown batch; where the count is known, passes make it a `constant`.

    ```mlir
    %n = fusion.count %x {dims = array<i64: 0>} : tensor<?x4xf32> to tensor<f32>
    ```

    Constraints: reduction_c1, and
    * (count_c1) the result is an f32 scalar.
  }];
  let arguments = (ins Fusion_Tensor:$x, DenseI64ArrayAttr:$dims);
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($y)";
}

def Fusion_ExtremeGradOp : Fusion_NamedOp<"extreme_grad", [AllTypesMatch<["x", "dx"]>]> {
  let summary = "gradient of the reduction `of`, max or min: dy at the first index of the extreme element, 0 elsewhere";
  let description = [{
    The first index in row-major order of the reduced dims. A NaN is more extreme than any number.

    ```mlir
    %dx = fusion.extreme_grad "max" %dy, %x {dims = array<i64: 1>} : (tensor<?x5xf32>, tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
    ```

    Constraints:
    * (extreme_grad_c1) `of` is `max` or `min`.
    * (extreme_grad_c2) the reduction of `x` over `dims` is valid (reduction_c1 to reduction_c3) and has dy's type.
  }];
  let arguments = (ins Fusion_Tensor:$dy, Fusion_Tensor:$x, StrAttr:$of, DenseI64ArrayAttr:$dims, UnitAttr:$keepdim);
  let results = (outs Fusion_Tensor:$dx);
  let hasVerifier = 1;
  let assemblyFormat = "$of $dy `,` $x attr-dict `:` functional-type(operands, results)";
}

#endif
