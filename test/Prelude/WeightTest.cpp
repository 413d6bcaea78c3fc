// weightGrad, weightTensor and weightTogether against plain loops: geometries of convolutions and transposed ones, groups, splits, and the
// sums of S.
#include "Harness.h"
#include <cmath>
#include <limits>
#include <set>
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
  int warpA = 0, warpQ = 0, stages = 1; // on tensor cores
  std::string factors = "Tf32";
  Extents blockTaps{}; // of warpgroups, which have `lines` lines of them each
  int lines = 0, stagers = 0;

  bool grouped() const { return lines > 0; }
  bool onTensorCores() const { return warpA > 0; }
  bool sums() const { return !onTensorCores() || a % 3; }
  int boxes() const { return ceilDiv(small.d, box.d) * ceilDiv(small.h, box.h) * ceilDiv(small.w, box.w); }

  /// The size formula that the head of weight-together.cuh spells out, worked out on its own.
  int togetherPipeFloats() const {
    const int rows = (as + 63) / 64 * 64, high = (box.h - 1) * stride.h + (blockTaps.h - 1) * dilation.h + 1,
              deep = (box.d - 1) * stride.d + (blockTaps.d - 1) * dilation.d + 1;
    return 2 * (box.volume() * (rows + 1) + deep * high * box.w * (bs * blockTaps.w + 1)) + 32 * rows;
  }

  /// The size formula that the head of tensor-weight.cuh spells out, worked out on its own.
  int tensorPipeFloats() const {
    auto patch = [](int x, int s, int k, int l) { return (x - 1) * s + (k - 1) * l + 1; };
    const int planeS = box.volume() / 4 % 2 ? box.volume() : box.volume() + 4;
    int planeL = patch(box.d, stride.d, taps.d, dilation.d) * patch(box.h, stride.h, taps.h, dilation.h) *
                 ceilDiv(patch(box.w, stride.w, taps.w, dilation.w), stride.w) * stride.w;
    while (bs <= 4 ? planeL % 16 != 8 : planeL % 8 != 4)
      planeL++;
    return std::max({stages * (as * planeS + bs * planeL), as * bs * taps.volume(), threads});
  }

  /// The size formula that the head of weight.cuh spells out, worked out on its own.
  int pipeFloats() const {
    if (grouped())
      return togetherPipeFloats();
    if (onTensorCores())
      return tensorPipeFloats();
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
      << ", ta = " << ta << ", tq = " << tq << ", threads = " << threads << ", warpA = " << warpA << ", warpQ = " << warpQ
      << ", stages = " << stages << ";\n"
      << (onTensorCores() ? "  using Factors = " + factors + ";\n" : "")
      << (grouped() ? "  static constexpr Vec3 taps = " + blockTaps.text() + ";\n  static constexpr int lines = " + std::to_string(lines) +
                          ", stagers = " + std::to_string(stagers) + ", batch = 3;\n  using Products = Tf32Warpgroup" +
                          std::to_string(bs * blockTaps.w) + ";\n"
                    : "")
      << "};\nstatic_assert("
      << (grouped()         ? "weightTogetherPipeFloats"
          : onTensorCores() ? "tensorWeightPipeFloats"
                            : "weightPipeFloats")
      << "<P, T>() == " << pipeFloats() << ", \"expected the documented size\");\n"
      << "template <int Channels, int Positions> struct Load {\n  const float *x;\n"
      << "  static constexpr bool plain = Channels % 2 == 0;\n" // both ways of staging get tested
      << "  DEV const float *at(int image, int channel, int p) const { return x + ((index_t)image * Channels + channel) * Positions + p; "
         "}\n"
      << "  DEV float operator()(int image, int channel, int p) const { return *at(image, channel, p); }\n"
      << "};\n}\nextern \"C\" __global__ void __launch_bounds__(" << threads << ") " << name
      << "_kernel(const float *s, const float *l, int images, float *partial, float *partialS) {\n  using namespace " << name
      << ";\n  extern __shared__ float4 shared[];\n"
      << "  "
      << (grouped()         ? "weightTogether"
          : onTensorCores() ? "weightTensor"
                            : "weightGrad")
      << "<P, T, " << (sums() ? "true" : "false")
      << ">((float *)shared, Load<P::A, volume(P::small)>{s}, Load<P::B, volume(P::large)>{l}, images, partial, "
         "partialS);\n}\n";
    return s.str();
  }

  void run(Kernels &kernels, bool infinite = false) const {
    const int as1 = a / groups, bs1 = b / groups, steps = images * boxes();
    const std::vector<float> s = randomValues((size_t)images * a * small.volume(), 3);
    std::vector<float> l = randomValues((size_t)images * b * large.volume(), 4);
    if (infinite) // at the far edge, where only some taps reach
      l.back() = l[large.volume() - large.w] = std::numeric_limits<float>::infinity();
    // Sums of S see all its bits.
    const std::vector<float> s1 = onTensorCores() ? roundedTo(factors, s) : s, l1 = onTensorCores() ? roundedTo(factors, l) : l;
    std::vector<Judged> want((size_t)splits * a * bs1 * taps.volume()), wantS((size_t)splits * a);
    for (int n = 0; n < images; n++)
      for (int i = 0; i < small.volume(); i++) {
        const int d = i / (small.h * small.w), h = i / small.w % small.h, w = i % small.w;
        const int step =
            ((n * ceilDiv(small.d, box.d) + d / box.d) * ceilDiv(small.h, box.h) + h / box.h) * ceilDiv(small.w, box.w) + w / box.w;
        for (int a1 = 0; a1 < a; a1++) {
          wantS[(size_t)step % splits * a + a1].add(s[(size_t)(n * a + a1) * small.volume() + i]);
          const double v = s1[(size_t)(n * a + a1) * small.volume() + i];
          for (int b1 = 0; b1 < bs1; b1++)
            for (int t = 0; t < taps.volume(); t++) {
              const int ld = d * stride.d - padding.d + t / (taps.h * taps.w) * dilation.d;
              const int lh = h * stride.h - padding.h + t / taps.w % taps.h * dilation.h;
              const int lw = w * stride.w - padding.w + t % taps.w * dilation.w;
              if (ld < 0 || lh < 0 || lw < 0 || ld >= large.d || lh >= large.h || lw >= large.w)
                continue;
              const size_t at = ((size_t)(n * b + a1 / as1 * bs1 + b1) * large.d + ld) * large.h * large.w + (size_t)lh * large.w + lw;
              want[(((size_t)step % splits * a + a1) * bs1 + b1) * taps.volume() + t].add(v, l1[at]);
            }
        }
      }
    Array ds(s), dl(l), partial(want.size()), partialS(wantS.size());
    int count = images;
    unsigned y = groups * ceilDiv(as1, as) * ceilDiv(bs1, bs);
    if (grouped())
      y *= ceilDiv(taps.d, blockTaps.d) * ceilDiv(taps.h, blockTaps.h) * ceilDiv(taps.w, blockTaps.w);
    kernels.launch(name + "_kernel", {(unsigned)splits, y, 1}, threads, 4 * pipeFloats(),
                   {ds.argument(), dl.argument(), &count, partial.argument(), partialS.argument()});
    const double length = (double)ceilDiv(steps, splits) * box.volume();
    expectClose(partial.read(), want, length, name);
    if (sums())
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
  std::string source = preludeText({"base", "aligned", "copies", "patch", "weight"});
  for (const WeightCase &c : cases)
    source += c.source();
  Kernels kernels("weight.cu", source);
  for (const WeightCase &c : cases) {
    c.run(kernels);
    c.run(kernels, true);
  }
}

