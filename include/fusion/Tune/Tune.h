// Picks tiles by measuring: compiles a model with each kernel's candidates, times them, and compiles it with the fastest.
#pragma once
#include "fusion/Pipelines/Compile.h"
#include "fusion/Runtime/Remember.h"
#include "fusion/Tune/Clock.h"

namespace fusion::tune {

struct TuneOptions {
  unsigned candidates = 6; ///< tiles per kernel, the chosen one included
  bool measure = true;     ///< false: only what is remembered is used
  /// One line, or where `rewrite` is set the same line again: progress with the time that is left.
  std::function<void(const std::string &line, bool rewrite)> progress;
  const std::atomic<bool> *stop = nullptr; ///< set: the best so far is kept, and nothing is remembered
};

struct TuneResult {
  Compiled compiled;
  bool stopped = false;  ///< before everything was measured
  unsigned failures = 0; ///< sets of candidates that did not compile or run; their messages went to `progress`
};

/// Compiles the model with `base`'s plan and the fastest tiles. `base` is a compilation of it with the same options; its tiles are changed.
/// An error of the clock with the very tiles of `base` ends it, and is returned; nothing is left half-written.
runtime::Expected<TuneResult> tune(mlir::ModuleOp model, const CompileOptions &options, Compiled base, Clock &clock,
                                   runtime::Memory &memory, const TuneOptions &how);

/// What a kernel's winner is remembered under: its stages and shapes whatever they are called, batch, precision, architecture, device and
/// the compiler's version.
std::string memoryKey(KernelOp kernel, const Compiled &compiled, const std::string &device);

} // namespace fusion::tune
