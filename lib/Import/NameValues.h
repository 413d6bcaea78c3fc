// Gives every value of a freshly parsed model the name its source gives it.
#pragma once
#include "mlir/AsmParser/AsmParserState.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace fusion {

/// Locations become NameLocs around the file location, and arguments and results of the function get `fusion.name`. Names that the
/// source gives explicitly (the attribute, or a NameLoc) win over SSA names; numbered SSA names (%0, %arg0) are no names. Fails,
/// with a diagnostic, when two arguments or results were explicitly given the same name.
mlir::LogicalResult nameValues(mlir::func::FuncOp function, const mlir::AsmParserState &state);

} // namespace fusion
