// Makes arguments for a function and names its arguments and results.
#include "fusion/Reference/Evaluate.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir;
using namespace fusion::reference;

std::string fusion::reference::argumentName(func::FuncOp func, unsigned index) {
  if (auto name = func.getArgAttrOfType<StringAttr>(index, "fusion.name"))
    return name.str();
  return "x" + llvm::utostr(index);
}

std::string fusion::reference::resultName(func::FuncOp func, unsigned index) {
  if (auto name = func.getResultAttrOfType<StringAttr>(index, "fusion.name"))
    return name.str();
  return "y" + llvm::utostr(index);
}

SmallVector<Tensor<float>> fusion::reference::makeInputs(func::FuncOp func, uint64_t seed, int64_t batch, const InputOptions &options) {
  SmallVector<Tensor<float>> inputs;
  Random seeds(seed); // one stream per argument, so that changing one shape leaves the others' values
  for (auto [index, type] : llvm::enumerate(func.getArgumentTypes())) {
    Shape shape(cast<RankedTensorType>(type).getShape());
    for (int64_t &extent : shape)
      if (ShapedType::isDynamic(extent))
        extent = batch;
    bool parameter = static_cast<bool>(func.getArgAttr(index, "fusion.parameter"));
    int64_t fanIn = parameter && shape.size() >= 2 ? elementCount(shape, 1) : 1;
    inputs.push_back(randomTensor(shape, seeds.next(), 1 / std::sqrt(static_cast<double>(std::max<int64_t>(1, fanIn))),
                                  parameter ? InputOptions() : options));
    for (float &v : inputs.back().data)
      v = float(storageOf(type).rounded(v));
  }
  return inputs;
}
