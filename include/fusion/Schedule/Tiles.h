// Tile choice: for each kernel the tile that costs least by an analytic model over the DeviceSpec, and the sizes that follow from it.
// A tile holds nothing of the shape it was chosen for, so the tile of one shape can run another (see `--schedule-from`).
#pragma once
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Schedule/DeviceSpec.h"
#include "fusion/Schedule/Factors.h"
#include "fusion/Stages/Access.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <array>

namespace fusion {

using Extents = std::array<int64_t, 3>; ///< d, h, w; leading unused dims are 1 (0 for paddings)

/// What a kernel does besides its contraction, per element: instructions, and tensors read or written.
struct ElementWork {
  double loads[2] = {1, 1};        ///< tensors read for an element of the contraction's first and second operand
  double instructions[2] = {0, 0}; ///< arithmetic on the way
  double epilogueLoads = 0, epilogueStores = 1, epilogueInstructions = 0;
  double perChannel = 20;    ///< instructions of a warp for a channel of its tile, beside the elements
  double channelWaits = 0;   ///< cycles that it waits there: merges of what its lanes have gathered
  bool reduces = false;      ///< sums per channel: a channel belongs to one warp
  bool allChannels = false;  ///< the tile must hold all channels
  Extents multiple{1, 1, 1}; ///< the tile's box is a multiple of these: what windows of a pool cover
  double pooled = 0;         ///< elements per element of the tile that a pool leaves beside it in shared memory

  static ElementWork of(KernelOp kernel);
};

/// A gather, scatter or weight contraction as the prelude sees it.
struct WindowProblem {
  int64_t a = 1, b = 1, groups = 1; ///< channels of S and of L
  Extents small{1, 1, 1}, large{1, 1, 1}, taps{1, 1, 1}, stride{1, 1, 1}, padding{0, 0, 0}, dilation{1, 1, 1};
  int64_t images = 1;              ///< ShapedType::kDynamic for a dynamic batch
  Factors factors = Factors::Tf32; ///< on tensor cores
  bool packs = false;              ///< whether its weights can be packed (fusion.pack)

  static WindowProblem of(ContractOp op);
};

/// The largest tile of a gather or scatter: positions, and channels where all must lie in it.
constexpr int64_t kMaxTilePositions = 2048, kMaxTileChannels = 128;
/// The least width of a tile in a tensor that is as wide.
constexpr int64_t kMinTileWidth = 32;

struct WindowTile {
  Extents box{1, 1, 32};
  int64_t channels = 16, slice = 4, rows = 4, cols = 4, threads = 256;
  /// The family: a warp's share of the tile, in places of each phase and in channels, on tensor cores; 0 on CUDA cores, whose
  /// threads have `rows` x `cols` each.
  int64_t warpPlaces = 0, warpChannels = 0;
  int64_t resident = 0; ///< on tensor cores: blocks per multiprocessor that the compiler must leave registers for
  int64_t pack = 1;     ///< on tensor cores: reduction channels that share a word; slice is a multiple of it
  int64_t grouped = 0;  ///< on tensor cores: 1 where four warps multiply together, all factors in shared memory (wgmma)
  int64_t stagers = 0;  ///< of warpgroups: threads that bring operands while the others multiply
  int64_t packed = 0;   ///< 1 where warpgroups read weights that a kernel has packed for all blocks
  int64_t tapSlice = 0; ///< of warpgroups: taps whose weights are staged at a time; 0 for all
  int64_t walks = 0;    ///< of warpgroups: 1 where blocks walk boxes, and the next one is brought during the epilogue
  bool onTensorCores() const { return warpPlaces > 0; }
  /// Elements of the box that lie in a row in a tensor of extents `out`.
  int64_t run(const Extents &out) const;
  /// How many elements at a time the box's runs are loaded and stored.
  int64_t vector(const Extents &out) const;
  int64_t registers() const; ///< of warpgroups: that each thread may have
  /// Of warpgroups: quads of the patch whose loads a stager's registers hold together, with what computes them.
  int64_t stageBatch(const ElementWork &work) const;
  int64_t tapsAtOnce(const WindowProblem &p) const; ///< of warpgroups
  int64_t epilogueThreads() const { return walks ? threads - stagers : threads; }
  int64_t boxes(const WindowProblem &p, bool scatter) const;         ///< per image
  int64_t channelBlocks(const WindowProblem &p, bool scatter) const; ///< all groups
};

/// What the prelude makes of a window tile; every formula mirrors `WindowShape` (window.cuh) `TensorWindowShape` (tensor-window.cuh) or
/// `TogetherShape` (together-shape.cuh) and is asserted against it. On tensor cores nothing is `paired`, `places` counts those of a phase,
/// and `rows`, `lanes` and `items` stay unset.
struct WindowGeometry {
  Extents spread, step, phases, period, reach, cover, rows{1, 1, 1}, lanes{1, 1, 1}, full, patch;
  bool paired = false; ///< a thread owns all phases along w
  int64_t pair = 1, places = 1;
  int64_t split = 1, plane = 0, weightPitch = 0, weightFloats = 0;
  int64_t tableFloats = 0;  ///< on tensor cores: where k lies
  int64_t tiles = 0;        ///< of warpgroups: 64 places each
  bool describable = true;  ///< of warpgroups: a product's description can hold the distances between operands
  bool copiesQuads = false; ///< weights come to shared memory as they lie, four at a time
  bool twoBuffers = false;  ///< the next slice arrives while one is multiplied
  int64_t positions = 0;    ///< lanes of one phase
  int64_t columnGroups = 1, phaseItems = 0, items = 0;
  int64_t pipeFloats = 0;
  bool stays = false;    ///< of warpgroups: all weights lie there at a time
  bool resident = false; ///< one item per thread: sums stay in registers, and `tile` may alias `pipe`
  bool walks = false;    ///< of warpgroups: `tile` and `pipe` are in use at the same time
  int64_t pitch = 0;     ///< floats per channel row of the output tile (ours, not the prelude's)
  int64_t tileFloats = 0;

