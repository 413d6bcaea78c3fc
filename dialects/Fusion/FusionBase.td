// The dialect itself and the op classes that its files share.
#ifndef FUSION_BASE_TD
#define FUSION_BASE_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Fusion_Dialect : Dialect {
  let name = "fusion";
  let summary = "Models as named ops, the stages they are made of, and the kernels that stages are fused into";
  let cppNamespace = "::fusion";
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
  // `fusion.layout` on arguments and results of functions:
  //   (layout_c1) it is "channels_last";
  //   (layout_c2) its tensor has rank 3, 4 or 5: [N, C, spatial...].
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
}

class Fusion_Op<string mnemonic, list<Trait> traits = []> : Op<Fusion_Dialect, mnemonic, !listconcat([Pure], traits)>;

// Marks the layer users think in, and holds its tensors to the constraints they all share:
//   (tensor_c1) every dim but the first is static and at least 1; the first may also be `?` or 0 (the batch), except in a weight,
//               a bias, a gamma or a beta;
//   (tensor_c2) a tensor's byte count, the unknown batch taken as 1, fits int64;
//   (tensor_c3) operands and results have one element type, but for `cast`. Beside 16-bit tensors f32 may be: scalars of rank 0 in
//               arithmetic, the gamma, the beta and the running statistics of a norm, and the result of `sum` and `sum_to`; and f32 must
//               be: other statistics and counts.
def Fusion_NamedTrait : NativeOpTrait<"NamedOp"> { let cppNamespace = "::fusion"; }

class Fusion_NamedOp<string mnemonic, list<Trait> traits = []> : Fusion_Op<mnemonic, !listconcat([Fusion_NamedTrait], traits)>;

// How a tensor lies in memory. What is computed in is fp32, whatever the type: docs/dialect.md, Element types.
def Fusion_Tensor : RankedTensorOf<[F32, F16, BF16]>;

#endif
