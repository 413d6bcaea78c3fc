// Holds what a run made to the evaluator, to PyTorch's golden tensors, to another run's bits, and to the report's bytes.
#pragma once
#include "Runner.h"
#include "fusion/Pipelines/Compile.h"
#include "fusion/Reference/Golden.h"
#include "fusion/Reference/Ops.h"
#include "fusion/Reference/Random.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <optional>

namespace fusion::tools {

/// A model under test: its description as written, its backward function in named ops (null without gradients), the tensors of its program.
struct Subject {
  mlir::func::FuncOp written, backward;
  const runtime::ProgramData *program = nullptr;
  reference::FactorRounding convolutions, products; ///< what tensor cores round
};

/// The numbers a run is fed with, in the order of the model's arguments and results.
struct Feed {
  int64_t batch = 1;
  llvm::SmallVector<reference::Tensor<float>> inputs, gradOutputs;
  bool finite = true; ///< neither NaN nor infinity was planted
  const reference::Golden *golden = nullptr;

  /// What the program is given, by tensor name.
  std::map<std::string, reference::Tensor<float>> byName(const runtime::ProgramData &program) const;
};

Feed makeFeed(Subject subject, int64_t batch, uint64_t seed, const reference::InputOptions &options);
/// Empty, with the reason in `error`, when the golden file does not fit the model.
std::optional<Feed> goldenFeed(Subject subject, const reference::Golden &golden, std::string &error);

/// Prints one line per result; success or not is whether the evaluator could judge, `ok` becomes false when something is out of tolerance.
mlir::LogicalResult judgeValues(Subject subject, const Feed &feed, const RunResult &result, uint64_t seed, bool &ok);
/// Every result of `other` has the bits of `first`; `what` says how the runs differ.
bool sameBits(const RunResult &first, const RunResult &other, llvm::StringRef what);
/// Holds the report's bytes to the distinct bytes the host driver counted.
bool sameBytes(const Host &host, const Compiled &compiled);
/// An empty batch launches nothing forward, and backward leaves zero parameter gradients.
bool judgeEmptyBatch(const runtime::ProgramData &program, const RunResult &result);
void printFindings(const Host &host);

} // namespace fusion::tools
