// Compares a computed tensor with the evaluator's, element by element, in units of the tolerance.
#include "fusion/Reference/Compare.h"
#include <algorithm>
#include <cstdio>
#include <limits>

using namespace fusion::reference;

double fusion::reference::tolerance(const Bound &expected, int64_t reduction, double unit) {
  return 4 * unit * std::sqrt(static_cast<double>(reduction)) * std::max(expected.magnitude(), 0x1p-90) + expected.s;
}

namespace {

/// Both NaN, or infinities of one sign.
bool sameKind(double a, double b) { return std::isnan(a) ? std::isnan(b) : std::isinf(a) && a == b; }

/// The error of one element in units of its tolerance.
double errorOf(double expected, double actual, double allowed, const float *plain, const Storage &storage) {
  constexpr double never = std::numeric_limits<double>::infinity();
  if (plain && !std::isfinite(*plain) && sameKind(*plain, actual))
    return 0;
  if (!std::isfinite(actual) || !std::isfinite(expected)) {
    // Within its tolerance an element may be on either side of the largest value of a 16-bit type.
    double reach = storage.narrow() && std::isinf(actual) && allowed < never ? std::copysign(allowed, expected) : 0;
    double inMemory = std::fabs(expected + reach) > storage.largest ? std::copysign(never, expected) : expected;
    return sameKind(inMemory, actual) ? 0 : never;
  }
  if (!(allowed < never)) // no finite bound: nothing can be promised about a finite element
    return never;
  return std::fabs(actual - expected) / allowed;
}

} // namespace

Comparison fusion::reference::compare(const Tensor<Bound> &expected, const Tensor<float> &actual, double unit, const Tensor<float> *plain,
                                      const Storage &storage) {
  Comparison result;
  result.count = actual.size();
  if (expected.shape != actual.shape) {
    result.failures = std::max<int64_t>(1, actual.size());
    return result;
  }
  result.mistrusted = result.count > 0;
  for (int64_t i = 0; i < actual.size(); ++i) {
    double allowed = tolerance(expected.data[i], expected.reduction, unit);
    double error = errorOf(expected.data[i].v, actual.data[i], allowed, plain ? &plain->data[i] : nullptr, storage);
    result.failures += error > 1;
    result.mistrusted &= expected.data[i].v == 0 && actual.data[i] == 0;
    if (result.worstIndex < 0 || error > result.worst) {
      result.worst = error, result.worstIndex = i;
      result.actual = actual.data[i], result.expected = expected.data[i].v, result.allowed = allowed;
    }
  }
  return result;
}

std::string Comparison::text() const {
  char line[256];
  if (count > 0 && worstIndex < 0)
    return "the shapes differ";
  snprintf(line, sizeof line,
           "%lld of %lld elements out of tolerance; largest error %.3g tolerances at %lld: expected %.9g, but got %.9g (+-%.3g)%s",
           static_cast<long long>(failures), static_cast<long long>(count), worst, static_cast<long long>(worstIndex), expected, actual,
           allowed, mistrusted ? "; all zero, which proves nothing" : "");
  return line;
}
