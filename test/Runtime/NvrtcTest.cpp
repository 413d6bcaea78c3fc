// NVRTC without a GPU: cubins for every architecture, resource reports, spills, refusals. Prints NOT RUN without NVRTC.
#include "fusion/Runtime/Nvrtc.h"
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>

using namespace fusion::runtime;

namespace {

class NvrtcTest : public testing::Test {
protected:
  void SetUp() override {
    Expected<const Nvrtc *> found = Nvrtc::get();
    if (!found) {
      std::printf("NOT RUN: %s\n", found.error().message().c_str());
      GTEST_SKIP();
    }
    nvrtc = *found;
  }
  double version() const { return std::atof(nvrtc->version().c_str()); }
  /// What we compile for, as far as this version knows it.
  std::vector<std::string> architectures() const {
    std::vector<std::string> known;
    for (const char *arch : {"sm_80", "sm_90", "sm_90a", "sm_100a", "sm_120"})
      if (const std::vector<int> &all = nvrtc->architectures();
          std::find(all.begin(), all.end(), std::atoi(arch + 3)) != all.end() && (version() >= 12 || std::strcmp(arch, "sm_90a") != 0))
        known.push_back(arch);
    return known;
  }
  /// ptxas's report names barriers.
  bool tellsBarriers() const { return version() >= 12.8; }
  const Nvrtc *nvrtc = nullptr;
};

const char *const plain = R"(
extern "C" __global__ void shift(const float *x, float *y, int n) {
  __shared__ float tile[64];
  int i = blockIdx.x * 64 + threadIdx.x;
  tile[threadIdx.x] = i < n ? x[i] : 0.0f;
  __syncthreads();
  if (i < n)
    y[i] = tile[63 - threadIdx.x];
}
extern "C" __global__ void copy(const float *x, float *y) { y[threadIdx.x] = x[threadIdx.x]; }
)";

// 1024 threads leave 64 registers each; 200 live floats cannot fit.
const char *const spilling = R"(
extern "C" __global__ void __launch_bounds__(1024) spill(float *p, int n) {
  float a[200];
#pragma unroll
  for (int i = 0; i < 200; ++i)
    a[i] = p[i * n + threadIdx.x];
  for (int k = 0; k < n; ++k) {
#pragma unroll
    for (int i = 0; i < 200; ++i)
      a[i] = a[i] * a[(i * 7 + 3) % 200] + p[k];
  }
#pragma unroll
  for (int i = 0; i < 200; ++i)
    p[i * n + threadIdx.x] = a[i];
}
)";

TEST_F(NvrtcTest, CompilesForEveryArchitectureAndReportsResources) {
  for (const std::string &arch : architectures()) {
    Expected<Binary> cubin = nvrtc->compileToCubin(plain, "plain.cu", arch);
    ASSERT_TRUE(bool(cubin)) << cubin.error().message();
    Expected<CubinInfo> info = parseCubin(*cubin);
    ASSERT_TRUE(bool(info)) << info.error().message();
    ASSERT_EQ(info->kernels.size(), 2u);
    const KernelResources *shift = info->find("shift"), *copy = info->find("copy");
    ASSERT_TRUE(shift && copy) << arch;
    EXPECT_TRUE(shift->reported);
    EXPECT_GT(shift->registers, 0u);
    EXPECT_LT(shift->registers, 64u);
    EXPECT_EQ(shift->spillBytes(), 0u);
    EXPECT_EQ(shift->staticShared, 256u);
    if (tellsBarriers()) {
      EXPECT_EQ(shift->barriers, 1u);
    }
    EXPECT_EQ(copy->barriers, 0u);
    EXPECT_EQ(copy->staticShared, 0u);
    EXPECT_EQ(info->find("absent"), nullptr);
  }
}

