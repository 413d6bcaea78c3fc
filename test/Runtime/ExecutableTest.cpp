// Executable on a recording driver: order, arguments, skipped kernels, checks, allocations, threads, variant choice.
#include "fusion/Runtime/Executable.h"
#include "AllocationCounter.h"
#include "FakeDriver.h"
#include "TestProgram.h"
#include <atomic>
#include <gtest/gtest.h>
#include <thread>

using namespace fusion::runtime;
using test::allocations;
using test::FakeDriver;
using test::Launch;

namespace {

class ExecutableTest : public testing::Test {
protected:
  std::shared_ptr<FakeDriver> driver = std::make_shared<FakeDriver>();
  Context context{driver, {/*diskCache=*/false, {}, {}}};
  std::vector<DevicePointer> tensors = {0x1000, 0x2000, 0x3000, 0x4000, 0x5000, 0x6000, 0x7000};
  static constexpr DevicePointer workspace = 0x100000;

  Program program(const ProgramData &data = test::sampleData()) {
    Expected<Program> result = Program::create(data);
    if (!result)
      ADD_FAILURE() << result.error().message();
    return *result;
  }
  Executable executable(Executable::Prepare when = Executable::Prepare::Now) {
    Expected<Executable> result = Executable::create(context, program(), when);
    if (!result)
      ADD_FAILURE() << result.error().message();
    return *result;
  }
  std::string launchError(const Executable &exe, PhaseKind phase, int64_t batch) {
    return exe.launch(phase, batch, tensors.data(), tensors.size(), workspace).message();
  }
};

TEST_F(ExecutableTest, LaunchesForwardWithItsArguments) {
  Executable exe = executable();
  int launches = 0;
  Stream stream = &launches;
  driver->onLaunch = [&](const Launch &launch) {
    ++launches;
    EXPECT_EQ(launch.kernel, "scale");
    EXPECT_EQ(launch.grid.x, 7u); // ceil(100 * 4 / 64)
    EXPECT_EQ(launch.grid.y, 2u);
    EXPECT_EQ(launch.grid.z, 3u);
    EXPECT_EQ(launch.block.x, 64u);
    EXPECT_EQ(launch.block.y, 1u);
    EXPECT_EQ(launch.sharedBytes, 0u);
    EXPECT_EQ(launch.stream, stream);
    for (unsigned i = 0; i < 4; ++i)
      EXPECT_EQ(*static_cast<DevicePointer *>(launch.args[i]), tensors[i]);
    EXPECT_EQ(*static_cast<int32_t *>(launch.args[4]), 100);
    return Error();
  };
  Error error = exe.launch(PhaseKind::Forward, 100, tensors.data(), tensors.size(), 0, stream);
  EXPECT_FALSE(bool(error)) << error.message();
  EXPECT_EQ(launches, 1);
}

TEST_F(ExecutableTest, LaunchesBackwardInOrderWithWorkspaceOffsets) {
  Executable exe = executable();
  std::vector<std::string> order;
  driver->onLaunch = [&](const Launch &launch) {
    order.push_back(launch.kernel);
    if (launch.kernel == "partial") {
      EXPECT_EQ(launch.grid.x, 100u);
      EXPECT_EQ(launch.sharedBytes, 1024u);
      EXPECT_EQ(*static_cast<DevicePointer *>(launch.args[2]), tensors[5]);
      EXPECT_EQ(*static_cast<DevicePointer *>(launch.args[3]), workspace + 512);
      EXPECT_EQ(*static_cast<int64_t *>(launch.args[4]), 100);
    } else {
      EXPECT_EQ(*static_cast<DevicePointer *>(launch.args[0]), workspace + 512);
      EXPECT_EQ(*static_cast<DevicePointer *>(launch.args[1]), workspace + 256);
      EXPECT_EQ(*static_cast<DevicePointer *>(launch.args[2]), tensors[6]);
    }
    return Error();
  };
  EXPECT_EQ(launchError(exe, PhaseKind::Backward, 100), "");
  EXPECT_EQ(order, (std::vector<std::string>{"partial", "finish"}));
  EXPECT_EQ(driver->opted.at("partial"), 1024u);
}

TEST_F(ExecutableTest, BatchZeroSkipsKernelsWithAnEmptyGrid) {
  Executable exe = executable();
  std::vector<std::string> order;
  driver->onLaunch = [&](const Launch &launch) { return order.push_back(launch.kernel), Error(); };
  tensors[0] = tensors[2] = tensors[3] = tensors[4] = tensors[5] = 0; // empty tensors have no address
  EXPECT_EQ(launchError(exe, PhaseKind::Forward, 0), "");
  EXPECT_TRUE(order.empty());
  EXPECT_EQ(launchError(exe, PhaseKind::Backward, 0), "");
  EXPECT_EQ(order, std::vector<std::string>{"finish"}); // writes the zeros of grad_w
  tensors[6] = 0;
  EXPECT_EQ(launchError(exe, PhaseKind::Backward, 0), "expected an address for the grad_parameter \"grad_w\" (tensor 6), but got null");
}

TEST_F(ExecutableTest, ChecksArguments) {
  Executable exe = executable();
  driver->onLaunch = [&](const Launch &) { return ADD_FAILURE() << "a refused launch must not start any kernel", Error(); };
  EXPECT_EQ(launchError(exe, PhaseKind::Forward, -1), "expected a batch size between 0 and 100000, but got -1");
  EXPECT_EQ(launchError(exe, PhaseKind::Forward, 100001), "expected a batch size between 0 and 100000, but got 100001");
  EXPECT_EQ(exe.launch(PhaseKind::Forward, 1, tensors.data(), 6).message(),
            "expected the addresses of all 7 tensors of the program, but got 6");
  EXPECT_EQ(exe.launch(PhaseKind::Forward, 1, nullptr, 7).message(),
            "expected the addresses of all 7 tensors of the program, but got null");
  tensors[1] = 0;
  EXPECT_EQ(launchError(exe, PhaseKind::Forward, 1), "expected an address for the parameter \"w\" (tensor 1), but got null");
  tensors[1] = 0x2004;
  EXPECT_EQ(launchError(exe, PhaseKind::Forward, 1),
            "expected an address aligned to 16 bytes for the parameter \"w\" (tensor 1), but got 0x2004; copy it to aligned memory");
  tensors[1] = 0x2000;
  tensors[3] = 0;
  EXPECT_EQ(launchError(exe, PhaseKind::Forward, 1), "expected an address for the saved \"z\" (tensor 3), but got null");
  tensors[3] = 0x4000;
  EXPECT_EQ(exe.launch(PhaseKind::Backward, 1, tensors.data(), 7, 0).message(),
            "expected a workspace of 768 bytes aligned to 256, but got null");
  EXPECT_EQ(exe.launch(PhaseKind::Backward, 1, tensors.data(), 7, 0x80).message(),
            "expected a workspace of 768 bytes aligned to 256, but got 0x80");
}

TEST_F(ExecutableTest, TensorsOfTheOtherPhaseMayBeAbsent) {
  Executable exe = executable();
  for (int i : {4, 5, 6})
    tensors[i] = 0;
  EXPECT_EQ(launchError(exe, PhaseKind::Forward, 1), "");
}

TEST_F(ExecutableTest, TellsSizes) {
  Executable exe = executable();
  EXPECT_EQ(*exe.workspaceBytes(PhaseKind::Forward, 100), 0);
  EXPECT_EQ(*exe.workspaceBytes(PhaseKind::Backward, 100), 1792 + 512);
  EXPECT_EQ(*exe.savedBytes(100), 1600);
  EXPECT_EQ(exe.workspaceBytes(PhaseKind::Forward, -1).error().kind(), ErrorKind::InvalidArgument);
}

TEST_F(ExecutableTest, ForwardOnlyProgramsHaveNoBackward) {
  ProgramData data = test::sampleData();
  data.variants[0].backward.reset();
  Expected<Executable> exe = Executable::create(context, program(data));
  ASSERT_TRUE(bool(exe));
  EXPECT_FALSE(exe->has(PhaseKind::Backward));
  EXPECT_EQ(launchError(*exe, PhaseKind::Backward, 1),
            "expected a program with a backward phase, but the variant sm_80 has none; compile it with --grad=all or --grad=params");
}

TEST_F(ExecutableTest, CompilesNowOrLater) {
  executable();
  EXPECT_EQ(driver->compiled, 2);
  EXPECT_EQ(driver->loaded, 2);
  EXPECT_EQ(driver->unloaded, 2) << "the last handle unloads";
  {
    Executable exe = executable(Executable::Prepare::Later), copy = exe;
    EXPECT_EQ(driver->compiled, 2);
    EXPECT_EQ(launchError(exe, PhaseKind::Forward, 1), "");
    EXPECT_EQ(launchError(copy, PhaseKind::Forward, 1), "");
    EXPECT_EQ(driver->compiled, 3);
  }
  EXPECT_EQ(driver->unloaded, 3);
}

TEST_F(ExecutableTest, ErrorsOfTheDriverNameTheKernel) {
  driver->onLaunch = [&](const Launch &launch) {
    return launch.kernel == "finish" ? Error(ErrorKind::Device, "too many resources") : Error();
  };
  Executable exe = executable();
  Error error = exe.launch(PhaseKind::Backward, 1, tensors.data(), tensors.size(), workspace);
  EXPECT_EQ(error.kind(), ErrorKind::Device);
  EXPECT_EQ(error.message(), "kernel finish: too many resources");
  driver->missingKernel = "partial";
  int before = driver->loaded - driver->unloaded;
  EXPECT_EQ(Executable::create(context, program()).error().message(), "kernel partial: not found");
  EXPECT_EQ(driver->loaded - driver->unloaded, before) << "a module that cannot be used must not stay loaded";
  driver->info.sharedBytesPerBlock = 1000;
  EXPECT_EQ(Executable::create(context, program()).error().message(),
            "kernel partial: expected at most 1000 bytes of shared memory per block on this device, but it needs 1024");
}

TEST_F(ExecutableTest, ALaunchAllocatesNothing) {
#ifdef FUSION_SANITIZED
  GTEST_SKIP() << "NOT RUN: a sanitizer stands where calls are counted";
#endif
  Executable exe = executable();
  driver->onLaunch = nullptr; // recording would allocate
  for (PhaseKind phase : {PhaseKind::Forward, PhaseKind::Backward}) {
    size_t before = allocations();
    Error error = exe.launch(phase, 100, tensors.data(), tensors.size(), workspace);
    EXPECT_EQ(allocations(), before) << phaseName(phase);
    EXPECT_FALSE(bool(error));
  }
  size_t before = allocations();
  std::vector<int> sentinel(10);
  asm volatile("" : : "g"(sentinel.data()) : "memory"); // or a compiler drops the pair of calls
  EXPECT_GT(allocations(), before) << "the counter itself must work";
}

TEST_F(ExecutableTest, SharedMemoryIsOptedInForTheLargestLaunch) {
  ProgramData data = test::sampleData();
  KernelLaunch again = data.variants[0].backward->kernels[0];
  for (uint64_t shared : {4096, 2048}) {
    again.sharedBytes = shared;
    data.variants[0].backward->kernels.push_back(again);
  }
  Expected<Executable> exe = Executable::create(context, program(data));
  ASSERT_TRUE(bool(exe)) << exe.error().message();
  EXPECT_EQ(driver->opted.at("partial"), 4096u);
}

TEST_F(ExecutableTest, ThreadsShareOneExecutable) {
  driver->compileTime = std::chrono::milliseconds(30); // all threads arrive while the first one compiles
  Executable exe = executable(Executable::Prepare::Later);
  std::atomic<int> launches{0};
  driver->onLaunch = [&](const Launch &launch) {
    if (launch.kernel == "scale") {
      EXPECT_EQ(int64_t(launch.grid.x), (*static_cast<int32_t *>(launch.args[4]) * 4 + 63) / 64);
    }
    ++launches;
    return Error();
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        EXPECT_EQ(launchError(exe, PhaseKind::Forward, 1 + 1000 * t + i), "");
        EXPECT_EQ(launchError(exe, PhaseKind::Backward, 1 + 1000 * t + i), "");
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(launches, 4 * 200 * 3);
  EXPECT_EQ(driver->compiled, 2) << "each phase once";
}

class VariantTest : public ExecutableTest, public testing::WithParamInterface<std::tuple<int, int, const char *, const char *>> {};

TEST_P(VariantTest, FitsTheDevice) {
  auto [major, minor, arch, target] = GetParam();
  ProgramData data = test::sampleData();
  for (const char *other : {"sm_90a", "sm_90", "sm_100f", "sm_103a"}) {
    data.variants.push_back(data.variants[0]);
    data.variants.back().arch = other;
  }
  driver->info.major = major;
  driver->info.minor = minor;
  Expected<Executable> exe = Executable::create(context, program(data));
  ASSERT_TRUE(bool(exe)) << exe.error().message();
  EXPECT_EQ(exe->variant().arch, arch);
  EXPECT_EQ(exe->target(), target);
  EXPECT_EQ(driver->targets.at(0), target);
}

INSTANTIATE_TEST_SUITE_P(Devices, VariantTest,
                         testing::Values(std::tuple(8, 0, "sm_80", "sm_80"), std::tuple(8, 6, "sm_80", "sm_86"),
                                         std::tuple(9, 0, "sm_90a", "sm_90a"), std::tuple(10, 0, "sm_100f", "sm_100f"),
                                         std::tuple(10, 3, "sm_103a", "sm_103a"), std::tuple(12, 0, "sm_90", "sm_120")));

TEST_F(ExecutableTest, NoVariantFits) {
  driver->info.major = 7;
  driver->info.minor = 5;
  EXPECT_EQ(Executable::create(context, program()).error().message(),
            "expected a variant for compute capability 7.5 (fake), but the program has sm_80; compile it again with --arch=sm_75");
}

} // namespace
