// The instructions of tensor cores, the rounding of their operands, and where their sums go.
// requires: base.cuh, copies.cuh

// The nearest TF32, 10 bits behind the point, ties away from zero; Inf and NaN stay what they are.
DEV float toTf32(float x) {
  unsigned rounded;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rounded) : "f"(x));
  return __uint_as_float(rounded);
}

// d[16 x 8] += a[16 x 8] * b[8 x 8] by a warp. Lane 4 g + c holds a[g, c], a[g + 8, c], a[g, c + 4], a[g + 8, c + 4], b[c, g],
// b[c + 4, g], d[g, 2 c], d[g, 2 c + 1], d[g + 8, 2 c] and d[g + 8, 2 c + 1].
DEV void mma16n8k8(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// Tiles whose warps multiply alone; others name a struct with multiply(d, a, b) and the `columns` of a warpgroup's products (wgmma.cuh).
struct NoWarpgroup {
  static constexpr int columns = 0;
};

// What tensor cores multiply: words of shared memory that hold `pack` factors of neighbouring k, rounded. The lanes of a fragment hold the
// words of eight k alike, whatever is packed. half.cuh has those of two factors. A tile names its factors by being of their type.
struct Tf32 {
  using Factors = Tf32; // of a tile that is one
  using Products = NoWarpgroup;
  static constexpr int pack = 1;
  DEV static float word(float x, float) { return toTf32(x); }
  DEV static void multiply(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) { mma16n8k8(d, a, b); }
};

// Makes words of a thread's own copies, each in the place of its first factor, in Bring's stead.
template <class F> struct MakeWords {
  static constexpr bool brings = false;
  static constexpr int pack = F::pack;
  DEV static void words(float *at, int apart) { *at = F::word(*at, pack > 1 ? at[apart] : 0.0f); }
  template <class E> DEV static void one(float *at, const E *, bool) { words(at, 0); }
  template <class E> DEV static void quad(float *at, const E *, bool) {
    float4 v = *(float4 *)at;
    v = float4{F::word(v.x, 0.0f), F::word(v.y, 0.0f), F::word(v.z, 0.0f), F::word(v.w, 0.0f)};
    *(float4 *)at = v;
  }
};

// A factor that shares no word where it is staged: computed ones are rounded there, where that makes them words and is wanted.
template <class F, bool Round> struct StagedAlone {
  static constexpr int pack = 1;
  DEV static float word(float x, float) { return Round && F::pack == 1 ? F::word(x, 0.0f) : x; }
};

// Adds the sums of a tensor core to those of all k, and clears them.
template <int I, int U> DEV void takeOver(float (&acc)[I][U][4], float (&part)[I][U][4]) {
#pragma unroll
  for (int i = 0; i < I; i++)
#pragma unroll
    for (int u = 0; u < U; u++)
#pragma unroll
      for (int q = 0; q < 4; q++) {
        acc[i][u][q] += part[i][u][q];
        part[i][u][q] = 0.0f;
      }
}

// Rounds `Rows` rows of `Count` floats, `pitch` apart, in place.
template <int Rows, int Count, int Threads> DEV void roundRows(float *at, int pitch) {
#pragma unroll 4
  for (int i = threadIdx.x; i < Rows * Count; i += Threads) {
    float *x = at + i / Count * pitch + i % Count;
    *x = toTf32(*x);
  }
}
