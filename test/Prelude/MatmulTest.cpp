// Both families of matrix products against plain loops: both operand directions, vector and scalar loads, tails in every extent, Inf beside
// the edge; and the order of blocks in bands.
#include "Harness.h"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <sstream>

namespace fusion::prelude {
namespace {

struct MatmulTile {
  std::string name;
  int rows, cols, depth, tm, tn, threads, pitch;
  int warpRows = 0, warpCols = 0, stages = 0; // on tensor cores
  std::string factors = "Split";
  bool grouped = false; // four warps multiply together
  int pipeFloats() const {
    const int stage = grouped ? 36 * rows + (factors == "Split" ? 2 : 1) * 32 * (cols + 1) : 16 * (rows + cols);
    return std::max(2 * depth * (rows + 4 + cols + 4), stages * stage);
  }
};
const MatmulTile tiles[] = {{"Square", 64, 64, 16, 8, 8, 64, 68}, {"Flat", 32, 64, 8, 4, 8, 64, 65}, {"Deep", 32, 32, 24, 4, 4, 64, 32}};
const MatmulTile tensorTiles[] = {{"Warps", 64, 64, 8, 8, 4, 128, 68, 32, 32, 3},
                                  {"Tall", 128, 32, 8, 8, 8, 64, 36, 64, 32, 3},
                                  {"Wide", 32, 128, 8, 8, 8, 64, 132, 32, 64, 2},
                                  {"Once", 64, 64, 8, 8, 4, 128, 68, 32, 32, 3, "Tf32"},
                                  {"Brain", 128, 32, 8, 8, 8, 64, 36, 64, 32, 3, "Bf16"},
                                  {"Half", 32, 128, 8, 8, 8, 64, 132, 32, 64, 2, "Fp16"},
                                  {"Group", 64, 64, 8, 4, 4, 256, 68, 16, 64, 3, "Split", true},
                                  {"Rows", 128, 32, 8, 4, 4, 384, 36, 16, 32, 3, "Split", true},
                                  {"Halves", 64, 128, 8, 4, 8, 256, 132, 16, 128, 3, "Split", true},
                                  {"Broad", 64, 96, 8, 8, 4, 256, 100, 16, 96, 3, "Tf32", true}};

const MatmulTile &together = tensorTiles[6], &halves = tensorTiles[8];

std::vector<MatmulTile> allTiles() {
  std::vector<MatmulTile> all(std::begin(tiles), std::end(tiles));
  all.insert(all.end(), std::begin(tensorTiles), std::end(tensorTiles));
  return all;
}

std::string source() {
  std::ostringstream s;
  s << preludeText({"base", "aligned", "copies", "mma", "half", "wgmma", "tiles", "matmul", "tensor", "tensor-together"})
    << warpgroupText(32) << warpgroupText(64) << warpgroupText(96) << R"(
template <bool AlongK, int Vector> struct Operand {
  static constexpr bool alongK = AlongK;
  static constexpr int vector = Vector;
  const float *x;
  long long outers, ks;
  DEV const float *at(long long outer, long long k) const { return x + (AlongK ? outer * ks + k : k * outers + outer); }
  DEV float operator()(long long outer, long long k) const { return *at(outer, k); }
};
template <class T, class A, class B, bool Tensor> DEV void run(const float *a, const float *b, float *c, long long M, int N, long long K) {
  extern __shared__ float4 shared[];
  float *pipe = (float *)shared;
  const long long m0 = (long long)blockIdx.x * T::rows;
  const int n0 = blockIdx.y * T::cols;
  if constexpr (Tensor && T::Products::columns > 0)
    matmulTogether<T>(pipe, pipe, A{a, M, K}, B{b, N, K}, m0, n0, M, N, K);
  else if constexpr (Tensor)
    matmulTensor<T>(pipe, pipe, A{a, M, K}, B{b, N, K}, m0, n0, M, N, K);
  else
    matmul<T>(pipe, pipe, A{a, M, K}, B{b, N, K}, m0, n0, M, N, K);
  const long long pitchC = (long long)gridDim.y * T::cols;
  for (int i = threadIdx.x; i < T::rows * T::cols; i += T::threads)
    c[(m0 + i / T::cols) * pitchC + n0 + i % T::cols] = pipe[i / T::cols * T::pitch + i % T::cols];
}
)";
  for (const MatmulTile &t : allTiles()) {
    s << "struct " << t.name << " { static constexpr int rows = " << t.rows << ", cols = " << t.cols << ", depth = " << t.depth
      << ", tm = " << t.tm << ", tn = " << t.tn << ", threads = " << t.threads << ", pitch = " << t.pitch << ", warpRows = " << t.warpRows
      << ", warpCols = " << t.warpCols << ", stages = " << t.stages << "; using Factors = " << t.factors << "; using Products = "
      << (t.grouped ? "Warpgroup" + std::to_string(t.grouped && t.factors == "Split" && t.cols == 128 ? 64 : t.cols) : "NoWarpgroup")
      << "; };\nstatic_assert(matmulPipeFloats<" << t.name << ">() == " << 2 * t.depth * (t.rows + 4 + t.cols + 4)
      << ", \"expected the documented size\");\n";
    for (int form = 0; form < 8; form++)
      s << "extern \"C\" __global__ void __launch_bounds__(" << t.threads << ") " << t.name << form
        << "(const float *a, const float *b, float *c, long long M, int N, long long K) {\n  run<" << t.name << ", Operand<" << (form & 1)
        << ", " << (form & 4 ? 4 : 1) << ">, Operand<" << (form >> 1 & 1) << ", " << (form & 4 ? 4 : 1) << ">, " << (t.stages > 0)
        << ">(a, b, c, M, N, K);\n}\n";
  }
  for (int band : {1, 3, 4})
    s << "extern \"C\" __global__ void __launch_bounds__(32) place" << band << "(float *rows, float *columns) {\n"
      << "  const MatmulPlace place = matmulPlace<" << band << ">();\n  const int block = blockIdx.y * gridDim.x + blockIdx.x;\n"
      << "  if (threadIdx.x == 0) {\n    rows[block] = place.row;\n    columns[block] = place.column;\n  }\n}\n";
  return s.str();
}

void runCase(Kernels &kernels, const MatmulTile &t, int form, int m, int n, int k, bool infinite = false) {
  std::vector<float> a = randomValues((size_t)m * k, 5), b = randomValues((size_t)n * k, 6);
  if (infinite)
    b[0] = std::numeric_limits<float>::infinity();
  const int blocksM = (m + t.rows - 1) / t.rows, blocksN = (n + t.cols - 1) / t.cols;
  const int wide = blocksN * t.cols;
  std::vector<Judged> want((size_t)blocksM * t.rows * wide);
  const bool rounds = t.factors != "Split";
  const std::vector<float> a1 = rounds ? roundedTo(t.factors, a) : a, b1 = rounds ? roundedTo(t.factors, b) : b;
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++)
      for (int l = 0; l < k; l++)
        want[(size_t)i * wide + j].add(a1[form & 1 ? i * k + l : l * m + i], b1[form & 2 ? j * k + l : l * n + j]);
  Array da(a), db(b), dc(want.size());
  long long M = m, K = k;
  int N = n;
  const int shared = 4 * std::max(t.pipeFloats(), t.rows * t.pitch);
  const std::string what = t.name + std::to_string(form) + " " + std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k);
  kernels.launch(t.name + std::to_string(form), {(unsigned)blocksM, (unsigned)blocksN, 1}, t.threads, shared,
                 {da.argument(), db.argument(), dc.argument(), &M, &N, &K});
  if (!infinite)
    return expectClose(dc.read(), want, k, what);
  const std::vector<float> got = dc.read();
  for (int i = m; i < blocksM * t.rows; i++)
    EXPECT_EQ(got[(size_t)i * wide], 0.0f) << what << ": expected zero in row " << i << " beyond M";
}

