// A program made ready for one device: compiled, loaded and launched in the caller's memory on the caller's stream.
#pragma once
#include "fusion/Runtime/Context.h"
#include "fusion/Runtime/Program.h"
#include <memory>
#include <string>

namespace fusion::runtime {

/// A cheap handle (copies share the loaded modules); safe to use from any number of threads. The last copy unloads the modules,
/// so it must outlive the kernels it launched.
class Executable {
public:
  enum class Prepare {
    Now,  ///< compile and load every phase while creating
    Later ///< at prepare(), or at a phase's first launch (not for that launch under graph capture)
  };
  /// Picks the variant that fits the device best.
  static Expected<Executable> create(const Context &context, const Program &program, Prepare when = Prepare::Now);

  const Program &program() const;
  const Variant &variant() const;
  /// The architecture that the variant's source is compiled for, for example "sm_90a".
  const std::string &target() const;
  bool has(PhaseKind phase) const;
  /// Compiles and loads a phase for small aligned launches, unless that was done.
  Error prepare(PhaseKind phase) const;
  /// The same for launches of this batch with tensors at multiples of `alignment` bytes, which may need another form of the kernels.
  Error prepare(PhaseKind phase, int64_t batch, size_t alignment) const;

  /// Bytes of scratch memory that a launch needs.
  Expected<int64_t> workspaceBytes(PhaseKind phase, int64_t batch) const;
  /// The same for launches: false where workspaceBytes() has an error to tell. The phase must exist and the batch be the program's.
  bool needsWorkspace(PhaseKind phase, int64_t batch, int64_t &bytes) const;
  /// Bytes of the tensors that forward leaves for backward.
  Expected<int64_t> savedBytes(int64_t batch) const;

  /// Launches the kernels of a phase, in order, on `stream`. `tensors[i]` is the address of the program's tensor i, a multiple of 16
  /// bytes, or of 4 where the phase has an unaligned form; those that the phase does not use may be 0. `workspace` holds
  /// workspaceBytes(), aligned to 256. Once what it needs is prepared, a launch allocates nothing, waits for nothing and may be
  /// captured into a graph. The first one that needs another form than those prepared compiles it.
  Error launch(PhaseKind phase, int64_t batch, const DevicePointer *tensors, size_t count, DevicePointer workspace = 0,
               Stream stream = nullptr) const;

private:
  struct State;
  explicit Executable(std::shared_ptr<State> state) : state(std::move(state)) {}
  std::shared_ptr<State> state;
};

} // namespace fusion::runtime
