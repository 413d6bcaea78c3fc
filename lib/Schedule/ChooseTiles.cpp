// Picks tiles by counting instructions: what a block issues for staging, arithmetic and its epilogue, times blocks, over the device.
#include "fusion/Schedule/Tiles.h"
#include <algorithm>
#include <limits>
#include <numeric>

using namespace mlir;
using namespace fusion;

static int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
static int64_t volume(const Extents &e) { return e[0] * e[1] * e[2]; }
static int64_t images(const WindowProblem &p, int64_t batch) { return ShapedType::isDynamic(p.images) ? batch : p.images; }

/// Powers of two up to the first that reaches `extent`, none above `limit`.
static SmallVector<int64_t> extentsUpTo(int64_t extent, int64_t limit) {
  SmallVector<int64_t> all{1};
  while (all.back() < extent && all.back() * 2 <= limit)
    all.push_back(all.back() * 2);
  return all;
}

/// How far latency is hidden: issue slots fill at about 12 warps per multiprocessor, and whole waves of blocks waste nothing.
static double slowdown(double blocks, int64_t threads, int64_t sharedBytes, const DeviceSpec &spec) {
  int64_t resident = std::min({spec.sharedPerMultiprocessor / (sharedBytes + 1024), spec.threadsPerMultiprocessor / threads, int64_t(32)});
  if (resident == 0)
    return std::numeric_limits<double>::infinity();
  double warps = double(resident * threads) / 32, latency = std::max(1.0, 12 / warps); // register tiles keep many independent FMAs in flight
  double waves = blocks / double(resident * spec.multiprocessors);
  double tail = waves < 8 ? std::ceil(waves) / waves : 1;
  return latency * tail;
}

WindowTile fusion::chooseWindowTile(const WindowProblem &p, bool scatter, const DeviceSpec &spec, int64_t batch) {
  const Extents &out = scatter ? p.large : p.small;
  int64_t written = (scatter ? p.b : p.a) / p.groups, reduced = (scatter ? p.a : p.b) / p.groups;
  int64_t phases = scatter ? volume(p.stride) : 1;
  double tapsPerPhase = double(volume(p.taps)) / double(phases);
  WindowTile best;
  double least = std::numeric_limits<double>::infinity();
  for (int64_t d : extentsUpTo(out[0], 4))
    for (int64_t h : extentsUpTo(out[1], 16))
      for (int64_t w : extentsUpTo(out[2], 64))
        for (int64_t channels : {4, 8, 16, 32, 64})
          for (int64_t rows : {1, 2, 4, 8})
            for (int64_t cols : {4, 8, 16}) {
              WindowTile t;
              t.box = {d, h, w};
              t.channels = std::min(channels, ceilDiv(written, 4) * 4);
              t.rows = rows, t.cols = cols;
              if (channels > 4 && channels / 2 >= written)
                continue; // the smaller tile covers all channels already
              if (volume(t.box) > 2048 || rows * cols > 64 || cols > t.channels)
                continue;
              double positions = double(ceilDiv(ceilDiv(volume(t.box), phases), rows));
              double items = double(phases) * std::ceil(positions * double(ceilDiv(t.channels, cols)) / 32) * 32;
              t.threads = items <= 128 ? 128 : 256;
              for (int64_t slice : {1, 2, 3, 4, 8, 16}) {
                t.slice = std::min(slice, reduced);
                if (slice > 1 && slice / 2 >= reduced)
                  continue;
                int64_t shared = t.sharedBytes(p, scatter);
                if (shared > spec.sharedPerBlock || shared > 100 * 1024)
                  continue;
                double perThread = std::ceil(items / double(t.threads)), slices = double(ceilDiv(reduced, t.slice));
                // Per tap: the FMAs, one shared load per row, a quad of weights per four columns, and loop overhead.
                double arithmetic = perThread * double(reduced) * tapsPerPhase * double(rows * cols + rows + cols / 4 + 2);
                double staging = slices * (double(t.pipeFloats(p, scatter)) / double(t.threads) * 10 + 80 + (items > double(t.threads) ? 4 * rows * cols : 0));
                double epilogue = double(volume(t.box) * t.channels) / double(t.threads) * 24 + perThread * double(rows * cols) + 60;
                double blocks = double(images(p, batch) * t.boxes(p, scatter) * t.channelBlocks(p, scatter));
                double issue = blocks * (arithmetic + staging + epilogue) * double(t.threads) / 32;
                // Patches are read through L2: sectors beyond the box cost bandwidth there, and short rows waste parts of them.
                double halo = double(t.pipeFloats(p, scatter)) * slices * (w < 8 ? 2 : 1);
                double cost = (issue + blocks * halo / 8) * slowdown(blocks, t.threads, shared, spec);
                if (cost < least)
                  least = cost, best = t;
              }
            }
  return best;
}

