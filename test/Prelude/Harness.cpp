// Runs prelude kernels through the driver interface, on the host driver.
#include "Harness.h"
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace fusion::prelude {

runtime::HostOptions &hostOptions() {
  static runtime::HostOptions options;
  return options;
}

static runtime::HostDriver &driver() {
  static runtime::HostDriver instance(hostOptions());
  return instance;
}

static void check(const runtime::Error &error, const std::string &what) {
  if (error)
    FAIL() << what << ": " << error.message();
}

std::string Extents::text() const { return "{" + std::to_string(d) + ", " + std::to_string(h) + ", " + std::to_string(w) + "}"; }

std::string preludeText(const std::vector<std::string> &parts, const std::string &indexType) {
  std::string text = "typedef " + indexType + " index_t;\n";
  for (const std::string &part : parts) {
    std::ifstream file(std::string(FUSION_PRELUDE_DIR) + "/" + part + ".cuh");
    EXPECT_TRUE(file) << "expected a prelude part named " << part;
    std::stringstream content;
    content << file.rdbuf();
    text += content.str();
  }
  return text;
}

Kernels::Kernels(const std::string &name, const std::string &source) {
  auto binary = driver().compile(source, name, "sm_90a");
  if (!binary) {
    ADD_FAILURE() << name << ": " << binary.error().message();
    return;
  }
  auto module = driver().load(*binary);
  if (!module)
    ADD_FAILURE() << name << ": " << module.error().message();
  else
    module_ = *module;
}

Kernels::~Kernels() {
  if (module_)
    driver().unload(module_);
}

void Kernels::launch(const std::string &kernel, runtime::Extent3 grid, int threads, size_t sharedBytes, std::vector<void *> args) {
  if (!module_)
    return;
  auto function = driver().function(module_, kernel, sharedBytes);
  if (!function) {
    ADD_FAILURE() << kernel << ": " << function.error().message();
    return;
  }
  check(driver().launch(*function, grid, {(unsigned)threads, 1, 1}, sharedBytes, nullptr, args.data()), kernel);
  check(driver().synchronize(), kernel);
}

Array::Array(size_t count) : Array(std::vector<float>(count, std::numeric_limits<float>::quiet_NaN())) {}

Array::Array(const std::vector<float> &values) : count_(values.size()) {
  auto pointer = driver().allocate(count_ * sizeof(float), "array");
  if (!pointer)
    throw std::runtime_error(pointer.error().message());
  pointer_ = *pointer;
  check(driver().copyToDevice(pointer_, values.data(), count_ * sizeof(float)), "copy to the device");
}

Array::~Array() { driver().release(pointer_); }

std::vector<float> Array::read() const {
  std::vector<float> values(count_);
  check(driver().copyToHost(values.data(), pointer_, count_ * sizeof(float)), "copy to the host");
  return values;
}

std::string warpgroupText(int columns, const std::string &factors) {
  const int sums = columns / 2;
  const bool shared = !factors.empty(), half = factors == "Bf16" || factors == "Fp16";
  std::string numbers, registers;
  for (int i = 0; i < sums; i++) {
    numbers += (i ? ", %" : "%") + std::to_string(i);
    registers += (i ? ", \"+f\"(d[" : "\"+f\"(d[") + std::to_string(i / 4) + "][" + std::to_string(i % 4) + "])";
  }
  auto operand = [&](int i) { return "%" + std::to_string(sums + i); };
  const std::string format = factors == "Bf16" ? "k16.f32.bf16.bf16" : factors == "Fp16" ? "k16.f32.f16.f16" : "k8.f32.tf32.tf32";
  return "struct " + factors + "Warpgroup" + std::to_string(columns) + " {\n  static constexpr int columns = " + std::to_string(columns) +
         (shared ? ";\n  DEV static void multiply(float (&d)[" : ";\n  template <bool Adds> DEV static void multiply(float (&d)[") +
         std::to_string(columns / 8) + (shared ? "][4], unsigned long long a" : "][4], const unsigned (&a)[4]") +
         ", unsigned long long b) {\n    asm volatile(\"wgmma.mma_async.sync.aligned.m64n" + std::to_string(columns) + format + " {" +
         numbers + "}, " +
         (shared ? operand(0) + ", " + operand(1) + ", 1"
                 : "{" + operand(0) + ", " + operand(1) + ", " + operand(2) + ", " + operand(3) + "}, " + operand(4) + ", " + operand(5)) +
         (half ? ", 1, 1, 0, 0;\" : " : ", 1, 1;\" : ") + registers +
         (shared ? " : \"l\"(a), \"l\"(b));\n  }\n};\n"
                 : " : \"r\"(a[0]), \"r\"(a[1]), \"r\"(a[2]), \"r\"(a[3]), \"l\"(b), \"n\"(Adds ? 1 : 0));\n  }\n};\n");
}

std::vector<float> randomValues(size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal(0.2f, 1.0f);
  std::vector<float> values(count);
  for (float &value : values)
    value = normal(engine);
  return values;
}

std::vector<float> inTf32(std::vector<float> values) {
  for (float &v : values) {
    uint32_t word;
    memcpy(&word, &v, sizeof word);
    word = std::isfinite(v) ? (word + 0x1000u) & 0xffffe000u : word;
    memcpy(&v, &word, sizeof word);
  }
  return values;
}

std::vector<float> roundedTo(const std::string &factors, std::vector<float> values) {
  if (factors == "Tf32")
    return inTf32(std::move(values));
  const int kept = factors == "Bf16" ? 8 : 11; // bits, the first one included; what fp16 holds in full
  for (float &v : values)
    if (std::isfinite(v) && v != 0) {
      const double unit = std::ldexp(1.0, std::max(std::ilogb(v), factors == "Bf16" ? -126 : -14) - kept + 1);
      v = (float)(std::nearbyint(v / unit) * unit); // ties to even
    }
  return values;
}

void expectClose(const std::vector<float> &got, const std::vector<Judged> &want, double length, const std::string &what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  const double unit = std::ldexp(1.0, -24);
  size_t bad = 0, nonzero = 0;
  for (size_t i = 0; i < got.size(); i++) {
    nonzero += want[i].value != 0;
    const bool close = std::abs(got[i] - want[i].value) <= 4 * unit * std::sqrt(length) * want[i].absolute;
    if (std::isfinite(want[i].value) ? close : !std::isfinite(got[i]))
      continue;
    if (bad++ < 3)
      ADD_FAILURE() << what << ": expected " << want[i].value << " at element " << i << ", but got " << got[i];
  }
  EXPECT_EQ(bad, 0u) << what << ": of " << got.size() << " elements";
  EXPECT_GT(nonzero, 0u) << what << ": expected values to compare with, but got zeros only";
}

} // namespace fusion::prelude
