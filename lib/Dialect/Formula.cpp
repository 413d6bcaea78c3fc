// Parses a formula and builds it as arith and math ops in one pass (recursive descent; formulas are a line long).
#include "fusion/Dialect/Formula.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinAttributes.h"
#include <cctype>
#include <limits>

using namespace mlir;

namespace {

/// A term while a formula is read: a literal until it meets a value, so that 1 / 6 is rounded to float once.
struct Term {
  Value value;
  double literal = 0;
};

class Parser {
public:
  Parser(OpBuilder &builder, Location loc, StringRef text, const llvm::StringMap<Value> &names, DictionaryAttr constants,
         std::string &error)
      : builder(builder), loc(loc), text(text), names(names), constants(constants), error(error) {}

  FailureOr<Value> run() {
    for (;;) {
      size_t start = at;
      StringRef name = word();
      if (!name.empty() && skip("=") && peek() != '=') {
        Term t = expr();
        if (!skip(";"))
          fail("';'");
        if (!error.empty())
          return failure();
        locals[name] = t;
        continue;
      }
      at = start;
      Term t = expr();
      if (peek())
        fail("the end of the formula");
      if (!error.empty())
        return failure();
      return materialise(t);
    }
  }

private:
  OpBuilder &builder;
  Location loc;
  StringRef text;
  const llvm::StringMap<Value> &names;
  DictionaryAttr constants;
  std::string &error;
  llvm::StringMap<Term> locals;
  size_t at = 0;

