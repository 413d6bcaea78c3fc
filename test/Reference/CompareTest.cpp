// Comparison rules for NaN, infinity, overflow and all-zero tensors; the input generator's promises.
#include "fusion/Reference/Compare.h"
#include "fusion/Reference/Ops.h"
#include "fusion/Reference/Random.h"
#include "gtest/gtest.h"
#include <cstring>
#include <limits>

using namespace fusion::reference;

static const float inf = std::numeric_limits<float>::infinity(), notANumber = std::numeric_limits<float>::quiet_NaN();

static bool holds(Bound expected, float actual, const float *plain = nullptr) {
  Tensor<float> p({1}, {plain ? *plain : 0});
  return compare(Tensor<Bound>({1}, {expected}), Tensor<float>({1}, {actual}), unitFp32, plain ? &p : nullptr).ok();
}

TEST(Compare, Values) {
  EXPECT_TRUE(holds(1.0, 1.0f));
  EXPECT_TRUE(holds(1.0, 1.0f + 1.9e-7f));
  EXPECT_FALSE(holds(1.0, 1.0f + 4e-7f));
  EXPECT_TRUE(holds(0.0, -0.0f));
  EXPECT_TRUE(holds(0.0, 1e-42f)); // denormals have no relative precision
  EXPECT_FALSE(holds(0.0, 1e-30f));
}

TEST(Compare, NotFinite) {
  EXPECT_TRUE(holds(notANumber, notANumber));
  EXPECT_FALSE(holds(notANumber, 0.0f));
  EXPECT_FALSE(holds(0.0, notANumber));
  EXPECT_FALSE(holds(1.0, inf));
  EXPECT_TRUE(holds(inf, inf));
  EXPECT_FALSE(holds(inf, -inf));
  EXPECT_FALSE(holds(inf, notANumber));
  EXPECT_FALSE(holds(inf, std::numeric_limits<float>::max()));
  EXPECT_TRUE(holds(-1e39, -inf));            // beyond float
  EXPECT_FALSE(holds(Bound(1.0, inf), 1.0f)); // without a finite bound nothing is proved
}

TEST(Compare, OverflowInPlainFloatIsAllowed) {
  EXPECT_FALSE(holds(1e38, inf));
  EXPECT_TRUE(holds(1e38, inf, &inf));
  EXPECT_TRUE(holds(1e38, 1e38f, &inf));
  EXPECT_FALSE(holds(1e38, notANumber, &inf));
  EXPECT_FALSE(holds(1e38, 0.0f, &inf));
}

TEST(Compare, ShapesAndZeros) {
  EXPECT_FALSE(compare(Tensor<Bound>(Shape{2, 3}), Tensor<float>(Shape{3, 2})).ok());
  EXPECT_TRUE(compare(Tensor<Bound>(Shape{4}), Tensor<float>(Shape{4})).mistrusted);
  EXPECT_FALSE(compare(Tensor<Bound>({1}, {Bound(1)}), Tensor<float>({1}, {1})).mistrusted);
  EXPECT_TRUE(compare(Tensor<Bound>(Shape{0, 3}), Tensor<float>(Shape{0, 3})).ok());
  EXPECT_FALSE(compare(Tensor<Bound>(Shape{0, 3}), Tensor<float>(Shape{0, 3})).mistrusted);
}

TEST(Compare, ReportsTheWorst) {
  Comparison c = compare(Tensor<Bound>({3}, {1.0, 2.0, 4.0}), Tensor<float>({3}, {1.0f, 3.0f, 4.0f}));
  EXPECT_EQ(c.failures, 1);
  EXPECT_EQ(c.worstIndex, 1);
  EXPECT_EQ(c.actual, 3);
  EXPECT_NE(c.text().find("1 of 3 elements out of tolerance"), std::string::npos) << c.text();
}

static uint32_t bitsOf(float v) {
  uint32_t bits;
  std::memcpy(&bits, &v, sizeof bits);
  return bits;
}

