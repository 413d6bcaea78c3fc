// The distinct bytes that every buffer sees are exact, whatever the width of the access, and so is the choice of blocks.
#include "Fixture.h"
#include <map>

namespace fusion::test {
namespace {

class TrafficTest : public HostTest {
protected:
  TrafficTest() { driver.options().countBytes = true; }
  /// The traffic of the last launch by buffer name.
  std::map<std::string, BufferTraffic> traffic() {
    std::map<std::string, BufferTraffic> byName;
    for (const BufferTraffic &buffer : driver.launches().back().buffers)
      byName[buffer.name] = buffer;
    return byName;
  }
  DevicePointer floats(size_t count, const std::string &name) { return upload(std::vector<float>(count, 1.0f), name); }
};

void expectTraffic(const BufferTraffic &buffer, uint64_t read, uint64_t written, uint64_t accessedRead, uint64_t accessedWritten) {
  EXPECT_EQ(buffer.bytesRead, read) << buffer.name;
  EXPECT_EQ(buffer.bytesWritten, written) << buffer.name;
  EXPECT_EQ(buffer.accessedRead, accessedRead) << buffer.name;
  EXPECT_EQ(buffer.accessedWritten, accessedWritten) << buffer.name;
}

TEST_F(TrafficTest, EveryWidthIsCountedOnceHoweverOftenItIsRead) {
  compile(R"(extern "C" __global__ void k(const float *f1, const float *f3, const float *f4, const char *c, const double *d, float *y) {
  int t = threadIdx.x;
  float4 v = reinterpret_cast<const float4 *>(f4)[t];
  float3 w = reinterpret_cast<const float3 *>(f3)[t];
  float sum = f1[t] + f1[t + 1] + v.x + v.y + v.z + v.w + w.x + w.y + w.z + (float)c[t] + (float)d[t];
  y[2 * t] = sum;
})");
  for (Schedule schedule : kSchedules) {
    driver.options().schedule = schedule;
    Error error = launch("k", {1}, {32}, 0, floats(40, "f1"), floats(128, "f3"), floats(128, "f4"), floats(64, "c"), floats(64, "d"),
                         floats(64, "y"));
    ASSERT_FALSE(error) << error.message();
    auto t = traffic();
    EXPECT_EQ(t.size(), 6u);
    expectTraffic(t["f1"], 33 * 4, 0, 64 * 4, 0);
    expectTraffic(t["f3"], 96 * 4, 0, 96 * 4, 0);
    expectTraffic(t["f4"], 128 * 4, 0, 128 * 4, 0);
    expectTraffic(t["c"], 32, 0, 32, 0);
    expectTraffic(t["d"], 256, 0, 256, 0);
    expectTraffic(t["y"], 0, 32 * 4, 0, 32 * 4);
  }
}

TEST_F(TrafficTest, ReadModifyWriteAndAtomicsCountBothWays) {
  compile(R"(extern "C" __global__ void k(float *a, int *b) {
  a[threadIdx.x] += 1.0f;
  atomicAdd(&b[threadIdx.x & 3], 1);
})");
  ASSERT_FALSE(launch("k", {1}, {32}, 0, floats(32, "a"), upload(std::vector<int>(4), "b")));
  auto t = traffic();
  expectTraffic(t["a"], 128, 128, 128, 128);
  expectTraffic(t["b"], 16, 16, 128, 128);
}

TEST_F(TrafficTest, AsyncCopiesAndNamedPartsCount) {
  compile(R"(extern "C" __global__ void k(const float *x, float *part) {
  __shared__ __align__(16) float s[128];
  unsigned to = (unsigned)__cvta_generic_to_shared(&s[threadIdx.x * 4]);
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;\n" :: "r"(to), "l"(x + threadIdx.x * 4), "r"(threadIdx.x ? 16 : 4) : "memory");
  asm volatile("cp.async.commit_group;\n" ::: "memory");
  asm volatile("cp.async.wait_group 0;\n" ::: "memory");
  __syncthreads();
  part[threadIdx.x] = s[threadIdx.x];
})");
  DevicePointer workspace = floats(256, "workspace");
  ASSERT_FALSE(driver.nameRange(workspace + 512, 128, "partial"));
  ASSERT_FALSE(launch("k", {1}, {32}, 0, floats(128, "x"), workspace + 512));
  auto t = traffic();
  expectTraffic(t["x"], 31 * 16 + 4, 0, 31 * 16 + 4, 0);
  expectTraffic(t["partial"], 0, 128, 0, 128);
  EXPECT_EQ(download<float>(workspace + 512, 4), (std::vector<float>{1, 0, 0, 0}));
}

