// What is checked on the bytes of a model description before a parser sees them.
#pragma once
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace fusion {

struct ScanProblem {
  size_t offset;
  std::string message;
};

/// Finds binary content, nesting deeper than `deepest` and constructs whose parsers recurse without brackets: the parser is
/// recursive, so each of these could otherwise exhaust its stack.
std::optional<ScanProblem> scanText(llvm::StringRef text, unsigned deepest);

} // namespace fusion
