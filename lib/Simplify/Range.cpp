// Ranges of named ops: closed intervals in f32 arithmetic.
#include "fusion/Simplify/Range.h"
#include "fusion/Dialect/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include <algorithm>
#include <cmath>

using namespace mlir;

namespace fusion {

constexpr double kInf = std::numeric_limits<double>::infinity();
/// Binary ops look at two operands each, so this bounds the work at 2^4 leaves.
constexpr unsigned kDeepest = 4;

static Range rangeOf(Value value, unsigned depth);

/// Rounds a bound that double arithmetic gave to f32. Rounding is monotone, and for + - * / of f32 values rounding twice is rounding once.
static double rounded(double bound) { return double(float(bound)); }

/// A product may be fused with a following sum and then is not rounded; one step outwards makes up for that. A zero's sign is exact anyhow.
static Range widened(double lo, double hi) {
  auto step = [](double bound, float towards) {
    return bound == 0 || std::isinf(bound) ? bound : double(std::nextafter(float(bound), towards));
  };
  return {step(lo, -INFINITY), step(hi, INFINITY)};
}

static Range sum(Range a, Range b) {
  double lo = a.lo + b.lo, hi = a.hi + b.hi;
  return {std::isnan(lo) ? -kInf : rounded(lo), std::isnan(hi) ? kInf : rounded(hi)};
}

/// The interval of `combine` over the corners, where a corner that is NaN (0 * inf) bounds its neighbours by 0.
template <typename Combine> static Range corners(Range a, Range b, Combine combine) {
  double values[] = {combine(a.lo, b.lo), combine(a.lo, b.hi), combine(a.hi, b.lo), combine(a.hi, b.hi)};
  for (double &v : values)
    v = std::isnan(v) ? 0 : rounded(v);
  auto [lo, hi] = std::minmax_element(std::begin(values), std::end(values));
  return widened(*lo, *hi);
}

static Range product(Range a, Range b) {
  return corners(a, b, [](double x, double y) { return x * y; });
}

static Range quotient(Range a, Range b) {
  if (b.lo <= 0 && b.hi >= 0)
    return {};
  // inf / inf is NaN, but its neighbours reach from 0 to inf.
  if (std::isinf(b.lo) || std::isinf(b.hi)) {
    if (std::isinf(a.lo) || std::isinf(a.hi))
      return {};
  }
  return corners(a, b, [](double x, double y) { return x / y; });
}

static Range clamped(Range r, double min, double max) {
  auto clamp = [&](double v) { return std::min(std::max(v, min), max); }; // max wins where min > max, as the op's formula has it
  return {clamp(r.lo), clamp(r.hi)};
}

static Range leaky(Range r, double slope) {
  if (slope < 0)
    return r.lo >= 0 ? r : Range{};
  auto f = [&](double v) { return v > 0 ? v : v == 0 ? 0 : rounded(v * slope); };
  double lo = f(r.lo), hi = f(r.hi);
  return {std::isnan(lo) ? 0 : widened(lo, lo).lo, std::isnan(hi) ? 0 : widened(hi, hi).hi};
}

static Range rangeOf(Value value, unsigned depth) {
  Operation *op = value.getDefiningOp();
  if (!op || depth == 0)
    return {};
  auto operand = [&](unsigned i) { return rangeOf(op->getOperand(i), depth - 1); };
  auto f32 = [](APFloat attribute) { return rounded(attribute.convertToDouble()); };
  return llvm::TypeSwitch<Operation *, Range>(op)
      .Case([&](ConstantOp c) { return Range{scalarOf(c), scalarOf(c)}; })
      .Case([&](ReluOp) { return clamped(operand(0), 0, kInf); })
      .Case([&](Relu6Op) { return clamped(operand(0), 0, 6); })
      .Case([&](ClampOp c) { return clamped(operand(0), f32(c.getMin()), f32(c.getMax())); })
      .Case([&](LeakyReluOp l) { return leaky(operand(0), f32(l.getSlope())); })
      .Case([&](SigmoidOp) { return Range{0, 1}; })
      .Case([&](HardsigmoidOp) { return Range{0, 1}; })
      .Case([&](TanhOp) { return Range{-1, 1}; })
      .Case([&](SoftplusOp) { return Range{0, kInf}; })
      // Minima -0.27846, -0.375 and -0.16997, with room for rounding.
      .Case([&](SwishOp) { return Range{operand(0).lo >= 0 ? 0 : -0.2786, kInf}; })
      .Case([&](HardswishOp) { return Range{operand(0).lo >= 0 ? 0 : -0.3751, kInf}; })
      .Case([&](GeluOp) { return Range{operand(0).lo >= 0 ? 0 : -0.1701, kInf}; })
      .Case([&](GeluTanhOp) { return Range{operand(0).lo >= 0 ? 0 : -0.1701, kInf}; })
      .Case([&](MishOp) { return Range{operand(0).lo >= 0 ? 0 : -0.3090, kInf}; })
      .Case([&](SoftsignOp) { return Range{-1, 1}; })
      .Case([&](LogSigmoidOp) { return Range{-kInf, 0}; })
      .Case([&](ExpOp) { return Range{0, kInf}; })
      .Case([&](SqrtOp) { return Range{0, kInf}; })
      .Case([&](AbsOp) { return Range{0, kInf}; })
      .Case([&](SquareOp) { return Range{0, kInf}; })
      .Case([&](NegOp) {
        Range x = operand(0);
        return Range{-x.hi, -x.lo};
      })
      .Case([&](MaximumOp) {
        Range a = operand(0), b = operand(1);
        return Range{std::max(a.lo, b.lo), std::max(a.hi, b.hi)};
      })
      .Case([&](MinimumOp) {
        Range a = operand(0), b = operand(1);
        return Range{std::min(a.lo, b.lo), std::min(a.hi, b.hi)};
      })
      .Case([&](AddOp) { return sum(operand(0), operand(1)); })
      .Case([&](SubOp) {
        Range b = operand(1);
        return sum(operand(0), {-b.hi, -b.lo});
      })
      .Case([&](MulOp mul) {
        Range r = product(operand(0), operand(1));
        if (mul.getLhs() == mul.getRhs())
          r.lo = std::max(r.lo, 0.0);
        return r;
      })
      .Case([&](DivOp) { return quotient(operand(0), operand(1)); })
      .Case([&](SumToOp) { return operand(0).lo >= 0 ? Range{0, kInf} : Range{}; })
      .Case([&](GroupStatsOp stats) { return value == stats.getRstd() ? Range{0, kInf} : Range{}; })
      .Default([](Operation *) { return Range{}; });
}

Range rangeOf(Value value) { return rangeOf(value, kDeepest); }

} // namespace fusion
