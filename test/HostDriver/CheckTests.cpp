// Planted bugs, one per kernel: each is reported with its kind, buffer and line in every order of threads; correct kernels are silent.
#include "Fixture.h"

namespace fusion::test {
namespace {

// ---------------------------------------------------------------- bounds and initialisation

TEST_F(CheckTest, OffByOneTail) {
  compile(R"(extern "C" __global__ void k(const float *x, float *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i <= n)
    y[i] = x[i] * 2.0f;
})");
  expectFinding(FindingKind::OutOfBounds, 4, "past the end of 'x' (2000 bytes)", {2}, {256}, 0, floats(500, "x"), floats(600, "y"), 500);
  expectFinding(FindingKind::OutOfBounds, 4, "past the end of 'y' (2000 bytes)", {2}, {256}, 0, floats(600, "x"), floats(500, "y"), 500);
}

TEST_F(CheckTest, FarOutOfBoundsIsOneFindingAndNoCrash) {
  compile(R"(extern "C" __global__ void k(float *y, long long offset) { y[offset] = 1.0f; })");
  expectFinding(FindingKind::OutOfBounds, 1, "write", {1}, {1}, 0, floats(4, "y"), 1LL << 20);
}

TEST_F(CheckTest, ScalarThatStraddlesTheEnd) {
  compile(R"(extern "C" __global__ void k(const double *x, double *y) {
  y[0] = x[3];
})");
  expectFinding(FindingKind::OutOfBounds, 2, "read of 8 bytes at offset 24 runs past x (28 bytes)", {1}, {1}, 0, floats(7, "x"),
                floats(2, "y"));
}

TEST_F(CheckTest, VectorThatStraddlesTheEnd) {
  compile(R"(extern "C" __global__ void k(const float *x, float *y) {
  float4 v = *reinterpret_cast<const float4 *>(x + 4);
  y[0] = v.x + v.y + v.z + v.w;
})");
  expectFinding(FindingKind::OutOfBounds, 0, "'x'", {1}, {1}, 0, floats(6, "x"), floats(1, "y"));
}

TEST_F(CheckTest, OnePastAStaticSharedArray) {
  compile(R"(extern "C" __global__ void k(float *y) {
  __shared__ float s[64];
  __shared__ __align__(16) float t[64];
  s[threadIdx.x] = 1.0f;
  t[threadIdx.x] = 2.0f;
  __syncthreads();
  y[threadIdx.x] = s[threadIdx.x + 1] + t[threadIdx.x];
})");
  expectFinding(FindingKind::OutOfBounds, 7, "shared array s (256 bytes)", {1}, {64}, 0, floats(64, "y"));
}

TEST_F(CheckTest, PastTheDynamicSharedMemory) {
  compile(R"(extern "C" __global__ void k(float *y) {
  extern __shared__ float d[];
  d[threadIdx.x * 2] = 1.0f;
  __syncthreads();
  y[threadIdx.x] = d[threadIdx.x & ~1];
})");
  expectFinding(FindingKind::OutOfBounds, 3, "dynamic shared memory (256 bytes)", {1}, {64}, 256, floats(64, "y"));
}

TEST_F(CheckTest, SharedMemoryOfTheBlockBeforeIsNotInitialised) {
  compile(R"(extern "C" __global__ void k(float *y) {
  __shared__ float s[64];
  if (blockIdx.x == 0 || threadIdx.x < 32) s[threadIdx.x] = 1.0f;
  __syncthreads();
  y[blockIdx.x * 64 + threadIdx.x] = s[threadIdx.x];
})");
  expectFinding(FindingKind::UninitializedShared, 5, "shared s+", {2}, {64}, 0, floats(128, "y"));
}

TEST_F(CheckTest, DeviceMemoryThatNothingWrote) {
  compile(R"(extern "C" __global__ void k(const float *x, float *y) {
  y[threadIdx.x] = x[threadIdx.x];
})");
  auto x = driver.allocate(64 * 4, "x");
  ASSERT_TRUE(x);
  std::vector<float> half(32);
  ASSERT_FALSE(driver.copyToDevice(*x, half.data(), 128));
  expectFinding(FindingKind::UninitializedGlobal, 2, "x+", {1}, {64}, 0, *x, floats(64, "y"));
  ASSERT_FALSE(driver.fill(*x + 128, 0, 128, nullptr));
  expectSilence({1}, {64}, 0, *x, floats(64, "y"));
}

