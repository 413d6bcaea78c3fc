// What the printers of the kernel strategies share: indented text, names, scalar bodies, offsets.
#pragma once
#include "fusion/Dialect/Names.h"
#include "fusion/Emit/CUDA/Emit.h"
#include "fusion/Schedule/KernelFacts.h"
#include "fusion/Schedule/Tiles.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/StringSaver.h"

namespace fusion::cuda {

/// Text with braces that indent.
class Writer {
public:
  explicit Writer(unsigned depth = 0) : depth(depth) {}
  void line(const llvm::Twine &text) { out.append(2 * depth, ' ').append(text.str()).append("\n"); }
  void directive(const llvm::Twine &text) { out.append(text.str()).append("\n"); }
  void blank() { out += "\n"; }
  void open(const llvm::Twine &text) { line(text + " {"), ++depth; }
  void close(llvm::StringRef after = "") { --depth, line("}" + after); }
  std::string take() { return std::move(out); }

private:
  std::string out;
  unsigned depth;
};

/// Shared by all kernels of a phase: structs that several kernels use are printed once, tensors keep one name everywhere.
struct PhaseNames {
  llvm::DenseMap<mlir::Value, std::string> tensors;
  llvm::StringMap<std::string> structs;               ///< body -> name
  llvm::DenseMap<mlir::Value, runtime::Expr> extents; ///< what the unknown extent of a tensor between kernels is
  UniqueIdentifiers globals;
  llvm::BumpPtrAllocator allocator;
  llvm::StringSaver saver{allocator}; ///< of prelude parts that are named when they are asked for
};

/// Texts of an element's coordinates.
struct Place {
  std::string image, channel, position = "0";
};

/// One kernel while it is printed.
class KernelText {
public:
  KernelText(KernelOp kernel, const EmitOptions &options, PhaseNames &names);

  KernelOp kernel;
  const EmitOptions &options;
  PhaseNames &names;
  KernelFacts facts;
  Writer globals, body{1};                  ///< what stands in front of the kernel, and inside it
  llvm::SetVector<llvm::StringRef> prelude; ///< parts used
  UniqueIdentifiers locals;
  llvm::DenseMap<mlir::Value, std::string> scalars; ///< name of the current element of a value of the kernel's body
  runtime::KernelLaunch launch;
  int64_t residentBlocks = 0; ///< blocks per multiprocessor to leave registers for; 0 leaves it to the compiler
  bool onTensorCores = false; ///< the contraction, as the report counts it
  std::string tileText;       ///< the schedule in words
  int64_t maxBatch = std::numeric_limits<int32_t>::max();
  bool usesImages = false;
  int64_t walkers = 0;                     ///< where blocks walk boxes: their threads that the epilogue has
  bool lanesNamed = false;                 ///< whether `warp` and `lane` are declared
  double extraSweepBytes = 0;              ///< bytes that are read again because a re-read set exceeds L2
  std::vector<runtime::Expr> partialTiles; ///< for each result, the value of its unknown extent (the batch, or tiles)

  /// What the elements of a tensor are in memory: float, f16 or bf16.
  static llvm::StringRef elementType(mlir::Type tensor);
  /// Asks for the prelude's runs of elements.
  void useVectors();
  int64_t widestRun() { return fusion::widestRun(kernel, facts.domain); }
  /// The parameter that holds a tensor of the kernel (block argument or returned value).
  std::string pointer(mlir::Value v) { return pointers.lookup(v); }
  std::string pointerOfResult(unsigned i) { return resultPointers[i]; }
  /// `struct Name { body };` once per phase; returns the name.
  std::string globalStruct(llvm::StringRef prefix, const std::string &body, llvm::StringRef base = "");
  std::string fresh(llvm::StringRef base) { return locals.get(base); }

  /// The batch as an expression of the kernel's text: a constant, or the argument `images`.
  std::string batchText(int64_t batch);
  runtime::Expr batchExpr(int64_t batch) const;
  /// The number of tiles behind a tensor of partials, as C.
  std::string tilesText(mlir::Value partial);

