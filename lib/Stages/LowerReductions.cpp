// Stages of reductions over any dims and of their gradients, of pools, and of what changes shapes only.
#include "Lowering.h"
#include "fusion/Dialect/ElementTypes.h"
#include "fusion/Dialect/Pool.h"
#include <cmath>

using namespace mlir;
using namespace fusion;

Value Lowering::sameElements(Location loc, Value x, RankedTensorType type) {
  if (x.getType() == type)
    return x;
  return map(loc, {{x, fullAccess(context(), Domain::of(type))}}, type, [](OpBuilder &, Location, ValueRange v) { return v[0]; });
}

Value Lowering::withoutCopy(Value x) {
  while (auto map = x.getDefiningOp<MapOp>()) {
    if (map.getInputs().size() != 1)
      break;
    Value from = map.getInputs()[0];
    Block &body = map.getBody().front();
    Domain domain = Domain::of(typeOf(x));
    bool copies = body.getTerminator()->getOperand(0) == body.getArgument(0) && typeOf(from).getElementType() == typeOf(x).getElementType();
    AffineMap access = cast<AffineMapAttr>(map.getAccess()[0]).getValue();
    if (!copies || !(Domain::of(typeOf(from)) == domain) || access != fullAccess(map.getContext(), domain))
      break;
    x = from;
  }
  return x;
}

AffineMap Lowering::keptAccess(RankedTensorType x, ArrayRef<int64_t> dims) {
  SmallVector<int64_t> kept(x.getShape());
  for (int64_t d : dims)
    kept[d] = 1;
  return broadcastAccess(RankedTensorType::get(kept, x.getElementType()), x);
}

static RankedTensorType withOnes(RankedTensorType x, ArrayRef<int64_t> dims) {
  SmallVector<int64_t> shape(x.getShape());
  for (int64_t d : dims)
    shape[d] = 1;
  return RankedTensorType::get(shape, x.getElementType());
}

/// Whether a kernel reduces over these dims at once: a run of neighbours, all but the channel, or all.
static bool atOnce(AffineMap result, const Domain &d, ReduceKind kind) {
  AffineMap access = withoutUnitDims(result, d);
  bool partials = kind == ReduceKind::sum || kind == ReduceKind::moments;
  MLIRContext *context = result.getContext();
  bool scalar = access.getResult(0) == getAffineConstantExpr(0, context) && d.positions != 1; // of rows: features first
  if (partials && (access == channelAccess(context) || scalar))
    return true;
  std::optional<Run> run = runOf(result, d);
  // Few results of whole batches would be the work of few threads: within the images first.
  return run && (run->perImage || run->inner == d.channels * d.positions || !partials);
}

/// The neighbouring dims on the right, and the others: dims inside the images first, the batch last.
static std::pair<SmallVector<int64_t>, SmallVector<int64_t>> lastRun(ArrayRef<int64_t> dims) {
  SmallVector<int64_t> now{dims.back()}, later;
  for (int64_t d : llvm::reverse(dims.drop_back()))
    if (d != 0 && d == now.front() - 1)
      now.insert(now.begin(), d);
    else
      later.insert(later.begin(), d);
  return {now, later};
}

/// Whether `x` comes from a convolution through elementwise stages alone, so that its positions lie in that one's tiles.
static bool liesInTiles(Value x) {
  for (unsigned depth = 0; depth < 16; ++depth) {
    Operation *op = x.getDefiningOp();
    if (auto contract = dyn_cast_if_present<ContractOp>(op))
      return contract.getKind() == ContractKind::gather || contract.getKind() == ContractKind::scatter;
    auto map = dyn_cast_if_present<MapOp>(op);
    if (!map)
      return false;
    auto shape = [](Value v) { return cast<RankedTensorType>(v.getType()).getShape(); };
    auto same = llvm::find_if(map.getInputs(), [&](Value in) { return shape(in) == shape(x) && in.getDefiningOp(); });
    if (same == map.getInputs().end())
      return false;
    x = *same;
  }
  return false;
}

/// The windows of a reduction over some of the spatial dims, as a pool sees it; nothing where it is none that a tile holds.
static std::optional<PoolWindow> windowsOf(ReduceKind kind, Value x, ArrayRef<int64_t> dims) {
  constexpr int64_t kMost = 64;
  auto type = cast<RankedTensorType>(x.getType());
  if ((kind != ReduceKind::sum && kind != ReduceKind::max) || type.getRank() < 4 || type.getRank() > 5 || dims.front() < 2 ||
      !liesInTiles(x))
    return std::nullopt;
  PoolWindow w;
  int64_t elements = 1, left = 1;
  for (int64_t d = 2; d < type.getRank(); ++d) {
    int64_t extent = llvm::is_contained(dims, d) ? type.getDimSize(d) : 1;
    elements *= extent, left *= type.getDimSize(d) / extent;
    w.kernel.push_back(extent), w.stride.push_back(extent), w.padding.push_back(0), w.dilation.push_back(1);
  }
  return elements <= kMost && left > 1 ? std::optional(w) : std::nullopt;
}

