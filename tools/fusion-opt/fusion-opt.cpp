// fusion-opt: MLIR's opt tool over the fusion dialect and, with --emit, the compiler's command line.
#include "Emit.h"
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Pipelines/Pipelines.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  if (fusion::tools::wantsEmit(argc, argv))
    return fusion::tools::emitMain(argc, argv);
  mlir::DialectRegistry registry;
  registry.insert<fusion::FusionDialect, mlir::func::FuncDialect, mlir::arith::ArithDialect, mlir::math::MathDialect>();
  fusion::registerEverything();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "fusion kernel fusion compiler; see also --emit=help\n", registry));
}
