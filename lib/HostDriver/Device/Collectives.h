// Barriers, warp collectives and atomics: slots filled in by the lane, results computed by the driver when the last lane arrives.

HC_CONVERGENT HC_INLINE void __syncthreads() { hc_barrier(hc_cur); }
HC_CONVERGENT HC_INLINE int __syncthreads_count(int p) { return hc_barrier_reduce(hc_cur, p, 0); }
HC_CONVERGENT HC_INLINE int __syncthreads_and(int p) { return hc_barrier_reduce(hc_cur, p, 1); }
HC_CONVERGENT HC_INLINE int __syncthreads_or(int p) { return hc_barrier_reduce(hc_cur, p, 2); }
HC_CONVERGENT HC_INLINE void __syncwarp(unsigned mask = 0xffffffffu) { hc_warp(hc_cur, mask, nullptr, HC_SYNC); }
HC_INLINE unsigned __activemask() { return hc_active_mask(hc_cur); }
#ifdef HC_CHECK
HC_INLINE void __threadfence() { hc_fence(hc_cur); }
#else
HC_INLINE void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
#endif
HC_INLINE void __threadfence_system() { __threadfence(); }
HC_INLINE void __threadfence_block() {} // the threads of a block share one core here
HC_INLINE void __nanosleep(unsigned) { hc_yield(hc_cur); }
HC_INLINE void __trap() { hc_trap(hc_cur, "__trap()"); }
HC_INLINE long long clock64() { return (long long)__builtin_ia32_rdtsc(); }

template <class T> HC_CONVERGENT HC_INLINE T hc_shuffle(unsigned mask, T value, int source) {
  static_assert(sizeof(T) <= 8, "expected a shuffle of at most 8 bytes");
  hc_shuffle_slot s;
  s.value = 0;
  __builtin_memcpy(&s.value, &value, sizeof(T));
  s.source = source;
  hc_warp(hc_cur, mask, &s, HC_SHUFFLE);
  T result;
  __builtin_memcpy(&result, &s.result, sizeof(T));
  return result;
}
template <class T> HC_CONVERGENT HC_INLINE T __shfl_sync(unsigned mask, T v, int source, int width = 32) {
  int lane = hc_lane();
  return hc_shuffle(mask, v, (lane & ~(width - 1)) | (source & (width - 1)));
}
template <class T> HC_CONVERGENT HC_INLINE T __shfl_up_sync(unsigned mask, T v, unsigned delta, int width = 32) {
  int lane = hc_lane(), source = lane - (int)delta;
  return hc_shuffle(mask, v, source < (lane & ~(width - 1)) ? lane : source);
}
template <class T> HC_CONVERGENT HC_INLINE T __shfl_down_sync(unsigned mask, T v, unsigned delta, int width = 32) {
  int lane = hc_lane(), source = lane + (int)delta;
  return hc_shuffle(mask, v, source > (lane | (width - 1)) ? lane : source);
}
template <class T> HC_CONVERGENT HC_INLINE T __shfl_xor_sync(unsigned mask, T v, int bits, int width = 32) {
  int lane = hc_lane(), source = lane ^ bits;
  return hc_shuffle(mask, v, source > (lane | (width - 1)) ? lane : source);
}
HC_CONVERGENT HC_INLINE unsigned __ballot_sync(unsigned mask, int p) {
  hc_vote_slot s{(unsigned)(p != 0), 0};
  hc_warp(hc_cur, mask, &s, HC_BALLOT);
  return s.result;
}
HC_CONVERGENT HC_INLINE int __any_sync(unsigned mask, int p) { return __ballot_sync(mask, p) != 0; }
HC_CONVERGENT HC_INLINE int __all_sync(unsigned mask, int p) { return __ballot_sync(mask, !p) == 0; }
HC_CONVERGENT HC_INLINE unsigned __match_any_sync(unsigned mask, unsigned v) {
  hc_vote_slot s{v, 0};
  hc_warp(hc_cur, mask, &s, HC_MATCH);
  return s.result;
}
HC_CONVERGENT HC_INLINE unsigned hc_reduce(unsigned mask, unsigned v, int op) {
  hc_reduce_slot s{v, op, 0};
  hc_warp(hc_cur, mask, &s, HC_REDUCE);
  return s.result;
}
HC_CONVERGENT HC_INLINE unsigned __reduce_add_sync(unsigned mask, unsigned v) { return hc_reduce(mask, v, 0); }
HC_CONVERGENT HC_INLINE unsigned __reduce_max_sync(unsigned mask, unsigned v) { return hc_reduce(mask, v, 1); }
HC_CONVERGENT HC_INLINE unsigned __reduce_min_sync(unsigned mask, unsigned v) { return hc_reduce(mask, v, 2); }

#ifdef HC_CHECK // announced to the checker as atomic, and otherwise not instrumented
#define HC_ATOMIC __attribute__((disable_sanitizer_instrumentation, noinline)) static
#define HC_ANNOUNCE(p) hc_atomic(hc_cur, (void *)(p), sizeof(*(p)), __builtin_return_address(0))
#else
#define HC_ATOMIC HC_INLINE
#define HC_ANNOUNCE(p)
#endif
template <class T> HC_ATOMIC T hc_atomic_add(T *p, T v) {
  HC_ANNOUNCE(p);
  return __atomic_fetch_add(p, v, __ATOMIC_RELAXED);
}
template <class T, bool Max> HC_ATOMIC T hc_atomic_extreme(T *p, T v) {
  HC_ANNOUNCE(p);
  T old = __atomic_load_n(p, __ATOMIC_RELAXED);
  while ((Max ? old < v : v < old) && !__atomic_compare_exchange_n(p, &old, v, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
  return old;
}
template <class T> HC_ATOMIC T hc_atomic_exchange(T *p, T v) {
  HC_ANNOUNCE(p);
  return __atomic_exchange_n(p, v, __ATOMIC_RELAXED);
}
template <class T> HC_ATOMIC T hc_atomic_compare(T *p, T expected, T v) {
  HC_ANNOUNCE(p);
  __atomic_compare_exchange_n(p, &expected, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  return expected;
}
HC_ATOMIC float atomicAdd(float *p, float v) {
  HC_ANNOUNCE(p);
  unsigned *u = (unsigned *)p, old = __atomic_load_n(u, __ATOMIC_RELAXED), next;
  do
    next = __float_as_uint(__uint_as_float(old) + v);
  while (!__atomic_compare_exchange_n(u, &old, next, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  return __uint_as_float(old);
}
#define HC_ATOMICS(T)                                                                                                                      \
  HC_INLINE T atomicAdd(T *p, T v) { return hc_atomic_add(p, v); }                                                                         \
  HC_INLINE T atomicMax(T *p, T v) { return hc_atomic_extreme<T, true>(p, v); }                                                            \
  HC_INLINE T atomicMin(T *p, T v) { return hc_atomic_extreme<T, false>(p, v); }                                                           \
  HC_INLINE T atomicExch(T *p, T v) { return hc_atomic_exchange(p, v); }                                                                   \
  HC_INLINE T atomicCAS(T *p, T expected, T v) { return hc_atomic_compare(p, expected, v); }
HC_ATOMICS(int)
HC_ATOMICS(unsigned)
HC_ATOMICS(unsigned long long)