/// A tile on tensor cores, in which `sharing` warps share an output.
WeightCase onTensorCores(WeightCase c, Extents box, int as, int bs, int warpA, int warpQ, int sharing, int stages, int splits) {
  c.name = "tensor_" + c.name, c.box = box, c.as = as, c.bs = bs, c.warpA = warpA, c.warpQ = warpQ, c.stages = stages, c.splits = splits;
  c.threads = 32 * sharing * ceilDiv(as, warpA) * ceilDiv(bs * c.taps.volume(), warpQ);
  return c;
}
WeightCase problem(std::string name, int images, int a, int b, int groups, Extents small, Extents large, Extents taps, Extents stride,
                   Extents padding, Extents dilation) {
  return {std::move(name), images, a, b, groups, small, large, taps, stride, padding, dilation, {}, 0, 0, 0, 0, 0, 0};
}

/// A tile of warpgroups.
WeightCase together(WeightCase c, Extents box, int as, int bs, Extents blockTaps, int lines, int splits) {
  c.name = "together_" + c.name, c.box = box, c.as = as, c.bs = bs, c.warpA = 64, c.splits = splits;
  c.blockTaps = blockTaps, c.lines = lines, c.stagers = 64;
  c.threads = 128 * ceilDiv(as, 64) * ceilDiv(blockTaps.d * blockTaps.h, lines) + c.stagers;
  return c;
}

