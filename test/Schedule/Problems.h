// The contractions that the tests choose tiles for, by the shapes of the examples, and random ones.
#pragma once
#include "fusion/Schedule/Tiles.h"
#include <random>

namespace fusion::test {

/// Conv2d 8 -> 64, 3 x 3, on 128 images of 128 x 128.
inline WindowProblem conv2d() {
  WindowProblem p;
  p.a = 64, p.b = 8, p.images = 128;
  p.small = {1, 126, 126}, p.large = {1, 128, 128}, p.taps = {1, 3, 3};
  return p;
}

/// ConvTranspose3d 3 -> 16, 3 x 3 x 3, stride 2, padding 1, on 128 images of 16 x 32 x 32.
inline WindowProblem convTranspose3d() {
  WindowProblem p;
  p.a = 3, p.b = 16, p.images = 128;
  p.small = {16, 32, 32}, p.large = {31, 63, 63}, p.taps = {3, 3, 3}, p.stride = {2, 2, 2}, p.padding = {1, 1, 1};
  return p;
}

/// Conv2d 64 -> 128, 3 x 3, padding 1, on 32 images of 64 x 64.
inline WindowProblem wideConv2d() {
  WindowProblem p;
  p.a = 128, p.b = 64, p.images = 32;
  p.small = {1, 64, 64}, p.large = {1, 64, 64}, p.taps = {1, 3, 3}, p.padding = {0, 1, 1};
  return p;
}

/// Any shape, mostly small ones: size-1 dims, strides over dilations, groups.
inline WindowProblem randomProblem(std::mt19937 &random) {
  auto pick = [&](int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); };
  WindowProblem p;
  int64_t widest = pick(0, 2) ? 9 : 70;
  p.groups = pick(0, 4) ? 1 : pick(1, 3);
  p.a = p.groups * pick(1, widest), p.b = p.groups * pick(1, widest);
  p.images = pick(1, 40);
  for (int i = int(pick(0, 2)); i < 3; ++i) {
    p.taps[i] = pick(1, 4), p.stride[i] = pick(1, 3), p.dilation[i] = pick(1, 2);
    p.padding[i] = pick(0, p.taps[i] - 1);
    p.small[i] = pick(1, pick(0, 1) ? 70 : 9);
    int64_t reach = (p.small[i] - 1) * p.stride[i] + (p.taps[i] - 1) * p.dilation[i] + 1 - 2 * p.padding[i];
    p.padding[i] = reach < 1 ? 0 : p.padding[i];
    p.large[i] = (p.small[i] - 1) * p.stride[i] + (p.taps[i] - 1) * p.dilation[i] + 1 - 2 * p.padding[i] + pick(0, p.stride[i] - 1);
  }
  return p;
}

inline const char *const kArchitectures[] = {"sm_80", "sm_90a", "sm_100a", "sm_120"};

} // namespace fusion::test
