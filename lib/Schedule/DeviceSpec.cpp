// The table of known devices. Figures are the vendors' data sheets; bandwidth is what a copy reaches of it (about 90 %). The share of the
// tensor rate that mma.sync reaches is measured on an H200 (75 Tflop/s of 3xTF32 without splitting) and estimated elsewhere: Ampere and RTX
// cards have no faster instruction, a B200 is taken to do as an H200.
#include "fusion/Schedule/DeviceSpec.h"

using namespace fusion;

static DeviceSpec make(const char *name, llvm::StringRef arch, int64_t sms, int64_t sharedBlockKiB, int64_t sharedSmKiB, int64_t threads,
                       int64_t l2MiB, double copyTBs, double fp32TFlops, double tf32TFlops, double mmaShare, double clockGHz) {
  DeviceSpec d;
  d.name = name;
  d.arch = arch.str();
  d.multiprocessors = sms;
  d.sharedPerBlock = sharedBlockKiB * 1024;
  d.sharedPerMultiprocessor = sharedSmKiB * 1024;
  d.threadsPerMultiprocessor = threads;
  d.l2Bytes = l2MiB << 20;
  d.bandwidth = copyTBs * 1e12;
  d.fp32Rate = fp32TFlops * 1e12;
  d.tf32Rate = tf32TFlops * 1e12;
  d.mmaShare = mmaShare;
  d.specialRate = sms * 16 * clockGHz * 1e9; // 16 special function results per cycle and multiprocessor
  return d;
}

std::optional<DeviceSpec> fusion::deviceFor(llvm::StringRef arch) {
  if (arch == "sm_80")
    return make("A100", arch, 108, 163, 164, 2048, 40, 1.75, 19.5, 156, 0.8, 1.41);
  if (arch == "sm_90" || arch == "sm_90a") {
    DeviceSpec d = make("H200", arch, 132, 227, 228, 2048, 60, 4.3, 67, 494, 0.45, 1.98);
    d.wgmmaShare = arch == "sm_90a" ? 0.7 : 0;
    return d;
  }
  if (arch == "sm_100" || arch == "sm_100a")
    return make("B200", arch, 148, 227, 228, 2048, 126, 7.2, 75, 1100, 0.2, 1.92);
  if (arch == "sm_120" || arch == "sm_120a")
    return make("RTX PRO 6000", arch, 188, 99, 100, 1536, 128, 1.6, 125, 252, 0.8, 2.6);
  return std::nullopt;
}

llvm::StringRef fusion::knownArchitectures() { return "sm_80, sm_90, sm_90a, sm_100, sm_100a, sm_120, sm_120a"; }
