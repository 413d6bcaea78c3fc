// The recommended tiles compiled with NVRTC for every architecture: no spills, no stack; prints registers, shared bytes and time.
#include "fusion/Runtime/Nvrtc.h"
#include "Harness.h"
#include <cstdio>
#include <ctime>

namespace fusion::prelude {
namespace {

/// A kernel named `kernel`, and the dynamic shared memory that its tile asks for as an expression of the prelude.
struct Sample {
  std::string name;
  std::vector<std::string> parts;
  std::string text;
  int sharedBytes;
};

const char *const windowKernel = R"(
struct Load {
  const float *x;
  static constexpr bool plain = false;
  DEV float operator()(int image, int channel, int p) const {
    const float v = x[((index_t)image * C + channel) * N + p];
    return v < 0.0f ? 0.0f : v;
  }
};
extern "C" __global__ void __launch_bounds__(T::threads) kernel(const float *x, const float *w, const float *bias, float *y) {
  extern __shared__ float4 shared[];
  float *pipe = (float *)shared;
  using S = WindowShape<P, T, Scatter>;
  static_assert(4 * (S::Resident ? (S::PipeFloats > T::channels * T::pitch ? S::PipeFloats : T::channels * T::pitch)
                                 : roundUp(S::PipeFloats, 4) + T::channels * T::pitch) == SharedBytes, "expected the shared bytes of the table");
  float *tile = S::Resident ? pipe : pipe + roundUp(S::PipeFloats, 4);
  const WindowPlace<P, T, Scatter> at;
  window<P, T, Scatter>(tile, pipe, Load{x}, w, at);
#pragma unroll 1
  for (int i = threadIdx.x; i < at.channels * volume(T::box); i += T::threads) {
    const int c = i / volume(T::box);
    const int p = at.position(i % volume(T::box));
    if (p >= 0) {
      const float z = tile[c * T::pitch + i % volume(T::box)] + bias[at.channel + c];
      y[((index_t)at.image * (Scatter ? P::B : P::A) + at.channel + c) * volume(S::out) + p] = z < 0.0f ? 0.0f : z;
    }
  }
}
)";

Sample windowSample(const std::string &name, const std::string &problem, const std::string &tile, bool scatter, int sharedBytes) {
  const std::string side = scatter ? "small" : "large";
  std::string text = "struct P { static constexpr int " + problem + "; };\nstruct T { static constexpr Vec3 " + tile + "; };\n";
  text += "constexpr bool Scatter = " + std::string(scatter ? "true" : "false") + ";\nconstexpr int C = P::" + (scatter ? "A" : "B") +
          ", N = P::" + side + ".d * P::" + side + ".h * P::" + side + ".w, SharedBytes = " + std::to_string(sharedBytes) + ";\n";
  return {name, {"base", "aligned", "copies", "patch", "window"}, text + windowKernel, sharedBytes};
}

const char *const weightKernel = R"(
template <int Channels, int Positions> struct Load {
  const float *x;
  static constexpr bool plain = Plain;
  DEV const float *at(int image, int channel, int p) const { return x + ((index_t)image * Channels + channel) * Positions + p; }
  DEV float operator()(int image, int channel, int p) const {
    const float v = *at(image, channel, p);
    return v < 0.0f ? 0.0f : v;
  }
};
static_assert(4 * PIPE<P, T>() == SharedBytes, "expected the shared bytes of the table");
extern "C" __global__ void __launch_bounds__(T::threads, Blocks) kernel(const float *s, const float *l, int images, float *partial, float *partialS) {
  extern __shared__ float4 shared[];
  GRADIENT<P, T, true>((float *)shared, Load<P::A, volume(P::small)>{s}, Load<P::B, volume(P::large)>{l}, images, partial, partialS);
}
)";

Sample weightSample(const std::string &name, const std::string &problem, const std::string &tile, int sharedBytes, int blocks = 1,
                    const std::string &factors = "Tf32") {
  const bool tensor = tile.find("warpA") != std::string::npos;
  return {name,
          {"base", "aligned", "copies", "patch", "weight", "mma", "half", "tensor-weight"},
          "struct P { static constexpr int " + problem + "; };\nstruct T { static constexpr Vec3 " + tile + "; using Factors = " + factors +
              "; };\nconstexpr int SharedBytes = " + std::to_string(sharedBytes) + ", Blocks = " + std::to_string(blocks) +
              ";\nconstexpr bool Plain = " + (tile.find("stages = 1") == std::string::npos ? "true" : "false") + ";\n" +
              (tensor ? "#define GRADIENT weightTensor\n#define PIPE tensorWeightPipeFloats\n"
                      : "#define GRADIENT weightGrad\n#define PIPE weightPipeFloats\n") +
              weightKernel,
          sharedBytes};
}

