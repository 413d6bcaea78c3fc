// Prints diagnostics of an import; bounded and escaped, since messages quote the input.
#include "Diagnostics.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OperationSupport.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Regex.h"

using namespace mlir;

namespace fusion {

constexpr size_t kLongestMessage = 2000, kLongestLine = 200, kNearestName = 4;

static std::string bounded(StringRef text, size_t most) {
  std::string out;
  for (char c : text.take_front(most))
    out += llvm::isPrint(c) || c == '\n' || (c & 0x80) ? c : '?';
  if (text.size() > most)
    out += "...";
  return out;
}

static StringRef severityName(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Note:
    return "note";
  case DiagnosticSeverity::Warning:
    return "warning";
  case DiagnosticSeverity::Remark:
    return "remark";
  case DiagnosticSeverity::Error:
    break;
  }
  return "error";
}

/// The op whose name is nearest to the one that an "unknown op" message of the parser quotes.
static std::string didYouMean(MLIRContext *context, StringRef message) {
  SmallVector<StringRef> parts;
  if (!llvm::Regex("(custom op|unregistered operation) '([A-Za-z0-9_.]+)'").match(message, &parts))
    return "";
  StringRef given = parts[2], best;
  unsigned least = kNearestName;
  for (RegisteredOperationName op : context->getRegisteredOperations()) {
    unsigned distance = given.edit_distance(op.getStringRef(), /*AllowReplacements=*/true, least);
    if (distance < least)
      best = op.getStringRef(), least = distance;
  }
  return best.empty() ? "; docs/ops.md lists the ops there are" : ("; did you mean '" + best + "'?").str();
}

DiagnosticPrinter::DiagnosticPrinter(MLIRContext &context, StringRef file, StringRef text, llvm::raw_ostream &out)
    : file(file), text(text), out(out), handler(&context, [this](Diagnostic &diagnostic) {
        print(diagnostic);
        for (Diagnostic &note : diagnostic.getNotes())
          print(note);
      }) {}

void DiagnosticPrinter::print(Diagnostic &diagnostic) {
  std::string message = diagnostic.str();
  if (StringRef(message).starts_with("see current operation"))
    return; // the generic form repeats what the source line shows
  auto location = diagnostic.getLocation()->findInstanceOf<FileLineColLoc>();
  if (location)
    out << bounded(location.getFilename().getValue(), kLongestLine) << ":" << location.getLine() << ":" << location.getColumn();
  else
    out << bounded(file, kLongestLine) << ":1:1";
  out << ": " << severityName(diagnostic.getSeverity()) << ": " << bounded(message, kLongestMessage)
      << didYouMean(diagnostic.getLocation().getContext(), message) << "\n";
  if (!location || location.getFilename() != file)
    return;
  StringRef rest = text;
  for (unsigned line = 1; line < location.getLine() && !rest.empty(); ++line)
    rest = rest.split('\n').second;
  StringRef line = rest.split('\n').first;
  if (line.size() > kLongestLine || location.getColumn() == 0 || location.getColumn() > line.size() + 1)
    return;
  out << bounded(line, kLongestLine) << "\n" << std::string(location.getColumn() - 1, ' ') << "^\n";
}

Location locationOf(MLIRContext &context, StringRef file, StringRef text, size_t offset) {
  StringRef before = text.take_front(offset);
  size_t lineStart = before.rfind('\n');
  return FileLineColLoc::get(&context, file, before.count('\n') + 1, offset - (lineStart == StringRef::npos ? 0 : lineStart + 1) + 1);
}

} // namespace fusion
