// The instruction of tensor cores, the rounding of its operands, and where its sums go.
// requires: base.cuh, copies.cuh

// The nearest TF32, 10 bits behind the point, ties away from zero; Inf and NaN stay what they are.
DEV float toTf32(float x) {
  unsigned rounded;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rounded) : "f"(x));
  return __uint_as_float(rounded);
}

// Rounds a thread's own copies in place, in Bring's stead.
struct RoundOwn {
  static constexpr bool brings = false;
  DEV static void one(float *at, const float *, bool) { *at = toTf32(*at); }
  DEV static void quad(float *at, const float *, bool) {
    float4 v = *(float4 *)at;
    v = float4{toTf32(v.x), toTf32(v.y), toTf32(v.z), toTf32(v.w)};
    *(float4 *)at = v;
  }
};

// d[16 x 8] += a[16 x 8] * b[8 x 8] by a warp. Lane 4 g + c holds a[g, c], a[g + 8, c], a[g, c + 4], a[g + 8, c + 4], b[c, g],
// b[c + 4, g], d[g, 2 c], d[g, 2 c + 1], d[g + 8, 2 c] and d[g + 8, 2 c + 1].
DEV void mma16n8k8(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

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

// Rounds what is computed while it is staged, where `Round`; what is copied is rounded where it arrives.
template <class Load, bool Round = true> struct RoundedLoad {
  static constexpr bool plain = Load::plain;
  const Load &load;
  DEV const float *at(int image, int channel, int p) const { return load.at(image, channel, p); }
  DEV float operator()(int image, int channel, int p) const {
    const float x = load(image, channel, p);
    return Round ? toTf32(x) : x;
  }
};

// Rounds `Rows` rows of `Count` floats, `pitch` apart, in place.
template <int Rows, int Count, int Threads> DEV void roundRows(float *at, int pitch) {
#pragma unroll 4
  for (int i = threadIdx.x; i < Rows * Count; i += Threads) {
    float *x = at + i / Count * pitch + i % Count;
    *x = toTf32(*x);
  }
}
