// Compares the gradients of a backward function with dual numbers through its forward function.
#include "fusion/Reference/Gradients.h"
#include <cmath>

using namespace mlir;
using namespace fusion::reference;

namespace {

/// A sum of products together with the sum of their magnitudes, which says how much of a difference is rounding.
struct Dot {
  double sum = 0, magnitude = 0;
  void add(double a, double b) { add(a, b, std::fabs(a)); }
  void add(double a, double b, double scale) { sum += a * b, magnitude += scale * std::fabs(b); }
};

SmallVector<Tensor<Dual>> lifted(ArrayRef<Tensor<double>> args) {
  SmallVector<Tensor<Dual>> duals;
  for (const Tensor<double> &arg : args)
    duals.emplace_back(arg.shape, std::vector<Dual>(arg.data.begin(), arg.data.end()));
  return duals;
}

/// The magnitude that rounding of a gradient's element is relative to. A bias in front of a norm has a gradient of exactly 0 that is
/// computed as what is left of cancelling sums: its own magnitude would be nothing but rounding.
double scaleOf(const Bound &gradient) { return std::isfinite(gradient.magnitude()) ? gradient.magnitude() : std::fabs(gradient.v); }

/// Sum over all results of dy times the derivative the results carry.
FailureOr<Dot> derivative(func::FuncOp forward, ArrayRef<Tensor<Dual>> args, ArrayRef<Tensor<double>> gradOutputs,
                          const EvaluateOptions &options) {
  FailureOr<SmallVector<Tensor<Dual>>> results = evaluate<Dual>(forward, args, options);
  if (failed(results))
    return failure();
  Dot total;
  for (auto [dy, y] : llvm::zip_equal(gradOutputs, *results)) {
    if (dy.shape != y.shape)
      return forward.emitOpError("expected output gradients of the results' shapes");
    for (int64_t i = 0; i < y.size(); ++i)
      total.add(dy.data[i], y.data[i].d);
  }
  return total;
}

/// The index of the argument of `forward` that result `index` of `backward` is the gradient of.
FailureOr<unsigned> gradientOf(func::FuncOp forward, func::FuncOp backward, unsigned index) {
  auto name = backward.getResultAttrOfType<StringAttr>(index, "fusion.grad_of");
  for (unsigned arg = 0; name && arg < forward.getNumArguments(); ++arg)
    if (argumentName(forward, arg) == name.getValue())
      return arg;
  std::string got = name ? ("'" + name.getValue() + "'").str() : "none";
  return backward.emitOpError("expected result ")
         << index << " to carry fusion.grad_of with the name of an argument of '" << forward.getName() << "', but got " << got;
}

} // namespace

FailureOr<GradientReport> fusion::reference::checkGradients(func::FuncOp forward, func::FuncOp backward, ArrayRef<Tensor<double>> args,
                                                            ArrayRef<Tensor<double>> gradOutputs, uint64_t seed, int directions,
                                                            const EvaluateOptions &options) {
  SmallVector<Tensor<double>> backwardArgs(gradOutputs);
  backwardArgs.append(args.begin(), args.end());
  FailureOr<SmallVector<Tensor<double>>> grads = evaluate<double>(backward, backwardArgs, options);
  SmallVector<Tensor<Bound>> boundArgs;
  for (const Tensor<double> &arg : backwardArgs)
    boundArgs.emplace_back(arg.shape, std::vector<Bound>(arg.data.begin(), arg.data.end()));
  FailureOr<SmallVector<Tensor<Bound>>> bounds = evaluate<Bound>(backward, boundArgs, options);
  if (failed(grads) || failed(bounds))
    return failure();

  GradientReport report;
  Random random(seed);
  SmallVector<Tensor<Dual>> duals = lifted(args);
  for (unsigned result = 0; result < grads->size(); ++result) {
    FailureOr<unsigned> arg = gradientOf(forward, backward, result);
    if (failed(arg))
      return failure();
    Tensor<Dual> &x = duals[*arg];
    if ((*grads)[result].shape != x.shape)
      return backward.emitOpError("expected the gradient of '")
             << argumentName(forward, *arg) << "' to have its shape, but got another; a batch that was merged with other dims cannot be "
             << "reduced as a whole";
    for (int direction = 0; direction < directions; ++direction) {
      Dot byBackward;
      for (int64_t i = 0; i < x.size(); ++i) {
        x.data[i].d = random.normal();
        byBackward.add((*grads)[result].data[i], x.data[i].d, scaleOf((*bounds)[result].data[i]));
      }
      FailureOr<Dot> byDuals = derivative(forward, duals, gradOutputs, options);
      if (failed(byDuals))
        return failure();
      double scale = byBackward.magnitude + byDuals->magnitude;
      double error = byBackward.sum == byDuals->sum ? 0 : std::fabs(byBackward.sum - byDuals->sum) / scale;
      if (!(error <= report.worst)) { // NaN counts as the worst
        report.worst = error;
        report.argument = argumentName(forward, *arg);
      }
      ++report.checked;
    }
    for (Dual &element : x.data)
      element.d = 0;
  }
  return report;
}

FailureOr<Tensor<double>> fusion::reference::dualGradient(func::FuncOp forward, ArrayRef<Tensor<double>> args,
                                                          ArrayRef<Tensor<double>> gradOutputs, unsigned index,
                                                          const EvaluateOptions &options) {
  SmallVector<Tensor<Dual>> duals = lifted(args);
  Tensor<double> grad(args[index].shape);
  for (int64_t i = 0; i < grad.size(); ++i) {
    duals[index].data[i].d = 1;
    FailureOr<Dot> dot = derivative(forward, duals, gradOutputs, options);
    if (failed(dot))
      return failure();
    grad.data[i] = dot->sum;
    duals[index].data[i].d = 0;
  }
  return grad;
}
