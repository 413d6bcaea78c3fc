// Pairwise summation: what the reference ops sum long lists with, so that a float run errs as little as a good fp32 library's.
#pragma once
#include <cstdint>

namespace fusion::reference {

/// term(first) + ... + term(first + count - 1).
template <class T, class Term> T pairwiseSum(int64_t first, int64_t count, const Term &term) {
  if (count > 64) {
    int64_t half = count / 2;
    return pairwiseSum<T>(first, half, term) + pairwiseSum<T>(first + half, count - half, term);
  }
  T sum(0);
  for (int64_t i = first; i < first + count; ++i)
    sum += term(i);
  return sum;
}

} // namespace fusion::reference
