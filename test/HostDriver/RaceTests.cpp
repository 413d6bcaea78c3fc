// Planted races: each is reported in every order of threads; what barriers, fences and atomics order is not.
#include "Fixture.h"

namespace fusion::test {
namespace {

TEST_F(CheckTest, MissingBarrierIsARace) {
  compile(R"(extern "C" __global__ void k(const float *x, float *y) {
  __shared__ float s[256];
  s[threadIdx.x] = x[threadIdx.x];
  y[threadIdx.x] = s[(threadIdx.x + 1) % blockDim.x];
})");
  // In forward order the read comes before the write, and finds nothing written.
  DevicePointer x = floats(256, "x"), y = floats(256, "y");
  for (Schedule schedule : kSchedules) {
    driver.options().schedule = schedule;
    driver.clearRecords();
    EXPECT_TRUE(launch("k", {1}, {256}, 0, x, y));
    bool race = false;
    for (const Finding &finding : driver.launches().back().findings)
      race |= finding.kind == FindingKind::Race && finding.text.find("shared s+") != std::string::npos;
    EXPECT_TRUE(race);
  }
}

TEST_F(CheckTest, BarrierOrders) {
  compile(R"(extern "C" __global__ void k(const float *x, float *y) {
  __shared__ float s[256];
  s[threadIdx.x] = x[blockIdx.x * blockDim.x + threadIdx.x];
  __syncthreads();
  y[blockIdx.x * blockDim.x + threadIdx.x] = s[(threadIdx.x + 1) % blockDim.x];
})");
  expectSilence({2}, {256}, 0, floats(512, "x"), floats(512, "y"));
}

TEST_F(CheckTest, TileReusedWithoutTrailingBarrier) {
  compile(R"(extern "C" __global__ void k(const float *x, float *y) {
  __shared__ float s[64];
  float sum = 0.0f;
  for (int i = 0; i < 4; ++i) {
    s[threadIdx.x] = x[i * 64 + threadIdx.x];
    __syncthreads();
    sum += s[63 - threadIdx.x];
  }
  y[threadIdx.x] = sum;
})");
  expectFinding(FindingKind::Race, 0, "shared s+", {1}, {64}, 0, floats(256, "x"), floats(64, "y"));
}

// One order of threads meets the read first, the other the write; one, several or all warps may have read.
TEST_F(CheckTest, WriteThatReadersDoNotWaitFor) {
  compile(R"(extern "C" __global__ void k(const float *x, float *y, int from, int to, int at) {
  __shared__ float s[128];
  s[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  float v = 0.0f;
  if (threadIdx.x >= from && threadIdx.x < to)
    v = s[at];
  if (threadIdx.x == at)
    s[at] = 2.0f;
  y[threadIdx.x] = v;
})");
  struct {
    int from, to, at;
  } readers[] = {{0, 1, 20}, {0, 1, 120}, {0, 16, 20}, {0, 16, 120}, {0, 70, 120}, {21, 64, 20}, {100, 101, 20}, {0, 128, 64}, {0, 128, 5}};
  for (auto &r : readers)
    expectFinding(FindingKind::Race, 0, "shared s+" + std::to_string(r.at * 4), {1}, {128}, 0, floats(128, "x"), floats(128, "y"), r.from,
                  r.to, r.at);
  expectSilence({1}, {128}, 0, floats(128, "x"), floats(128, "y"), 20, 21, 20);
}

TEST_F(CheckTest, ReadersBeforeSyncwarpAreOrdered) {
  compile(R"(extern "C" __global__ void k(const float *x, float *y) {
  __shared__ float s[32];
  s[threadIdx.x] = x[threadIdx.x];
  __syncwarp();
  float v = s[0];
  __syncwarp();
  if (threadIdx.x == 7) { v += s[0]; s[0] = v; }
  __syncwarp();
  y[threadIdx.x] = v + s[0];
})");
  expectSilence({1}, {32}, 0, floats(32, "x"), floats(32, "y"));
}

TEST_F(CheckTest, NeighbouringBytesDoNotConflict) {
  compile(R"(extern "C" __global__ void k(const unsigned char *x, unsigned char *y, int shift) {
  __shared__ unsigned char s[64];
  s[threadIdx.x] = x[threadIdx.x];
  y[threadIdx.x] = s[threadIdx.x];
  s[threadIdx.x] = 1;
  __syncthreads();
  y[threadIdx.x] += s[threadIdx.x + shift];
})");
  expectSilence({1}, {63}, 0, floats(16, "x"), floats(16, "y"), 0);
  expectFinding(FindingKind::UninitializedShared, 7, "shared s+63", {1}, {63}, 0, floats(16, "x"), floats(16, "y"), 1);
}

