// A gather or scatter for one geometry and tile: its kernel's source, the sizes that the prelude documents, and plain loops to compare
// with.
#pragma once
#include "Harness.h"
#include <limits>
#include <numeric>
#include <sstream>

namespace fusion::prelude {

struct WindowCase {
  std::string name;
  bool scatter;
  int images, a, b, groups;
  Extents small, large, taps, stride, padding, dilation;
  Extents box;
  int channels, slice, rows, cols, threads;
  int extraPitch = 0;
  int warpPlaces = 0, warpChannels = 0; // on tensor cores
  std::string factors = "Tf32";
  bool grouped = false; // four warps multiply together
  bool packed = false;  // and read packed weights
  int tapSlice = 0;     // taps whose weights they stage at a time; 0 for all
  int walkers = 0;      // blocks that walk all boxes; 0 for a block per box

  bool onTensorCores() const { return warpPlaces > 0; }
  Extents in() const { return scatter ? small : large; }
  Extents out() const { return scatter ? large : small; }
  int reduced() const { return (scatter ? a : b) / groups; }
  int written() const { return (scatter ? b : a) / groups; }
  int boxes() const { return ceilDiv(out().d, box.d) * ceilDiv(out().h, box.h) * ceilDiv(out().w, box.w); }
  static int ceilDiv(int x, int y) { return (x + y - 1) / y; }
  static int largestDivisor(int n, int limit) {
    int best = 1;
    for (int i = 1; i <= n; i++)
      if (n % i == 0 && i <= limit)
        best = i;
    return best;
  }
  int tileFloats() const { return channels * (box.volume() + extraPitch); }

  /// The size formula that the head of tensor-window.cuh spells out, worked out on its own.
  int tensorPipeFloats() const {
    const int s[3] = {stride.d, stride.h, stride.w}, k[3] = {taps.d, taps.h, taps.w}, l[3] = {dilation.d, dilation.h, dilation.w};
    const int b3[3] = {box.d, box.h, box.w};
    int phases = 1, most = 1, plane = 1;
    for (int i = 0; i < 3; i++) {
      const int spread = scatter ? s[i] : 1, cover = ceilDiv(b3[i], spread), split = i == 2 && !scatter ? s[2] : 1;
      phases *= std::min(spread, b3[i]);
      most *= ceilDiv(k[i], spread / std::gcd(spread, l[i]));
      const int patch = scatter ? (cover * s[i] - 1 + (k[i] - 1) * l[i]) / s[i] + 1 : (cover - 1) * s[i] + (k[i] - 1) * l[i] + 1;
      plane *= ceilDiv(patch, split) * split;
    }
    const int pack = factors == "Tf32" ? 1 : 2;
    while (pack == 1 ? plane % 32 != 8 && plane % 32 != 24 : plane % 8 != 4)
      plane++;
    const int table = ceilDiv(2 * phases * ceilDiv(slice / pack * most, 8) * 8 + phases, 4) * 4;
    const int wide = ceilDiv(channels, warpChannels) * warpChannels, all = taps.volume();
    auto from = [](int n, int modulus, int first, int second) {
      while (n % modulus != first % modulus && n % modulus != second % modulus)
        n++;
      return n;
    };
    int weights;
    if (!scatter && reduced() * all % 4 == 0 && slice * all % 4 == 0)
      weights = wide * from(slice * all, 8, 4, 4);
    else if (scatter && all % 4 == 0)
      weights = slice * wide * (all + 4);
    else if (scatter && all % 2 == 1 && channels % 4 == 0 && written() * all % 4 == 0)
      weights = slice * (pack == 1 ? from(wide * all, 32, 8 * all, 24 * all) : from(wide * all, 16, 4 * all, 12 * all));
    else if (all * pack % 16 == 0)
      weights = slice * all * from(wide, 2, 1, 1);
    else {
      int pitch = wide;
      while (pitch * all * pack % 32 != 8 && pitch * all * pack % 32 != 24)
        pitch++;
      weights = slice * all * pitch;
    }
    return table + (slice < reduced() ? 2 : 1) * (weights + slice * plane);
  }

