// Device memory is apart from host memory, sparse, bounded, poisoned and guarded; every misuse is an error that names the buffer.
#include "Fixture.h"
#include <cmath>

namespace fusion::test {
namespace {

void expectError(const Error &error, ErrorKind kind, const std::string &text) {
  EXPECT_EQ(static_cast<int>(error.kind()), static_cast<int>(kind)) << error.message();
  EXPECT_NE(error.message().find(text), std::string::npos) << "expected " << text << " in: " << error.message();
}

TEST_F(HostTest, CopiesStayInsideTheirBuffer) {
  DevicePointer x = upload(std::vector<float>(100, 3.0f), "x");
  std::vector<float> host(200);
  EXPECT_FALSE(driver.copyToHost(host.data(), x + 40, 360));
  EXPECT_EQ(host[89], 3.0f);
  expectError(driver.copyToHost(host.data(), x + 40, 364), ErrorKind::Device, "at offset 40 of 'x' (400 bytes)");
  expectError(driver.copyToDevice(x, host.data(), 401), ErrorKind::Device, "'x'");
  expectError(driver.copyToDevice(x + 400, host.data(), 1), ErrorKind::Device, "0 bytes past the end of 'x'");
  expectError(driver.fill(x + 396, 0, 8, nullptr), ErrorKind::Device, "fill: expected at most 4 bytes, but got 8 bytes");
  expectError(driver.copyToHost(host.data(), reinterpret_cast<DevicePointer>(host.data()), 4), ErrorKind::Device, "device address");
  EXPECT_FALSE(driver.copyToHost(nullptr, x, 0));
}

TEST_F(HostTest, ReleasedMemoryIsGone) {
  DevicePointer x = upload(std::vector<float>(100), "x");
  driver.release(x);
  EXPECT_FALSE(driver.synchronize());
  float value;
  expectError(driver.copyToHost(&value, x, 4), ErrorKind::Device, "'x', which was released");
  driver.release(x);
  expectError(driver.synchronize(), ErrorKind::Device, "no live allocation");
  EXPECT_FALSE(driver.synchronize());
  DevicePointer y = upload(std::vector<float>(100), "y");
  driver.release(y + 4);
  expectError(driver.synchronize(), ErrorKind::Device, "at offset 4 of 'y'");
}

TEST_F(HostTest, AllocationsAreLimitedLikeADevice) {
  driver.options().totalMemory = 1 << 20;
  expectError(driver.allocate(0, "empty").error(), ErrorKind::InvalidArgument, "'empty'");
  auto most = driver.allocate((1 << 20) - 4096, "most");
  ASSERT_TRUE(most);
  expectError(driver.allocate(4097, "rest").error(), ErrorKind::OutOfMemory, "'rest'");
  expectError(driver.allocate(SIZE_MAX, "overflow").error(), ErrorKind::OutOfMemory, "'overflow'");
  driver.release(*most);
  EXPECT_TRUE(driver.allocate(4097, "rest"));
  EXPECT_EQ(driver.device().totalMemory, size_t(1) << 20);
}

TEST_F(HostTest, FreshMemoryIsNaN) {
  auto x = driver.allocate(1000 * 4, "x");
  ASSERT_TRUE(x);
  for (float value : download<float>(*x, 1000))
    ASSERT_TRUE(std::isnan(value));
}

TEST_F(HostTest, DevicePointersFaultOnTheHost) {
  DevicePointer x = upload(std::vector<float>(100), "x");
  EXPECT_DEATH(*reinterpret_cast<volatile float *>(x) = 1.0f, "");
}

TEST_F(HostTest, HostPointersAreNoArguments) {
  compile(R"(extern "C" __global__ void k(float *y, int n) { y[n] = 1.0f; })");
  std::vector<float> host(4);
  expectError(launch("k", {1}, {1}, 0, host.data(), 0), ErrorKind::Device, "argument 0 of k: expected a device address");
  DevicePointer gone = upload(host, "gone");
  driver.release(gone);
  expectError(launch("k", {1}, {1}, 0, gone, 0), ErrorKind::Device, "'gone', which was released");
  auto function = driver.function(module, "k", 0);
  ASSERT_TRUE(function);
  expectError(driver.launch(*function, {1}, {1}, 0, nullptr, nullptr), ErrorKind::InvalidArgument, "argument 0 of k");
}

TEST_F(HostTest, FaultsOfKernelsAreErrors) {
  compile(R"(
extern "C" __global__ void wild(float *y, long long offset) { __syncthreads(); y[offset] = 1.0f; }
extern "C" __global__ void plain(float *y, long long offset) { y[offset] = 1.0f; }
extern "C" __global__ void divide(int *y, int zero) { y[0] = 7 / zero; }
extern "C" __global__ void trap(int *y) { if (threadIdx.x == 3) __trap(); }
extern "C" __global__ void deep(float *y, int n) { volatile float local[65536]; for (int i = 0; i < n; ++i) local[i] = i; __syncthreads(); y[0] = local[n - 1]; }
extern "C" __global__ void fine(float *y) { __syncthreads(); y[threadIdx.x] = 2.0f; }
)");
  DevicePointer y = upload(std::vector<float>(64), "y");
  for (int workers : {1, 3}) {
    driver.options().workers = workers;
    expectError(launch("wild", {8}, {64}, 0, y, 1LL << 16), ErrorKind::Device, "past the end of 'y'");
    expectError(launch("plain", {8}, {64}, 0, y, -64LL), ErrorKind::Device, "256 bytes before 'y'");
    expectError(launch("wild", {8}, {64}, 0, DevicePointer(0), 0LL), ErrorKind::Device, "illegal access");
    expectError(launch("divide", {8}, {64}, 0, y, 0), ErrorKind::Device, "division by zero");
    expectError(launch("trap", {8}, {64}, 0, y), ErrorKind::Device, "__trap()");
    expectError(launch("deep", {1}, {1}, 0, y, 65536), ErrorKind::Device, "local memory");
    Error error = launch("fine", {8}, {64}, 0, y);
    EXPECT_FALSE(error) << error.message();
    EXPECT_EQ(download<float>(y, 64), std::vector<float>(64, 2.0f));
  }
}

TEST_F(HostTest, EndlessKernelsAreStopped) {
  compile(R"(
extern "C" __global__ void loop(volatile int *y) { while (y[0] == 0) {} }
extern "C" __global__ void barriers(volatile int *y) { while (y[0] == 0) __syncthreads(); }
extern "C" __global__ void fine(float *y) { __syncthreads(); y[threadIdx.x] = 2.0f; }
)");
  DevicePointer y = upload(std::vector<float>(64), "y");
  driver.options().timeoutSeconds = 0.05;
  driver.options().workers = 2;
  for (bool sanitize : {false, true})
    for (const char *kernel : {"loop", "barriers"}) {
      driver.options().sanitize = sanitize;
      expectError(launch(kernel, {4}, {64}, 0, y), ErrorKind::Device, "time limit");
    }
  driver.options().timeoutSeconds = 600;
  driver.options().sanitize = false;
  EXPECT_FALSE(launch("fine", {1}, {64}, 0, y));
}

TEST_F(HostTest, GuardBytesNoticeAnUncheckedOffByOne) {
  compile(R"(extern "C" __global__ void k(float *y, int n) { if (threadIdx.x <= n) y[threadIdx.x] = 1.0f; })");
  DevicePointer y = upload(std::vector<float>(50), "y");
  expectError(launch("k", {1}, {64}, 0, y, 50), ErrorKind::Device, "past the end of 'y'");
  EXPECT_FALSE(launch("k", {1}, {64}, 0, y, 49)); // repaired, and reported once
}

TEST_F(HostTest, ChosenBlocksOfAFullSizeGridRunOverSparseMemory) {
  compile(R"(extern "C" __global__ void k(const float *x, float *y) {
  long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
  y[i] = x[i] + 1.0f;
})");
  constexpr size_t bytes = size_t(20) << 30;
  auto x = driver.allocate(bytes, "x"), y = driver.allocate(bytes, "y");
  ASSERT_TRUE(x && y);
  const Extent3 grid{bytes / 4 / 256};
  driver.options().blocks = *BlockSelection::parse("first,last,random:2");
  for (bool sanitize : {false, true}) {
    driver.options().sanitize = driver.options().countBytes = sanitize;
    driver.options().checks.uninitializedGlobal = false;
    Error error = launch("k", grid, {256}, 0, *x, *y);
    ASSERT_FALSE(error) << error.message();
    EXPECT_EQ(driver.launches().back().blocksRun, 4u);
    float last;
    ASSERT_FALSE(driver.copyToHost(&last, *y + (bytes - 4), 4));
    EXPECT_EQ(last, 1.0f);
  }
  for (const BufferTraffic &buffer : driver.launches().back().buffers)
    EXPECT_EQ(buffer.bytesRead + buffer.bytesWritten, 4 * 1024u) << buffer.name;
}

TEST_F(HostTest, NamedRangesMustLieInOneAllocation) {
  DevicePointer workspace = upload(std::vector<float>(64), "workspace");
  EXPECT_FALSE(driver.nameRange(workspace + 128, 128, "half"));
  expectError(driver.nameRange(workspace + 128, 129, "more"), ErrorKind::Device, "'workspace'");
  expectError(driver.nameRange(workspace, 0, "empty"), ErrorKind::InvalidArgument, "'empty'");
}

} // namespace
} // namespace fusion::test
