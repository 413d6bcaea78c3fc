// What a device can do, as a value: cost and tiles are computed from it and never from a device query, so all of it runs without a GPU.
#pragma once
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>
#include <string>

namespace fusion {

struct DeviceSpec {
  std::string name, arch; ///< "H200", "sm_90a"
  int64_t multiprocessors = 1;
  int64_t sharedPerBlock = 0; ///< bytes a block may opt in to
  int64_t sharedPerMultiprocessor = 0;
  int64_t registersPerMultiprocessor = 65536;
  int64_t threadsPerMultiprocessor = 2048;
  int64_t l2Bytes = 0;
  double bandwidth = 1;        ///< bytes per second that a plain copy reaches
  double fp32Rate = 1;         ///< flop per second on CUDA cores, two per FMA
  double tf32Rate = 0;         ///< flop per second on tensor cores with dense TF32 operands, as the data sheet says; 0: not for products
  double mmaShare = 0;         ///< share of tf32Rate that mma.sync reaches
  double wgmmaShare = 0;       ///< share of tf32Rate that warpgroups reach while others bring operands; 0 where there are none
  double specialRate = 1;      ///< exp, log, reciprocal, square root per second
  double launchSeconds = 4e-6; ///< what one more kernel on a busy stream costs: its first and last block wait for memory alone
  /// Share of fp32Rate that a SIMT contraction with operands in shared memory reaches.
  double contractionShare = 0.6;

  /// Products in 3xTF32, each flop three times; splitting operands and taking sums over leaves 0.82 of what mma.sync reaches, and 0.95
  /// of what warpgroups do (on an H200).
  double tensorProductRate() const { return (0.82 * mmaShare > 0.95 * wgmmaShare ? 0.82 * mmaShare : 0.95 * wgmmaShare) / 3 * tf32Rate; }
  /// Windows in TF32; loads of fragments, staging and epilogues leave this much of what mma.sync reaches.
  double tensorWindowRate() const { return 0.55 * mmaShare * tf32Rate; }
  /// Windows and products with factors of 16 bits, which tensor cores take twice as many of; 150 Tflop/s measured on an H200.
  double halfWindowRate() const { return 0.62 * 2 * tensorWindowRate(); }
  double clock() const { return specialRate / (16 * double(multiprocessors)); } ///< Hz; 16 special functions per cycle and multiprocessor
};

/// Known architectures: sm_80 (A100), sm_90 and sm_90a (H200), sm_100 and sm_100a (B200), sm_120 and sm_120a (RTX PRO 6000).
std::optional<DeviceSpec> deviceFor(llvm::StringRef arch);
llvm::StringRef knownArchitectures();

} // namespace fusion
