// A small hand-written program, forward and backward, through the whole runtime on the host driver.
#include "fusion/HostDriver/HostDriver.h"
#include "fusion/Runtime/Executable.h"
#include <gtest/gtest.h>

using namespace fusion::runtime;

namespace {

/// y = x * w + 1 over rows of 4, z = x saved; grad_x = grad_y * w; grad_w = sum over rows of grad_y * z, by partial sums of 8 rows.
Program rowScale() {
  const Expr n = Expr::batch(), blocks = ceilDiv(n, Expr(8));
  ProgramData data;
  data.chain = "row_scale";
  data.batch = {/*dynamic=*/true, /*size=*/1000000};
  data.tensors = {{"x", TensorRole::Input, {}, {kBatchExtent, 4}},
                  {"w", TensorRole::Parameter, {}, {4}},
                  {"y", TensorRole::Output, {}, {kBatchExtent, 4}},
                  {"z", TensorRole::Saved, {}, {kBatchExtent, 4}},
                  {"grad_y", TensorRole::GradOutput, 2, {kBatchExtent, 4}},
                  {"grad_x", TensorRole::GradInput, 0, {kBatchExtent, 4}},
                  {"grad_w", TensorRole::GradParameter, 1, {4}}};
  Phase forward;
  forward.source = R"(
extern "C" __global__ void scale(const float *x, const float *w, float *y, float *z, int n) {
  int i = blockIdx.x * 32 + threadIdx.x;
  if (i < n * 4) {
    z[i] = x[i];
    y[i] = x[i] * w[i % 4] + 1.0f;
  }
}
)";
  forward.inputs = {0, 1};
  forward.outputs = {2};
  forward.saved = {3};
  forward.kernels.resize(1);
  forward.kernels[0].name = "scale";
  forward.kernels[0].grid[0] = blocks;
  forward.kernels[0].block = 32;
  forward.kernels[0].args = {KernelArg::ofTensor(0), KernelArg::ofTensor(1), KernelArg::ofTensor(2), KernelArg::ofTensor(3),
                             KernelArg::batch32()};
  Phase backward;
  backward.source = R"(
extern "C" __global__ void partial(const float *grad_y, const float *w, const float *z, float *grad_x, float *partials, long long n) {
  extern __shared__ float products[];
  int t = threadIdx.x;
  long long i = blockIdx.x * 32LL + t;
  products[t] = 0.0f;
  if (i < n * 4) {
    grad_x[i] = grad_y[i] * w[i % 4];
    products[t] = grad_y[i] * z[i];
  }
  __syncthreads();
  if (t < 4) {
    float sum = 0.0f;
    for (int row = 0; row < 8; ++row)
      sum += products[row * 4 + t];
    partials[blockIdx.x * 4 + t] = sum;
  }
}
extern "C" __global__ void finish(const float *partials, float *grad_w, long long n) {
  float sum = 0.0f;
  for (long long block = 0; block < (n + 7) / 8; ++block)
    sum += partials[block * 4 + threadIdx.x];
  grad_w[threadIdx.x] = sum;
}
)";
  backward.inputs = {4, 1, 3};
  backward.outputs = {5, 6};
  backward.workspace = Expr(256) + align(blocks * Expr(16), Expr(256));
  KernelArg partials = KernelArg::ofWorkspace(Expr(256), blocks * Expr(16), "partials");
  backward.kernels.resize(2);
  backward.kernels[0].name = "partial";
  backward.kernels[0].grid[0] = blocks;
  backward.kernels[0].block = 32;
  backward.kernels[0].sharedBytes = 128;
  backward.kernels[0].args = {KernelArg::ofTensor(4), KernelArg::ofTensor(1), KernelArg::ofTensor(3), KernelArg::ofTensor(5), partials,
                              KernelArg::batch64()};
  backward.kernels[1].name = "finish";
  backward.kernels[1].block = 4;
  backward.kernels[1].args = {partials, KernelArg::ofTensor(6), KernelArg::batch64()};
  data.variants = {{"sm_80", forward, backward}};
  Expected<Program> program = Program::create(data);
  if (!program)
    ADD_FAILURE() << program.error().message();
  return *Program::parse(program->serialize());
}

class HostDriverTest : public testing::TestWithParam<Schedule> {};

TEST_P(HostDriverTest, RunsForwardAndBackward) {
  auto driver = std::make_shared<HostDriver>();
  driver->options().schedule = GetParam();
  Context context(driver, {/*diskCache=*/false, {}, {}});
  Program program = rowScale();
  Expected<Executable> exe = Executable::create(context, program);
  ASSERT_TRUE(bool(exe)) << exe.error().message();
  for (int64_t batch : {0, 1, 8, 9, 37}) {
    std::vector<std::vector<float>> host(program.data().tensors.size());
    std::vector<DevicePointer> device;
    for (unsigned t = 0; t < host.size(); ++t) {
      size_t bytes = size_t(*program.tensorBytes(t, batch));
      for (size_t i = 0; i < bytes / 4; ++i)
        host[t].push_back(float((i * 7 + t * 3) % 11) - 5.0f); // small integers: every sum is exact
      device.push_back(0);
      if (!bytes)
        continue; // empty tensors have no address
      Expected<DevicePointer> pointer = driver->allocate(bytes, program.data().tensors[t].name);
      ASSERT_TRUE(bool(pointer)) << pointer.error().message();
      device.back() = *pointer;
      ASSERT_FALSE(bool(driver->copyToDevice(*pointer, host[t].data(), bytes)));
    }
    size_t scratchBytes = size_t(*exe->workspaceBytes(PhaseKind::Backward, batch));
    DevicePointer scratch = *driver->allocate(scratchBytes, "workspace");
    for (PhaseKind phase : {PhaseKind::Forward, PhaseKind::Backward}) {
      Error error = exe->launch(phase, batch, device.data(), device.size(), scratch);
      ASSERT_FALSE(bool(error)) << error.message();
    }
    ASSERT_FALSE(bool(driver->synchronize()));
    auto fetch = [&](unsigned t) {
      std::vector<float> values(host[t].size());
      if (!values.empty()) {
        EXPECT_FALSE(bool(driver->copyToHost(values.data(), device[t], values.size() * 4)));
      }
      return values;
    };
    const std::vector<float> y = fetch(2), gradX = fetch(5), gradW = fetch(6);
    std::vector<float> sums(4, 0.0f);
    for (size_t i = 0; i < size_t(batch) * 4; ++i) {
      EXPECT_EQ(y[i], host[0][i] * host[1][i % 4] + 1.0f) << i;
      EXPECT_EQ(gradX[i], host[4][i] * host[1][i % 4]) << i;
      sums[i % 4] += host[4][i] * host[0][i];
    }
    EXPECT_EQ(gradW, sums) << "batch " << batch;
    for (DevicePointer pointer : device)
      if (pointer)
        driver->release(pointer);
    driver->release(scratch);
  }
}

INSTANTIATE_TEST_SUITE_P(Schedules, HostDriverTest, testing::Values(Schedule::Forward, Schedule::Reverse, Schedule::Random));

} // namespace
