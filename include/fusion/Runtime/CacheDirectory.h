// The cache of compiled binaries on disk, for people who want to look at it, empty it or check it.
#pragma once
#include "fusion/Runtime/Error.h"
#include <cstdint>
#include <string>

namespace fusion::runtime {

enum class CacheAction { Status, Clear, Verify };

struct CacheInfo {
  uint64_t entries = 0, bytes = 0; ///< what is there afterwards
  uint64_t damaged = 0;            ///< entries that Verify found damaged; they are removed
  uint64_t removed = 0;            ///< all that were removed
};

/// $XDG_CACHE_HOME/fusion or ~/.cache/fusion; empty when neither variable names an absolute path.
std::string defaultCacheDirectory();
/// A directory that is not there is an empty cache; one that others can use is an error, as is an entry that cannot be removed.
Expected<CacheInfo> inspectCache(const std::string &directory, CacheAction action);

} // namespace fusion::runtime
