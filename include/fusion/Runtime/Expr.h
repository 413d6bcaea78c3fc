// Size expressions of a program (grid extents, byte counts, workspace offsets): int64 arithmetic in the batch size, checked
// for overflow. A small value type; it must not allocate while it is evaluated, since launches evaluate it.
#pragma once
#include "fusion/Runtime/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace fusion::runtime {

class Expr {
public:
  enum class Op : uint8_t { Constant, Batch, Add, Sub, Mul, Div, CeilDiv, Min, Max, Align, Invalid };
  static constexpr unsigned maxDepth = 64;
  static constexpr size_t maxNodes = 4096;

  Expr(int64_t constant = 0) : nodes_{{Op::Constant, constant}} {}
  /// The batch size, "N" in the program file.
  static Expr batch() { return Expr(Node{Op::Batch, 0}); }
  /// The expression as written. An expression deeper than `maxDepth` or larger than `maxNodes` becomes invalid, which
  /// evaluate() and Program::create() report.
  static Expr make(Op op, const Expr &a, const Expr &b);
  /// As make(), but with constants folded and neutral elements dropped, so that emitted programs stay readable.
  static Expr simplified(Op op, const Expr &a, const Expr &b);

  /// The value for a batch size, or why there is none (overflow, division by zero).
  Expected<int64_t> evaluate(int64_t batch) const;
  /// The same for launches: false where evaluate() has an error to tell.
  bool tryEvaluate(int64_t batch, int64_t &value) const;
  bool isConstant() const { return nodes_.size() == 1 && nodes_[0].op == Op::Constant; }
  bool isValid() const { return nodes_.back().op != Op::Invalid; }
  /// 1 for a constant or the batch, one more than the deeper operand otherwise.
  unsigned depth() const { return depth_; }
  /// The program file's text, for example ["ceildiv","N",4].
  std::string str() const;
  bool operator==(const Expr &other) const;
  bool operator!=(const Expr &other) const { return !(*this == other); }

  /// One entry of the expression in postfix order (operands before their operator).
  struct Node {
    Op op;
    int64_t value; ///< of a Constant
  };
  const std::vector<Node> &postfix() const { return nodes_; }

private:
  explicit Expr(Node node) : nodes_{node} {}
  std::vector<Node> nodes_;
  unsigned depth_ = 1;
};

inline Expr operator+(const Expr &a, const Expr &b) { return Expr::simplified(Expr::Op::Add, a, b); }
inline Expr operator-(const Expr &a, const Expr &b) { return Expr::simplified(Expr::Op::Sub, a, b); }
inline Expr operator*(const Expr &a, const Expr &b) { return Expr::simplified(Expr::Op::Mul, a, b); }
/// Rounds down, as "/" in the program file does.
inline Expr operator/(const Expr &a, const Expr &b) { return Expr::simplified(Expr::Op::Div, a, b); }
inline Expr ceilDiv(const Expr &a, const Expr &b) { return Expr::simplified(Expr::Op::CeilDiv, a, b); }
inline Expr min(const Expr &a, const Expr &b) { return Expr::simplified(Expr::Op::Min, a, b); }
inline Expr max(const Expr &a, const Expr &b) { return Expr::simplified(Expr::Op::Max, a, b); }
/// `a` rounded up to a multiple of `b`.
inline Expr align(const Expr &a, const Expr &b) { return Expr::simplified(Expr::Op::Align, a, b); }

} // namespace fusion::runtime
