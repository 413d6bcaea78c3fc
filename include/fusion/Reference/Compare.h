// The tolerance a computed tensor is held to, and the comparison that applies it (docs/testing.md).
#pragma once
#include "fusion/Reference/Scalars.h"
#include "fusion/Reference/Storage.h"
#include "fusion/Reference/Tensor.h"
#include <string>

namespace fusion::reference {

/// How far a computed tensor is from the expected one.
struct Comparison {
  int64_t count = 0, failures = 0;
  double worst = 0;                             // largest error in units of its tolerance
  int64_t worstIndex = -1;                      // of the worst element, or of the first failure by kind (NaN, infinity)
  double actual = 0, expected = 0, allowed = 0; // at worstIndex
  bool mistrusted = false;                      // nothing but zeros on both sides proves nothing
  bool ok() const { return failures == 0; }
  std::string text() const; // one line for people
};

/// `plain`, where given, is the evaluator run in float: an element that is NaN or infinite there (overflow) may be so in `actual`. Beyond
/// the largest value of `storage`, the type of `actual` in memory, lies infinity.
Comparison compare(const Tensor<Bound> &expected, const Tensor<float> &actual, double unit = unitFp32, const Tensor<float> *plain = nullptr,
                   const Storage &storage = inF32);

} // namespace fusion::reference
