// Tiles of elementwise kernels.
#include "TileCost.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace fusion;

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

SweepTile fusion::chooseSweepTile(const Run &run, int64_t images, const DeviceSpec &spec) {
  SweepTile t;
  int64_t results = run.inner * (run.perImage ? images * run.outer : 1), reduced = run.perImage ? run.reduced : run.reduced * images;
  t.alongReduced = run.inner == 1;
  if (t.alongReduced) {
    // A warp per run while runs are short or warps are plenty, else a block.
    bool block = reduced > 4096 || (reduced >= 512 && results < 8 * spec.multiprocessors);
    t.lanes = block ? t.threads : 32;
    return t;
  }
  // Neighbouring results lie side by side in memory. The fewer there are, the more threads share a run.
  while (t.lanes < t.threads && (results >= 4 * t.lanes * 4 * spec.multiprocessors || reduced * 2 * t.lanes <= 4 * t.threads))
    t.lanes *= 2;
  return t;
}
