// gather and scatter against plain loops over many geometries, tiles and group counts.
#include "WindowCase.h"
#include <cstring>
#include <limits>
#include <set>

namespace fusion::prelude {
namespace {

/// A gather: S follows from L. A scatter: L follows from S and the output padding.
WindowCase gatherCase(std::string name, int images, int a, int b, int groups, Extents large, Extents taps, Extents stride, Extents padding,
                      Extents dilation) {
  WindowCase c{std::move(name), false, images, a, b, groups, {}, large, taps, stride, padding, dilation, {}, 0, 0, 0, 0, 0};
  auto extent = [](int l, int k, int s, int p, int d) { return (l + 2 * p - d * (k - 1) - 1) / s + 1; };
  c.small = {extent(large.d, taps.d, stride.d, padding.d, dilation.d), extent(large.h, taps.h, stride.h, padding.h, dilation.h),
             extent(large.w, taps.w, stride.w, padding.w, dilation.w)};
  return c;
}
WindowCase scatterCase(std::string name, int images, int a, int b, int groups, Extents small, Extents taps, Extents stride, Extents padding,
                       Extents dilation, Extents extra) {
  WindowCase c{std::move(name), true, images, a, b, groups, small, {}, taps, stride, padding, dilation, {}, 0, 0, 0, 0, 0};
  auto extent = [](int i, int k, int s, int p, int d, int e) { return (i - 1) * s - 2 * p + d * (k - 1) + 1 + e; };
  c.large = {extent(small.d, taps.d, stride.d, padding.d, dilation.d, extra.d),
             extent(small.h, taps.h, stride.h, padding.h, dilation.h, extra.h),
             extent(small.w, taps.w, stride.w, padding.w, dilation.w, extra.w)};
  return c;
}
WindowCase tiled(WindowCase c, Extents box, int channels, int slice, int rows, int cols, int threads, int extraPitch = 0) {
  c.box = box, c.channels = channels, c.slice = slice, c.rows = rows, c.cols = cols, c.threads = threads, c.extraPitch = extraPitch;
  return c;
}

void runAll(const std::string &name, const std::vector<WindowCase> &cases) {
  std::string source = preludeText({"base", "aligned", "copies", "patch", "window", "mma", "half", "wgmma", "tensor-window",
                                    "together-shape", "window-together", "part", "window-walk"});
  std::set<std::string> products;
  for (const WindowCase &c : cases)
    if (c.grouped && products.insert(c.factors + std::to_string(c.warpChannels)).second)
      source += warpgroupText(c.warpChannels, c.factors);
  for (const WindowCase &c : cases)
    source += c.source();
  Kernels kernels(name, source);
  for (const WindowCase &c : cases) {
    c.run(kernels, false);
    if (c.out().volume() > 9)
      c.run(kernels, true);
  }
}

const Extents one{1, 1, 1}, zero{0, 0, 0};

TEST(Window, Gather) {
  const Extents k33{1, 3, 3}, p11{0, 1, 1};
  runAll("gather.cu",
         {
             tiled(gatherCase("few_to_many", 2, 20, 3, 1, {1, 19, 41}, k33, one, zero, one), {1, 8, 32}, 16, 3, 8, 8, 64),
             tiled(gatherCase("slices", 2, 9, 10, 1, {1, 11, 17}, k33, one, p11, one), {1, 8, 16}, 8, 4, 4, 4, 64),
             tiled(gatherCase("slices_spill_to_tile", 1, 9, 10, 1, {1, 11, 17}, k33, one, p11, one), {1, 8, 16}, 16, 4, 4, 4, 32, 1),
             tiled(gatherCase("stride_two", 3, 6, 5, 1, {1, 15, 23}, k33, {1, 2, 2}, p11, one), {1, 4, 8}, 6, 2, 4, 3, 32),
             tiled(gatherCase("stride_three", 1, 5, 4, 1, {1, 20, 20}, k33, {1, 3, 3}, p11, one), {1, 4, 8}, 4, 4, 2, 4, 32),
             tiled(gatherCase("dilated", 1, 4, 4, 1, {1, 17, 19}, k33, one, {0, 2, 3}, {1, 2, 3}), {1, 4, 16}, 4, 3, 4, 4, 32),
             tiled(gatherCase("dilated_stride", 1, 4, 4, 1, {1, 17, 19}, {1, 3, 2}, {1, 3, 2}, {0, 2, 1}, {1, 2, 3}), {1, 4, 4}, 4, 4, 2, 2,
                   32),
             tiled(gatherCase("grouped", 2, 12, 8, 4, {1, 9, 9}, k33, one, p11, one), {1, 4, 16}, 2, 2, 4, 2, 32),
             tiled(gatherCase("depthwise", 2, 7, 7, 7, {1, 9, 13}, k33, one, p11, one), {1, 8, 16}, 1, 1, 8, 1, 32),
             tiled(gatherCase("depth_multiplier", 1, 6, 3, 3, {1, 9, 13}, k33, {1, 2, 1}, p11, one), {1, 4, 8}, 2, 1, 4, 2, 32),
             tiled(gatherCase("one_d", 2, 5, 6, 1, {1, 1, 77}, {1, 1, 5}, one, {0, 0, 2}, one), {1, 1, 64}, 4, 4, 4, 4, 32),
             tiled(gatherCase("three_d", 1, 3, 4, 1, {7, 9, 11}, {3, 3, 3}, {2, 2, 2}, one, one), {2, 4, 8}, 3, 4, 8, 3, 32),
             tiled(gatherCase("three_d_plain", 2, 5, 2, 1, {5, 6, 7}, {2, 3, 1}, one, {1, 0, 0}, one), {4, 4, 4}, 8, 2, 8, 8, 32),
         });
}

TEST(Window, GatherSizes) {
  const Extents k33{1, 3, 3}, p11{0, 1, 1};
  std::vector<WindowCase> cases;
  for (int size : {1, 7, 8, 9, 13}) // one, tile - 1, tile, tile + 1, prime
    cases.push_back(
        tiled(gatherCase("square_" + std::to_string(size), 1, 5, 3, 1, {1, size, size}, k33, one, p11, one), {1, 8, 8}, 4, 2, 4, 4, 32));
  cases.push_back(tiled(gatherCase("pointwise", 2, 17, 13, 1, {1, 5, 37}, one, one, zero, one), {1, 2, 32}, 16, 8, 2, 8, 64));
  cases.push_back(tiled(gatherCase("tall_taps", 1, 3, 2, 1, {1, 23, 9}, {1, 11, 2}, one, {0, 5, 0}, one), {1, 8, 8}, 3, 2, 8, 3, 32));
  cases.push_back(tiled(gatherCase("odd_rows", 1, 3, 2, 1, {1, 9, 9}, k33, one, zero, one), {1, 7, 7}, 3, 2, 6, 2, 32));
  cases.push_back(tiled(gatherCase("flat_h", 2, 3, 2, 1, {1, 1, 9}, k33, one, p11, one), {1, 8, 8}, 3, 2, 8, 3, 32));
  cases.push_back(tiled(gatherCase("flat_w", 2, 3, 2, 1, {1, 9, 1}, k33, one, p11, one), {1, 8, 8}, 3, 2, 8, 3, 32));
  runAll("gather-sizes.cu", cases);
}

TEST(Window, Scatter) {
  const Extents k33{1, 3, 3}, p11{0, 1, 1}, two{2, 2, 2};
  runAll(
      "scatter.cu",
      {
          tiled(scatterCase("plain", 2, 10, 8, 1, {1, 11, 33}, k33, one, zero, one, zero), {1, 8, 32}, 8, 4, 8, 8, 32),
          tiled(scatterCase("padded", 1, 10, 3, 1, {1, 11, 17}, k33, one, p11, one, zero), {1, 8, 16}, 3, 4, 4, 3, 32),
          tiled(scatterCase("three_d", 2, 3, 16, 1, {3, 5, 6}, {3, 3, 3}, two, one, one, zero), {2, 8, 16}, 16, 3, 4, 8, 64),
          tiled(scatterCase("three_d_slices", 1, 5, 6, 1, {3, 4, 5}, {3, 3, 3}, two, one, one, one), {2, 4, 8}, 4, 2, 2, 4, 64),
          tiled(scatterCase("odd_box", 1, 3, 6, 1, {1, 9, 10}, k33, {1, 2, 2}, p11, one, {0, 1, 1}), {1, 7, 11}, 4, 2, 4, 2, 32),
          tiled(scatterCase("stride_three", 1, 3, 4, 1, {1, 5, 7}, {1, 3, 4}, {1, 3, 3}, zero, one, {0, 2, 1}), {1, 6, 12}, 4, 3, 2, 4, 32),
          tiled(scatterCase("gaps", 1, 2, 3, 1, {1, 5, 7}, {1, 2, 1}, {1, 3, 3}, zero, one, {0, 2, 2}), {1, 8, 16}, 3, 2, 2, 3, 32),
          tiled(scatterCase("dilated", 1, 3, 4, 1, {1, 6, 7}, k33, {1, 2, 2}, p11, {1, 2, 3}, zero), {1, 8, 8}, 4, 3, 2, 4, 32),
          tiled(scatterCase("dilated_common", 1, 3, 4, 1, {1, 6, 7}, {1, 3, 2}, {1, 4, 4}, zero, {1, 6, 2}, {0, 3, 0}), {1, 8, 16}, 4, 3, 2,
                4, 32),
          tiled(scatterCase("dilated_plain", 1, 3, 4, 1, {1, 9, 8}, k33, one, {0, 2, 2}, {1, 2, 2}, zero), {1, 8, 8}, 4, 3, 4, 4, 32),
          tiled(scatterCase("grouped", 2, 8, 12, 4, {1, 5, 5}, k33, {1, 2, 2}, p11, one, zero), {1, 4, 16}, 2, 2, 2, 2, 32),
          tiled(scatterCase("depthwise", 2, 5, 5, 5, {1, 6, 7}, k33, {1, 2, 1}, p11, one, zero), {1, 8, 8}, 1, 1, 4, 1, 32),
          tiled(scatterCase("thin_box", 2, 3, 16, 1, {3, 5, 9}, {3, 3, 3}, two, one, one, zero), {1, 4, 18}, 16, 3, 4, 8, 64, 2),
          tiled(scatterCase("thin_unpaired", 1, 3, 5, 1, {4, 4, 4}, {3, 4, 3}, two, one, one, one), {1, 1, 3}, 5, 2, 2, 5, 32),
          tiled(scatterCase("threes", 1, 4, 5, 1, {1, 5, 7}, {1, 3, 5}, {1, 2, 3}, {0, 1, 2}, one, {0, 1, 2}), {1, 4, 12}, 4, 2, 6, 4, 32),
          tiled(scatterCase("whole_odd_row", 1, 4, 5, 1, {1, 5, 7}, k33, {1, 2, 2}, p11, one, zero), {1, 4, 13}, 5, 2, 4, 5, 32),
          tiled(scatterCase("paired_dilated", 1, 3, 4, 1, {1, 6, 7}, {1, 3, 4}, {1, 2, 4}, {0, 1, 3}, {1, 3, 2}, {0, 1, 3}), {1, 4, 16}, 4,
                3, 8, 4, 32),
          tiled(scatterCase("one_d", 3, 4, 5, 1, {1, 1, 23}, {1, 1, 4}, {1, 1, 2}, {0, 0, 1}, one, zero), {1, 1, 32}, 5, 2, 4, 5, 32),
      });
}

TEST(Window, ScatterSizes) {
  std::vector<WindowCase> cases;
  for (int size : {1, 4, 5, 7})
    cases.push_back(
        tiled(scatterCase("square_" + std::to_string(size), 1, 3, 5, 1, {1, size, size}, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}, one, zero),
              {1, 8, 8}, 4, 2, 2, 4, 32));
  cases.push_back(
      tiled(scatterCase("tall_taps", 1, 3, 2, 1, {1, 9, 5}, {1, 19, 2}, {1, 2, 1}, {0, 3, 0}, one, zero), {1, 8, 8}, 2, 2, 4, 2, 32));
  cases.push_back(
      tiled(scatterCase("flat", 2, 3, 2, 1, {1, 1, 6}, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}, one, zero), {1, 8, 16}, 2, 2, 4, 2, 32));
  runAll("scatter-sizes.cu", cases);
}

