// wgmma: products of four warps that run behind their backs. Each warp's part is issued, committed and completed on its own.
#include "Checker.h"
#include "Rounding.h"
#include "Scheduler.h"
#include <cstring>

namespace fusion::host {
namespace {
/// The 16 bytes of row n of A, or of column n of B, that start at k-brick 0 or 1.
const char *brickRow(const hc_wgmma_bricks &of, unsigned n, unsigned brick) {
  return of.at + size_t(n / 8) * of.nextRows + n % 8 * 16 + size_t(brick) * of.nextK;
}

/// The warp's reads of shared memory, for the checker: once when the products begin, once when they are certain to have ended.
void observe(Block &block, unsigned w, const WarpProduct &product, void *pc) {
  Checker *checker = block.launch->checker;
  if (!checker)
    return;
  const hc_wgmma_slot &slot = product.of[0];
  auto read = [&](const hc_wgmma_bricks &of, unsigned first, unsigned count) {
    for (unsigned n = first; n < first + count; ++n)
      for (unsigned brick = 0; brick < 2; ++brick)
        checker->access(block.threads[w * 32 + n % 32], brickRow(of, n, brick), 16, AccessKind::Read, pc);
  };
  if (slot.left.at)
    read(slot.left, w % 4 * 16, 16);
  read(slot.right, 0, slot.columns);
}

/// Words of k that a row's bricks hold, as factors; `Per` of them in a word of 32 bits.
template <int Per, class Convert> void factorsOf(const hc_wgmma_bricks &of, unsigned row, float (&to)[8 * Per], Convert convert) {
  for (unsigned word = 0; word < 8; ++word) {
    uint32_t bits;
    memcpy(&bits, brickRow(of, row, word / 4) + word % 4 * 4, 4);
    for (unsigned part = 0; part < Per; ++part)
      to[word * Per + part] = convert(bits, part);
  }
}

/// d = A B or d + A B for the 16 rows of warp `w` of its warpgroup.
template <int Per, class Convert> void complete(const WarpProduct &product, unsigned w, Convert convert) {
  constexpr int K = 8 * Per;
  const hc_wgmma_slot &shape = product.of[0];
  float a[16][K];
  if (shape.left.at)
    for (unsigned row = 0; row < 16; ++row)
      factorsOf<Per>(shape.left, 16 * w + row, a[row], convert);
  else
    for (unsigned lane = 0; lane < 32; ++lane)
      for (unsigned i = 0; i < 4; ++i)
        for (unsigned part = 0; part < Per; ++part)
          a[lane / 4 + i % 2 * 8][(lane % 4 + i / 2 * 4) * Per + part] = convert(product.of[lane].a[i], part);
  for (unsigned n = 0; n < shape.columns; ++n) {
    float b[K];
    factorsOf<Per>(shape.right, n, b, convert);
    for (unsigned row = 0; row < 16; ++row) {
      float *d = product.of[row % 8 * 4 + n % 8 / 2].d[n / 8 * 4 + row / 8 * 2 + n % 2];
      double sum = shape.adds ? double(*d) : 0.0;
      for (int k = 0; k < K; ++k)
        sum += double(a[row][k]) * double(b[k]);
      *d = cutOff(sum);
    }
  }
}

void complete(const WarpProduct &product, unsigned w) {
  switch (product.of[0].factors) {
  case HC_MMA_TF32:
    return complete<1>(product, w, [](uint32_t word, unsigned) { return tf32Of(word); });
  case HC_MMA_BF16:
    return complete<2>(product, w, [](uint32_t word, unsigned part) { return fromBits(word >> 16 * part << 16); });
  default:
    return complete<2>(product, w, [](uint32_t word, unsigned part) { return fromHalf(static_cast<uint16_t>(word >> 16 * part)); });
  }
}
} // namespace

void runWarpgroup(Block &block, unsigned w, int collective) {
  Warp &warp = block.warps[w];
  void *pc = block.threads[w * 32].pc;
  if (collective == HC_WGMMA) {
    WarpProduct &product = warp.products.emplace_back();
    for (unsigned lane = 0; lane < 32; ++lane)
      product.of[lane] = *static_cast<hc_wgmma_slot *>(warp.slots[lane]);
    observe(block, w, product, pc);
    return;
  }
  if (collective == HC_WGMMA_COMMIT) {
    warp.productGroups.push_back(warp.products.size());
    return;
  }
  size_t keep = static_cast<hc_wgmma_wait_slot *>(warp.slots[0])->keep;
  if (warp.productGroups.size() <= keep)
    return;
  size_t groups = warp.productGroups.size() - keep, end = warp.productGroups[groups - 1];
  for (size_t i = 0; i < end; ++i) {
    observe(block, w, warp.products[i], pc);
    complete(warp.products[i], w % 4);
  }
  warp.products.erase(warp.products.begin(), warp.products.begin() + end);
  warp.productGroups.erase(warp.productGroups.begin(), warp.productGroups.begin() + groups);
  for (size_t &group : warp.productGroups)
    group -= end;
}

} // namespace fusion::host
