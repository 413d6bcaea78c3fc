// Internal to the runtime: base64 (RFC 4648, padded), which carries binaries inside program files.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace fusion::runtime::detail {

constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

inline std::string encodeBase64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    size_t count = bytes.size() - i < 3 ? bytes.size() - i : 3;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k)
      text += k <= count ? kBase64[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

/// False for anything but the encoding of some bytes.
inline bool decodeBase64(std::string_view text, std::string &bytes) {
  std::array<signed char, 256> values;
  values.fill(-1);
  for (int i = 0; i < 64; ++i)
    values[static_cast<unsigned char>(kBase64[i])] = static_cast<signed char>(i);
  if (text.size() % 4)
    return false;
  bytes.clear();
  bytes.reserve(text.size() / 4 * 3);
  size_t padding = text.empty() ? 0 : size_t(text.back() == '=') + size_t(text[text.size() - 2] == '=');
  for (size_t i = 0; i < text.size(); i += 4) {
    uint32_t group = 0;
    size_t digits = i + 4 == text.size() ? 4 - padding : 4;
    for (size_t k = 0; k < 4; ++k) {
      int value = k < digits ? values[static_cast<unsigned char>(text[i + k])] : text[i + k] == '=' ? 0 : -1;
      if (value < 0)
        return false;
      group = group << 6 | uint32_t(value);
    }
    for (size_t k = 0; k + 1 < digits; ++k)
      bytes += char(group >> (16 - 8 * k) & 255);
  }
  return true;
}

} // namespace fusion::runtime::detail