/// A tile on tensor cores; as many threads as its shares ask for.
WindowCase onTensorCores(WindowCase c, Extents box, int channels, int slice, int warpPlaces, int warpChannels, int extraPitch = 0) {
  c = tiled(std::move(c), box, channels, slice, 1, 1, 0, extraPitch);
  c.name = "tensor_" + c.name, c.warpPlaces = warpPlaces, c.warpChannels = warpChannels;
  auto cover = [&](int extent, int stride) { return WindowCase::ceilDiv(extent, c.scatter ? stride : 1); };
  const int places = cover(box.d, c.stride.d) * cover(box.h, c.stride.h) * cover(box.w, c.stride.w);
  c.threads = 32 * WindowCase::ceilDiv(places, warpPlaces) * WindowCase::ceilDiv(channels, warpChannels);
  return c;
}

/// The same of warpgroups, each with `tiles` tiles of 64 places of every phase.
WindowCase together(WindowCase c, Extents box, int channels, int slice, int tiles, int warpChannels, int extraPitch = 0) {
  c = tiled(std::move(c), box, channels, slice, 1, 1, 0, extraPitch);
  c.name += "_together", c.grouped = true, c.warpPlaces = 16 * tiles, c.warpChannels = warpChannels;
  c.threads = 128 * WindowCase::ceilDiv(c.togetherSizes().tiles, tiles) * WindowCase::ceilDiv(channels, warpChannels) + 64;
  return c;
}

