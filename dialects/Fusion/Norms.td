// Norms other than group normalisation. All are composite but `standardize`: -fusion-decompose-norms rewrites them into statistics,
// reductions and arithmetic. Constraints norm_c1 to norm_c6 stand in NamedOps.td.
#ifndef FUSION_NORMS_TD
#define FUSION_NORMS_TD

include "FusionBase.td"

// Constraints of norms over trailing dims:
// * (trailing_c1) 1 <= normalised_dims <= the rank of x, and none of these dims is unknown or 0.
// * (trailing_c2) gamma and beta have the shape of these dims.

def Fusion_LayerNormOp : Fusion_NamedOp<"layer_norm", [AttrSizedOperandSegments]> {
  let summary = "layer normalisation: gamma * (x - mean) / sqrt(var + eps) + beta, biased variance, over the last `normalised_dims` dims";
  let description = [{
    ```mlir
    %y = fusion.layer_norm %x affine %g, %b {normalised_dims = 2 : i64, eps = 1.0e-5} : (tensor<?x3x4x5xf32>, tensor<4x5xf32>, tensor<4x5xf32>) -> tensor<?x3x4x5xf32>
    ```

    `gamma` and `beta` come together or not at all. Constraints: trailing_c1, trailing_c2, norm_c3, norm_c5.
  }];
  let arguments = (ins Fusion_Tensor:$x, Optional<Fusion_Tensor>:$gamma, Optional<Fusion_Tensor>:$beta, I64Attr:$normalised_dims, F64Attr:$eps);
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$x (`affine` $gamma^ `,` $beta)? attr-dict `:` functional-type(operands, results)";
}

def Fusion_RmsNormOp : Fusion_NamedOp<"rms_norm"> {
  let summary = "gamma * x / sqrt(mean(x * x) + eps) over the last `normalised_dims` dims";
  let description = [{
    Constraints: trailing_c1, trailing_c2 (`gamma`), norm_c3, norm_c5.
  }];
  let arguments = (ins Fusion_Tensor:$x, Optional<Fusion_Tensor>:$gamma, I64Attr:$normalised_dims, F64Attr:$eps);
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$x (`affine` $gamma^)? attr-dict `:` functional-type(operands, results)";
}

def Fusion_InstanceNormOp : Fusion_NamedOp<"instance_norm", [AttrSizedOperandSegments]> {
  let summary = "group normalisation with a group per channel";
  let description = [{
    Constraints: norm_c3, norm_c4, norm_c5, and
    * (instance_norm_c1) x is `[N, C, spatial...]` with more than one position per channel.
  }];
  let arguments = (ins Fusion_Tensor:$x, Optional<Fusion_Tensor>:$gamma, Optional<Fusion_Tensor>:$beta, F64Attr:$eps);
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$x (`affine` $gamma^ `,` $beta)? attr-dict `:` functional-type(operands, results)";
}

def Fusion_BatchNormOp : Fusion_NamedOp<"batch_norm", [AttrSizedOperandSegments]> {
  let summary = "batch normalisation: gamma * (x - mean) / sqrt(var + eps) + beta per channel, over all dims but the channel";
  let description = [{
    In training the statistics are the batch's, with the biased variance. Given the running statistics, their updated values are two more
    results: `(1 - momentum) * running + momentum * batch`, with the unbiased variance; the batch's part has no gradient. With `inference`
    the running statistics are the statistics.

    ```mlir
    %y, %m, %v = fusion.batch_norm %x affine %g, %b running %mean, %var {eps = 1.0e-5, momentum = 0.1}
        : (tensor<?x4x5xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<?x4x5xf32>, tensor<4xf32>, tensor<4xf32>)
    ```

    Constraints: norm_c1, norm_c3, norm_c4, norm_c5, and
    * (batch_norm_c1) the running statistics are `[C]` and come together or not at all; `inference` needs them.
    * (batch_norm_c2) training with running statistics has two more results, both `[C]`; otherwise there is one result.
    * (batch_norm_c3) momentum is finite.
    * (batch_norm_c4) training needs more than one value per channel.
  }];
  let arguments = (ins Fusion_Tensor:$x, Optional<Fusion_Tensor>:$gamma, Optional<Fusion_Tensor>:$beta, Optional<Fusion_Tensor>:$running_mean,
                       Optional<Fusion_Tensor>:$running_variance, F64Attr:$eps,
                       DefaultValuedAttr<F64Attr, "::llvm::APFloat(0.1)">:$momentum, UnitAttr:$inference);
  let results = (outs Fusion_Tensor:$y, Variadic<Fusion_Tensor>:$updated);
  let hasVerifier = 1;
  let assemblyFormat = "$x (`affine` $gamma^ `,` $beta)? (`running` $running_mean^ `,` $running_variance)? attr-dict `:` functional-type(operands, results)";
}

class Fusion_SoftmaxLike<string mnemonic, string what> : Fusion_NamedOp<mnemonic, [AllTypesMatch<["x", "y"]>]> {
  let summary = what # " over `dims`";
  let description = "Constraints: reduction_c1, reduction_c3 (Reductions.td).";
  let arguments = (ins Fusion_Tensor:$x, DenseI64ArrayAttr:$dims);
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$x attr-dict `:` type($y)";
}
def Fusion_SoftmaxOp : Fusion_SoftmaxLike<"softmax", "exp(x) / sum(exp(x))">;
def Fusion_LogSoftmaxOp : Fusion_SoftmaxLike<"log_softmax", "x - log(sum(exp(x)))">;

#endif
