// Builds and evaluates size expressions; every operation is checked for overflow.
#include "fusion/Runtime/Expr.h"
#include <algorithm>
#include <string>

using namespace fusion::runtime;

namespace {

const char *opName(Expr::Op op) {
  switch (op) {
  case Expr::Op::Add:
    return "+";
  case Expr::Op::Sub:
    return "-";
  case Expr::Op::Mul:
    return "*";
  case Expr::Op::Div:
    return "/";
  case Expr::Op::CeilDiv:
    return "ceildiv";
  case Expr::Op::Min:
    return "min";
  case Expr::Op::Max:
    return "max";
  case Expr::Op::Align:
    return "align";
  case Expr::Op::Constant:
  case Expr::Op::Batch:
  case Expr::Op::Invalid:
    break;
  }
  return "invalid";
}

int64_t floorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0); }   // b > 0
int64_t ceilDivide(int64_t a, int64_t b) { return a / b + (a % b > 0); } // b > 0

/// False when the result does not exist in int64.
bool apply(Expr::Op op, int64_t a, int64_t b, int64_t &result) {
  switch (op) {
  case Expr::Op::Add:
    return !__builtin_add_overflow(a, b, &result);
  case Expr::Op::Sub:
    return !__builtin_sub_overflow(a, b, &result);
  case Expr::Op::Mul:
    return !__builtin_mul_overflow(a, b, &result);
  case Expr::Op::Div:
    return b > 0 && (result = floorDiv(a, b), true);
  case Expr::Op::CeilDiv:
    return b > 0 && (result = ceilDivide(a, b), true);
  case Expr::Op::Min:
    return result = std::min(a, b), true;
  case Expr::Op::Max:
    return result = std::max(a, b), true;
  case Expr::Op::Align:
    return b > 0 && !__builtin_mul_overflow(ceilDivide(a, b), b, &result);
  case Expr::Op::Constant:
  case Expr::Op::Batch:
  case Expr::Op::Invalid:
    break;
  }
  return false;
}

Error evaluationError(Expr::Op op, int64_t a, int64_t b, int64_t batch) {
  bool divides = op == Expr::Op::Div || op == Expr::Op::CeilDiv || op == Expr::Op::Align;
  std::string at = " (batch size " + std::to_string(batch) + ")";
  if (divides && b <= 0)
    return Error(ErrorKind::InvalidArgument,
                 std::string("expected a positive right operand of ") + opName(op) + ", but got " + std::to_string(b) + at);
  return Error(ErrorKind::InvalidArgument, "expected a size below 2^63, but " + std::to_string(a) + " " + opName(op) + " " +
                                               std::to_string(b) + " overflows" + at + "; use a smaller batch size");
}

} // namespace

Expr Expr::make(Op op, const Expr &a, const Expr &b) {
  Expr result(Node{Op::Invalid, 0});
  bool binary = op != Op::Constant && op != Op::Batch && op != Op::Invalid;
  unsigned depth = 1 + std::max(a.depth_, b.depth_);
  if (!binary || !a.isValid() || !b.isValid() || depth > maxDepth || a.nodes_.size() + b.nodes_.size() >= maxNodes)
    return result;
  result.nodes_ = a.nodes_;
  result.nodes_.insert(result.nodes_.end(), b.nodes_.begin(), b.nodes_.end());
  result.nodes_.push_back({op, 0});
  result.depth_ = depth;
  return result;
}

Expr Expr::simplified(Op op, const Expr &a, const Expr &b) {
  int64_t folded;
  if (a.isConstant() && b.isConstant() && apply(op, a.nodes_[0].value, b.nodes_[0].value, folded))
    return Expr(folded);
  bool rightIs0 = b == Expr(0), rightIs1 = b == Expr(1);
  if (((op == Op::Add || op == Op::Sub) && rightIs0) ||
      ((op == Op::Mul || op == Op::Div || op == Op::CeilDiv || op == Op::Align) && rightIs1))
    return a;
  if ((op == Op::Add && a == Expr(0)) || (op == Op::Mul && a == Expr(1)))
    return b;
  return make(op, a, b);
}

Expected<int64_t> Expr::evaluate(int64_t batch) const {
  int64_t stack[maxDepth + 1];
  unsigned top = 0;
  for (const Node &node : nodes_) {
    switch (node.op) {
    case Op::Constant:
      stack[top++] = node.value;
      break;
    case Op::Batch:
      stack[top++] = batch;
      break;
    case Op::Invalid:
      return Error(ErrorKind::InvalidProgram, "expected an expression of at most " + std::to_string(maxDepth) + " levels and " +
                                                  std::to_string(maxNodes) + " terms, but it was built larger");
    default: {
      int64_t b = stack[--top], a = stack[top - 1];
      if (!apply(node.op, a, b, stack[top - 1]))
        return evaluationError(node.op, a, b, batch);
    }
    }
  }
  return stack[0];
}

bool Expr::tryEvaluate(int64_t batch, int64_t &value) const {
  int64_t stack[maxDepth + 1];
  unsigned top = 0;
  for (const Node &node : nodes_) {
    if (node.op == Op::Constant || node.op == Op::Batch) {
      stack[top++] = node.op == Op::Batch ? batch : node.value;
      continue;
    }
    if (node.op == Op::Invalid)
      return false;
    int64_t b = stack[--top], a = stack[top - 1];
    if (!apply(node.op, a, b, stack[top - 1]))
      return false;
  }
  value = stack[0];
  return true;
}

std::string Expr::str() const {
  std::vector<std::string> stack;
  for (const Node &node : nodes_) {
    if (node.op == Op::Constant) {
      stack.push_back(std::to_string(node.value));
    } else if (node.op == Op::Batch) {
      stack.push_back("\"N\"");
    } else if (node.op == Op::Invalid) {
      return "invalid";
    } else {
      std::string b = std::move(stack.back());
      stack.pop_back();
      stack.back() = std::string("[\"") + opName(node.op) + "\"," + stack.back() + "," + b + "]";
    }
  }
  return stack.back();
}

bool Expr::operator==(const Expr &other) const {
  return std::equal(nodes_.begin(), nodes_.end(), other.nodes_.begin(), other.nodes_.end(),
                    [](const Node &a, const Node &b) { return a.op == b.op && a.value == b.value; });
}
