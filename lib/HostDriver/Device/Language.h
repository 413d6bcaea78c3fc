// CUDA's keywords, built-in variables and vector types as plain C++17, so that an unmodified kernel source compiles for the CPU.
// Includes nothing: sources for NVRTC include nothing either, and compile time is most of a test's time.

#define __CUDACC__ 1
#define __CUDACC_RTC__ 1
typedef decltype(sizeof(0)) size_t;

#define HC_INLINE static inline __attribute__((always_inline))
#define HC_MEMBER inline __attribute__((always_inline))
#define HC_EXPORT extern "C" __attribute__((visibility("default")))
#define __global__ __attribute__((visibility("hidden")))
#define __device__
#define __host__
#define __constant__ const
#define __grid_constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __maxnreg__(...)
#define __align__(n) __attribute__((aligned(n)))
#define __shared__ static
#define warpSize 32

#ifdef __clang__
#define HC_CONVERGENT __attribute__((convergent, nomerge)) // one call site per barrier of the source
#else
#define HC_CONVERGENT
#endif
#define HC_CALL extern "C" HC_CONVERGENT __attribute__((visibility("hidden")))
HC_CALL void hc_barrier(hc_thread *);
HC_CALL void hc_barrier_anywhere(hc_thread *);                                // bar.sync, which each warp may come to at another place
HC_CALL void hc_barrier_part(hc_thread *, unsigned number, unsigned threads); // bar.sync of so many threads of the block
HC_CALL int hc_barrier_reduce(hc_thread *, int predicate, int op);
HC_CALL void hc_warp(hc_thread *, unsigned mask, void *slot, int collective);
HC_CALL void hc_yield(hc_thread *);
HC_CALL unsigned hc_active_mask(hc_thread *);
HC_CALL void hc_trap(hc_thread *, const char *why);
HC_CALL void hc_cp_async(hc_thread *, void *to, const void *from, unsigned bytes, unsigned sourceBytes);
HC_CALL void hc_cp_async_commit(hc_thread *);
HC_CALL void hc_cp_async_wait(hc_thread *, unsigned keep);
#ifdef HC_CHECK
HC_CALL void hc_atomic(hc_thread *, void *address, unsigned bytes, void *pc);
HC_CALL void hc_fence(hc_thread *);
HC_CALL void hc_misaligned(hc_thread *, const void *address, unsigned bytes);
#endif
extern "C" int printf(const char *, ...);

// The stubs and their table. Jumping keeps the kernel's own return address visible to the driver.
#define HC_STUB(name)                                                                                                                      \
  ".pushsection .hc_table,\"aw\",@progbits\n.Lhc_" #name ": .quad 0\n.popsection\n"                                                        \
  ".globl " #name "\n.hidden " #name "\n.type " #name ",@function\n" #name ": jmp *.Lhc_" #name "(%rip)\n"
#ifdef HC_CHECK
#define HC_ALL_STUBS HC_CALLS(HC_STUB) HC_CHECK_CALLS(HC_STUB) ".globl __tsan_init\n.hidden __tsan_init\n__tsan_init: ret\n"
#else
#define HC_ALL_STUBS HC_CALLS(HC_STUB)
#endif
asm(".pushsection .hc_table,\"aw\",@progbits\n.balign 8\n.globl hc_table\n.hidden hc_table\nhc_table:\n.popsection\n"
    ".pushsection .text\n" HC_ALL_STUBS ".popsection\n");
extern "C" __attribute__((visibility("hidden"))) void *hc_table[];
HC_EXPORT void **hc_runtime_table() { return hc_table; }

extern "C" {
__attribute__((visibility("hidden"))) hc_thread *hc_current = nullptr;
}
HC_EXPORT hc_thread **hc_current_slot() { return &hc_current; }

typedef hc_dim uint3;
struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
  constexpr operator uint3() const { return {x, y, z}; }
};

#ifdef HC_CHECK
// Reads of the thread and block records go through the stack-segment address space: the same flat memory, which the instrumentation
// leaves alone. The properties make `threadIdx.x` such a read.
#define HC_RAW __attribute__((address_space(258)))
HC_INLINE const HC_RAW hc_thread *hc_me() { return (const HC_RAW hc_thread *)*(hc_thread *const HC_RAW *)&hc_current; }
HC_INLINE const HC_RAW hc_block *hc_my_block() { return (const HC_RAW hc_block *)hc_me()->block; }
#define hc_cur (*(hc_thread *const HC_RAW *)&hc_current)
HC_INLINE int hc_lane() { return hc_me()->lane; }
#define HC_BUILTIN(name, from)                                                                                                             \
  struct hc_##name {                                                                                                                       \
    __declspec(property(get = get_x)) unsigned x;                                                                                          \
    __declspec(property(get = get_y)) unsigned y;                                                                                          \
    __declspec(property(get = get_z)) unsigned z;                                                                                          \
    HC_MEMBER unsigned get_x() const { return from.x; }                                                                                    \
    HC_MEMBER unsigned get_y() const { return from.y; }                                                                                    \
    HC_MEMBER unsigned get_z() const { return from.z; }                                                                                    \
    HC_MEMBER operator uint3() const { return {from.x, from.y, from.z}; }                                                                  \
    HC_MEMBER operator dim3() const { return {from.x, from.y, from.z}; }                                                                   \
  };                                                                                                                                       \
  static constexpr hc_##name name{};
