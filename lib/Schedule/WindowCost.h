// What a block of a gather or scatter does, for a tile of either family.
#pragma once
#include "TileCost.h"

namespace fusion {

/// What one tile does, apart from how many channels are staged at a time; of this, what both families have in common.
class WindowCounter {
public:
  const WindowGeometry &geometry() const { return g; }

protected:
  WindowCounter(const WindowProblem &p, const WindowTile &t, bool scatter, const ElementWork &work)
      : p(p), t(t), scatter(scatter), work(work), out(scatter ? p.large : p.small), reduced((scatter ? p.a : p.b) / p.groups),
        g(p, t, scatter) {}

  const WindowProblem &p;
  const WindowTile &t;
  bool scatter;
  const ElementWork &work;
  const Extents &out;
  int64_t reduced;
  WindowGeometry g;

  int64_t sharedBytes(int64_t pipeFloats) const;
  /// `sized` is the geometry with `slice` channels staged at a time.
  void stage(BlockCost &b, const WindowGeometry &sized, int64_t slice) const;
  void epilogue(BlockCost &b) const;
  void traffic(BlockCost &b, bool operandFitsL2) const;
  /// Registers that wait for staged elements while `sums` stay where they are.
  int64_t stagingRegisters(int64_t sums) const;
};

/// Threads with register tiles of positions by channels.
class CudaWindow : public WindowCounter {
public:
  CudaWindow(const WindowProblem &p, const WindowTile &t, bool scatter, const ElementWork &work) : WindowCounter(p, t, scatter, work) {
    countItem();
  }
  BlockCost block(int64_t slice, bool operandFitsL2) const;

private:
  double passes = 1;                                        ///< loop passes over taps per reduction channel
  double multiplies = 0, instructions = 0, sharedLoads = 0; ///< per pass
  int64_t innerRegisters = 0;

  void countItem();
};

/// Warps with shares of places by channels on tensor cores.
class TensorWindow : public WindowCounter {
public:
  TensorWindow(const WindowProblem &p, const WindowTile &t, bool scatter, const ElementWork &work, const DeviceSpec &spec)
      : WindowCounter(p, t, scatter, work), spec(spec) {}
  BlockCost block(int64_t slice, bool operandFitsL2) const;

private:
  const DeviceSpec &spec;
  double steps(int64_t slice) const; ///< of eight k, all phases together
};

/// Warpgroups with shares of tiles by channels on tensor cores, which read all factors from shared memory.
class WarpgroupWindow : public WindowCounter {
public:
  WarpgroupWindow(const WindowProblem &p, const WindowTile &t, bool scatter, const ElementWork &work, const DeviceSpec &spec)
      : WindowCounter(p, t, scatter, work), spec(spec) {}
  BlockCost block(int64_t slice, bool operandFitsL2) const;

private:
  const DeviceSpec &spec;
  double stageBeside(BlockCost &b, const WindowGeometry &sized, int64_t slice, double multiplying, double behind) const;
};

} // namespace fusion