  WindowGeometry(const WindowProblem &p, const WindowTile &t, bool scatter);
  int64_t phaseCount() const { return phases[0] * phases[1] * phases[2]; }
  /// `extra` floats beside the tile are used behind the contraction.
  int64_t sharedBytes(int64_t extra = 0) const;

private:
  void dealToThreads(const WindowProblem &p, const WindowTile &t, bool scatter);
  void dealToWarps(const WindowProblem &p, const WindowTile &t, bool scatter);
  void dealToWarpgroups(const WindowProblem &p, const WindowTile &t, bool scatter);
};

struct WeightTile {
  Extents box{1, 4, 16};
  int64_t as = 16, bs = 8, ta = 4, tq = 9, threads = 256, splits = 132;
  /// The family: a warp's share of the outputs on tensor cores, with `stages` buffers; 0 on CUDA cores, `ta` x `tq` per thread.
  int64_t warpA = 0, warpQ = 0, stages = 1;
  int64_t resident = 1; ///< on tensor cores: blocks per multiprocessor that the compiler must leave registers for
  int64_t pack = 1;     ///< on tensor cores: neighbouring positions that share a word
  /// On tensor cores: 1 where four warps multiply 64 S channels x `warpQ` columns for each of `lines` lines of taps (wgmma).
  int64_t grouped = 0, lines = 1;
  Extents taps{1, 1, 1}; ///< of warpgroups: those of a block
  int64_t stagers = 0;   ///< of warpgroups: threads that bring operands while the others multiply
  bool onTensorCores() const { return warpA > 0; }
  int64_t registers() const; ///< of warpgroups: that each thread may have
  /// Of warpgroups: how many positions, with eight channels each, a stager's registers hold together, with what computes them.
  int64_t stageBatch(const ElementWork &work) const;
  int64_t multiplying() const;                 ///< of warpgroups: threads
  int64_t warps(const WindowProblem &p) const; ///< on tensor cores: that hold all outputs once
  int64_t pipeFloats(const WindowProblem &p) const;
  int64_t boxes(const WindowProblem &p) const;         ///< per image
  int64_t channelBlocks(const WindowProblem &p) const; ///< all groups, and of warpgroups all blocks of taps
};

struct MatmulTile {
  int64_t rows = 128, cols = 128, depth = 8, tm = 8, tn = 8, threads = 256;
  int64_t resident = 2; ///< blocks per multiprocessor that the compiler must leave registers for
  int64_t step = 128;   ///< columns a block writes: a multiple of the group that is reduced inside the tile
  int64_t band = 0;     ///< rows of tiles that blocks walk together, column by column; 0 for all rows
  int64_t splits = 1;   ///< blocks that share a tile's sum over k, where the kernel leaves one product for each
  /// The family: a warp's share of the tile on tensor cores; 0 on CUDA cores. In 3xTF32 `tm`, `tn` and `depth` then serve tiles
  /// with sums that are not finite, which CUDA cores compute again.
  int64_t warpRows = 0, warpCols = 0;
  int64_t grouped = 0; ///< on tensor cores: 1 in 3xTF32 and 2 else where four warps multiply together, each its rows of all columns (wgmma)
  bool onTensorCores() const { return warpRows > 0; }
  int64_t pitch() const { return cols + 4; }
  /// On tensor cores: threads that multiply; of warpgroups the others bring operands.
  int64_t multiplying() const { return rows / warpRows * (cols / warpCols) * 32; }
  /// Of warpgroups: columns of one product; with halves of their own, one's sums change hands while the other is multiplied.
  int64_t productCols() const { return grouped == 1 && cols % 128 == 0 ? cols / 2 : cols; }
  int64_t stages() const { return 3; } ///< buffers of both operands on tensor cores, 16 k each, of warpgroups 32
  int64_t sharedBytes() const;
};

/// Threads that bring operands to warpgroups which multiply matrices.
constexpr int64_t kMatmulStagers = 128;

/// Products per element that a split of k has: whole steps, so that its first one lies where vectors may begin; the last may have fewer.
constexpr int64_t kSplitStep = 32;
int64_t splitDepth(int64_t k, int64_t splits);

/// How often a matrix product reads its operands from memory, and the bytes beyond once each.
struct MatmulReads {
  int64_t left = 1, right = 1;
  double extraBytes = 0;
};
MatmulReads matmulReads(int64_t m, int64_t n, int64_t k, const MatmulTile &tile, const ElementWork &work, const DeviceSpec &spec);
/// The band of least traffic; 0 where no band reads less than all rows at once.
int64_t chooseMatmulBand(int64_t m, int64_t n, int64_t k, MatmulTile tile, const ElementWork &work, const DeviceSpec &spec);

/// Elementwise over (n, c, p) with lanes along positions or, where tensors lie so, along channels.
struct ChannelTile {
  int64_t positions = 1024, channels = 8, threads = 256;
};

/// Elementwise over rows with lanes along features; `width` features share one reduction.
struct RowTile {
  int64_t rows = 64, width = 128, threads = 256;
};

/// Sweeps over runs [outer, reduced, inner]: lanes along the results (one run per lane) or along the reduced elements (one run per
/// `lanes` threads).
struct SweepTile {
  int64_t threads = 256;
  int64_t alongReduced = 0; ///< 1: lanes along the reduced elements
  int64_t lanes = 32;       ///< threads along the results, or threads that share a run
  int64_t held = 0;         ///< 1: a run lies in the registers of at most 32 threads for all walks; needs runs of neighbouring elements
};

/// What the lanes that share a run do with it, and keep of it.
struct SweepWork {
  int64_t widest = 4;      ///< elements in 16 bytes
  int64_t vector = 1;      ///< neighbouring elements that one access moves
  int64_t tensors = 1;     ///< of the runs' elements, read or written
  int64_t again = 1;       ///< values per element that are loaded or computed in one walk and used in a later one
  double instructions = 1; ///< per element
  double merges = 1;       ///< values that lanes exchange in each step