/// With weights of so many taps staged at a time.
WindowCase sliced(WindowCase c, int tapSlice) {
  c.tapSlice = tapSlice;
  return c;
}

/// The cases in every format; words of two channels ask for an even slice, and steps of warpgroups for twice the channels.
std::vector<WindowCase> inAllFormats(const std::vector<WindowCase> &cases) {
  std::vector<WindowCase> all;
  for (const char *factors : factorFormats)
    for (WindowCase c : cases) {
      c.factors = factors, c.name += std::string("_") + factors;
      if (factors != factorFormats[0])
        c.slice += c.grouped ? c.slice : c.slice % 2;
      all.push_back(c);
      if (c.grouped && c.factors == factorFormats[0] && c.reduced() % 4 == 0) {
        c.packed = true, c.name += "_packed";
        all.push_back(c);
      }
      if (c.grouped && c.factors != factorFormats[1]) { // blocks that have boxes to the last, or none
        c.walkers = std::min(3, c.images * c.boxes()), c.name += "_walk";
        all.push_back(c);
      }
    }
  return all;
}

TEST(Window, TensorGather) {
  const Extents k33{1, 3, 3}, p11{0, 1, 1};
  std::vector<WindowCase> cases = {
      onTensorCores(gatherCase("few_to_many", 2, 20, 3, 1, {1, 19, 41}, k33, one, zero, one), {1, 8, 32}, 20, 3, 64, 24),
      onTensorCores(gatherCase("slices", 2, 9, 12, 1, {1, 11, 17}, k33, one, p11, one), {1, 8, 16}, 9, 8, 32, 16),
      onTensorCores(gatherCase("two_blocks_of_channels", 1, 24, 8, 1, {1, 5, 19}, k33, one, p11, one), {1, 4, 16}, 16, 8, 32, 8, 4),
      onTensorCores(gatherCase("odd_slice", 1, 8, 10, 1, {1, 7, 17}, k33, one, p11, one), {1, 4, 16}, 8, 5, 32, 8),
      onTensorCores(gatherCase("stride_two", 3, 6, 8, 1, {1, 15, 23}, k33, {1, 2, 2}, p11, one), {1, 4, 8}, 6, 8, 16, 8),
      onTensorCores(gatherCase("stride_three", 1, 5, 4, 1, {1, 20, 20}, {1, 4, 4}, {1, 3, 3}, p11, one), {1, 4, 8}, 5, 4, 32, 8),
      onTensorCores(gatherCase("dilated_stride", 1, 4, 8, 1, {1, 17, 19}, {1, 3, 2}, {1, 3, 2}, {0, 2, 1}, {1, 2, 3}), {1, 4, 4}, 4, 8, 16,
                    8),
      onTensorCores(gatherCase("grouped", 2, 12, 16, 2, {1, 9, 9}, k33, one, p11, one), {1, 4, 16}, 6, 8, 32, 8),
      onTensorCores(gatherCase("pointwise", 2, 17, 13, 1, {1, 5, 37}, one, one, zero, one), {1, 2, 32}, 17, 13, 32, 24),
      onTensorCores(gatherCase("one_d", 2, 5, 6, 1, {1, 1, 77}, {1, 1, 5}, one, {0, 0, 2}, one), {1, 1, 64}, 5, 6, 32, 8),
      onTensorCores(gatherCase("three_d", 1, 3, 8, 1, {7, 9, 11}, {3, 3, 3}, {2, 2, 2}, one, one), {2, 4, 8}, 3, 8, 32, 8),
      onTensorCores(gatherCase("odd_box", 1, 3, 2, 1, {1, 9, 9}, k33, one, zero, one), {1, 7, 7}, 3, 2, 64, 8, 3),
      onTensorCores(gatherCase("sixteen_taps", 1, 8, 8, 1, {1, 9, 9}, {1, 4, 4}, one, p11, one), {1, 4, 8}, 8, 8, 32, 8),
  };
  for (int size : {1, 7, 8, 9, 13})
    cases.push_back(onTensorCores(gatherCase("square_" + std::to_string(size), 1, 5, 3, 1, {1, size, size}, k33, one, p11, one), {1, 8, 8},
                                  5, 3, 32, 8));
  runAll("tensor-gather.cu", inAllFormats(cases));
}

