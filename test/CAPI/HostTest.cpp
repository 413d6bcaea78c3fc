// The C++ header on the device "host": a program runs on the CPU through the shared libraries alone.
#include "Scale.h"
#include "fusion/fusion.hpp"
#include <cstdlib>

using namespace fusion::test;

namespace {

fusion::Context hostContext(const char *device) {
  fusion_context_options options = FUSION_CONTEXT_OPTIONS;
  options.device = device;
  options.flags = FUSION_NO_DISK_CACHE;
  return fusion::Context(options);
}

TEST(HostDevice, RunsAProgram) {
  fusion::Context context = hostContext("host:sanitize");
  EXPECT_STREQ(context.device().name, "host");
  EXPECT_EQ(context.device().dl_device_type, 12);
  fusion::Program program = fusion::Program::parse(scaleProgram());
  fusion::Executable executable(context, program);
  fusion::Bindings bindings(executable, program, 3);
  bindings.write("x", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  bindings.write("w", {2, 3, 4, 5});
  bindings.forward();
  EXPECT_EQ(bindings.read("y"), (std::vector<float>{2, 6, 12, 20, 10, 18, 28, 40, 18, 30, 44, 60}));
  bindings.write("grad_y", std::vector<float>(12, 1.0f));
  bindings.backward();
  EXPECT_EQ(bindings.read("grad_w"), (std::vector<float>{15, 18, 21, 24}));
}

TEST(HostDevice, FailuresAreExceptionsOfTheCaller) {
  fusion::Context context = hostContext("host");
  fusion::Program program = fusion::Program::parse(scaleProgram());
  try {
    fusion::Bindings(fusion::Executable(context, program, FUSION_LOAD_LATER), program, 3).write("x", {1, 2});
    FAIL() << "expected a Failure";
  } catch (const fusion::Failure &failure) {
    EXPECT_EQ(failure.status(), FUSION_INVALID_ARGUMENT);
    EXPECT_STREQ(failure.what(), "bytes: expected the 48 bytes of \"x\", but got 8");
  }
  EXPECT_THROW(fusion::Program::parse("{"), fusion::Failure);
}

TEST(HostDevice, CompilerMessagesArrive) {
  fusion::Context context = hostContext("host");
  fusion::runtime::ProgramData data = fusion::runtime::test::sampleData();
  data.variants[0].forward.source = "extern \"C\" __global__ void scale() { nonsense; }";
  try {
    fusion::Executable(context, fusion::Program::parse(sampleText(data)));
    FAIL() << "expected a Failure";
  } catch (const fusion::Failure &failure) {
    EXPECT_EQ(failure.status(), FUSION_COMPILE);
    EXPECT_NE(std::string(failure.what()).find("nonsense"), std::string::npos) << failure.what();
  }
}

/// A program compiled for the host ahead of time, without its source.
TEST(HostDevice, AheadOfTimeProgramsNeedNoCompiler) {
  std::string text = fusion::Program::parse(scaleProgram()).embed(hostContext("host"), "device", /*dropSource=*/true).serialize();
  EXPECT_EQ(text.find("blockIdx.x * blockDim.x"), std::string::npos) << "the source is gone";
  std::string path = ::getenv("PATH");
  ::setenv("PATH", "/nonexistent", 1);
  fusion_context_options options = FUSION_CONTEXT_OPTIONS;
  options.device = "host";
  options.flags = FUSION_NO_DISK_CACHE | FUSION_NO_JIT;
  fusion::Context context(options);
  fusion::Program program = fusion::Program::parse(text);
  std::vector<float> y;
  try {
    fusion::Bindings bindings(fusion::Executable(context, program), program, 1);
    bindings.write("x", {1, 2, 3, 4});
    bindings.write("w", {2, 3, 4, 5});
    bindings.forward();
    y = bindings.read("y");
  } catch (const fusion::Failure &failure) {
    ADD_FAILURE() << failure.what();
  }
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(y, (std::vector<float>{2, 6, 12, 20}));
}

TEST(HostDevice, WithoutJitASourceIsNoUse) {
  fusion_context_options options = FUSION_CONTEXT_OPTIONS;
  options.device = "host";
  options.flags = FUSION_NO_DISK_CACHE | FUSION_NO_JIT;
  try {
    fusion::Executable(fusion::Context(options), fusion::Program::parse(scaleProgram()));
    FAIL() << "expected a Failure";
  } catch (const fusion::Failure &failure) {
    EXPECT_EQ(failure.status(), FUSION_UNSUPPORTED);
  }
}

} // namespace