TEST(Random, SameBitsEverywhere) {
  Random random(1234567); // the published test vector of splitmix64
  EXPECT_EQ(random.next(), 6457827717110365317ull);
  EXPECT_EQ(random.next(), 3203168211198807973ull);
  Tensor<float> x = randomTensor({4}, 42);
  const uint32_t expected[] = {0x3f98080c, 0xbf89a84e, 0x3e985a52, 0xc013f39f};
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(bitsOf(x.data[i]), expected[i]) << std::hex << bitsOf(x.data[i]);
}

TEST(Random, Moments) {
  Tensor<float> x = randomTensor({100000}, 9);
  double sum = 0, squares = 0;
  for (float v : x.data)
    sum += v, squares += v * v;
  EXPECT_NEAR(sum / x.size(), 0, 0.02);
  EXPECT_NEAR(squares / x.size(), 1, 0.02);
}

TEST(Random, SpecialValues) {
  InputOptions options;
  options.kinks = options.nonFinite = true;
  int kinks = 0, notFinite = 0;
  for (float v : randomTensor({1000}, 3, 1, options).data) {
    kinks += v == 3 || v == -3 || v == 0 || v == 6;
    notFinite += !std::isfinite(v);
  }
  EXPECT_GT(kinks, 50);
  EXPECT_GT(notFinite, 5);
  options = InputOptions();
  options.constant = true, options.mean = 1e6;
  Tensor<float> x = randomTensor({50}, 3, 1, options);
  EXPECT_EQ(x.data.front(), x.data.back());
  EXPECT_GT(x.data.front(), 9e5);
}

/// `x` with all but `kept` bits behind the point of each value rounded away.
static Tensor<float> roundedTo(Tensor<float> x, int kept) {
  for (float &v : x.data) {
    uint32_t word;
    std::memcpy(&word, &v, 4);
    word = (word + (1u << (22 - kept))) & ~((1u << (23 - kept)) - 1);
    std::memcpy(&v, &word, 4);
  }
  return x;
}

TEST(Compare, ConvolutionsOfRoundedFactors) {
  Tensor<float> x = randomTensor({2, 16, 9, 11}, 1), w = randomTensor({8, 16, 3, 3}, 2), dy = randomTensor({2, 8, 7, 9}, 3);
  auto bounds = [](const Tensor<float> &from) {
    Tensor<Bound> to(from.shape);
    std::copy(from.data.begin(), from.data.end(), to.data.begin());
    return to;
  };
  ConvSpec fp32, tf32;
  tf32.factors = {unitTf32};
  Tensor<Bound> y = conv<Bound>(bounds(x), bounds(w), nullptr, tf32), strict = conv<Bound>(bounds(x), bounds(w), nullptr, fp32);
  Tensor<Bound> dw = convGradWeight<Bound>(bounds(dy), bounds(x), tf32, w.shape),
                dx = convGradInput<Bound>(bounds(dy), bounds(w), tf32, x.shape);
  auto forward = [&](int kept) { return conv<float>(roundedTo(x, kept), roundedTo(w, kept), nullptr, fp32); };
  auto gradW = [&](int kept) { return convGradWeight<float>(roundedTo(dy, kept), roundedTo(x, kept), fp32, w.shape); };
  auto gradX = [&](int kept) { return convGradInput<float>(roundedTo(dy, kept), roundedTo(w, kept), fp32, x.shape); };
  // TF32 keeps ten bits; it is allowed where it was asked for, and not elsewhere; bf16, with seven, never is.
  EXPECT_TRUE(compare(y, forward(10)).ok() && compare(dw, gradW(10)).ok() && compare(dx, gradX(10)).ok());
  EXPECT_FALSE(compare(strict, forward(10)).ok());
  EXPECT_FALSE(compare(y, forward(7)).ok() || compare(dw, gradW(7)).ok() || compare(dx, gradX(7)).ok());
  // One product of 144 that is missing shows.
  Tensor<float> less = w;
  less.data[5] = 0;
  EXPECT_FALSE(compare(y, conv<float>(roundedTo(x, 10), roundedTo(less, 10), nullptr, fp32)).ok());
}
