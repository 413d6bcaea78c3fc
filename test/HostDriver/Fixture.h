// Compiles a source on a host driver and launches its kernels on vectors.
#pragma once
#include "fusion/HostDriver/HostDriver.h"
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace fusion::test {
using namespace fusion::runtime;

inline const Schedule kSchedules[] = {Schedule::Forward, Schedule::Reverse, Schedule::Random};

class HostTest : public ::testing::Test {
protected:
  /// Fails the test when the source does not compile or load.
  void compile(const std::string &source, const std::string &arch = "sm_90a") {
    auto binary = driver.compile(source, "test.cu", arch);
    ASSERT_TRUE(binary) << binary.error().message();
    auto loaded = driver.load(*binary);
    ASSERT_TRUE(loaded) << loaded.error().message();
    module = *loaded;
  }
  template <class T> DevicePointer upload(const std::vector<T> &values, const std::string &name) {
    auto pointer = driver.allocate(values.size() * sizeof(T), name);
    EXPECT_TRUE(pointer) << pointer.error().message();
    Error error = driver.copyToDevice(*pointer, values.data(), values.size() * sizeof(T));
    EXPECT_FALSE(error) << error.message();
    return *pointer;
  }
  template <class T> std::vector<T> download(DevicePointer pointer, size_t count) {
    std::vector<T> values(count);
    Error error = driver.copyToHost(values.data(), pointer, count * sizeof(T));
    EXPECT_FALSE(error) << error.message();
    return values;
  }
  template <class... T> Error launch(const std::string &kernel, Extent3 grid, Extent3 block, size_t shared, T... arguments) {
    auto function = driver.function(module, kernel, shared);
    if (!function)
      return function.error();
    void *list[] = {&arguments..., nullptr};
    return driver.launch(*function, grid, block, shared, nullptr, list);
  }

  HostDriver driver;
  ModuleHandle module = nullptr;
};

/// Launches of kernel `k` with every check on.
class CheckTest : public HostTest {
protected:
  CheckTest() { driver.options().sanitize = true; }
  /// Runs under every schedule; each must end in `kind` at `line` with `text` in it (line 0: any).
  template <class... T>
  void expectFinding(FindingKind kind, int line, const std::string &text, Extent3 grid, Extent3 block, size_t shared, T... arguments) {
    for (Schedule schedule : kSchedules) {
      driver.options().schedule = schedule;
      driver.clearRecords();
      Error error = launch("k", grid, block, shared, arguments...);
      EXPECT_EQ(error.kind(), ErrorKind::Device) << "schedule " << static_cast<int>(schedule) << " found nothing";
      bool found = false;
      std::string all;
      for (const LaunchRecord &record : driver.launches())
        for (const Finding &finding : record.findings) {
          all += "\n  " + finding.text;
          found |= finding.kind == kind && (!line || finding.line == line) && finding.text.find(text) != std::string::npos;
        }
      EXPECT_TRUE(found) << "schedule " << static_cast<int>(schedule) << ": expected " << name(kind) << " at line " << line << " about "
                         << text << ", but got" << all;
    }
  }
  template <class... T> void expectSilence(Extent3 grid, Extent3 block, size_t shared, T... arguments) {
    for (Schedule schedule : kSchedules) {
      driver.options().schedule = schedule;
      Error error = launch("k", grid, block, shared, arguments...);
      EXPECT_FALSE(error) << "schedule " << static_cast<int>(schedule) << ": " << error.message();
    }
  }
  DevicePointer floats(size_t count, const std::string &name) { return upload(std::vector<float>(count, 1.0f), name); }
};

} // namespace fusion::test