  static SweepWork of(KernelOp kernel);
  /// Elements in the registers of each lane.
  int64_t elements(const Run &run, int64_t lanes) const;
  bool fits(const Run &run, int64_t lanes) const;
  /// Of a multiprocessor, which registers are left for.
  int64_t threads(const Run &run, int64_t lanes) const;
};

/// Sees every tile that a chooser considers, with the seconds it is predicted to take; may be null.
template <class Tile> using TileObserver = llvm::function_ref<void(const Tile &, double)>;

/// The tile, and what the best tile of each family is predicted to take; infinite where there is none.
struct WindowChoice {
  WindowTile tile;
  double cudaSeconds = 0, tensorSeconds = 0;
};
WindowChoice chooseWindow(const WindowProblem &problem, bool scatter, const ElementWork &work, const DeviceSpec &spec, int64_t batch,
                          TileObserver<WindowTile> seen = nullptr);
WindowTile chooseWindowTile(const WindowProblem &problem, bool scatter, const ElementWork &work, const DeviceSpec &spec, int64_t batch);
/// The tile, and what the best tile of each family is predicted to take; infinite where there is none.
struct WeightChoice {
  WeightTile tile;
  double cudaSeconds = 0, tensorSeconds = 0;
};
WeightChoice chooseWeight(const WindowProblem &problem, const ElementWork &work, const DeviceSpec &spec, int64_t batch,
                          TileObserver<WeightTile> seen = nullptr);
WeightTile chooseWeightTile(const WindowProblem &problem, const ElementWork &work, const DeviceSpec &spec, int64_t batch);
/// The tile, band included, and what the best tile of each family is predicted to take; infinite where there is none.
struct MatmulChoice {
  MatmulTile tile;
  double cudaSeconds = 0, tensorSeconds = 0;
};
/// `seen` gets tiles without their band. With `split`, tiles are predicted by the kernel and the sum of what it leaves.
MatmulChoice chooseMatmul(int64_t m, int64_t n, int64_t k, int64_t group, const ElementWork &work, const DeviceSpec &spec,
                          Factors factors = Factors::Split, TileObserver<MatmulTile> seen = nullptr, bool split = false);
/// What a product with nothing fused is predicted to take with its sum over k whole, and split among `splits` blocks, a second kernel
/// included that adds their sums; infinite where it cannot be.
struct SplitChoice {
  int64_t splits = 1;
  double wholeSeconds = 0, splitSeconds = 0;
  bool worthIt() const { return splitSeconds < 0.9 * wholeSeconds; }
};
SplitChoice chooseSplits(ContractOp product, int64_t batch, const DeviceSpec &spec);
/// Whether a product of these extents, with nothing fused, runs on tensor cores: what a plan is predicted by.
bool takesTensorCores(ContractOp product, int64_t batch, const DeviceSpec &spec);
MatmulTile chooseMatmulTile(int64_t m, int64_t n, int64_t k, int64_t group, const ElementWork &work, const DeviceSpec &spec,
                            Factors factors = Factors::Split);
ChannelTile chooseChannelTile(int64_t channels, int64_t positions, bool alongChannels, const DeviceSpec &spec);
SweepTile chooseSweepTile(const Run &run, int64_t images, const SweepWork &work, const DeviceSpec &spec);
RowTile chooseRowTile(int64_t batch, int64_t features, int64_t group, const DeviceSpec &spec);

/// Tiles as the `schedule` attribute of a kernel, and back. Missing entries keep their defaults.
mlir::DictionaryAttr toAttr(mlir::MLIRContext *context, const WindowTile &tile);
mlir::DictionaryAttr toAttr(mlir::MLIRContext *context, const WeightTile &tile);
mlir::DictionaryAttr toAttr(mlir::MLIRContext *context, const MatmulTile &tile);
mlir::DictionaryAttr toAttr(mlir::MLIRContext *context, const ChannelTile &tile);
mlir::DictionaryAttr toAttr(mlir::MLIRContext *context, const RowTile &tile);
mlir::DictionaryAttr toAttr(mlir::MLIRContext *context, const SweepTile &tile);
void fromAttr(mlir::DictionaryAttr attr, WindowTile &tile);
void fromAttr(mlir::DictionaryAttr attr, WeightTile &tile);
void fromAttr(mlir::DictionaryAttr attr, MatmulTile &tile);
void fromAttr(mlir::DictionaryAttr attr, ChannelTile &tile);
void fromAttr(mlir::DictionaryAttr attr, RowTile &tile);
void fromAttr(mlir::DictionaryAttr attr, SweepTile &tile);

} // namespace fusion
