// Internal to the runtime: reading and replacing whole files without exceptions.
#pragma once
#include "fusion/Runtime/Error.h"
#include <string>
#include <string_view>

namespace fusion::runtime::detail {

/// The bytes of a regular file. `noFollow` refuses a symbolic link and a file of another user.
Expected<std::string> readFile(const std::string &path, size_t maxBytes, bool noFollow = false);
/// Writes a uniquely named temporary file beside `path` and renames it, so that no reader sees half a file.
Error replaceFile(const std::string &path, std::string_view bytes, unsigned mode);

} // namespace fusion::runtime::detail
