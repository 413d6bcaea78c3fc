// The window of a convolution with every default filled in, and the arithmetic on it that everyone shares.
#pragma once
#include "llvm/ADT/SmallVector.h"
#include <cstdint>

namespace fusion {

/// One entry per spatial dim (1 to 3), slowest first. Units are elements.
struct Window {
  llvm::SmallVector<int64_t, 3> taps, stride, padding, outputPadding, dilation;
  int64_t groups = 1;
  bool transposed = false;

  size_t rank() const { return taps.size(); }
  /// Output extent of a convolution (or, when transposed, of a transposed one) over input extent `in` in dim `d`.
  int64_t outputExtent(size_t d, int64_t in) const {
    int64_t reach = dilation[d] * (taps[d] - 1) + 1;
    if (transposed)
      return (in - 1) * stride[d] - 2 * padding[d] + reach + outputPadding[d];
    int64_t room = in + 2 * padding[d] - reach;
    return room < 0 ? room : room / stride[d] + 1;
  }
};

} // namespace fusion
