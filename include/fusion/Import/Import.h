// Reads a model description: bytes from anywhere in, a checked module of named ops with the user's names out.
#pragma once
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/MemoryBufferRef.h"
#include "llvm/Support/raw_ostream.h"

namespace fusion {

struct ImportOptions {
  /// Where diagnostics go, one `file:line:col: error: text` each; null leaves them to the context's own handler.
  llvm::raw_ostream *diagnostics = &llvm::errs();
  size_t largestFile = size_t(64) << 20;
  unsigned deepestNesting = 256;
};

/// Error: the description is wrong. Unsupported: it may be right, but this compiler has no way to compile it (yet).
enum class ImportStatus { Ok, Error, Unsupported };

struct ImportResult {
  ImportStatus status = ImportStatus::Error;
  mlir::OwningOpRef<mlir::ModuleOp> module; // only when status is Ok
  explicit operator bool() const { return status == ImportStatus::Ok; }
};

/// Parses, checks and names a model description. The result holds exactly one function, the chain, with one block of named ops on f32
/// tensors. Every argument and result has its name in the attribute `fusion.name`, and every value in its location.
ImportResult importModel(llvm::MemoryBufferRef text, mlir::MLIRContext &context, const ImportOptions &options = {});

/// The same for a file, or standard input when `path` is "-"; never reads more than the limit.
ImportResult importFile(llvm::StringRef path, mlir::MLIRContext &context, const ImportOptions &options = {});

} // namespace fusion
