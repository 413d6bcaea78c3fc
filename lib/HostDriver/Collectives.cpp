// What warp collectives compute: shuffles, votes, reductions, tensor-core products and matrix loads, one slot per lane.
#include "Rounding.h"
#include "Scheduler.h"
#include <algorithm>
#include <cmath>
#include <cstring>

namespace fusion::host {
namespace {
template <class Slot> Slot &slotOf(void **slots, unsigned lane) { return *static_cast<Slot *>(slots[lane]); }

template <class Body> void forLanes(unsigned mask, Body body) {
  for (; mask; mask &= mask - 1)
    body(static_cast<unsigned>(__builtin_ctz(mask)));
}

void shuffle(void **slots, unsigned mask) {
  // The result of reading a lane that does not take part is undefined: a NaN in every type makes it visible.
  constexpr unsigned long kUndefined = 0x7ff8dead7fc0deadul;
  forLanes(mask, [&](unsigned lane) {
    auto &slot = slotOf<hc_shuffle_slot>(slots, lane);
    unsigned source = slot.source & 31;
    slot.result = mask >> source & 1 ? slotOf<hc_shuffle_slot>(slots, source).value : kUndefined;
  });
}

void ballot(void **slots, unsigned mask) {
  unsigned set = 0;
  forLanes(mask, [&](unsigned lane) { set |= slotOf<hc_vote_slot>(slots, lane).value ? 1u << lane : 0; });
  forLanes(mask, [&](unsigned lane) { slotOf<hc_vote_slot>(slots, lane).result = set; });
}

void match(void **slots, unsigned mask) {
  forLanes(mask, [&](unsigned lane) {
    auto &slot = slotOf<hc_vote_slot>(slots, lane);
    slot.result = 0;
    forLanes(mask, [&](unsigned other) { slot.result |= slotOf<hc_vote_slot>(slots, other).value == slot.value ? 1u << other : 0; });
  });
}

void reduce(void **slots, unsigned mask) {
  unsigned result = slotOf<hc_reduce_slot>(slots, __builtin_ctz(mask)).value;
  forLanes(mask & (mask - 1), [&](unsigned lane) {
    auto &slot = slotOf<hc_reduce_slot>(slots, lane);
    result = slot.op == 0 ? result + slot.value : slot.op == 1 ? std::max(result, slot.value) : std::min(result, slot.value);
  });
  forLanes(mask, [&](unsigned lane) { slotOf<hc_reduce_slot>(slots, lane).result = result; });
}

/// D[16x8] = A[16xK] B[Kx8] + C, the sum of each element taken at once and cut off.
template <int K> void multiply(const float (&a)[16][K], const float (&b)[K][8], void **slots) {
  float c[16][8];
  for (unsigned lane = 0; lane < 32; ++lane) {
    auto &slot = slotOf<hc_mma_slot>(slots, lane);
    unsigned row = lane >> 2, column = lane % 4 * 2;
    memcpy(&c[row][column], &slot.c[0], 8);
    memcpy(&c[row + 8][column], &slot.c[2], 8);
  }
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 8; ++j) {
      double sum = c[i][j];
      for (int k = 0; k < K; ++k)
        sum += double(a[i][k]) * double(b[k][j]);
      c[i][j] = cutOff(sum);
    }
  for (unsigned lane = 0; lane < 32; ++lane) {
    auto &slot = slotOf<hc_mma_slot>(slots, lane);
    unsigned row = lane >> 2, column = lane % 4 * 2;
    memcpy(&slot.d[0], &c[row][column], 8);
    memcpy(&slot.d[2], &c[row + 8][column], 8);
  }
}

template <class Convert> void multiplyHalves(void **slots, Convert convert) {
  float a[16][16], b[16][8];
  for (unsigned lane = 0; lane < 32; ++lane) {
    auto &slot = slotOf<hc_mma_slot>(slots, lane);
    unsigned group = lane >> 2, pair = lane % 4 * 2;
    for (unsigned half = 0; half < 2; ++half) {
      auto pick = [&](uint32_t word) { return convert(static_cast<uint16_t>(word >> 16 * half)); };
      a[group][pair + half] = pick(slot.a[0]);
      a[group + 8][pair + half] = pick(slot.a[1]);
      a[group][pair + half + 8] = pick(slot.a[2]);
      a[group + 8][pair + half + 8] = pick(slot.a[3]);
      b[pair + half][group] = pick(slot.b[0]);
      b[pair + half + 8][group] = pick(slot.b[1]);
    }
  }
  multiply<16>(a, b, slots);
}

void multiplyTf32(void **slots) {
  float a[16][8], b[8][8];
  for (unsigned lane = 0; lane < 32; ++lane) {
    auto &slot = slotOf<hc_mma_slot>(slots, lane);
    unsigned group = lane >> 2, k = lane & 3;
    a[group][k] = tf32Of(slot.a[0]);
    a[group + 8][k] = tf32Of(slot.a[1]);
    a[group][k + 4] = tf32Of(slot.a[2]);
    a[group + 8][k + 4] = tf32Of(slot.a[3]);
    b[k][group] = tf32Of(slot.b[0]);
    b[k + 4][group] = tf32Of(slot.b[1]);
  }
  multiply<8>(a, b, slots);
}

void loadMatrices(void **slots, bool transposed) {
  unsigned count = slotOf<hc_ldmatrix_slot>(slots, 0).count;
  auto row = [&](unsigned matrix, unsigned r) { return static_cast<const char *>(slotOf<hc_ldmatrix_slot>(slots, matrix * 8 + r).row); };
  for (unsigned m = 0; m < count; ++m)
    for (unsigned lane = 0; lane < 32; ++lane) {
      char *to = reinterpret_cast<char *>(&slotOf<hc_ldmatrix_slot>(slots, lane).result[m]);
      unsigned major = lane >> 2, minor = lane & 3;
      if (!transposed) {
        memcpy(to, row(m, major) + minor * 4, 4);
      } else {
        memcpy(to, row(m, minor * 2) + major * 2, 2);
        memcpy(to + 2, row(m, minor * 2 + 1) + major * 2, 2);
      }
    }
}
} // namespace

void runCollective(int collective, void **slots, unsigned mask) {
  bool whole = mask == ~0u; // the matrix instructions need every lane; a warp that lost some has no defined result
  switch (collective) {
  case HC_SHUFFLE:
    return shuffle(slots, mask);
  case HC_BALLOT:
    return ballot(slots, mask);
  case HC_MATCH:
    return match(slots, mask);
  case HC_REDUCE:
    return reduce(slots, mask);
  case HC_MMA_F16:
    return whole ? multiplyHalves(slots, fromHalf) : void();
  case HC_MMA_BF16:
    return whole ? multiplyHalves(slots, [](uint16_t bits) { return fromBits(uint32_t(bits) << 16); }) : void();
  case HC_MMA_TF32:
    return whole ? multiplyTf32(slots) : void();
  case HC_LDMATRIX:
  case HC_LDMATRIX_T:
    return whole ? loadMatrices(slots, collective == HC_LDMATRIX_T) : void();
  default:
    return;
  }
}

} // namespace fusion::host
