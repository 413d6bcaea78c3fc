// What tensor cores may round the factors of a contraction's products to.
#include "fusion/Schedule/Factors.h"
#include "fusion/Dialect/ElementTypes.h"
#include "fusion/Dialect/Names.h"

using namespace mlir;
using namespace fusion;

Factors fusion::factorsOf(ContractOp contract) {
  if (auto said = contract->getAttrOfType<StringAttr>(kFactorsAttr)) {
    StringRef text = said.getValue();
    if (text == "tf32")
      return Factors::Tf32;
    if (text == "bf16")
      return Factors::Bf16;
    if (text == "fp16")
      return Factors::Fp16;
  }
  auto element = [&](int i) { return elementOf(contract->getOperand(i).getType()); };
  if (element(0) == element(1) && isNarrow(element(0)))
    return element(0).isBF16() ? Factors::Bf16 : Factors::Fp16;
  return contract.getKind() == ContractKind::matmul ? Factors::Split : Factors::Tf32;
}

StringRef fusion::nameOf(Factors factors) {
  constexpr StringLiteral names[] = {"3xTF32", "TF32", "BF16", "FP16"};
  return names[int(factors)];
}

StringRef fusion::unitOf(Factors factors) {
  constexpr StringLiteral names[] = {"3xtf32", "tf32", "bf16", "fp16"};
  return names[int(factors)];
}

StringRef fusion::preludeTypeOf(Factors factors) {
  constexpr StringLiteral names[] = {"Split", "Tf32", "Bf16", "Fp16"};
  return names[int(factors)];
}