HC_BUILTIN(threadIdx, hc_me()->index)
HC_BUILTIN(blockIdx, hc_my_block()->index)
HC_BUILTIN(blockDim, hc_my_block()->dim)
HC_BUILTIN(gridDim, hc_my_block()->grid)
#else
#define hc_cur hc_current
HC_INLINE int hc_lane() { return hc_current->lane; }
#define threadIdx (hc_current->index)
#define blockIdx (hc_current->block->index)
#define blockDim (hc_current->block->dim)
#define gridDim (hc_current->block->grid)
#endif

#ifdef HC_DYNAMIC_SHARED
extern "C" {
__attribute__((aligned(1024), visibility("hidden"))) char hc_dynamic_buffer[HC_DYNAMIC_SHARED];
}
HC_EXPORT char *hc_dynamic_shared() { return hc_dynamic_buffer; }
template <class T> HC_INLINE T *hc_dynamic() { return (T *)hc_dynamic_buffer; }
#endif

#ifdef HC_CHECK // vector loads and stores test their alignment, as the hardware does
HC_INLINE void hc_aligned(const void *p, unsigned bytes) {
  if ((size_t)p & (bytes - 1))
    hc_misaligned(hc_cur, p, bytes);
}
#define HC_VECTOR2(T, N)                                                                                                                   \
  struct __align__(2 * sizeof(T)) N {                                                                                                      \
    T x, y;                                                                                                                                \
    N() = default;                                                                                                                         \
    HC_MEMBER constexpr N(T x, T y) : x(x), y(y) {}                                                                                        \
    HC_MEMBER N(const N &o) {                                                                                                              \
      hc_aligned(&o, alignof(N));                                                                                                          \
      x = o.x, y = o.y;                                                                                                                    \
    }                                                                                                                                      \
    HC_MEMBER N &operator=(const N &o) {                                                                                                   \
      hc_aligned(&o, alignof(N));                                                                                                          \
      hc_aligned(this, alignof(N));                                                                                                        \
      x = o.x, y = o.y;                                                                                                                    \
      return *this;                                                                                                                        \
    }                                                                                                                                      \
  };
#define HC_VECTOR4(T, N)                                                                                                                   \
  struct __align__(4 * sizeof(T) > 16 ? 16 : 4 * sizeof(T)) N {                                                                            \
    T x, y, z, w;                                                                                                                          \
    N() = default;                                                                                                                         \
    HC_MEMBER constexpr N(T x, T y, T z, T w) : x(x), y(y), z(z), w(w) {}                                                                  \
    HC_MEMBER N(const N &o) {                                                                                                              \
      hc_aligned(&o, alignof(N));                                                                                                          \
      x = o.x, y = o.y, z = o.z, w = o.w;                                                                                                  \
    }                                                                                                                                      \
    HC_MEMBER N &operator=(const N &o) {                                                                                                   \
      hc_aligned(&o, alignof(N));                                                                                                          \
      hc_aligned(this, alignof(N));                                                                                                        \
      x = o.x, y = o.y, z = o.z, w = o.w;                                                                                                  \
      return *this;                                                                                                                        \
    }                                                                                                                                      \
  };
#else
#define HC_VECTOR2(T, N)                                                                                                                   \
  struct __align__(2 * sizeof(T)) N {                                                                                                      \
    T x, y;                                                                                                                                \
  };
#define HC_VECTOR4(T, N)                                                                                                                   \
  struct __align__(4 * sizeof(T) > 16 ? 16 : 4 * sizeof(T)) N {                                                                            \
    T x, y, z, w;                                                                                                                          \
  };
#endif
#define HC_MAKE_VECTORS(T, N)                                                                                                              \
  HC_INLINE N##2 make_##N##2(T x, T y) { return {x, y}; }                                                                                  \
  HC_INLINE N##4 make_##N##4(T x, T y, T z, T w) { return {x, y, z, w}; }
#define HC_VECTORS(T, N)                                                                                                                   \
  struct N##1 { T x; };                                                                                                                    \
  struct N##3 { T x, y, z; };                                                                                                              \
  HC_VECTOR2(T, N##2)                                                                                                                      \
  HC_VECTOR4(T, N##4) HC_MAKE_VECTORS(T, N) HC_INLINE N##3 make_##N##3(T x, T y, T z) { return {x, y, z}; }
HC_VECTORS(float, float)
HC_VECTORS(double, double)
HC_VECTORS(int, int)
HC_VECTORS(short, short)
HC_VECTORS(unsigned short, ushort)
HC_VECTORS(unsigned char, uchar)
HC_VECTORS(signed char, char)
HC_VECTORS(long long, longlong)
HC_VECTORS(unsigned long long, ulonglong)
struct uint1 {
  unsigned x;
};
HC_VECTOR2(unsigned, uint2)
HC_VECTOR4(unsigned, uint4)
HC_MAKE_VECTORS(unsigned, uint)
HC_INLINE uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