Value Lowering::reduceOver(Location loc, ReduceKind kind, Value x, ArrayRef<int64_t> dims, RankedTensorType type) {
  RankedTensorType from = typeOf(x);
  SmallVector<int64_t> real; // extents of 1 merge nothing
  for (int64_t d : dims)
    if (from.getDimSize(d) != 1)
      real.push_back(d);
  if (real.empty())
    return sameElements(loc, x, type);
  if (std::optional<PoolWindow> w = windowsOf(kind, x, real)) {
    PoolKind pool = kind == ReduceKind::max ? PoolKind::max : PoolKind::average; // a sum is an average divided by 1
    return sameElements(loc,
                        make<PoolOp>(loc, withElement(withOnes(from, real), type.getElementType()), pool, x, w->kernel, w->stride,
                                     w->padding, w->dilation, false, 1, false),
                        type);
  }
  AffineMap result = keptAccess(from, real);
  if (atOnce(result, Domain::of(from), kind))
    return reduce(loc, kind, x, result, type)[0];
  auto [now, later] = lastRun(real);
  if (later.empty())
    return reduce(loc, kind, x, result, type)[0]; // no kernel for it: the planner says so
  Value inner = reduceOver(loc, kind, x, now, inF32(withOnes(from, now)));
  return reduceOver(loc, kind, inner, later, type);
}

std::pair<Value, Value> Lowering::momentsOver(Location loc, Value x, ArrayRef<int64_t> dims, RankedTensorType type) {
  RankedTensorType from = typeOf(x);
  AffineMap result = keptAccess(from, dims);
  if (atOnce(result, Domain::of(from), ReduceKind::moments)) {
    ResultRange moments = reduce(loc, ReduceKind::moments, x, result, type);
    return {moments[0], moments[1]};
  }
  // Dims apart: the mean, then the mean of squared deviations from it.
  int64_t count = 1;
  for (int64_t d : dims)
    count = count < 0 || from.isDynamicDim(d) ? -1 : count * from.getDimSize(d);
  RankedTensorType ones = inF32(withOnes(from, dims)), wide = inF32(from);
  auto mean = [&](Value v) -> Value {
    Value sum = reduceOver(loc, ReduceKind::sum, v, dims, ones);
    AffineMap images;
    if (count < 0) {
      AffineExpr n = getAffineSymbolExpr(0, context());
      for (int64_t d : dims)
        n = from.isDynamicDim(d) ? n : n * from.getDimSize(d);
      images = AffineMap::get(3, 1, n);
    }
    return map(
        loc, {full(sum, ones)}, ones,
        [&](OpBuilder &b, Location l, ValueRange in) -> Value {
          Value n = count < 0 ? in[1] : Value(arith::ConstantOp::create(b, l, b.getF32FloatAttr(static_cast<float>(count))));
          return arith::DivFOp::create(b, l, in[0], n);
        },
        images);
  };
  Value average = mean(x);
  Value squares = map(loc, {full(x, from), full(average, from)}, wide, [](OpBuilder &b, Location l, ValueRange in) -> Value {
    Value centred = arith::SubFOp::create(b, l, in[0], in[1]);
    return arith::MulFOp::create(b, l, centred, centred);
  });
  return {sameElements(loc, average, type), sameElements(loc, mean(squares), type)};
}

