// Sources that do not compile, launches that a GPU would refuse, and what compile() promises about its result.
#include "Fixture.h"
#include <filesystem>
#include <unistd.h>

namespace fusion::test {
namespace {

void expectError(const Error &error, ErrorKind kind, const std::string &text) {
  EXPECT_EQ(static_cast<int>(error.kind()), static_cast<int>(kind)) << error.message();
  EXPECT_NE(error.message().find(text), std::string::npos) << "expected " << text << " in: " << error.message();
}
constexpr char kStore[] = R"(extern "C" __global__ void __launch_bounds__(256) k(float *y) { y[threadIdx.x] = 1.0f; })";

TEST_F(HostTest, CompileErrorsCarryTheSourceLine) {
  struct {
    const char *source, *expected;
  } cases[] = {
      {"extern \"C\" __global__ void k(float *y) {\n  y[0] = undeclared;\n}", "bad.cu:2"},
      {"\n\nstatic_assert(1 + 1 == 3, \"arithmetic\");", "bad.cu:3"},
      {"#line 40 \"model.py\"\nint x = y;", "model.py:40"},
      {"extern \"C\" __global__ void k(\n", "bad.cu"},
      {"\n#include \"/etc/passwd\"\n", "bad.cu:2: expected a source without #include"},
      {"\n #  include <vector>\n", "bad.cu:2: expected a source without #include"},
      {"__device__ void f() {\n asm(\"add.s32 %0, %1, 1; sub.s32 %0, %0, 1;\" : \"=r\"(x) : \"r\"(y)); }", "bad.cu:2: expected one PTX"},
      {"__device__ void f(float &d) { asm(\"ex2.approx.ftz.f32 %0, %7;\" : \"=f\"(d) : \"f\"(d)); }", "expected an operand"},
      {"__device__ void f() { asm(", "expected ')'"},
      {"__device__ void f() { asm", "expected '('"},
      {"__device__ void f() { extern __shared__ float x[]", "expected ';'"},
      {"__device__ void f() { extern __shared__ []; }", "expected an array"},
      {"\"unterminated", "bad.cu"},
      {"/* unterminated", "bad.cu"},
      {"{{{{{{", "bad.cu"},
  };
  for (bool sanitize : {false, true})
    for (auto &test : cases) {
      driver.options().sanitize = sanitize;
      auto binary = driver.compile(test.source, "bad.cu", "sm_80");
      ASSERT_FALSE(binary) << test.source;
      expectError(binary.error(), ErrorKind::Compile, test.expected);
    }
  expectError(driver.compile(std::string("int x;\0int y;", 13), "nul.cu", "sm_80").error(), ErrorKind::Compile, "NUL");
}

TEST_F(HostTest, NamesOfSourcesCannotInject) {
  std::string name = "a\"\nint injected = undeclared;//\\*/" + std::string(1, '\0') + "b.cu";
  auto binary = driver.compile(kStore, name, "sm_80");
  EXPECT_TRUE(binary) << binary.error().message();
}

TEST_F(HostTest, CompilesTheLanguageThatEmittedSourcesUse) {
  compile(R"(
struct Problem { int n; float scale; };
template <int N, class Epilogue> __device__ __forceinline__ float apply(float v, Epilogue epilogue) {
  static_assert(N > 0, "");
  if constexpr (N > 1) return epilogue(v) * N;
  else return epilogue(v);
}
template <int N> __global__ void unused(float *y) { y[0] = N; }
constexpr Problem kProblem{7, 0x1p-1f};
__constant__ float kTable[4] = {1.0f, 2.0f, 3.0f, 4.0f};
__device__ __noinline__ float table(int i) { return kTable[i & 3]; }
extern "C" __global__ void __launch_bounds__(kProblem.n * 8, 2)
k(const float *__restrict__ x, float *__restrict__ y, const Problem problem, const long long n) {
  __shared__ float tile[2][32 + 1];
  long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
  dim3 shape = blockDim;
  uint3 at = threadIdx;
  auto *row = tile[0];
  auto put = [&](int j, float v) { tile[1][j] = row[j] = v; };
  put(at.x, __ldg(x + i));
  __syncthreads();
  float v = tile[0][31 - at.x];
#pragma unroll
  for (int o = 16; o; o >>= 1) v = fmaxf(v, __shfl_down_sync(0xffffffffu, v, o));
  v = __shfl_sync(0xffffffffu, v, 0);
  unsigned r;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(r) : "f"(1.0f + 0x1p-11f));
  v += __uint_as_float(r) - 1.0f; // rounds away from zero: 2^-10
  v += apply<2>(problem.scale, [](float z) { return z / (1.0f + __expf(-z)); }) * 0.0f;
  v += rsqrtf(4.0f) + expf(0.0f) + tanhf(0.0f) + erff(0.0f) + log1pf(0.0f) + sqrtf(4.0f) + __fdividef(1.0f, 2.0f) + table(shape.x / 32);
  v += max(1, 2) + min(3u, 4) + (float)max(5ll, 6ll);
  if (i < n) reinterpret_cast<float2 *>(y)[i] = make_float2(v, i);
}
)");
  struct {
    int n;
    float scale;
  } problem{1, 1.0f};
  std::vector<float> x(32);
  for (int i = 0; i < 32; ++i)
    x[i] = static_cast<float>(i);
  for (bool sanitize : {false, true}) {
    driver.options().sanitize = sanitize;
    DevicePointer y = upload(std::vector<float>(64), "y");
    Error error = launch("k", {1}, {32}, 0, upload(x, "x"), y, problem, 32LL);
    ASSERT_FALSE(error) << error.message();
    float expected = 31 + 0x1p-10f + (0.5f + 1 + 2 + 0.5f + 2) + (2 + 3 + 6);
    for (int i = 0; i < 32; ++i) {
      EXPECT_EQ(download<float>(y, 64)[2 * i], expected);
      EXPECT_EQ(download<float>(y, 64)[2 * i + 1], i);
    }
  }
  expectError(launch("k", {1}, {64}, 0, upload(x, "x"), upload(x, "y"), problem, 32LL), ErrorKind::Device, "__launch_bounds__");
}

TEST_F(HostTest, TensorCoresRoundLikeTheHardware) {
  // A is all ones but for low bits that tf32 has not; B is the identity: D must be C + the truncated column sums.
  compile(R"(extern "C" __global__ void k(float *d, const float *bits) {
  float c[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  unsigned a = __float_as_uint(1.0f) | 0x1fff, lane = threadIdx.x;
  unsigned b0 = __float_as_uint((lane & 3) == lane >> 2 ? 1.0f : 0.0f), b1 = __float_as_uint((lane & 3) + 4 == lane >> 2 ? 1.0f : 0.0f);
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
    : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(a), "r"(a), "r"(a), "r"(a), "r"(b0), "r"(b1));
  for (int i = 0; i < 4; ++i) d[lane * 4 + i] = c[i];
})");
  DevicePointer d = upload(std::vector<float>(128), "d");
  ASSERT_FALSE(launch("k", {1}, {32}, 0, d, d));
  EXPECT_EQ(download<float>(d, 128), std::vector<float>(128, 1.0f));
}

