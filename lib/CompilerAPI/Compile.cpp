// fusion_compile: imports a model description, compiles it and hands out the program's text; diagnostics go to the caller's callback.
#include "fusion/Pipelines/Compile.h"
#include "Isolated.h"
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Import/Import.h"
#include "fusion/Runtime/Program.h"
#include "fusion/compiler.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cstring>
#include <new>

using namespace fusion;

namespace {

thread_local std::string lastError;

fusion_status fail(fusion_status status, const llvm::Twine &message) {
  lastError = message.str();
  return status;
}

/// Passes diagnostics on as text and keeps the first error.
class Diagnostics {
public:
  explicit Diagnostics(const fusion_compile_options &options) : options(options) {}
  void operator()(fusion_severity severity, const std::string &text) {
    if (severity == FUSION_ERROR && first.empty())
      first = text;
    if (options.diagnostic)
      options.diagnostic(options.user, severity, text.c_str());
  }
  std::string first;
  bool unsupported = false;

private:
  const fusion_compile_options &options;
};

std::string located(mlir::Diagnostic &diagnostic) {
  std::string text;
  llvm::raw_string_ostream out(text);
  mlir::Location location = diagnostic.getLocation();
  if (auto at = location->findInstanceOf<mlir::FileLineColLoc>())
    out << at.getFilename().getValue() << ":" << at.getLine() << ":" << at.getColumn() << ": ";
  out << (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error     ? "error: "
          : diagnostic.getSeverity() == mlir::DiagnosticSeverity::Warning ? "warning: "
                                                                          : "remark: ")
      << diagnostic.str();
  for (mlir::Diagnostic &note : diagnostic.getNotes())
    out << "\n  note: " << note.str();
  return text;
}

/// The importer prints its findings, carets included: one message.
void passOn(Diagnostics &diagnostics, llvm::StringRef printed, fusion_severity severity) {
  if (!printed.trim().empty())
    diagnostics(severity, printed.rtrim().str());
}

class Steps {
public:
  explicit Steps(const fusion_compile_options &options) : options(options) {}
  void operator()(llvm::StringRef step) {
    constexpr uint32_t total = 4; // reading, then the stages of the road as Compile.h names them
    if (options.progress && !stopped)
      stopped = options.progress(options.user, step.str().c_str(), std::min(done++, total - 1), total) != 0;
  }
  bool stopped = false;

private:
  const fusion_compile_options &options;
  uint32_t done = 0;
};

fusion_status compile(llvm::StringRef model, llvm::StringRef name, const fusion_compile_options &options, std::string &program) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  mlir::DialectRegistry registry;
  registry.insert<FusionDialect, mlir::func::FuncDialect, mlir::arith::ArithDialect, mlir::math::MathDialect>();
  context.appendDialectRegistry(registry);
  context.loadAllAvailableDialects();
  Diagnostics diagnostics(options);
  Steps steps(options);
  steps("read the model");
  if (steps.stopped)
    return fail(FUSION_CANCELLED, "stopped by the progress callback");

  std::string printed, text = model.str(); // the parser needs a NUL behind the text
  llvm::raw_string_ostream out(printed);
  ImportOptions importOptions;
  importOptions.diagnostics = &out;
  ImportResult imported = importModel(llvm::MemoryBufferRef(text, name), context, importOptions);
  passOn(diagnostics, printed, imported ? FUSION_WARNING : FUSION_ERROR);
  if (!imported)
    return fail(imported.status == ImportStatus::Unsupported ? FUSION_UNSUPPORTED : FUSION_INVALID_ARGUMENT,
                diagnostics.first.empty() ? "expected a model description, but got other text" : llvm::Twine(diagnostics.first));

  CompileOptions wanted;
  wanted.grad = options.gradients == FUSION_ALL_GRADIENTS         ? Grad::All
                : options.gradients == FUSION_PARAMETER_GRADIENTS ? Grad::Params
                                                                  : Grad::None;
  if (options.arch)
    wanted.arch = options.arch;
  if (options.precision)
    wanted.precision = options.precision;
  if (options.nominal_batch)
    wanted.nominalBatch = options.nominal_batch;
  wanted.assumeFinite = options.assume_finite != 0;
  wanted.stage = [&](llvm::StringRef stage, mlir::ModuleOp) { steps(stage); };
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &d) {
    bool error = d.getSeverity() == mlir::DiagnosticSeverity::Error;
    diagnostics.unsupported |= error && llvm::StringRef(d.str()).contains("not supported");
    diagnostics(error ? FUSION_ERROR : d.getSeverity() == mlir::DiagnosticSeverity::Warning ? FUSION_WARNING : FUSION_REMARK, located(d));
    return mlir::success();
  });
  mlir::FailureOr<Compiled> compiled = compileModel(*imported.module, wanted);
  if (steps.stopped)
    return fail(FUSION_CANCELLED, "stopped by the progress callback");
  if (mlir::failed(compiled))
    return fail(diagnostics.unsupported ? FUSION_UNSUPPORTED : FUSION_INVALID_ARGUMENT, diagnostics.first);
  auto made = runtime::Program::create(std::move(compiled->program));
  if (!made)
    return fail(FUSION_INTERNAL, made.error().message());
  program = made->serialize();
  return FUSION_OK;
}

/// What is wrong with the options, or nothing.
std::string checkOptions(const fusion_compile_options &options) {
  if (options.arch && !deviceFor(options.arch))
    return "options.arch: expected one of " + knownArchitectures().str() + ", but got \"" + options.arch + "\"";
  if (options.precision && !llvm::is_contained(precisions(), options.precision))
    return ("options.precision: expected " + kKnownPrecisions + ", but got \"" + options.precision + "\"").str();
  if (options.gradients < FUSION_NO_GRADIENTS || options.gradients > FUSION_ALL_GRADIENTS)
    return "options.gradients: expected a fusion_gradients, but got " + std::to_string(int(options.gradients));
  if (options.nominal_batch < 0)
    return "options.nominal_batch: expected at least 1, or 0 for the default, but got " + std::to_string(options.nominal_batch);
  return "";
}

} // namespace

extern "C" {

fusion_status fusion_compile(const char *model, size_t bytes, const char *name, const fusion_compile_options *given,
                             const fusion_sink *sink) try {
  if (!model || !sink || !sink->write)
    return fail(FUSION_INVALID_ARGUMENT, model ? "expected a sink for the program, but got null" : "expected a model, but got null");
  fusion_compile_options options{};
  if (given && given->struct_size != sizeof(options))
    return fail(FUSION_INVALID_ARGUMENT, "options: expected struct_size to be " + llvm::Twine(sizeof(options)) + ", but got " +
                                             llvm::Twine(given->struct_size) + "; set it to sizeof the struct");
  if (given)
    options = *given;
  if (std::string wrong = checkOptions(options); !wrong.empty())
    return fail(FUSION_INVALID_ARGUMENT, wrong);
  std::string program;
  std::string message;
  fusion_status status = options.isolate ? compileIsolated(std::string(model, bytes), name ? name : "<model>", options, program, message)
                                         : compile(llvm::StringRef(model, bytes), name ? name : "<model>", options, program);
  if (!message.empty())
    lastError = message;
  if (status == FUSION_OK)
    sink->write(sink->state, program.data(), program.size());
  return status;
} catch (const std::bad_alloc &) {
  return FUSION_OUT_OF_MEMORY;
} catch (...) {
  return FUSION_INTERNAL;
}

const char *fusion_compiler_last_error(void) { return lastError.c_str(); }
const char *fusion_compiler_version(void) { return FUSION_VERSION; }
}