WeightTile fusion::chooseWeightTile(const WindowProblem &p, const DeviceSpec &spec, int64_t batch) {
  int64_t groupA = p.a / p.groups, groupB = p.b / p.groups, taps = volume(p.taps);
  // Register tiles cover whole channels, or a slice of one channel's taps without a carry.
  SmallVector<int64_t> columns;
  for (int64_t n = 1; n * taps <= 32; ++n)
    columns.push_back(n * taps);
  if (taps > 12)
    for (int64_t n = 1; n <= taps; ++n) {
      int64_t w = p.taps[2], area = p.taps[1] * w;
      if ((n <= w && w % n == 0) || (n % w == 0 && n <= area && p.taps[1] % (n / w) == 0) || (n % area == 0 && p.taps[0] % (n / area) == 0))
        if (n <= 32)
          columns.push_back(n);
    }
  WeightTile best;
  double least = std::numeric_limits<double>::infinity();
  for (int64_t tq : columns)
    for (int64_t ta : {1, 2, 3, 4, 8})
      for (int64_t as : {1, 2, 3, 4, 8, 16, 32, 64})
        for (int64_t bs : {1, 2, 3, 4, 8, 16, 32})
          for (int64_t h : extentsUpTo(p.small[1], 8))
            for (int64_t w : {4, 8, 16, 32}) {
              WeightTile t;
              t.as = as, t.bs = bs, t.ta = ta, t.tq = tq;
              t.box = {1, h, w};
              bool whole = tq % taps == 0;
              if (as % ta != 0 || (as > 1 && as / 2 >= groupA) || (bs > 1 && bs / 2 >= groupB) || (whole && bs % (tq / taps) != 0) || ta * tq > 72 ||
                  (w > 4 && w / 2 >= p.small[2]))
                continue;
              int64_t tiles = as / ta * ceilDiv(bs * taps, tq);
              if (tiles > t.threads || as > t.threads)
                continue;
              int64_t shared = 4 * t.pipeFloats(p);
              if (shared > 96 * 1024 || shared > spec.sharedPerBlock)
                continue;
              double pixelGroups = double(t.threads / tiles), blocksOut = double(t.channelBlocks(p));
              double idle = double(t.threads) / (pixelGroups * double(tiles));
              double steps = double(images(p, batch) * t.boxes(p));
              double quads = std::ceil(double(volume(t.box)) / 4 / pixelGroups);
              double arithmetic = quads * (4.0 * double(ta * tq) + double(ta) + double(tq) * (p.stride[2] == 1 ? 2 : 4) + 12);
              double staging = double(t.pipeFloats(p)) / double(t.threads) * 12 + 100;
              double perStep = (arithmetic * idle + staging) * double(t.threads) / 32;
              int64_t resident = std::max<int64_t>(1, std::min(spec.sharedPerMultiprocessor / (shared + 1024), spec.threadsPerMultiprocessor / t.threads));
              double cost = steps * blocksOut * perStep * std::max(1.0, 24.0 / (double(resident) * 8));
              if (cost < least)
                least = cost, best = t;
            }
  // Enough splits to fill the device about twice, never more than there are steps.
  int64_t steps = std::max<int64_t>(1, images(p, batch) * best.boxes(p));
  best.splits = std::clamp<int64_t>(ceilDiv(2 * spec.multiprocessors, best.channelBlocks(p)), 1, std::min<int64_t>(steps, 1024));
  return best;
}

MatmulTile fusion::chooseMatmulTile(int64_t m, int64_t n, int64_t k, int64_t group, const DeviceSpec &spec) {
  MatmulTile best;
  double least = std::numeric_limits<double>::infinity();
  for (auto [tm, tn] : {std::pair<int64_t, int64_t>{8, 8}, {8, 4}, {4, 8}, {4, 4}}) {
    MatmulTile t;
    t.tm = tm, t.tn = tn;
    t.rows = 16 * tm, t.cols = 16 * tn;
    if (group > t.cols)
      continue;
    t.step = group > 0 ? t.cols / group * group : t.cols;
    double blocks = double(ceilDiv(m, t.rows) * ceilDiv(n, t.step));
    // Per k: the FMAs and the quads of both operands; a block's step brings rows + cols columns of operands.
    double perK = double(tm * tn) + double(tm + tn) / 4 + double(t.rows + t.cols) / double(t.threads) * 6;
    double issue = blocks * (perK * double(k) + double(t.rows * t.cols) / double(t.threads) * 30) * double(t.threads) / 32;
    double cost = issue * slowdown(blocks, t.threads, t.sharedBytes(), spec);
    if (cost < least)
      least = cost, best = t;
  }
  return best;
}

ChannelTile fusion::chooseChannelTile(int64_t channels, int64_t positions, const DeviceSpec &) {
  ChannelTile t;
  // Each warp takes a channel; long channels are cut so that a warp has about a thousand positions.
  t.channels = std::min<int64_t>(8, channels);
  while (t.positions / 2 >= positions && t.positions > 32)
    t.positions /= 2;
  return t;
}

RowTile fusion::chooseRowTile(int64_t batch, int64_t features, int64_t group, const DeviceSpec &spec) {
  RowTile t;
  t.width = group > 0 ? group : std::min<int64_t>(128, ceilDiv(features, 32) * 32);
  int64_t chunks = ceilDiv(features, t.width);
  // Fewer, longer row tiles leave fewer partials; enough of them must remain to fill the device.
  while (t.rows > 8 && ceilDiv(batch, t.rows) * chunks < 4 * spec.multiprocessors)
    t.rows /= 2;
  return t;
}
