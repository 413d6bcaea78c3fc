// The layer fusion works on. Stages see tensors through linear offsets of the coordinates (n, c, p).
#ifndef FUSION_STAGE_OPS_TD
#define FUSION_STAGE_OPS_TD

include "FusionBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/EnumAttr.td"

def Fusion_ReduceKind : I32EnumAttr<"ReduceKind", "what a reduction merges", [
    I32EnumAttrCase<"sum", 0>, I32EnumAttrCase<"moments", 1>, I32EnumAttrCase<"max", 2>, I32EnumAttrCase<"min", 3>,
    I32EnumAttrCase<"argmax", 4>, I32EnumAttrCase<"argmin", 5>]> { let cppNamespace = "::fusion"; }
def Fusion_ContractKind : I32EnumAttr<"ContractKind", "which of the three windowed tensors a contraction computes", [
    I32EnumAttrCase<"gather", 0>, I32EnumAttrCase<"scatter", 1>, I32EnumAttrCase<"weight", 2>, I32EnumAttrCase<"matmul", 3>]> { let cppNamespace = "::fusion"; }
def Fusion_PoolKind : I32EnumAttr<"PoolKind", "what a pool makes of a window", [
    I32EnumAttrCase<"average", 0>, I32EnumAttrCase<"max", 1>, I32EnumAttrCase<"average_grad", 2>, I32EnumAttrCase<"max_grad", 3>]> { let cppNamespace = "::fusion"; }
def Fusion_PartialLayout : I32EnumAttr<"PartialLayout", "how a kernel lays out its partials", [
    I32EnumAttrCase<"tiles_inner", 0>, I32EnumAttrCase<"tiles_outer", 1>]> { let cppNamespace = "::fusion"; }

// Constraints that several stages share:
//   (access_c1) an access map has the three dims (n, c, p), no symbols and one result, the linear offset;
//   (access_c2) the offsets of an access over the domain lie inside its tensor, an unknown batch taken as 2 images;
//   (domain_c1) a domain is [N, C, P]: C and P at least 1, N at least 0 or `?`.

def Fusion_MapOp : Fusion_Op<"map"> {
  let summary = "one scalar region per element of the domain, over operands broadcast by access maps";
  let description = [{
    The domain `[N, C, P]` stands behind `over`, an unknown batch as `?`. `access[i]` maps `(n, c, p)` to the linear offset in operand i,
    `result_access` to the offset in the result. `source` names the op that a stage comes from. With `index`, the region gets one more
    argument: the value of that map of `(n, c, p)` and, as a symbol, the batch (exact below 2^24). Scalars are f32 whatever the tensors'
    element types: what is read is widened, and only a store rounds.

    ```mlir
    #full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
    #channel = affine_map<(n, c, p) -> (c)>
    %y = fusion.map(%x, %bias) over [?, 4, 8] attributes {access = [#full, #channel], result_access = #full, source = "bias"}
        : (tensor<?x4x8xf32>, tensor<4xf32>) -> tensor<?x4x8xf32> {
    ^bb0(%a: f32, %b: f32):
      %sum = arith.addf %a, %b : f32
      fusion.yield %sum : f32
    }
    ```

    Constraints, besides access_c1, access_c2 and domain_c1:
    * (map_c1) There is one access map per operand.
    * (map_c2) The domain is the result's shape, seen as `(n, c, p)`.
    * (map_c3) `result_access` is the dense row-major access of the domain.
    * (map_c4) The region has one f32 argument per operand (and one for `index`) and ends with `fusion.yield`.
    * (map_c5) The region holds only the scalar ops that formulas are made of: arith's constant, addf, subf, mulf, divf, negf, select and
      cmpf (olt, ole, ogt, oge, oeq, une), math's exp, expm1, log, log1p, tanh, erf, sqrt, rsqrt, absf and powf, `fusion.uniform` and
      `fusion.round`.
    * (map_c6) `index` has the three dims, at most one symbol and one result.
  }];
  let arguments = (ins Variadic<Fusion_Tensor>:$inputs, AffineMapArrayAttr:$access, AffineMapAttr:$result_access, DenseI64ArrayAttr:$domain,
                       OptionalAttr<AffineMapAttr>:$index);
  let results = (outs Fusion_Tensor:$result);
  let regions = (region SizedRegion<1>:$body);
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let assemblyFormat = "`(` $inputs `)` `over` custom<Domain>($domain) attr-dict-with-keyword `:` functional-type($inputs, $result) $body";
}

