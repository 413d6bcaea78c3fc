// Dense row-major tensors of any scalar, and the shape arithmetic that the reference ops share.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fusion::reference {

using Shape = std::vector<int64_t>;

inline int64_t elementCount(const Shape &shape, std::size_t from = 0) {
  int64_t n = 1;
  for (std::size_t d = from; d < shape.size(); ++d)
    n *= shape[d];
  return n;
}

/// Values, and the length of the longest reduction any of them went through: the K of the tolerance (docs/testing.md).
template <class T> struct Tensor {
  Shape shape;
  std::vector<T> data;
  int64_t reduction = 1;

  Tensor() = default;
  explicit Tensor(Shape s) : shape(std::move(s)), data(elementCount(shape)) {}
  Tensor(Shape s, std::vector<T> values) : shape(std::move(s)), data(std::move(values)) {}

  std::size_t rank() const { return shape.size(); }
  int64_t size() const { return static_cast<int64_t>(data.size()); }
};

/// The shape two operands broadcast to, aligned from the right; extents that do not match are the caller's to refuse.
inline Shape broadcastShape(const Shape &a, const Shape &b) {
  Shape result(a.size() > b.size() ? a : b);
  const Shape &other = a.size() > b.size() ? b : a;
  for (std::size_t d = 0; d < other.size(); ++d) {
    int64_t &extent = result[result.size() - 1 - d];
    if (extent == 1)
      extent = other[other.size() - 1 - d];
  }
  return result;
}

/// Whether two extents per dim, aligned from the right, are equal or 1.
inline bool broadcasts(const Shape &a, const Shape &b) {
  for (std::size_t d = 1; d <= a.size() && d <= b.size(); ++d) {
    int64_t p = a[a.size() - d], q = b[b.size() - d];
    if (p != q && p != 1 && q != 1)
      return false;
  }
  return true;
}

} // namespace fusion::reference