TEST(Matmul, Shapes) {
  Kernels kernels("matmul.cu", source());
  const int scalar[][3] = {{1, 1, 1}, {63, 65, 17}, {64, 64, 16}, {65, 127, 1}, {5, 3, 101}};
  const int quads[][3] = {{4, 4, 4}, {64, 68, 36}, {60, 64, 100}, {132, 8, 16}};
  for (const MatmulTile &t : tiles)
    for (int form = 0; form < 4; form++) {
      for (auto &s : scalar)
        runCase(kernels, t, form, s[0], s[1], s[2]);
      for (auto &s : quads)
        runCase(kernels, t, form + 4, s[0], s[1], s[2]);
    }
  runCase(kernels, tiles[0], 3, 5, 7, 9, true);
}

/// The float of these bits, or a float near 1 with all 24 bits in use.
std::vector<float> longValues(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> values(count);
  for (float &v : values)
    v = (float)(0x800000 + random() % 0x800000) * 0x1p-23f;
  return values;
}

TEST(Matmul, TensorCores) {
  Kernels kernels("matmul.cu", source());
  // K below 32 runs on CUDA cores; one slice of 16, a tail behind it, and more slices than stages.
  const int scalar[][3] = {{1, 1, 31}, {63, 65, 33}, {64, 64, 32}, {65, 33, 101}, {5, 3, 48}};
  const int quads[][3] = {{4, 4, 32}, {64, 68, 36}, {60, 64, 100}, {132, 132, 52}};
  for (const MatmulTile &t : tensorTiles)
    for (int form = 0; form < 4; form++) {
      for (auto &s : scalar)
        runCase(kernels, t, form, s[0], s[1], s[2]);
      for (auto &s : quads)
        runCase(kernels, t, form + 4, s[0], s[1], s[2]);
    }
  runCase(kernels, tensorTiles[0], 3, 5, 7, 33, true);
}