def Fusion_UniformOp : Fusion_Op<"uniform", [ParentOneOf<["MapOp"]>]> {
  let summary = "a random number in [0, 1) that is a function of the element's place (Philox4x32-10, see fusion.dropout)";
  let arguments = (ins I64Attr:$seed, I64Attr:$offset);
  let results = (outs F32:$value);
  let assemblyFormat = "attr-dict `:` type($value)";
}

def Fusion_RoundOp : Fusion_Op<"round", [ParentOneOf<["MapOp"]>]> {
  let summary = "the nearest value that f16 or bf16 holds, ties to even, as f32";
  let description = [{
    Constraints:
    * (round_c1) `to` is f16 or bf16.
  }];
  let arguments = (ins F32:$x, TypeAttr:$to);
  let results = (outs F32:$value);
  let hasVerifier = 1;
  let assemblyFormat = "$x `to` $to attr-dict `:` type($value)";
}

def Fusion_YieldOp : Fusion_Op<"yield", [Terminator, ReturnLike, ParentOneOf<["MapOp"]>]> {
  let summary = "the scalar a map computes";
  let arguments = (ins F32:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def Fusion_ReduceOp : Fusion_Op<"reduce"> {
  let summary = "merges all domain elements that `result_access` sends to the same offset, in fixed order";
  let description = [{
    `moments` has two results, mean and the biased variance; the others have one. `max` and `min` hand NaN on; `argmax` and `argmin` give
    the place of the first extreme among the merged elements in memory order, NaN being more extreme than any number.

    ```mlir
    #full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
    #group = affine_map<(n, c, p) -> (n * 2 + c floordiv 2)>
    %mean, %variance = fusion.reduce moments %x over [?, 4, 8] attributes {access = #full, result_access = #group, source = "statistics"}
        : (tensor<?x4x8xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>)
    ```

    Constraints, besides access_c1 and domain_c1:
    * (reduce_c1) `moments` has two results of one type, the others have one.
    * (reduce_c2) The domain is the operand's shape, seen as `(n, c, p)`.
    * (reduce_c3) `access` is the dense row-major access of the domain.
    * (reduce_c4) `result_access` reaches the result's last element and nothing behind it, an unknown batch taken as 2 images.
  }];
  let arguments = (ins Fusion_ReduceKind:$kind, Fusion_Tensor:$input, AffineMapAttr:$access, AffineMapAttr:$result_access, DenseI64ArrayAttr:$domain);
  let results = (outs Variadic<Fusion_Tensor>:$results);
  let hasVerifier = 1;
  let assemblyFormat = "$kind $input `over` custom<Domain>($domain) attr-dict-with-keyword `:` functional-type($input, $results)";
}

def Fusion_ContractOp : Fusion_Op<"contract"> {
  let summary = "a windowed product-sum between the tensors S, L and W (docs/architecture.md), or a matrix product";
  let description = [{
    `gather` computes S from L and W, `scatter` computes L from S and W, `weight` computes W from S and L, in this order of operands.
    `matmul` is A B, either operand transposed on request. A weight contraction inside a kernel leaves partials: its result has an
    unknown extent in front, one W per tile. So does a matrix product inside a kernel whose sum over k is split: one product per split.

    ```mlir
    %s = fusion.contract gather %l, %w {stride = array<i64: 2>, padding = array<i64: 1>, dilation = array<i64: 1>, source = "convolution"}
        : (tensor<?x6x9xf32>, tensor<4x6x3xf32>) -> tensor<?x4x5xf32>
    ```

    Constraints:
    * (contract_c1) A windowed contraction has one entry of stride, padding and dilation per spatial dim; `matmul` has none, and one group.
    * (contract_c2) Entries of stride and dilation are at least 1, those of padding at least 0.
    * (contract_c3) S, L and W have one rank from 3 to 5 and static extents of at least 1, but for the batch.
    * (contract_c4) S and L have one batch.
    * (contract_c5) groups is at least 1 and divides the channels A of S and B of L; W is `[A, B / groups, taps...]`.
    * (contract_c6) The windows of S lie inside L and its padding.
    * (contract_c7) `matmul` has operands and a result of rank 2 whose extents agree; split, the result is f32.
    * (contract_c8) Only `matmul` transposes.
    * (contract_c9) Only a gather or scatter is `packed`: its W lies in memory as `fusion.pack` leaves it.
  }];
  let arguments = (ins Fusion_ContractKind:$kind, Fusion_Tensor:$lhs, Fusion_Tensor:$rhs,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$stride, DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$padding,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$dilation, DefaultValuedAttr<I64Attr, "1">:$groups,
                       UnitAttr:$transpose_a, UnitAttr:$transpose_b, UnitAttr:$packed);
  let results = (outs Fusion_Tensor:$result);
  let hasVerifier = 1;
  let assemblyFormat = "$kind $lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
  let extraClassDeclaration = [{
    /// Whether this is a matrix product of a kernel that leaves one product per split of k.
    bool isSplit() { return getKind() == ContractKind::matmul && getResult().getType().getRank() == 3; }
    /// The matrix product's extents, whether it is split or not.
    ::llvm::ArrayRef<int64_t> getProductShape() { return getResult().getType().getShape().take_back(2); }
  }];
}

def Fusion_PoolOp : Fusion_Op<"pool"> {
  let summary = "one value per window (average, max), or its gradient per element: the sum over the windows that hold it";
  let description = [{
    Per spatial dim window i covers `i * stride - padding + t * dilation` for t below `kernel`, clipped to the tensor; with `adaptive`,
    from `floor(i * L / S)` to `ceil((i + 1) * L / S)`. An average divides by `divisor` where that is not 0, else by the elements of the
    window inside the tensor, with `include_padding` inside the padded tensor. `max_grad` gives `dy` to the first maximum of each window.

    ```mlir
    %y = fusion.pool max(%x) {kernel = array<i64: 2>, stride = array<i64: 2>, padding = array<i64: 0>, dilation = array<i64: 1>}
        : (tensor<?x3x8xf32>) -> tensor<?x3x4xf32>
    ```

    Constraints:
    * (pool_stage_c1) `average`, `max` and `average_grad` have one operand; `max_grad` has two, dy and x, and x has the result's type.
    * (pool_stage_c2) Operand and result have one rank from 3 to 5, one batch and the same channels.
    * (pool_stage_c3) kernel, stride, padding and dilation have one entry per spatial dim; kernel, stride and dilation are at least 1, padding
      is between 0 and half the kernel.
    * (pool_stage_c4) Unless `adaptive`, every window begins inside the tensor or the padding in front of it.
  }];
  let arguments = (ins Fusion_PoolKind:$kind, Variadic<Fusion_Tensor>:$inputs, DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$stride,
                       DenseI64ArrayAttr:$padding, DenseI64ArrayAttr:$dilation, UnitAttr:$include_padding,
                       DefaultValuedAttr<I64Attr, "0">:$divisor, UnitAttr:$adaptive);
  let results = (outs Fusion_Tensor:$result);
  let hasVerifier = 1;
  let assemblyFormat = "$kind `(` $inputs `)` attr-dict `:` functional-type($inputs, $result)";
  let extraClassDeclaration = [{
    /// Whether the result has an element per element of the pooled tensor, not per window.
    bool isGradient() { return getKind() == PoolKind::average_grad || getKind() == PoolKind::max_grad; }
  }];
}

def Fusion_PartialOp : Fusion_Op<"partial"> {
  let summary = "one partial of a reduction per (tile of the kernel, channel)";
  let description = [{
    `tiles_inner` is `[components, C, tiles]`, `tiles_outer` is `[tiles, C]`; moments have the components count, mean, M2. The
    extent of tiles is known once the kernel is scheduled.

    ```mlir
    %p = fusion.partial moments tiles_inner %x over [?, 4, 8] attributes {source = "statistics"} : (tensor<?x4x8xf32>) -> tensor<3x4x?xf32>
    ```

    Constraints, besides domain_c1:
    * (partial_c1) The domain is the operand's shape, seen as `(n, c, p)`.
    * (partial_c2) The result is `[components, C, ?]` for `tiles_inner` and `[?, C]` for `tiles_outer`, which holds sums only.
    * (partial_c3) The kind is `sum` or `moments`.
  }];
  let arguments = (ins Fusion_ReduceKind:$kind, Fusion_Tensor:$input, DenseI64ArrayAttr:$domain, Fusion_PartialLayout:$layout);
  let results = (outs Fusion_Tensor:$partial);
  let hasVerifier = 1;
  let assemblyFormat = "$kind $layout $input `over` custom<Domain>($domain) attr-dict-with-keyword `:` functional-type($input, $partial)";
}

def Fusion_FinishOp : Fusion_Op<"finish"> {
  let summary = "merges partials in fixed order into what the reduction computes";
  let description = [{
    The domain and `result_access` are those of the reduction; a weight contraction's partials have the domain `[1, elements, 1]`, those of a
    split matrix product the domain and the dense access of the product.

    ```mlir
    #group = affine_map<(n, c, p) -> (n * 2 + c floordiv 2)>
    %mean, %variance = fusion.finish moments tiles_inner %p over [?, 4, 8] attributes {result_access = #group}
        : (tensor<3x4x?xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>)
    ```

    Constraints, besides access_c1 and domain_c1:
    * (finish_c1) `sum` has one result, `moments` has two of one type.
    * (finish_c2) The partials are `[components, C, ?]` for `tiles_inner`; for `tiles_outer`, sums only, they have the result's elements behind
      a leading `?`.
    * (finish_c3) `result_access` reaches the result's last element and nothing behind it, an unknown batch taken as 2 images.
  }];
  let arguments = (ins Fusion_ReduceKind:$kind, Fusion_Tensor:$partial, AffineMapAttr:$result_access, DenseI64ArrayAttr:$domain, Fusion_PartialLayout:$layout);
  let results = (outs Variadic<Fusion_Tensor>:$results);
  let hasVerifier = 1;
  let assemblyFormat = "$kind $layout $partial `over` custom<Domain>($domain) attr-dict-with-keyword `:` functional-type($partial, $results)";
}

def Fusion_PackOp : Fusion_Op<"pack", [AllTypesMatch<["weight", "result"]>]> {
  let summary = "the weights of a window, rounded to TF32, in the order in which warpgroups read them";
  let description = [{
    Where many blocks read the same weights, they are put in order once: `[R / 4, taps, C, 4]` with R the reduction channels and C the output
    channels of the `gather` or `scatter` that reads them. -fusion-schedule adds the kernel. The type stays that of W.

    ```mlir
    %p = fusion.pack gather %w : tensor<4x8x3xf32>
    ```

    Constraints:
    * (pack_c1) The kind is gather or scatter.
    * (pack_c2) W is f32, static and of rank 3 to 5; the reduction channels (of gather W's second extent, of scatter its first divided by
      `groups`) are a multiple of four.
  }];
  let arguments = (ins Fusion_ContractKind:$kind, Fusion_Tensor:$weight, DefaultValuedAttr<I64Attr, "1">:$groups);
  let results = (outs Fusion_Tensor:$result);
  let hasVerifier = 1;
  let assemblyFormat = "$kind $weight attr-dict `:` type($weight)";
}

def Fusion_KernelOp : Op<Fusion_Dialect, "kernel", [IsolatedFromAbove, SingleBlock, Pure]> {
  let summary = "stages that become one CUDA kernel";
  let description = [{
    Operands are read from memory, results are stored to memory; everything between stays in registers or shared memory. `schedule` is
    set by -fusion-schedule. The strategy says which printer of lib/Emit/CUDA makes the kernel: that of its contraction (`gather`,
    `scatter`, `weight`, `matmul`) or of its `pool`, lanes along positions (`channels`) or along features (`rows`), a block that sweeps
    over runs of elements once per reduction (`sweep`), the merging of partials (`finish_rows`, `finish_columns`), or a `pack`.

    ```mlir
    %s = fusion.kernel "forward_0_convolution" "gather"(%l, %w) : (tensor<?x6x9xf32>, tensor<4x6x3xf32>) -> tensor<?x4x7xf32> {
    ^bb0(%x: tensor<?x6x9xf32>, %weight: tensor<4x6x3xf32>):
      %z = fusion.contract gather %x, %weight {stride = array<i64: 1>, padding = array<i64: 0>, dilation = array<i64: 1>}
          : (tensor<?x6x9xf32>, tensor<4x6x3xf32>) -> tensor<?x4x7xf32>
      fusion.return %z : tensor<?x4x7xf32>
    }
    ```

    Constraints:
    * (kernel_c1) The body's arguments have the types of the operands.
    * (kernel_c2) The body holds stages and ends with a `fusion.return` of the results' types.
    * (kernel_c3) The strategy is one of those above.
    * (kernel_c4) A kernel has the one contraction or pool that its strategy names; the other strategies have none. Behind a `gather` or
      `scatter` there may be one pool (`average` or `max`), which is made of the contraction's tile.
    * (kernel_c5) `finish_rows` merges partials of the layout `tiles_inner`, `finish_columns` of `tiles_outer`, and `rows` those of one split
      matrix product; no other kernel does.
    * (kernel_c7) `pack` holds one `fusion.pack` and nothing else; no other kernel holds one.
    * (kernel_c6) The name is a C identifier.
  }];
  let arguments = (ins Variadic<Fusion_Tensor>:$inputs, StrAttr:$name, StrAttr:$strategy, OptionalAttr<DictionaryAttr>:$schedule);
  let results = (outs Variadic<Fusion_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasRegionVerifier = 1;
  let assemblyFormat = "$name $strategy `(` $inputs `)` attr-dict-with-keyword `:` functional-type($inputs, $results) $body";
}

def Fusion_ReturnOp : Fusion_Op<"return", [Terminator, ReturnLike, ParentOneOf<["KernelOp"]>]> {
  let summary = "what a kernel stores";
  let arguments = (ins Variadic<Fusion_Tensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

#endif