TEST_F(HostTest, TensorCoresCutOffWhatDoesNotFit) {
  // 1 + 1.5 * 2^-24 is nearer to 1 + 2^-23, and -1 - 1.5 * 2^-24 to -1 - 2^-23.
  compile(R"(extern "C" __global__ void k(float *d, const float *bits) {
  unsigned zero = 0, lane = threadIdx.x;
  float sign = lane % 8 < 4 ? 1.0f : -1.0f, c[4] = {sign, sign, sign, sign};
  unsigned a = __float_as_uint(lane % 4 == 0 ? sign * 0x1.8p-24f : 0.0f), b = __float_as_uint(1.0f);
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
    : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(a), "r"(a), "r"(zero), "r"(zero), "r"(b), "r"(b));
  for (int i = 0; i < 4; ++i) d[lane * 4 + i] = c[i] * sign;
})");
  DevicePointer d = upload(std::vector<float>(128), "d");
  ASSERT_FALSE(launch("k", {1}, {32}, 0, d, d));
  EXPECT_EQ(download<float>(d, 128), std::vector<float>(128, 1.0f));
}

TEST_F(HostTest, LdmatrixFeedsHalfProducts) {
  // D = A * I with A[i][k] = i + k in fp16, A and B read by ldmatrix.
  compile(R"(
__device__ unsigned at(const void *p) { return (unsigned)__cvta_generic_to_shared(p); }
extern "C" __global__ void k(float *d, const unsigned short *halves) {
  __shared__ __align__(16) unsigned short a[16][16], b[16][8];
  for (int i = threadIdx.x; i < 256; i += 32) a[i / 16][i % 16] = halves[i / 16 + i % 16];
  for (int i = threadIdx.x; i < 128; i += 32) b[i / 8][i % 8] = i / 8 == i % 8 ? halves[1] : halves[0];
  __syncwarp();
  unsigned lane = threadIdx.x, r[4], s[2];
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\n"
    : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(at(&a[lane & 15][(lane >> 4) * 8])) : "memory");
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];\n" : "=r"(s[0]), "=r"(s[1]) : "r"(at(&b[lane & 15][0])) : "memory");
  float c0 = 0.0f, c1 = 0.0f, c2 = 0.0f, c3 = 0.0f;
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
    : "+f"(c0), "+f"(c1), "+f"(c2), "+f"(c3) : "r"(r[0]), "r"(r[1]), "r"(r[2]), "r"(r[3]), "r"(s[0]), "r"(s[1]));
  int row = lane >> 2, column = (lane & 3) * 2;
  d[row * 8 + column] = c0; d[row * 8 + column + 1] = c1; d[row * 8 + 64 + column] = c2; d[row * 8 + 64 + column + 1] = c3;
})");
  // fp16 of 0..31, from 0, 1, 2, 4, ... upwards
  std::vector<unsigned short> halves(32);
  for (int i = 1; i < 32; ++i) {
    int exponent = 31 - __builtin_clz(i);
    halves[i] = static_cast<unsigned short>((exponent + 15) << 10 | (i << (10 - exponent) & 0x3ff));
  }
  for (bool sanitize : {false, true})
    for (Schedule schedule : kSchedules) {
      driver.options().sanitize = sanitize;
      driver.options().schedule = schedule;
      DevicePointer d = upload(std::vector<float>(128), "d");
      Error error = launch("k", {1}, {32}, 0, d, upload(halves, "halves"));
      ASSERT_FALSE(error) << error.message();
      std::vector<float> values = download<float>(d, 128);
      for (int i = 0; i < 128; ++i)
        ASSERT_EQ(values[i], static_cast<float>(i / 8 + i % 8)) << i;
    }
}