// Where all products have one sign, what tensor cores cut off adds up, and so does a part that is missing.
void keepsTheErrorOfFp32(const MatmulTile &t) {
  Kernels kernels("matmul.cu", source());
  long long M = 32;
  int N = 32;
  for (long long K : {32, 64, 2048}) {
    std::vector<float> a = longValues((size_t)(M * K), 1), b = longValues((size_t)(N * K), 2);
    Array da(a), db(b), dc((size_t)(t.rows * t.cols));
    kernels.launch(t.name + "3", {1, 1, 1}, t.threads, 4 * std::max(t.pipeFloats(), t.rows * t.pitch),
                   {da.argument(), db.argument(), dc.argument(), &M, &N, &K});
    const std::vector<float> got = dc.read();
    double worst = 0;
    for (int i = 0; i < M; i++)
      for (int j = 0; j < N; j++) {
        double value = 0;
        for (int k = 0; k < K; k++)
          value += (double)a[(size_t)(i * K + k)] * b[(size_t)(j * K + k)];
        worst = std::max(worst, std::fabs(got[(size_t)(i * t.cols + j)] - value) / value);
      }
    printf("K = %lld: %.2f u\n", K, worst * 0x1p24);
    EXPECT_LE(worst, 4 * 0x1p-24 * std::sqrt((double)K)) << K;
    EXPECT_LE(worst, 16 * 0x1p-24 * std::sqrt((double)K / 32)) << K;
  }
}
TEST(Matmul, TensorCoresKeepTheErrorOfFp32) { keepsTheErrorOfFp32(tensorTiles[0]); }
TEST(Matmul, WarpgroupsKeepTheErrorOfFp32) { keepsTheErrorOfFp32(together); }
TEST(Matmul, HalvesKeepTheErrorOfFp32) { keepsTheErrorOfFp32(halves); }

// Inf and NaN, whatever meets them, and numbers beyond the largest TF32.
void passesOnWhatIsNotFinite(const MatmulTile &t) {
  Kernels kernels("matmul.cu", source());
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  uint32_t ones = 0x7fffffff; // the NaN that a GPU makes
  float canonical;
  memcpy(&canonical, &ones, sizeof canonical);
  long long M = 40, K = 40;
  int N = 40;
  const float odd[] = {inf, -inf, nan, canonical, std::numeric_limits<float>::max()};
  for (float special : odd) {
    std::vector<float> a((size_t)(M * K), 0.5f), b((size_t)(N * K), 0.25f);
    a[(size_t)(3 * K + 5)] = special;
    b[(size_t)(7 * K + 5)] = 0;
    b[(size_t)(9 * K + 5)] = -0.75f;
    Array da(a), db(b), dc((size_t)(t.rows * t.cols));
    kernels.launch(t.name + "3", {1, 1, 1}, t.threads, 4 * std::max(t.pipeFloats(), t.rows * t.pitch),
                   {da.argument(), db.argument(), dc.argument(), &M, &N, &K});
    const std::vector<float> got = dc.read();
    for (int i = 0; i < M; i++)
      for (int j = 0; j < N; j++) {
        float want = 0;
        for (int k = 0; k < K; k++)
          want += a[(size_t)(i * K + k)] * b[(size_t)(j * K + k)];
        const float is = got[(size_t)(i * t.cols + j)];
        EXPECT_TRUE(is == want || (is != is && want != want)) << special << " at " << i << ", " << j << ": " << is << " for " << want;
      }
  }
}
TEST(Matmul, TensorCoresPassOnWhatIsNotFinite) { passesOnWhatIsNotFinite(tensorTiles[0]); }
TEST(Matmul, WarpgroupsPassOnWhatIsNotFinite) { passesOnWhatIsNotFinite(together); }
TEST(Matmul, HalvesPassOnWhatIsNotFinite) { passesOnWhatIsNotFinite(halves); }

// Blocks walk a band's columns, each from its first row to its last, and then the next band; the last band may be lower.
TEST(Matmul, BlocksWalkBands) {
  Kernels kernels("matmul.cu", source());
  for (int band : {1, 3, 4})
    for (auto [tileRows, tileColumns] : {std::pair<int, int>{1, 1}, {1, 5}, {7, 1}, {8, 3}, {10, 4}}) {
      std::vector<float> wantRows, wantColumns;
      for (int first = 0; first < tileRows; first += band)
        for (int column = 0; column < tileColumns; column++)
          for (int row = first; row < std::min(first + band, tileRows); row++)
            wantRows.push_back((float)row), wantColumns.push_back((float)column);
      Array rows(wantRows.size()), columns(wantRows.size());
      kernels.launch("place" + std::to_string(band), {(unsigned)tileRows, (unsigned)tileColumns, 1}, 32, 0,
                     {rows.argument(), columns.argument()});
      EXPECT_EQ(rows.read(), wantRows) << band << ": " << tileRows << " x " << tileColumns;
      EXPECT_EQ(columns.read(), wantColumns) << band << ": " << tileRows << " x " << tileColumns;
    }
}

} // namespace
} // namespace fusion::prelude
