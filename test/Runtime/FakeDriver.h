// A Driver that compiles nothing and records what it is asked to do.
#pragma once
#include "fusion/Runtime/Driver.h"
#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <map>
#include <mutex>
#include <thread>

namespace fusion::runtime::test {

struct Launch {
  std::string kernel;
  Extent3 grid, block;
  size_t sharedBytes = 0;
  Stream stream = nullptr;
  void **args = nullptr;
};

class FakeDriver : public Driver {
public:
  DeviceInfo info{"fake", 9, 0, 100000, size_t(1) << 30};
  std::string compiler; ///< what compilerId() says
  std::atomic<int> compiled{0}, loaded{0}, unloaded{0};
  std::vector<std::string> targets;              ///< architectures compiled for
  std::map<std::string, size_t> opted;           ///< shared memory by kernel
  std::function<Error(const Launch &)> onLaunch; ///< sees the arguments while they live
  std::string missingKernel;
  std::chrono::milliseconds compileTime{0};

  DeviceInfo device() const override { return info; }
  std::string compilerId() const override { return compiler; }
  Expected<Binary> compile(const std::string &source, const std::string &name, const std::string &arch) override {
    std::this_thread::sleep_for(compileTime);
    std::lock_guard<std::mutex> lock(mutex);
    ++compiled;
    targets.push_back(arch);
    if (source.find("#error") != std::string::npos)
      return Error(ErrorKind::Compile, name + ": #error");
    return Binary{{source.begin(), source.end()}, "log of " + name};
  }
  Expected<ModuleHandle> load(const Binary &) override { return reinterpret_cast<ModuleHandle>(intptr_t(++loaded)); }
  void unload(ModuleHandle) override { ++unloaded; }
  Expected<FunctionHandle> function(ModuleHandle, const std::string &name, size_t sharedBytes) override {
    std::lock_guard<std::mutex> lock(mutex);
    if (name == missingKernel)
      return Error(ErrorKind::Device, "not found");
    opted[name] = sharedBytes;
    return const_cast<char *>(opted.find(name)->first.c_str());
  }
  Error launch(FunctionHandle function, Extent3 grid, Extent3 block, size_t sharedBytes, Stream stream, void **args) override {
    if (!onLaunch)
      return {};
    Launch launch;
    launch.kernel = static_cast<const char *>(function);
    launch.grid = grid;
    launch.block = block;
    launch.sharedBytes = sharedBytes;
    launch.stream = stream;
    launch.args = args;
    return onLaunch(launch);
  }
  Expected<DevicePointer> allocate(size_t, const std::string &) override { return DevicePointer(4096); }
  void release(DevicePointer) override {}
  Error copyToDevice(DevicePointer, const void *, size_t) override { return {}; }
  Error copyToHost(void *, DevicePointer, size_t) override { return {}; }
  Error fill(DevicePointer, unsigned char, size_t, Stream) override { return {}; }
  Error synchronize() override {
    ADD_FAILURE() << "nothing in the runtime may wait for the device";
    return {};
  }
  Expected<float> elapsed(Stream, const std::function<Error()> &body) override {
    if (Error error = body())
      return error;
    return 0.0f;
  }

private:
  std::mutex mutex;
};

} // namespace fusion::runtime::test
