// The 16-bit types: every value widens exactly, every fp32 narrows to the nearest, ties to even, alone and in runs, aligned or not.
#include "Harness.h"
#include <cmath>
#include <cstring>

namespace fusion::prelude {
namespace {

/// Values cross as floats that hold the bits of 16-bit elements as numbers.
const char *const kernelText = R"(
template <class E> DEV void widenOne(const float *bits, int n, float *y) {
  const int i = blockIdx.x * 256 + threadIdx.x;
  if (i < n) {
    E e;
    e.bits = (unsigned short)bits[i];
    y[i] = e;
  }
}
template <class E> DEV void narrowOne(const float *x, int n, float *y) {
  const int i = blockIdx.x * 256 + threadIdx.x;
  if (i < n) {
    E e;
    e = x[i];
    y[i] = (float)e.bits;
  }
}
extern "C" __global__ void widen_f16(const float *bits, int n, float *y) { widenOne<f16>(bits, n, y); }
extern "C" __global__ void widen_bf16(const float *bits, int n, float *y) { widenOne<bf16>(bits, n, y); }
extern "C" __global__ void narrow_f16(const float *x, int n, float *y) { narrowOne<f16>(x, n, y); }
extern "C" __global__ void narrow_bf16(const float *x, int n, float *y) { narrowOne<bf16>(x, n, y); }
// Runs there and back: x as floats, through 16-bit memory, as floats again.
template <class E, int V> DEV void runs(const float *x, E *memory, float *y) {
  const int at = threadIdx.x * V;
  float run[V];
  loadVector<V>(run, x + at);
  storeVector<V>(memory + at, run);
  float back[V];
  loadVector<V>(back, memory + at);
  storeVector<V>(y + at, back);
}
extern "C" __global__ void runs_8(const float *x, float *memory, float *y) { runs<bf16, 8>(x, (bf16 *)memory, y); }
extern "C" __global__ void runs_4(const float *x, float *memory, float *y) { runs<f16, 4>(x, (f16 *)memory, y); }
extern "C" __global__ void runs_2(const float *x, float *memory, float *y) { runs<bf16, 2>(x, (bf16 *)memory, y); }
)";

struct Format {
  const char *name;
  int fraction, bias; ///< bits of the fraction, and what exponents are stored with
};
constexpr Format f16{"f16", 10, 15}, bf16{"bf16", 7, 127};

double valueOf(unsigned bits, const Format &f) {
  int exponents = (1 << (15 - f.fraction)) - 1, exponent = int(bits >> f.fraction) & exponents,
      fraction = int(bits) & ((1 << f.fraction) - 1);
  double v = exponent == exponents ? (fraction ? NAN : INFINITY)
             : exponent            ? std::ldexp(fraction + (1 << f.fraction), exponent - f.bias - f.fraction)
                                   : std::ldexp(fraction, 1 - f.bias - f.fraction);
  return bits & 0x8000 ? -v : v;
}

/// The bits of the nearest value by search: positive values ascend with their bits.
unsigned nearest(float x, const Format &f) {
  if (std::isnan(x))
    return 0x7fff;
  unsigned sign = std::signbit(x) ? 0x8000 : 0, infinity = 0x7fff >> f.fraction << f.fraction, low = 0, high = infinity;
  double v = std::fabs(double(x));
  while (high - low > 1)
    (valueOf((low + high) / 2, f) <= v ? low : high) = (low + high) / 2;
  // The value behind the largest one, infinity's neighbour as if exponents went on, decides where infinity begins.
  double below = valueOf(low, f), above = high == infinity ? 2 * below - valueOf(low - 1, f) : valueOf(high, f);
  if (v >= above && high == infinity)
    return sign | infinity;
  bool up = v - below > above - v || (v - below == above - v && low % 2);
  return sign | (up ? high : low);
}

std::vector<float> interesting(const Format &f) {
  std::vector<float> values = randomValues(4096, 7);
  for (unsigned bits = 0; bits < 0x7fff; bits += 37) {
    float v = float(valueOf(bits, f)), next = float(valueOf(bits + 1, f));
    if (!std::isfinite(v) || !std::isfinite(next))
      continue;
    float middle = float((double(v) + double(next)) / 2); // a tie
    for (float x : {v, middle, std::nextafterf(middle, 0), std::nextafterf(middle, INFINITY), -middle})
      values.push_back(x);
  }
  for (float x : {0.0f, -0.0f, 65504.0f, 65519.9f, 65520.0f, -65520.0f, 0x1p-25f, 0x1.000002p-25f, 3e38f, 3.4e38f, 0x1.ffp127f, 1e-45f,
                  INFINITY, -INFINITY, NAN})
    values.push_back(x);
  return values;
}

class Narrow : public ::testing::Test {
protected:
  static std::string text(bool aligned) {
    std::string prelude = preludeText({"base", "aligned", "narrow", "vector", "narrow-vector"});
    if (!aligned)
      prelude.replace(prelude.find("alignedTensors = true"), 21, "alignedTensors = false");
    return prelude + kernelText;
  }
  std::vector<float> run(const std::string &kernel, const std::vector<float> &in) {
    Kernels kernels("narrow", text(true));
    Array x(in), y(in.size());
    int n = int(in.size());
    kernels.launch(kernel, {unsigned(n + 255) / 256, 1, 1}, 256, 0, {x.argument(), &n, y.argument()});
    return y.read();
  }
};

TEST_F(Narrow, EveryValueWidensExactly) {
  std::vector<float> bits;
  for (unsigned i = 0; i < 65536; ++i)
    bits.push_back(float(i));
  for (const Format &f : {f16, bf16}) {
    std::vector<float> got = run(std::string("widen_") + f.name, bits);
    for (unsigned i = 0; i < 65536; ++i) {
      double want = valueOf(i, f);
      ASSERT_TRUE(std::isnan(want) ? std::isnan(got[i]) : double(got[i]) == want && std::signbit(got[i]) == std::signbit(want))
          << f.name << " " << i << ": " << got[i] << " instead of " << want;
    }
  }
}

TEST_F(Narrow, RoundsToTheNearestTiesToEven) {
  for (const Format &f : {f16, bf16}) {
    std::vector<float> x = interesting(f), got = run(std::string("narrow_") + f.name, x);
    for (size_t i = 0; i < x.size(); ++i)
      ASSERT_EQ(unsigned(got[i]), nearest(x[i], f)) << f.name << " of " << x[i];
  }
}

TEST_F(Narrow, Runs) {
  for (bool aligned : {true, false}) {
    Kernels kernels("narrow_runs", text(aligned));
    for (auto [width, f] : {std::pair(8, bf16), {4, f16}, {2, bf16}}) {
      std::vector<float> values = randomValues(size_t(32 * width), 3);
      Array x(values), memory(values.size()), y(values.size());
      kernels.launch("runs_" + std::to_string(width), {1, 1, 1}, 32, 0, {x.argument(), memory.argument(), y.argument()});
      std::vector<float> got = y.read();
      for (size_t i = 0; i < values.size(); ++i)
        ASSERT_EQ(double(got[i]), valueOf(nearest(values[i], f), f)) << width << " at " << i;
    }
  }
}

} // namespace
} // namespace fusion::prelude
