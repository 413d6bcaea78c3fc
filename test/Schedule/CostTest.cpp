// The cost model's formulas, and the worked example of docs/cost-model.md.
#include "Problems.h"
#include "fusion/Schedule/CostModel.h"
#include "gtest/gtest.h"
#include <fstream>
#include <sstream>

using namespace fusion;

namespace {

std::string rounded(double value, int digits) {
  char text[32];
  snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

/// The forward convolution of examples/conv2d_hardswish_relu.mlir, its result saved.
Work convolution() {
  Work w;
  double outputs = 128.0 * 64 * 126 * 126, inputs = 128.0 * 8 * 128 * 128;
  w.bytesRead = 4 * (128.0 * 8 * 128 * 128 + 64 * 8 * 9 + 64), w.bytesWritten = 2 * 4 * outputs;
  w.contractFlops = 2 * outputs * 8 * 9;
  // Each input is staged (10 instructions), each output leaves its sum (12) and takes bias 1, hardswish 7, relu 2.
  w.mapFlops = 2.6 * (10 * inputs + (12 + 10) * outputs);
  return w;
}

} // namespace

TEST(Cost, WorkedExampleOfTheDocumentation) {
  std::ifstream in(FUSION_SOURCE_DIR "/docs/cost-model.md");
  ASSERT_TRUE(in);
  std::stringstream all;
  all << in.rdbuf();
  std::string text = all.str();
  auto row = [&](const std::string &name) {
    size_t at = text.find("\n| " + name + " | ", text.find("### Worked example"));
    return at == std::string::npos ? std::string() : text.substr(at + 1, text.find('\n', at + 1) - at - 1);
  };
  Work w = convolution();
  CostTerms t = w.terms(*deviceFor("sm_90a"));
  auto expectRow = [&](const std::string &name, std::initializer_list<std::string> parts) {
    for (const std::string &part : parts)
      EXPECT_NE(row(name).find(part), std::string::npos) << "expected " << part << " in: " << row(name);
  };
  expectRow("memory", {rounded(w.bytesRead / 1e6, 1) + " MB", rounded(w.bytesWritten / 2e6, 1) + " MB written",
                       "| " + rounded(t.memory * 1e6, 1) + " us |"});
  expectRow("math", {rounded(w.contractFlops / 1e9, 2) + " Gflop at", rounded(w.mapFlops / 1e9, 2) + " Gflop elementwise",
                     "| " + rounded(t.math * 1e6, 1) + " us |"});
  expectRow("special", {"| " + rounded(t.special * 1e6, 1) + " us |"});
  expectRow("launch", {"| " + rounded(t.launch * 1e6, 1) + " us |"});
  expectRow("predicted", {t.bound().str() + "-bound", "| " + rounded(t.seconds() * 1e6, 1) + " us |"});
}

TEST(Cost, ProductsOnTensorCores) {
  DeviceSpec spec = *deviceFor("sm_90a");
  Work w;
  w.contractFlops = 2e12;
  EXPECT_DOUBLE_EQ(w.terms(spec).math, 2e12 / (0.6 * 67e12));
  std::swap(w.contractFlops, w.tensorFlops);
  EXPECT_DOUBLE_EQ(w.terms(spec).math, 2e12 / (494e12 * 0.7 / 3 * 0.95));
  EXPECT_DOUBLE_EQ(w.flops(), 2e12);
  EXPECT_DOUBLE_EQ(w.rooflineSeconds(spec), 3 * 2e12 / 494e12);
  std::swap(w.tensorFlops, w.tf32Flops); // a window multiplies once
  EXPECT_DOUBLE_EQ(w.terms(spec).math, 2e12 / (494e12 * 0.45 * 0.55));
  EXPECT_DOUBLE_EQ(w.flops(), 2e12);
  EXPECT_DOUBLE_EQ(w.rooflineSeconds(spec), 2e12 / 494e12);
}

TEST(Cost, TheLargestTermDecides) {
  DeviceSpec spec = *deviceFor("sm_80");
  Work w;
  EXPECT_EQ(w.terms(spec).bound(), "launch");
  w.bytesRead = 1e9;
  EXPECT_EQ(w.terms(spec).bound(), "memory");
  w.contractFlops = 1e12;
  EXPECT_EQ(w.terms(spec).bound(), "math");
  w.special = 1e12;
  EXPECT_EQ(w.terms(spec).bound(), "special");
  CostTerms t = w.terms(spec);
  EXPECT_DOUBLE_EQ(t.seconds(), t.special + 0.2 * (t.memory + t.math) + t.launch);
  EXPECT_DOUBLE_EQ(w.seconds(spec), t.seconds());
}

TEST(Cost, ClocksAreThoseOfTheDataSheets) {
  EXPECT_NEAR(deviceFor("sm_80")->clock(), 1.41e9, 1);
  EXPECT_NEAR(deviceFor("sm_90a")->clock(), 1.98e9, 1);
}
