// Prints diagnostics as `file:line:col: error: text` with the source line under it, whatever the source holds.
#pragma once
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/raw_ostream.h"

namespace fusion {

/// While alive, prints every diagnostic of the context. Unlike MLIR's own printer it bounds what one message may print, so that a
/// name of a megabyte or control characters in it do no harm.
class DiagnosticPrinter {
public:
  DiagnosticPrinter(mlir::MLIRContext &context, llvm::StringRef file, llvm::StringRef text, llvm::raw_ostream &out);

private:
  void print(mlir::Diagnostic &diagnostic);

  llvm::StringRef file, text;
  llvm::raw_ostream &out;
  mlir::ScopedDiagnosticHandler handler;
};

/// The location of byte `offset` of `text`.
mlir::Location locationOf(mlir::MLIRContext &context, llvm::StringRef file, llvm::StringRef text, size_t offset);

} // namespace fusion
