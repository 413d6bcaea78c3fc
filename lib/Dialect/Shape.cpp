// Shape inference of the named layer: tensors in general, broadcasting, convolutions.
#include "fusion/Dialect/Shape.h"
#include "fusion/Dialect/ElementTypes.h"
#include "fusion/Dialect/NamedOpTrait.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;

namespace fusion {

constexpr int64_t kLargestWindowEntry = (int64_t(1) << 31) - 1;

/// (tensor_c1) extents, (tensor_c2) byte count.
static LogicalResult verifyTensor(Operation *op, Type type, const Twine &what) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return success(); // the op's type constraint reports it
  unsigned __int128 bytes = tensor.getElementType().getIntOrFloatBitWidth() / 8;
  for (auto [dim, extent] : llvm::enumerate(tensor.getShape())) {
    if (dim > 0 && (ShapedType::isDynamic(extent) || extent == 0))
      return op->emitOpError("expected ") << what << " to have a static extent of at least 1 in dim " << dim << ", but got " << type
                                          << "; only dim 0, the batch, may be `?` or 0 (tensor_c1)";
    if (!ShapedType::isDynamic(extent) && extent != 0)
      bytes *= uint64_t(extent);
    if (bytes > uint64_t(std::numeric_limits<int64_t>::max()))
      return op->emitOpError("expected ") << what << " to have fewer than 2^63 bytes, but got " << type
                                          << "; make its dims smaller (tensor_c2)";
  }
  return success();
}

LogicalResult detail::verifyNamedTensors(Operation *op) {
  for (auto [i, type] : llvm::enumerate(op->getOperandTypes()))
    if (failed(verifyTensor(op, type, "operand " + Twine(i))))
      return failure();
  for (auto [i, type] : llvm::enumerate(op->getResultTypes()))
    if (failed(verifyTensor(op, type, "result " + Twine(i))))
      return failure();
  // Other types are the op's type constraint's to report.
  auto known = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && (tensor.getElementType().isF32() || isNarrow(tensor.getElementType()));
  };
  return success(!llvm::all_of(op->getOperandTypes(), known) || !llvm::all_of(op->getResultTypes(), known) ||
                 succeeded(verifyElementTypes(op)));
}

std::optional<SmallVector<int64_t>> broadcastShapes(ArrayRef<int64_t> lhs, ArrayRef<int64_t> rhs) {
  if (lhs.size() < rhs.size())
    std::swap(lhs, rhs);
  SmallVector<int64_t> shape(lhs);
  size_t missing = lhs.size() - rhs.size();
  for (size_t d = 0; d < rhs.size(); ++d) {
    int64_t &extent = shape[missing + d];
    if (extent == 1)
      extent = rhs[d];
    else if (rhs[d] != 1 && rhs[d] != extent)
      return std::nullopt;
  }
  return shape;
}

SmallVector<int64_t> broadcastDims(ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
  SmallVector<int64_t> summed;
  int64_t missing = int64_t(from.size()) - int64_t(to.size());
  for (int64_t d = 0; d < int64_t(from.size()); ++d)
    if (d < missing || (to[d - missing] == 1 && from[d] != 1))
      summed.push_back(d);
  return summed;
}

SmallVector<int64_t> reducedShape(ArrayRef<int64_t> shape, ArrayRef<int64_t> dims, bool keepdim) {
  SmallVector<int64_t> left;
  for (auto [d, extent] : llvm::enumerate(shape))
    if (!llvm::is_contained(dims, int64_t(d)))
      left.push_back(extent);
    else if (keepdim)
      left.push_back(1);
  return left;
}

std::optional<int64_t> reducedCount(ArrayRef<int64_t> shape, ArrayRef<int64_t> dims) {
  int64_t count = 1;
  for (int64_t d : dims) {
    if (ShapedType::isDynamic(shape[d]))
      return std::nullopt;
    count *= shape[d];
  }
  return count;
}

static std::string text(ArrayRef<int64_t> values) {
  std::string out = "[";
  for (int64_t v : values)
    out += (out.size() > 1 ? ", " : "") + (ShapedType::isDynamic(v) ? std::string("?") : std::to_string(v));
  return out + "]";
}

