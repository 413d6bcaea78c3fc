// Tile choice: for each kernel the tile that costs least by an analytic model over the DeviceSpec, and the sizes that follow from it.
// A tile holds nothing of the shape it was chosen for, so the tile of one shape can run another (see `--schedule-from`).
#pragma once
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Schedule/DeviceSpec.h"
#include <array>

namespace fusion {

using Extents = std::array<int64_t, 3>; ///< d, h, w; leading unused dims are 1 (0 for paddings)

/// A gather, scatter or weight contraction as the prelude sees it.
struct WindowProblem {
  int64_t a = 1, b = 1, groups = 1; ///< channels of S and of L
  Extents small{1, 1, 1}, large{1, 1, 1}, taps{1, 1, 1}, stride{1, 1, 1}, padding{0, 0, 0}, dilation{1, 1, 1};
  int64_t images = 1;               ///< ShapedType::kDynamic for a dynamic batch

  static WindowProblem of(ContractOp op);
};

struct WindowTile {
  Extents box{1, 1, 32};
  int64_t channels = 16, slice = 4, rows = 4, cols = 4, threads = 256;
  int64_t pitch() const; ///< floats per channel row of the output tile
  int64_t pipeFloats(const WindowProblem &p, bool scatter) const;
  int64_t sharedBytes(const WindowProblem &p, bool scatter) const;
  int64_t boxes(const WindowProblem &p, bool scatter) const;         ///< per image
  int64_t channelBlocks(const WindowProblem &p, bool scatter) const; ///< all groups
};

struct WeightTile {
  Extents box{1, 4, 16};
  int64_t as = 16, bs = 8, ta = 4, tq = 9, threads = 256, splits = 132;
  int64_t pipeFloats(const WindowProblem &p) const;
  int64_t boxes(const WindowProblem &p) const;         ///< per image
  int64_t channelBlocks(const WindowProblem &p) const; ///< all groups
};

struct MatmulTile {
  int64_t rows = 128, cols = 128, depth = 16, tm = 8, tn = 8, threads = 256;
  int64_t step = 128; ///< columns a block writes: a multiple of the group that is reduced inside the tile
  int64_t pitch() const { return cols + 4; }
  int64_t sharedBytes() const;
};

/// Elementwise over (n, c, p) with lanes along positions.
struct ChannelTile {
  int64_t positions = 1024, channels = 8, threads = 256;
};

/// Elementwise over rows with lanes along features; `width` features share one reduction.
struct RowTile {
  int64_t rows = 64, width = 128, threads = 256;
};

WindowTile chooseWindowTile(const WindowProblem &problem, bool scatter, const DeviceSpec &spec, int64_t batch);
WeightTile chooseWeightTile(const WindowProblem &problem, const DeviceSpec &spec, int64_t batch);
MatmulTile chooseMatmulTile(int64_t m, int64_t n, int64_t k, int64_t group, const DeviceSpec &spec);
ChannelTile chooseChannelTile(int64_t channels, int64_t positions, const DeviceSpec &spec);
RowTile chooseRowTile(int64_t batch, int64_t features, int64_t group, const DeviceSpec &spec);

/// Tiles as the `schedule` attribute of a kernel, and back. Missing entries keep their defaults.
mlir::DictionaryAttr toAttr(mlir::MLIRContext *context, const WindowTile &tile);
mlir::DictionaryAttr toAttr(mlir::MLIRContext *context, const WeightTile &tile);
mlir::DictionaryAttr toAttr(mlir::MLIRContext *context, const MatmulTile &tile);
mlir::DictionaryAttr toAttr(mlir::MLIRContext *context, const ChannelTile &tile);
mlir::DictionaryAttr toAttr(mlir::MLIRContext *context, const RowTile &tile);
void fromAttr(mlir::DictionaryAttr attr, WindowTile &tile);
void fromAttr(mlir::DictionaryAttr attr, WeightTile &tile);
void fromAttr(mlir::DictionaryAttr attr, MatmulTile &tile);
void fromAttr(mlir::DictionaryAttr attr, ChannelTile &tile);
void fromAttr(mlir::DictionaryAttr attr, RowTile &tile);

} // namespace fusion
