// Prelude parts that are made when they are asked for.
#pragma once
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace fusion::cuda {

/// The text of a part that declares the products of a warpgroup, `warpgroup-N.cuh` (TF32, left factors in registers) or
/// `FORMAT-warpgroup-N.cuh` (both in shared memory); nothing for other parts.
std::optional<std::string> warpgroupText(llvm::StringRef part);

} // namespace fusion::cuda