  /// Prints the statements of `map`; the operands are `operands`, and `result` names the value.
  void scalarBody(Writer &w, MapOp map, llvm::ArrayRef<std::string> operands, const std::string &result);
  /// An access map applied to coordinate texts: the offset in memory order.
  std::string offset(mlir::AffineMap access, const Place &at);
  /// Whether a parameter lies channels-last, and that matters.
  bool channelsLast(mlir::Value v) const;
  bool resultIsChannelsLast(unsigned i) const;
  /// The element of tensor `v` that `access` gives at a place of `domain`, and that of result `i` at a place of the domain it has in full.
  std::string element(mlir::Value v, mlir::AffineMap access, const Domain &domain, const Place &at) {
    return pointer(v) + "[" + offsetOf(v, access, domain, at) + "]";
  }
  std::string offsetOf(mlir::Value v, mlir::AffineMap access, const Domain &domain, const Place &at);
  std::string resultElement(unsigned i, const Domain &domain, const Place &at);
  /// The same, given the offset in memory order.
  std::string elementAt(mlir::Value v, const std::string &offset);
  std::string resultElementAt(unsigned i, const std::string &offset);
  /// The `index` operand of a map that has one: the element's place as a number. Notes the place for random numbers too.
  void addIndex(MapOp map, const Place &at, llvm::SmallVectorImpl<std::string> &operands);
  /// `// swish` or, with the user's name for the value, `// swish (h)`.
  std::string comment(mlir::Operation *op);
  /// The barrier of an epilogue's threads.
  std::string meet() { return walkers ? "meetPart<1, " + std::to_string(walkers) + ">();" : std::string("__syncthreads();"); }
  std::string variable(mlir::Operation *op);
  /// Stages that are neither contraction or pool nor its prologue.
  llvm::SmallVector<mlir::Operation *> epilogue();
  /// Stages that compute operand `v` of the contraction, and the tensors they read.
  llvm::SmallVector<mlir::Operation *> prologue(mlir::Value v);
  bool isTensor(mlir::Value v) const { return mlir::isa<mlir::BlockArgument>(v); }
  /// Positions in the kernel's results of value `v` (stored) .
  llvm::SmallVector<unsigned> storesOf(mlir::Value v);
  /// The functor struct that loads operand `v` at (image, channel, p), prologue applied; returns the expression that makes one.
  std::string loadFunctor(mlir::Value v);

  std::string finish(); ///< the whole text of the kernel

