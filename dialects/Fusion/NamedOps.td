// The layer users think in: anchors, norms, arithmetic. Semantics are PyTorch's. Constraints carry numbers (conv_c1); every one is cited
// in the verifier's message and has a test in test/Dialect/*-invalid.mlir.
#ifndef FUSION_NAMED_OPS_TD
#define FUSION_NAMED_OPS_TD

include "Activations.td"

// ---------------------------------------------------------------- anchors

class Fusion_ConvLike<string mnemonic, dag operands, dag res> : Fusion_NamedOp<mnemonic> {
  dag window = (ins UnitAttr:$transposed, OptionalAttr<DenseI64ArrayAttr>:$stride, OptionalAttr<DenseI64ArrayAttr>:$padding,
                    OptionalAttr<DenseI64ArrayAttr>:$output_padding, OptionalAttr<DenseI64ArrayAttr>:$dilation,
                    DefaultValuedAttr<I64Attr, "1">:$groups);
  let arguments = !con(operands, window);
  let results = res;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The window with every default filled in; `spatialRank` entries each.
    ::fusion::Window getWindow();
  }];
}

def Fusion_ConvOp : Fusion_ConvLike<"conv", (ins Fusion_Tensor:$x, Fusion_Tensor:$weight, Optional<Fusion_Tensor>:$bias), (outs Fusion_Tensor:$y)> {
  let summary = "convolution or transposed convolution in 1 to 3 spatial dims";
  let description = [{
    `x` is `[N, Cin, spatial...]`; `weight` is `[Cout, Cin/groups, taps...]`, or `[Cin, Cout/groups, taps...]` when transposed.
    Omitted window attributes default to stride 1, padding 0, output padding 0, dilation 1.

    ```mlir
    %y = fusion.conv %x, %w bias %b {stride = array<i64: 2, 2>} : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<?x4x3x3xf32>
    ```

    Constraints:
    * (conv_c1) `x` has rank 3, 4 or 5.
    * (conv_c2) `weight` has the rank of `x`, and no unknown or zero extent.
    * (conv_c3) every window attribute that is given has one entry per spatial dim.
    * (conv_c4) 1 <= stride, dilation <= 2^31-1.
    * (conv_c5) 0 <= padding <= 2^31-1.
    * (conv_c6) 0 <= output padding < max(stride, dilation), and 0 everywhere unless transposed.
    * (conv_c7) groups >= 1 divides Cin and Cout.
    * (conv_c8) `weight` has as many input channels as `x` has, over all groups.
    * (conv_c9) `bias` is `[Cout]`.
    * (conv_c10) the window fits the padded input: every output extent is at least 1.
    * (conv_c11) the result is `[N, Cout, output extents...]`.
  }];
  let assemblyFormat = "$x `,` $weight (`bias` $bias^)? attr-dict `:` functional-type(operands, results)";
}

def Fusion_ConvGradInputOp : Fusion_ConvLike<"conv_grad_input", (ins Fusion_Tensor:$dy, Fusion_Tensor:$weight), (outs Fusion_Tensor:$dx)> {
  let summary = "gradient of a convolution's input; the window attributes are the convolution's own";
  let description = [{
    Constraints:
    * (conv_grad_input_c1) a `conv` of these window attributes from `dx`'s type with `weight` to `dy`'s type is valid (conv_c1 to conv_c11).
  }];
  let assemblyFormat = "$dy `,` $weight attr-dict `:` functional-type(operands, results)";
}

def Fusion_ConvGradWeightOp : Fusion_ConvLike<"conv_grad_weight", (ins Fusion_Tensor:$dy, Fusion_Tensor:$x), (outs Fusion_Tensor:$dweight)> {
  let summary = "gradient of a convolution's weight; the window attributes are the convolution's own";
  let description = [{
    Constraints:
    * (conv_grad_weight_c1) a `conv` of these window attributes from `x` with `dweight`'s type to `dy`'s type is valid (conv_c1 to conv_c11).
  }];
  let assemblyFormat = "$dy `,` $x attr-dict `:` functional-type(operands, results)";
}

