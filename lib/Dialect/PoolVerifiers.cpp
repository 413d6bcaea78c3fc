// Constraints of pools and their gradients, numbered in dialects/Fusion/Pooling.td.
#include "fusion/Dialect/FusionDialect.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace fusion;

constexpr int64_t kLargestWindowEntry = (int64_t(1) << 31) - 1;

static PoolWindow windowOf(ArrayRef<int64_t> kernel, std::optional<ArrayRef<int64_t>> stride, std::optional<ArrayRef<int64_t>> padding,
                           std::optional<ArrayRef<int64_t>> dilation, bool ceilMode) {
  PoolWindow w;
  auto fill = [&](llvm::SmallVector<int64_t, 3> &to, std::optional<ArrayRef<int64_t>> given, int64_t otherwise) {
    if (given)
      to.assign(given->begin(), given->end());
    else
      to.assign(kernel.size(), otherwise);
  };
  fill(w.kernel, kernel, 1);
  fill(w.stride, stride ? stride : kernel, 1);
  fill(w.padding, padding, 0);
  fill(w.dilation, dilation, 1);
  w.ceilMode = ceilMode;
  return w;
}

PoolWindow MaxPoolOp::getWindow() { return windowOf(getKernel(), getStride(), getPadding(), getDilation(), getCeilMode()); }
PoolWindow MaxPoolGradOp::getWindow() { return windowOf(getKernel(), getStride(), getPadding(), getDilation(), getCeilMode()); }
PoolWindow AvgPoolOp::getWindow() { return windowOf(getKernel(), getStride(), getPadding(), std::nullopt, getCeilMode()); }
PoolWindow AvgPoolGradOp::getWindow() { return windowOf(getKernel(), getStride(), getPadding(), std::nullopt, getCeilMode()); }

static std::string text(ArrayRef<int64_t> values) {
  std::string out = "[";
  for (int64_t v : values)
    out += (out.size() > 1 ? ", " : "") + (ShapedType::isDynamic(v) ? std::string("?") : std::to_string(v));
  return out + "]";
}

/// (pool_c1)
static LogicalResult verifyRank(Operation *op, RankedTensorType x) {
  if (x.getRank() >= 3 && x.getRank() <= 5)
    return success();
  return op->emitOpError("expected x to have rank 3, 4 or 5 ([N, C, spatial...]), but got ")
         << x << "; reshape features [N, F] to [N, 1, F], and a picture without a batch to [1, C, ...] (pool_c1)";
}

/// (pool_c2), (pool_c3), (pool_c4)
static LogicalResult verifyWindow(Operation *op, const PoolWindow &w, size_t rank) {
  struct Entry {
    const char *name;
    ArrayRef<int64_t> values;
    int64_t least;
    const char *number;
  } entries[] = {{"kernel", w.kernel, 1, "pool_c3"},
                 {"stride", w.stride, 1, "pool_c3"},
                 {"dilation", w.dilation, 1, "pool_c3"},
                 {"padding", w.padding, 0, "pool_c4"}};
  for (const Entry &e : entries) {
    if (e.values.size() != rank)
      return op->emitOpError("expected ") << e.name << " to have " << rank << " entries, one per spatial dim, but got " << text(e.values)
                                          << " (pool_c2)";
    for (int64_t v : e.values)
      if (v < e.least || v > kLargestWindowEntry)
        return op->emitOpError("expected ") << e.name << " entries from " << e.least << " to " << kLargestWindowEntry << ", but got "
                                            << text(e.values) << " (" << e.number << ")";
  }
  for (size_t d = 0; d < rank; ++d)
    if (__int128(2) * w.padding[d] > __int128(w.dilation[d]) * (w.kernel[d] - 1) + 1)
      return op->emitOpError("expected padding of at most half the window, but got ")
             << w.padding[d] << " for a window of reach " << w.dilation[d] * (w.kernel[d] - 1) + 1
             << "; a window would lie outside the input (pool_c4)";
  return success();
}

