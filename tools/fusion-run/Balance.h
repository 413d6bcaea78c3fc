// Whether the threads of a block share their work.
#pragma once
#include "fusion/host.hpp"

namespace fusion::tools {

/// Prints a line for every buffer whose elements one thread of a block writes (almost) alone, and returns whether there was none. What the
/// values say is that they are right; this is the check that sees a kernel in which one thread does the work of all. Needs counted bytes.
bool threadsShareWrites(const Host &host);

} // namespace fusion::tools
