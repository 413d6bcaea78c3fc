// Measures the host's own cost of fusion_launch() for a program of two kernels on the device "null", with 1 to 8 threads.
// --most=MICROSECONDS and --steepest=FACTOR make it fail when one thread needs more, or a thread among eight that much more than one alone.
#include "fusion/Runtime/Program.h"
#include "fusion/fusion.hpp"
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <time.h>

namespace {

/// Two kernels, six tensors, a workspace whose size moves with the batch.
fusion::Program makeProgram(bool dynamic) {
  using namespace fusion::runtime;
  const Expr n = Expr::batch(), partials = align(n * Expr(2048), Expr(256));
  ProgramData data;
  data.chain = "two_kernels";
  data.batch = {dynamic, dynamic ? 100000 : 128};
  data.tensors = {{"x", TensorRole::Input, {}, {kBatchExtent, 8, 128, 128}},
                  {"weight", TensorRole::Parameter, {}, {64, 8, 3, 3}},
                  {"bias", TensorRole::Parameter, {}, {64}},
                  {"gamma", TensorRole::Parameter, {}, {64}},
                  {"y", TensorRole::Output, {}, {kBatchExtent, 64, 126, 126}},
                  {"z", TensorRole::Saved, {}, {kBatchExtent, 64}}};
  Variant variant;
  variant.arch = "sm_80";
  variant.forward.source = "none";
  variant.forward.inputs = {0, 1, 2, 3}, variant.forward.outputs = {4}, variant.forward.saved = {5};
  variant.forward.workspace = partials;
  KernelLaunch conv, finish;
  conv.name = "conv", conv.grid[0] = n * Expr(124), conv.block = 256, conv.sharedBytes = 51200;
  conv.args = {KernelArg::ofTensor(0),
               KernelArg::ofTensor(1),
               KernelArg::ofTensor(2),
               KernelArg::ofTensor(4),
               KernelArg::ofWorkspace(Expr(0), n * Expr(2048), "partial"),
               KernelArg::batch32()};
  finish.name = "finish", finish.grid[0] = ceilDiv(n, Expr(4)), finish.block = 128;
  finish.args = {KernelArg::ofWorkspace(Expr(0), n * Expr(2048), "partial"), KernelArg::ofTensor(3), KernelArg::ofTensor(5),
                 KernelArg::batch32()};
  variant.forward.kernels = {conv, finish};
  data.variants = {variant};
  Expected<Program> program = Program::create(data);
  if (!program)
    throw fusion::Failure(FUSION_INVALID_PROGRAM, program.error().message());
  return fusion::Program::parse(program->serialize());
}

double threadSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

/// Microseconds of CPU time of one launch: the best of several rounds of every thread, the worst thread. Waiting for a core is not counted.
double cost(const fusion::Executable &executable, const fusion::Bindings &bindings, unsigned threads) {
  const fusion_tensor *inputs[4], *outputs[1] = {bindings.tensor("y")}, *saved[1] = {bindings.tensor("z")};
  const char *const names[4] = {"x", "weight", "bias", "gamma"};
  for (int i = 0; i < 4; ++i)
    inputs[i] = bindings.tensor(names[i]);
  fusion_launch_args args{};
  args.struct_size = sizeof(args);
  args.batch = FUSION_BATCH_OF_TENSORS;
  args.inputs = inputs, args.input_count = 4, args.outputs = outputs, args.output_count = 1, args.saved = saved, args.saved_count = 1;
  args.workspace = reinterpret_cast<void *>(uintptr_t(1) << 20), args.workspace_bytes = uint64_t(1) << 20;
  std::vector<double> best(threads, 1e9);
  std::vector<std::thread> running;
  std::atomic<bool> failed{false};
  for (unsigned t = 0; t < threads; ++t)
    running.emplace_back([&, t] {
      const int launches = 20000, rounds = 12;
      for (int round = 0; round < rounds; ++round) {
        double begin = threadSeconds();
        for (int i = 0; i < launches; ++i)
          if (fusion_launch(executable.get(), &args) != FUSION_OK)
            failed = true;
        best[t] = std::min(best[t], (threadSeconds() - begin) / launches * 1e6);
      }
    });
  for (std::thread &thread : running)
    thread.join();
  if (failed)
    throw fusion::Failure(FUSION_INTERNAL, "a launch failed");
  return *std::max_element(best.begin(), best.end());
}

} // namespace

int main(int argc, char **argv) {
  double most = 0, steepest = 0;
  for (int i = 1; i < argc; ++i)
    if (std::strncmp(argv[i], "--most=", 7) == 0)
      most = std::atof(argv[i] + 7);
    else if (std::strncmp(argv[i], "--steepest=", 11) == 0)
      steepest = std::atof(argv[i] + 11);
    else
      return std::fprintf(stderr, "usage: fusion-launch-benchmark [--most=MICROSECONDS] [--steepest=FACTOR]\n"), 2;
  bool ok = true;
  try {
    fusion_context_options options = FUSION_CONTEXT_OPTIONS;
    options.device = "null";
    options.flags = FUSION_NO_DISK_CACHE;
    fusion::Context context(options);
    for (bool dynamic : {false, true}) {
      fusion::Program program = makeProgram(dynamic);
      fusion::Executable executable(context, program);
      fusion::Bindings bindings(executable, program, 128);
      double one = 0;
      for (unsigned threads : {1u, 2u, 4u, 8u}) {
        double microseconds = cost(executable, bindings, threads);
        one = threads == 1 ? microseconds : one;
        std::printf("%s batch, %u thread%s: %.3f us per launch of two kernels\n", program.dynamicBatch() ? "dynamic" : "fixed", threads,
                    threads == 1 ? "" : "s", microseconds);
        ok &= !(most > 0 && microseconds > most) && !(steepest > 0 && microseconds > steepest * one);
      }
    }
  } catch (const std::exception &failure) {
    std::fprintf(stderr, "error: %s\n", failure.what());
    return 1;
  }
  std::printf(ok ? "ok\n" : "FAILED: slower than --most or --steepest allow\n");
  return ok ? 0 : 1;
}
