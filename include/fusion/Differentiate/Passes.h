// The passes that make backward programs.
#pragma once
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace fusion {

#define GEN_PASS_DECL
#include "fusion/Differentiate/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "fusion/Differentiate/Passes.h.inc"

} // namespace fusion