TEST_F(TrafficTest, CountingAloneReportsNoRaces) {
  compile(R"(extern "C" __global__ void k(float *y) { y[0] = (float)threadIdx.x; })");
  EXPECT_FALSE(launch("k", {2}, {32}, 0, floats(1, "y")));
  expectTraffic(traffic()["y"], 0, 4, 0, 256);
}

TEST_F(TrafficTest, OneThreadThatWritesEverythingShows) {
  compile(R"(extern "C" __global__ void alone(float *y) { for (int i = 0; threadIdx.x == 3 && i < 64; ++i) y[blockIdx.x * 64 + i] = 1.0f; }
extern "C" __global__ void together(float *y) { y[blockIdx.x * 64 + threadIdx.x] = 1.0f; })");
  DevicePointer y = floats(128, "y");
  ASSERT_FALSE(launch("alone", {2}, {64}, 0, y));
  EXPECT_EQ(traffic()["y"].busiestWritten, 512u);
  ASSERT_FALSE(launch("together", {2}, {64}, 0, y));
  EXPECT_EQ(traffic()["y"].busiestWritten, 8u);
}

TEST_F(TrafficTest, CountsOnlyChosenBlocks) {
  compile(R"(extern "C" __global__ void k(float *y) { y[blockIdx.x * 32 + threadIdx.x] = 1.0f; })");
  driver.options().blocks.first = driver.options().blocks.last = true;
  driver.options().blocks.random = 3;
  driver.options().blocks.indices = {5, 7, 5000};
  DevicePointer y = upload(std::vector<float>(320), "y");
  driver.options().sanitize = true;
  ASSERT_FALSE(launch("k", {10}, {32}, 0, y));
  EXPECT_EQ(driver.launches().back().blocksRun, 7u);
  expectTraffic(traffic()["y"], 0, 7 * 128, 0, 7 * 128);
  std::vector<float> values = download<float>(y, 320);
  for (int block : {0, 5, 7, 9})
    EXPECT_EQ(values[block * 32], 1.0f) << block;
  float sum = 0;
  for (float value : values)
    sum += value;
  EXPECT_EQ(sum, 7 * 32);
}

// ---------------------------------------------------------------- block selection without instrumentation

TEST_F(HostTest, RunsEveryBlockOnceInEveryOrder) {
  compile(R"(extern "C" __global__ void k(int *y) {
  long long b = blockIdx.x + (long long)gridDim.x * (blockIdx.y + (long long)gridDim.y * blockIdx.z);
  atomicAdd(&y[b], 1);
})");
  for (Schedule schedule : kSchedules)
    for (Extent3 grid : {Extent3{1}, Extent3{2}, Extent3{7, 3, 5}, Extent3{64, 2, 1}}) {
      driver.options().schedule = schedule;
      size_t count = grid.x * grid.y * grid.z;
      DevicePointer y = upload(std::vector<int>(count), "y");
      ASSERT_FALSE(launch("k", grid, {3, 2, 2}, 0, y));
      EXPECT_EQ(download<int>(y, count), std::vector<int>(count, 12));
    }
}

TEST_F(HostTest, ChoosesBlocksPerLaunch) {
  compile(R"(extern "C" __global__ void k(int *y) { y[blockIdx.x] = 1; })");
  driver.options().selectBlocks = [](const std::string &kernel, Extent3 grid) {
    EXPECT_EQ(kernel, "k");
    BlockSelection selection;
    selection.indices = {grid.x / 2};
    return selection;
  };
  DevicePointer y = upload(std::vector<int>(9), "y");
  ASSERT_FALSE(launch("k", {9}, {1}, 0, y));
  EXPECT_EQ(download<int>(y, 9), (std::vector<int>{0, 0, 0, 0, 1, 0, 0, 0, 0}));
}

TEST(BlockSelectionTest, Parses) {
  auto selection = BlockSelection::parse("first,last,random:4,17");
  ASSERT_TRUE(selection);
  EXPECT_TRUE(selection->first && selection->last);
  EXPECT_EQ(selection->random, 4u);
  EXPECT_EQ(selection->indices, std::vector<uint64_t>{17});
  EXPECT_TRUE(BlockSelection::parse("all")->all());
  EXPECT_TRUE(BlockSelection::parse("")->all());
  for (const char *wrong : {"middle", "random:", "random:x", "-1", "first;last", "random:99999999999999999999", "1,,2"}) {
    auto result = BlockSelection::parse(wrong);
    EXPECT_FALSE(result) << wrong;
    EXPECT_EQ(result.error().kind(), ErrorKind::InvalidArgument);
  }
}

} // namespace
} // namespace fusion::test