const char *const matmulKernel = R"(
template <bool AlongK> struct Operand {
  static constexpr bool alongK = AlongK;
  static constexpr int vector = 4;
  const float *x;
  long long outers, ks;
  DEV const float *at(long long outer, long long k) const { return x + (AlongK ? outer * ks + k : k * outers + outer); }
  DEV float operator()(long long outer, long long k) const { return *at(outer, k); }
};
DEV constexpr int larger(int a, int b) { return a > b ? a : b; }
static_assert(4 * larger(PIPE<T>(), T::rows * T::pitch) == SharedBytes,
              "expected the shared bytes of the table");
extern "C" __global__ void __launch_bounds__(T::threads, Blocks) kernel(const float *a, const float *b, const float *bias, float *c, long long M, int N, long long K) {
  extern __shared__ float4 shared[];
  float *pipe = (float *)shared;
  const long long m0 = (long long)blockIdx.x * T::rows;
  const int n0 = blockIdx.y * T::cols;
  PRODUCT<T>(pipe, pipe, Operand<AlongA>{a, M, K}, Operand<AlongB>{b, N, K}, m0, n0, M, N, K);
#pragma unroll 1
  for (int i = threadIdx.x; i < T::rows * T::cols; i += T::threads) {
    const long long m = m0 + i / T::cols;
    const int n = n0 + i % T::cols;
    if (m < M && n < N)
      c[m * N + n] = pipe[i / T::cols * T::pitch + i % T::cols] + bias[n];
  }
}
)";

Sample matmulSample(const std::string &name, const std::string &tile, bool alongA, bool alongB, int blocks, int sharedBytes,
                    const std::string &factors = "Split") {
  const bool tensor = tile.find("warpRows") != std::string::npos;
  return {name,
          {"base", "aligned", "copies", "mma", "half", "tiles", "matmul", "tensor"},
          "struct T { static constexpr int " + tile + "; using Factors = " + factors +
              "; };\nconstexpr bool AlongA = " + (alongA ? "true" : "false") + ", AlongB = " + (alongB ? "true" : "false") +
              ";\nconstexpr int Blocks = " + std::to_string(blocks) + ", SharedBytes = " + std::to_string(sharedBytes) + ";\n" +
              (tensor ? "#define PRODUCT matmulTensor\n#define PIPE tensorPipeFloats\n"
                      : "#define PRODUCT matmul\n#define PIPE matmulPipeFloats\n") +
              matmulKernel,
          sharedBytes};
}

const char *const finishKernel = R"(
extern "C" __global__ void __launch_bounds__(256) kernel(const float *count, const float *mean, index_t n, float *y) {
  __shared__ float scratch[256];
  const Moments all = mergeRows<256>(count, 4, n, 4 * n, n, scratch);
  const float sum = sumRows<256>(mean, 1, 0, n, scratch);
  y[threadIdx.x] = all.mean + rsqrtf(all.m2 / all.count) + sum + sumColumns<256>(mean + threadIdx.x % 32, true, 256, n / 256, scratch);
}
)";

