// fusion-opt: MLIR's opt tool over the fusion dialect.
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Differentiate/Passes.h"
#include "fusion/Fuse/Passes.h"
#include "fusion/Raise/Passes.h"
#include "fusion/Schedule/Passes.h"
#include "fusion/Stages/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<fusion::FusionDialect, mlir::func::FuncDialect, mlir::arith::ArithDialect, mlir::math::MathDialect>();
  fusion::registerRaisePasses();
  fusion::registerDifferentiatePasses();
  fusion::registerStagesPasses();
  fusion::registerFusePasses();
  fusion::registerSchedulePasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "fusion kernel fusion compiler\n", registry));
}
