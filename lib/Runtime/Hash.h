// FNV-1a, 64 bits: names cache files and notices damaged ones. No defence against a forger; keys are compared in full.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace fusion::runtime::detail {

inline uint64_t fnv1a64(std::string_view bytes, uint64_t hash = 0xcbf29ce484222325ull) {
  for (unsigned char c : bytes)
    hash = (hash ^ c) * 0x100000001b3ull;
  return hash;
}

inline std::string hex16(uint64_t value) {
  std::string text(16, '0');
  for (int i = 15; i >= 0; --i, value >>= 4)
    text[i] = "0123456789abcdef"[value & 15];
  return text;
}

} // namespace fusion::runtime::detail
