// NVIDIA's run-time compiler, opened at run time; needs neither a GPU nor a toolkit at build time.
#pragma once
#include "fusion/Runtime/Driver.h"
#include "fusion/Runtime/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace fusion::runtime {

class Nvrtc {
public:
  /// Opens libnvrtc 13, 12 or 11 once per process. Looked for, in this order: $FUSION_NVRTC (the library or its folder; PyPI's
  /// packages keep it in nvidia/cu13/lib or nvidia/cuda_nvrtc/lib), $CUDA_HOME/lib64, /usr/local/cuda/lib64, the loader's path.
  static Expected<const Nvrtc *> get();

  /// "13.0"
  const std::string &version() const { return version_; }
  /// The compute capabilities it compiles for, as 80, 90, 120.
  const std::vector<int> &architectures() const { return architectures_; }
  /// The options that every compilation gets besides the architecture.
  static const std::vector<std::string> &defaultOptions();

  /// `arch` as in "sm_90a". The log holds ptxas's resource report, which parseCubin() reads.
  Expected<Binary> compileToCubin(const std::string &source, const std::string &name, const std::string &arch,
                                  const std::vector<std::string> &options = {}) const;
  /// `arch` as in "sm_90a" or "compute_90a".
  Expected<Binary> compileToPtx(const std::string &source, const std::string &name, const std::string &arch,
                                const std::vector<std::string> &options = {}) const;

  Nvrtc(const Nvrtc &) = delete;
  Nvrtc &operator=(const Nvrtc &) = delete;
  ~Nvrtc();

private:
  struct Api;
  Nvrtc();
  static Expected<std::unique_ptr<Nvrtc>> open();
  Expected<Binary> compile(const std::string &source, const std::string &name, const std::string &arch,
                           const std::vector<std::string> &options, bool cubin) const;

  std::unique_ptr<Api> api;
  std::string version_;
  std::vector<int> architectures_;
};

/// What a kernel uses, from the cubin and from ptxas's report.
struct KernelResources {
  std::string name;
  unsigned registers = 0;
  unsigned stackFrame = 0, spillStores = 0, spillLoads = 0; ///< bytes per thread
  unsigned staticShared = 0;                                ///< bytes
  unsigned barriers = 0;                                    ///< 0 too where ptxas is older than CUDA 12.8's and does not tell
  bool serialized = false; ///< ptxas lets products of warpgroups wait for each other, where they should run behind each other
  bool reported = false;   ///< false: the log had no line for it, so spills, shared bytes and barriers are unknown
  /// Stack frame, spill stores and spill loads together; 0 is what every emitted kernel must have.
  unsigned spillBytes() const { return stackFrame + spillStores + spillLoads; }
};

struct CubinInfo {
  std::vector<KernelResources> kernels; ///< in the cubin's order
  const KernelResources *find(const std::string &name) const;
};

/// Reads the ELF file and the log of compileToCubin().
Expected<CubinInfo> parseCubin(const Binary &cubin);

} // namespace fusion::runtime
