// The little of CUDA C++ that macros cannot express, rewritten in the source text; line numbers stay.
#pragma once
#include "fusion/Runtime/Error.h"
#include <string>
#include <vector>

namespace fusion::host {

struct Rewritten {
  std::string text;                 ///< follows the device header
  std::vector<std::string> kernels; ///< in the order of the source
  bool collectives = false;         ///< may use barriers or warp collectives
  bool dynamicShared = false;
};

/// `guarded` puts guard bytes after every static shared array, so that stepping over its end is noticed.
runtime::Expected<Rewritten> rewrite(const std::string &source, const std::string &name, bool guarded);

/// `name` with everything but [A-Za-z0-9_.:/-] replaced, fit for a #line directive.
std::string escapeName(const std::string &name);

} // namespace fusion::host
