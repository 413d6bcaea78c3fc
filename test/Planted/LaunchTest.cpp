// Planted bugs of a launch: on the default stream instead of the caller's, and waiting for the device after every kernel.
//
// A driver between the executable and the recording one plants the bug; what is recorded must show it. Without it nothing may show.
#include "../Runtime/TestProgram.h"
#include "fusion/Runtime/Executable.h"
#include <gtest/gtest.h>

using namespace fusion::runtime;

namespace {

/// Writes down the calls a launch makes.
class RecordingDriver : public Driver {
public:
  std::vector<std::string> journal;
  Stream expected = nullptr;

  DeviceInfo device() const override { return {"recording", 8, 0, 100000, size_t(1) << 30}; }
  Expected<Binary> compile(const std::string &, const std::string &, const std::string &) override {
    return note("compile"), Binary{{'x'}, ""};
  }
  Expected<ModuleHandle> load(const Binary &) override { return note("load"), ModuleHandle(this); }
  void unload(ModuleHandle) override { note("unload"); }
  Expected<FunctionHandle> function(ModuleHandle, const std::string &, size_t) override { return note("function"), FunctionHandle(this); }
  Error launch(FunctionHandle, Extent3, Extent3, size_t, Stream stream, void **) override {
    return note(stream == expected ? "launch" : stream ? "launch on another stream" : "launch on the default stream"), Error();
  }
  Expected<DevicePointer> allocate(size_t, const std::string &) override { return note("allocate"), DevicePointer(4096); }
  void release(DevicePointer) override { note("release"); }
  Error copyToDevice(DevicePointer, const void *, size_t) override { return note("copy to device"), Error(); }
  Error copyToHost(void *, DevicePointer, size_t) override { return note("copy to host"), Error(); }
  Error fill(DevicePointer, unsigned char, size_t, Stream) override { return note("fill"), Error(); }
  Error synchronize() override { return note("synchronise"), Error(); }
  Expected<float> elapsed(Stream, const std::function<Error()> &) override { return note("measure"), 0.0f; }

private:
  void note(const char *call) { journal.push_back(call); }
};

class DefaultStreamDriver : public RecordingDriver {
  Error launch(FunctionHandle function, Extent3 grid, Extent3 block, size_t sharedBytes, Stream, void **args) override {
    return RecordingDriver::launch(function, grid, block, sharedBytes, nullptr, args);
  }
};

class WaitingDriver : public RecordingDriver {
  Error launch(FunctionHandle function, Extent3 grid, Extent3 block, size_t sharedBytes, Stream stream, void **args) override {
    if (Error error = RecordingDriver::launch(function, grid, block, sharedBytes, stream, args))
      return error;
    return synchronize();
  }
};

/// Everything that launching both phases (three kernels) on a stream of the caller's does besides launching on it.
template <class D> std::vector<std::string> besidesLaunching() {
  auto driver = std::make_shared<D>();
  auto program = Program::create(test::sampleData());
  Context context(driver, {/*diskCache=*/false, {}, {}});
  auto executable = Executable::create(context, *program);
  EXPECT_TRUE(executable) << executable.error().message();
  int stream = 0;
  driver->expected = &stream;
  driver->journal.clear();
  std::vector<DevicePointer> tensors = {0x1000, 0x2000, 0x3000, 0x4000, 0x5000, 0x6000, 0x7000};
  for (PhaseKind phase : {PhaseKind::Forward, PhaseKind::Backward}) {
    Error error = executable->launch(phase, 100, tensors.data(), tensors.size(), 0x100000, &stream);
    EXPECT_FALSE(error) << error.message();
  }
  std::vector<std::string> others;
  int launches = 0;
  for (const std::string &call : driver->journal) {
    launches += call.rfind("launch", 0) == 0;
    if (call != "launch")
      others.push_back(call);
  }
  EXPECT_EQ(launches, 3);
  return others;
}

using Calls = std::vector<std::string>;

TEST(PlantedBug, None) { EXPECT_EQ(besidesLaunching<RecordingDriver>(), Calls()); }

TEST(PlantedBug, LaunchOnTheDefaultStream) { EXPECT_EQ(besidesLaunching<DefaultStreamDriver>(), Calls(3, "launch on the default stream")); }

TEST(PlantedBug, SynchronisationAfterEveryLaunch) { EXPECT_EQ(besidesLaunching<WaitingDriver>(), Calls(3, "synchronise")); }

} // namespace
