// A program with kernels that compute something, for devices that run them.
#pragma once
#include "Fixture.h"
#include "fusion/fusion.hpp"

namespace fusion::test {

/// The sample program with y = w * x, z = x; grad_x = grad_y, grad_w = column sums of grad_y * z.
inline std::string scaleProgram() {
  runtime::ProgramData data = runtime::test::sampleData();
  data.variants[0].forward.source = R"(
extern "C" __global__ void scale(const float *x, const float *w, float *y, float *z, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (blockIdx.y || blockIdx.z || i >= n * 4) return;
  y[i] = x[i] * w[i % 4];
  z[i] = x[i];
})";
  data.variants[0].backward->source = R"(
// partial
extern "C" __global__ void partial(const float *gy, const float *z, float *gx, float *partials, long long n) {
  int i = threadIdx.x;
  if (i >= 4) return;
  long long at = blockIdx.x * 4LL + i;
  gx[at] = gy[at];
  partials[at] = gy[at] * z[at];
}
// finish
extern "C" __global__ void finish(const float *partials, float *counter, float *gw, long long n) {
  float sum = 0;
  for (long long row = 0; row < n; ++row) sum += partials[row * 4 + threadIdx.x];
  gw[threadIdx.x] = sum;
})";
  return sampleText(data);
}

/// The sample program with y = 10 * the bytes of an offset + whether tensors count as aligned, and a narrow form up to a batch of 2.
inline std::string formsProgram() {
  runtime::ProgramData data = runtime::test::sampleData();
  runtime::Phase &forward = data.variants[0].forward;
  data.variants[0].backward.reset();
  forward.narrowBatch = 2;
  forward.unaligned = true;
  forward.source = R"(
typedef long long index_t;
constexpr bool alignedTensors = true;
extern "C" __global__ void scale(const float *x, const float *w, float *y, float *z, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (blockIdx.y || blockIdx.z || i >= n * 4) return;
  y[i] = 10 * sizeof(index_t) + alignedTensors;
  z[i] = x[i] * w[0];
})";
  return sampleText(data);
}

/// Launches on a device of its own name get the form they need, and its diagnostics tell of each but the first.
inline void expectForms(const char *device) {
  std::vector<std::string> remarks;
  fusion_context_options options = FUSION_CONTEXT_OPTIONS;
  options.device = device;
  options.flags = FUSION_NO_DISK_CACHE;
  options.user = &remarks;
  options.diagnostic = [](void *user, fusion_severity severity, const char *message) {
    if (severity == FUSION_REMARK)
      static_cast<std::vector<std::string> *>(user)->push_back(message);
  };
  Context context(options);
  Program program = Program::parse(formsProgram());
  Executable executable(context, program);
  for (int64_t batch : {2, 3}) {
    Bindings bindings(executable, program, batch);
    bindings.write("x", std::vector<float>(size_t(batch) * 4, 1));
    bindings.write("w", {1, 2, 3, 4});
    bindings.forward();
    EXPECT_EQ(bindings.read("y"), std::vector<float>(size_t(batch) * 4, batch == 2 ? 41.0f : 81.0f));
    EXPECT_EQ(remarks.size(), size_t(batch - 2));
  }
  Bindings bindings(executable, program, 3);
  int64_t shape[2] = {2, 4};
  fusion_tensor x = *bindings.tensor("x"), y = *bindings.tensor("y"), z = *bindings.tensor("z");
  for (fusion_tensor *tensor : {&x, &y, &z})
    tensor->shape = shape;
  y.byte_offset = 4;
  const fusion_tensor *inputs[] = {&x, bindings.tensor("w")}, *outputs[] = {&y}, *saved[] = {&z};
  fusion_launch_args args{};
  args.struct_size = sizeof(args);
  args.batch = FUSION_BATCH_OF_TENSORS;
  args.inputs = inputs, args.outputs = outputs, args.saved = saved;
  args.input_count = 2, args.output_count = args.saved_count = 1;
  bindings.write("x", std::vector<float>(12, 1));
  bindings.write("w", {1, 2, 3, 4});
  bindings.write("y", std::vector<float>(12, 0));
  executable.launch(args);
  EXPECT_EQ(bindings.read("y"), (std::vector<float>{0, 80, 80, 80, 80, 80, 80, 80, 80, 0, 0, 0}));
  EXPECT_EQ(remarks.size(), 2u);
}

} // namespace fusion::test
