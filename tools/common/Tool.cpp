// Shared by the command-line tools.
#include "Tool.h"
#include "fusion/Import/Import.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace fusion;
using namespace fusion::tools;

const char *CompileArguments::help() {
  return "  --arch=ARCH                  sm_80, sm_90a (default), sm_100a, sm_120, ...\n"
         "  --grad=none|params|all       which gradients to compile (default none)\n"
         "  --precision=P                torch: what PyTorch does by default (default); ieee: no reassociation; tf32, bf16, fp16: as "
         "torch,\n"
         "                               and factors of convolutions and matrix products may be rounded to that\n"
         "  --assume-finite              no NaN or Inf reaches the model: algebra that needs this is allowed\n"
         "  --batch=N                    batch size that predictions use when the model's is unknown (default 128)\n"
         "  --bandwidth=B --flops=F      bytes/s and fp32 flop/s instead of the device's own (to see where plans flip)\n";
}

bool tools::parseNumber(llvm::StringRef text, int64_t &value) { return !text.getAsInteger(10, value); }

llvm::StringRef tools::nearest(llvm::StringRef given, llvm::ArrayRef<llvm::StringRef> known) {
  llvm::StringRef best;
  unsigned least = 4;
  for (llvm::StringRef name : known)
    if (unsigned distance = given.edit_distance(name, true, least); distance < least)
      least = distance, best = name;
  return best;
}

bool CompileArguments::parse(llvm::StringRef argument) {
  auto wrong = [&](llvm::StringRef expected, llvm::StringRef got) {
    error = ("expected " + expected + ", but got '" + got + "'").str();
    return true;
  };
  if (argument.consume_front("--arch=")) {
    options.arch = argument.str();
    if (!deviceFor(argument))
      return wrong("one of " + knownArchitectures().str() + " behind --arch=", argument);
  } else if (argument.consume_front("--grad=")) {
    if (argument != "none" && argument != "params" && argument != "all")
      return wrong("none, params or all behind --grad=", argument);
    options.grad = argument == "all" ? Grad::All : argument == "params" ? Grad::Params : Grad::None;
  } else if (argument.consume_front("--precision=")) {
    if (!llvm::is_contained(precisions(), argument))
      return wrong((kKnownPrecisions + " behind --precision=").str(), argument);
    options.precision = argument.str();
  } else if (argument == "--assume-finite") {
    options.assumeFinite = true;
  } else if (argument.consume_front("--batch=")) {
    if (!parseNumber(argument, options.nominalBatch) || options.nominalBatch < 1)
      return wrong("a batch of at least 1 behind --batch=", argument);
  } else if (argument.consume_front("--bandwidth=")) {
    if (argument.getAsDouble(options.bandwidth) || !(options.bandwidth > 0) || !std::isfinite(options.bandwidth))
      return wrong("bytes per second behind --bandwidth=", argument);
  } else if (argument.consume_front("--flops=")) {
    if (argument.getAsDouble(options.flops) || !(options.flops > 0) || !std::isfinite(options.flops))
      return wrong("flop per second behind --flops=", argument);
  } else {
    return false;
  }
  return true;
}

Session::Session() : context(mlir::MLIRContext::Threading::DISABLED) {
  mlir::DialectRegistry registry;
  registry.insert<FusionDialect, mlir::func::FuncDialect, mlir::arith::ArithDialect, mlir::math::MathDialect>();
  context.appendDialectRegistry(registry);
  context.loadAllAvailableDialects();
}

ExitCode tools::compileFile(Session &session, llvm::StringRef path, const CompileOptions &options, std::optional<Compiled> &compiled) {
  ImportResult imported = importFile(path, session.context);
  if (imported.status != ImportStatus::Ok)
    return imported.status == ImportStatus::Unsupported ? NotSupported : Diagnosed;
  return compileModule(session, *imported.module, options, compiled);
}

ExitCode tools::compileModule(Session &session, mlir::ModuleOp module, const CompileOptions &options, std::optional<Compiled> &compiled) {
  bool unsupported = false;
  mlir::ScopedDiagnosticHandler handler(&session.context, [&](mlir::Diagnostic &d) {
    std::string text = d.str();
    unsupported |= d.getSeverity() == mlir::DiagnosticSeverity::Error && llvm::StringRef(text).contains("not supported");
    mlir::Location loc = d.getLocation();
    if (auto at = loc->findInstanceOf<mlir::FileLineColLoc>())
      llvm::errs() << at.getFilename().getValue() << ":" << at.getLine() << ":" << at.getColumn() << ": ";
    llvm::errs() << (d.getSeverity() == mlir::DiagnosticSeverity::Error     ? "error: "
                     : d.getSeverity() == mlir::DiagnosticSeverity::Warning ? "warning: "
                     : d.getSeverity() == mlir::DiagnosticSeverity::Remark  ? "remark: "
                                                                            : "note: ")
                 << text << "\n";
    for (mlir::Diagnostic &note : d.getNotes())
      llvm::errs() << "  note: " << note.str() << "\n";
    return mlir::success();
  });
  mlir::FailureOr<Compiled> result = compileModel(module, options);
  if (mlir::failed(result))
    return unsupported ? NotSupported : Diagnosed;
  compiled = std::move(*result);
  return Fine;
}

bool tools::writeOutput(llvm::StringRef path, llvm::StringRef text) {
  if (path.empty() || path == "-") {
    llvm::outs() << text;
    llvm::outs().flush();
    std::error_code error = llvm::outs().error();
    if (!error)
      return true;
    llvm::outs().clear_error(); // LLVM aborts on errors that nobody looked at
    llvm::errs() << "error: cannot write to standard output: " << error.message() << "\n";
    return false;
  }
  llvm::Error failed = llvm::writeToOutput(path, [&](llvm::raw_ostream &out) {
    out << text;
    return llvm::Error::success();
  });
  if (!failed)
    return true;
  llvm::errs() << "error: cannot write " << path << ": " << llvm::toString(std::move(failed)) << "\n";
  return false;
}
