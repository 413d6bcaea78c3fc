// The scalars the reference ops run on besides float and double: Dual carries a directional derivative, Bound the weight of the
// rounding error. Both follow plain arithmetic; nothing here knows an op.
#pragma once
#include <cmath>
#include <cstdint>

namespace fusion::reference {

/// a * b, except that an exact zero wins over infinity: what is not there cannot make a weight or a derivative NaN.
inline double scaled(double a, double b) { return a == 0 || b == 0 ? 0 : a * b; }

/// Forward mode: a value and its derivative along one direction.
struct Dual {
  double v = 0, d = 0;
  Dual() = default;
  Dual(double value, double derivative = 0) : v(value), d(derivative) {}
};

inline Dual operator-(Dual a) { return {-a.v, -a.d}; }
inline Dual operator+(Dual a, Dual b) { return {a.v + b.v, a.d + b.d}; }
inline Dual operator-(Dual a, Dual b) { return {a.v - b.v, a.d - b.d}; }
inline Dual operator*(Dual a, Dual b) { return {a.v * b.v, scaled(a.d, b.v) + scaled(a.v, b.d)}; }
inline Dual operator/(Dual a, Dual b) {
  double q = a.v / b.v;
  return {q, (a.d - scaled(q, b.d)) / b.v};
}
inline Dual &operator+=(Dual &a, Dual b) { return a = a + b; }

inline Dual exp(Dual a) {
  double e = std::exp(a.v);
  return {e, scaled(e, a.d)};
}
inline Dual expm1(Dual a) { return {std::expm1(a.v), scaled(std::exp(a.v), a.d)}; }
inline Dual log(Dual a) { return {std::log(a.v), a.d / a.v}; }
inline Dual abs(Dual a) { return {std::fabs(a.v), a.v > 0 ? a.d : a.v < 0 ? -a.d : 0}; }
/// The exponent is a constant.
inline Dual pow(Dual a, double exponent) {
  return {std::pow(a.v, exponent), exponent == 0 ? 0 : scaled(exponent * std::pow(a.v, exponent - 1), a.d)};
}
inline Dual log1p(Dual a) { return {std::log1p(a.v), a.d / (1 + a.v)}; }
inline Dual tanh(Dual a) {
  double c = std::cosh(a.v);
  return {std::tanh(a.v), a.d / (c * c)};
}
inline Dual erf(Dual a) { return {std::erf(a.v), scaled(1.12837916709551257390 * std::exp(-a.v * a.v), a.d)}; }
inline Dual sqrt(Dual a) {
  double r = std::sqrt(a.v);
  return {r, a.d == 0 ? 0 : a.d / (2 * r)};
}

/// First-order error analysis: a computation in arithmetic of unit roundoff u errs by about u * e, plus s. Inputs and constants are exact
/// (e = s = 0); every rounding adds the magnitude of what was rounded to e; a sum adds magnitudes, so that its weight does not depend on
/// the order of summation and sees cancellation. s is slack from kinks: where rounding decides which side of a kink a value falls on, the
/// difference of the two gradients. docs/testing.md derives the rules.
struct Bound {
  double v = 0, e = 0, s = 0;
  Bound() = default;
  Bound(double value, double error = 0, double slack = 0) : v(value), e(error), s(slack) {}
  /// The A of the tolerance: never less than the value.
  double magnitude() const { return std::fabs(v) > e ? std::fabs(v) : e; }
  bool exact() const { return e == 0 && s == 0; }
};

inline Bound operator-(Bound a) { return {-a.v, a.e, a.s}; }
inline Bound operator+(Bound a, Bound b) { return {a.v + b.v, a.magnitude() + b.magnitude(), a.s + b.s}; }
inline Bound operator-(Bound a, Bound b) { return a + -b; }
inline Bound operator*(Bound a, Bound b) {
  double p = a.v * b.v, x = std::fabs(a.v), y = std::fabs(b.v);
  return {p, std::fabs(p) + scaled(x, b.e) + scaled(a.e, y), scaled(x, b.s) + scaled(a.s, y) + scaled(a.s, b.s)};
}
inline Bound operator/(Bound a, Bound b) {
  double q = a.v / b.v, inverse = std::fabs(1 / b.v), slope = scaled(std::fabs(q), inverse);
  return {q, std::fabs(q) + scaled(a.e, inverse) + scaled(slope, b.e), scaled(a.s, inverse) + scaled(slope, b.s)};
}
inline Bound &operator+=(Bound &a, Bound b) { return a = a + b; }

namespace detail {
inline Bound applied(double f, double slope, Bound x) {
  slope = std::fabs(slope);
  return {f, std::fabs(f) + scaled(slope, x.e), scaled(slope, x.s)};
}
} // namespace detail

inline Bound exp(Bound a) { return detail::applied(std::exp(a.v), std::exp(a.v), a); }
inline Bound expm1(Bound a) { return detail::applied(std::expm1(a.v), std::exp(a.v), a); }
inline Bound log(Bound a) { return detail::applied(std::log(a.v), 1 / a.v, a); }
inline Bound abs(Bound a) { return {std::fabs(a.v), a.e, a.s}; }
/// A library's power errs by up to 4 units in the last place, twice the other functions.
inline Bound pow(Bound a, double exponent) {
  Bound y = detail::applied(std::pow(a.v, exponent), exponent == 0 ? 0 : exponent * std::pow(a.v, exponent - 1), a);
  return {y.v, y.e + std::fabs(y.v), y.s};
}
inline Bound log1p(Bound a) { return detail::applied(std::log1p(a.v), 1 / (1 + a.v), a); }
inline Bound tanh(Bound a) { return detail::applied(std::tanh(a.v), 1 / (std::cosh(a.v) * std::cosh(a.v)), a); }
inline Bound erf(Bound a) { return detail::applied(std::erf(a.v), 1.12837916709551257390 * std::exp(-a.v * a.v), a); }
inline Bound sqrt(Bound a) { return detail::applied(std::sqrt(a.v), a.exact() ? 0 : 0.5 / std::sqrt(a.v), a); }

/// Unit roundoffs.
constexpr double unitFp32 = 0x1p-24, unitTf32 = 0x1p-11, unitBf16 = 0x1p-8, unitFp16 = 0x1p-11;
constexpr double leastFp16 = 0x1p-25; ///< what rounding to fp16 moves the smallest numbers by

/// How far a computed value may be from `expected`, K being the longest reduction into it: 4 u sqrt(K) A, plus the slack. Below 2^-90 in
/// magnitude only an absolute error counts, since denormals have no relative precision.
double tolerance(const Bound &expected, int64_t reduction, double unit = unitFp32);

using std::abs;
using std::erf;
using std::exp;
using std::expm1;
using std::log;
using std::log1p;
using std::pow;
using std::sqrt;
using std::tanh;

/// The plain value: what comparisons look at and what is printed.
inline double value(float x) { return x; }
inline double value(double x) { return x; }
inline double value(Dual x) { return x.v; }
inline double value(Bound x) { return x.v; }

/// The derivative a Dual carries goes on unchanged with another value; other scalars have none. PyTorch's gradients at NaN need it.
template <class T> T withSlope(T, double v, double) { return T(v); }
inline Dual withSlope(Dual x, double v, double slope) { return {v, scaled(slope, x.d)}; }

/// The value as a constant.
template <class T> T withoutSlope(T x) { return x; }
inline Dual withoutSlope(Dual x) { return {x.v, 0}; }

} // namespace fusion::reference
