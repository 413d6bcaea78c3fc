// What the reference tests share: random tensors of any scalar, parsing, and the direction of a derivative.
#pragma once
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Reference/Activations.h"
#include "fusion/Reference/Evaluate.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

namespace fusion::reference::testing {

template <class To, class From> Tensor<To> as(const Tensor<From> &x) {
  return Tensor<To>(x.shape, std::vector<To>(x.data.begin(), x.data.end()));
}

inline Tensor<double> randomDouble(const Shape &shape, uint64_t seed, double scale = 1, double mean = 0) {
  InputOptions options;
  options.mean = mean;
  return as<double>(randomTensor(shape, seed, scale, options));
}

/// A context with the dialects of model descriptions, and one module in it.
struct Parsed {
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::vector<std::string> diagnostics;

  explicit Parsed(const std::string &text, bool isPath = false) {
    context.loadDialect<fusion::FusionDialect, mlir::func::FuncDialect>();
    context.getDiagEngine().registerHandler([this](mlir::Diagnostic &d) {
      std::string line;
      llvm::raw_string_ostream(line) << d.getLocation() << ": " << d.str();
      diagnostics.push_back(line);
    });
    module = isPath ? mlir::parseSourceFile<mlir::ModuleOp>(text, &context)
                    : mlir::parseSourceString<mlir::ModuleOp>(text, mlir::ParserConfig(&context), "model.mlir");
  }
  mlir::func::FuncOp func(llvm::StringRef name) { return module->lookupSymbol<mlir::func::FuncOp>(name); }
  mlir::func::FuncOp first() { return *module->getOps<mlir::func::FuncOp>().begin(); }
};

/// The parameters of an activation op, as they are written.
inline ActivationParams paramsOf(mlir::Operation *op) {
  ActivationParams p;
  for (auto [name, field] :
       {std::pair("slope", &p.slope), {"min", &p.min}, {"max", &p.max}, {"alpha", &p.alpha}, {"exponent", &p.exponent}})
    if (auto given = op->getAttrOfType<mlir::FloatAttr>(name))
      *field = given.getValueAsDouble();
  return p;
}

} // namespace fusion::reference::testing
