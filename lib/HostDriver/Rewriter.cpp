// Three rewrites, and one list:
//   asm("mnemonic operands;" : outputs : inputs)  ->  hc_ptx::mnemonic(operands...)
//   extern __shared__ T name[];                   ->  T *const name = hc_dynamic<T>();
//   __shared__ T name[4];                         ->  the same inside a struct that ends in guard bytes (when asked for)
//   the names of __global__ functions             ->  HC_ENTRY(name, launch bound) appended
#include "Rewriter.h"
#include <algorithm>
#include <cctype>
#include <cstring>
#include <set>

namespace fusion::host {
using runtime::Error;
using runtime::ErrorKind;
using runtime::Expected;
namespace {

bool isWordChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool isSpace(char c) { return std::isspace(static_cast<unsigned char>(c)); }

/// A position in C++ text that knows comments, literals and brackets.
struct Cursor {
  const std::string &text;
  size_t at = 0;

  bool done() const { return at >= text.size(); }
  bool startsWith(const char *what) const { return text.compare(at, strlen(what), what) == 0; }

  /// Skips a comment, string or character literal that starts here.
  bool skipOpaque() {
    if (startsWith("//")) {
      at = std::min(text.find('\n', at), text.size());
    } else if (startsWith("/*")) {
      size_t end = text.find("*/", at + 2);
      at = end == std::string::npos ? text.size() : end + 2;
    } else if (!done() && (text[at] == '"' || text[at] == '\'')) {
      char quote = text[at++];
      while (!done() && text[at] != quote)
        at += text[at] == '\\' ? 2 : 1;
      at = std::min(at + 1, text.size());
    } else {
      return false;
    }
    return true;
  }
  void skipSpace() {
    while (!done()) {
      if (isSpace(text[at]))
        ++at;
      else if (!(startsWith("//") || startsWith("/*")) || !skipOpaque())
        break;
    }
  }
  std::string word() {
    size_t begin = at;
    while (!done() && isWordChar(text[at]))
      ++at;
    return text.substr(begin, at - begin);
  }
  /// The index of the bracket that closes the one here; npos when there is none.
  size_t closing() const {
    Cursor scan{text, at};
    int depth = 0;
    while (!scan.done()) {
      if (scan.skipOpaque())
        continue;
      char c = text[scan.at];
      if (strchr("([{", c))
        ++depth;
      else if (strchr(")]}", c) && --depth == 0)
        return scan.at;
      ++scan.at;
    }
    return std::string::npos;
  }
  size_t line() const { return 1 + std::count(text.begin(), text.begin() + std::min(at, text.size()), '\n'); }
};

std::string trim(const std::string &text) {
  size_t begin = text.find_first_not_of(" \t\r\n"), end = text.find_last_not_of(" \t\r\n");
  return begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
}

std::vector<std::string> splitTopLevel(const std::string &text, char separator) {
  std::vector<std::string> parts;
  Cursor cursor{text};
  size_t begin = 0;
  int depth = 0;
  while (!cursor.done()) {
    if (cursor.skipOpaque())
      continue;
    char c = text[cursor.at];
    if (strchr("([{", c))
      ++depth;
    else if (strchr(")]}", c))
      --depth;
    else if (c == separator && depth == 0) {
      parts.push_back(text.substr(begin, cursor.at - begin));
      begin = cursor.at + 1;
    }
    ++cursor.at;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

/// The characters of adjacent string literals.
std::string literalText(const std::string &text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '"')
      continue;
    for (++i; i < text.size() && text[i] != '"'; ++i) {
      if (text[i] == '\\' && i + 1 < text.size())
        result += text[++i] == 'n' ? '\n' : text[i] == 't' ? '\t' : text[i];
      else
        result += text[i];
    }
  }
  return result;
}

std::string newlinesOf(const std::string &text) { return std::string(std::count(text.begin(), text.end(), '\n'), '\n'); }

class Rewriter {
public:
  Rewriter(const std::string &source, const std::string &name, bool guarded) : source(source), name(name), guarded(guarded) {}
  Expected<Rewritten> run();

private:
  void replaceTo(size_t begin, const std::string &with, size_t end) {
    out += source.substr(copied, begin - copied) + with;
    copied = cursor.at = end;
  }
  bool fail(const std::string &message) {
    error = name + ":" + std::to_string(cursor.line()) + ": " + message;
    return false;
  }
  bool directive();
  bool assembly(size_t begin);
  bool dynamicShared(size_t begin);
  bool staticShared(size_t begin);
  bool kernel();

