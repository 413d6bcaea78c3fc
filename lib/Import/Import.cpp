// Reads a model description: scan, parse, check, name, verify, in this order, so that each step may rely on the one before.
#include "fusion/Import/Import.h"
#include "Checks.h"
#include "Diagnostics.h"
#include "NameValues.h"
#include "Scan.h"
#include "fusion/Dialect/FusionDialect.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;

namespace fusion {

/// Parses without verifying: an element type that is not supported must not be reported as a broken op. `state` points into `sources`.
static OwningOpRef<ModuleOp> parse(llvm::MemoryBufferRef buffer, MLIRContext &context, llvm::SourceMgr &sources, AsmParserState &state) {
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(buffer.getBuffer(), buffer.getBufferIdentifier()), SMLoc());
  Block block;
  Location loc = FileLineColLoc::get(&context, buffer.getBufferIdentifier(), 1, 1);
  if (failed(parseAsmSourceFile(sources, &block, ParserConfig(&context, /*verifyAfterParse=*/false), &state)))
    return nullptr;
  if (llvm::hasSingleElement(block))
    if (auto module = dyn_cast<ModuleOp>(block.front())) {
      module->remove();
      return module;
    }
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  module->getBody()->getOperations().splice(module->getBody()->end(), block.getOperations());
  return module;
}

static ImportResult importChecked(llvm::MemoryBufferRef buffer, MLIRContext &context, const ImportOptions &options) {
  StringRef file = buffer.getBufferIdentifier(), text = buffer.getBuffer();
  if (text.size() > options.largestFile) {
    emitError(locationOf(context, file, text, 0))
        << "expected at most " << options.largestFile << " bytes, but got more; a model description holds no data";
    return {};
  }
  if (auto problem = scanText(text, options.deepestNesting)) {
    emitError(locationOf(context, file, text, problem->offset)) << problem->message;
    return {};
  }
  context.loadDialect<FusionDialect, func::FuncDialect>();
  llvm::SourceMgr sources;
  AsmParserState state;
  ImportResult result;
  OwningOpRef<ModuleOp> module = parse(buffer, context, sources, state);
  if (!module)
    return result;
  if (auto status = checkModel(*module); status != ImportStatus::Ok) {
    result.status = status;
    return result;
  }
  auto function = cast<func::FuncOp>(module->getBody()->front());
  if (failed(nameValues(function, state)) || failed(verify(*module)))
    return result;
  result.status = ImportStatus::Ok;
  result.module = std::move(module);
  return result;
}

ImportResult importModel(llvm::MemoryBufferRef buffer, MLIRContext &context, const ImportOptions &options) {
  std::optional<DiagnosticPrinter> printer;
  if (options.diagnostics)
    printer.emplace(context, buffer.getBufferIdentifier(), buffer.getBuffer(), *options.diagnostics);
  return importChecked(buffer, context, options);
}

ImportResult importFile(StringRef path, MLIRContext &context, const ImportOptions &options) {
  auto failed = [&](const Twine &why) {
    if (options.diagnostics)
      *options.diagnostics << path << ":1:1: error: expected a readable model description, but " << why << "\n";
    else
      emitError(FileLineColLoc::get(&context, path, 1, 1)) << "expected a readable model description, but " << why;
    return ImportResult();
  };
  llvm::sys::fs::file_t handle = llvm::sys::fs::getStdinHandle();
  if (path != "-") {
    auto opened = llvm::sys::fs::openNativeFileForRead(path);
    if (!opened)
      return failed(llvm::toString(opened.takeError()));
    handle = *opened;
  }
  // In pieces rather than by the file's stated size: it may be a pipe or endless.
  std::string text;
  constexpr size_t kPiece = size_t(1) << 16;
  std::string reason;
  while (text.size() <= options.largestFile) {
    size_t old = text.size();
    text.resize(old + kPiece);
    auto count = llvm::sys::fs::readNativeFile(handle, {text.data() + old, kPiece});
    if (!count) {
      reason = llvm::toString(count.takeError());
      break;
    }
    text.resize(old + *count);
    if (*count == 0)
      break;
  }
  if (path != "-")
    llvm::sys::fs::closeFile(handle);
  if (!reason.empty())
    return failed(reason);
  return importModel(llvm::MemoryBufferRef(text, path == "-" ? "<stdin>" : path), context, options);
}

} // namespace fusion
