// A convolution that is summed over spatial dims: each tap meets a range of the input, so that sums of ranges and of taps stand for the sum
// of products, with as many fewer products as elements are summed.
#include "Rule.h"
#include "fusion/Dialect/Builders.h"
#include "fusion/Dialect/ElementTypes.h"
#include "fusion/Dialect/Window.h"
#include "llvm/Support/MathExtras.h"
#include <functional>

using namespace mlir;

namespace fusion {
namespace {

/// Neighbouring taps along a dim whose products are summed over the same elements of the input, [from, to) and [firstTap, endTap).
struct TapRange {
  int64_t from, to, firstTap, endTap;
};

/// 3 x 3 taps whose ranges all differ.
constexpr int64_t kMostTerms = 9;

/// What is convolved in place of the input and the weight, sums of both.
struct Term {
  Value x, weight;
};

/// The ranges of spatial dim `d`, without taps that meet nothing but padding; nothing where taps meet every other element of the input,
/// which are no range, or none of them meets any.
std::optional<SmallVector<TapRange>> rangesOf(const Window &w, size_t d, int64_t in, int64_t out) {
  if (!w.transposed && w.stride[d] != 1 && out > 1)
    return std::nullopt;
  SmallVector<TapRange> ranges;
  for (int64_t tap = 0; tap < w.taps[d]; ++tap) {
    int64_t ahead = tap * w.dilation[d] - w.padding[d];
    // A gather reads element output + ahead, a scatter adds to element stride * input + ahead.
    int64_t from = w.transposed ? llvm::divideCeilSigned(-ahead, w.stride[d]) : ahead;
    int64_t to = w.transposed ? llvm::divideFloorSigned(out - 1 - ahead, w.stride[d]) + 1 : ahead + out;
    from = std::clamp<int64_t>(from, 0, in), to = std::clamp<int64_t>(to, from, in);
    if (from == to)
      continue;
    if (!ranges.empty() && ranges.back().from == from && ranges.back().to == to)
      ranges.back().endTap = tap + 1;
    else
      ranges.push_back({from, to, tap, tap + 1});
  }
  return ranges.empty() ? std::nullopt : std::optional(std::move(ranges));
}

/// The sum over dim `dim` of what lies in [from, to), with an extent of 1 in its place.
Value sumWithin(NamedBuilder &b, PatternRewriter &rewriter, Location loc, Value x, int64_t dim, int64_t from, int64_t to) {
  if (from > 0 || to < cast<RankedTensorType>(x.getType()).getDimSize(dim))
    x = WithinOp::create(rewriter, loc, x.getType(), x, dim, from, to);
  return b.reduce<SumOp>(x, {dim}, true);
}

class SumOfConvolution : public SimplifyRule<SumOp> {
public:
  using SimplifyRule::SimplifyRule;

  std::optional<Justification> match(SumOp op) const override {
    auto conv = op.getX().getDefiningOp<ConvOp>();
    if (!conv || !conv->hasOneUse() || holdsNarrow(conv.getX().getType()) || holdsNarrow(conv.getWeight().getType()) ||
        holdsNarrow(conv.getY().getType()) || op.getDims().empty())
      return std::nullopt;
    Window w = conv.getWindow();
    int64_t summed = 1, terms = 1;
    for (int64_t dim : op.getDims()) {
      if (dim < 2 || conv.getX().getType().isDynamicDim(dim))
        return std::nullopt;
      int64_t out = conv.getY().getType().getDimSize(dim);
      auto ranges = rangesOf(w, dim - 2, conv.getX().getType().getDimSize(dim), out);
      if (!ranges)
        return std::nullopt;
      summed *= out, terms *= int64_t(ranges->size());
    }
    // A few elements are summed sooner where they are made; and each term is a convolution of its own, a kernel to compile and to launch.
    if (2 * summed < 3 * terms || terms > kMostTerms)
      return std::nullopt;
    return Justification{Change::Reassociating, Change::Reassociating, "every tap is summed over a range of the input"};
  }

  Value build(SumOp op, PatternRewriter &rewriter) const override {
    auto conv = op.getX().getDefiningOp<ConvOp>();
    Location loc = conv.getLoc();
    NamedBuilder b(rewriter, loc);
    Window w = conv.getWindow();
    SmallVector<Term> terms{{conv.getX(), conv.getWeight()}};
    int64_t summed = 1;
    // The innermost dim first: later sums have less to read.
    SmallVector<int64_t> dims(op.getDims());
    llvm::sort(dims, std::greater<int64_t>());
    for (int64_t dim : dims) {
      size_t d = size_t(dim) - 2;
      int64_t in = conv.getX().getType().getDimSize(dim), out = conv.getY().getType().getDimSize(dim);
      SmallVector<TapRange> ranges = *rangesOf(w, d, in, out);
      SmallVector<Term> next;
      for (Term term : terms)
        for (TapRange range : ranges)
          next.push_back({sumWithin(b, rewriter, loc, term.x, dim, range.from, range.to),
                          sumWithin(b, rewriter, loc, term.weight, dim, range.firstTap, range.endTap)});
      terms = std::move(next);
      w.taps[d] = w.stride[d] = w.dilation[d] = 1, w.padding[d] = w.outputPadding[d] = 0, summed *= out;
    }
    auto type = RankedTensorType::get(reducedShape(conv.getY().getType().getShape(), op.getDims(), true), rewriter.getF32Type());
    auto entries = [&](ArrayRef<int64_t> values) { return rewriter.getDenseI64ArrayAttr(values); };
    Value y, bias = conv.getBias();
    if (bias)
      bias = b.mul(bias, b.constant(double(summed)));
    for (Term term : terms) {
      Value part = ConvOp::create(rewriter, loc, type, term.x, term.weight, y ? Value() : bias, conv.getTransposedAttr(), entries(w.stride),
                                  entries(w.padding), w.transposed ? entries(w.outputPadding) : DenseI64ArrayAttr(), entries(w.dilation),
                                  conv.getGroupsAttr());
      y = y ? b.add(y, part) : part;
    }
    return b.reshape(y, op.getY().getType().getShape());
  }
};

} // namespace

void addSumsOfConvolutions(RewritePatternSet &patterns, SimplifyContext &context) {
  addRule<SumOfConvolution>(patterns, context, "sum-of-convolution");
}

} // namespace fusion
