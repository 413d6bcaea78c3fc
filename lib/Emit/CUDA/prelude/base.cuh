// What every other prelude part stands on: the function marker, three-dimensional extents and integer helpers.
// requires: (nothing; `index_t`, the width of linear offsets, is declared before the prelude)
#define DEV __device__ __forceinline__ // no `static`: the same word marks free functions and methods

struct Vec3 {
  int d, h, w;
};

DEV constexpr int volume(Vec3 v) { return v.d * v.h * v.w; }
DEV constexpr int ceilDiv(int a, int b) { return (a + b - 1) / b; }
DEV constexpr int roundUp(int a, int b) { return ceilDiv(a, b) * b; }
DEV constexpr int smaller(int a, int b) { return a < b ? a : b; }
DEV constexpr int commonDivisor(int a, int b) { return b == 0 ? a : commonDivisor(b, a % b); }

// The largest divisor of `n` that is at most `limit`: how much of a register tile fits along one axis.
DEV constexpr int divisorWithin(int n, int limit) {
  int best = 1;
  for (int i = 2; i <= n; i++)
    if (n % i == 0 && i <= limit)
      best = i;
  return best;
}
