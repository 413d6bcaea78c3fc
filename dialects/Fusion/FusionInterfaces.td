// What passes ask of an op without knowing which one it is.
#ifndef FUSION_INTERFACES_TD
#define FUSION_INTERFACES_TD

include "mlir/IR/OpBase.td"

def ActivationInterface : OpInterface<"ActivationInterface"> {
  let cppNamespace = "::fusion";
  let description = "An elementwise op of one operand that is defined by one visible formula.";
  let methods = [
    StaticInterfaceMethod<"The value, as a formula of x and the op's attributes.", "::llvm::StringRef", "getFormula">,
    StaticInterfaceMethod<"The gradient of x, as a formula of x, dy and the op's attributes.", "::llvm::StringRef", "getDerivative">,
  ];
}

#endif
