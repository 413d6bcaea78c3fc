// Compiling in a child process: the same binary, and an error instead of harm when the source makes the compiler run, grow or die.
#include "Isolate.h"
#include <atomic>
#include <chrono>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace fusion::runtime;
using namespace fusion::runtime::detail;

namespace {

const char *const kSource = "extern \"C\" __global__ void twice(float *x) { x[threadIdx.x] *= 2; }";

/// Valid C++ that no compiler finishes: a template instantiated 2^40 times.
const char *const kEndless = "template <int N, long I> struct T { static const int v = T<N - 1, 2 * I>::v + T<N - 1, 2 * I + 1>::v; };\n"
                             "template <long I> struct T<0, I> { static const int v = 1; };\n"
                             "extern \"C\" __global__ void f(int *x) { *x = T<40, 1>::v; }";

class IsolateTest : public testing::Test {
protected:
  void SetUp() override {
    Expected<const Nvrtc *> found = Nvrtc::get();
    if (!found)
      GTEST_SKIP() << "NOT RUN: " << found.error().message();
    nvrtc = *found;
  }
  CompileIsolation isolation{FUSION_COMPILE_WORKER, 60, uint64_t(8) << 30, {}};
  const Nvrtc *nvrtc = nullptr;

  /// A worker that does what the shell script says.
  std::string script(const std::string &text) {
    path = testing::TempDir() + "worker-" + std::to_string(::getpid()) + ".sh";
    std::ofstream(path) << "#!/bin/sh\n" << text << "\n";
    ::chmod(path.c_str(), 0700);
    return path;
  }
  void TearDown() override {
    if (!path.empty())
      ::unlink(path.c_str());
  }
  std::string path;
};

TEST_F(IsolateTest, GivesTheSameBinary) {
  for (const char *target : {"sm_90a", "compute_80"}) {
    Expected<Binary> here = compileFor(*nvrtc, kSource, "k.cu", target), there = compileInChild(kSource, "k.cu", target, isolation);
    ASSERT_TRUE(here && there) << there.error().message();
    EXPECT_EQ(here->bytes, there->bytes);
  }
  Expected<Binary> wrong = compileInChild("nonsense", "k.cu", "sm_90", isolation);
  ASSERT_FALSE(bool(wrong));
  EXPECT_EQ(wrong.error().kind(), ErrorKind::Compile);
  EXPECT_NE(wrong.error().message().find("nonsense"), std::string::npos) << wrong.error().message();
}

TEST_F(IsolateTest, TimeIsLimited) {
  isolation.seconds = 1;
  auto begin = std::chrono::steady_clock::now();
  Expected<Binary> endless = compileInChild(kEndless, "endless.cu", "sm_90", isolation);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  ASSERT_FALSE(bool(endless));
  EXPECT_EQ(endless.error().kind(), ErrorKind::Compile);
  EXPECT_NE(endless.error().message().find("expected to compile within 1"), std::string::npos) << endless.error().message();
}

TEST_F(IsolateTest, MemoryIsLimited) {
#ifdef FUSION_SANITIZED
  GTEST_SKIP() << "NOT RUN: a sanitizer needs more address space than any limit leaves";
#endif
  isolation.memoryBytes = uint64_t(512) << 20;
  Expected<Binary> endless = compileInChild(kEndless, "endless.cu", "sm_90", isolation);
  ASSERT_FALSE(bool(endless));
  EXPECT_EQ(endless.error().message().find("expected to compile within"), std::string::npos) << "its memory ends long before its time";
  EXPECT_TRUE(endless.error().kind() == ErrorKind::Compile || endless.error().kind() == ErrorKind::System) << endless.error().message();
}

TEST_F(IsolateTest, CanBeCancelled) {
  std::atomic<int> asked{0};
  isolation.cancelled = [&] { return ++asked > 3; };
  Expected<Binary> endless = compileInChild(kEndless, "endless.cu", "sm_90", isolation);
  ASSERT_FALSE(bool(endless));
  EXPECT_EQ(endless.error().kind(), ErrorKind::Cancelled);
}

TEST_F(IsolateTest, ADeadOrLyingWorkerIsAnError) {
  struct {
    const char *script, *message;
  } cases[] = {{"cat > /dev/null; kill -9 $$", "died with signal 9"},
               {"exit 3", "died with exit code 3"},
               {"cat > /dev/null; printf 'garbage that is no answer'", "died with exit code 0"},
               {"cat", "died with exit code 0"}};
  for (const auto &c : cases) {
    isolation.worker = script(c.script);
    Expected<Binary> binary = compileInChild(kSource, "k.cu", "sm_90", isolation);
    ASSERT_FALSE(bool(binary)) << c.script;
    EXPECT_EQ(binary.error().kind(), ErrorKind::Compile);
    EXPECT_NE(binary.error().message().find(c.message), std::string::npos) << c.script << ": " << binary.error().message();
  }
  isolation.worker = "/nonexistent/worker";
  Expected<Binary> binary = compileInChild(kSource, "k.cu", "sm_90", isolation);
  ASSERT_FALSE(bool(binary));
  EXPECT_EQ(binary.error().kind(), ErrorKind::System);
  EXPECT_NE(binary.error().message().find("set FUSION_COMPILE_WORKER"), std::string::npos);
}

TEST(IsolateProtocol, TruncatedBytesAreNoMessage) {
  std::string request = encodeRequest({"name", "sm_90", "source", 1.5, 77});
  Request decoded;
  ASSERT_TRUE(decodeRequest(request, decoded));
  EXPECT_EQ(decoded.source, "source");
  EXPECT_EQ(decoded.seconds, 1.5);
  EXPECT_EQ(decoded.memoryBytes, 77u);
  std::string answer = encodeAnswer(Binary{{'a', 'b'}, "log"});
  ASSERT_TRUE(decodeAnswer(answer).has_value());
  for (size_t size = 0; size < request.size(); ++size)
    EXPECT_FALSE(decodeRequest(std::string_view(request).substr(0, size), decoded)) << size;
  for (size_t size = 0; size < answer.size(); ++size)
    EXPECT_FALSE(decodeAnswer(std::string_view(answer).substr(0, size)).has_value()) << size;
}

} // namespace
