// Inline PTX. The rewriter turns `asm("mnemonic operands;" : ...)` into hc_ptx::mnemonic(operands...), in the order of the text.

// 32-bit shared-memory addresses are distances from an anchor in the module, which lies within 2 GiB of every shared array: from dynamic
// shared memory, which starts at 0 on a device too, where there is some.
#ifdef HC_DYNAMIC_SHARED
#define hc_anchor hc_dynamic_buffer
#else
extern "C" {
__attribute__((visibility("hidden"))) char hc_anchor[16] = {1};
}
#endif
HC_INLINE size_t __cvta_generic_to_shared(const void *p) { return (unsigned)((size_t)p - (size_t)hc_anchor); }
HC_INLINE void *hc_shared_pointer(unsigned a) { return (void *)((size_t)hc_anchor + (size_t)(long)(int)a); }

namespace hc_ptx {
HC_CONVERGENT HC_INLINE void mma(float &d0, float &d1, float &d2, float &d3, unsigned a0, unsigned a1, unsigned a2, unsigned a3,
                                 unsigned b0, unsigned b1, float c0, float c1, float c2, float c3, int collective) {
  hc_mma_slot s{{a0, a1, a2, a3}, {b0, b1}, {c0, c1, c2, c3}, {}};
  hc_warp(hc_cur, 0xffffffffu, &s, collective);
  d0 = s.d[0], d1 = s.d[1], d2 = s.d[2], d3 = s.d[3];
}
#define HC_MMA(NAME, COLLECTIVE)                                                                                                           \
  HC_CONVERGENT HC_INLINE void NAME(float &d0, float &d1, float &d2, float &d3, unsigned a0, unsigned a1, unsigned a2, unsigned a3,        \
                                    unsigned b0, unsigned b1, float c0, float c1, float c2, float c3) {                                    \
    mma(d0, d1, d2, d3, a0, a1, a2, a3, b0, b1, c0, c1, c2, c3, COLLECTIVE);                                                               \
  }
HC_MMA(mma_sync_aligned_m16n8k16_row_col_f32_f16_f16_f32, HC_MMA_F16)
HC_MMA(mma_sync_aligned_m16n8k16_row_col_f32_bf16_bf16_f32, HC_MMA_BF16)
HC_MMA(mma_sync_aligned_m16n8k8_row_col_f32_tf32_tf32_f32, HC_MMA_TF32)

// wgmma.mma_async. Operands: the accumulators, A in four registers or its descriptor, B's descriptor, and numbers (add to d, signs of A and
// B; with factors of 16 bits, whether those in shared memory are transposed). The products happen when the warp waits for them, not before.
HC_INLINE hc_wgmma_bricks wgmma_bricks(const void *operand) {
  unsigned long long b = *(const unsigned long long *)operand;
  if (b >> 46)
    hc_trap(hc_cur, "wgmma of factors that are swizzled, expected none");
  return {(const char *)hc_shared_pointer((unsigned)(b & 0x3fff) << 4), (unsigned)(b >> 16 & 0x3fff) << 4,
          (unsigned)(b >> 32 & 0x3fff) << 4};
}
template <unsigned Columns, class... T> HC_CONVERGENT HC_INLINE void wgmma(int factors, T &...operands) {
  constexpr unsigned Rest = sizeof...(operands) - Columns / 2;
  const void *const at[] = {(const void *)&operands...}, *const *rest = at + Columns / 2;
  const bool tf32 = factors == HC_MMA_TF32, inRegisters = Rest == (tf32 ? 8u : 9u);
  hc_wgmma_slot s;
  for (unsigned i = 0; i < Columns / 2; ++i)
    s.d[i] = (float *)at[i];
  for (unsigned i = 0; i < 4; ++i)
    s.a[i] = inRegisters ? *(const unsigned *)rest[i] : 0;
  s.left = inRegisters ? hc_wgmma_bricks{0, 0, 0} : wgmma_bricks(rest[0]);
  rest += inRegisters ? 4 : 1;
  s.right = wgmma_bricks(*rest++);
  s.columns = Columns, s.adds = (unsigned)*(const int *)rest[0], s.factors = factors;
  if (*(const int *)rest[1] != 1 || *(const int *)rest[2] != 1)
    hc_trap(hc_cur, "wgmma with a sign, expected none");
  for (unsigned i = 3; i < Rest - (inRegisters ? 5 : 2); ++i)
    if (*(const int *)rest[i])
      hc_trap(hc_cur, "wgmma with a transposition, expected none");
  hc_warp(hc_cur, 0xffffffffu, &s, HC_WGMMA);
}
#define HC_WGMMA_FORM(NAME, N, FACTORS)                                                                                                    \
  template <class... T> HC_CONVERGENT HC_INLINE void wgmma_mma_async_sync_aligned_m64n##N##NAME(T &&...t) { wgmma<N>(FACTORS, t...); }
#define HC_WGMMA_FORMS(N)                                                                                                                  \
  HC_WGMMA_FORM(k8_f32_tf32_tf32, N, HC_MMA_TF32)                                                                                          \
  HC_WGMMA_FORM(k16_f32_bf16_bf16, N, HC_MMA_BF16)                                                                                         \
  HC_WGMMA_FORM(k16_f32_f16_f16, N, HC_MMA_F16)
#define HC_WGMMA_FOUR(A, B, C, D) HC_WGMMA_FORMS(A) HC_WGMMA_FORMS(B) HC_WGMMA_FORMS(C) HC_WGMMA_FORMS(D)
HC_WGMMA_FOUR(8, 16, 24, 32)
HC_WGMMA_FOUR(40, 48, 56, 64)
HC_WGMMA_FOUR(72, 80, 88, 96)
HC_WGMMA_FOUR(104, 112, 120, 128)
HC_WGMMA_FOUR(136, 144, 152, 160)
HC_WGMMA_FOUR(168, 176, 184, 192)
HC_WGMMA_FOUR(200, 208, 216, 224)
HC_WGMMA_FOUR(232, 240, 248, 256)
HC_INLINE void wgmma_fence_sync_aligned() {} // registers here are always up to date
HC_CONVERGENT HC_INLINE void wgmma_commit_group_sync_aligned() {
  hc_wgmma_wait_slot s{0};
  hc_warp(hc_cur, 0xffffffffu, &s, HC_WGMMA_COMMIT);
}
HC_CONVERGENT HC_INLINE void wgmma_wait_group_sync_aligned(unsigned keep) {
  hc_wgmma_wait_slot s{keep};
  hc_warp(hc_cur, 0xffffffffu, &s, HC_WGMMA_WAIT);
}
HC_INLINE void fence_proxy_async_shared__cta() {} // there is one way to memory here

// round to the nearest tf32, ties away from zero; NaN and infinity stay
HC_INLINE void cvt_rna_tf32_f32(unsigned &d, float a) {
  unsigned u = __float_as_uint(a);
  d = (u & 0x7f800000u) == 0x7f800000u ? u : (u + 0x1000u) & 0xffffe000u;
}

// bf16 is the upper half of a float; f16 has its own exponents, and its subnormals are multiples of 2^-24.
HC_INLINE void cvt_rn_bf16_f32(unsigned short &d, float a) {
  unsigned u = __float_as_uint(a);
  d = (unsigned short)((u & 0x7fffffffu) > 0x7f800000u ? 0x7fffu : (u + 0x7fffu + (u >> 16 & 1)) >> 16);
}
HC_INLINE void cvt_rn_f16_f32(unsigned short &d, float a) {
  unsigned u = __float_as_uint(a) & 0x7fffffffu, sign = __float_as_uint(a) >> 16 & 0x8000u;
  if (u > 0x7f800000u)
    d = 0x7fffu;
  else if (u >= 0x477ff000u) // 65520 rounds to infinity
    d = (unsigned short)(sign | 0x7c00u);
  else if (u < 0x38800000u) // 0.5 has the spacing of subnormals
    d = (unsigned short)(sign | (__float_as_uint(__uint_as_float(u) + 0.5f) - 0x3f000000u));
  else
    d = (unsigned short)(sign | (u + 0xfffu + (u >> 13 & 1) - 0x38000000u) >> 13);
}
HC_INLINE void cvt_f32_f16(float &d, unsigned short a) {
  unsigned sign = (a & 0x8000u) << 16, rest = a & 0x7fffu;
  if (rest >= 0x7c00u)
    d = __uint_as_float(sign | 0x7f800000u | rest << 13);
  else if (rest < 0x400u)
    d = __uint_as_float(sign | __float_as_uint((float)rest * 0x1p-24f));
  else
    d = __uint_as_float(sign | ((rest << 13) + 0x38000000u));
}
// the first operand comes to the upper half
HC_INLINE void cvt_rn_bf16x2_f32(unsigned &d, float a, float b) {
  unsigned short high, low;
  cvt_rn_bf16_f32(high, a), cvt_rn_bf16_f32(low, b);
  d = (unsigned)high << 16 | low;
}
HC_INLINE void cvt_rn_f16x2_f32(unsigned &d, float a, float b) {
  unsigned short high, low;
  cvt_rn_f16_f32(high, a), cvt_rn_f16_f32(low, b);
  d = (unsigned)high << 16 | low;
}

HC_CONVERGENT HC_INLINE void ldmatrix(unsigned count, unsigned address, unsigned *r, int collective) {
  hc_ldmatrix_slot s{hc_shared_pointer(address), count, {}};
  hc_warp(hc_cur, 0xffffffffu, &s, collective);
  for (unsigned i = 0; i < count; ++i)
    r[i] = s.result[i];
}
#define HC_LDMATRIX_FORMS(SUFFIX, COLLECTIVE)                                                                                              \
  HC_CONVERGENT HC_INLINE void ldmatrix_sync_aligned_m8n8_x4##SUFFIX(unsigned &a, unsigned &b, unsigned &c, unsigned &d, unsigned p) {     \
    unsigned r[4];                                                                                                                         \
    ldmatrix(4, p, r, COLLECTIVE);                                                                                                         \
    a = r[0], b = r[1], c = r[2], d = r[3];                                                                                                \
  }                                                                                                                                        \
  HC_CONVERGENT HC_INLINE void ldmatrix_sync_aligned_m8n8_x2##SUFFIX(unsigned &a, unsigned &b, unsigned p) {                               \
    unsigned r[4];                                                                                                                         \
    ldmatrix(2, p, r, COLLECTIVE);                                                                                                         \
    a = r[0], b = r[1];                                                                                                                    \
  }
