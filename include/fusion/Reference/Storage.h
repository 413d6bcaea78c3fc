// How numbers lie in memory: the values that the element types f32, f16 and bf16 hold, and what storing a computed value may change.
#pragma once
#include "fusion/Reference/Scalars.h"
#include "fusion/Reference/Tensor.h"
#include <string>

namespace fusion::reference {

/// A binary floating-point format; rounding is to nearest, ties to even.
struct Storage {
  int precision = 24;       ///< bits of a significand, the leading one included
  int leastExponent = -126; ///< of the smallest normal number
  double largest = 0x1.fffffep127;
  int bytes = 4;

  bool narrow() const { return bytes < 4; }
  /// Half a unit in the last place of 1: what rounding adds relative to a normal value.
  double unit() const { return std::ldexp(1.0, -precision); }
  /// What rounding may add to v.
  double error(double v) const;
  /// The nearest value, infinite where `v` rounds to more than the largest one.
  double rounded(double v) const;
};

constexpr Storage inF32, inF16{11, -14, 65504, 2}, inBF16{8, -126, 0x1.fep127, 2};

/// "f32", "f16" or "bf16"; other names are the caller's mistake and give f32.
Storage storageNamed(const std::string &name);

/// A tensor's elements as bytes in memory, and back. Values that the format does not hold are rounded.
std::vector<unsigned char> toBytes(const std::vector<float> &values, const Storage &storage);
std::vector<float> fromBytes(const std::vector<unsigned char> &bytes, const Storage &storage);

/// What becomes of a value of a named op whose result has this format. A kernel may keep it or write it to memory: `Bound` gets slack for
/// one rounding, a float run rounds, the exact scalars stay.
template <class T> T stored(T v, const Storage &, int64_t) { return v; }
float stored(float v, const Storage &storage, int64_t reduction);
Bound stored(Bound v, const Storage &storage, int64_t reduction);

/// A cast that rounds. The derivative is that of the identity; where a computed value may fall on either side of a tie, the step is slack.
template <class T> T cast(T v, const Storage &storage, int64_t) { return withSlope(v, storage.rounded(value(v)), 1); }
Bound cast(Bound v, const Storage &storage, int64_t reduction);

} // namespace fusion::reference
