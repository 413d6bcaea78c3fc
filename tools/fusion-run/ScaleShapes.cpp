// Rewrites the types of a model by rule: arguments first, then results op by op.
#include "ScaleShapes.h"
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Dialect/Names.h"
#include "fusion/Dialect/Shape.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <cmath>

using namespace mlir;
using namespace fusion;

namespace {

class Scaling {
public:
  Scaling(func::FuncOp func, double factor) : func(func), factor(factor) {}
  LogicalResult run();

private:
  func::FuncOp func;
  double factor;
  bool windows = false; ///< the model has a convolution: its channels stay
  int64_t groupWidth = 1;

  int64_t scaled(int64_t extent, int64_t unit = 1) const {
    if (ShapedType::isDynamic(extent))
      return extent;
    return std::max<int64_t>(1, std::llround(double(extent) / double(unit) * factor)) * unit;
  }
  static RankedTensorType shaped(RankedTensorType like, ArrayRef<int64_t> shape) {
    return RankedTensorType::get(shape, like.getElementType());
  }
  void scaleArguments();
  LogicalResult infer(Operation &op);
};

void Scaling::scaleArguments() {
  for (BlockArgument arg : func.getArguments()) {
    auto type = cast<RankedTensorType>(arg.getType());
    bool parameter = func.getArgAttr(arg.getArgNumber(), kParameterAttr) != nullptr;
    SmallVector<int64_t> shape(type.getShape());
    for (auto [d, extent] : llvm::enumerate(shape)) {
      bool batch = !parameter && d == 0 && type.getRank() >= 2, spatial = !parameter && d >= 2;
      if (batch || (windows && spatial))
        extent = scaled(extent);
      else if (!windows && extent > 1)
        extent = scaled(extent, extent % groupWidth == 0 ? groupWidth : 1);
    }
    arg.setType(shaped(type, shape));
  }
}

LogicalResult Scaling::infer(Operation &op) {
  auto shape = [](Value v) { return cast<RankedTensorType>(v.getType()).getShape(); };
  auto set = [&](Value v, ArrayRef<int64_t> s) { v.setType(shaped(cast<RankedTensorType>(v.getType()), s)); };
  if (auto conv = dyn_cast<ConvOp>(op)) {
    SmallVector<int64_t> out(shape(conv.getY()));
    out[0] = shape(conv.getX())[0];
    Window w = conv.getWindow();
    for (size_t d = 0; d < w.rank(); ++d) {
      out[2 + d] = w.outputExtent(d, shape(conv.getX())[2 + d]);
      if (out[2 + d] < 1)
        return op.emitError() << "expected a scale that leaves the convolution an output, but got extent " << out[2 + d];
    }
    set(conv.getY(), out);
    return success();
  }
  if (auto linear = dyn_cast<LinearOp>(op)) {
    set(linear.getY(), {shape(linear.getX())[0], shape(linear.getWeight())[0]});
    return success();
  }
  if (auto norm = dyn_cast<GroupNormOp>(op)) {
    set(norm.getY(), shape(norm.getX()));
    if (!windows)
      norm.setGroups(shape(norm.getX())[1] / groupWidth);
    return success();
  }
  if (isa<ConstantOp>(op))
    return success();
  if (op.getNumResults() != 1 || !(isa<ActivationInterface>(op) || isa<AddOp, SubOp, MulOp, DivOp, CastOp>(op)))
    return op.emitError() << "expected an op whose shape can be scaled, but got '" << op.getName()
                          << "'; give a model of the wanted size instead";
  SmallVector<int64_t> out(shape(op.getOperand(0)));
  if (op.getNumOperands() == 2) {
    auto both = broadcastShapes(shape(op.getOperand(0)), shape(op.getOperand(1)));
    if (!both)
      return op.emitError() << "expected operands that still broadcast after scaling";
    out = *both;
  }
  set(op.getResult(0), out);
  return success();
}

LogicalResult Scaling::run() {
  Block &body = func.getBody().front();
  for (Operation &op : body) {
    windows |= isa<ConvOp>(op);
    if (auto norm = dyn_cast<GroupNormOp>(op))
      groupWidth = cast<RankedTensorType>(norm.getX().getType()).getDimSize(1) / norm.getGroups();
  }
  windows |= llvm::any_of(func.getArgumentTypes(), [](Type t) { return cast<RankedTensorType>(t).getRank() > 2; });
  scaleArguments();
  for (Operation &op : body.without_terminator())
    if (failed(infer(op)))
      return failure();
  SmallVector<Type> results(body.getTerminator()->getOperandTypes());
  func.setType(FunctionType::get(func.getContext(), body.getArgumentTypes(), results));
  return success();
}

} // namespace

LogicalResult fusion::tools::scaleShapes(ModuleOp model, double factor) {
  for (func::FuncOp func : model.getOps<func::FuncOp>())
    if (failed(Scaling(func, factor).run()))
      return failure();
  return success();
}
