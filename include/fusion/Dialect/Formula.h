// The one-line formula language of activations, and its translation to arith and math ops.
//
//   formula := (name '=' expr ';')* expr
//   expr    := sum (('<' | '<=' | '>' | '>=' | '==') sum)? ('?' expr ':' expr)?
//   sum     := product (('+' | '-') product)*        product := unary (('*' | '/') unary)*
//   unary   := '-' unary | number | 'inf' | name | function '(' expr ')' | 'pow' '(' expr ',' expr ')' | '(' expr ')'
//
// Comparisons are ordered: false when an operand is NaN. Arithmetic and comparisons of literals alone are folded in double precision. The
// exponent of pow is a literal, and exponents that PyTorch computes by simpler means (0, 1, 2, 3, -1, -2, 1/2, -1/2) are computed by them.
#pragma once
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringMap.h"

namespace fusion {

/// Builds `formula` at `builder`'s insertion point over the f32 values in `names`; `constants` holds the numeric attributes a formula
/// may name. On a malformed formula returns failure and says why in `error`.
mlir::FailureOr<mlir::Value> buildFormula(mlir::OpBuilder &builder, mlir::Location loc, llvm::StringRef formula,
                                          const llvm::StringMap<mlir::Value> &names, mlir::DictionaryAttr constants, std::string &error);

} // namespace fusion
