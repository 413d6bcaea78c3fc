// Internal to the runtime: the three steps behind Program (read the text, check the contents, write the text).
#pragma once
#include "fusion/Runtime/Program.h"

namespace fusion::runtime::detail {

/// Reads the syntax: types, words and required keys. checkProgram() judges the contents.
Expected<ProgramData> readProgram(std::string_view text);
/// Everything a program must hold to be launched safely.
Error checkProgram(const ProgramData &data);
/// `data` must have passed checkProgram().
std::string writeProgram(const ProgramData &data);

/// "sm_90a" as its parts.
struct Architecture {
  int major = 0, minor = 0;
  char suffix = 0; ///< 'a': this very architecture only; 'f': its family; 0: this one and every newer one
};
std::optional<Architecture> parseArchitecture(const std::string &name);

/// An ELF file whose tables, sections and segments all lie inside of it.
bool isWholeElf(std::string_view bytes);

/// The largest grid extents that every supported architecture accepts.
constexpr int64_t maxGrid[3] = {2147483647, 65535, 65535};
constexpr unsigned maxKernelArgs = 512; ///< 4 KiB of parameters
constexpr int64_t workspaceAlignment = 256;

} // namespace fusion::runtime::detail