TEST_F(HostTest, LaunchesAreHeldToTheClaimedDevice) {
  struct {
    int major, minor;
    const char *arch;
    size_t shared;
  } devices[] = {{8, 0, "sm_80", 163}, {9, 0, "sm_90a", 227}, {10, 0, "sm_100a", 227}, {12, 0, "sm_120", 99}};
  for (auto &device : devices) {
    driver.options().claimMajor = device.major;
    driver.options().claimMinor = device.minor;
    compile(R"(extern "C" __global__ void k(float *y) { __shared__ float s[256]; extern __shared__ float d[];
      s[threadIdx.x] = d[threadIdx.x] = 1.0f; __syncthreads(); y[threadIdx.x] = s[threadIdx.x] + __CUDA_ARCH__ + d[threadIdx.x]; })",
            device.arch);
    DevicePointer y = upload(std::vector<float>(64), "y");
    size_t most = device.shared * 1024 - 1024;
    EXPECT_EQ(driver.device().sharedBytesPerBlock, device.shared * 1024);
    EXPECT_FALSE(launch("k", {1}, {64}, most, y));
    EXPECT_EQ(download<float>(y, 1)[0], device.major * 100 + device.minor * 10 + 2);
    expectError(launch("k", {1}, {64}, most + 1, y), ErrorKind::Device, "bytes of shared memory on compute capability");
  }
  for (const char *wrong : {"", "sm_", "90", "sm_90x", "sm_9", "compute_90", "sm_1000"})
    expectError(driver.compile(kStore, "k.cu", wrong).error(), ErrorKind::InvalidArgument, "expected an architecture");
  auto binary = driver.compile(kStore, "k.cu", "sm_90a");
  ASSERT_TRUE(binary);
  expectError(driver.load(*binary).error(), ErrorKind::Device, "no kernel image for this device");
}