FailureOr<Value> Lowering::extremeGradient(ExtremeGradOp op, Value dy, Value x, ArrayRef<int64_t> dims) {
  Location loc = op.getLoc();
  RankedTensorType from = typeOf(x), type = typeOf(dy);
  Domain domain = Domain::of(from);
  SmallVector<int64_t> real;
  for (int64_t d : dims)
    if (from.getDimSize(d) != 1)
      real.push_back(d);
  if (real.empty())
    return sameElements(loc, dy, from);
  bool max = op.getOf() == "max";
  AffineMap kept = keptAccess(from, real);
  std::optional<Run> run = runOf(kept, domain);
  if (auto [now, later] = lastRun(real); !run && !later.empty()) {
    // Dims apart: the first run on the left that holds the extreme, then the first element in it.
    source = max ? "maximum" : "minimum";
    Value inner = reduceOver(loc, max ? ReduceKind::max : ReduceKind::min, x, now, withOnes(from, now));
    FailureOr<Value> outer = extremeGradient(op, sameElements(loc, dy, withOnes(from, real)), inner, later);
    return failed(outer) ? outer : extremeGradient(op, *outer, x, now);
  }
  if (!run || run->reduced >= (1 << 24))
    return op.emitError() << "expected the gradient of an extreme over runs of neighbouring dims of less than 2^24 elements, but got dims "
                          << op.getDimsAttr() << " of " << from << "; reduce in several steps";
  source = max ? "place of the maximum" : "place of the minimum";
  Value place = reduce(loc, max ? ReduceKind::argmax : ReduceKind::argmin, x, kept, inF32(type))[0];
  AffineExpr n = getAffineDimExpr(0, context()), c = getAffineDimExpr(1, context()), p = getAffineDimExpr(2, context());
  AffineExpr inside = c * domain.positions + p, r;
  if (run->perImage)
    r = (run->inner == 1 ? inside : inside.floorDiv(run->inner)) % run->reduced;
  else
    r = n * run->reduced + inside.floorDiv(run->inner);
  source = max ? "gradient of max" : "gradient of min";
  return map(
      loc, {{dy, kept}, {place, kept}}, from,
      [](OpBuilder &b, Location l, ValueRange in) -> Value {
        Value zero = arith::ConstantOp::create(b, l, b.getF32FloatAttr(0));
        Value here = arith::CmpFOp::create(b, l, arith::CmpFPredicate::OEQ, in[1], in[2]);
        return arith::SelectOp::create(b, l, here, in[0], zero);
      },
      AffineMap::get(3, 0, r));
}

LogicalResult Lowering::pool(Operation *op) {
  Location loc = op->getLoc();
  Type type = op->getResult(0).getType();
  auto make = [&](PoolKind kind, const PoolWindow &w, bool includePadding, int64_t divisor, bool adaptive) {
    auto stage = PoolOp::create(builder, loc, type, kind, op->getOperands(), w.kernel, w.stride, w.padding, w.dilation, includePadding,
                                divisor, adaptive);
    stage->setAttr("source", builder.getStringAttr(source));
    op->getResult(0).replaceAllUsesWith(stage.getResult());
    return success();
  };
  auto average = [&](PoolKind kind, auto pool) {
    return make(kind, pool.getWindow(), pool.getCountIncludePad(), pool.getDivisorOverride().value_or(0), false);
  };
  auto adaptive = [&](PoolKind kind, RankedTensorType elements, RankedTensorType windows) {
    PoolWindow w;
    for (int64_t d = 2; d < elements.getRank(); ++d) {
      // The widest window that floor and ceil make: the kernel that work is counted by.
      w.kernel.push_back((elements.getDimSize(d) + windows.getDimSize(d) - 1) / windows.getDimSize(d));
      w.stride.push_back(1), w.padding.push_back(0), w.dilation.push_back(1);
    }
    return make(kind, w, false, 0, true);
  };
  if (auto max = dyn_cast<MaxPoolOp>(op))
    return source = "max pool", make(PoolKind::max, max.getWindow(), false, 0, false);
  if (auto avg = dyn_cast<AvgPoolOp>(op))
    return source = "average pool", average(PoolKind::average, avg);
  if (auto grad = dyn_cast<MaxPoolGradOp>(op))
    return source = "max pool gradient", make(PoolKind::max_grad, grad.getWindow(), false, 0, false);
  if (auto grad = dyn_cast<AvgPoolGradOp>(op))
    return source = "average pool gradient", average(PoolKind::average_grad, grad);
  if (auto avg = dyn_cast<AdaptiveAvgPoolOp>(op)) {
    source = "adaptive average pool";
    RankedTensorType x = typeOf(avg.getX()), y = typeOf(avg.getY());
    bool global = llvm::all_of(y.getShape().drop_front(2), [](int64_t extent) { return extent == 1; });
    if (!global)
      return adaptive(PoolKind::average, x, y);
    // One window is a reduction.
    auto dims = llvm::to_vector(llvm::seq<int64_t>(2, x.getRank()));
    Value sum = reduceOver(loc, ReduceKind::sum, avg.getX(), dims, inF32(y));
    float share = static_cast<float>(1.0 / double(Domain::of(x).positions));
    avg.getY().replaceAllUsesWith(map(loc, {full(sum, y)}, y, [&](OpBuilder &b, Location l, ValueRange in) -> Value {
      return arith::MulFOp::create(b, l, in[0], Value(arith::ConstantOp::create(b, l, b.getF32FloatAttr(share))));
    }));
    return success();
  }
  auto grad = cast<AdaptiveAvgPoolGradOp>(op);
  return source = "adaptive average pool gradient", adaptive(PoolKind::average_grad, typeOf(grad.getDx()), typeOf(grad.getDy()));
}

