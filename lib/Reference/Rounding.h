// What rounding both factors of every product does to sums of them, as slack.
#pragma once
#include "fusion/Reference/Ops.h"
#include <algorithm>
#include <cmath>

namespace fusion::reference {

/// A factor moves by up to its roundoff. Over a sum such errors are independent, which leaves the root of their squares; or a factor stands
/// in many products (a gradient that is one value per image), which leaves its share of the sum as a whole. Eight standard deviations of
/// the first, twice the worst case of the second, and never more than the worst case of all.
template <class T> struct Rounding {
  Rounding(FactorRounding, int64_t) {}
  void add(int64_t, const T &, const T &) {}
  void endOfGroup(const Tensor<T> &) {}
  void apply(Tensor<T> &) {}
};
template <> struct Rounding<Bound> {
  FactorRounding factor;
  std::vector<double> absolute, squares, groups, before, least;
  Rounding(FactorRounding factor, int64_t size) : factor(factor) {
    if (factor.unit > 0)
      for (std::vector<double> *sums : {&absolute, &squares, &groups, &before, &least})
        sums->assign(size, 0);
  }
  void add(int64_t at, const Bound &x, const Bound &w) {
    if (factor.unit == 0)
      return;
    double a = std::fabs(x.v), b = std::fabs(w.v), product = a * b;
    // Where a factor is so small that it moves by more than its roundoff.
    double beyond = a * std::max(0.0, factor.least - factor.unit * b) + b * std::max(0.0, factor.least - factor.unit * a);
    absolute[at] += product, squares[at] += product * product, least[at] += beyond;
  }
  /// Behind all products that may share a factor.
  void endOfGroup(const Tensor<Bound> &sums) {
    if (factor.unit > 0)
      for (int64_t i = 0; i < sums.size(); ++i) {
        double group = sums.data[i].v - before[i];
        groups[i] += group * group, before[i] = sums.data[i].v;
      }
  }
  void apply(Tensor<Bound> &sums) {
    if (factor.unit > 0)
      for (int64_t i = 0; i < sums.size(); ++i)
        sums.data[i].s +=
            least[i] +
            2 * factor.unit * std::min(absolute[i], std::fabs(sums.data[i].v) + 4 * std::sqrt(squares[i]) + 2 * std::sqrt(groups[i]));
  }
};

} // namespace fusion::reference