Kernels compiled(const std::string &name, const std::vector<WeightCase> &cases) {
  std::string source =
      preludeText({"base", "aligned", "copies", "patch", "weight", "mma", "half", "wgmma", "tensor-weight", "weight-together"});
  std::set<int> columns;
  for (const WeightCase &c : cases)
    if (c.grouped() && columns.insert(c.bs * c.blockTaps.w).second)
      source += warpgroupText(c.bs * c.blockTaps.w, "Tf32");
  for (const WeightCase &c : cases)
    source += c.source();
  return Kernels(name, source);
}

TEST(Weight, OnTensorCores) {
  const Extents two{2, 2, 2};
  const std::vector<WeightCase> cases = {
      onTensorCores(problem("conv", 2, 18, 3, 1, {1, 11, 13}, {1, 13, 15}, k33, one, zero, one), {1, 4, 8}, 16, 4, 16, 16, 1, 1, 3),
      onTensorCores(problem("wide", 2, 20, 9, 1, {1, 11, 13}, {1, 11, 13}, k33, one, p11, one), {1, 4, 8}, 20, 9, 32, 48, 1, 2, 3),
      onTensorCores(problem("many", 1, 64, 16, 1, {1, 9, 20}, {1, 9, 20}, k33, one, p11, one), {1, 4, 16}, 64, 16, 32, 72, 1, 2, 2),
      onTensorCores(problem("whole_boxes", 2, 16, 8, 1, {1, 8, 16}, {1, 8, 16}, k33, one, p11, one), {1, 4, 16}, 16, 8, 16, 24, 2, 2, 3),
      onTensorCores(problem("quads", 2, 8, 10, 1, {1, 6, 7}, {1, 6, 7}, k33, one, p11, one), {1, 4, 4}, 8, 8, 16, 40, 2, 1, 2),
      onTensorCores(problem("tall_quads", 2, 7, 6, 1, {1, 9, 3}, {1, 9, 3}, k33, one, p11, one), {1, 6, 4}, 7, 6, 16, 56, 3, 2, 2),
      onTensorCores(problem("transposed", 2, 3, 16, 1, {3, 5, 6}, {5, 9, 11}, k333, two, one, one), {2, 4, 8}, 3, 16, 16, 72, 1, 1, 4),
      onTensorCores(problem("transposed_shared", 1, 5, 6, 1, {3, 5, 6}, {5, 9, 11}, k333, two, one, one), {2, 2, 4}, 5, 6, 16, 88, 2, 2, 1),
      onTensorCores(problem("stride_dilation", 2, 5, 6, 1, {1, 6, 5}, {1, 17, 19}, {1, 3, 2}, {1, 3, 2}, {0, 2, 1}, {1, 2, 3}), {1, 4, 4},
                    6, 6, 16, 40, 1, 2, 2),
      onTensorCores(problem("stride_three", 2, 16, 8, 1, {1, 5, 7}, {1, 15, 21}, {1, 4, 4}, {1, 3, 3}, p11, one), {1, 2, 8}, 16, 8, 16, 64,
                    1, 2, 2),
      onTensorCores(problem("grouped", 2, 32, 16, 2, {1, 7, 9}, {1, 7, 9}, k33, one, p11, one), {1, 4, 12}, 16, 8, 16, 72, 2, 2, 3),
      onTensorCores(problem("thin_groups", 2, 8, 12, 4, {1, 7, 9}, {1, 7, 9}, k33, one, p11, one), {1, 4, 12}, 2, 3, 16, 32, 2, 1, 3),
      onTensorCores(problem("depthwise", 2, 5, 5, 5, {1, 7, 9}, {1, 7, 9}, k33, one, p11, one), {1, 8, 8}, 1, 1, 16, 16, 1, 1, 3),
      onTensorCores(problem("pointwise", 3, 20, 17, 1, {1, 3, 14}, {1, 3, 14}, one, one, zero, one), {1, 2, 16}, 32, 16, 16, 8, 1, 2, 2),
      onTensorCores(problem("one_d", 2, 7, 4, 1, {1, 1, 41}, {1, 1, 43}, {1, 1, 5}, one, {0, 0, 1}, one), {1, 1, 32}, 4, 4, 16, 24, 4, 2,
                    2),
      onTensorCores(problem("long_runs", 3, 16, 8, 1, {1, 16, 32}, {1, 18, 34}, k33, one, zero, one), {1, 2, 8}, 16, 8, 16, 72, 2, 2, 1),
      onTensorCores(problem("tiny", 1, 2, 2, 1, one, one, k33, one, p11, one), {1, 2, 4}, 2, 2, 16, 24, 1, 2, 1),
      onTensorCores(problem("idle_splits", 1, 2, 2, 1, {1, 2, 3}, {1, 4, 5}, k33, one, zero, one), {1, 4, 4}, 2, 2, 16, 24, 1, 2, 3),
      onTensorCores(problem("idle_splits_one_stage", 1, 2, 2, 1, {1, 2, 3}, {1, 4, 5}, k33, one, zero, one), {1, 4, 4}, 2, 2, 16, 24, 1, 1,
                    3),
  };
  std::vector<WeightCase> all;
  for (const char *factors : factorFormats)
    for (WeightCase c : cases) {
      c.factors = factors, c.name += std::string("_") + factors;
      if (factors != factorFormats[0]) { // words of two positions ask for steps of 16
        c.box.w = ceilDiv(c.box.w, 8) * 8;
        c.box.h *= c.box.volume() % 16 ? 2 : 1;
      }
      all.push_back(c);
    }
  Kernels kernels = compiled("tensor-weight.cu", all);
  for (const WeightCase &c : all) {
    c.run(kernels);
    c.run(kernels, true);
  }
}

