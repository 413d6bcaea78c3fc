// Products of four warps on tensor cores that run behind their backs: left factors in registers or in shared memory, right ones there.
// requires: base.cuh
//
// A warpgroup's struct (each kernel declares those of the columns it needs) has: `columns` N, and multiply(d, a, b), which adds
// a[64 x 8 words] * b[8 words x N] to d[64 x N], or multiply<Adds>. All four warps come to every call here together. Each warp has 16 rows
// of the sums, held by its lanes as mma16n8k8 holds them, and so is `a` where it lies in registers. What lies in shared memory is described
// by warpgroupOperand.

// Factors in shared memory as bricks of eight rows (columns of the right operand) x four words of k, 16 bytes per row; `nextK` and
// `nextRows` are from brick to brick, and all are counted in 16 bytes. Adding n to the result moves it by n.
DEV unsigned long long warpgroupOperand(unsigned at, int nextK, int nextRows) {
  return (unsigned long long)nextRows << 32 | (unsigned long long)nextK << 16 | at;
}
DEV unsigned quadOf(const float *at) { return (unsigned)__cvta_generic_to_shared(at) / 16; }

// What products take as the nearest TF32, ties away from zero: they look at the upper 19 bits alone. Inf and NaN stay what they are.
DEV float nearTf32(float x) { return fabsf(x) <= 0x1.fffffep127f ? __uint_as_float(__float_as_uint(x) + 0x1000u) : x; }

// The same of all but the least numbers, in two instructions: half of the last place that products look at, added to the number.
DEV float halfUpTf32(float x) { return x + __uint_as_float(__float_as_uint(x) & 0xff800000u) * 0x1p-11f; }

// Behind what a thread wrote to shared memory, in front of the barrier that products of it wait for.
DEV void showToWarpgroups() { asm volatile("fence.proxy.async.shared::cta;" : : : "memory"); }

// Four words from their factors, rounded as F says.
template <class F> struct WarpgroupWords {
  DEV static float word(const float *x) {
    if constexpr (F::pack == 1)
      return halfUpTf32(*x);
    else
      return F::word(x[0], x[1]);
  }
  DEV static float4 quad(const float *x) { return float4{word(x), word(x + F::pack), word(x + 2 * F::pack), word(x + 3 * F::pack)}; }
};

// What a tile derives from whose factors warpgroups multiply.
template <class Factors, class Group> struct Together : Factors {
  using Products = Group;
};

// Which warpgroup a thread belongs to, in a way that shows the compiler that warps agree: products on a path where lanes may part run one
// by one. All lanes of a warp come here.
DEV int warpgroupNumber() { return __shfl_sync(0xffffffffu, (int)threadIdx.x / 128, 0); }

// All threads of the block meet as at __syncthreads, but warps may come to different calls.
DEV void meetAnywhere() { asm volatile("bar.sync 0;" : : : "memory"); }

// In front of products: their registers have been written.
DEV void startProducts() { asm volatile("wgmma.fence.sync.aligned;" : : : "memory"); }
// Behind products: they form a group.
DEV void endOfProducts() { asm volatile("wgmma.commit_group.sync.aligned;" : : : "memory"); }
// Until all but the last `Groups` groups have left their sums in registers.
template <int Groups> DEV void waitForProducts() { asm volatile("wgmma.wait_group.sync.aligned %0;" : : "n"(Groups) : "memory"); }
