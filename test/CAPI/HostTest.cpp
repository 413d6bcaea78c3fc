// The C++ header on the device "host": a program runs on the CPU through the shared libraries alone.
#include "fusion/host.hpp"
#include "Scale.h"
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

/// Forward of two rows on a host with these options.
fusion::Host launchOn(const fusion_host_options &options, const std::string &programText) {
  fusion::Host host(options);
  fusion::Program program = fusion::Program::parse(programText);
  fusion::Bindings bindings(fusion::Executable(host.context(), program, FUSION_LOAD_LATER), program, 2);
  bindings.write("x", {1, 2, 3, 4, 5, 6, 7, 8});
  bindings.write("w", {2, 3, 4, 5});
  try {
    bindings.forward();
  } catch (const fusion::Failure &failure) {
    EXPECT_EQ(failure.status(), FUSION_DEVICE) << failure.what();
  }
  return host;
}

TEST(HostDriverApi, TellsWhatALaunchMoved) {
  fusion_host_options options = FUSION_HOST_OPTIONS;
  options.flags = FUSION_HOST_COUNT_BYTES;
  options.arch = "sm_90a";
  fusion::Host host = launchOn(options, scaleProgram());
  ASSERT_EQ(host.launchCount(), 1u);
  fusion::HostLaunch launch = host.launch(0);
  EXPECT_EQ(launch.kernel, "scale");
  EXPECT_EQ(launch.blocksRun, uint64_t(launch.grid[0]) * launch.grid[1] * launch.grid[2]);
  uint64_t read = 0, written = 0;
  for (const fusion::HostLaunch::Traffic &buffer : launch.buffers)
    read += buffer.bytesRead, written += buffer.bytesWritten;
  EXPECT_EQ(read, (8 + 4) * sizeof(float));
  EXPECT_EQ(written, (8 + 8) * sizeof(float));
  EXPECT_TRUE(launch.findings.empty());
  host.clear();
  EXPECT_EQ(host.launchCount(), 0u);
}

TEST(HostDriverApi, TellsWhatIsWrongWithAKernel) {
  fusion_host_options options = FUSION_HOST_OPTIONS;
  options.flags = FUSION_HOST_SANITIZE;
  std::string text = scaleProgram(), guard = "i >= n * 4";
  fusion::runtime::Expected<fusion::runtime::Program> program = fusion::runtime::Program::parse(text);
  fusion::runtime::ProgramData data = program->data();
  std::string &source = data.variants[0].forward.source;
  source.replace(source.find(guard), guard.size(), "i > n * 4");
  fusion::Host host = launchOn(options, sampleText(data));
  ASSERT_EQ(host.launchCount(), 1u);
  fusion::HostLaunch launch = host.launch(0);
  ASSERT_FALSE(launch.findings.empty());
  EXPECT_EQ(launch.findings[0].kind, "out of bounds") << launch.findings[0].text;
  EXPECT_GT(launch.findings[0].line, 0);
}

TEST(HostDriverApi, RefusesWhatItDoesNotKnow) {
  auto messageOf = [](auto change) {
    fusion_host_options options = FUSION_HOST_OPTIONS;
    change(options);
    try {
      fusion::Host host(options);
      return std::string("accepted");
    } catch (const fusion::Failure &failure) {
      EXPECT_EQ(failure.status(), FUSION_INVALID_ARGUMENT);
      return std::string(failure.what());
    }
  };
  EXPECT_EQ(messageOf([](fusion_host_options &o) { o.arch = "gfx90"; }),
            "options.arch: expected an architecture such as sm_90, but got \"gfx90\"");
  EXPECT_EQ(messageOf([](fusion_host_options &o) { o.flags = 1u << 20; }), "options.flags: expected flags below 8, but got 1048576");
  EXPECT_EQ(messageOf([](fusion_host_options &o) { o.blocks = "middle"; }),
            "options.blocks: expected blocks like all or first,last,random:4,17, but got 'middle'");
  EXPECT_EQ(messageOf([](fusion_host_options &o) { o.order = fusion_host_order(9); }),
            "options.order: expected a fusion_host_order, but got 9");
  EXPECT_EQ(messageOf([](fusion_host_options &o) { o.struct_size = 8; }).substr(0, 42), "options: expected struct_size to be 48, bu");
  fusion::Host host;
  EXPECT_THROW(host.launch(0), fusion::Failure);
}

TEST(HostDevice, LaunchesGetTheFormTheyNeed) { expectForms("host:sanitize"); }

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
