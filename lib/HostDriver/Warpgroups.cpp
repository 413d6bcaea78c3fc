// wgmma: products of four warps that run behind their backs. Each warp's part is issued, committed and completed on its own.
#include "Checker.h"
#include "Rounding.h"
#include "Scheduler.h"
#include <cstring>

namespace fusion::host {
namespace {
/// B's element words: of column n, the 16 bytes that start at k-brick 0 or 1.
const char *brickRow(const hc_wgmma_slot &slot, unsigned n, unsigned brick) {
  return slot.b + size_t(n / 8) * slot.nextColumns + n % 8 * 16 + size_t(brick) * slot.nextK;
}

/// The warp's reads of shared memory, for the checker: once when the products begin, once when they are certain to have ended.
void observe(Block &block, unsigned w, const WarpProduct &product, void *pc) {
  Checker *checker = block.launch->checker;
  if (!checker)
    return;
  const hc_wgmma_slot &slot = product.of[0];
  for (unsigned n = 0; n < slot.columns; ++n)
    for (unsigned brick = 0; brick < 2; ++brick)
      checker->access(block.threads[w * 32 + n % 32], brickRow(slot, n, brick), 16, AccessKind::Read, pc);
}

/// d = A B or d + A B for the 16 rows of a warp; `Words` 32-bit words of k hold `Per` factors each.
template <int Per, class Convert> void complete(const WarpProduct &product, Convert convert) {
  constexpr int K = 8 * Per;
  const hc_wgmma_slot &shape = product.of[0];
  float a[16][K];
  for (unsigned lane = 0; lane < 32; ++lane)
    for (unsigned i = 0; i < 4; ++i)
      for (unsigned part = 0; part < Per; ++part)
        a[lane / 4 + i % 2 * 8][(lane % 4 + i / 2 * 4) * Per + part] = convert(product.of[lane].a[i], part);
  for (unsigned n = 0; n < shape.columns; ++n) {
    float b[K];
    for (unsigned word = 0; word < 8; ++word) {
      uint32_t bits;
      memcpy(&bits, brickRow(shape, n, word / 4) + word % 4 * 4, 4);
      for (unsigned part = 0; part < Per; ++part)
        b[word * Per + part] = convert(bits, part);
    }
    for (unsigned row = 0; row < 16; ++row) {
      float *d = product.of[row % 8 * 4 + n % 8 / 2].d[n / 8 * 4 + row / 8 * 2 + n % 2];
      double sum = shape.adds ? double(*d) : 0.0;
      for (int k = 0; k < K; ++k)
        sum += double(a[row][k]) * double(b[k]);
      *d = cutOff(sum);
    }
  }
}

void complete(const WarpProduct &product) {
  switch (product.of[0].factors) {
  case HC_MMA_TF32:
    return complete<1>(product, [](uint32_t word, unsigned) { return tf32Of(word); });
  case HC_MMA_BF16:
    return complete<2>(product, [](uint32_t word, unsigned part) { return fromBits(word >> 16 * part << 16); });
  default:
    return complete<2>(product, [](uint32_t word, unsigned part) { return fromHalf(static_cast<uint16_t>(word >> 16 * part)); });
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
    complete(warp.products[i]);
  }
  warp.products.erase(warp.products.begin(), warp.products.begin() + end);
  warp.productGroups.erase(warp.productGroups.begin(), warp.productGroups.begin() + groups);
  for (size_t &group : warp.productGroups)
    group -= end;
}

} // namespace fusion::host
