// What the prelude's tests share: prelude text, a device to run kernels on, arrays on it, and the comparison with float64.
#pragma once
#include "fusion/HostDriver/HostDriver.h"
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace fusion::prelude {

struct Extents {
  int d = 1, h = 1, w = 1;
  int volume() const { return d * h * w; }
  std::string text() const; ///< "{d, h, w}"
};

/// Options of the device that the kernels run on; changed before the first Kernels object exists.
runtime::HostOptions &hostOptions();

/// The text of the named prelude parts in order, after the declaration of index_t.
std::string preludeText(const std::vector<std::string> &parts, const std::string &indexType = "int");

/// `struct Warpgroup<columns>`, the products of a warpgroup of so many columns in TF32 with left factors in registers, as kernels declare
/// them; where `factors` has a format, `struct <factors>Warpgroup<columns>` with all factors in shared memory.
std::string warpgroupText(int columns, const std::string &factors = "");

/// Compiles one source for the device under test and launches its kernels.
class Kernels {
public:
  Kernels(const std::string &name, const std::string &source);
  ~Kernels();
  void launch(const std::string &kernel, runtime::Extent3 grid, int threads, size_t sharedBytes, std::vector<void *> args);

private:
  runtime::ModuleHandle module_ = nullptr;
};

/// An array of floats on the device. A fresh one holds NaN, so that elements nobody wrote show.
class Array {
public:
  explicit Array(size_t count);
  explicit Array(const std::vector<float> &values);
  Array(const Array &) = delete;
  ~Array();
  std::vector<float> read() const;
  void *argument() { return &pointer_; }

private:
  size_t count_;
  runtime::DevicePointer pointer_;
};

std::vector<float> randomValues(size_t count, unsigned seed);
/// To the nearest TF32, ties away from zero: what convolutions multiply on tensor cores.
std::vector<float> inTf32(std::vector<float> values);
/// As the prelude's Tf32, Bf16 or Fp16 round factors.
std::vector<float> roundedTo(const std::string &factors, std::vector<float> values);
constexpr const char *factorFormats[] = {"Tf32", "Bf16", "Fp16"};

/// A value in float64 beside the same computation on absolute values, from which its tolerance follows.
struct Judged {
  double value = 0, absolute = 0;
  void add(double a, double b = 1) {
    value += a * b;
    absolute += (a < 0 ? -a : a) * (b < 0 ? -b : b);
  }
};

/// |error| <= 4 u sqrt(length) * absolute, for every element; Inf and NaN where and only where expected. All zeros are mistrusted.
void expectClose(const std::vector<float> &got, const std::vector<Judged> &want, double length, const std::string &what);

} // namespace fusion::prelude