def Fusion_LinearOp : Fusion_NamedOp<"linear"> {
  let summary = "y = x * weight^T + bias";
  let description = [{
    `x` is `[N, K]`, `weight` is `[F, K]` as in PyTorch, `bias` is `[F]`.

    Constraints:
    * (linear_c1) `x` and `weight` have rank 2, and `weight` has no unknown or zero extent.
    * (linear_c2) `x` and `weight` have the same number of input features K.
    * (linear_c3) `bias` is `[F]`.
    * (linear_c4) the result is `[N, F]`.
  }];
  let arguments = (ins Fusion_Tensor:$x, Fusion_Tensor:$weight, Optional<Fusion_Tensor>:$bias);
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$x `,` $weight (`bias` $bias^)? attr-dict `:` functional-type(operands, results)";
}

def Fusion_MatmulOp : Fusion_NamedOp<"matmul"> {
  let summary = "matrix product of two rank-2 tensors, each optionally transposed";
  let description = [{
    Constraints:
    * (matmul_c1) both operands have rank 2.
    * (matmul_c2) the extents that are summed over agree.
    * (matmul_c3) the result has the remaining two extents.
  }];
  let arguments = (ins Fusion_Tensor:$a, Fusion_Tensor:$b, UnitAttr:$transpose_a, UnitAttr:$transpose_b);
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$a `,` $b attr-dict `:` functional-type(operands, results)";
}

// ---------------------------------------------------------------- elementwise

def Fusion_ConstantOp : Fusion_NamedOp<"constant"> {
  let summary = "a scalar as a rank-0 tensor, rounded to the element type";
  let description = [{
    Constraints:
    * (constant_c1) the result has rank 0.
    * (constant_c2) the value is finite in the element type.
  }];
  let arguments = (ins F64Attr:$value);
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$value attr-dict `:` type($y)";
}

def Fusion_CastOp : Fusion_NamedOp<"cast"> {
  let summary = "the operand in another element type, rounded to the nearest value of it, ties to even";
  let description = [{
    Rounds wherever it stands, also between ops of one kernel. With `exact` only the type changes: the value is rounded where it is written
    to memory, like every other. The passes' own casts are exact.

    ```mlir
    %y = fusion.cast %x : tensor<?x4xf32> to tensor<?x4xbf16>
    ```

    Constraints:
    * (cast_c1) the result has the operand's shape.
  }];
  let arguments = (ins Fusion_Tensor:$x, UnitAttr:$exact);
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($y)";
  let extraClassDeclaration = [{
    /// Whether the value changes: the result's type holds fewer values than the operand's.
    bool rounds();
  }];
}

class Fusion_Binary<string mnemonic, string what, list<Trait> traits = []> : Fusion_NamedOp<mnemonic, traits> {
  let summary = what # ", operands broadcast from the right as in PyTorch";
  let description = [{
    Constraints:
    * (binary_c1) the operands' shapes broadcast; an unknown batch meets an unknown batch or 1.
    * (binary_c2) the result has the shape the operands broadcast to.
  }];
  let arguments = (ins Fusion_Tensor:$lhs, Fusion_Tensor:$rhs);
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}
def Fusion_AddOp : Fusion_Binary<"add", "lhs + rhs">;
def Fusion_SubOp : Fusion_Binary<"sub", "lhs - rhs">;
def Fusion_MulOp : Fusion_Binary<"mul", "lhs * rhs">;
def Fusion_DivOp : Fusion_Binary<"div", "lhs / rhs">;

def Fusion_MaximumOp : Fusion_Binary<"maximum", "the larger of lhs and rhs, NaN if either is">;
def Fusion_MinimumOp : Fusion_Binary<"minimum", "the smaller of lhs and rhs, NaN if either is">;

