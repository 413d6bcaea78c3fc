// The rewriting of named ops into stages, split over LowerToStages.cpp (elementwise, contractions), LowerNorms.cpp and LowerReductions.cpp.
#pragma once
#include "fusion/Dialect/Formula.h"
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Stages/Access.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace fusion {

/// Rewrites one op at a time, in program order, at the op's own place.
class Lowering {
public:
  explicit Lowering(mlir::func::FuncOp func) : builder(func.getContext()) {}
  mlir::LogicalResult lower(mlir::Operation *op);
  /// A function that returns an argument, or a value twice, gets a copy of it: every result is a tensor of its own.
  void separateResults(mlir::func::ReturnOp op);

private:
  mlir::OpBuilder builder;
  llvm::StringRef source; ///< what the stages being built come from

  mlir::MLIRContext *context() { return builder.getContext(); }
  template <class Op, class... Args> Op make(mlir::Location loc, Args &&...args) {
    Op op = Op::create(builder, loc, std::forward<Args>(args)...);
    op->setAttr("source", builder.getStringAttr(source));
    return op;
  }

  struct Input {
    mlir::Value value;
    mlir::AffineMap access;
  };
  using Body = llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;
  /// With `index`, the body gets one more scalar: the value of that map.
  mlir::Value map(mlir::Location loc, llvm::ArrayRef<Input> inputs, mlir::RankedTensorType type, Body body, mlir::AffineMap index = {});
  mlir::ResultRange reduce(mlir::Location loc, ReduceKind kind, mlir::Value input, mlir::AffineMap result, mlir::RankedTensorType type) {
    input = withoutCopy(input);
    Domain domain = Domain::of(llvm::cast<mlir::RankedTensorType>(input.getType()));
    llvm::SmallVector<mlir::Type> types(kind == ReduceKind::moments ? 2 : 1, type);
    return make<ReduceOp>(loc, types, kind, input, fullAccess(context(), domain), result, builder.getDenseI64ArrayAttr(domain.attr()))
        .getResults();
  }
  static mlir::RankedTensorType typeOf(mlir::Value v) { return llvm::cast<mlir::RankedTensorType>(v.getType()); }
  Input full(mlir::Value v, mlir::RankedTensorType like) { return {v, broadcastAccess(typeOf(v), like)}; }
  Input group(mlir::Value v, mlir::RankedTensorType like) { return {v, groupAccess(context(), Domain::of(like), typeOf(v).getDimSize(1))}; }
  Input channel(mlir::Value v) { return {v, channelAccess(context())}; }

  mlir::FailureOr<mlir::Value> formula(mlir::Operation *op, llvm::StringRef text, llvm::ArrayRef<std::pair<llvm::StringRef, Input>> inputs,
                                       mlir::RankedTensorType type, mlir::DictionaryAttr constants);
  template <class Arith> mlir::LogicalResult arithmetic(mlir::Operation *op);
  /// A formula of the operands, called a, b, ... in their order.
  mlir::LogicalResult byFormula(mlir::Operation *op, llvm::StringRef text);
  mlir::LogicalResult contraction(mlir::Operation *op);
  mlir::LogicalResult norm(mlir::Operation *op);
  /// Reductions, their gradients, pools, and what changes shapes only (LowerReductions.cpp); nothing for other ops.
  std::optional<mlir::LogicalResult> reduction(mlir::Operation *op);
  /// The access of a reduction over `dims`, and of reading its result again in the operand's domain.
  mlir::AffineMap keptAccess(mlir::RankedTensorType x, llvm::ArrayRef<int64_t> dims);
  /// Reduces over any dims; those that are no run of neighbours one run after the other.
  mlir::Value reduceOver(mlir::Location loc, ReduceKind kind, mlir::Value x, llvm::ArrayRef<int64_t> dims, mlir::RankedTensorType type);
  std::pair<mlir::Value, mlir::Value> momentsOver(mlir::Location loc, mlir::Value x, llvm::ArrayRef<int64_t> dims,
                                                  mlir::RankedTensorType type);
  /// dy at the first of the extreme elements of x over `dims`, 0 elsewhere.
  mlir::FailureOr<mlir::Value> extremeGradient(ExtremeGradOp op, mlir::Value dy, mlir::Value x, llvm::ArrayRef<int64_t> dims);
  mlir::LogicalResult pool(mlir::Operation *op);
  /// What a reduction reads in place of a copy under another type of the same domain.
  static mlir::Value withoutCopy(mlir::Value x);
  /// The same elements under another type.
  mlir::Value sameElements(mlir::Location loc, mlir::Value x, mlir::RankedTensorType type);
  mlir::Value withBias(mlir::Location loc, mlir::Value z, mlir::Value bias);
};

} // namespace fusion
