// Named ops that rearrange, repeat, cut off or mask a tensor.
#ifndef FUSION_SHAPE_OPS_TD
#define FUSION_SHAPE_OPS_TD

include "FusionBase.td"

def Fusion_ReshapeOp : Fusion_NamedOp<"reshape"> {
  let summary = "the same elements in the same order under another shape";
  let description = [{
    An unknown batch stays in front, or is merged with dims behind it into an unknown leading dim, or is what such a dim is split into.

    ```mlir
    %a = fusion.reshape %x : tensor<?x4x5xf32> to tensor<?x20xf32>
    %b = fusion.reshape %x : tensor<?x4x5xf32> to tensor<?x5xf32>
    ```

    Constraints:
    * (reshape_c1) both shapes have an unknown batch, or neither has.
    * (reshape_c2) both have the same number of elements; with an unknown batch, the elements behind one of the leading dims are a multiple
      of those behind the other.
  }];
  let arguments = (ins Fusion_Tensor:$x);
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($y)";
}

def Fusion_BroadcastOp : Fusion_NamedOp<"broadcast"> {
  let summary = "repeats a tensor along the dims in which the result is larger, aligned from the right";
  let description = [{
    An unknown batch that only the result has is the function's batch, as it is: not one that `reshape` merged with other dims.

    ```mlir
    %y = fusion.broadcast %x : tensor<4x1xf32> to tensor<?x4x5xf32>
    ```

    Constraints:
    * (broadcast_c1) the operand's shape broadcasts to the result's.
  }];
  let arguments = (ins Fusion_Tensor:$x);
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($y)";
}

def Fusion_DetachOp : Fusion_NamedOp<"detach", [AllTypesMatch<["x", "y"]>]> {
  let summary = "the operand itself, without a gradient";
  let arguments = (ins Fusion_Tensor:$x);
  let results = (outs Fusion_Tensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($y)";
}

def Fusion_DropoutOp : Fusion_NamedOp<"dropout", [AllTypesMatch<["x", "y"]>]> {
  let summary = "x * mask / (1 - p), where the mask is 0 with probability p and else 1";
  let description = [{
    The mask is a function of the element's row-major index i, of `seed` and of `offset`: word i mod 4 of Philox4x32-10 with the key `seed`
    and the counter `offset` + i / 4 (64 bits each, low word first). Its upper 24 bits are a number u in [0, 1), and the element is kept where
    u >= p. The gradient is the same op applied to dy. Where p is 1 everything is dropped. A dropped NaN or infinity is NaN, as in PyTorch.

    ```mlir
    %y = fusion.dropout %x {p = 0.2 : f64, seed = 42 : i64, offset = 0 : i64} : tensor<?x4xf32>
    ```

    Constraints:
    * (dropout_c1) 0 <= p <= 1.
  }];
  let arguments = (ins Fusion_Tensor:$x, F64Attr:$p, I64Attr:$seed, I64Attr:$offset);
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$x attr-dict `:` type($y)";
}

def Fusion_WithinOp : Fusion_NamedOp<"within", [AllTypesMatch<["x", "y"]>]> {
  let summary = "the operand where its index along a spatial dim lies in [from, to), zero elsewhere, whatever stands there";
  let description = [{
    Sums of parts of a picture are sums of this. The gradient is the same op applied to dy.

    ```mlir
    %y = fusion.within %x {dim = 2 : i64, from = 1 : i64, to = 8 : i64} : tensor<?x4x8x8xf32>
    ```

    Constraints:
    * (within_c1) `dim` is a spatial dim of `x`: at least 2.
    * (within_c2) 0 <= from <= to <= the extent of that dim.
  }];
  let arguments = (ins Fusion_Tensor:$x, I64Attr:$dim, I64Attr:$from, I64Attr:$to);
  let results = (outs Fusion_Tensor:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$x attr-dict `:` type($y)";
}

#endif
