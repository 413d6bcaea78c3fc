// The CUDA driver against a stand-in for libcuda: the calls it makes, the context it makes them in, the errors it passes on.
#include "fusion/Runtime/Context.h"
#include "fusion/Runtime/Nvrtc.h"
#include <dlfcn.h>
#include <gtest/gtest.h>

using namespace fusion::runtime;

namespace {

class CudaDriverTest : public testing::Test {
protected:
  void SetUp() override {
    void *library = dlopen(FUSION_FAKE_CUDA, RTLD_NOW);
    ASSERT_NE(library, nullptr) << dlerror();
    journalOf = reinterpret_cast<const char *(*)()>(dlsym(library, "fakeJournal"));
    reset = reinterpret_cast<void (*)(int)>(dlsym(library, "fakeReset"));
    currentContext = reinterpret_cast<void *(*)()>(dlsym(library, "fakeCurrent"));
    Expected<std::unique_ptr<Driver>> made = makeCudaDriver(0, FUSION_FAKE_CUDA);
    ASSERT_TRUE(bool(made)) << made.error().message();
    driver = std::move(*made);
    reset(0);
  }
  std::string journal() {
    std::string text = journalOf();
    reset(0);
    return text;
  }
  std::unique_ptr<Driver> driver;
  const char *(*journalOf)() = nullptr;
  void (*reset)(int) = nullptr;
  void *(*currentContext)() = nullptr;
};

TEST_F(CudaDriverTest, DescribesTheDevice) {
  DeviceInfo info = driver->device();
  EXPECT_EQ(info.name, "Fake GPU");
  EXPECT_EQ(info.major, 9);
  EXPECT_EQ(info.minor, 0);
  EXPECT_EQ(info.sharedBytesPerBlock, 232448u);
  EXPECT_EQ(info.totalMemory, size_t(80) << 30);
}

TEST_F(CudaDriverTest, LoadsAndLaunchesInThePrimaryContext) {
  Expected<ModuleHandle> module = driver->load(Binary{{'p', 't', 'x'}, ""});
  ASSERT_TRUE(bool(module));
  Expected<FunctionHandle> function = driver->function(*module, "kernel", 50000);
  ASSERT_TRUE(bool(function));
  int argument = 42;
  void *args[] = {&argument};
  EXPECT_FALSE(bool(driver->launch(*function, {2, 3, 4}, {64, 1, 1}, 50000, &argument, args)));
  driver->unload(*module);
  EXPECT_EQ(journal(), "load ptx;function kernel;attribute 8=50000;launch 2 3 4 64 1 1 50000 stream 42;unload;");
  EXPECT_EQ(currentContext(), nullptr) << "the caller's context is current again";
}

TEST_F(CudaDriverTest, PassesErrorsOn) {
  int argument = 0;
  void *args[] = {&argument};
  reset(700);
  Error error = driver->launch(&argument, {}, {}, 0, nullptr, args);
  EXPECT_EQ(error.kind(), ErrorKind::Device);
  EXPECT_EQ(error.message(), "the CUDA driver could not launch: CUDA_ERROR_FAKE (made up)");
  Expected<DevicePointer> pointer = driver->allocate(size_t(100) << 30, "workspace");
  ASSERT_FALSE(bool(pointer));
  EXPECT_EQ(pointer.error().kind(), ErrorKind::OutOfMemory);
  EXPECT_EQ(pointer.error().message(),
            "workspace (107374182400 bytes): the CUDA driver could not allocate memory: CUDA_ERROR_OUT_OF_MEMORY (made up)");
}

TEST_F(CudaDriverTest, MovesMemory) {
  Expected<DevicePointer> pointer = driver->allocate(16, "x");
  ASSERT_TRUE(bool(pointer));
  char in[16] = "0123456789abcde", out[16] = {};
  EXPECT_FALSE(bool(driver->copyToDevice(*pointer, in, 16)));
  EXPECT_FALSE(bool(driver->fill(*pointer, 'z', 3, nullptr)));
  EXPECT_FALSE(bool(driver->copyToHost(out, *pointer, 16)));
  EXPECT_STREQ(out, "zzz3456789abcde");
  EXPECT_FALSE(bool(driver->copyToHost(nullptr, 0, 0)));
  driver->release(*pointer);
  EXPECT_FALSE(bool(driver->synchronize()));
  EXPECT_EQ(journal(), "allocate 16;to device;fill;to host;free;synchronize;");
  EXPECT_EQ(driver->allocate(0, "empty").error().message(), "expected an allocation of at least 1 byte for 'empty', but got 0");
  EXPECT_EQ(journal(), "");
}

TEST_F(CudaDriverTest, MeasuresBetweenEvents) {
  bool ran = false;
  Expected<float> time = driver->elapsed(nullptr, [&] { return ran = true, Error(); });
  ASSERT_TRUE(bool(time));
  EXPECT_FLOAT_EQ(*time, 1.5f);
  EXPECT_TRUE(ran);
  EXPECT_EQ(journal(), "event;event;record;record;wait;destroy;destroy;");
  time = driver->elapsed(nullptr, [] { return Error(ErrorKind::Device, "body failed"); });
  ASSERT_FALSE(bool(time));
  EXPECT_EQ(time.error().message(), "body failed");
  EXPECT_EQ(journal(), "event;event;record;destroy;destroy;") << "the events go also on failure";
}

TEST_F(CudaDriverTest, ReleasesThePrimaryContext) {
  driver.reset();
  EXPECT_EQ(journal(), "release;");
}

TEST_F(CudaDriverTest, RefusesOtherDevices) {
  EXPECT_EQ(makeCudaDriver(1, FUSION_FAKE_CUDA).error().message(), "expected a CUDA device below 1, but got 1");
  EXPECT_EQ(makeCudaDriver(-1, FUSION_FAKE_CUDA).error().message(), "expected a CUDA device below 1, but got -1");
}

TEST_F(CudaDriverTest, CompilesWithNvrtc) {
  if (Expected<const Nvrtc *> nvrtc = Nvrtc::get(); !nvrtc) {
    std::printf("NOT RUN: %s\n", nvrtc.error().message().c_str());
    GTEST_SKIP();
  }
  const char *source = "extern \"C\" __global__ void f(float *x) { *x = 1.0f; }";
  EXPECT_EQ(driver->compilerId().compare(0, 6, "nvrtc "), 0);
  Expected<Binary> cubin = driver->compile(source, "f.cu", "sm_90a");
  ASSERT_TRUE(bool(cubin)) << cubin.error().message();
  EXPECT_TRUE(bool(parseCubin(*cubin)));
  // A GPU newer than this NVRTC gets PTX of the newest architecture that NVRTC knows.
  Expected<Binary> ptx = driver->compile(source, "f.cu", "sm_999");
  ASSERT_TRUE(bool(ptx)) << ptx.error().message();
  EXPECT_NE(std::string(ptx->bytes.begin(), ptx->bytes.end()).find(".target sm_"), std::string::npos);
  EXPECT_EQ(driver->compile(source, "f.cu", "gfx90").error().message(), "expected an architecture such as sm_90a, but got \"gfx90\"");
}

TEST(CudaDriver, TellsThatThereIsNone) {
  Expected<std::unique_ptr<Driver>> made = makeCudaDriver(0, "libno-such-cuda.so.1");
  ASSERT_FALSE(bool(made));
  EXPECT_EQ(made.error().kind(), ErrorKind::Unsupported);
  EXPECT_NE(made.error().message().find("expected a CUDA driver, but libno-such-cuda.so.1 could not be opened"), std::string::npos);
}

} // namespace
