// Internal to the compiler's C interface: the same compilation in a process of its own.
#pragma once
#include "fusion/compiler.h"
#include <string>

namespace fusion {

/// Compiles with fusion-opt under the options' limits. Diagnostics go to the callback; `message` is why it failed.
fusion_status compileIsolated(std::string model, const std::string &name, const fusion_compile_options &options, std::string &program,
                              std::string &message);

} // namespace fusion
