// Dispatches each named op of a function to its reference loop.
#include "fusion/Reference/Evaluate.h"
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Reference/Pooling.h"
#include "fusion/Reference/Reductions.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace fusion;
using namespace fusion::reference;

namespace {

Shape listOf(std::optional<ArrayRef<int64_t>> list) { return list ? Shape(list->begin(), list->end()) : Shape(); }

template <class ConvLike> ConvSpec specOf(ConvLike op, const EvaluateOptions &options) {
  ConvSpec spec;
  spec.factors = options.convolutions;
  spec.stride = listOf(op.getStride());
  spec.padding = listOf(op.getPadding());
  spec.outputPadding = listOf(op.getOutputPadding());
  spec.dilation = listOf(op.getDilation());
  spec.groups = op.getGroups();
  spec.transposed = op.getTransposed();
  return spec;
}

template <class PoolLike> PoolSpec poolOf(PoolLike op) {
  PoolSpec spec;
  spec.kernel = listOf(op.getKernel());
  spec.stride = listOf(op.getStride());
  spec.padding = listOf(op.getPadding());
  spec.ceilMode = op.getCeilMode();
  if constexpr (std::is_same_v<PoolLike, MaxPoolOp> || std::is_same_v<PoolLike, MaxPoolGradOp>) {
    spec.dilation = listOf(op.getDilation());
  } else {
    spec.countIncludePad = op.getCountIncludePad();
    spec.divisor = op.getDivisorOverride().value_or(0);
  }
  return spec;
}

std::string textOf(const Shape &shape) {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << "[";
  llvm::interleaveComma(shape, out);
  out << "]";
  return text;
}

/// The values of one run, by SSA value.
template <class T> class Run {
public:
  Run(func::FuncOp func, const EvaluateOptions &options) : func(func), options(options) {}

  FailureOr<SmallVector<Tensor<T>>> operator()(ArrayRef<Tensor<T>> args) {
    if (failed(bind(args)))
      return failure();
    for (Operation &op : func.front()) {
      if (auto terminator = dyn_cast<func::ReturnOp>(op)) {
        SmallVector<Tensor<T>> results;
        for (Value v : terminator.getOperands())
          results.push_back(at(v));
        return results;
      }
      if (failed(step(&op)))
        return failure();
    }
    return func.emitOpError("expected a func.return at the end of its body, but got none");
  }

private:
  LogicalResult bind(ArrayRef<Tensor<T>> args) {
    if (func.isExternal() || !func.getBody().hasOneBlock())
      return func.emitOpError("expected a body of one block to evaluate");
    if (args.size() != func.getNumArguments())
      return func.emitOpError("expected ") << func.getNumArguments() << " argument tensors, but got " << args.size();
    for (auto [index, value] : llvm::enumerate(func.getArguments())) {
      if (failed(checkShape(func, value.getType(), args[index].shape, "argument " + argumentName(func, index))))
        return failure();
      if (!cast<RankedTensorType>(value.getType()).hasStaticShape())
        batch = args[index].shape[0];
      values[value] = args[index];
    }
    return success();
  }

  LogicalResult checkShape(Operation *op, Type type, const Shape &shape, const Twine &what) {
    auto ranked = dyn_cast<RankedTensorType>(type);
    bool fits = ranked && ranked.getRank() == static_cast<int64_t>(shape.size());
    for (size_t d = 0; fits && d < shape.size(); ++d)
      fits = ranked.isDynamicDim(d) || ranked.getDimSize(d) == shape[d];
    if (!fits)
      return op->emitOpError("expected ") << what << " to have type " << type << ", but got values of shape " << textOf(shape);
    return success();
  }

  const Tensor<T> &at(Value v) { return values.find(v)->second; }
  const Tensor<T> *ifGiven(Value v) { return v ? &at(v) : nullptr; }

  double attribute(const APFloat &value) {
    double v = value.convertToDouble();
    return options.roundAttributes ? static_cast<float>(v) : v;
  }
  double narrowConstant(ConstantOp op) { return storageOf(op.getY().getType()).rounded(op.getValue().convertToDouble()); }
  ActivationParams paramsOf(DictionaryAttr attributes) {
    ActivationParams params;
    for (auto [name, field] : {std::pair("slope", &params.slope),
                               {"min", &params.min},
                               {"max", &params.max},
                               {"alpha", &params.alpha},
                               {"exponent", &params.exponent}})
      if (auto given = attributes.getAs<FloatAttr>(name))
        *field = attribute(given.getValue());
    return params;
  }

  /// The shape of a reshaped tensor; nothing where an unknown leading extent would not be whole.
  std::optional<Shape> reshaped(ReshapeOp op) {
    Shape shape(op.getY().getType().getShape());
    if (!op.getY().getType().hasStaticShape()) {
      int64_t behind = elementCount(shape, 1), all = at(op.getX()).size();
      if (all % behind != 0) {
        op.emitOpError("expected a multiple of ") << behind << " elements, but got " << all << "; this batch cannot be split so";
        return std::nullopt;
      }
      shape[0] = all / behind;
    }
    return shape;
  }
  /// The shape of a result whose unknown extent is the function's batch.
  Shape batchedShape(Value result) {
    Shape shape(cast<RankedTensorType>(result.getType()).getShape());
    for (int64_t &extent : shape)
      extent = ShapedType::isDynamic(extent) ? batch : extent;
    return shape;
  }

  /// The static shape of a result whose unknown extent is the batch of `like`.
  Shape resultShape(Value result, const Tensor<T> &like) {
    auto type = cast<RankedTensorType>(result.getType());
    Shape shape(type.getShape());
    for (int64_t &extent : shape)
      if (ShapedType::isDynamic(extent))
        extent = like.shape[0];
    return shape;
  }

  LogicalResult step(Operation *op) {
    if (auto reshape = dyn_cast<ReshapeOp>(op); reshape && !reshaped(reshape))
      return failure();
    SmallVector<Tensor<T>, 2> results = compute(op);
    if (results.size() != op->getNumResults()) {
      InFlightDiagnostic error = op->emitOpError("expected an op that the evaluator has a rule for");
      error.attachNote() << "the evaluator works on named ops; evaluate before they are lowered to stages";
      return error;
    }
    for (auto [result, tensor] : llvm::zip_equal(op->getResults(), results)) {
      if (failed(checkShape(op, result.getType(), tensor.shape, "its result")))
        return failure();
      store(op, result.getType(), tensor);
      values[result] = std::move(tensor);
    }
    return success();
  }

  /// Results of 16-bit types may be written to memory, whatever a kernel keeps.
  void store(Operation *op, Type type, Tensor<T> &tensor) {
    Storage storage = storageOf(type);
    auto cast = dyn_cast<CastOp>(op);
    if (!storage.narrow() || isa<ConstantOp>(op) || (cast && isRounding(cast)))
      return;
    // What a contraction sums up may be written before its bias is added.
    if constexpr (std::is_same_v<T, Bound>)
      if (isa<ConvOp, LinearOp>(op) && op->getNumOperands() == 3) {
        const Tensor<T> &bias = at(op->getOperand(2));
        int64_t positions = elementCount(tensor.shape, 2);
        for (int64_t i = 0; i < tensor.size(); ++i)
          tensor.data[i].s += storage.error(std::fabs(tensor.data[i].v) + bias.data[i / positions % bias.size()].magnitude());
      }
    for (T &v : tensor.data)
      v = stored(v, storage, tensor.reduction);
  }
  bool isRounding(CastOp op) {
    return options.roundCasts && !op.getExact() && storageOf(op.getY().getType()).narrow() && op.getX().getType() != op.getY().getType();
  }
  /// The identity where nothing is rounded.
  Tensor<T> casted(CastOp op) {
    Tensor<T> y = at(op.getX());
    if (isRounding(op))
      for (T &v : y.data)
        v = fusion::reference::cast(v, storageOf(op.getY().getType()), y.reduction);
    return y;
  }

  /// The results of one op; none when there is no rule for it.
  SmallVector<Tensor<T>, 2> compute(Operation *op) {
    using Results = SmallVector<Tensor<T>, 2>;
    if (std::optional<Activation> f = activationNamed(op->getName().stripDialect()))
      if (isa<FusionDialect>(op->getDialect()))
        return {activation(*f, paramsOf(op->getAttrDictionary()), at(op->getOperand(0)), options.unit)};
    return TypeSwitch<Operation *, Results>(op)
        .template Case<ConvOp>(
            [&](auto o) { return Results{conv(at(o.getX()), at(o.getWeight()), ifGiven(o.getBias()), specOf(o, options))}; })
        .template Case<ConvGradInputOp>([&](auto o) {
          const Tensor<T> &dy = at(o.getDy());
          return Results{convGradInput(dy, at(o.getWeight()), specOf(o, options), resultShape(o.getDx(), dy))};
        })
        .template Case<ConvGradWeightOp>([&](auto o) {
          const Tensor<T> &dy = at(o.getDy());
          return Results{convGradWeight(dy, at(o.getX()), specOf(o, options), resultShape(o.getDweight(), dy))};
        })
        .template Case<LinearOp>(
            [&](auto o) { return Results{linear(at(o.getX()), at(o.getWeight()), ifGiven(o.getBias()), options.products)}; })
        .template Case<MatmulOp>(
            [&](auto o) { return Results{matmul(at(o.getA()), at(o.getB()), o.getTransposeA(), o.getTransposeB(), options.products)}; })
        .template Case<ConstantOp>([&](auto o) {
          return Results{constant<T>(storageOf(o.getY().getType()).narrow() ? narrowConstant(o) : attribute(o.getValue()))};
        })
        .template Case<CastOp>([&](auto o) { return Results{casted(o)}; })
        .template Case<AddOp>([&](auto o) { return Results{add(at(o.getLhs()), at(o.getRhs()))}; })
        .template Case<SubOp>([&](auto o) { return Results{sub(at(o.getLhs()), at(o.getRhs()))}; })
        .template Case<MulOp>([&](auto o) { return Results{mul(at(o.getLhs()), at(o.getRhs()))}; })
        .template Case<DivOp>([&](auto o) { return Results{div(at(o.getLhs()), at(o.getRhs()))}; })
        .template Case<MaximumOp>([&](auto o) { return Results{maximum(at(o.getLhs()), at(o.getRhs()))}; })
        .template Case<MinimumOp>([&](auto o) { return Results{minimum(at(o.getLhs()), at(o.getRhs()))}; })
        .template Case<WhereOp>([&](auto o) { return Results{where(at(o.getCond()), at(o.getLhs()), at(o.getRhs()))}; })
        .template Case<MaximumGradOp>(
            [&](auto o) { return Results{extremumGrad(at(o.getDy()), at(o.getX()), at(o.getOther()), true, options.unit)}; })
        .template Case<MinimumGradOp>(
            [&](auto o) { return Results{extremumGrad(at(o.getDy()), at(o.getX()), at(o.getOther()), false, options.unit)}; })
        .template Case<ActivationGradOp>([&](auto o) {
          std::optional<Activation> f = activationNamed(o.getOf().str());
          return f ? Results{activationGrad(*f, paramsOf(o.getParams()), at(o.getDy()), at(o.getX()), options.unit)} : Results();
        })
        .template Case<SumToOp>([&](auto o) {
          const Tensor<T> &x = at(o.getX());
          Shape shape = resultShape(o.getY(), x);
          return Results{o.getDims() ? sumOver(x, listOf(o.getDims()), shape) : sumTo(x, shape)};
        })
        .template Case<GroupNormOp>([&](auto o) {
          return Results{groupNorm(at(o.getX()), ifGiven(o.getGamma()), ifGiven(o.getBeta()), o.getGroups(), attribute(o.getEps()))};
        })
        .template Case<GroupStatsOp>([&](auto o) {
          Statistics<T> stats = groupStats(at(o.getX()), o.getGroups(), attribute(o.getEps()));
          return Results{stats.mean, stats.rstd};
        })
        .template Case<NormalizeOp>([&](auto o) {
          return Results{normalize(at(o.getX()), at(o.getMean()), at(o.getRstd()), ifGiven(o.getGamma()), ifGiven(o.getBeta()))};
        })
        .template Case<NormalizeGradOp>([&](auto o) {
          return Results{normalizeGrad(at(o.getDy()), at(o.getX()), at(o.getMean()), at(o.getRstd()), ifGiven(o.getGamma()))};
        })
        .Default([&](Operation *other) { return computeOther(other); });
  }

  /// Reductions, norms made of them, pools and what only rearranges.
  SmallVector<Tensor<T>, 2> computeOther(Operation *op) {
    using Results = SmallVector<Tensor<T>, 2>;
    return TypeSwitch<Operation *, Results>(op)
        .template Case<ReshapeOp>([&](auto o) {
          Tensor<T> y = at(o.getX());
          y.shape = *reshaped(o);
          return Results{y};
        })
        .template Case<BroadcastOp>([&](auto o) { return Results{expanded(at(o.getX()), batchedShape(o.getY()))}; })
        .template Case<DetachOp>([&](auto o) {
          Tensor<T> y = at(o.getX());
          for (T &v : y.data)
            v = withoutSlope(v);
          return Results{y};
        })
        .template Case<DropoutOp>([&](auto o) { return Results{dropout(at(o.getX()), attribute(o.getP()), o.getSeed(), o.getOffset())}; })
        .template Case<WithinOp>([&](auto o) {
          Tensor<T> y = at(o.getX());
          int64_t extent = y.shape[o.getDim()], inner = 1;
          for (size_t d = o.getDim() + 1; d < y.shape.size(); ++d)
            inner *= y.shape[d];
          for (int64_t i = 0; i < y.size(); ++i)
            if (int64_t at = i / inner % extent; at < int64_t(o.getFrom()) || at >= int64_t(o.getTo()))
              y.data[i] = T(0);
          return Results{y};
        })
        .template Case<SumOp>([&](auto o) {
          const Tensor<T> &x = at(o.getX());
          return Results{sumOver(x, listOf(o.getDims()), reduced(x.shape, listOf(o.getDims()), o.getKeepdim()))};
        })
        .template Case<MaxOp>(
            [&](auto o) { return Results{extreme(at(o.getX()), listOf(o.getDims()), o.getKeepdim(), true, options.unit)}; })
        .template Case<MinOp>(
            [&](auto o) { return Results{extreme(at(o.getX()), listOf(o.getDims()), o.getKeepdim(), false, options.unit)}; })
        .template Case<ExtremeGradOp>([&](auto o) {
          return Results{extremeGrad(at(o.getDy()), at(o.getX()), listOf(o.getDims()), o.getOf() == "max", options.unit)};
        })
        .template Case<MomentsOp>([&](auto o) {
          Moments<T> m = moments(at(o.getX()), listOf(o.getDims()), o.getKeepdim());
          return Results{m.mean, m.variance};
        })
        .template Case<CountOp>([&](auto o) { return Results{constant<T>(countOver(at(o.getX()).shape, listOf(o.getDims())))}; })
        .template Case<MeanOp>([&](auto o) { return Results{mean(at(o.getX()), listOf(o.getDims()), o.getKeepdim())}; })
        .template Case<VarianceOp>(
            [&](auto o) { return Results{variance(at(o.getX()), listOf(o.getDims()), o.getKeepdim(), attribute(o.getCorrection()))}; })
        .template Case<LogSumExpOp>([&](auto o) { return Results{logSumExp(at(o.getX()), listOf(o.getDims()), o.getKeepdim())}; })
        .template Case<SoftmaxOp>([&](auto o) { return Results{softmax(at(o.getX()), listOf(o.getDims()))}; })
        .template Case<LogSoftmaxOp>([&](auto o) { return Results{logSoftmax(at(o.getX()), listOf(o.getDims()))}; })
        .template Case<StandardizeOp>([&](auto o) { return Results{standardize(at(o.getX()), at(o.getMean()), at(o.getRstd()))}; })
        .template Case<LayerNormOp>([&](auto o) {
          return Results{
              layerNorm(at(o.getX()), ifGiven(o.getGamma()), ifGiven(o.getBeta()), o.getNormalisedDims(), attribute(o.getEps()))};
        })
        .template Case<RmsNormOp>(
            [&](auto o) { return Results{rmsNorm(at(o.getX()), ifGiven(o.getGamma()), o.getNormalisedDims(), attribute(o.getEps()))}; })
        .template Case<InstanceNormOp>([&](auto o) {
          const Tensor<T> &x = at(o.getX());
          return Results{groupNorm(x, ifGiven(o.getGamma()), ifGiven(o.getBeta()), x.shape[1], attribute(o.getEps()))};
        })
        .template Case<BatchNormOp>([&](auto o) {
          BatchNorm<T> n = batchNorm(at(o.getX()), ifGiven(o.getGamma()), ifGiven(o.getBeta()), ifGiven(o.getRunningMean()),
                                     ifGiven(o.getRunningVariance()), attribute(o.getEps()), attribute(o.getMomentum()), o.getInference());
          return o.getUpdated().empty() ? Results{n.y} : Results{n.y, n.mean, n.variance};
        })
        .template Case<MaxPoolOp>([&](auto o) { return Results{maxPool(at(o.getX()), poolOf(o), options.unit)}; })
        .template Case<MaxPoolGradOp>([&](auto o) { return Results{maxPoolGrad(at(o.getDy()), at(o.getX()), poolOf(o), options.unit)}; })
        .template Case<AvgPoolOp>([&](auto o) { return Results{avgPool(at(o.getX()), poolOf(o))}; })
        .template Case<AvgPoolGradOp>(
            [&](auto o) { return Results{avgPoolGrad(at(o.getDy()), poolOf(o), resultShape(o.getDx(), at(o.getDy())))}; })
        .template Case<AdaptiveAvgPoolOp>([&](auto o) { return Results{adaptiveAvgPool(at(o.getX()), listOf(o.getOutputSize()))}; })
        .template Case<AdaptiveAvgPoolGradOp>(
            [&](auto o) { return Results{adaptiveAvgPoolGrad(at(o.getDy()), resultShape(o.getDx(), at(o.getDy())))}; })
        .Default([](Operation *) { return Results(); });
  }

  func::FuncOp func;
  EvaluateOptions options;
  llvm::DenseMap<Value, Tensor<T>> values;
  int64_t batch = 1; ///< of the arguments with an unknown extent
};

} // namespace

Storage fusion::reference::storageOf(Type tensor) {
  Type element = cast<RankedTensorType>(tensor).getElementType();
  return element.isF16() ? inF16 : element.isBF16() ? inBF16 : inF32;
}

template <class T>
FailureOr<SmallVector<Tensor<T>>> fusion::reference::evaluate(func::FuncOp func, ArrayRef<Tensor<T>> args, const EvaluateOptions &options) {
  return Run<T>(func, options)(args);
}

#define INSTANTIATE(T)                                                                                                                     \
  template FailureOr<SmallVector<Tensor<T>>> fusion::reference::evaluate(func::FuncOp, ArrayRef<Tensor<T>>, const EvaluateOptions &);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(Dual)
INSTANTIATE(Bound)
