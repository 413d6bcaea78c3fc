// Constraints of the stage layer and of kernels.
#include "fusion/Dialect/FusionDialect.h"

using namespace mlir;
using namespace fusion;

LogicalResult MapOp::verify() { return success(); }
LogicalResult ReduceOp::verify() { return success(); }
LogicalResult ContractOp::verify() { return success(); }
LogicalResult KernelOp::verify() { return success(); }
