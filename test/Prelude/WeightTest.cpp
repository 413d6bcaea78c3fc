// weightGrad against plain loops: geometries of convolutions and transposed ones, groups, splits, and the sums of S.
#include "Harness.h"
#include <limits>
#include <sstream>

namespace fusion::prelude {
namespace {

int ceilDiv(int x, int y) { return (x + y - 1) / y; }

struct WeightCase {
  std::string name;
  int images, a, b, groups;
  Extents small, large, taps, stride, padding, dilation;
  Extents box;
  int as, bs, ta, tq, threads, splits;

  int boxes() const { return ceilDiv(small.d, box.d) * ceilDiv(small.h, box.h) * ceilDiv(small.w, box.w); }

  /// The size formula that the head of weight.cuh spells out, worked out on its own.
  int pipeFloats() const {
    auto patch = [](int x, int s, int k, int l) { return (x - 1) * s + (k - 1) * l + 1; };
    const int planeS = box.volume() / 4 % 2 ? box.volume() : box.volume() + 4;
    const int volume = patch(box.d, stride.d, taps.d, dilation.d) * patch(box.h, stride.h, taps.h, dilation.h) *
                       patch(box.w, stride.w, taps.w, dilation.w);
    const int planeL = volume % 2 ? volume : volume + 1;
    return std::max({as * planeS + bs * planeL, as * bs * taps.volume(), threads});
  }

  std::string source() const {
    std::ostringstream s;
    s << "namespace " << name << " {\nstruct P {\n  static constexpr int A = " << a << ", B = " << b << ", G = " << groups
      << ";\n  static constexpr Vec3 small = " << small.text() << ", large = " << large.text() << ", taps = " << taps.text()
      << ", stride = " << stride.text() << ", padding = " << padding.text() << ", dilation = " << dilation.text()
      << ";\n};\nstruct T {\n  static constexpr Vec3 box = " << box.text() << ";\n  static constexpr int as = " << as << ", bs = " << bs
      << ", ta = " << ta << ", tq = " << tq << ", threads = " << threads
      << ";\n};\nstatic_assert(weightPipeFloats<P, T>() == " << pipeFloats() << ", \"expected the documented size\");\n"
      << "template <int Channels, int Positions> struct Load {\n  const float *x;\n"
      << "  static constexpr bool plain = Channels % 2 == 0;\n" // both ways of staging get tested
      << "  DEV const float *at(int image, int channel, int p) const { return x + ((index_t)image * Channels + channel) * Positions + p; "
         "}\n"
      << "  DEV float operator()(int image, int channel, int p) const { return *at(image, channel, p); }\n"
      << "};\n}\nextern \"C\" __global__ void __launch_bounds__(" << threads << ") " << name
      << "_kernel(const float *s, const float *l, int images, float *partial, float *partialS) {\n  using namespace " << name
      << ";\n  extern __shared__ float4 shared[];\n"
      << "  weightGrad<P, T, true>((float *)shared, Load<P::A, volume(P::small)>{s}, Load<P::B, volume(P::large)>{l}, images, partial, "
         "partialS);\n}\n";
    return s.str();
  }