TEST_F(CheckTest, SyncwarpOrdersAWarp) {
  compile(R"(extern "C" __global__ void k(const float *x, float *y) {
  __shared__ float s[64];
  int lane = threadIdx.x & 31, base = threadIdx.x & ~31;
  for (int i = 0; i < 3; ++i) {
    s[threadIdx.x] = x[threadIdx.x] + i;
    __syncwarp();
    y[threadIdx.x] = s[base + 31 - lane];
    __syncwarp();
  }
})");
  expectSilence({1}, {64}, 0, floats(64, "x"), floats(64, "y"));
}

TEST_F(CheckTest, ShuffleOrdersNoMemory) {
  compile(R"(extern "C" __global__ void k(const float *x, float *y) {
  __shared__ float s[32];
  s[threadIdx.x] = x[threadIdx.x];
  float v = __shfl_xor_sync(0xffffffffu, x[threadIdx.x], 1);
  y[threadIdx.x] = s[31 - threadIdx.x] + v;
})");
  expectFinding(FindingKind::Race, 5, "shared s+", {1}, {32}, 0, floats(32, "x"), floats(32, "y"));
}

TEST_F(CheckTest, BlocksThatWriteOneWord) {
  compile(R"(extern "C" __global__ void k(float *y) {
  if (threadIdx.x == 0)
    y[0] = (float)blockIdx.x;
})");
  expectFinding(FindingKind::BlockRace, 3, "y+0", {3}, {32}, 0, floats(4, "y"));
}

const char *lastBlockSource(bool fence, bool ticket) {
  static std::string source;
  source = std::string(R"(extern "C" __global__ void k(const float *x, float *partial, int *ticket, float *out, int n) {
  __shared__ int last;
  if (threadIdx.x == 0) {
    partial[blockIdx.x] = x[blockIdx.x];
)") + (fence ? "    __threadfence();\n" : "\n") +
           (ticket ? "    last = atomicAdd(ticket, 1) == (int)gridDim.x - 1;\n" : "    last = blockIdx.x == gridDim.x - 1;\n") +
           R"(  }
  __syncthreads();
  if (last && threadIdx.x == 0) {
    float sum = 0.0f;
    for (int b = 0; b < (int)gridDim.x; ++b) sum += ((volatile float *)partial)[b];
    *out = sum;
  }
})";
  return source.c_str();
}

TEST_F(CheckTest, LastBlockWithFenceAndTicketIsOrdered) {
  compile(lastBlockSource(true, true));
  for (Schedule schedule : kSchedules) {
    driver.options().schedule = schedule;
    DevicePointer out = floats(1, "out");
    Error error = launch("k", {5}, {64}, 0, floats(5, "x"), floats(5, "partial"), upload(std::vector<int>(1), "ticket"), out, 5);
    EXPECT_FALSE(error) << error.message();
    EXPECT_EQ(download<float>(out, 1)[0], 5.0f);
  }
}

TEST_F(CheckTest, LastBlockWithoutFence) {
  compile(lastBlockSource(false, true));
  Error error = launch("k", {5}, {64}, 0, floats(5, "x"), floats(5, "partial"), upload(std::vector<int>(1), "ticket"), floats(1, "out"), 5);
  EXPECT_NE(error.message().find("race between blocks"), std::string::npos) << error.message();
}

TEST_F(CheckTest, LastBlockWithoutTicket) {
  compile(lastBlockSource(true, false));
  Error error = launch("k", {5}, {64}, 0, floats(5, "x"), floats(5, "partial"), upload(std::vector<int>(1), "ticket"), floats(1, "out"), 5);
  EXPECT_NE(error.message().find("race between blocks"), std::string::npos) << error.message();
}

TEST_F(CheckTest, AtomicsDoNotRaceWithEachOther) {
  compile(R"(extern "C" __global__ void k(int *count, float *sum) {
  __shared__ int s;
  if (threadIdx.x == 0) s = 0;
  __syncthreads();
  atomicAdd(&s, 1);
  atomicAdd(sum, 0.5f);
  __syncthreads();
  if (threadIdx.x == 0) atomicMax(count, s);
})");
  expectSilence({4}, {64}, 0, upload(std::vector<int>(1), "count"), floats(1, "sum"));
}

} // namespace
} // namespace fusion::test
