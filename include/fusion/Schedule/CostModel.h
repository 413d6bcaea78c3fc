// What a kernel costs: bytes, arithmetic and special functions, each against its rate, plus the launch.
#pragma once
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Schedule/DeviceSpec.h"

namespace fusion {

/// What a kernel's predicted time is made of, in seconds: the slowest of three rates, a share of the others, and the launch.
struct CostTerms {
  double memory = 0, math = 0, special = 0, launch = 0;

  double seconds() const;
  llvm::StringRef bound() const; ///< the term that decides: "memory", "math", "special" or "launch"
};

/// Work in absolute units at one batch size.
struct Work {
  double bytesRead = 0, bytesWritten = 0;
  double contractFlops = 0; ///< inside contractions, on CUDA cores
  double tensorFlops = 0;   ///< inside matrix products on tensor cores, in 3xTF32
  double tf32Flops = 0;     ///< inside windows on tensor cores, in TF32, and products that are promised no more
  double halfFlops = 0;     ///< inside either, with factors of 16 bits
  double mapFlops = 0;      ///< elementwise, and what stands around the multiply-adds of a window, by the time it takes
  double special = 0;       ///< exp, division, square root, ...

  Work &operator+=(const Work &o);
  double flops() const { return contractFlops + tensorFlops + tf32Flops + halfFlops + mapFlops; }
  double bytes() const { return bytesRead + bytesWritten; }
  CostTerms terms(const DeviceSpec &spec) const;
  /// Seconds on `spec`: the terms together.
  double seconds(const DeviceSpec &spec) const { return terms(spec).seconds(); }
  /// The same without launch cost and at full rates: a floor that no schedule can pass.
  double rooflineSeconds(const DeviceSpec &spec) const;
};

/// Bytes of a dense tensor; `batch` stands for a dynamic extent.
double bytesOf(mlir::Type type, int64_t batch);
/// Arithmetic of one stage over its whole domain (bytes are not part of it: they depend on what is fused).
Work workOf(mlir::Operation *stage, int64_t batch);
/// Counts the work of a contraction as work of the tensor cores: a matrix product in 3xTF32, a window in TF32.
void moveToTensorCores(Work &work, ContractOp contract);
/// What a window on warpgroups takes longer where an operand is computed on the way, by stages that are `inside` its kernel.
void addPrologue(Work &work, ContractOp window, int64_t batch, llvm::function_ref<bool(mlir::Operation *)> inside);
/// Whether a window's products take less time on tensor cores, by their rates and by what fills up rows, columns and steps there: what a
/// plan is predicted by.
bool windowPrefersTensorCores(ContractOp contract, int64_t batch, const DeviceSpec &spec);
/// Flops of a contraction as it is written: two for each multiply-add, none for what a tile leaves idle.
double contractionFlops(ContractOp contract, int64_t batch);
/// Adds what a matrix product pays for operands that stages `inside` its kernel compute while it loads them: once more for every further
/// tile of `rows` x `cols` along the other operand, and element by element instead of by copies.
void addReloads(Work &work, ContractOp product, int64_t batch, int64_t rows, int64_t cols,
                llvm::function_ref<bool(mlir::Operation *)> inside);

/// Whether no element belongs to two windows of a pool and every window begins a stride behind the one before it, the first at 0: the
/// tensor falls apart into boxes of `stride` that hold a window each.
bool windowsApart(PoolOp pool);
/// How often a kernel computes each element of operand `i` of a pool, if it does not load it from memory.
double timesComputed(PoolOp pool, unsigned i, int64_t batch);
/// Adds what a pool pays for operands that stages `inside` its kernel compute while windows are read: once more for every further time.
void addReloads(Work &work, PoolOp pool, int64_t batch, llvm::function_ref<bool(mlir::Operation *)> inside);

} // namespace fusion
