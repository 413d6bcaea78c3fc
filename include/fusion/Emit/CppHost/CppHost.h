// A program as CUDA C++ that stands on its own: kernels and plain C launchers, for people who build with nvcc and link no library of ours.
#pragma once
#include "fusion/Runtime/ProgramData.h"

namespace fusion {

struct CppHost {
  std::string header; ///< declarations for C and C++
  std::string source; ///< the .cu file; includes the header by the name it was given
};

/// Of the program's first variant. `headerName` is what the source includes.
CppHost emitCppHost(const runtime::ProgramData &program, const std::string &headerName);

} // namespace fusion
