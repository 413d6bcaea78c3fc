// A program file as the input of fusion-run: told from a model description, held to a model, or run for its own sake.
#pragma once
#include "Runner.h"
#include "fusion/Pipelines/Compile.h"
#include "fusion/Reference/Ops.h"
#include "fusion/Reference/Random.h"

namespace fusion::tools {

/// Whether `path` holds a program file (JSON) and not a model description. A file that cannot be read is none.
bool isProgramFile(const std::string &path);

/// Which gradients the program makes, so that its model is compiled alike.
Grad gradOf(const Program &program);

/// The batch size to run with: the program's own, or `nominal` when the program takes any.
int64_t batchOf(const Program &program, int64_t nominal);

/// The coarsest that kernels on tensor cores round factors of convolutions, and of matrix products, to: as the head comments of the
/// program's source say (measured tiles may multiply on other units than predicted ones), or those of the compilation where it has none.
void readRounding(const Program &program, const Compiled &compiled, reference::FactorRounding &convolutions,
                  reference::FactorRounding &products);

/// Why `program` cannot stand in for `expected`, the program of the model it is said to be made from; empty when it can.
std::string differsFrom(const Program &program, const Program &expected);

/// Values for everything that a program reads; parameters of rank 2 and more are scaled by 1 / sqrt(fan-in).
RunRequest requestFor(const Program &program, int64_t batch, uint64_t seed, const reference::InputOptions &options);

/// One line per result: least, greatest and mean value, and a checksum of its bits.
void printSummary(const Program &program, const RunResult &result);

} // namespace fusion::tools
