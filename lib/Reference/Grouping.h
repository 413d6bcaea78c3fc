// Which elements of a tensor a reduction over some of its dims merges.
#pragma once
#include "fusion/Reference/Tensor.h"

namespace fusion::reference {

/// Row-major strides of `shape` seen as `rank` dims aligned from the right; 0 where it broadcasts.
Shape broadcastStrides(const Shape &shape, std::size_t rank);

/// The offset of element `linear` of a row-major `shape` in a tensor with these strides.
int64_t offsetOf(int64_t linear, const Shape &shape, const Shape &strides);

/// Element k of group g is at bases[g] + offsets[k], both in row-major order of the dims they stand for.
struct Grouping {
  std::vector<int64_t> bases, offsets;
  Grouping(const Shape &shape, const Shape &dims);
  int64_t groups() const { return static_cast<int64_t>(bases.size()); }
  int64_t length() const { return static_cast<int64_t>(offsets.size()); }
};

} // namespace fusion::reference