  char peek() {
    while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])))
      ++at;
    return at < text.size() ? text[at] : 0;
  }
  bool skip(StringRef token) {
    peek();
    if (!text.substr(at).starts_with(token))
      return false;
    at += token.size();
    return true;
  }
  StringRef word() {
    if (!std::isalpha(static_cast<unsigned char>(peek())))
      return {};
    size_t start = at;
    while (at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) || text[at] == '_'))
      ++at;
    return text.slice(start, at);
  }
  Term fail(StringRef expected) {
    if (error.empty())
      error = ("expected " + expected + " at column " + Twine(at + 1) + " of formula '" + text + "'").str();
    return {Value(), 0};
  }
  Value materialise(Term t) {
    if (t.value)
      return t.value;
    return arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(static_cast<float>(t.literal)));
  }
  template <class Op> Term binary(Term a, Term b, double folded) {
    if (!a.value && !b.value)
      return {Value(), folded};
    Value lhs = materialise(a), rhs = materialise(b);
    return {Op::create(builder, loc, lhs, rhs), 0};
  }

  Term expr() {
    Term left = sum();
    struct {
      StringRef token;
      arith::CmpFPredicate predicate;
    } table[] = {{"<=", arith::CmpFPredicate::OLE},
                 {">=", arith::CmpFPredicate::OGE},
                 {"==", arith::CmpFPredicate::OEQ},
                 {"<", arith::CmpFPredicate::OLT},
                 {">", arith::CmpFPredicate::OGT}};
    for (auto &row : table) {
      if (!skip(row.token))
        continue;
      Term right = sum();
      if (!error.empty())
        return {};
      if (!left.value && !right.value)
        return chosen(holds(row.predicate, left.literal, right.literal));
      Value lhs = materialise(left), rhs = materialise(right);
      Value condition = arith::CmpFOp::create(builder, loc, row.predicate, lhs, rhs);
      if (!skip("?"))
        return fail("'?' after a comparison");
      Term yes = expr();
      if (!skip(":"))
        return fail("':'");
      Term no = expr();
      if (!error.empty())
        return {};
      Value a = materialise(yes), b = materialise(no);
      return {arith::SelectOp::create(builder, loc, condition, a, b), 0};
    }
    return left;
  }
  static bool holds(arith::CmpFPredicate predicate, double a, double b) {
    switch (predicate) {
    case arith::CmpFPredicate::OLE:
      return a <= b;
    case arith::CmpFPredicate::OGE:
      return a >= b;
    case arith::CmpFPredicate::OEQ:
      return a == b;
    case arith::CmpFPredicate::OLT:
      return a < b;
    default:
      return a > b;
    }
  }
  /// The branches of a condition that is known: what the other one builds goes into a block that is thrown away.
  Term chosen(bool condition) {
    auto branch = [&](bool taken) {
      if (taken)
        return expr();
      OpBuilder::InsertionGuard guard(builder);
      Block discarded;
      builder.setInsertionPointToEnd(&discarded);
      expr();
      return Term();
    };
    if (!skip("?"))
      return fail("'?' after a comparison");
    Term yes = branch(condition);
    if (!skip(":"))
      return fail("':'");
    Term no = branch(!condition);
    return condition ? yes : no;
  }
  Term sum() {
    Term t = product();
    for (;;) {
      if (skip("+")) {
        Term r = product();
        t = binary<arith::AddFOp>(t, r, t.literal + r.literal);
      } else if (skip("-")) {
        Term r = product();
        t = binary<arith::SubFOp>(t, r, t.literal - r.literal);
      } else {
        return t;
      }
      if (!error.empty())
        return {};
    }
  }
  Term product() {
    Term t = unary();
    for (;;) {
      if (skip("*")) {
        Term r = unary();
        t = binary<arith::MulFOp>(t, r, t.literal * r.literal);
      } else if (skip("/")) {
        Term r = unary();
        t = binary<arith::DivFOp>(t, r, t.literal / r.literal);
      } else {
        return t;
      }
      if (!error.empty())
        return {};
    }
  }
  Term unary() {
    if (skip("-")) {
      Term t = unary();
      if (!t.value)
        return {Value(), -t.literal};
      return {arith::NegFOp::create(builder, loc, t.value), 0};
    }
    if (skip("(")) {
      Term t = expr();
      if (!skip(")"))
        return fail("')'");
      return t;
    }
    if (std::isdigit(static_cast<unsigned char>(peek()))) {
      size_t start = at;
      while (at < text.size() && (std::isdigit(static_cast<unsigned char>(text[at])) || text[at] == '.'))
        ++at;
      double literal = 0;
      if (text.slice(start, at).getAsDouble(literal))
        return fail("a number");
      return {Value(), literal};
    }
    StringRef name = word();
    if (name.empty())
      return fail("a number, a name or '('");
    if (skip("("))
      return name == "pow" ? power() : call(name);
    if (name == "inf")
      return {Value(), std::numeric_limits<double>::infinity()};
    if (auto it = locals.find(name); it != locals.end())
      return it->second;
    if (auto it = names.find(name); it != names.end())
      return {it->second, 0};
    if (constants)
      if (auto attr = dyn_cast_or_null<FloatAttr>(constants.get(name)))
        return {Value(), attr.getValueAsDouble()};
    return fail("a known name instead of '" + name.str() + "'");
  }
  template <class Op> Term apply(Value x) { return {Op::create(builder, loc, x), 0}; }
  Term power() {
    Term base = expr();
    if (!skip(","))
      return fail("','");
    Term exponent = expr();
    if (exponent.value)
      return fail("a constant exponent");
    if (!skip(")"))
      return fail("')'");
    if (!error.empty())
      return {};
    Value x = materialise(base);
    auto times = [&](Value a) -> Value { return arith::MulFOp::create(builder, loc, a, x); };
    auto inverse = [&](Value a) -> Value { return arith::DivFOp::create(builder, loc, materialise({Value(), 1}), a); };
    double e = static_cast<float>(exponent.literal);
    if (e == 0)
      return {Value(), 1};
    if (e == 1)
      return {x, 0};
    if (e == 2)
      return {times(x), 0};
    if (e == 3)
      return {times(times(x)), 0};
    if (e == -1)
      return {inverse(x), 0};
    if (e == -2)
      return {inverse(times(x)), 0};
    if (e == 0.5)
      return apply<math::SqrtOp>(x);
    if (e == -0.5)
      return apply<math::RsqrtOp>(x);
    return {math::PowFOp::create(builder, loc, x, materialise(exponent)), 0};
  }
  Term call(StringRef function) {
    Term t = expr();
    if (!skip(")"))
      return fail("')'");
    if (!error.empty())
      return {};
    Value x = materialise(t);
    if (function == "exp")
      return apply<math::ExpOp>(x);
    if (function == "expm1")
      return apply<math::ExpM1Op>(x);
    if (function == "log")
      return apply<math::LogOp>(x);
    if (function == "log1p")
      return apply<math::Log1pOp>(x);
    if (function == "tanh")
      return apply<math::TanhOp>(x);
    if (function == "erf")
      return apply<math::ErfOp>(x);
    if (function == "sqrt")
      return apply<math::SqrtOp>(x);
    if (function == "rsqrt")
      return apply<math::RsqrtOp>(x);
    if (function == "abs")
      return apply<math::AbsFOp>(x);
    return fail("a known function instead of '" + function.str() + "'");
  }
};

} // namespace

FailureOr<Value> fusion::buildFormula(OpBuilder &builder, Location loc, StringRef formula, const llvm::StringMap<Value> &names,
                                      DictionaryAttr constants, std::string &error) {
  error.clear();
  return Parser(builder, loc, formula, names, constants, error).run();
}
