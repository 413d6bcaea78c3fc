// Factors and sums as tensor cores take and leave them.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

namespace fusion::host {

inline float fromHalf(uint16_t bits) {
  uint32_t sign = uint32_t(bits & 0x8000) << 16, exponent = bits >> 10 & 31, mantissa = bits & 0x3ff, word;
  float value;
  if (exponent == 0) {
    value = static_cast<float>(mantissa) * 0x1p-24f;
    memcpy(&word, &value, 4);
    word |= sign;
  } else {
    word = sign | (exponent == 31 ? 0x7f800000u : (exponent + 112) << 23) | mantissa << 13;
  }
  memcpy(&value, &word, 4);
  return value;
}
inline float fromBits(uint32_t word) {
  float value;
  memcpy(&value, &word, 4);
  return value;
}

/// To fp32 as tensor cores round a sum: what does not fit is cut off.
inline float cutOff(double sum) {
  float near = static_cast<float>(sum);
  return std::isfinite(near) && std::fabs(double(near)) > std::fabs(sum) ? std::nextafterf(near, 0.0f) : near;
}

/// The hardware ignores the low 13 bits.
inline float tf32Of(uint32_t word) { return fromBits(word & 0xffffe000u); }

} // namespace fusion::host
