// What tensor cores may round the factors of a contraction's products to: the promise of a precision, and the types of the operands.
#pragma once
#include "fusion/Dialect/FusionDialect.h"

namespace fusion {

enum class Factors : int64_t {
  Split, ///< both parts of an fp32 factor, in TF32: matrix products in `torch` precision
  Tf32,  ///< 10 bits behind the point
  Bf16,  ///< 7 bits behind the point
  Fp16,  ///< 10 bits behind the point, up to 65504
};

/// The type of both operands where it has 16 bits, else TF32 for windows and both parts for matrix products, unless kFactorsAttr says less.
Factors factorsOf(ContractOp contract);

/// Factors that share a word of 32 bits.
constexpr int64_t packOf(Factors factors) { return factors == Factors::Bf16 || factors == Factors::Fp16 ? 2 : 1; }
llvm::StringRef nameOf(Factors factors);        ///< "3xTF32", "TF32", "BF16", "FP16"
llvm::StringRef unitOf(Factors factors);        ///< "3xtf32", "tf32", "bf16", "fp16", as reports say
llvm::StringRef preludeTypeOf(Factors factors); ///< "Split", "Tf32", "Bf16", "Fp16"

} // namespace fusion
