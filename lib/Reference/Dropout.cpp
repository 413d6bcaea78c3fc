// Dropout by a counter-based mask: Philox4x32-10 (Salmon et al., SC 2011) over the element's index.
#include "fusion/Reference/Pooling.h"

using namespace fusion::reference;

std::array<uint32_t, 4> fusion::reference::philox(std::array<uint32_t, 4> c, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    uint64_t a = uint64_t(0xD2511F53u) * c[0], b = uint64_t(0xCD9E8D57u) * c[2];
    c = {uint32_t(b >> 32) ^ c[1] ^ key[0], uint32_t(b), uint32_t(a >> 32) ^ c[3] ^ key[1], uint32_t(a)};
    key[0] += 0x9E3779B9u, key[1] += 0xBB67AE85u;
  }
  return c;
}

template <class T> Tensor<T> fusion::reference::dropout(const Tensor<T> &x, double p, uint64_t seed, uint64_t offset) {
  Tensor<T> y(x.shape);
  y.reduction = x.reduction;
  T scale(p == 1 ? 0 : 1 / (1 - p));
  for (int64_t i = 0; i < x.size(); ++i) {
    uint64_t counter = offset + static_cast<uint64_t>(i) / 4;
    uint32_t word = philox({uint32_t(counter), uint32_t(counter >> 32), 0, 0}, {uint32_t(seed), uint32_t(seed >> 32)})[i % 4];
    y.data[i] = x.data[i] * ((word >> 8) * 0x1p-24 >= p ? scale : T(0));
  }
  return y;
}

#define INSTANTIATE(T) template Tensor<T> fusion::reference::dropout(const Tensor<T> &, double, uint64_t, uint64_t);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(Dual)
INSTANTIATE(Bound)