  void run(Kernels &kernels, bool infinite = false) const {
    const int as1 = a / groups, bs1 = b / groups, steps = images * boxes();
    const std::vector<float> s = randomValues((size_t)images * a * small.volume(), 3);
    std::vector<float> l = randomValues((size_t)images * b * large.volume(), 4);
    if (infinite) // at the far edge, where only some taps reach
      l.back() = l[large.volume() - large.w] = std::numeric_limits<float>::infinity();
    std::vector<Judged> want((size_t)splits * a * bs1 * taps.volume()), wantS((size_t)splits * a);
    for (int n = 0; n < images; n++)
      for (int i = 0; i < small.volume(); i++) {
        const int d = i / (small.h * small.w), h = i / small.w % small.h, w = i % small.w;
        const int step =
            ((n * ceilDiv(small.d, box.d) + d / box.d) * ceilDiv(small.h, box.h) + h / box.h) * ceilDiv(small.w, box.w) + w / box.w;
        for (int a1 = 0; a1 < a; a1++) {
          const double v = s[(size_t)(n * a + a1) * small.volume() + i];
          wantS[(size_t)step % splits * a + a1].add(v);
          for (int b1 = 0; b1 < bs1; b1++)
            for (int t = 0; t < taps.volume(); t++) {
              const int ld = d * stride.d - padding.d + t / (taps.h * taps.w) * dilation.d;
              const int lh = h * stride.h - padding.h + t / taps.w % taps.h * dilation.h;
              const int lw = w * stride.w - padding.w + t % taps.w * dilation.w;
              if (ld < 0 || lh < 0 || lw < 0 || ld >= large.d || lh >= large.h || lw >= large.w)
                continue;
              const size_t at = ((size_t)(n * b + a1 / as1 * bs1 + b1) * large.d + ld) * large.h * large.w + (size_t)lh * large.w + lw;
              want[(((size_t)step % splits * a + a1) * bs1 + b1) * taps.volume() + t].add(v, l[at]);
            }
        }
      }
    Array ds(s), dl(l), partial(want.size()), partialS(wantS.size());
    int count = images;
    const unsigned y = groups * ceilDiv(as1, as) * ceilDiv(bs1, bs);
    kernels.launch(name + "_kernel", {(unsigned)splits, y, 1}, threads, 4 * pipeFloats(),
                   {ds.argument(), dl.argument(), &count, partial.argument(), partialS.argument()});
    const double length = (double)ceilDiv(steps, splits) * box.volume();
    expectClose(partial.read(), want, length, name);
    expectClose(partialS.read(), wantS, length, name + ", sums of S");
  }
};

const Extents one{1, 1, 1}, zero{0, 0, 0}, k33{1, 3, 3}, k333{3, 3, 3}, p11{0, 1, 1};

WeightCase makeCase(std::string name, int images, int a, int b, int groups, Extents small, Extents large, Extents taps, Extents stride,
                    Extents padding, Extents dilation, Extents box, int as, int bs, int ta, int tq, int threads, int splits) {
  return {std::move(name), images, a, b, groups, small, large, taps, stride, padding, dilation, box, as, bs, ta, tq, threads, splits};
}

TEST(Weight, Gradients) {
  const Extents two{2, 2, 2};
  const std::vector<WeightCase> cases = {
      makeCase("conv", 2, 18, 3, 1, {1, 11, 13}, {1, 13, 15}, k33, one, zero, one, {1, 4, 8}, 16, 4, 8, 9, 32, 3),
      makeCase("conv_padded", 1, 8, 10, 1, {1, 9, 9}, {1, 9, 9}, k33, one, p11, one, {1, 8, 8}, 8, 8, 4, 9, 64, 1),
      makeCase("rows_of_taps", 1, 8, 5, 1, {1, 9, 9}, {1, 9, 9}, k33, one, p11, one, {1, 8, 8}, 4, 4, 4, 3, 32, 2),
      makeCase("single_taps", 1, 4, 2, 1, {1, 7, 6}, {1, 9, 8}, k33, one, zero, one, {1, 4, 4}, 4, 2, 2, 1, 64, 2),
      makeCase("transposed", 2, 3, 16, 1, {3, 5, 6}, {5, 9, 11}, k333, two, one, one, {2, 4, 8}, 3, 16, 3, 9, 96, 4),
      makeCase("transposed_slabs", 1, 3, 5, 1, {3, 5, 6}, {5, 9, 11}, k333, two, one, one, {1, 4, 4}, 3, 4, 3, 27, 64, 1),
      makeCase("stride_dilation", 2, 5, 6, 1, {1, 6, 5}, {1, 17, 19}, {1, 3, 2}, {1, 3, 2}, {0, 2, 1}, {1, 2, 3}, {1, 4, 4}, 6, 6, 3, 6, 32,
               2),
      makeCase("grouped", 2, 8, 12, 4, {1, 7, 9}, {1, 7, 9}, k33, one, p11, one, {1, 4, 12}, 2, 3, 2, 9, 32, 3),
      makeCase("depthwise", 2, 5, 5, 5, {1, 7, 9}, {1, 7, 9}, k33, one, p11, one, {1, 8, 8}, 1, 1, 1, 9, 32, 3),
      makeCase("pointwise", 3, 20, 17, 1, {1, 3, 14}, {1, 3, 14}, one, one, zero, one, {1, 2, 16}, 16, 16, 4, 8, 32, 2),
      makeCase("one_d", 2, 6, 4, 1, {1, 1, 41}, {1, 1, 43}, {1, 1, 5}, one, {0, 0, 1}, one, {1, 1, 32}, 4, 4, 4, 5, 32, 2),
      makeCase("tiny", 1, 2, 2, 1, one, one, k33, one, p11, one, {1, 4, 4}, 2, 2, 2, 9, 32, 1),
      makeCase("idle_splits", 1, 2, 2, 1, {1, 2, 3}, {1, 4, 5}, k33, one, zero, one, {1, 4, 4}, 2, 2, 2, 9, 32, 3),
  };
  std::string source = preludeText({"base", "patch", "weight"});
  for (const WeightCase &c : cases)
    source += c.source();
  Kernels kernels("weight.cu", source);
  for (const WeightCase &c : cases) {
    c.run(kernels);
    c.run(kernels, true);
  }
}

} // namespace
} // namespace fusion::prelude