  const std::string &source, &name;
  bool guarded;
  Cursor cursor{source};
  size_t copied = 0;
  std::string out, entries, error;
  bool afterTemplate = false; ///< a template header came, and no declaration has ended since
  Rewritten result;
};

bool Rewriter::directive() {
  cursor.at++;
  cursor.skipSpace();
  size_t begin = cursor.at;
  std::string word = cursor.word();
  if (word.rfind("include", 0) == 0 || word == "import" || word == "embed") {
    cursor.at = begin;
    return fail("expected a source without #" + word + ", but got one; emitted sources bring all they need");
  }
  return true;
}

bool Rewriter::assembly(size_t begin) {
  cursor.skipSpace();
  while (!cursor.done() && isWordChar(source[cursor.at])) { // volatile
    cursor.word();
    cursor.skipSpace();
  }
  if (cursor.done() || source[cursor.at] != '(')
    return fail("expected '(' after asm");
  size_t end = cursor.closing();
  if (end == std::string::npos)
    return fail("expected ')' to end the asm statement");
  std::string body = source.substr(cursor.at + 1, end - cursor.at - 1);
  std::vector<std::string> parts = splitTopLevel(body, ':'), operands;
  for (size_t k = 1; k < parts.size() && k <= 2; ++k)
    for (const std::string &operand : splitTopLevel(parts[k], ',')) {
      size_t open = operand.find('(', operand.rfind('"') == std::string::npos ? 0 : operand.rfind('"')), close = operand.rfind(')');
      if (trim(operand).empty())
        continue;
      if (open == std::string::npos || close == std::string::npos || close < open)
        return fail("expected an asm operand like \"r\"(value), but got " + trim(operand));
      operands.push_back("(" + operand.substr(open + 1, close - open - 1) + ")");
    }
  std::string text = trim(literalText(parts[0]));
  while (!text.empty() && (text.back() == ';' || isSpace(text.back())))
    text.pop_back();
  if (text.empty())
    return fail("expected one PTX instruction, but got an empty asm statement");
  if (text.find(';') != std::string::npos || text[0] == '{')
    return fail("expected one PTX instruction per asm statement, but got: " + text);
  size_t space = text.find_first_of(" \t\n");
  std::string mnemonic = text.substr(0, space), rest = space == std::string::npos ? "" : text.substr(space), arguments, token;
  for (char &c : mnemonic)
    if (!isWordChar(c))
      c = '_';
  rest += ',';
  for (char c : rest) {
    if (!strchr(",{}[]", c)) {
      token += c;
      continue;
    }
    token = trim(token);
    if (token.empty())
      continue;
    if (token[0] == '%') {
      char *last = nullptr;
      unsigned long index = strtoul(token.c_str() + 1, &last, 10);
      if (last == token.c_str() + 1 || *last || index >= operands.size())
        return fail("expected an operand of the asm statement, but got " + token);
      token = operands[index];
    }
    arguments += (arguments.empty() ? "" : ", ") + token;
    token.clear();
  }
  result.collectives = true;
  replaceTo(begin, "hc_ptx::" + mnemonic + "(" + arguments + ")" + newlinesOf(source.substr(begin, end - begin)), end + 1);
  return true;
}

/// Removes __align__(..), alignas(..) and __attribute__(..) from a declaration.
std::string withoutAttributes(std::string declaration) {
  for (const char *keyword : {"__align__", "alignas", "__attribute__"}) {
    size_t found = declaration.find(keyword);
    size_t open = found == std::string::npos ? found : declaration.find('(', found);
    if (open == std::string::npos)
      continue;
    size_t close = Cursor{declaration, open}.closing();
    if (close != std::string::npos)
      declaration = declaration.substr(0, found) + " " + declaration.substr(close + 1);
  }
  return trim(declaration);
}

/// The position of the declared name in "T name[4][2]" or "T name"; npos when there is none.
size_t namePosition(const std::string &declaration, size_t &end) {
  end = std::min(declaration.find('['), declaration.size());
  while (end && isSpace(declaration[end - 1]))
    --end;
  size_t begin = end;
  while (begin && isWordChar(declaration[begin - 1]))
    --begin;
  return begin == end ? std::string::npos : begin;
}

bool Rewriter::dynamicShared(size_t begin) {
  size_t end = source.find(';', cursor.at);
  if (end == std::string::npos)
    return fail("expected ';' after an extern __shared__ array");
  std::string declaration = withoutAttributes(source.substr(cursor.at, end - cursor.at));
  size_t nameEnd, nameBegin = namePosition(declaration, nameEnd);
  if (nameBegin == std::string::npos || trim(declaration.substr(0, nameBegin)).empty())
    return fail("expected an array like extern __shared__ float tile[], but got: " + declaration);
  std::string type = trim(declaration.substr(0, nameBegin)), array = declaration.substr(nameBegin, nameEnd - nameBegin);
  result.dynamicShared = true;
  replaceTo(begin, type + " *const " + array + " = hc_dynamic<" + type + ">();" + newlinesOf(source.substr(begin, end - begin)), end + 1);
  return true;
}

bool Rewriter::staticShared(size_t begin) {
  size_t end = source.find(';', cursor.at);
  if (!guarded || end == std::string::npos)
    return true;
  std::string declaration = source.substr(cursor.at, end - cursor.at), plain = withoutAttributes(declaration);
  size_t nameEnd, nameBegin = namePosition(plain, nameEnd);
  bool several = splitTopLevel(plain, ',').size() > 1 && plain.find('<') == std::string::npos;
  if (nameBegin == std::string::npos || several)
    return true; // left as it is: checked, but without guard bytes
  std::string variable = plain.substr(nameBegin, nameEnd - nameBegin);
  // A reference, so that the source's own name and type go on working; "static" so that lambdas need not capture it.
  replaceTo(begin,
            "static struct { " + declaration + "; char hc_guard[256]; } hc_shared_" + variable + "; static auto &" + variable +
                " = hc_shared_" + variable + "." + variable + ";",
            end + 1);
  return true;
}

bool Rewriter::kernel() {
  size_t resume = cursor.at;
  std::string bound = "0", function;
  while (!cursor.done() && function.empty()) {
    cursor.skipSpace();
    if (cursor.done() || !(isWordChar(source[cursor.at]) || strchr("*&:", source[cursor.at])))
      break;
    if (!isWordChar(source[cursor.at])) {
      ++cursor.at;
      continue;
    }
    std::string word = cursor.word();
    cursor.skipSpace();
    if (cursor.done() || source[cursor.at] != '(')
      continue;
    size_t end = cursor.closing();
    if (end == std::string::npos)
      return fail("expected ')' in the declaration of a kernel");
    static const std::set<std::string> attributes = {"__launch_bounds__", "__maxnreg__", "__attribute__", "__align__"};
    if (!attributes.count(word)) {
      function = word;
    } else {
      if (word == "__launch_bounds__")
        bound = trim(splitTopLevel(source.substr(cursor.at + 1, end - cursor.at - 1), ',')[0]);
      cursor.at = end + 1;
    }
  }
  cursor.at = resume;
  bool known = std::count(result.kernels.begin(), result.kernels.end(), function) != 0;
  if (!function.empty() && !afterTemplate && !known) {
    result.kernels.push_back(function);
    entries += "HC_ENTRY(" + function + ", (" + bound + "))\n";
  }
  return true;
}

Expected<Rewritten> Rewriter::run() {
  static const std::set<std::string> collectives = {"__syncthreads",
                                                    "__syncthreads_count",
                                                    "__syncthreads_and",
                                                    "__syncthreads_or",
                                                    "__syncwarp",
                                                    "__shfl_sync",
                                                    "__shfl_up_sync",
                                                    "__shfl_down_sync",
                                                    "__shfl_xor_sync",
                                                    "__ballot_sync",
                                                    "__any_sync",
                                                    "__all_sync",
                                                    "__match_any_sync",
                                                    "__reduce_add_sync",
                                                    "__reduce_max_sync",
                                                    "__reduce_min_sync",
                                                    "__nanosleep",
                                                    "__activemask",
                                                    "__trap"};
  if (source.find('\0') != std::string::npos)
    return Error(ErrorKind::Compile, name + ": expected text, but got a NUL byte");
  out = "#line 1 \"" + name + "\"\n";
  bool ok = true;
  while (ok && !cursor.done()) {
    if (cursor.skipOpaque())
      continue;
    char c = source[cursor.at];
    if (c == '#') {
      ok = directive();
      continue;
    }
    if (!isWordChar(c)) {
      afterTemplate &= c != ';' && c != '{' && c != '}';
      ++cursor.at;
      continue;
    }
    size_t begin = cursor.at;
    std::string word = cursor.word();
    result.collectives |= collectives.count(word) != 0;
    if (word == "template") {
      afterTemplate = true;
    } else if (word == "asm" || word == "__asm__" || word == "__asm") {
      ok = assembly(begin);
    } else if (word == "extern") {
      size_t resume = cursor.at;
      cursor.skipSpace();
      if (cursor.word() == "__shared__")
        ok = dynamicShared(begin);
      else
        cursor.at = resume;
    } else if (word == "__shared__") {
      ok = staticShared(begin);
    } else if (word == "__global__") {
      ok = kernel();
    }
  }
  if (!ok)
    return Error(ErrorKind::Compile, error);
  result.text = out + source.substr(copied) + "\n#line 1 \"hc_entries\"\n" + entries;
  return std::move(result);
}
} // namespace

std::string escapeName(const std::string &name) {
  std::string escaped = name.empty() ? "kernels.cu" : name;
  for (char &c : escaped)
    if (!isWordChar(c) && (!c || !strchr(".:/-", c)))
      c = '_';
  return escaped;
}

Expected<Rewritten> rewrite(const std::string &source, const std::string &name, bool guarded) {
  return Rewriter(source, name, guarded).run();
}

} // namespace fusion::host