TEST_F(CheckTest, ReadModifyWriteIsARead) {
  compile(R"(extern "C" __global__ void k(float *y) {
  __shared__ float s[32];
  s[threadIdx.x] += 1.0f;
  y[threadIdx.x] = s[threadIdx.x];
})");
  expectFinding(FindingKind::UninitializedShared, 3, "shared s+", {1}, {32}, 0, floats(32, "y"));
}

TEST_F(CheckTest, PartsOfAWorkspaceAreBuffersOfTheirOwn) {
  compile(R"(extern "C" __global__ void k(float *a, float *b, int n) {
  a[threadIdx.x] = 1.0f;
  b[threadIdx.x < n ? threadIdx.x : n] = 2.0f;
})");
  DevicePointer workspace = floats(1024, "workspace");
  ASSERT_FALSE(driver.nameRange(workspace, 128, "partial"));
  ASSERT_FALSE(driver.nameRange(workspace + 256, 64, "sums"));
  ASSERT_FALSE(driver.nameRange(workspace + 256, 128, "other", "another_kernel"));
  expectSilence({1}, {16}, 0, workspace, workspace + 256, 16);
  expectFinding(FindingKind::OutOfBounds, 3, "no argument of the kernel points to", {1}, {32}, 0, workspace, workspace + 256, 16);
  expectFinding(FindingKind::OutOfBounds, 2, "no argument of the kernel points to", {1}, {40}, 0, workspace, workspace + 256, 1);
}

// ---------------------------------------------------------------- alignment, barriers, collectives

TEST_F(CheckTest, MisalignedVector) {
  compile(R"(extern "C" __global__ void k(const float *x, float *y) {
  float4 v = *reinterpret_cast<const float4 *>(x + 1);
  y[threadIdx.x] = v.x + v.w;
})");
  expectFinding(FindingKind::Misaligned, 2, "x+4", {1}, {32}, 0, floats(32, "x"), floats(32, "y"));
}

TEST_F(CheckTest, MisalignedScalar) {
  compile(R"(extern "C" __global__ void k(const char *x, float *y) {
  y[threadIdx.x] = *reinterpret_cast<const float *>(x + 2);
})");
  expectFinding(FindingKind::Misaligned, 2, "x+2", {1}, {32}, 0, floats(32, "x"), floats(32, "y"));
}

TEST_F(CheckTest, BarriersInDifferentBranches) {
  compile(R"(extern "C" __global__ void k(float *y) {
  if (threadIdx.x < 32) {
    __syncthreads();
    y[threadIdx.x] = 1.0f;
  } else {
    y[threadIdx.x] = 0.0f;
    __syncthreads();
  }
})");
  expectFinding(FindingKind::DivergentBarrier, 0, "different barriers", {1}, {64}, 0, floats(64, "y"));
}

TEST_F(CheckTest, WarpsMeetAnywhereAtBarSync) {
  std::string source = R"(extern "C" __global__ void k(float *y) {
  __shared__ float s[64];
  s[threadIdx.x] = 1.0f;
  if (threadIdx.x < 32) {
    asm volatile("bar.sync 0;" : : : "memory");
    y[threadIdx.x] = s[63 - threadIdx.x];
  } else {
    s[threadIdx.x] = 2.0f;
    asm volatile("bar.sync 0;" : : : "memory");
    y[threadIdx.x] = s[threadIdx.x];
  }
})";
  compile(source);
  expectSilence({1}, {64}, 0, floats(64, "y"));
  source.replace(source.find("< 32"), 4, "< 16"); // lanes of a warp do not
  compile(source);
  expectFinding(FindingKind::DivergentBarrier, 0, "different barriers", {1}, {64}, 0, floats(64, "y"));
}

