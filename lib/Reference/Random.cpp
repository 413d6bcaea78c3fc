// The generator behind all test inputs, and the special values it plants.
#include "fusion/Reference/Random.h"
#include <cmath>
#include <limits>

using namespace fusion::reference;

uint64_t Random::next() {
  uint64_t z = state += 0x9E3779B97F4A7C15ull;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ z >> 27) * 0x94D049BB133111EBull;
  return z ^ z >> 31;
}

double Random::normal() {
  uint64_t bits = next();
  int64_t sum = 0;
  for (int part = 0; part < 4; ++part, bits >>= 16)
    sum += static_cast<int64_t>(bits & 0xFFFF);
  return (static_cast<double>(sum) - 2 * 65535.0) / 65536 * 1.7320508075688772; // four uniforms have variance 1/3
}

Tensor<float> fusion::reference::randomTensor(const Shape &shape, uint64_t seed, double scale, const InputOptions &options) {
  static const float inf = std::numeric_limits<float>::infinity();
  static const float kinks[] = {0.0f, -0.0f, 3.0f, -3.0f, 6.0f, -6.0f, std::nextafterf(3, 0), std::nextafterf(-3, 0), 1.0f, 1e-42f};
  static const float nonFinite[] = {std::nanf(""), inf, -inf};
  Random random(seed);
  Tensor<float> x(shape);
  float same = static_cast<float>(random.normal() * scale + options.mean);
  for (float &element : x.data) {
    element = options.constant ? same : static_cast<float>(random.normal() * scale + options.mean);
    if (options.kinks && random.below(5) == 0)
      element = kinks[random.below(std::size(kinks))];
    if (options.nonFinite && random.below(50) == 0)
      element = nonFinite[random.below(std::size(nonFinite))];
  }
  return x;
}