/// (conv_c3) to (conv_c6): the window attributes on their own.
static LogicalResult verifyWindow(Operation *op, const Window &w) {
  size_t rank = w.rank();
  struct Entry {
    const char *name;
    ArrayRef<int64_t> values;
    int64_t least;
    const char *number, *wayOut;
  } entries[] = {{"stride", w.stride, 1, "conv_c4", "stride 1 visits every position"},
                 {"dilation", w.dilation, 1, "conv_c4", "dilation 1 is a dense window"},
                 {"padding", w.padding, 0, "conv_c5", "padding 0 adds nothing"},
                 {"output_padding", w.outputPadding, 0, "conv_c6", "output_padding 0 adds nothing"}};
  for (const Entry &e : entries) {
    if (e.values.size() != rank)
      return op->emitOpError("expected ") << e.name << " to have " << rank << " entries, one per spatial dim, but got " << text(e.values)
                                          << "; leave it out for the default (conv_c3)";
    for (int64_t v : e.values)
      if (v < e.least || v > kLargestWindowEntry)
        return op->emitOpError("expected ") << e.name << " entries from " << e.least << " to " << kLargestWindowEntry << ", but got "
                                            << text(e.values) << "; " << e.wayOut << " (" << e.number << ")";
  }
  for (size_t d = 0; d < rank; ++d) {
    if (w.outputPadding[d] && !w.transposed)
      return op->emitOpError("expected no output_padding, but got ")
             << text(w.outputPadding) << "; it exists for transposed ones only (conv_c6)";
    if (w.outputPadding[d] && w.outputPadding[d] >= std::max(w.stride[d], w.dilation[d]))
      return op->emitOpError("expected output_padding below max(stride, dilation), but got ")
             << w.outputPadding[d] << " with stride " << w.stride[d] << " and dilation " << w.dilation[d]
             << "; a larger one only appends positions no input reaches (conv_c6)";
  }
  return success();
}

LogicalResult verifyConvolution(Operation *op, const ConvTypes &t, const Window &w) {
  int64_t rank = t.x.getRank();
  if (rank < 3 || rank > 5)
    return op->emitOpError("expected ") << t.xName << " to have rank 3, 4 or 5 ([N, C, spatial...]), but got " << t.x
                                        << "; use linear for matrix products (conv_c1)";
  if (t.weight.getRank() != rank)
    return op->emitOpError("expected ") << t.weightName << " to have rank " << rank << " as " << t.xName << " has, but got " << t.weight
                                        << "; its dims are two channel counts and the taps (conv_c2)";
  if (!t.weight.hasStaticShape() || llvm::is_contained(t.weight.getShape(), 0))
    return op->emitOpError("expected ") << t.weightName << " to have static extents of at least 1, but got " << t.weight
                                        << "; only the batch may be `?` or 0 (conv_c2)";
  if (failed(verifyWindow(op, w)))
    return failure();

  int64_t channels = t.x.getDimSize(1), groups = w.groups;
  if (groups < 1)
    return op->emitOpError("expected groups of at least 1, but got ") << groups << "; 1 connects every channel to every other (conv_c7)";
  int64_t own = t.weight.getDimSize(w.transposed ? 0 : 1), other = t.weight.getDimSize(w.transposed ? 1 : 0);
  if (channels % groups != 0 || (!w.transposed && other % groups != 0) || (w.transposed && own % groups != 0))
    return op->emitOpError("expected groups to divide the channel counts, but got ")
           << groups << " groups for " << channels << " input and " << (w.transposed ? int64_t(other) : other)
           << (w.transposed ? " output channels per group" : " output channels") << "; choose a common divisor (conv_c7)";
  // No product here can overflow: other * groups is an extent of the result, and own of the weight is at most channels.
  int64_t expected = w.transposed ? channels : channels / groups;
  if (own != expected)
    return op->emitOpError("expected ") << t.weightName << " to have " << expected << " input channels in dim " << (w.transposed ? 0 : 1)
                                        << " for " << channels << " channels in " << groups << " groups, but got " << t.weight
                                        << (w.transposed ? "; a transposed weight is [Cin, Cout/groups, taps...]"
                                                         : "; a weight is [Cout, Cin/groups, taps...]")
                                        << " (conv_c8)";
  int64_t outChannels = w.transposed ? other * groups : other;
  if (t.bias && t.bias.getShape() != ArrayRef<int64_t>{outChannels})
    return op->emitOpError("expected bias to have shape [")
           << outChannels << "], one entry per output channel, but got " << t.bias << " (conv_c9)";

  SmallVector<int64_t> shape = {t.x.getDimSize(0), outChannels};
  for (size_t d = 0; d < w.rank(); ++d) {
    // In 128 bits, since dilation * taps need not fit int64 before it is known to fit the input.
    __int128 in = t.x.getDimSize(d + 2), reach = __int128(w.dilation[d]) * (w.taps[d] - 1) + 1, out;
    if (w.transposed)
      out = (in - 1) * w.stride[d] - 2 * w.padding[d] + reach + w.outputPadding[d];
    else
      out = in + 2 * w.padding[d] < reach ? 0 : (in + 2 * w.padding[d] - reach) / w.stride[d] + 1;
    if (out < 1)
      return op->emitOpError("expected an output extent of at least 1, but got none in spatial dim ")
             << d << ": " << w.taps[d] << " taps with dilation " << w.dilation[d] << " and padding " << w.padding[d] << " over extent "
             << int64_t(in) << "; enlarge the input or the padding (conv_c10)";
    shape.push_back(out > std::numeric_limits<int64_t>::max() ? std::numeric_limits<int64_t>::max() : int64_t(out));
  }
  if (t.y.getShape() != ArrayRef<int64_t>(shape))
    return op->emitOpError("expected ") << t.yName << " to have shape " << text(shape) << ", but got " << t.y
                                        << "; correct it or the window attributes (conv_c11)";
  return success();
}

} // namespace fusion
