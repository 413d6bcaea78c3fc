// The passes that bring a model into the form the rest of the road expects.
#pragma once
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace fusion {

#define GEN_PASS_DECL
#include "fusion/Raise/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "fusion/Raise/Passes.h.inc"

} // namespace fusion