std::optional<LogicalResult> Lowering::reduction(Operation *op) {
  Location loc = op->getLoc();
  auto replace = [&](Value v) { return op->getResult(0).replaceAllUsesWith(v), success(); };
  if (auto sum = dyn_cast<SumToOp>(op)) {
    source = "sum";
    return replace(reduceOver(loc, ReduceKind::sum, sum.getX(), sum.getSummedDims(), typeOf(sum.getY())));
  }
  if (auto sum = dyn_cast<SumOp>(op))
    return replace(reduceOver(loc, ReduceKind::sum, sum.getX(), sum.getDims(), typeOf(sum.getY())));
  if (auto max = dyn_cast<MaxOp>(op))
    return source = "maximum", replace(reduceOver(loc, ReduceKind::max, max.getX(), max.getDims(), typeOf(max.getY())));
  if (auto min = dyn_cast<MinOp>(op))
    return source = "minimum", replace(reduceOver(loc, ReduceKind::min, min.getX(), min.getDims(), typeOf(min.getY())));
  if (auto moments = dyn_cast<MomentsOp>(op)) {
    source = "statistics";
    auto [mean, variance] = momentsOver(loc, moments.getX(), moments.getDims(), typeOf(moments.getMean()));
    moments.getMean().replaceAllUsesWith(mean);
    moments.getVariance().replaceAllUsesWith(variance);
    return success();
  }
  if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
    RankedTensorType type = typeOf(broadcast.getY());
    return replace(map(loc, {full(broadcast.getX(), type)}, type, [](OpBuilder &, Location, ValueRange v) { return v[0]; }));
  }
  if (auto reshape = dyn_cast<ReshapeOp>(op)) {
    RankedTensorType from = typeOf(reshape.getX()), to = typeOf(reshape.getY());
    if (!from.hasStaticShape() &&
        Domain::of(from).channels * Domain::of(from).positions != Domain::of(to).channels * Domain::of(to).positions)
      return op->emitError() << "expected a reshape that leaves the unknown batch alone, but got " << from << " to " << to
                             << "; run -fusion-unmerge-batch first";
    return replace(sameElements(loc, reshape.getX(), to));
  }
  if (auto grad = dyn_cast<ExtremeGradOp>(op)) {
    FailureOr<Value> dx = extremeGradient(grad, grad.getDy(), grad.getX(), grad.getDims());
    return failed(dx) ? failure() : replace(*dx);
  }
  if (auto within = dyn_cast<WithinOp>(op)) {
    RankedTensorType type = typeOf(within.getY());
    int64_t inner = 1;
    for (int64_t d = within.getDim() + 1; d < type.getRank(); ++d)
      inner *= type.getDimSize(d);
    AffineExpr at = getAffineDimExpr(2, op->getContext()).floorDiv(inner) % type.getDimSize(within.getDim());
    return replace(map(
        loc, {full(within.getX(), type)}, type,
        [&](OpBuilder &b, Location l, ValueRange v) -> Value {
          auto constant = [&](double x) { return arith::ConstantOp::create(b, l, b.getF32FloatAttr(static_cast<float>(x))); };
          Value zero = constant(0);
          Value below = arith::CmpFOp::create(b, l, arith::CmpFPredicate::OLT, v[1], constant(double(within.getTo())));
          Value kept = arith::SelectOp::create(b, l, below, v[0], zero);
          if (within.getFrom() == 0)
            return kept;
          Value before = arith::CmpFOp::create(b, l, arith::CmpFPredicate::OLT, v[1], constant(double(within.getFrom())));
          return arith::SelectOp::create(b, l, before, zero, kept);
        },
        AffineMap::get(3, 0, at)));
  }
  if (auto dropout = dyn_cast<DropoutOp>(op)) {
    double p = dropout.getP().convertToDouble();
    float scale = p < 1 ? static_cast<float>(1 / (1 - p)) : 0;
    return replace(map(
        loc, {full(dropout.getX(), typeOf(dropout.getY()))}, typeOf(dropout.getY()), [&](OpBuilder &b, Location l, ValueRange in) -> Value {
          auto constant = [&](double v) { return arith::ConstantOp::create(b, l, b.getF32FloatAttr(static_cast<float>(v))); };
          Value u = UniformOp::create(b, l, b.getF32Type(), dropout.getSeedAttr(), dropout.getOffsetAttr());
          // u is a multiple of 2^-24: the next one from p on, which is exact in fp32, is the same threshold.
          Value kept = arith::CmpFOp::create(b, l, arith::CmpFPredicate::OGE, u, constant(std::ceil(p * 0x1p24) * 0x1p-24));
          Value factor = arith::SelectOp::create(b, l, kept, constant(scale), constant(0));
          return arith::MulFOp::create(b, l, in[0], factor);
        }));
  }
  if (isa<MaxPoolOp, AvgPoolOp, AdaptiveAvgPoolOp, MaxPoolGradOp, AvgPoolGradOp, AdaptiveAvgPoolGradOp>(op))
    return pool(op);
  return std::nullopt;
}