TEST(Window, TensorScatter) {
  const Extents k33{1, 3, 3}, p11{0, 1, 1}, two{2, 2, 2};
  runAll(
      "tensor-scatter.cu",
      inAllFormats({
          onTensorCores(scatterCase("plain", 2, 16, 8, 1, {1, 11, 33}, k33, one, zero, one, zero), {1, 8, 32}, 8, 8, 64, 8),
          onTensorCores(scatterCase("padded", 1, 10, 3, 1, {1, 11, 17}, k33, one, p11, one, zero), {1, 8, 16}, 3, 5, 32, 8),
          onTensorCores(scatterCase("three_d", 2, 3, 16, 1, {3, 5, 6}, {3, 3, 3}, two, one, one, zero), {2, 8, 16}, 16, 3, 32, 16),
          onTensorCores(scatterCase("odd_box", 1, 3, 6, 1, {1, 9, 10}, k33, {1, 2, 2}, p11, one, {0, 1, 1}), {1, 7, 11}, 6, 3, 32, 8),
          onTensorCores(scatterCase("stride_three", 1, 8, 4, 1, {1, 5, 7}, {1, 3, 4}, {1, 3, 3}, zero, one, {0, 2, 1}), {1, 6, 12}, 4, 8,
                        16, 8),
          onTensorCores(scatterCase("gaps", 1, 2, 3, 1, {1, 5, 7}, {1, 2, 1}, {1, 3, 3}, zero, one, {0, 2, 2}), {1, 8, 16}, 3, 2, 32, 8),
          onTensorCores(scatterCase("dilated", 1, 3, 4, 1, {1, 6, 7}, k33, {1, 2, 2}, p11, {1, 2, 3}, zero), {1, 8, 8}, 4, 3, 16, 8),
          onTensorCores(scatterCase("dilated_common", 1, 3, 4, 1, {1, 6, 7}, {1, 3, 2}, {1, 4, 4}, zero, {1, 6, 2}, {0, 3, 0}), {1, 8, 16},
                        4, 3, 16, 8),
          onTensorCores(scatterCase("grouped", 2, 16, 16, 2, {1, 5, 5}, k33, {1, 2, 2}, p11, one, zero), {1, 4, 16}, 8, 8, 16, 8),
          onTensorCores(scatterCase("sixteen_taps", 2, 9, 12, 1, {1, 5, 9}, {1, 4, 4}, {1, 2, 2}, p11, one, zero), {1, 4, 16}, 12, 4, 16,
                        16),
          onTensorCores(scatterCase("eight_taps", 1, 8, 6, 1, {3, 3, 5}, two, two, zero, one, zero), {2, 4, 8}, 6, 8, 16, 8),
          onTensorCores(scatterCase("less_than_a_slice", 1, 5, 8, 1, {1, 5, 9}, k33, one, p11, one, zero), {1, 4, 8}, 8, 16, 16, 8),
          onTensorCores(scatterCase("thin", 1, 3, 5, 1, {4, 4, 4}, {3, 4, 3}, two, one, one, one), {1, 1, 3}, 5, 2, 16, 8),
          onTensorCores(scatterCase("one_d", 3, 4, 5, 1, {1, 1, 23}, {1, 1, 4}, {1, 1, 2}, {0, 0, 1}, one, zero), {1, 1, 32}, 5, 4, 16, 8),
      }));
}

