// Rounding to the formats that tensors have in memory, and what that does to error bounds.
#include "fusion/Reference/Storage.h"
#include <algorithm>
#include <cstring>

using namespace fusion::reference;

namespace {

/// The distance between neighbouring values around v.
double spacing(double v, const Storage &storage) {
  int exponent;
  std::frexp(v, &exponent); // |v| is in [2^(exponent-1), 2^exponent)
  return std::ldexp(1.0, std::max(exponent - 1, storage.leastExponent) - storage.precision + 1);
}

uint16_t encode(float value, const Storage &storage) {
  int fraction = storage.precision - 1, exponentBits = 15 - fraction;
  uint16_t infinity = uint16_t(((1 << exponentBits) - 1) << fraction), sign = std::signbit(value) ? 0x8000 : 0;
  if (std::isnan(value))
    return sign | infinity | uint16_t(1 << (fraction - 1));
  double v = std::fabs(storage.rounded(value));
  if (std::isinf(v))
    return sign | infinity;
  double least = std::ldexp(1.0, storage.leastExponent), units = v / spacing(v, storage);
  if (v < least)
    return sign | uint16_t(units);
  int exponent;
  std::frexp(v, &exponent);
  return sign | uint16_t(((exponent - storage.leastExponent) << fraction) + int(units) - (1 << fraction));
}

float decode(uint16_t bits, const Storage &storage) {
  int fraction = storage.precision - 1, exponentMask = (1 << (15 - fraction)) - 1;
  int exponent = bits >> fraction & exponentMask, mantissa = bits & ((1 << fraction) - 1);
  float v = exponent == exponentMask ? (mantissa ? NAN : INFINITY)
            : exponent == 0          ? std::ldexp(float(mantissa), storage.leastExponent - fraction)
                                     : std::ldexp(float(mantissa + (1 << fraction)), exponent - 1 + storage.leastExponent - fraction);
  return bits & 0x8000 ? -v : v;
}

} // namespace

double Storage::error(double v) const {
  return std::isfinite(v) ? std::max(std::fabs(v) * unit(), std::ldexp(0.5, leastExponent - precision + 1)) : 0;
}

double Storage::rounded(double v) const {
  if (!std::isfinite(v) || v == 0)
    return v;
  double step = spacing(v, *this), r = std::nearbyint(v / step) * step;
  return std::fabs(r) > largest ? std::copysign(INFINITY, v) : r;
}

Storage fusion::reference::storageNamed(const std::string &name) { return name == "f16" ? inF16 : name == "bf16" ? inBF16 : inF32; }

std::vector<unsigned char> fusion::reference::toBytes(const std::vector<float> &values, const Storage &storage) {
  std::vector<unsigned char> bytes(values.size() * size_t(storage.bytes));
  if (!storage.narrow() && !values.empty())
    std::memcpy(bytes.data(), values.data(), bytes.size());
  for (size_t i = 0; storage.narrow() && i < values.size(); ++i) {
    uint16_t bits = encode(values[i], storage);
    std::memcpy(&bytes[2 * i], &bits, 2);
  }
  return bytes;
}

std::vector<float> fusion::reference::fromBytes(const std::vector<unsigned char> &bytes, const Storage &storage) {
  std::vector<float> values(bytes.size() / size_t(storage.bytes));
  if (!storage.narrow() && !values.empty())
    std::memcpy(values.data(), bytes.data(), bytes.size());
  for (size_t i = 0; storage.narrow() && i < values.size(); ++i) {
    uint16_t bits;
    std::memcpy(&bits, &bytes[2 * i], 2);
    values[i] = decode(bits, storage);
  }
  return values;
}

float fusion::reference::stored(float v, const Storage &storage, int64_t) { return float(storage.rounded(v)); }

Bound fusion::reference::stored(Bound v, const Storage &storage, int64_t reduction) {
  // What is rounded lies as far from the value as its own tolerance.
  double error = storage.error(std::fabs(v.v) + tolerance(v, reduction));
  return {v.v, v.e, v.s + error};
}

Bound fusion::reference::cast(Bound v, const Storage &storage, int64_t reduction) {
  double r = storage.rounded(v.v), reach = v.exact() ? 0 : tolerance(v, reduction);
  double low = storage.rounded(v.v - reach), high = storage.rounded(v.v + reach);
  bool bounded = std::isfinite(low) && std::isfinite(high);
  return {r, 0, bounded ? std::max(high - r, r - low) : 0};
}
