// A small program that uses every construct of the file format; tests start from it and break it.
#pragma once
#include "fusion/Runtime/Program.h"

namespace fusion::runtime::test {

/// x [N,4] -> y [N,4] with a saved z, and a backward that makes grad_x and grad_w.
inline ProgramData sampleData() {
  const Expr n = Expr::batch();
  ProgramData data;
  data.chain = "sample";
  data.batch = {/*dynamic=*/true, /*size=*/100000};
  data.tensors = {{"x", TensorRole::Input, {}, {kBatchExtent, 4}},
                  {"w", TensorRole::Parameter, {}, {4}},
                  {"y", TensorRole::Output, {}, {kBatchExtent, 4}},
                  {"z", TensorRole::Saved, {}, {kBatchExtent, 4}},
                  {"grad_y", TensorRole::GradOutput, 2, {kBatchExtent, 4}},
                  {"grad_x", TensorRole::GradInput, 0, {kBatchExtent, 4}},
                  {"grad_w", TensorRole::GradParameter, 1, {4}}};
  Variant variant;
  variant.arch = "sm_80";
  variant.forward.source = "extern \"C\" __global__ void scale(const float *x, const float *w, float *y, float *z, int n) {}";
  variant.forward.inputs = {0, 1};
  variant.forward.outputs = {2};
  variant.forward.saved = {3};
  KernelLaunch scale;
  scale.name = "scale";
  scale.grid = {ceilDiv(n * Expr(4), Expr(64)), Expr(2), Expr(3)};
  scale.block = 64;
  scale.args = {KernelArg::ofTensor(0), KernelArg::ofTensor(1), KernelArg::ofTensor(2), KernelArg::ofTensor(3), KernelArg::batch32()};
  scale.report = "scales rows";
  variant.forward.kernels = {scale};

  Phase backward;
  backward.source = "extern \"C\" __global__ void partial() {} extern \"C\" __global__ void finish() {}";
  backward.inputs = {4, 1, 3};
  backward.outputs = {5, 6};
  backward.workspace = align(n * Expr(16), Expr(256)) + Expr(512);
  KernelLaunch partial, finish;
  partial.name = "partial";
  partial.grid[0] = n;
  partial.block = 128;
  partial.sharedBytes = 1024;
  partial.args = {KernelArg::ofTensor(4), KernelArg::ofTensor(3), KernelArg::ofTensor(5),
                  KernelArg::ofWorkspace(Expr(512), n * Expr(16), "partials"), KernelArg::batch64()};
  finish.name = "finish";
  finish.block = 4;
  finish.args = {KernelArg::ofWorkspace(Expr(512), n * Expr(16), "partials"), KernelArg::ofWorkspace(Expr(256), Expr(256), "counter"),
                 KernelArg::ofTensor(6), KernelArg::batch64()};
  backward.kernels = {partial, finish};
  variant.backward = backward;
  data.variants = {variant};
  return data;
}

} // namespace fusion::runtime::test
