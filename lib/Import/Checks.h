// What a module must be to count as a model description.
#pragma once
#include "fusion/Import/Import.h"

namespace fusion {

/// Checks the structure and the element types of an unverified module; op constraints are the verifier's.
ImportStatus checkModel(mlir::ModuleOp module);

} // namespace fusion
