// One pass over the bytes of a model description that refuses what a recursive parser must not be given.
#include "Scan.h"
#include "llvm/ADT/StringExtras.h"

using llvm::StringRef;

namespace fusion {

static std::optional<ScanProblem> scanBytes(StringRef text) {
  if (text.starts_with("ML\xefR"))
    return ScanProblem{0, "expected a model description as text, but got MLIR bytecode; print it as text first (mlir-opt FILE)"};
  if (text.trim().empty())
    return ScanProblem{0, "expected a model description, but got an empty file; it needs one function of fusion ops"};
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char c = text[i];
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
      return ScanProblem{i, "expected text, but got the byte 0x" + llvm::utohexstr(c, /*LowerCase=*/true, /*Width=*/2) +
                                "; a model description is UTF-8 text, see examples/"};
  }
  return std::nullopt;
}

/// As many as PyTorch allows. The parser's time grows with the square of the rank, so an absurd one must not get there.
constexpr size_t kHighestRank = 64;

/// How many dims the shape has that `text` begins with, if any.
static size_t rankAt(StringRef text) {
  return text.take_while([](char c) { return llvm::isDigit(c) || c == '?' || c == 'x' || c == ' '; }).count('x');
}

std::optional<ScanProblem> scanText(StringRef text, unsigned deepest) {
  if (auto problem = scanBytes(text))
    return problem;
  unsigned depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
    case '"': // strings end at the closing quote or, malformed, with the line
      for (++i; i < text.size() && text[i] != '"' && text[i] != '\n'; ++i)
        if (text[i] == '\\')
          ++i;
      break;
    case '/':
      if (text.substr(i).starts_with("//"))
        i = std::min(text.find('\n', i), text.size());
      break;
    case '<':
      if (rankAt(text.substr(i + 1)) > kHighestRank)
        return ScanProblem{i, "expected shapes of rank " + std::to_string(kHighestRank) + " or less, but got a longer one"};
      [[fallthrough]];
    case '(':
    case '[':
    case '{':
      if (++depth > deepest)
        return ScanProblem{i, "expected brackets nested at most " + std::to_string(deepest) +
                                  " deep, but got one more; flatten the description"};
      break;
    case '>':
      if (i > 0 && text[i - 1] == '-') // an arrow
        break;
      [[fallthrough]];
    case ')':
    case ']':
    case '}':
      depth -= depth > 0; // unbalanced ones are the parser's to report
      break;
    case 'a':
      // Their expressions recurse once per operator.
      if ((i == 0 || !llvm::isAlnum(text[i - 1])) &&
          (text.substr(i).starts_with("affine_map<") || text.substr(i).starts_with("affine_set<")))
        return ScanProblem{i, "expected no affine maps or sets in a model description; named ops take plain arrays"};
      break;
    }
  }
  return std::nullopt;
}

} // namespace fusion
