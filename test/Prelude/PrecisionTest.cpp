// The errors of matrix products in 3xTF32 next to those of fp32 multiply-adds, by length and kind of operand: why `ieee` takes CUDA cores
// (docs/rationale/ieee-products.md). The table of that page is what PreludeTests prints with --gtest_also_run_disabled_tests
// --gtest_filter='*ByLengthAndKind'.
#include "Harness.h"
#include <algorithm>
#include <cmath>
#include <cstdio>

namespace fusion::prelude {
namespace {

constexpr int kSide = 64;

std::string source() {
  std::string s = preludeText({"base", "aligned", "copies", "mma", "tiles", "matmul", "tensor"}) + R"(
struct Operand {
  static constexpr bool alongK = true;
  static constexpr int vector = 4;
  const float *x;
  long long ks;
  DEV const float *at(long long outer, long long k) const { return x + outer * ks + k; }
  DEV float operator()(long long outer, long long k) const { return *at(outer, k); }
};
struct Tile {
  static constexpr int rows = 64, cols = 64, depth = 8, tm = 8, tn = 4, threads = 128, pitch = 68, warpRows = 32, warpCols = 32, stages = 3;
  using Factors = Split;
};
)";
  for (const char *unit : {"matmul", "matmulTensor"})
    s += std::string("extern \"C\" __global__ void __launch_bounds__(128) by_") + unit +
         "(const float *a, const float *b, float *c, long long K) {\n  extern __shared__ float4 shared[];\n"
         "  float *pipe = (float *)shared;\n  " +
         unit +
         "<Tile>(pipe, pipe, Operand{a, K}, Operand{b, K}, 0, 0, 64, 64, (int)K);\n"
         "  for (int i = threadIdx.x; i < 64 * 64; i += 128)\n    c[i] = pipe[i / 64 * 68 + i % 64];\n}\n";
  return s;
}

enum Kind { Uniform, Positive, Normal, LargeMean, Exponents, Cancelling };
constexpr const char *names[] = {"uniform in [-1, 1]", "uniform in [0, 1]",   "normal",
                                 "normal, mean 1000",  "exponents -20 to 20", "pairs that cancel"};

/// Rows of K values. Pairs that cancel: of two neighbours the left operand has x and -x, the right one y and nearly y.
std::vector<float> values(Kind kind, int64_t k, bool left) {
  std::mt19937 random((unsigned)(2 * k + left) * 6 + kind);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::normal_distribution<float> normal;
  std::vector<float> all((size_t)(kSide * k));
  for (size_t i = 0; i < all.size(); i++) {
    const bool second = kind == Cancelling && i % 2;
    all[i] = kind == Uniform || kind == Positive ? uniform(random) : normal(random);
    if (kind == Positive)
      all[i] = std::fabs(all[i]);
    if (kind == LargeMean)
      all[i] += 1000;
    if (kind == Exponents)
      all[i] = std::ldexp(all[i], (int)std::lround(20 * uniform(random)));
    if (second)
      all[i] = left ? -all[i - 1] : all[i - 1] * (1 + 1e-4f * all[i]);
  }
  return all;
}

/// Errors in units of u times the sum of absolute products.
struct Errors {
  double most = 0, squares = 0;
  double rms() const { return std::sqrt(squares / (kSide * kSide)); }
};

/// Of fp32 multiply-adds, and of 3xTF32.
std::pair<Errors, Errors> measure(Kernels &kernels, Kind kind, long long k) {
  const std::vector<float> a = values(kind, k, true), b = values(kind, k, false);
  Array da(a), db(b), plain(kSide * kSide), split(kSide * kSide);
  const int shared = 4 * std::max(3 * 16 * 128, 64 * 68);
  kernels.launch("by_matmul", {1, 1, 1}, 128, shared, {da.argument(), db.argument(), plain.argument(), &k});
  kernels.launch("by_matmulTensor", {1, 1, 1}, 128, shared, {da.argument(), db.argument(), split.argument(), &k});
  const std::vector<float> got[] = {plain.read(), split.read()};
  Errors errors[2];
  for (size_t i = 0; i < kSide; i++)
    for (size_t j = 0; j < kSide; j++) {
      Judged want;
      for (size_t l = 0; l < (size_t)k; l++)
        want.add(a[i * (size_t)k + l], b[j * (size_t)k + l]);
      for (int unit = 0; unit < 2; unit++) {
        const double error = std::fabs(got[unit][i * kSide + j] - want.value) / (want.absolute * 0x1p-24);
        errors[unit].most = std::max(errors[unit].most, error), errors[unit].squares += error * error;
      }
    }
  return {errors[0], errors[1]};
}

// Long sums of independent products err less in 3xTF32 than in a chain of multiply-adds; where neighbours cancel, the chain's error is that
// of what is left, and that of 3xTF32 is that of the products, at any length.
TEST(Precision, SplitProductsErrMoreWhereNeighboursCancel) {
  Kernels kernels("precision.cu", source());
  auto [plain, split] = measure(kernels, Uniform, 1024);
  EXPECT_LT(split.rms(), plain.rms());
  EXPECT_LT(split.most, plain.most);
  for (long long k : {64, 1024}) {
    auto [chain, parts] = measure(kernels, Cancelling, k);
    EXPECT_GT(parts.rms(), 1.25 * chain.rms()) << k;
    EXPECT_GT(parts.most, chain.most) << k;
  }
}

TEST(Precision, DISABLED_ByLengthAndKind) {
  Kernels kernels("precision.cu", source());
  printf("| operands | K | fp32 max | 3xTF32 max | fp32 rms | 3xTF32 rms |\n|---|--:|--:|--:|--:|--:|\n");
  for (Kind kind : {Uniform, Positive, Normal, LargeMean, Exponents, Cancelling})
    for (long long k : {32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384}) {
      auto [plain, split] = measure(kernels, kind, k);
      printf("| %s | %lld | %.3f | %.3f | %.3f | %.3f |\n", names[kind], k, plain.most, split.most, plain.rms(), split.rms());
    }
}

} // namespace
} // namespace fusion::prelude