TEST_F(NvrtcTest, SpillsAreRecognised) {
  for (const std::string &arch : architectures()) {
    Expected<Binary> cubin = nvrtc->compileToCubin(spilling, "spilling.cu", arch);
    ASSERT_TRUE(bool(cubin)) << cubin.error().message();
    Expected<CubinInfo> info = parseCubin(*cubin);
    ASSERT_TRUE(bool(info)) << info.error().message();
    const KernelResources *spill = info->find("spill");
    ASSERT_TRUE(spill);
    EXPECT_GT(spill->stackFrame, 0u) << arch;
    EXPECT_GT(spill->spillStores, 0u) << arch;
    EXPECT_GT(spill->spillLoads, 0u) << arch;
    EXPECT_EQ(spill->registers, 64u) << arch;
    // The stack frame is in the cubin itself: seen even where a log is lost.
    cubin->log.clear();
    info = parseCubin(*cubin);
    EXPECT_GT(info->find("spill")->stackFrame, 0u) << arch;
    EXPECT_FALSE(info->find("spill")->reported);
  }
}

TEST_F(NvrtcTest, Ptx) {
  Expected<Binary> ptx = nvrtc->compileToPtx(plain, "plain.cu", "sm_90");
  ASSERT_TRUE(bool(ptx)) << ptx.error().message();
  std::string text(ptx->bytes.begin(), ptx->bytes.end());
  EXPECT_NE(text.find(".target sm_90"), std::string::npos);
  EXPECT_NE(text.find(".entry shift("), std::string::npos);
}

TEST_F(NvrtcTest, ErrorsCarryTheLog) {
  Expected<Binary> result = nvrtc->compileToCubin("extern \"C\" __global__ void f() { int32_t x; }", "a b\n.cu", "sm_80");
  ASSERT_FALSE(bool(result));
  EXPECT_EQ(result.error().kind(), ErrorKind::Compile);
  EXPECT_NE(result.error().message().find("a_b_.cu: NVRTC "), std::string::npos) << result.error().message();
  EXPECT_NE(result.error().message().find("int32_t"), std::string::npos);
  result = nvrtc->compileToCubin(plain, "plain.cu", "sm_1");
  ASSERT_FALSE(bool(result));
  EXPECT_NE(result.error().message().find("could not compile for sm_1"), std::string::npos);
}

TEST_F(NvrtcTest, NulBytesAreRefused) {
  std::string source = std::string(plain) + std::string("\0", 1) + "this is no CUDA";
  Expected<Binary> result = nvrtc->compileToCubin(source, "plain.cu", "sm_80");
  ASSERT_FALSE(bool(result)) << "NVRTC alone would stop at the NUL and succeed";
  EXPECT_NE(result.error().message().find("expected source without NUL bytes"), std::string::npos);
}

TEST_F(NvrtcTest, DamagedCubinsNeverCrash) {
  Expected<Binary> cubin = nvrtc->compileToCubin(plain, "plain.cu", "sm_80");
  ASSERT_TRUE(bool(cubin));
  for (size_t i = 0; i < cubin->bytes.size(); i += 3) {
    Binary damaged = *cubin;
    damaged.bytes[i] = char(damaged.bytes[i] ^ 0xff);
    Expected<CubinInfo> info = parseCubin(damaged);
    damaged.bytes.resize(i);
    EXPECT_FALSE(i < 64 && bool(parseCubin(damaged)));
  }
  EXPECT_EQ(parseCubin(Binary()).error().message(), "expected a cubin (a 64-bit ELF file), but got other bytes");
}

TEST_F(NvrtcTest, AnUnknownArchitectureHasAWayOut) {
  Expected<Binary> cubin = nvrtc->compileToCubin(plain, "plain.cu", "sm_999");
  ASSERT_FALSE(bool(cubin));
  EXPECT_NE(cubin.error().message().find("; it may be too old for sm_999: set FUSION_NVRTC to a newer one"), std::string::npos)
      << cubin.error().message();
}

TEST_F(NvrtcTest, KnowsItsVersionAndArchitectures) {
  EXPECT_NE(nvrtc->version().find('.'), std::string::npos);
  EXPECT_FALSE(nvrtc->architectures().empty());
}

} // namespace
