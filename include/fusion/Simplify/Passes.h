// The pass that does the algebra.
#pragma once
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace fusion {

#define GEN_PASS_DECL
#include "fusion/Simplify/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "fusion/Simplify/Passes.h.inc"

} // namespace fusion
