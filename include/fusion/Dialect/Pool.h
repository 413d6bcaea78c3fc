// The window of a pool with every default filled in, and the arithmetic on it that everyone shares.
#pragma once
#include "llvm/ADT/SmallVector.h"
#include <cstdint>

namespace fusion {

/// One entry per spatial dim (1 to 3), slowest first. Units are elements.
struct PoolWindow {
  llvm::SmallVector<int64_t, 3> kernel, stride, padding, dilation;
  bool ceilMode = false;

  size_t rank() const { return kernel.size(); }
  /// Output extent over input extent `in` in dim `d`; less than 1 where the window does not fit.
  int64_t outputExtent(size_t d, int64_t in) const {
    int64_t room = in + 2 * padding[d] - (dilation[d] * (kernel[d] - 1) + 1);
    if (room < 0 && !(ceilMode && room + stride[d] > 0))
      return 0;
    int64_t out = (room + (ceilMode ? stride[d] - 1 : 0)) / stride[d] + 1;
    // The last window starts inside the input or its left padding.
    return ceilMode && (out - 1) * stride[d] >= in + padding[d] ? out - 1 : out;
  }
};

/// Window `o` of an adaptive pool of `out` windows over extent `in`: its first element, and the one behind its last.
inline int64_t adaptiveBegin(int64_t o, int64_t in, int64_t out) { return o * in / out; }
inline int64_t adaptiveEnd(int64_t o, int64_t in, int64_t out) { return ((o + 1) * in + out - 1) / out; }

} // namespace fusion