class Fusion_Ternary<string mnemonic, string what, string details, dag operands> : Fusion_NamedOp<mnemonic> {
  let summary = what # ", operands broadcast from the right as in PyTorch";
  let description = details # [{

    Constraints:
    * (ternary_c1) the operands' shapes broadcast; an unknown batch meets an unknown batch or 1.
    * (ternary_c2) the result has the shape the operands broadcast to.
  }];
  let arguments = operands;
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
}
def Fusion_WhereOp : Fusion_Ternary<"where", "lhs where cond is not zero (NaN is not), rhs elsewhere", "`cond` has no gradient.",
                                    (ins Fusion_Tensor:$cond, Fusion_Tensor:$lhs, Fusion_Tensor:$rhs)> {
  let assemblyFormat = "$cond `,` $lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}
def Fusion_StandardizeOp : Fusion_Ternary<"standardize", "(x - mean) * rstd", [{The step that norms made of `moments` have in common. Its
    gradient goes through the statistics where they are the operand's own: `rstd` is `rsqrt(variance + constant)` of its `moments`.}],
    (ins Fusion_Tensor:$x, Fusion_Tensor:$mean, Fusion_Tensor:$rstd)> {
  let assemblyFormat = "$x `stats` $mean `,` $rstd attr-dict `:` functional-type(operands, results)";
}
class Fusion_ExtremumGrad<string mnemonic, string of>
    : Fusion_Ternary<mnemonic, "gradient of operand x in " # of # "(x, other)",
                     "`dy` where x is the result, `dy / 2` where both are, 0 elsewhere; a NaN leaves `dy` to both operands.",
                     (ins Fusion_Tensor:$dy, Fusion_Tensor:$x, Fusion_Tensor:$other)> {
  let assemblyFormat = "$dy `,` $x `,` $other attr-dict `:` functional-type(operands, results)";
}
def Fusion_MaximumGradOp : Fusion_ExtremumGrad<"maximum_grad", "maximum">;
def Fusion_MinimumGradOp : Fusion_ExtremumGrad<"minimum_grad", "minimum">;

def Fusion_ActivationGradOp : Fusion_NamedOp<"activation_grad", [AllTypesMatch<["dy", "x", "dx"]>]> {
  let summary = "gradient of an activation's operand: dy times the derivative of activation `of` at x";
  let description = [{
    `of` names the activation op (`"swish"`); `params` holds its attributes.

    ```mlir
    %dx = fusion.activation_grad "leaky_relu" %dy, %x {params = {slope = 1.000000e-02 : f64}} : tensor<4xf32>
    ```

    Constraints:
    * (activation_grad_c1) `of` is an activation op of this dialect.
    * (activation_grad_c2) `params` holds exactly the attributes of that op, valid for it.
  }];
  let arguments = (ins Fusion_Tensor:$dy, Fusion_Tensor:$x, StrAttr:$of, DefaultValuedAttr<DictionaryAttr, "{}">:$params);
  let results = (outs Fusion_Tensor:$dx);
  let hasVerifier = 1;
  let assemblyFormat = "$of $dy `,` $x attr-dict `:` type($dx)";
}

def Fusion_SumToOp : Fusion_NamedOp<"sum_to"> {
  let summary = "sums over `dims`, by default over every dim that the result's shape broadcasts over (the gradient of broadcasting)";
  let description = [{
    Without `dims` the result's shape is aligned with the operand's from the right, and every dim that is missing or of size 1
    in the result but not in the operand is summed. With `dims` exactly these dims are summed and dropped from the shape.

    ```mlir
    %a = fusion.sum_to %x : tensor<?x4x5xf32> to tensor<4x1xf32>
    %b = fusion.sum_to %x {dims = array<i64: 0, 2>} : tensor<?x4x5xf32> to tensor<4xf32>
    ```

    Constraints:
    * (sum_to_c1) `dims` are ascending dims of the operand.
    * (sum_to_c2) without `dims`, the result's shape broadcasts to the operand's.
    * (sum_to_c3) with `dims`, the result's shape is the operand's without them.
  }];
  let arguments = (ins Fusion_Tensor:$x, OptionalAttr<DenseI64ArrayAttr>:$dims);
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($y)";
  let extraClassDeclaration = [{
    /// The operand's dims that are summed, ascending, whether given or implied by the result's shape.
    ::llvm::SmallVector<int64_t> getSummedDims();
  }];
}

// ---------------------------------------------------------------- norms
//
// Constraints the norms share:
// * (norm_c1) `x` has rank 2 or more: `[N, C, ...]`.
// * (norm_c2) groups >= 1 divides C; where statistics are operands, groups is their second extent.
// * (norm_c3) eps is finite and not negative.
// * (norm_c4) `gamma` and `beta` are `[C]`, and come together or not at all.
// * (norm_c5) a result that is a tensor like `x` has `x`'s type.
// * (norm_c6) `mean` and `rstd` are `[N, groups]`, in f32.

def Fusion_GroupNormOp : Fusion_NamedOp<"group_norm", [AttrSizedOperandSegments]> {
  let summary = "group normalisation: gamma * (x - mean) / sqrt(var + eps) + beta, biased variance, per (image, group of channels)";
  let description = [{
    `gamma` and `beta` are per channel and come together or not at all. Decomposed into `group_stats` and `normalize`.
    Constraints: norm_c1 to norm_c5.
  }];
  let arguments = (ins Fusion_Tensor:$x, Optional<Fusion_Tensor>:$gamma, Optional<Fusion_Tensor>:$beta, I64Attr:$groups, F64Attr:$eps);
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$x (`affine` $gamma^ `,` $beta)? attr-dict `:` functional-type(operands, results)";
}

def Fusion_GroupStatsOp : Fusion_NamedOp<"group_stats"> {
  let summary = "mean and 1 / sqrt(biased variance + eps) per (image, group)";
  let description = "Constraints: norm_c1, norm_c2, norm_c3, norm_c6.";
  let arguments = (ins Fusion_Tensor:$x, I64Attr:$groups, F64Attr:$eps);
  let results = (outs Fusion_Tensor:$mean, Fusion_Tensor:$rstd);
  let hasVerifier = 1;
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
}

def Fusion_NormalizeOp : Fusion_NamedOp<"normalize", [AttrSizedOperandSegments]> {
  let summary = "(x - mean) * rstd * gamma + beta with per-group statistics and per-channel affine";
  let description = "Constraints: norm_c1, norm_c2, norm_c4, norm_c5, norm_c6.";
  let arguments = (ins Fusion_Tensor:$x, Fusion_Tensor:$mean, Fusion_Tensor:$rstd, Optional<Fusion_Tensor>:$gamma, Optional<Fusion_Tensor>:$beta);
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$x `stats` $mean `,` $rstd (`affine` $gamma^ `,` $beta)? attr-dict `:` functional-type(operands, results)";
}

def Fusion_NormalizeGradOp : Fusion_NamedOp<"normalize_grad"> {
  let summary = "gradient of a norm through its statistics: with n = (x - mean) * rstd and g = dy * gamma, rstd * (g - mean_group(g) - n * mean_group(g * n))";
  let description = [{
    gamma's and beta's gradients are ordinary sums (`sum_to` of `dy * n` and of `dy`), built by the derivative rule from `normalize` without affine.
    Constraints: norm_c1, norm_c2, norm_c4 (`gamma` alone), norm_c5 for `dy` and the result, norm_c6.
  }];
  let arguments = (ins Fusion_Tensor:$dy, Fusion_Tensor:$x, Fusion_Tensor:$mean, Fusion_Tensor:$rstd, Optional<Fusion_Tensor>:$gamma);
  let results = (outs Fusion_Tensor:$dx);
  let hasVerifier = 1;
  let assemblyFormat = "$dy `,` $x `stats` $mean `,` $rstd (`affine` $gamma^)? attr-dict `:` functional-type(operands, results)";
}

#endif
