// Test programs: the functions of the lit tests' own files, and what is done with them.
#pragma once
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Reference/Evaluate.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include <limits>

namespace fusion::test {

class Programs {
public:
  Programs() : context(mlir::MLIRContext::Threading::DISABLED) { context.loadDialect<FusionDialect, mlir::func::FuncDialect>(); }
  /// Every function of a test file, each in a module of its own.
  std::vector<mlir::OwningOpRef<mlir::ModuleOp>> read(const std::string &file) {
    std::vector<mlir::OwningOpRef<mlir::ModuleOp>> modules;
    auto parsed = mlir::parseSourceFile<mlir::ModuleOp>(std::string(FUSION_TEST_DIR) + "/" + file, &context);
    if (!parsed)
      return modules;
    for (auto function : parsed->getOps<mlir::func::FuncOp>()) {
      modules.push_back(mlir::ModuleOp::create(function.getLoc()));
      modules.back()->push_back(function.clone());
    }
    return modules;
  }

  mlir::MLIRContext context;
};

/// A copy of the module after `passes`; null if they fail.
inline mlir::OwningOpRef<mlir::ModuleOp> after(mlir::ModuleOp module, llvm::function_ref<void(mlir::PassManager &)> passes) {
  mlir::OwningOpRef<mlir::ModuleOp> copy = mlir::cast<mlir::ModuleOp>(module->clone());
  mlir::PassManager manager(module.getContext());
  passes(manager);
  // A model without a path to some argument has no gradients; its test is about values.
  mlir::ScopedDiagnosticHandler quiet(module.getContext(), [](mlir::Diagnostic &) {});
  if (mlir::failed(manager.run(*copy)))
    return nullptr;
  return copy;
}

/// Values around every kink, bound and overflow of the activations. Not the smallest denormal: hardswish divides it to 0 in the reference,
/// while the dialect's formula, which multiplies with 1 / 6 as PyTorch's CUDA kernel does, keeps it.
inline std::vector<float> ordinaryValues() {
  std::vector<float> values = {0.0f, -0.0f, 3e-45f, -3e-45f, 1e-30f, -1e-30f, 88.0f, 89.5f, -88.0f, -89.5f, 104.5f, -104.5f, 1e4f, -1e4f};
  for (float kink : {0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f, 5.0f, 6.0f, 20.0f})
    for (float sign : {1.0f, -1.0f})
      for (float near : {std::nextafter(kink, 0.0f), kink, std::nextafter(kink, 100.0f), kink * 1.1f})
        values.push_back(sign * near);
  return values;
}
inline std::vector<float> specialValues() {
  std::vector<float> values = ordinaryValues();
  float inf = std::numeric_limits<float>::infinity(), max = std::numeric_limits<float>::max();
  for (float v : {inf, -inf, std::numeric_limits<float>::quiet_NaN(), max, -max, max / 4, -max / 4})
    values.push_back(v);
  return values;
}

/// Arguments for `function`: every value in each of them, shifted against each other so that they meet in many pairs.
inline llvm::SmallVector<reference::Tensor<float>> arguments(mlir::func::FuncOp function, const std::vector<float> &values, int64_t shift) {
  llvm::SmallVector<reference::Tensor<float>> result;
  int64_t batch = (int64_t(values.size()) + 3) / 4;
  for (mlir::Type type : function.getArgumentTypes()) {
    reference::Shape shape;
    for (int64_t extent : mlir::cast<mlir::RankedTensorType>(type).getShape())
      shape.push_back(mlir::ShapedType::isDynamic(extent) ? batch : extent);
    reference::Tensor<float> tensor(shape);
    for (int64_t i = 0; i < tensor.size(); ++i)
      tensor.data[i] = values[(i + shift * int64_t(result.size())) % values.size()];
    result.push_back(tensor);
  }
  return result;
}

} // namespace fusion::test