HC_LDMATRIX_FORMS(_shared_b16, HC_LDMATRIX)
HC_LDMATRIX_FORMS(_trans_shared_b16, HC_LDMATRIX_T)

#define HC_CP_ASYNC(NAME)                                                                                                                  \
  HC_INLINE void NAME(unsigned to, const void *from, unsigned bytes) { hc_cp_async(hc_cur, hc_shared_pointer(to), from, bytes, bytes); }   \
  HC_INLINE void NAME(unsigned to, const void *from, unsigned bytes, unsigned sourceBytes) {                                               \
    hc_cp_async(hc_cur, hc_shared_pointer(to), from, bytes, sourceBytes);                                                                  \
  }
HC_CP_ASYNC(cp_async_cg_shared_global)
HC_CP_ASYNC(cp_async_ca_shared_global)
HC_CP_ASYNC(cp_async_cg_shared_global_L2__128B)
HC_CP_ASYNC(cp_async_ca_shared_global_L2__128B)
HC_INLINE void cp_async_commit_group() { hc_cp_async_commit(hc_cur); }
HC_INLINE void cp_async_wait_group(unsigned keep) { hc_cp_async_wait(hc_cur, keep); }
HC_INLINE void cp_async_wait_all() {
  hc_cp_async_commit(hc_cur);
  hc_cp_async_wait(hc_cur, 0);
}
HC_CONVERGENT HC_INLINE void bar_sync(unsigned) { hc_barrier_anywhere(hc_cur); }
HC_CONVERGENT HC_INLINE void bar_sync(unsigned number, unsigned threads) { hc_barrier_part(hc_cur, number, threads); }
HC_INLINE void ex2_approx_ftz_f32(float &d, float a) { d = exp2f(a); }
HC_INLINE void rcp_approx_ftz_f32(float &d, float a) { d = 1.0f / a; }
HC_INLINE void rsqrt_approx_ftz_f32(float &d, float a) { d = rsqrtf(a); }
// NaN wins, and of zeros the positive one is larger.
HC_INLINE void max_NaN_f32(float &d, float a, float b) {
  d = a != a || b != b ? a + b : a > b || (a == b && !__builtin_signbit(a)) ? a : b;
}
HC_INLINE void min_NaN_f32(float &d, float a, float b) { d = a != a || b != b ? a + b : a < b || (a == b && __builtin_signbit(a)) ? a : b; }
HC_INLINE void tanh_approx_f32(float &d, float a) { d = tanhf(a); }
} // namespace hc_ptx
