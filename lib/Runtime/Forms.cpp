// Makes the forms of a phase's source, and cuts a source into units. Both go by whole lines that the emitter writes; neither parses C++.
#include "Forms.h"
#include <algorithm>
#include <cctype>

using namespace fusion::runtime;

namespace {

constexpr std::string_view wideOffsets = "typedef long long index_t;", narrowOffsets = "typedef int index_t;";
constexpr std::string_view aligned = "constexpr bool alignedTensors = true;", unaligned = "constexpr bool alignedTensors = false;";

/// Where a line begins with `words`; npos when none does.
size_t findLine(std::string_view text, std::string_view words, size_t from = 0) {
  for (size_t at = text.find(words, from); at != std::string_view::npos; at = text.find(words, at + 1))
    if (at == 0 || text[at - 1] == '\n')
      return at;
  return std::string_view::npos;
}

std::optional<std::string> replaced(std::string text, std::string_view words, std::string_view by) {
  size_t at = findLine(text, words);
  if (at == std::string::npos)
    return std::nullopt;
  return text.replace(at, words.size(), by);
}

/// A struct that is declared in front of the first kernel that uses it.
struct Struct {
  std::string name, text;
};

/// The structs of a kernel's text: from a line `struct NAME {` to the line `};`.
void addStructs(const std::string &text, std::vector<Struct> &structs) {
  constexpr std::string_view opening = "struct ", closing = "};\n";
  for (size_t at = findLine(text, opening); at != std::string::npos; at = findLine(text, opening, at + 1)) {
    size_t name = at + opening.size(), end = findLine(text, closing, at);
    if (end == std::string::npos)
      return;
    structs.push_back({text.substr(name, text.find_first_of(" {:\n", name) - name), text.substr(at, end + closing.size() - at)});
  }
}

bool isWordCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

/// Whether the text holds the word.
bool mentions(const std::string &text, const std::string &word) {
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
    if ((at == 0 || !isWordCharacter(text[at - 1])) && (at + word.size() == text.size() || !isWordCharacter(text[at + word.size()])))
      return true;
  return false;
}

} // namespace

const char *detail::formName(Form form) { return form == Form::Narrow ? "narrow" : form == Form::Unaligned ? "unaligned" : "wide"; }

std::optional<Form> detail::parseForm(std::string_view name) {
  for (Form form : {Form::Narrow, Form::Unaligned})
    if (name == formName(form))
      return form;
  return std::nullopt;
}

bool detail::hasForm(const Phase &phase, Form form) {
  return form == Form::Narrow ? phase.narrowBatch > 0 : form == Form::Unaligned ? phase.unaligned : true;
}

std::optional<std::string> detail::sourceIn(const std::string &source, Form form) {
  return form == Form::Narrow      ? replaced(source, wideOffsets, narrowOffsets)
         : form == Form::Unaligned ? replaced(source, aligned, unaligned).value_or(source)
                                   : std::optional<std::string>(source);
}

std::vector<detail::Unit> detail::unitsOf(const std::string &source, const std::vector<KernelLaunch> &kernels) {
  std::vector<std::string> names;
  for (const KernelLaunch &kernel : kernels)
    if (std::find(names.begin(), names.end(), kernel.name) == names.end())
      names.push_back(kernel.name);
  std::vector<size_t> begins;
  for (const std::string &name : names) {
    size_t at = findLine(source, "// " + name + "\n", begins.empty() ? 0 : begins.back() + 1);
    if (at == std::string::npos)
      return {{source, ""}};
    begins.push_back(at);
  }
  if (names.size() < 2)
    return {{source, ""}};
  begins.push_back(source.size());
  std::vector<Unit> units;
  std::vector<Struct> structs; // of the kernels before
  for (size_t i = 0; i < names.size(); ++i) {
    std::string own = source.substr(begins[i], begins[i + 1] - begins[i]), shared;
    for (auto earlier = structs.rbegin(); earlier != structs.rend(); ++earlier)
      if (mentions(own, earlier->name) || mentions(shared, earlier->name))
        shared = earlier->text + shared;
    addStructs(own, structs);
    units.push_back({source.substr(0, begins[0]) + shared + own, names[i]});
  }
  return units;
}
