// The order of a matrix product's tiles: how often it makes the product read its operands from memory, and the band that reads least.
#include "TileCost.h"
#include <algorithm>
#include <limits>

using namespace mlir;
using namespace fusion;

MatmulReads fusion::matmulReads(int64_t m, int64_t n, int64_t k, const MatmulTile &t, const ElementWork &work, const DeviceSpec &spec) {
  double left = 4 * work.loads[0] * double(m) * double(k), right = 4 * work.loads[1] * double(n) * double(k);
  double l2 = double(spec.l2Bytes);
  int64_t tileRows = ceilDiv(m, t.rows), tileColumns = ceilDiv(n, t.step), together = t.resident * spec.multiprocessors;
  int64_t height = std::max<int64_t>(1, t.band ? std::min(t.band, tileRows) : tileRows);
  int64_t width = std::clamp<int64_t>(together / height, 1, std::max<int64_t>(1, tileColumns));
  // Between two uses of a band's rows lie its own rows and the columns that run together; results pass through L2 too, hence half of it.
  double band = std::min(left, left / double(m) * double(height * t.rows)),
         strip = std::min(right, right / double(n) * double(width * t.step));
  MatmulReads reads;
  if (left > l2 && 2 * (band + strip) > l2)
    reads.left = ceilDiv(tileColumns, width);
  if (right > l2)
    reads.right = ceilDiv(tileRows, height);
  reads.extraBytes = left * double(reads.left - 1) + right * double(reads.right - 1);
  return reads;
}

int64_t fusion::chooseMatmulBand(int64_t m, int64_t n, int64_t k, MatmulTile tile, const ElementWork &work, const DeviceSpec &spec) {
  int64_t tileRows = ceilDiv(m, tile.rows), best = 0;
  if (tileRows * ceilDiv(n, tile.step) > std::numeric_limits<int32_t>::max()) // blocks of bands are numbered in 31 bits
    return 0;
  tile.band = 0;
  double least = matmulReads(m, n, k, tile, work, spec).extraBytes;
  for (int64_t band = std::min(tileRows - 1, tile.resident * spec.multiprocessors); band > 0 && least > 0; --band) {
    tile.band = band;
    double bytes = matmulReads(m, n, k, tile, work, spec).extraBytes;
    if (bytes < least)
      least = bytes, best = band;
  }
  return best;
}