  struct Together {
    int tiles, pipeFloats;
  };
  /// The formulas that the head of together-shape.cuh spells out, worked out on their own.
  Together togetherSizes() const {
    const int s[3] = {stride.d, stride.h, stride.w}, k[3] = {taps.d, taps.h, taps.w}, l[3] = {dilation.d, dilation.h, dilation.w};
    const int b3[3] = {box.d, box.h, box.w};
    int cover[3], sub[3], parts = 1, phases = 1, most = 1;
    for (int i = 0; i < 3; i++) {
      const int spread = scatter ? s[i] : 1, step = scatter ? 1 : s[i];
      cover[i] = ceilDiv(b3[i], spread);
      const int patch = scatter ? (cover[i] * s[i] - 1 + (k[i] - 1) * l[i]) / s[i] + 1 : (cover[i] - 1) * s[i] + (k[i] - 1) * l[i] + 1;
      sub[i] = ceilDiv(patch, step);
      parts *= l[i] == 1 ? std::min(step, k[i]) : step;
      phases *= std::min(spread, b3[i]);
      most *= ceilDiv(k[i], spread / std::gcd(spread, l[i]));
    }
    const int run = (cover[1] - 1) * sub[2] + cover[2], lines = ceilDiv(run, 64);
    const int wide8 = ceilDiv(cover[2], 8), high8 = ceilDiv(cover[1], 8), squares = wide8 * high8;
    const int over = squares < lines ? (high8 * 8 - cover[1]) * sub[2] + wide8 * 8 - cover[2] : lines * 64 - run;
    const int plane = parts * sub[0] * sub[1] * sub[2] + over, words = slice / (factors == "Tf32" ? 1 : 2);
    const int wide = ceilDiv(channels, warpChannels) * warpChannels + 1, all = taps.volume(), atOnce = tapSlice ? tapSlice : all;
    const int table = ceilDiv((walkers ? 2 : 1) * phases * (4 + most) + 2 * all + plane, 4) * 4;
    const bool slices = slice < reduced();
    return {cover[0] * std::min(lines, squares),
            table + words * ((slices || atOnce < all ? 2 : 1) * atOnce * wide + (slices || walkers ? 2 : 1) * plane)};
  }

  /// The size formula that the head of window.cuh spells out, worked out on its own.
  int pipeFloats() const {
    if (grouped)
      return togetherSizes().pipeFloats;
    if (onTensorCores())
      return tensorPipeFloats();
    const int s[3] = {stride.d, stride.h, stride.w}, k[3] = {taps.d, taps.h, taps.w}, l[3] = {dilation.d, dilation.h, dilation.w};
    const int b3[3] = {box.d, box.h, box.w};
    int cover[3], patch[3];
    for (int i = 0; i < 3; i++)
      cover[i] = ceilDiv(b3[i], scatter ? s[i] : 1);
    const bool paired = scatter && s[2] > 1 && rows % s[2] == 0 && k[2] <= 8 && (box.w % s[2] == 0 || box.w >= large.w);
    const int places = paired ? rows / s[2] : rows;
    const int rowsH = largestDivisor(places, cover[1]), rowsD = largestDivisor(places / rowsH, cover[0]);
    const int split3[3] = {rowsD, rowsH, places / rowsH / rowsD};
    for (int i = 0; i < 3; i++) {
      const int full = ceilDiv(cover[i], split3[i]) * split3[i];
      patch[i] = scatter ? (full * s[i] - 1 + (k[i] - 1) * l[i]) / s[i] + 1 : (full - 1) * s[i] + (k[i] - 1) * l[i] + 1;
    }
    const int split = scatter ? 1 : stride.w;
    const int plane = patch[0] * patch[1] * ceilDiv(patch[2], split) * split;
    const int wide = ceilDiv(ceilDiv(channels, cols) * cols, 4) * 4;
    const int pitch = wide / 4 % 2 ? wide : wide + 4;
    return slice * (taps.volume() * pitch + plane);
  }

  std::string source() const {
    std::ostringstream s;
    const std::string kind = scatter ? "true" : "false";
    s << "namespace " << name << " {\nstruct P {\n  static constexpr int A = " << a << ", B = " << b << ", G = " << groups
      << ";\n  static constexpr Vec3 small = " << small.text() << ", large = " << large.text() << ", taps = " << taps.text()
      << ", stride = " << stride.text() << ", padding = " << padding.text() << ", dilation = " << dilation.text()
      << ";\n};\nstruct T {\n  static constexpr Vec3 box = " << box.text() << ";\n  static constexpr int channels = " << channels
      << ", slice = " << slice << ", rows = " << rows << ", cols = " << cols << ", threads = " << threads
      << ", vector = 1, pitch = " << box.volume() + extraPitch << ", warpPlaces = " << warpPlaces << ", warpChannels = " << warpChannels
      << (grouped ? ", stagers = 64, batch = 3, tapSlice = " + std::to_string(tapSlice ? tapSlice : taps.volume()) +
                        ", walks = " + std::to_string(walkers > 0)
                  : "")
      << ";\n"
      << (onTensorCores() ? "  using Factors = " + factors + ";\n  using Products = " +
                                (grouped ? factors + "Warpgroup" + std::to_string(warpChannels) : "NoWarpgroup") + ";\n"
                          : "")
      << "};\nstatic_assert("
      << (grouped           ? "togetherPipeFloats"
          : onTensorCores() ? "tensorWindowPipeFloats"
                            : "windowPipeFloats")
      << "<P, T, " << kind << ">() == " << pipeFloats() << ", \"expected the documented size\");\n"
      << "struct Load {\n  const float *x;\n  static constexpr bool plain = "
      << (taps.w % 2 ? "true" : "false") // both ways of staging get tested
      << ";\n  DEV const float *at(int image, int channel, int p) const {\n    return x + ((index_t)image * " << (scatter ? a : b)
      << " + channel) * " << in().volume()
      << " + p;\n  }\n  DEV float operator()(int image, int channel, int p) const { return *at(image, channel, p); }\n};\n}\n"
      << "extern \"C\" __global__ void __launch_bounds__(" << threads << ") " << name
      << "_kernel(const float *x, const float *w, float *y) {\n  using namespace " << name
      << ";\n  extern __shared__ float4 shared[];\n  float *pipe = (float *)shared;\n"
      << "  float *tile = " << (onTensorCores() ? "true" : "WindowShape<P, T, " + kind + ">::Resident") << " ? pipe : pipe + "
      << ceilDiv(pipeFloats(), 4) * 4 << ";\n"
      << (walkers ? "  tile = pipe + " + std::to_string(ceilDiv(pipeFloats(), 4) * 4) + ";\n  windowWalk<P, T, " + kind +
                        (packed ? ", true>" : ", false>") + "(tile, pipe, Load{x}, w, " + std::to_string(images * boxes()) +
                        ", [&](const WindowPlace<P, T, " + kind + "> &at) {\n"
                  : "  const WindowPlace<P, T, " + kind + "> at;\n  " + call() + "(tile, pipe, Load{x}, w, at);\n")
      << "  for (int i = threadIdx.x; i < at.channels * volume(T::box); i += " << threads - (walkers ? 64 : 0) << ") {\n"
      << "    const int c = i / volume(T::box), p = at.position(i % volume(T::box));\n"
      << "    if (p >= 0)\n      y[((index_t)at.image * " << (scatter ? b : a) << " + at.channel + c) * " << out().volume()
      << " + p] = tile[c * T::pitch + i % volume(T::box)];\n  }\n"
      << (walkers ? "  });\n" : "") << "}\n";
    return s.str();
  }
  std::string call() const {
    const std::string kind = scatter ? "true" : "false";
    return grouped           ? "windowTogether<P, T, " + kind + (packed ? ", true>" : ", false>")
           : onTensorCores() ? "windowTensor<P, T, " + kind + ">"
           : scatter         ? "scatter<P, T>"
                             : "gather<P, T>";
  }