std::vector<Sample> samples() {
  const std::string conv = "A = 64, B = 8, G = 1; static constexpr Vec3 small = {1, 126, 126}, large = {1, 128, 128}, taps = {1, 3, 3}, "
                           "stride = {1, 1, 1}, padding = {0, 0, 0}, dilation = {1, 1, 1}";
  const std::string transposed =
      "A = 3, B = 16, G = 1; static constexpr Vec3 small = {16, 32, 32}, large = {31, 63, 63}, taps = {3, 3, 3}, "
      "stride = {2, 2, 2}, padding = {1, 1, 1}, dilation = {1, 1, 1}";
  const std::string general = "A = 128, B = 64, G = 1; static constexpr Vec3 small = {1, 64, 64}, large = {1, 64, 64}, taps = {1, 3, 3}, "
                              "stride = {1, 1, 1}, padding = {0, 1, 1}, dilation = {1, 1, 1}";
  auto tile = [](const std::string &box, int channels, int slice, int rows, int cols, int threads, int pitch) {
    return "box = " + box + "; static constexpr int channels = " + std::to_string(channels) + ", slice = " + std::to_string(slice) +
           ", rows = " + std::to_string(rows) + ", cols = " + std::to_string(cols) + ", threads = " + std::to_string(threads) +
           ", vector = 1, pitch = " + std::to_string(pitch);
  };
  return {
      {"finish", {"base", "reduce", "rows"}, finishKernel, 0},
      windowSample("conv 8 -> 64", conv, tile("{1, 8, 32}", 64, 8, 8, 8, 256, 256), false, 65536),
      windowSample("its input gradient", conv, tile("{1, 16, 64}", 8, 8, 8, 8, 128, 1024), true, 41472),
      windowSample("transposed 3 -> 16", transposed, tile("{1, 8, 64}", 16, 3, 8, 8, 64, 512), true, 43216),
      windowSample("its input gradient", transposed, tile("{2, 8, 32}", 3, 2, 8, 3, 64, 512), false, 45744),
      windowSample("conv 64 -> 128", general, tile("{1, 8, 32}", 64, 8, 8, 8, 256, 256), false, 65536),
      windowSample("its input gradient", general, tile("{1, 8, 32}", 64, 8, 8, 8, 256, 256), true, 65536),
      weightSample("weight gradient of conv 8 -> 64", conv,
                   "box = {1, 4, 32}; static constexpr int as = 64, bs = 8, ta = 8, tq = 9, threads = 256", 40352),
      weightSample("weight gradient of transposed 3 -> 16", transposed,
                   "box = {2, 4, 16}; static constexpr int as = 3, bs = 8, ta = 3, tq = 9, threads = 192", 49104),
      weightSample("weight gradient of conv 64 -> 128", general,
                   "box = {1, 4, 32}; static constexpr int as = 64, bs = 16, ta = 8, tq = 9, threads = 256", 46912),
      weightSample("weight gradient 64 -> 128, TF32", general,
                   "box = {1, 4, 32}; static constexpr int as = 64, bs = 16, warpA = 32, warpQ = 72, threads = 128, stages = 2", 93696, 2),
      weightSample("weight gradient 8 -> 64, TF32", conv,
                   "box = {1, 4, 32}; static constexpr int as = 64, bs = 8, warpA = 32, warpQ = 40, threads = 128, stages = 1", 40320, 3),
      weightSample("weight gradient of transposed, TF32", transposed,
                   "box = {1, 4, 16}; static constexpr int as = 3, bs = 16, warpA = 16, warpQ = 72, threads = 192, stages = 1", 59952, 2),
      matmulSample("matrix product 128 x 128", "rows = 128, cols = 128, depth = 8, tm = 8, tn = 8, threads = 256, pitch = 132", true, true,
                   2, 67584),
      matmulSample("matrix product 64 x 128, weight gradient",
                   "rows = 64, cols = 128, depth = 8, tm = 8, tn = 8, threads = 128, pitch = 132", false, false, 3, 33792),
      matmulSample("3xTF32 product 128 x 64",
                   "rows = 128, cols = 64, depth = 8, tm = 8, tn = 8, threads = 128, pitch = 68, warpRows = 64, warpCols = 32, stages = 3",
                   true, true, 2, 36864),
      matmulSample("3xTF32 product 64 x 128, input gradient",
                   "rows = 64, cols = 128, depth = 8, tm = 8, tn = 8, threads = 128, pitch = 132, warpRows = 32, warpCols = 64, stages = 3",
                   true, false, 2, 36864),
      matmulSample("3xTF32 product 64 x 64, weight gradient",
                   "rows = 64, cols = 64, depth = 8, tm = 8, tn = 4, threads = 128, pitch = 68, warpRows = 32, warpCols = 32, stages = 3",
                   false, false, 3, 24576),
      weightSample("weight gradient 64 -> 128, BF16", general,
                   "box = {1, 4, 32}; static constexpr int as = 64, bs = 16, warpA = 32, warpQ = 72, threads = 128, stages = 2", 93696, 2,
                   "Bf16"),
      matmulSample("FP16 product 128 x 64",
                   "rows = 128, cols = 64, depth = 8, tm = 8, tn = 8, threads = 128, pitch = 68, warpRows = 64, warpCols = 32, stages = 3",
                   true, true, 2, 36864, "Fp16"),
  };
}

TEST(Nvrtc, NoSpillsOnAnyArchitecture) {
  const auto nvrtc = runtime::Nvrtc::get();
  if (!nvrtc)
    GTEST_SKIP() << "NOT RUN: " << nvrtc.error().message();
  const std::pair<const char *, const char *> forms[] = {
      {"sm_80", "int"}, {"sm_90a", "int"}, {"sm_100a", "int"}, {"sm_120", "int"}, {"sm_90a", "long long"}};
  for (const Sample &sample : samples())
    for (const auto &[arch, index] : forms) {
      const clock_t start = clock(); // of this process: the machine may be busy
      const auto cubin = (*nvrtc)->compileToCubin(preludeText(sample.parts, index) + sample.text, "kernel.cu", arch);
      const double milliseconds = 1e3 * (clock() - start) / CLOCKS_PER_SEC;
      ASSERT_TRUE(cubin) << sample.name << ", " << arch << ": " << cubin.error().message();
      const auto info = runtime::parseCubin(*cubin);
      ASSERT_TRUE(info) << info.error().message();
      const runtime::KernelResources *kernel = info->find("kernel");
      ASSERT_TRUE(kernel && kernel->reported) << sample.name << ", " << arch;
      EXPECT_EQ(kernel->spillBytes(), 0u) << sample.name << ", " << arch << ", " << index;
      printf("%-40s %-8s %-9s %3u registers %6d shared bytes %4.0f ms\n", sample.name.c_str(), arch, index, kernel->registers,
             sample.sharedBytes, milliseconds);
    }
}

} // namespace
} // namespace fusion::prelude