TEST_F(HostTest, ImpossibleLaunchesAreErrors) {
  compile(R"(extern "C" __global__ void k(float *y) { y[0] = 1.0f; }
extern "C" __global__ void big(float *y) { __shared__ float s[12289]; s[threadIdx.x] = 1.0f; __syncthreads(); y[0] = s[0]; })");
  DevicePointer y = upload(std::vector<float>(64), "y");
  for (Extent3 block :
       {Extent3{0, 1, 1}, Extent3{1, 0, 1}, Extent3{1025, 1, 1}, Extent3{1, 1, 65}, Extent3{32, 33, 1}, Extent3{1u << 31, 2, 1}})
    expectError(launch("k", {1}, block, 0, y), ErrorKind::Device, "expected a block of 1 to 1024 threads");
  for (Extent3 grid : {Extent3{0, 1, 1}, Extent3{1u << 31, 1, 1}, Extent3{1, 65536, 1}, Extent3{1, 1, 65536}, Extent3{1, 1, 0}})
    expectError(launch("k", grid, {1}, 0, y), ErrorKind::Device, "expected a grid of");
  expectError(launch("missing", {1}, {1}, 0, y), ErrorKind::Device, "no kernel 'missing' in the module; it has k, big");
  expectError(launch("big", {1}, {1}, 0, y), ErrorKind::Device, "at most 49152 bytes of static shared memory, but got 49156");
  auto function = driver.function(module, "k", 50000);
  ASSERT_TRUE(function);
  void *args[] = {&y, nullptr};
  EXPECT_FALSE(driver.launch(*function, {1}, {1}, 50000, nullptr, args));
  expectError(driver.launch(*function, {1}, {1}, 50001, nullptr, args), ErrorKind::Device, "opted in");
  driver.unload(module);
  expectError(driver.launch(*function, {1}, {1}, 0, nullptr, args), ErrorKind::Device, "unknown handle");
  expectError(driver.function(module, "k", 0).error(), ErrorKind::Device, "unknown handle");
  driver.unload(module);
  expectError(driver.synchronize(), ErrorKind::Device, "unload");
}

TEST_F(HostTest, BinariesAreSelfContained) {
  auto binary = driver.compile(kStore, "k.cu", "sm_90a");
  ASSERT_TRUE(binary);
  HostDriver other;
  auto loaded = other.load(*binary);
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(other.function(*loaded, "k", 0));
  for (size_t size = 0; size < binary->bytes.size(); size += 97)
    expectError(driver.load({{binary->bytes.begin(), binary->bytes.begin() + size}, ""}).error(), ErrorKind::InvalidProgram, "host driver");
}

TEST_F(HostTest, CachedBinariesAreKeptApartByMode) {
  std::string plain = driver.compilerId();
  EXPECT_FALSE(plain.empty());
  driver.options().optimization = 2;
  EXPECT_NE(driver.compilerId(), plain);
  driver.options().sanitize = true;
  EXPECT_NE(driver.compilerId(), plain);
  driver.options().checkingCompiler = "no-such-clang";
  EXPECT_EQ(driver.compilerId(), "");
}

TEST_F(HostTest, MissingCompilersAreNamed) {
  driver.options().compiler = "no-such-compiler";
  expectError(driver.compile("int a;", "k.cu", "sm_80").error(), ErrorKind::System, "no-such-compiler");
  driver.options().sanitize = true;
  driver.options().checkingCompiler = "no-such-clang";
  expectError(driver.compile("int a;", "k.cu", "sm_80").error(), ErrorKind::System, "no-such-clang");
}

TEST_F(HostTest, LeavesNoFilesBehind) {
  compile(kStore);
  ASSERT_FALSE(launch("k", {1}, {32}, 0, upload(std::vector<float>(32), "y")));
  // Other processes' directories may come and go meanwhile.
  std::string prefix = std::to_string(getpid()) + "-";
  std::error_code gone;
  std::filesystem::directory_iterator end, folders(std::filesystem::temp_directory_path(), gone);
  for (; folders != end; folders.increment(gone)) {
    if (folders->path().filename().string().rfind("fusion-host-", 0) != 0)
      continue;
    for (std::filesystem::directory_iterator files(folders->path(), gone); files != end; files.increment(gone))
      EXPECT_NE(files->path().filename().string().rfind(prefix, 0), 0u) << files->path();
  }
}

TEST_F(HostTest, ElapsedPassesErrorsOn) {
  auto time = driver.elapsed(nullptr, [] { return Error(); });
  ASSERT_TRUE(time);
  EXPECT_GE(*time, 0.0f);
  expectError(driver.elapsed(nullptr, [] { return Error(ErrorKind::Device, "inner"); }).error(), ErrorKind::Device, "inner");
}

} // namespace
} // namespace fusion::test