TEST(Window, PacksWeights) {
  const Extents k32{1, 3, 2};
  WindowCase gather = gatherCase("gather", 1, 7, 12, 1, {1, 9, 9}, k32, one, zero, one);
  WindowCase scatter = scatterCase("scatter", 1, 8, 10, 2, {1, 9, 9}, k32, one, zero, one, zero);
  Kernels kernels("pack.cu", preludeText({"base", "aligned", "wgmma", "pack"}) + R"(
extern "C" __global__ void gather(float *to, const float *w) { packWeights<7, 12, 6, false>(to, w); }
extern "C" __global__ void scatter(float *to, const float *w) { packWeights<8, 5, 6, true>(to, w); }
)");
  for (const WindowCase &c : {gather, scatter}) {
    std::vector<float> w = randomValues((size_t)c.a * c.b / c.groups * c.taps.volume(), 3);
    w[1] = std::numeric_limits<float>::infinity();
    Array to(w.size()), from(w);
    kernels.launch(c.name, {(unsigned)(w.size() / 4 + 63) / 64, 1, 1}, 64, 0, {to.argument(), from.argument()});
    const std::vector<float> packed = to.read(), want = c.packedOrder(inTf32(w));
    for (size_t i = 0; i < w.size(); i++) { // what is behind a factor's 19 bits is not read
      unsigned got, expected;
      memcpy(&got, &packed[i], 4), memcpy(&expected, &want[i], 4);
      EXPECT_EQ(got >> 13, expected >> 13) << c.name << " " << i;
    }
  }
}

