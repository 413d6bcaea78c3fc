// Hashes that name cache files and notice damaged ones. No defence against a forger; keys are compared in full.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace fusion::runtime::detail {

/// FNV-1a, which the program file's format names: one byte at a time.
inline uint64_t fnv1a64(std::string_view bytes, uint64_t hash = 0xcbf29ce484222325ull) {
  for (unsigned char c : bytes)
    hash = (hash ^ c) * 0x100000001b3ull;
  return hash;
}

/// For large entries: four lanes of eight bytes. Every step is a bijection of its lane, so that no single changed word goes unnoticed.
inline uint64_t hashBytes(std::string_view bytes, uint64_t seed = 0) {
  constexpr uint64_t multiplier = 0x9e3779b97f4a7c15ull;
  auto step = [](uint64_t lane, uint64_t word) {
    lane = (lane ^ word) * multiplier;
    return lane << 29 | lane >> 35;
  };
  uint64_t lanes[4] = {seed + 1, seed + 2, seed + 3, seed + 4}, words[4];
  size_t at = 0;
  for (; at + sizeof(words) <= bytes.size(); at += sizeof(words)) {
    std::memcpy(words, bytes.data() + at, sizeof(words));
    for (int i = 0; i < 4; ++i)
      lanes[i] = step(lanes[i], words[i]);
  }
  std::memset(words, 0, sizeof(words));
  if (at < bytes.size())
    std::memcpy(words, bytes.data() + at, bytes.size() - at);
  uint64_t hash = seed ^ bytes.size();
  for (int i = 0; i < 4; ++i)
    hash = step(hash, step(lanes[i], words[i]));
  hash ^= hash >> 32;
  hash *= multiplier;
  return hash ^ hash >> 29;
}

inline std::string hex16(uint64_t value) {
  std::string text(16, '0');
  for (int i = 15; i >= 0; --i, value >>= 4)
    text[i] = "0123456789abcdef"[value & 15];
  return text;
}

} // namespace fusion::runtime::detail
