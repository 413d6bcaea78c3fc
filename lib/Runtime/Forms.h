// Internal to the runtime: the forms of a phase's source, and the units that a compiler can take one by one (docs/program-format.md).
#pragma once
#include "fusion/Runtime/ProgramData.h"
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fusion::runtime::detail {

/// "narrow", "unaligned" or "wide".
const char *formName(Form form);
std::optional<Form> parseForm(std::string_view name);
bool hasForm(const Phase &phase, Form form);

/// The source in a form; nothing when it cannot be made. Without a word on alignment a source has no vector accesses.
std::optional<std::string> sourceIn(const std::string &source, Form form);

/// A text that compiles by itself: some of a source's kernels and what all of them share.
struct Unit {
  std::string source;
  std::string kernel; ///< the kernel whose unit it is; empty when the unit is the whole source
};

/// One unit per kernel where a line `// NAME` in front of each kernel shows where its text begins; else the whole source. A unit holds
/// what stands before the first kernel, those structs of earlier kernels that it uses, and the kernel's own text.
std::vector<Unit> unitsOf(const std::string &source, const std::vector<KernelLaunch> &kernels);

} // namespace fusion::runtime::detail