TEST(Window, GatherTogether) {
  const Extents k33{1, 3, 3}, p11{0, 1, 1}, k55{1, 5, 5};
  runAll("gather-together.cu",
         inAllFormats({
             together(gatherCase("few", 2, 20, 3, 1, {1, 19, 41}, k33, one, zero, one), {1, 8, 32}, 20, 8, 2, 24),
             together(gatherCase("slices", 2, 9, 40, 1, {1, 11, 16}, k33, one, p11, one), {1, 8, 16}, 9, 8, 1, 16),
             together(gatherCase("two_of_channels", 1, 32, 8, 1, {1, 5, 20}, k33, one, p11, one), {1, 4, 20}, 32, 8, 2, 16, 4),
             together(gatherCase("two_blocks", 1, 24, 16, 1, {1, 5, 20}, k33, one, p11, one), {1, 4, 32}, 16, 16, 3, 16),
             together(gatherCase("stride_two", 3, 6, 8, 1, {1, 15, 24}, k33, {1, 2, 2}, p11, one), {1, 8, 8}, 6, 8, 1, 8),
             together(gatherCase("stride_three", 1, 8, 12, 1, {1, 22, 25}, {1, 4, 2}, {1, 3, 3}, p11, one), {1, 8, 9}, 8, 8, 1, 8),
             together(gatherCase("strided_dilated", 1, 8, 9, 1, {1, 22, 25}, k33, {1, 2, 3}, {0, 2, 2}, {1, 3, 2}), {1, 6, 8}, 8, 8, 1, 8),
             together(gatherCase("dilated", 1, 8, 16, 1, {1, 17, 20}, k33, one, {0, 2, 2}, {1, 2, 2}), {1, 8, 16}, 8, 16, 2, 8),
             together(gatherCase("grouped", 2, 16, 16, 2, {1, 9, 12}, k33, one, p11, one), {1, 8, 12}, 8, 8, 2, 8),
             together(gatherCase("pointwise", 2, 17, 24, 1, {1, 5, 36}, one, one, zero, one), {1, 2, 36}, 17, 16, 1, 24),
             together(gatherCase("pointwise_strided", 2, 17, 24, 1, {1, 9, 36}, one, {1, 2, 2}, zero, one), {1, 5, 18}, 17, 8, 1, 24),
             together(gatherCase("one_d", 2, 5, 6, 1, {1, 1, 76}, {1, 1, 5}, one, {0, 0, 2}, one), {1, 1, 64}, 5, 8, 1, 8),
             together(gatherCase("three_d", 1, 8, 8, 1, {5, 6, 12}, {3, 3, 3}, one, one, one), {2, 6, 12}, 8, 8, 2, 8),
             together(gatherCase("three_d_strided", 1, 8, 8, 1, {7, 9, 11}, {3, 3, 3}, {2, 2, 2}, one, one), {2, 5, 6}, 8, 8, 1, 8),
             together(gatherCase("wide_taps", 1, 8, 8, 1, {1, 9, 24}, k55, one, {0, 2, 2}, one), {1, 9, 24}, 8, 8, 2, 8),
             sliced(together(gatherCase("tap_slices", 1, 8, 24, 1, {1, 9, 24}, k55, one, {0, 2, 2}, one), {1, 9, 24}, 8, 8, 2, 8), 9),
             sliced(together(gatherCase("tap_slices_of_one_channel_slice", 2, 17, 8, 1, {3, 5, 12}, {3, 3, 3}, {1, 2, 2}, one, one),
                             {2, 4, 6}, 17, 8, 1, 24),
                    10),
             together(gatherCase("odd_box", 1, 3, 2, 1, {1, 9, 9}, k33, one, zero, one), {1, 7, 9}, 3, 8, 1, 8, 3),
             together(gatherCase("square_1", 1, 5, 3, 1, {1, 1, 1}, k33, one, p11, one), {1, 8, 8}, 5, 8, 1, 8),
             together(gatherCase("square_13", 1, 5, 3, 1, {1, 13, 13}, k33, one, p11, one), {1, 13, 13}, 5, 8, 1, 8),
         }));
}