TEST(Weight, OfWarpgroups) {
  const Extents two{2, 2, 2};
  const std::vector<WeightCase> cases = {
      together(problem("conv", 2, 70, 9, 1, {1, 11, 13}, {1, 13, 15}, k33, one, zero, one), {1, 4, 8}, 64, 16, k33, 1, 3),
      together(problem("whole_boxes", 2, 64, 8, 1, {1, 8, 16}, {1, 8, 16}, k33, one, p11, one), {1, 4, 16}, 64, 8, k33, 3, 3),
      together(problem("lines_left", 2, 20, 8, 1, {1, 7, 9}, {1, 7, 9}, k33, one, p11, one), {1, 4, 8}, 20, 8, k33, 2, 2),
      together(problem("rows", 1, 130, 17, 1, {1, 9, 20}, {1, 9, 20}, k33, one, p11, one), {1, 2, 16}, 128, 8, {1, 1, 3}, 1, 2),
      together(problem("parts_of_taps", 2, 8, 10, 1, {1, 10, 9}, {1, 10, 9}, {1, 5, 5}, one, {0, 2, 2}, one), {1, 4, 8}, 8, 16, {1, 2, 3},
               2, 2),
      together(problem("transposed", 2, 3, 16, 1, {3, 5, 6}, {5, 9, 11}, k333, two, one, one), {2, 2, 8}, 3, 16, k333, 3, 4),
      together(problem("slabs", 1, 5, 6, 1, {3, 5, 6}, {5, 9, 11}, k333, two, one, one), {1, 4, 8}, 5, 8, {2, 3, 3}, 3, 2),
      together(problem("stride_dilation", 2, 5, 6, 1, {1, 6, 5}, {1, 17, 19}, {1, 3, 2}, {1, 3, 2}, {0, 2, 1}, {1, 2, 3}), {1, 4, 8}, 5, 8,
               {1, 3, 2}, 3, 2),
      together(problem("stride_three", 2, 16, 8, 1, {1, 5, 7}, {1, 15, 21}, {1, 4, 4}, {1, 3, 3}, p11, one), {1, 4, 8}, 16, 8, {1, 4, 2}, 4,
               2),
      together(problem("grouped", 2, 32, 16, 2, {1, 7, 9}, {1, 7, 9}, k33, one, p11, one), {1, 2, 16}, 16, 8, k33, 3, 3),
      together(problem("pointwise", 3, 20, 17, 1, {1, 3, 14}, {1, 3, 14}, one, one, zero, one), {1, 2, 16}, 20, 24, one, 1, 2),
      together(problem("one_d", 2, 7, 4, 1, {1, 1, 41}, {1, 1, 43}, {1, 1, 5}, one, {0, 0, 1}, one), {1, 1, 32}, 7, 8, {1, 1, 5}, 1, 2),
      together(problem("tiny", 1, 2, 2, 1, one, one, k33, one, p11, one), {1, 4, 8}, 2, 8, k33, 3, 1),
      together(problem("idle_splits", 1, 2, 2, 1, {1, 2, 3}, {1, 4, 5}, k33, one, zero, one), {1, 4, 8}, 2, 8, k33, 3, 3),
  };
  Kernels kernels = compiled("weight-together.cu", cases);
  for (const WeightCase &c : cases) {
    c.run(kernels);
    c.run(kernels, true);
  }
}