const char *partSource(const char *barrier, const char *otherPart) {
  static std::string source;
  source = std::string(R"(extern "C" __global__ void k(float *y) {
  __shared__ float s[96];
  s[threadIdx.x] = threadIdx.x;
  if (threadIdx.x < 64) {
    )") + barrier +
           R"(
    y[threadIdx.x] = s[63 - threadIdx.x];
    asm volatile("bar.sync 1, 64;" : : : "memory");
    s[63 - threadIdx.x] = 3.0f;
  } else {
    )" + otherPart +
           R"(
  }
  __syncthreads();
  y[threadIdx.x] += s[95 - threadIdx.x];
})";
  return source.c_str();
}

TEST_F(CheckTest, PartsOfABlockMeet) {
  const char *part = "asm volatile(\"bar.sync %0, %1;\" : : \"n\"(1), \"n\"(64) : \"memory\");", *own = "s[threadIdx.x] = 2.0f;";
  compile(partSource(part, own));
  expectSilence({1}, {96}, 0, floats(96, "y"));
  compile(partSource("", own)); // they do not
  expectFinding(FindingKind::Race, 0, "conflicts", {1}, {96}, 0, floats(96, "y"));
  compile(partSource(part, "y[threadIdx.x] = s[threadIdx.x - 64];")); // who stays away is not ordered
  expectFinding(FindingKind::Race, 0, "conflicts", {1}, {96}, 0, floats(96, "y"));
  compile(partSource(part, "asm volatile(\"bar.sync 2, 32;\" : : : \"memory\"); y[threadIdx.x] = s[threadIdx.x - 64];"));
  expectFinding(FindingKind::Race, 0, "conflicts", {1}, {96}, 0, floats(96, "y"));
}

TEST_F(CheckTest, PartsOfABlockThatCannotMeet) {
  compile(partSource("asm volatile(\"bar.sync 1, 96;\" : : : \"memory\");", ""));
  expectFinding(FindingKind::Deadlock, 0, "64 threads (0 to 63) wait at a barrier of a part of the block", {1}, {96}, 0, floats(96, "y"));
  compile(partSource("asm volatile(\"bar.sync 1, 40;\" : : : \"memory\");", ""));
  expectFinding(FindingKind::DivergentBarrier, 0, "expected a barrier from 1 to 15 of whole warps", {1}, {96}, 0, floats(96, "y"));
  compile(partSource("asm volatile(\"bar.sync 1, 64;\" : : : \"memory\");", "asm volatile(\"bar.sync 1, 32;\" : : : \"memory\");"));
  expectFinding(FindingKind::DivergentBarrier, 0, "is one of", {1}, {96}, 0, floats(96, "y"));
}

TEST_F(CheckTest, BarrierAfterSomeThreadsReturned) {
  compile(R"(extern "C" __global__ void k(float *y, int n) {
  if (threadIdx.x >= n) return;
  __syncthreads();
  y[threadIdx.x] = 1.0f;
})");
  expectFinding(FindingKind::DivergentBarrier, 3, "24 threads exited", {1}, {64}, 0, floats(64, "y"), 40);
  expectSilence({1}, {64}, 0, floats(64, "y"), 64);
}

TEST_F(CheckTest, ShuffleThatHalfTheWarpNeverReaches) {
  compile(R"(extern "C" __global__ void k(float *y) {
  float v = threadIdx.x;
  if (threadIdx.x < 16)
    v = __shfl_xor_sync(0xffffffffu, v, 1);
  else
    __syncthreads();
  y[threadIdx.x] = v;
})");
  expectFinding(FindingKind::Deadlock, 0, "16 threads (0 to 15) wait in a warp collective with mask 0xffffffff at test.cu:4", {1}, {32}, 0,
                floats(32, "y"));
}

TEST_F(CheckTest, MaskThatDoesNotNameTheCaller) {
  compile(R"(extern "C" __global__ void k(float *y) { y[threadIdx.x] = __shfl_sync(0xffffu, 1.0f, 0); })");
  expectFinding(FindingKind::Collective, 0, "mask", {1}, {32}, 0, floats(32, "y"));
}

