// Size expressions: values, rounding, overflow, limits.
#include "fusion/Runtime/Expr.h"
#include <gtest/gtest.h>

using namespace fusion::runtime;

namespace {

const Expr n = Expr::batch();

int64_t value(const Expr &expr, int64_t batch = 7) {
  Expected<int64_t> result = expr.evaluate(batch);
  EXPECT_TRUE(bool(result)) << result.error().message();
  return result ? *result : INT64_MIN;
}

std::string failure(const Expr &expr, int64_t batch = 7) {
  Expected<int64_t> result = expr.evaluate(batch);
  return result ? "no error: " + std::to_string(*result) : result.error().message();
}

TEST(Expr, Values) {
  EXPECT_EQ(value(Expr(42)), 42);
  EXPECT_EQ(value(n), 7);
  EXPECT_EQ(value(n + Expr(3)), 10);
  EXPECT_EQ(value(n - Expr(9)), -2);
  EXPECT_EQ(value(n * Expr(6)), 42);
  EXPECT_EQ(value(n / Expr(2)), 3);
  EXPECT_EQ(value(ceilDiv(n, Expr(2))), 4);
  EXPECT_EQ(value(min(n, Expr(5))), 5);
  EXPECT_EQ(value(max(n, Expr(5))), 7);
  EXPECT_EQ(value(align(n, Expr(256))), 256);
  EXPECT_EQ(value(align(n, Expr(256)), 0), 0);
  EXPECT_EQ(value(align(n, Expr(256)), 256), 256);
}

TEST(Expr, OperandsKeepTheirOrder) {
  EXPECT_EQ(value((n - Expr(1)) - (Expr(20) - n)), 6 - 13);
  EXPECT_EQ((n - Expr(1) * Expr(2)).str(), "[\"-\",\"N\",2]");
  EXPECT_EQ(((n + Expr(1)) * (n - Expr(2))).str(), "[\"*\",[\"+\",\"N\",1],[\"-\",\"N\",2]]");
}

TEST(Expr, DivisionRoundsDownAlsoBelowZero) {
  EXPECT_EQ(value((n - Expr(10)) / Expr(2)), -2);       // -3 / 2
  EXPECT_EQ(value(ceilDiv(n - Expr(10), Expr(2))), -1); // -3 / 2
  EXPECT_EQ(value((n - Expr(11)) / Expr(2)), -2);
}

TEST(Expr, SimplificationKeepsTheValue) {
  EXPECT_EQ(Expr(6) * Expr(7), Expr(42));
  EXPECT_EQ(n * Expr(1), n);
  EXPECT_EQ(Expr(1) * n, n);
  EXPECT_EQ(n + Expr(0), n);
  EXPECT_EQ(n / Expr(1), n);
  EXPECT_EQ(align(n, Expr(1)), n);
  EXPECT_NE(Expr(0) - n, n);
  EXPECT_EQ(value(Expr(0) - n), -7);
}

TEST(Expr, OverflowIsAnError) {
  const Expr big(INT64_MAX);
  EXPECT_NE(failure(n + big).find("overflows"), std::string::npos);
  EXPECT_NE(failure(n * big).find("expected a size below 2^63, but 7 * 9223372036854775807 overflows (batch size 7)"), std::string::npos);
  EXPECT_NE(failure(Expr(INT64_MIN) - n).find("overflows"), std::string::npos);
  EXPECT_NE(failure(align(big, Expr(256) + n)).find("overflows"), std::string::npos);
  EXPECT_NE(failure(n * n * n, int64_t(1) << 22).find("overflows"), std::string::npos);
  EXPECT_EQ(value(n * n * n, int64_t(1) << 20), int64_t(1) << 60);
  EXPECT_NE(failure(big + Expr(1)).find("overflows"), std::string::npos) << "a folded constant must not wrap";
}

TEST(Expr, DivisorsMustBePositive) {
  for (const Expr &expr : {n / Expr(0), ceilDiv(n, Expr(0)), align(n, Expr(0)), n / (n - Expr(8)), Expr(INT64_MIN) / Expr(-1)})
    EXPECT_NE(failure(expr).find("expected a positive right operand"), std::string::npos) << expr.str();
}

TEST(Expr, DepthAndSizeAreBounded) {
  Expr chain = n;
  for (unsigned i = 1; i < Expr::maxDepth; ++i)
    chain = chain + n;
  EXPECT_EQ(chain.depth(), Expr::maxDepth);
  EXPECT_EQ(value(chain, 2), 2 * int64_t(Expr::maxDepth));
  EXPECT_TRUE((n + n).isValid());
  EXPECT_FALSE((chain + n).isValid());
  EXPECT_NE(failure(chain + n).find("expected an expression of at most 64 levels"), std::string::npos);
  Expr right = n; // the deepest use of the evaluation stack
  for (unsigned i = 1; i < Expr::maxDepth; ++i)
    right = Expr::make(Expr::Op::Add, n, right);
  EXPECT_EQ(value(right, 3), 3 * int64_t(Expr::maxDepth));
  Expr doubled = n;
  for (int i = 0; i < 60; ++i)
    doubled = doubled + doubled; // 2^60 terms, were they kept
  EXPECT_FALSE(doubled.isValid());
}

} // namespace
