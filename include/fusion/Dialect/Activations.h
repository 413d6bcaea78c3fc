// What the dialect knows of its activations, asked by name.
#pragma once
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/MLIRContext.h"

namespace fusion {

/// The mnemonics of all activation ops, sorted.
llvm::SmallVector<llvm::StringRef> activationNames(mlir::MLIRContext *context);

/// The attributes activation `name` takes, all of them f64; empty for a name that is no activation.
llvm::ArrayRef<mlir::StringAttr> activationAttributes(mlir::MLIRContext *context, llvm::StringRef name);

} // namespace fusion