const char *asyncSource(bool wait) {
  return wait ? R"(extern "C" __global__ void k(const float *x, float *y) {
  __shared__ __align__(16) float s[128];
  unsigned to = (unsigned)__cvta_generic_to_shared(&s[threadIdx.x * 4]);
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;\n" :: "r"(to), "l"(x + threadIdx.x * 4) : "memory");
  asm volatile("cp.async.commit_group;\n" ::: "memory");
  asm volatile("cp.async.wait_group 0;\n" ::: "memory");
  __syncthreads();
  y[threadIdx.x] = s[127 - threadIdx.x];
})"
              : R"(extern "C" __global__ void k(const float *x, float *y) {
  __shared__ __align__(16) float s[128];
  unsigned to = (unsigned)__cvta_generic_to_shared(&s[threadIdx.x * 4]);
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;\n" :: "r"(to), "l"(x + threadIdx.x * 4) : "memory");
  asm volatile("cp.async.commit_group;\n" ::: "memory");
  __syncthreads();
  y[threadIdx.x] = s[threadIdx.x];
})";
}

TEST_F(CheckTest, AsyncCopyThatNobodyWaitedFor) {
  compile(asyncSource(false));
  expectFinding(FindingKind::AsyncCopyInFlight, 7, "copy issued at test.cu:4", {1}, {32}, 0, floats(128, "x"), floats(32, "y"));
}

TEST_F(CheckTest, AsyncCopyThatWasWaitedFor) {
  compile(asyncSource(true));
  expectSilence({1}, {32}, 0, floats(128, "x"), floats(32, "y"));
}

// ---------------------------------------------------------------- the checks themselves

TEST_F(CheckTest, EachCheckCanBeSwitchedOff) {
  compile(R"(extern "C" __global__ void k(const float *x, float *y) {
  __shared__ float s[34];
  if (threadIdx.x < 16) { s[threadIdx.x] = x[1]; __syncthreads(); } else { s[threadIdx.x - 16] = 2.0f; __syncthreads(); }
  float4 v = *reinterpret_cast<const float4 *>(x + 1);
  y[threadIdx.x] = v.x + s[33] + s[threadIdx.x + 32] + x[40];
})");
  auto x = driver.allocate(41 * 4, "x");
  ASSERT_TRUE(x);
  auto kinds = [&] {
    driver.clearRecords();
    Error error = launch("k", {1}, {32}, 0, *x, floats(32, "y"));
    std::vector<bool> found(32);
    for (const Finding &finding : driver.launches().back().findings)
      found[static_cast<int>(finding.kind)] = true;
    EXPECT_EQ(static_cast<bool>(error), !driver.launches().back().findings.empty());
    return found;
  };
  HostChecks &checks = driver.options().checks;
  struct {
    FindingKind kind;
    bool HostChecks::*check;
  } pairs[] = {{FindingKind::Race, &HostChecks::races},
               {FindingKind::OutOfBounds, &HostChecks::bounds},
               {FindingKind::UninitializedShared, &HostChecks::uninitializedShared},
               {FindingKind::UninitializedGlobal, &HostChecks::uninitializedGlobal},
               {FindingKind::Misaligned, &HostChecks::misaligned},
               {FindingKind::DivergentBarrier, &HostChecks::divergence}};
  for (auto &on : pairs) {
    for (auto &other : pairs)
      checks.*other.check = true;
    EXPECT_TRUE(kinds()[static_cast<int>(on.kind)]) << name(on.kind) << " with every check on";
    checks.*on.check = false;
    EXPECT_FALSE(kinds()[static_cast<int>(on.kind)]) << name(on.kind) << " though it is off";
    for (auto &other : pairs)
      checks.*other.check = other.kind == on.kind;
    EXPECT_TRUE(kinds()[static_cast<int>(on.kind)]) << name(on.kind) << " alone";
  }
}

TEST_F(CheckTest, RepeatedFindingsAreCounted) {
  compile(R"(extern "C" __global__ void k(float *y) { y[64 + threadIdx.x] = 1.0f; })");
  EXPECT_TRUE(launch("k", {2}, {32}, 0, floats(64, "y")));
  const auto &findings = driver.launches().back().findings;
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].count, 64u);
  EXPECT_EQ(findings[0].file, "test.cu");
}

} // namespace
} // namespace fusion::test
