// CUDA's arithmetic functions. Where the hardware approximates, these are at least as accurate, but for limits that a kernel can see:
// __fdividef loses large divisors, fminf and fmaxf drop NaN, and rounding to tf32 is the hardware's.

extern "C" {
float expf(float) noexcept;
float exp2f(float) noexcept;
float exp10f(float) noexcept;
float expm1f(float) noexcept;
float logf(float) noexcept;
float log2f(float) noexcept;
float log10f(float) noexcept;
float log1pf(float) noexcept;
float powf(float, float) noexcept;
float tanhf(float) noexcept;
float sinhf(float) noexcept;
float coshf(float) noexcept;
float asinhf(float) noexcept;
float acoshf(float) noexcept;
float atanhf(float) noexcept;
float erff(float) noexcept;
float erfcf(float) noexcept;
float sinf(float) noexcept;
float cosf(float) noexcept;
float tanf(float) noexcept;
float asinf(float) noexcept;
float acosf(float) noexcept;
float atanf(float) noexcept;
float atan2f(float, float) noexcept;
float fmodf(float, float) noexcept;
float cbrtf(float) noexcept;
float hypotf(float, float) noexcept;
double exp(double) noexcept;
double log(double) noexcept;
double log1p(double) noexcept;
double pow(double, double) noexcept;
double tanh(double) noexcept;
double erf(double) noexcept;
}
HC_INLINE float fabsf(float a) { return __builtin_fabsf(a); }
HC_INLINE double fabs(double a) { return __builtin_fabs(a); }
HC_INLINE float fmaf(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
HC_INLINE double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
HC_INLINE float fminf(float a, float b) { return __builtin_fminf(a, b); }
HC_INLINE float fmaxf(float a, float b) { return __builtin_fmaxf(a, b); }
HC_INLINE double fmin(double a, double b) { return __builtin_fmin(a, b); }
HC_INLINE double fmax(double a, double b) { return __builtin_fmax(a, b); }
HC_INLINE float fdimf(float a, float b) { return a <= b ? 0.0f : a - b; }
HC_INLINE float sqrtf(float a) { return __builtin_sqrtf(a); }
HC_INLINE double sqrt(double a) { return __builtin_sqrt(a); }
HC_INLINE float rsqrtf(float a) { return 1.0f / __builtin_sqrtf(a); }
HC_INLINE double rsqrt(double a) { return 1.0 / __builtin_sqrt(a); }
HC_INLINE float floorf(float a) { return __builtin_floorf(a); }
HC_INLINE float ceilf(float a) { return __builtin_ceilf(a); }
HC_INLINE float truncf(float a) { return __builtin_truncf(a); }
HC_INLINE float rintf(float a) { return __builtin_rintf(a); }
HC_INLINE float nearbyintf(float a) { return __builtin_rintf(a); }
HC_INLINE float roundf(float a) { return __builtin_roundf(a); }
HC_INLINE float copysignf(float a, float b) { return __builtin_copysignf(a, b); }
HC_INLINE bool isnan(float a) { return __builtin_isnan(a); }
HC_INLINE bool isinf(float a) { return __builtin_isinf(a); }
HC_INLINE bool isfinite(float a) { return __builtin_isfinite(a); }
HC_INLINE bool signbit(float a) { return __builtin_signbit(a); }
HC_INLINE int abs(int a) { return a < 0 ? -a : a; }

#define HC_MINMAX(R, A, B)                                                                                                                 \
  HC_INLINE R min(A a, B b) { return (R)a < (R)b ? (R)a : (R)b; }                                                                          \
  HC_INLINE R max(A a, B b) { return (R)a > (R)b ? (R)a : (R)b; }
#define HC_MINMAX_MIXED(S, U) HC_MINMAX(S, S, S) HC_MINMAX(U, U, U) HC_MINMAX(U, S, U) HC_MINMAX(U, U, S)
HC_MINMAX_MIXED(int, unsigned)
HC_MINMAX_MIXED(long, unsigned long)
HC_MINMAX_MIXED(long long, unsigned long long)
HC_INLINE float min(float a, float b) { return fminf(a, b); }
HC_INLINE float max(float a, float b) { return fmaxf(a, b); }
HC_INLINE double min(double a, double b) { return fmin(a, b); }
HC_INLINE double max(double a, double b) { return fmax(a, b); }

template <class To, class From> HC_INLINE To hc_bits(From from) {
  static_assert(sizeof(To) == sizeof(From), "a bit cast between types of one size");
  To to;
  __builtin_memcpy(&to, &from, sizeof to);
  return to;
}
HC_INLINE float __int_as_float(int i) { return hc_bits<float>(i); }
HC_INLINE int __float_as_int(float f) { return hc_bits<int>(f); }
HC_INLINE float __uint_as_float(unsigned i) { return hc_bits<float>(i); }
HC_INLINE unsigned __float_as_uint(float f) { return hc_bits<unsigned>(f); }
HC_INLINE double __longlong_as_double(long long i) { return hc_bits<double>(i); }
HC_INLINE long long __double_as_longlong(double f) { return hc_bits<long long>(f); }

// Branch-free, so that g++ can vectorise it; at most 2.9 ulp where the result is normal (CUDA documents 2 + floor(abs(1.173 x))).
HC_INLINE float __expf(float x) {
  float t = x * 1.44269504088896f;
  t = t < -150.0f ? -150.0f : t;
  t = t > 128.0f ? 128.0f : t;
  float n = __builtin_rintf(t);
  float f = __builtin_fmaf(x, 1.44269504088896f, -n);
  f = t == -150.0f || t == 128.0f ? 0.0f : __builtin_fmaf(x, 1.925963033500e-8f, f);
  float p = 1.5403530393e-4f;
  p = __builtin_fmaf(p, f, 1.3333558146e-3f);
  p = __builtin_fmaf(p, f, 9.6181291076e-3f);
  p = __builtin_fmaf(p, f, 5.5504108665e-2f);
  p = __builtin_fmaf(p, f, 2.4022650696e-1f);
  p = __builtin_fmaf(p, f, 6.9314718056e-1f);
  p = __builtin_fmaf(p, f, 1.0f);
  int i = (int)n, h = i >> 1; // scaling in two steps keeps denormals and overflow right
  return p * __int_as_float((h + 127) << 23) * __int_as_float((i - h + 127) << 23);
}
HC_INLINE float __exp10f(float x) { return exp10f(x); }
HC_INLINE float __logf(float x) { return logf(x); }
HC_INLINE float __log2f(float x) { return log2f(x); }
HC_INLINE float __powf(float x, float y) { return powf(x, y); }
HC_INLINE float __sinf(float x) { return sinf(x); }
HC_INLINE float __cosf(float x) { return cosf(x); }
HC_INLINE float __tanhf(float x) { return tanhf(x); }
HC_INLINE float __fdividef(float a, float b) {
  // documented: for 2^126 < |b| < 2^128 the result is 0, or NaN when a is infinite
  bool huge = __builtin_fabsf(b) > 0x1p126f && !__builtin_isinf(b);
  return huge ? (__builtin_isinf(a) ? __builtin_nanf("") : 0.0f * a) : a / b;
}
HC_INLINE float __fdiv_rn(float a, float b) { return a / b; }
HC_INLINE float __frcp_rn(float a) { return 1.0f / a; }
HC_INLINE float __fsqrt_rn(float a) { return sqrtf(a); }
HC_INLINE float __frsqrt_rn(float a) { return rsqrtf(a); }
HC_INLINE float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
// never contracted into a fused multiply-add: the empty asm hides where the product came from
HC_INLINE float __fmul_rn(float a, float b) {
  float r = a * b;
  asm("" : "+x"(r));
  return r;
}
HC_INLINE float __fadd_rn(float a, float b) {
  asm("" : "+x"(a), "+x"(b));
  return a + b;
}
HC_INLINE float __fsub_rn(float a, float b) { return __fadd_rn(a, -b); }
HC_INLINE float __saturatef(float a) { return fminf(fmaxf(a, 0.0f), 1.0f); }
HC_INLINE float __int2float_rn(int a) { return (float)a; }
HC_INLINE float __uint2float_rn(unsigned a) { return (float)a; }
HC_INLINE float __ll2float_rn(long long a) { return (float)a; }
HC_INLINE int __float2int_rn(float a) { return (int)__builtin_rintf(a); }
HC_INLINE int __float2int_rz(float a) { return (int)a; }
HC_INLINE int __float2int_rd(float a) { return (int)__builtin_floorf(a); }
HC_INLINE float __double2float_rn(double a) { return (float)a; }
HC_INLINE int __popc(unsigned a) { return __builtin_popcount(a); }
HC_INLINE int __clz(int a) { return a ? __builtin_clz(a) : 32; }
HC_INLINE int __ffs(int a) { return __builtin_ffs(a); }
HC_INLINE unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)(((unsigned long)a * b) >> 32); }
HC_INLINE int __mulhi(int a, int b) { return (int)(((long)a * b) >> 32); }
HC_INLINE unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return (unsigned long long)(((unsigned __int128)a * b) >> 64);
}

template <class T> HC_INLINE T __ldg(const T *p) { return *p; }
template <class T> HC_INLINE T __ldcs(const T *p) { return *p; }
template <class T> HC_INLINE T __ldcg(const T *p) { return *p; }
template <class T> HC_INLINE T __ldca(const T *p) { return *p; }
template <class T> HC_INLINE T __ldlu(const T *p) { return *p; }
template <class T> HC_INLINE void __stcs(T *p, T v) { *p = v; }
template <class T> HC_INLINE void __stcg(T *p, T v) { *p = v; }
template <class T> HC_INLINE void __stwb(T *p, T v) { *p = v; }
template <class T> HC_INLINE void __stwt(T *p, T v) { *p = v; }
