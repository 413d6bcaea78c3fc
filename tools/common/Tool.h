// What the command-line tools share: exit codes, options of a compilation, output that is written whole or not at all.
#pragma once
#include "fusion/Pipelines/Compile.h"
#include "llvm/ADT/StringRef.h"

namespace fusion::tools {

/// docs/exit-codes.md
enum ExitCode { Fine = 0, Diagnosed = 1, Usage = 2, NotSupported = 3, Mismatch = 4, DeviceFailure = 5 };

/// Options that every tool which compiles understands; `parse` returns false for an option that is not one of them.
struct CompileArguments {
  CompileOptions options;
  std::string error; ///< why an option of ours could not be read
  bool parse(llvm::StringRef argument);
  static const char *help();
};

/// Reads a whole number; false (and a message in `error`) for anything else.
bool parseNumber(llvm::StringRef text, int64_t &value);
/// The known option nearest to `given` in spelling, or nothing when none is close.
llvm::StringRef nearest(llvm::StringRef given, llvm::ArrayRef<llvm::StringRef> known);

/// A module context that prints diagnostics as `file:line:col: error: text`.
struct Session {
  Session();
  mlir::MLIRContext context;
};

/// Imports and compiles `path` ("-" is standard input). The exit code says how it went; diagnostics went to standard error.
ExitCode compileFile(Session &session, llvm::StringRef path, const CompileOptions &options, std::optional<Compiled> &compiled);

/// The same for a module that is imported already.
ExitCode compileModule(Session &session, mlir::ModuleOp module, const CompileOptions &options, std::optional<Compiled> &compiled);

/// Writes `text` to `path` ("-" or empty is standard output) through a temporary file, so that a failure leaves nothing half-written.
bool writeOutput(llvm::StringRef path, llvm::StringRef text);

} // namespace fusion::tools