/// (pool_c1) to (pool_c6)
static LogicalResult verifyPool(Operation *op, RankedTensorType x, RankedTensorType y, const PoolWindow &w, const char *yName) {
  if (failed(verifyRank(op, x)) || failed(verifyWindow(op, w, x.getRank() - 2)))
    return failure();
  SmallVector<int64_t> shape(x.getShape().take_front(2));
  for (size_t d = 0; d < w.rank(); ++d) {
    shape.push_back(w.outputExtent(d, x.getDimSize(d + 2)));
    if (shape.back() < 1)
      return op->emitOpError("expected an output extent of at least 1, but got none in spatial dim ")
             << d << ": a window of reach " << w.dilation[d] * (w.kernel[d] - 1) + 1 << " with padding " << w.padding[d] << " over extent "
             << x.getDimSize(d + 2) << "; enlarge the input or the padding (pool_c5)";
  }
  // A dilated window that begins in the left padding may step over a short input.
  for (size_t d = 0; d < w.rank(); ++d)
    for (int64_t first = -w.padding[d]; first < 0; first += w.stride[d])
      if (first + (w.dilation[d] - first - 1) / w.dilation[d] * w.dilation[d] >= x.getDimSize(d + 2))
        return op->emitOpError("expected an element in every window, but got one of padding alone in spatial dim ")
               << d << "; reduce the padding or the dilation (pool_c4)";
  if (y.getShape() == ArrayRef<int64_t>(shape))
    return success();
  return op->emitOpError("expected ") << yName << " to have shape " << text(shape) << ", but got " << y
                                      << "; correct it or the window attributes (pool_c6)";
}

LogicalResult MaxPoolOp::verify() { return verifyPool(*this, getX().getType(), getY().getType(), getWindow(), "the result"); }
// (pool_grad_c1)
LogicalResult MaxPoolGradOp::verify() { return verifyPool(*this, getX().getType(), getDy().getType(), getWindow(), "dy"); }

/// (pool_c7)
static LogicalResult verifyDivisor(Operation *op, std::optional<uint64_t> divisor) {
  if (!divisor || int64_t(*divisor) >= 1)
    return success();
  return op->emitOpError("expected a divisor_override of at least 1, but got ")
         << int64_t(*divisor) << "; leave it out for a mean (pool_c7)";
}
LogicalResult AvgPoolOp::verify() {
  return success(succeeded(verifyPool(*this, getX().getType(), getY().getType(), getWindow(), "the result")) &&
                 succeeded(verifyDivisor(*this, getDivisorOverride())));
}
// (pool_grad_c1)
LogicalResult AvgPoolGradOp::verify() {
  return success(succeeded(verifyPool(*this, getDx().getType(), getDy().getType(), getWindow(), "dy")) &&
                 succeeded(verifyDivisor(*this, getDivisorOverride())));
}

/// (pool_c1), (pool_c6), (pool_c8)
static LogicalResult verifyAdaptive(Operation *op, RankedTensorType x, RankedTensorType y, ArrayRef<int64_t> size, const char *yName) {
  if (failed(verifyRank(op, x)))
    return failure();
  if (int64_t(size.size()) != x.getRank() - 2 || llvm::any_of(size, [](int64_t v) { return v < 1; }))
    return op->emitOpError("expected output_size to have ")
           << x.getRank() - 2 << " entries of at least 1, one per spatial dim, but got " << text(size) << " (pool_c8)";
  SmallVector<int64_t> shape(x.getShape().take_front(2));
  llvm::append_range(shape, size);
  if (y.getShape() == ArrayRef<int64_t>(shape))
    return success();
  return op->emitOpError("expected ") << yName << " to have shape " << text(shape) << ", but got " << y << " (pool_c6)";
}
LogicalResult AdaptiveAvgPoolOp::verify() {
  return verifyAdaptive(*this, getX().getType(), getY().getType(), getOutputSize(), "the result");
}
// (pool_grad_c1)
LogicalResult AdaptiveAvgPoolGradOp::verify() { return verifyAdaptive(*this, getDx().getType(), getDy().getType(), getOutputSize(), "dy"); }
