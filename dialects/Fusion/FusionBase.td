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
}

class Fusion_Op<string mnemonic, list<Trait> traits = []> : Op<Fusion_Dialect, mnemonic, !listconcat([Pure], traits)>;

// fp32 is what this vocabulary computes in; other element types are diagnosed by name.
def Fusion_Tensor : RankedTensorOf<[F32]>;

#endif