  llvm::SmallVector<std::pair<mlir::Value, std::string>> parameters; ///< inputs in order
private:
  std::string quotientText(mlir::Value a, const std::string &text, mlir::Value divisor, const std::string &divisorText);
  bool narrow = false; ///< a parameter has 16-bit elements
  std::string current; ///< offset in memory order of the element whose statements are printed next
  llvm::DenseMap<mlir::Value, std::string> pointers;
  llvm::SmallVector<std::string> resultPointers;
};

/// The type of a tile's factors that warpgroups multiply with `columns` columns (prelude/wgmma.cuh), and the parts of the prelude it
/// needs. `shared`: left factors come from shared memory too, not from registers (in TF32).
std::string warpgroupFactors(KernelText &k, llvm::StringRef factors, int64_t columns, bool shared);

void emitWindow(KernelText &k);   ///< gather, scatter
void emitChannels(KernelText &k); ///< elementwise, lanes along positions
void emitPool(KernelText &k);     ///< a pool and what follows it
void emitSweep(KernelText &k);    ///< reductions of runs and what stands in front of and behind them
void emitMatmul(KernelText &k);
void emitRows(KernelText &k); ///< elementwise, lanes along features
void emitWeight(KernelText &k);
void emitFinish(KernelText &k);
void emitPack(KernelText &k); ///< weights in the order of warpgroups

/// Where a map's own domain has a reduction's result at offset `out`: `here`, unless the shape that the `results` per image are seen in
/// puts them elsewhere (one value per channel may be a tensor [C, 1], one per image a tensor [N]).
Place placeOfResult(const Domain &domain, int64_t results, const Place &here, const std::string &out);

/// Results that a loop stores, by their layout.
enum class Stored { All, RowMajor, ChannelsLast, Nothing };

/// How the loop over (channel, position) of a window or channels kernel is laid out.
struct ChannelLoop {
  Domain domain;                               ///< that the elements are part of
  llvm::SmallVector<mlir::Operation *> stages; ///< in order; what they and the loop's tile value make is stored
  Stored stored = Stored::All;                 ///< other results are stored elsewhere
  bool alongChannels = false;                  ///< lanes along channels, for tensors that lie so; such a loop leaves no partials
  mlir::Value putBack;                         ///< takes its element's place in the tile, for what comes behind the loop
  std::string image, channels, position;       ///< texts: image index, number of live channels, position of element m (-1 when outside)
  std::string place; ///< object that gives the place of element from + lane's share (WindowPlace); empty without one
  std::string tile = "blockIdx.x", tiles = "gridDim.x"; ///< number of the tile of positions, and how many there are
  std::string first, limit;                             ///< without one: the place of element 0, and how many there are
  std::string firstChannel;
  int64_t elements = 1, maxChannels = 1, threads = 256, vector = 1;
  mlir::Value tileValue;                       ///< the contraction's or pool's result; null without one
  std::string tilePitch;                       ///< where it lies in shared memory
  std::string call;                            ///< where it is computed in place: what stands in front of the position
  bool shortCall = false;                      ///< `call` has no loops, so that runs may be unrolled
  bool ofTile = false;                         ///< `call` is given the element of the tile instead of its position
  llvm::SmallVector<mlir::Operation *> before; ///< what happens to an element that `call` reads, in order, from values of its channel
  mlir::Value read;                            ///< that element
  std::string element;                         ///< the name that `call` has for what happens to it
  std::string cellType;     ///< of the object that holds a cell of positions (MaxCell); where it is not empty, elements are cells
  std::string cell;         ///< its arguments in front of the cell's number
  int64_t cellElements = 0; ///< positions of a cell
};
void emitChannelLoop(KernelText &k, const ChannelLoop &loop);

/// A tile with all channels of its positions, which a sweep along the channels reads.
struct TileSweep {
  mlir::Value value;                           ///< what lies in the tile
  std::string tile, pitch, place;              ///< texts: where, floats per channel, and the object that gives an element's position
  int64_t elements = 1, threads = 256;         ///< positions of the tile; threads of the block
  llvm::SmallVector<mlir::Operation *> stages; ///< in order
};
void emitTileSweep(KernelText &k, const TileSweep &sweep);

/// The tile that a gather or scatter leaves in shared memory.
struct TileTexts {
  std::string name;         ///< the struct that describes it
  Extents box{1, 1, 1};     ///< its positions
  std::string behind = "0"; ///< floats from the start of shared memory to what is free behind it
};
/// What follows the contraction; `loop` describes the walk over its tile.
void emitTile(KernelText &k, const ChannelLoop &loop, const TileTexts &tile);
/// The struct that describes a pool's windows.
std::string poolStruct(KernelText &k, PoolOp pool);

/// How the loop over (row, feature) of a matmul or rows kernel is laid out.
struct RowLoop {
  std::string firstRow, rowLimit, firstFeature; ///< texts
  std::string rowTile = "blockIdx.x";           ///< number of the tile of rows
  int64_t rows = 1, width = 32, threads = 256, features = 1;
  int64_t chunks = 0; ///< features of the tile that are walked in chunks of `width`
  mlir::Value tileValue;
  std::string tileColumn; ///< column of the chunk's first feature in the tile
  std::string tilePitch;
  std::string call; ///< where the tile value is computed in place: what stands in front of the element's offset
};
void emitRowLoop(KernelText &k, const RowLoop &loop);

/// The widest run of elements that divides all extents: `widest` (8 or 4), ..., 2 or 1.
int64_t vectorFor(std::initializer_list<int64_t> extents, int64_t widest = 4);
std::string literal(float value);
std::string vec3(const Extents &e);
runtime::Expr ceilDivExpr(runtime::Expr a, int64_t b);

} // namespace fusion::cuda
