// The device "cuda" where there is one: results, a launch captured into a graph, isolated compilation, programs that bring their cubins.
#include "Scale.h"
#include "fusion/fusion.hpp"
#include <dlfcn.h>

using namespace fusion::test;

namespace {

class CudaDevice : public testing::Test {
protected:
  void SetUp() override {
    try {
      context = open(FUSION_NO_DISK_CACHE);
      (void)fusion::Executable(context, fusion::Program::parse(scaleProgram()));
    } catch (const fusion::Failure &failure) { // no GPU, or no NVRTC
      GTEST_SKIP() << "NOT RUN: " << failure.what();
    }
  }
  static fusion::Context open(uint32_t flags) {
    fusion_context_options options = FUSION_CONTEXT_OPTIONS;
    options.device = "cuda";
    options.flags = flags;
    return fusion::Context(options);
  }
  /// Forward and backward of three rows.
  static void expectResults(const fusion::Context &context, const fusion::Program &program) {
    fusion::Bindings bindings(fusion::Executable(context, program), program, 3);
    bindings.write("x", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
    bindings.write("w", {2, 3, 4, 5});
    bindings.forward();
    EXPECT_EQ(bindings.read("y"), (std::vector<float>{2, 6, 12, 20, 10, 18, 28, 40, 18, 30, 44, 60}));
    bindings.write("grad_y", std::vector<float>(12, 1.0f));
    bindings.backward();
    EXPECT_EQ(bindings.read("grad_w"), (std::vector<float>{15, 18, 21, 24}));
  }
  fusion::Context context{"null"};
};

TEST_F(CudaDevice, RunsAProgram) { expectResults(context, fusion::Program::parse(scaleProgram())); }

TEST_F(CudaDevice, LaunchesGetTheFormTheyNeed) { expectForms("cuda"); }

TEST_F(CudaDevice, IsolatedCompilationGivesTheSame) {
  expectResults(open(FUSION_NO_DISK_CACHE | FUSION_ISOLATE_COMPILE), fusion::Program::parse(scaleProgram()));
}

TEST_F(CudaDevice, EmbeddedImagesRunWithoutACompiler) {
  fusion::Program program = fusion::Program::parse(scaleProgram());
  for (const char *images : {"device", "compute_80"})
    expectResults(open(FUSION_NO_DISK_CACHE | FUSION_NO_JIT), program.embed(context, images, /*dropSource=*/true));
}

/// The few calls of the driver's that make a stream and a graph.
struct Graphs {
  using Handle = void *;
  int (*retain)(Handle *, int);
  int (*setCurrent)(Handle);
  int (*makeStream)(Handle *, unsigned);
  int (*begin)(Handle, int);
  int (*end)(Handle, Handle *);
  int (*instantiate)(Handle *, Handle, unsigned long long);
  int (*launch)(Handle, Handle);
  int (*wait)(Handle);
  Graphs() {
    void *cuda = dlopen("libcuda.so.1", RTLD_NOW);
    auto find = [&](auto &function, const char *name) {
      function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(cuda, name));
      EXPECT_NE(function, nullptr) << name;
    };
    find(retain, "cuDevicePrimaryCtxRetain");
    find(setCurrent, "cuCtxSetCurrent");
    find(makeStream, "cuStreamCreate");
    find(begin, "cuStreamBeginCapture_v2");
    find(end, "cuStreamEndCapture");
    find(instantiate, "cuGraphInstantiateWithFlags");
    find(launch, "cuGraphLaunch");
    find(wait, "cuStreamSynchronize");
  }
};

TEST_F(CudaDevice, LaunchesAreCapturedIntoGraphs) {
  fusion::Program program = fusion::Program::parse(scaleProgram());
  fusion::Bindings bindings(fusion::Executable(context, program), program, 3);
  bindings.write("w", {2, 3, 4, 5});
  Graphs api;
  Graphs::Handle primary = nullptr, stream = nullptr, graph = nullptr, executable = nullptr;
  ASSERT_EQ(api.retain(&primary, 0), 0);
  ASSERT_EQ(api.setCurrent(primary), 0);
  ASSERT_EQ(api.makeStream(&stream, 1), 0); // does not wait for the default stream
  ASSERT_EQ(api.begin(stream, 0), 0);       // global: whatever may not be captured fails, in any thread
  bindings.forward(stream);
  ASSERT_EQ(api.end(stream, &graph), 0);
  ASSERT_EQ(api.instantiate(&executable, graph, 0), 0);
  for (float first : {1.0f, 5.0f}) {
    bindings.write("x", std::vector<float>(12, first));
    ASSERT_EQ(api.launch(executable, stream), 0);
    ASSERT_EQ(api.wait(stream), 0);
    EXPECT_EQ(bindings.read("y")[11], first * 5);
  }
}

} // namespace
