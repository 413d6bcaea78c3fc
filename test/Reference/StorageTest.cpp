// Values in memory: bits there and back, rounding, and what storing and casting do to bounds and to comparisons.
#include "fusion/Reference/Storage.h"
#include "fusion/Reference/Compare.h"
#include "gtest/gtest.h"

using namespace fusion::reference;

TEST(Storage, EveryPatternOfBitsComesBack) {
  for (const Storage &storage : {inF16, inBF16}) {
    std::vector<unsigned char> bytes;
    for (unsigned i = 0; i < 65536; ++i)
      bytes.push_back(i & 0xff), bytes.push_back(i >> 8);
    std::vector<float> values = fromBytes(bytes, storage);
    std::vector<unsigned char> again = toBytes(values, storage);
    for (unsigned i = 0; i < 65536; ++i) {
      EXPECT_TRUE(std::isnan(values[i]) || storage.rounded(values[i]) == values[i]) << i;
      if (!std::isnan(values[i])) {
        ASSERT_EQ(again[2 * i] | again[2 * i + 1] << 8, i);
      } else {
        ASSERT_TRUE(std::isnan(fromBytes({again[2 * i], again[2 * i + 1]}, storage)[0]));
      }
      if (HasFailure())
        return;
    }
  }
}

TEST(Storage, Rounding) {
  EXPECT_EQ(inBF16.rounded(1 + 0x1p-8), 1.0); // a tie, to even
  EXPECT_EQ(inBF16.rounded(1 + 0x1p-8 + 0x1p-30), 1 + 0x1p-7);
  EXPECT_EQ(inBF16.rounded(1 + 0x1.8p-7), 1 + 0x1p-6); // the other tie
  EXPECT_EQ(inF16.rounded(65519.0), 65504.0);
  EXPECT_EQ(inF16.rounded(-65520.0), -HUGE_VAL);
  EXPECT_EQ(inF16.rounded(0x1p-25), 0.0);
  EXPECT_EQ(inF16.rounded(0x1.8p-24), 0x1p-23);
  EXPECT_EQ(inF16.rounded(5), 5);
  EXPECT_EQ(inBF16.unit(), 0x1p-8);
  EXPECT_EQ(inF16.unit(), 0x1p-11);
  EXPECT_EQ(inF16.error(0), 0x1p-25);
}

TEST(Storage, AStoredValueMayBeRoundedOnce) {
  for (const Storage &storage : {inF16, inBF16})
    for (double v : {1.0, -1.7, 3.14159, 1e-3, 1e-7, 300.0}) {
      Bound b = stored(Bound(v), storage, 1);
      auto holds = [&](double actual) { return std::fabs(actual - v) <= tolerance(b, 1); };
      EXPECT_TRUE(holds(v) && holds(storage.rounded(v))) << v;
      EXPECT_FALSE(holds(v + 2.1 * storage.error(v) + 1e-6 * v)) << v;
      EXPECT_TRUE(std::fabs(storage.rounded(storage.rounded(v) * 0.999) - v * 0.999) <= tolerance(stored(b * Bound(0.999), storage, 1), 1));
    }
}

TEST(Storage, ACastRoundsTheValueAndTellsWhatATieMayDo) {
  Bound exact = cast(Bound(1 + 0x1p-9), inBF16, 1);
  EXPECT_EQ(exact.v, 1);
  EXPECT_TRUE(exact.exact());
  Bound clear = cast(Bound(1.001, 1, 0), inBF16, 1), tie = cast(Bound(1 + 0x1p-8, 2, 0), inBF16, 1);
  EXPECT_EQ(clear.v, 1);
  EXPECT_EQ(clear.s, 0);
  EXPECT_EQ(tie.s, 0x1p-7);
  Dual d = cast(Dual(1.001, 3), inBF16, 1);
  EXPECT_EQ(d.v, 1);
  EXPECT_EQ(d.d, 3);
}

TEST(Storage, BeyondTheLargestValueLiesInfinity) {
  auto holds = [](Bound expected, float actual, const Storage &storage) {
    return compare(Tensor<Bound>({1}, {expected}), Tensor<float>({1}, {actual}), unitFp32, nullptr, storage).ok();
  };
  EXPECT_TRUE(holds(1e5, INFINITY, inF16));
  EXPECT_FALSE(holds(-1e5, INFINITY, inF16));
  EXPECT_FALSE(holds(1e5, INFINITY, inF32));
  EXPECT_FALSE(holds(1e5, INFINITY, inBF16));
  EXPECT_FALSE(holds(1000, INFINITY, inF16));
  EXPECT_TRUE(holds(Bound(65500, 0, 32), INFINITY, inF16)); // may have been rounded up
  EXPECT_TRUE(holds(Bound(65510, 0, 32), 65504.0f, inF16));
}