TEST(Window, ScatterTogether) {
  const Extents k33{1, 3, 3}, p11{0, 1, 1}, two{2, 2, 2}, k44{1, 4, 4}, k55{1, 5, 5};
  runAll(
      "scatter-together.cu",
      inAllFormats({
          together(scatterCase("plain", 2, 16, 8, 1, {1, 11, 32}, k33, one, zero, one, zero), {1, 8, 32}, 8, 8, 4, 8),
          sliced(together(scatterCase("tap_slices", 1, 24, 8, 1, {1, 9, 20}, k55, one, {0, 2, 2}, one, zero), {1, 9, 20}, 8, 16, 2, 8), 10),
          together(scatterCase("padded", 1, 10, 3, 1, {1, 11, 17}, k33, one, p11, one, zero), {1, 8, 16}, 3, 8, 2, 8),
          together(scatterCase("two_of_channels", 1, 40, 32, 1, {1, 5, 20}, k33, one, p11, one, zero), {1, 5, 20}, 32, 16, 1, 16),
          together(scatterCase("stride_two", 2, 16, 16, 1, {1, 5, 12}, k44, {1, 2, 2}, p11, one, zero), {1, 8, 32}, 16, 8, 1, 16),
          together(scatterCase("uneven", 1, 12, 16, 1, {1, 5, 9}, k33, {1, 2, 2}, p11, one, {0, 1, 1}), {1, 10, 18}, 16, 8, 1, 16),
          together(scatterCase("three_d", 1, 8, 16, 1, {3, 4, 9}, {3, 3, 3}, two, one, one, zero), {2, 7, 17}, 16, 8, 1, 8),
          together(scatterCase("one_phase_deep", 1, 8, 16, 1, {3, 4, 9}, {3, 3, 3}, two, one, one, zero), {1, 8, 18}, 16, 8, 1, 16),
          together(scatterCase("stride_three", 1, 8, 4, 1, {1, 5, 7}, {1, 3, 4}, {1, 3, 3}, zero, one, {0, 2, 1}), {1, 15, 22}, 4, 8, 1, 8),
          together(scatterCase("gaps", 1, 2, 3, 1, {1, 5, 7}, {1, 2, 1}, {1, 3, 3}, zero, one, {0, 2, 2}), {1, 12, 48}, 3, 8, 2, 8),
          together(scatterCase("dilated_common", 1, 4, 4, 1, {1, 6, 7}, {1, 3, 2}, {1, 4, 4}, zero, {1, 6, 2}, {0, 3, 0}), {1, 16, 28}, 4,
                   8, 1, 8),
          together(scatterCase("dilated_phases", 1, 8, 8, 1, {1, 6, 8}, k33, {1, 2, 2}, p11, {1, 2, 2}, zero), {1, 12, 16}, 8, 8, 1, 8),
          together(scatterCase("odd_box", 1, 6, 3, 1, {1, 9, 10}, k33, {1, 2, 2}, p11, one, {0, 1, 1}), {1, 7, 11}, 3, 8, 1, 8),
          together(scatterCase("grouped", 2, 16, 16, 2, {1, 5, 8}, k33, {1, 2, 2}, p11, one, zero), {1, 10, 16}, 8, 8, 1, 8),
          together(scatterCase("one_d", 3, 4, 5, 1, {1, 1, 40}, {1, 1, 4}, {1, 1, 2}, {0, 0, 1}, one, zero), {1, 1, 80}, 5, 8, 1, 8),
      }));
}

} // namespace
} // namespace fusion::prelude