// Sums are handed on to fp32 additions before their products grow many.
TEST(Weight, WarpgroupsTakeSumsOver) {
  const WeightCase c = together(problem("long", 9, 64, 8, 1, {1, 64, 64}, {1, 64, 64}, one, one, zero, one), {1, 8, 16}, 64, 8, one, 1, 1);
  Kernels kernels = compiled("long-together.cu", {c});
  c.run(kernels);
}

// Where all products have one sign, what tensor cores cut off adds up: fp32 additions take their sums over before it shows.
TEST(Weight, TensorCoresKeepTheErrorOfFp32) {
  const WeightCase c =
      onTensorCores(problem("long", 4, 16, 8, 1, {1, 64, 64}, {1, 64, 64}, one, one, zero, one), {1, 8, 16}, 16, 8, 16, 8, 1, 2, 1);
  Kernels kernels = compiled("long-weight.cu", {c});
  auto positive = [](std::vector<float> values) {
    for (float &v : values)
      v = 1 + std::fabs(v);
    return values;
  };
  const std::vector<float> s = positive(randomValues((size_t)c.images * c.a * c.small.volume(), 3));
  const std::vector<float> l = positive(randomValues((size_t)c.images * c.b * c.large.volume(), 4)), s1 = inTf32(s), l1 = inTf32(l);
  Array ds(s), dl(l), partial((size_t)c.a * c.b), partialS((size_t)c.a);
  int images = c.images;
  kernels.launch(c.name + "_kernel", {1, 1, 1}, c.threads, 4 * c.pipeFloats(),
                 {ds.argument(), dl.argument(), &images, partial.argument(), partialS.argument()});
  const std::vector<float> got = partial.read();
  double worst = 0;
  for (int a = 0; a < c.a; a++)
    for (int b = 0; b < c.b; b++) {
      double value = 0;
      for (int n = 0; n < images; n++)
        for (int i = 0; i < c.small.volume(); i++)
          value += (double)s1[(size_t)((n * c.a + a) * c.small.volume() + i)] * l1[(size_t)((n * c.b + b) * c.large.volume() + i)];
      worst = std::max(worst, std::fabs(got[(size_t)(a * c.b + b)] - value) / value);
    }
  const double length = images * c.small.volume();
  printf("%g products: %.2f u\n", length, worst * 0x1p24);
  EXPECT_LE(worst, 0.5 * 0x1p-24 * std::sqrt(length)); // without taking over 12 times as much
}

} // namespace
} // namespace fusion::prelude
