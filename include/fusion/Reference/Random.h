// Reproducible test inputs: the same seed gives the same bits on every platform.
#pragma once
#include "fusion/Reference/Tensor.h"

namespace fusion::reference {

/// splitmix64: a counter through a mixing function, so any 64-bit seed is a good one.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}
  uint64_t next();
  /// Uniform in [0, n).
  uint64_t below(uint64_t n) { return next() % n; }
  /// Mean 0, variance 1, within +-3.47: the sum of four uniforms, because log and cos differ between C libraries.
  double normal();

private:
  uint64_t state;
};

/// What is planted among the random values of a tensor.
struct InputOptions {
  bool kinks = false;     // a fifth of the elements: 0, -0, +-3, 6, a denormal and neighbours of the kinks
  bool nonFinite = false; // about one element in 50: NaN, +-infinity
  bool constant = false;  // all elements of a tensor equal
  double mean = 0;        // added to every element of non-parameters; mean/std up to 1e6
};

Tensor<float> randomTensor(const Shape &shape, uint64_t seed, double scale = 1, const InputOptions &options = {});

} // namespace fusion::reference
