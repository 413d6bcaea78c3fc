// Prelude parts that are made when they are asked for.
#pragma once
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace fusion::cuda {

/// The text of the part `warpgroup-N.cuh`, which declares the products of a warpgroup with N columns; nothing for other parts.
std::optional<std::string> warpgroupText(llvm::StringRef part);

} // namespace fusion::cuda
