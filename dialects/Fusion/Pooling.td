// Pooling in 1 to 3 spatial dims, and its gradients. Semantics are PyTorch's.
#ifndef FUSION_POOLING_TD
#define FUSION_POOLING_TD

include "FusionBase.td"

// Constraints that pools share:
// * (pool_c1) x has rank 3, 4 or 5: `[N, C, spatial...]`.
// * (pool_c2) every window attribute has one entry per spatial dim.
// * (pool_c3) kernel, stride and dilation are at least 1 and at most 2^31-1.
// * (pool_c4) padding is not negative and at most half the window's reach, and no window lies in the padding alone.
// * (pool_c5) every output extent is at least 1.
// * (pool_c6) the result is `[N, C, output extents...]`.
// * (pool_c7) the divisor override is at least 1.
// * (pool_c8) output_size has one entry of at least 1 per spatial dim.

defvar Fusion_WindowAttributes = (ins DenseI64ArrayAttr:$kernel, OptionalAttr<DenseI64ArrayAttr>:$stride,
                                      OptionalAttr<DenseI64ArrayAttr>:$padding, UnitAttr:$ceil_mode);
defvar Fusion_MaxPoolAttributes = !con(Fusion_WindowAttributes, (ins OptionalAttr<DenseI64ArrayAttr>:$dilation));
defvar Fusion_AvgPoolAttributes = !con(Fusion_WindowAttributes, (ins DefaultValuedAttr<BoolAttr, "true">:$count_include_pad,
                                                                     OptionalAttr<I64Attr>:$divisor_override));
defvar Fusion_AdaptiveAttributes = (ins DenseI64ArrayAttr:$output_size);

class Fusion_Pool<string mnemonic, string what, string text, dag attributes> : Fusion_NamedOp<mnemonic> {
  let summary = what # " in 1 to 3 spatial dims";
  let description = text;
  let arguments = !con((ins Fusion_Tensor:$x), attributes);
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($y)";
}
defvar Fusion_GetWindow = [{
    /// The window with every default filled in.
    ::fusion::PoolWindow getWindow();
  }];
class Fusion_PoolGrad<string mnemonic, string what, string text, dag attributes> : Fusion_NamedOp<mnemonic> {
  let summary = "gradient of " # what # "; the attributes are the pool's own";
  let description = text;
  let arguments = !con((ins Fusion_Tensor:$dy), attributes);
  let results = (outs Fusion_Tensor:$dx);
  let hasVerifier = 1;
  let assemblyFormat = "$dy attr-dict `:` type($dy) `to` type($dx)";
}

def Fusion_MaxPoolOp : Fusion_Pool<"max_pool", "largest element of every window, NaN if there is one", [{
    Omitted: stride is the kernel, padding 0, dilation 1. Padding is never the largest element. With `ceil_mode` the last window may reach
    over the end, but starts inside the input or its left padding.

    ```mlir
    %y = fusion.max_pool %x {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1>} : tensor<?x4x8x8xf32> to tensor<?x4x4x4xf32>
    ```

    Constraints: pool_c1 to pool_c6.
  }], Fusion_MaxPoolAttributes> {
  let extraClassDeclaration = Fusion_GetWindow;
}
def Fusion_AvgPoolOp : Fusion_Pool<"avg_pool", "mean of every window", [{
    Omitted: stride is the kernel, padding 0. The sum is divided by `divisor_override` where given; else by the window's elements, those of
    the padding included unless `count_include_pad` is false. What lies beyond the right padding (`ceil_mode`) never counts.

    Constraints: pool_c1 to pool_c7.
  }], Fusion_AvgPoolAttributes> {
  let extraClassDeclaration = Fusion_GetWindow;
}
def Fusion_AdaptiveAvgPoolOp : Fusion_Pool<"adaptive_avg_pool", "means of `output_size` windows that cover the input", [{
    Window o of n over extent e reaches from floor(o * e / n) to ceil((o + 1) * e / n). All ones are the global mean.

    ```mlir
    %y = fusion.adaptive_avg_pool %x {output_size = array<i64: 1, 1>} : tensor<?x4x8x8xf32> to tensor<?x4x1x1xf32>
    ```

    Constraints: pool_c1, pool_c6, pool_c8.
  }], Fusion_AdaptiveAttributes>;

def Fusion_MaxPoolGradOp : Fusion_NamedOp<"max_pool_grad", [AllTypesMatch<["x", "dx"]>]> {
  let summary = "gradient of a max pool: dy goes to the largest element of its window; the attributes are the pool's own";
  let description = [{
    The first of several equal ones, in row-major order of the window; where there are NaN, the last of them, as in PyTorch.

    Constraints:
    * (pool_grad_c1) a pool of these attributes from `x`'s type to `dy`'s type is valid (pool_c1 to pool_c6).
  }];
  let arguments = !con((ins Fusion_Tensor:$dy, Fusion_Tensor:$x), Fusion_MaxPoolAttributes);
  let results = (outs Fusion_Tensor:$dx);
  let hasVerifier = 1;
  let assemblyFormat = "$dy `,` $x attr-dict `:` functional-type(operands, results)";
  let extraClassDeclaration = Fusion_GetWindow;
}
def Fusion_AvgPoolGradOp : Fusion_PoolGrad<"avg_pool_grad", "an average pool", [{
    Constraints: pool_grad_c1, from `dx`'s type to `dy`'s type.
  }], Fusion_AvgPoolAttributes> {
  let extraClassDeclaration = Fusion_GetWindow;
}
def Fusion_AdaptiveAvgPoolGradOp : Fusion_PoolGrad<"adaptive_avg_pool_grad", "an adaptive average pool", [{
    Constraints: pool_grad_c1, from `dx`'s type to `dy`'s type.
  }], Fusion_AdaptiveAttributes>;

#endif