  std::vector<Judged> expected(const std::vector<float> &x, const std::vector<float> &w) const {
    const int as = a / groups, bs = b / groups;
    std::vector<Judged> y((size_t)images * groups * written() * out().volume());
    for (int n = 0; n < images; n++)
      for (int g = 0; g < groups; g++)
        for (int a1 = 0; a1 < as; a1++)
          for (int b1 = 0; b1 < bs; b1++)
            for (int i = 0; i < small.volume(); i++)
              for (int t = 0; t < taps.volume(); t++) {
                const int ld = i / (small.h * small.w) * stride.d - padding.d + t / (taps.h * taps.w) * dilation.d;
                const int lh = i / small.w % small.h * stride.h - padding.h + t / taps.w % taps.h * dilation.h;
                const int lw = i % small.w * stride.w - padding.w + t % taps.w * dilation.w;
                if (ld < 0 || lh < 0 || lw < 0 || ld >= large.d || lh >= large.h || lw >= large.w)
                  continue;
                const size_t l = ((size_t)(n * b + g * bs + b1) * large.d + ld) * large.h * large.w + (size_t)lh * large.w + lw;
                const size_t s = (size_t)(n * a + g * as + a1) * small.volume() + i;
                y[scatter ? l : s].add(x[scatter ? s : l], w[((size_t)(g * as + a1) * bs + b1) * taps.volume() + t]);
              }
    return y;
  }

  /// Weights [A][B / G][taps] as [reduced / 4][taps][written][4], groups of a scatter one behind the other.
  std::vector<float> packedOrder(const std::vector<float> &w) const {
    std::vector<float> to(w.size());
    const int as = a, bs = b / groups, all = taps.volume();
    for (int a1 = 0; a1 < as; a1++)
      for (int b1 = 0; b1 < bs; b1++)
        for (int t = 0; t < all; t++) {
          const int reduction = scatter ? a1 : b1, column = scatter ? b1 : a1;
          to[(((size_t)(reduction / 4) * all + t) * (scatter ? bs : as) + column) * 4 + reduction % 4] =
              w[((size_t)a1 * bs + b1) * all + t];
        }
    return to;
  }

  void run(Kernels &kernels, bool infinite) const {
    std::vector<float> x = randomValues((size_t)images * (scatter ? a : b) * in().volume(), 1);
    if (infinite) // must reach the outputs that read it, and no others
      x.back() = x[in().volume() / 2] = std::numeric_limits<float>::infinity();
    const std::vector<float> w = randomValues((size_t)a * b / groups * taps.volume(), 2);
    const std::vector<Judged> want = expected(onTensorCores() ? roundedTo(factors, x) : x, onTensorCores() ? roundedTo(factors, w) : w);
    Array dx(x), dw(packed ? packedOrder(inTf32(w)) : w), dy(want.size());
    const unsigned y = groups * ceilDiv(written(), channels);
    kernels.launch(name + "_kernel", {(unsigned)(walkers ? walkers : images * boxes()), y, 1}, threads,
                   4 * (ceilDiv(pipeFloats(), 4) * 4 + tileFloats()), {dx.argument(), dw.argument(), dy.argument()});
    expectClose(dy.read(), want, (double)reduced() * taps.volume(), name);
  }
};

} // namespace fusion::prelude
