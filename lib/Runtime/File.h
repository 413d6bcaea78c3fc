// Internal to the runtime: reading and replacing whole files without exceptions.
#pragma once
#include "fusion/Runtime/Error.h"
#include <string>
#include <string_view>

namespace fusion::runtime::detail {

/// The bytes of a regular file.
Expected<std::string> readFile(const std::string &path, size_t maxBytes);
/// Writes a uniquely named temporary file beside `path` and renames it, so that no reader sees half a file.
Error replaceFile(const std::string &path, std::string_view bytes);

/// The same for a file of an open directory, private to this user: links are not followed, and what another user owns or can
/// write is refused.
Expected<std::string> readOwnFile(int directory, const std::string &name, size_t maxBytes);
Error replaceOwnFile(int directory, const std::string &name, std::string_view bytes);

} // namespace fusion::runtime::detail
