// Products of four warps on tensor cores that run behind their backs: the left factors in registers, the right ones in shared memory.
// requires: base.cuh
//
// A warpgroup's struct (each kernel declares those of the columns it needs) has: `columns` N, and multiply<Adds>(d, a, b), which makes
// d[64 x N] or adds to it a[64 x 8 words] * b[8 words x N]. Each warp brings 16 rows, held by its lanes as mma16n8k8 holds them; b is
// described by warpgroupOperand. All four warps come to every call here together.

// Right factors in shared memory as bricks of eight columns x four words of k, 16 bytes per column; `nextK` and `nextColumns` are bytes
// from brick to brick, multiples of 16. Adding n to the result moves it by 16 n bytes.
DEV unsigned long long warpgroupOperand(const float *at, int nextK, int nextColumns) {
  return (unsigned long long)(nextColumns / 16) << 32 | (unsigned long long)(nextK / 16) << 16 |
         (unsigned long long)((unsigned)__cvta_generic_to_shared(at) / 16);
}

// What products take as the nearest TF32, ties away from zero: they look at the upper 19 bits alone. Inf and NaN stay what they are.
DEV float nearTf32(float x) { return fabsf(x) <= 0x1.fffffep127f ? __uint_as_float(__float_as_uint(x) + 0x1000u) : x; }

// Behind what a thread wrote to shared memory, in front of the barrier that products of it wait for.
DEV void showToWarpgroups() { asm volatile("fence.proxy.async.shared::cta;" : : : "memory"); }

// What a tile derives from whose factors warpgroups multiply.
template <class Factors, class Group> struct Together : Factors {
  using Products = Group;
};

// In front of products: their registers have been written.
DEV void startProducts() { asm volatile("wgmma.fence.sync.aligned;" : : : "memory"); }
// Behind products: they form a group.
DEV void endOfProducts() { asm volatile("wgmma.commit_group.sync.aligned;" : : : "memory"); }
// Until all but the last `Groups` groups have left their sums in registers.
template <int Groups> DEV void waitForProducts() { asm volatile("wgmma.wait_group.sync.aligned %0;" : : "n"(Groups) : "memory"); }
