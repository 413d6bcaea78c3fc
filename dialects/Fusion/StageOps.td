// The layer fusion works on. Stages see tensors through linear offsets of the coordinates (n, c, p).
#ifndef FUSION_STAGE_OPS_TD
#define FUSION_STAGE_OPS_TD

include "FusionBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/EnumAttr.td"

def Fusion_ReduceKind : I32EnumAttr<"ReduceKind", "what a reduction merges", [
    I32EnumAttrCase<"sum", 0>, I32EnumAttrCase<"moments", 1>]> { let cppNamespace = "::fusion"; }
def Fusion_ContractKind : I32EnumAttr<"ContractKind", "which of the three windowed tensors a contraction computes", [
    I32EnumAttrCase<"gather", 0>, I32EnumAttrCase<"scatter", 1>, I32EnumAttrCase<"weight", 2>, I32EnumAttrCase<"matmul", 3>]> { let cppNamespace = "::fusion"; }

def Fusion_MapOp : Fusion_Op<"map"> {
  let summary = "one scalar region per element of the domain, over operands broadcast by access maps";
  let description = [{
    `domain` is `[N, C, P]` with -1 for the batch. `access[i]` maps `(n, c, p)` to the linear offset in operand i; the result
    is accessed by `result_access`, which is injective on the domain.
  }];
  let arguments = (ins Variadic<Fusion_Tensor>:$inputs, AffineMapArrayAttr:$access, AffineMapAttr:$result_access, DenseI64ArrayAttr:$domain);
  let results = (outs Fusion_Tensor:$result);
  let regions = (region SizedRegion<1>:$body);
  let hasVerifier = 1;
  let assemblyFormat = "`(` $inputs `)` attr-dict-with-keyword `:` functional-type($inputs, $result) $body";
}

def Fusion_YieldOp : Fusion_Op<"yield", [Terminator, ReturnLike, ParentOneOf<["MapOp"]>]> {
  let summary = "the scalar a map computes";
  let arguments = (ins F32:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def Fusion_ReduceOp : Fusion_Op<"reduce"> {
  let summary = "merges all domain elements that `result_access` sends to the same offset, in fixed order";
  let description = "`sum` has one result; `moments` has two: mean and the biased variance.";
  let arguments = (ins Fusion_ReduceKind:$kind, Fusion_Tensor:$input, AffineMapAttr:$access, AffineMapAttr:$result_access, DenseI64ArrayAttr:$domain);
  let results = (outs Variadic<Fusion_Tensor>:$results);
  let hasVerifier = 1;
  let assemblyFormat = "$kind $input attr-dict-with-keyword `:` functional-type($input, $results)";
}

def Fusion_ContractOp : Fusion_Op<"contract"> {
  let summary = "a windowed product-sum between the tensors S, L and W (docs/architecture.md), or a matrix product";
  let arguments = (ins Fusion_ContractKind:$kind, Fusion_Tensor:$lhs, Fusion_Tensor:$rhs,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$stride, DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$padding,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$dilation, DefaultValuedAttr<I64Attr, "1">:$groups,
                       UnitAttr:$transpose_a, UnitAttr:$transpose_b);
  let results = (outs Fusion_Tensor:$result);
  let hasVerifier = 1;
  let assemblyFormat = "$kind $lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

def Fusion_PartialLayout : I32EnumAttr<"PartialLayout", "how a kernel lays out its partials", [
    I32EnumAttrCase<"tiles_inner", 0>, I32EnumAttrCase<"tiles_outer", 1>]> { let cppNamespace = "::fusion"; }

def Fusion_PartialOp : Fusion_Op<"partial"> {
  let summary = "one partial of a reduction per (tile of the kernel, channel)";
  let description = [{
    `tiles_inner` is `[components, C, tiles]`, `tiles_outer` is `[tiles, C]`; moments have the components count, mean, M2. The
    extent of tiles is known once the kernel is scheduled.
  }];
  let arguments = (ins Fusion_ReduceKind:$kind, Fusion_Tensor:$input, DenseI64ArrayAttr:$domain, Fusion_PartialLayout:$layout);
  let results = (outs Fusion_Tensor:$partial);
  let assemblyFormat = "$kind $layout $input attr-dict-with-keyword `:` functional-type($input, $partial)";
}

def Fusion_FinishOp : Fusion_Op<"finish"> {
  let summary = "merges partials in fixed order into what the reduction computes";
  let description = "`domain` and `result_access` are those of the reduction; a weight contraction's partials have the domain [1, elements, 1].";
  let arguments = (ins Fusion_ReduceKind:$kind, Fusion_Tensor:$partial, AffineMapAttr:$result_access, DenseI64ArrayAttr:$domain, Fusion_PartialLayout:$layout);
  let results = (outs Variadic<Fusion_Tensor>:$results);
  let assemblyFormat = "$kind $layout $partial attr-dict-with-keyword `:` functional-type($partial, $results)";
}

def Fusion_KernelOp : Op<Fusion_Dialect, "kernel", [IsolatedFromAbove, SingleBlock, Pure]> {
  let summary = "stages that become one CUDA kernel";
  let description = "Operands are read from memory, results are stored to memory; everything between stays in registers or shared memory. `schedule` is set by -fusion-schedule.";
  let arguments = (ins Variadic<Fusion_Tensor>:$inputs, StrAttr:$name, StrAttr:$strategy, OptionalAttr<DictionaryAttr>:$schedule);
  let results = (outs Variadic<Fusion_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasVerifier = 1;
  let assemblyFormat = "$name $strategy `(` $inputs `)` attr-dict-with-keyword `:` functional-type($inputs, $results) $body";
}

def Fusion_ReturnOp : Fusion_Op<"return", [Terminator, ReturnLike, ParentOneOf<["KernelOp"]>]> {
  let summary = "what a kernel stores";
  let arguments = (ins Variadic<Fusion_Tensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

#endif
