// What follows from a tile: shared memory, blocks. The formulas mirror the prelude's; emitted kernels assert that both agree.
#include "fusion/Schedule/Tiles.h"
#include "TileCost.h"
#include <numeric>

using namespace mlir;
using namespace fusion;

WindowProblem WindowProblem::of(ContractOp op) {
  auto shape = [](Value v) { return cast<RankedTensorType>(v.getType()).getShape(); };
  bool weight = op.getKind() == ContractKind::weight, gather = op.getKind() == ContractKind::gather;
  ArrayRef<int64_t> s = gather ? shape(op.getResult()) : shape(op.getLhs());
  ArrayRef<int64_t> l = weight ? shape(op.getRhs()) : gather ? shape(op.getLhs()) : shape(op.getResult());
  ArrayRef<int64_t> w = weight ? shape(op.getResult()) : shape(op.getRhs());
  if (weight && w.size() > s.size()) // one partial per split in front
    w = w.drop_front();
  WindowProblem p;
  p.images = s[0], p.a = s[1], p.b = l[1], p.groups = op.getGroups(), p.factors = factorsOf(op);
  size_t rank = s.size() - 2;
  for (size_t i = 0; i < rank; ++i) {
    size_t to = 3 - rank + i;
    p.small[to] = s[2 + i], p.large[to] = l[2 + i], p.taps[to] = w[2 + i];
    p.stride[to] = op.getStride()[i], p.padding[to] = op.getPadding()[i], p.dilation[to] = op.getDilation()[i];
  }
  int64_t reduced = (op.getKind() == ContractKind::gather ? p.b : p.a) / p.groups;
  p.packs =
      !weight && p.factors == Factors::Tf32 && reduced % 4 == 0 && cast<RankedTensorType>(op.getRhs().getType()).getElementType().isF32();
  return p;
}

static int64_t divisorWithin(int64_t n, int64_t limit) {
  int64_t best = 1;
  for (int64_t i = 2; i <= n; ++i)
    if (n % i == 0 && i <= limit)
      best = i;
  return best;
}

WindowGeometry::WindowGeometry(const WindowProblem &p, const WindowTile &t, bool scatter) {
  // A thread of a strided scatter owns neighbouring phases along w where the box allows it.
  paired = !t.onTensorCores() && scatter && p.stride[2] > 1 && t.rows % p.stride[2] == 0 && p.taps[2] <= 8 &&
           (t.box[2] % p.stride[2] == 0 || t.box[2] >= p.large[2]);
  pair = paired ? p.stride[2] : 1;
  for (int i = 0; i < 3; ++i) {
    spread[i] = scatter ? p.stride[i] : 1;
    step[i] = scatter ? 1 : p.stride[i];
    phases[i] = paired && i == 2 ? 1 : std::min(spread[i], t.box[i]);
    period[i] = spread[i] / std::gcd(spread[i], p.dilation[i]);
    reach[i] = period[i] * p.dilation[i] / spread[i];
    cover[i] = ceilDiv(t.box[i], spread[i]);
  }
  split = step[2];
  if (t.onTensorCores())
    full = cover;
  else
    dealToThreads(p, t, scatter);
  for (int i = 0; i < 3; ++i)
    patch[i] = scatter ? (full[i] * p.stride[i] - 1 + (p.taps[i] - 1) * p.dilation[i]) / p.stride[i] + 1
                       : (full[i] - 1) * p.stride[i] + (p.taps[i] - 1) * p.dilation[i] + 1;
  plane = patch[0] * patch[1] * roundUp(patch[2], split);
  int64_t m = volume(t.box);
  if (t.onTensorCores()) {
    t.grouped ? dealToWarpgroups(p, t, scatter) : dealToWarps(p, t, scatter);
    pitch = roundUp(m, 16) + 4; // lanes that hold neighbouring places of several channels do not meet in a bank
  } else {
    weightFloats = t.slice * volume(p.taps) * weightPitch;
    pipeFloats = weightFloats + t.slice * plane;
    // Lanes of one warp that hold different channels must not meet in a bank; lanes along positions never do.
    pitch = m % 32 == 0 && positions % 32 != 0 ? m + 4 : roundUp(m, 4);
  }
  tileFloats = roundUp(t.channels * pitch, 4);
}

/// On CUDA cores: register tiles of positions by channels.
void WindowGeometry::dealToThreads(const WindowProblem &p, const WindowTile &t, bool scatter) {
  places = t.rows / pair;
  rows[1] = divisorWithin(places, cover[1]);
  rows[0] = divisorWithin(places / rows[1], cover[0]);
  rows[2] = places / rows[1] / rows[0];
  for (int i = 0; i < 3; ++i) {
    lanes[i] = ceilDiv(cover[i], rows[i]);
    full[i] = lanes[i] * rows[i];
  }
  columnGroups = ceilDiv(t.channels, t.cols);
  int64_t wide = roundUp(columnGroups * t.cols, 4);
  weightPitch = wide / 4 % 2 ? wide : wide + 4;
  positions = volume(lanes);
  phaseItems = phaseCount() > 1 ? roundUp(positions * columnGroups, 32) : positions * columnGroups;
  items = phaseCount() * phaseItems;
  resident = items <= t.threads;
}

/// Whether quads of weights can be copied as they lie, and then keep lanes of a fragment in banks of their own.
static bool copiesWeightQuads(const WindowProblem &p, const WindowTile &t, bool scatter) {
  int64_t taps = volume(p.taps);
  return scatter ? taps % 4 == 0 || (taps % 2 == 1 && t.channels % 4 == 0 && p.b / p.groups * taps % 4 == 0)
                 : p.b / p.groups * taps % 4 == 0 && t.slice * taps % 4 == 0;
}

/// On tensor cores: a share of every phase per warp, sums in registers, and a table of where k lies in front of the operands.
void WindowGeometry::dealToWarps(const WindowProblem &p, const WindowTile &t, bool scatter) {
  resident = true;
  places = volume(cover);
  patch[2] = roundUp(patch[2], split);
  plane = patch[0] * patch[1] * patch[2];
  int64_t between = 8 / t.pack;
  plane = roundUp(plane, between);
  plane += plane % (2 * between) == between ? 0 : between;
  int64_t taps = volume(p.taps), most = 1, wide = roundUp(t.channels, t.warpChannels), rows = t.slice * taps;
  copiesQuads = copiesWeightQuads(p, t, scatter);
  if (copiesQuads && !scatter) {
    weightPitch = roundUp(rows, 4) % 8 == 4 ? roundUp(rows, 4) : roundUp(rows, 4) + 4;
    rows = wide;
  } else {
    bool apart = scatter && taps % 4 == 0; // four floats between output channels
    weightPitch = !copiesQuads ? wide : wide * (taps + (apart ? 4 : 0));
    auto words = [&] { return weightPitch * (copiesQuads ? 1 : taps) * t.pack % 32; }; // from word to word
    auto meets = [&](int64_t a, int64_t b) { return words() != a % 32 && words() != b % 32; };
    while (!apart && (copiesQuads ? meets(8 * taps, 24 * taps) : taps * t.pack % 16 == 0 ? weightPitch % 2 == 0 : meets(8, 24)))
      ++weightPitch;
    rows = copiesQuads ? t.slice : rows;
  }
  for (int i = 0; i < 3; ++i)
    most *= ceilDiv(p.taps[i], period[i]);
  tableFloats = roundUp(2 * phaseCount() * roundUp(t.slice / t.pack * most, 8) + phaseCount(), 4);
  weightFloats = rows * weightPitch;
  twoBuffers = t.slice < (scatter ? p.a : p.b) / p.groups;
  pipeFloats = tableFloats + (twoBuffers ? 2 : 1) * (weightFloats + t.slice * plane);
}

/// Of warpgroups: tiles of 64 places, in lines or in squares, whose operands lie as quads of reduction channels.
void WindowGeometry::dealToWarpgroups(const WindowProblem &p, const WindowTile &t, bool scatter) {
  walks = t.walks, resident = !walks;
  places = volume(cover);
  int64_t parts = 1, taps = volume(p.taps), most = 1;
  Extents sub;
  for (int i = 0; i < 3; ++i) {
    parts *= p.dilation[i] == 1 ? std::min(step[i], p.taps[i]) : step[i];
    sub[i] = ceilDiv(patch[i], step[i]);
    most *= ceilDiv(p.taps[i], period[i]);
  }
  int64_t row = sub[2], run = (cover[1] - 1) * row + cover[2], lines = ceilDiv(run, 64), across = ceilDiv(cover[2], 8),
          down = ceilDiv(cover[1], 8);
  bool squares = across * down < lines;
  tiles = cover[0] * (squares ? across * down : lines);
  plane = parts * volume(sub) + (squares ? (8 * down - cover[1]) * row + 8 * across - cover[2] : 64 * lines - run);
  weightPitch = roundUp(t.channels, t.warpChannels) + 1;
  tableFloats = roundUp((walks ? 2 : 1) * phaseCount() * (4 + most) + 2 * taps + plane, 4);
  int64_t atOnce = t.tapsAtOnce(p);
  weightFloats = t.slice / t.pack * atOnce * weightPitch;
  twoBuffers = t.slice < (scatter ? p.a : p.b) / p.groups;
  describable = plane < 16384 && (atOnce < taps ? atOnce : most) * weightPitch < 16384;
  bool twice = twoBuffers || atOnce < taps; // buffers of weights
  stays = ceilDiv((scatter ? p.a : p.b) / p.groups, t.slice) * ceilDiv(taps, atOnce) <= (twice ? 2 : 1);
  pipeFloats = tableFloats + (twice ? 2 : 1) * weightFloats + (twoBuffers || walks ? 2 : 1) * (t.slice / t.pack * plane);
}

int64_t WindowGeometry::sharedBytes(int64_t extra) const {
  return 4 * (walks      ? tileFloats + roundUp(extra, 4) + pipeFloats
              : resident ? std::max(tileFloats + extra, pipeFloats)
                         : tileFloats + std::max(extra, pipeFloats));
}

/// What the compiler may give each thread where so many blocks share a multiprocessor.
static int64_t registersOf(int64_t threads, int64_t resident) {
  return std::min<int64_t>(232, 65536 / (threads * std::max<int64_t>(1, resident)) / 8 * 8);
}

int64_t WindowTile::registers() const { return registersOf(threads, resident); }

int64_t WindowTile::stageBatch(const ElementWork &work) const {
  bool plain = work.instructions[0] == 0; // else what is loaded per channel waits too
  double quad = double(4 * pack) * (std::max(1.0, work.loads[0]) + work.instructions[0] / 4) + (plain ? 2 : 4);
  int64_t others = plain ? 48 : pack > 1 ? 72 : 60; // registers: eight computed channels at a time leave fewer
  others += walks && pack > 1 ? 32 : 0;             // which box, and where it lies
  return std::clamp<int64_t>(int64_t(double(registers() - others) / quad), 1, 12);
}

int64_t WindowTile::tapsAtOnce(const WindowProblem &p) const { return tapSlice > 0 ? std::min(tapSlice, volume(p.taps)) : volume(p.taps); }

int64_t WindowTile::run(const Extents &out) const {
  if (box[2] < out[2])
    return box[2];
  return box[1] < out[1] ? box[1] * out[2] : box[0] * out[1] * out[2];
}

int64_t WindowTile::vector(const Extents &out) const {
  // Boxes of whole lines are one run as they lie in the tile (BoxPlace::Flat), which may start behind any of them.
  bool flat = box[2] == out[2] && (box[0] == 1 || box[1] == out[1]);
  int64_t line = flat ? box[1] * box[2] : box[2], row = flat ? out[1] * out[2] : out[2];
  for (int64_t n : {4, 2})
    if (line % n == 0 && row % n == 0)
      return n;
  return 1;
}

int64_t WindowTile::boxes(const WindowProblem &p, bool scatter) const {
  const Extents &out = scatter ? p.large : p.small;
  return ceilDiv(out[0], box[0]) * ceilDiv(out[1], box[1]) * ceilDiv(out[2], box[2]);
}

int64_t WindowTile::channelBlocks(const WindowProblem &p, bool scatter) const {
  return p.groups * ceilDiv((scatter ? p.b : p.a) / p.groups, channels);
}

int64_t WeightTile::warps(const WindowProblem &p) const { return ceilDiv(as, warpA) * ceilDiv(bs * volume(p.taps), warpQ); }

int64_t WeightTile::registers() const { return registersOf(threads, resident); }

int64_t WeightTile::stageBatch(const ElementWork &work) const {
  double instructions = std::max(work.instructions[0], work.instructions[1]);
  // Two turns' channels beside addresses, and what computes them. More than two positions in flight gain nothing.
  double beside = instructions == 0 ? 54 : 62 + std::min(16.0, instructions / 3);
  return std::clamp<int64_t>(int64_t((double(registers()) - beside) / 16), 1, 2);
}

int64_t WeightTile::multiplying() const { return 128 * ceilDiv(as, 64) * ceilDiv(taps[0] * taps[1], lines); }

int64_t WeightTile::pipeFloats(const WindowProblem &p) const {
  if (grouped) {
    int64_t rows = roundUp(as, 64), patch[2];
    for (int i = 0; i < 2; ++i)
      patch[i] = (box[i] - 1) * p.stride[i] + (taps[i] - 1) * p.dilation[i] + 1;
    return 2 * (volume(box) * (rows + 1) + patch[0] * patch[1] * box[2] * (bs * taps[2] + 1)) + 32 * rows;
  }
  int64_t planeS = volume(box) / 4 % 2 ? volume(box) : volume(box) + 4, planeL = 1;
  for (int i = 0; i < 3; ++i) {
    int64_t reach = (box[i] - 1) * p.stride[i] + (p.taps[i] - 1) * p.dilation[i] + 1;
    planeL *= onTensorCores() && i == 2 ? roundUp(reach, p.stride[i]) : reach;
  }
  if (onTensorCores()) {
    int64_t apart = bs <= 4 ? 8 : 4;
    planeL = roundUp(planeL, apart);
    planeL += planeL % (2 * apart) == apart ? 0 : apart;
  } else {
    planeL |= 1;
  }
  return std::max({stages * (as * planeS + bs * planeL), as * bs * volume(p.taps), threads});
}

int64_t WeightTile::boxes(const WindowProblem &p) const {
  return ceilDiv(p.small[0], box[0]) * ceilDiv(p.small[1], box[1]) * ceilDiv(p.small[2], box[2]);
}

int64_t WeightTile::channelBlocks(const WindowProblem &p) const {
  int64_t blocks = p.groups * ceilDiv(p.a / p.groups, as) * ceilDiv(p.b / p.groups, bs);
  for (int i = 0; i < 3 && grouped; ++i)
    blocks *= ceilDiv(p.taps[i], taps[i]);
  return blocks;
}

int64_t MatmulTile::sharedBytes() const {
  int64_t pipe = 2 * depth * (rows + 4 + cols + 4);
  int64_t stage = grouped ? 36 * rows + (grouped == 1 ? 2 : 1) * 32 * (cols + 1) : onTensorCores() ? 16 * (rows + cols) : 0;
  return 4 * std::max({pipe, rows * pitch(), stages() * stage});
}

// ---------------------------------------------------------------- attributes

namespace {
/// Reads or writes the entries of a tile, so that each tile lists its fields once.
struct Fields {
  MLIRContext *context = nullptr;
  DictionaryAttr from;
  NamedAttrList to;

  void operator()(StringRef name, int64_t &value) {
    if (!from)
      to.set(name, IntegerAttr::get(IntegerType::get(context, 64), value));
    else if (auto attr = dyn_cast_or_null<IntegerAttr>(from.get(name)))
      value = attr.getInt();
  }
  void operator()(StringRef name, Extents &value) {
    if (!from)
      to.set(name, DenseI64ArrayAttr::get(context, value));
    else if (auto attr = dyn_cast_or_null<DenseI64ArrayAttr>(from.get(name)); attr && attr.size() == 3)
      std::copy(attr.asArrayRef().begin(), attr.asArrayRef().end(), value.begin());
  }
};
void visit(Fields &f, WindowTile &t) {
  f("box", t.box), f("channels", t.channels), f("slice", t.slice), f("rows", t.rows), f("cols", t.cols), f("threads", t.threads),
      f("warp_places", t.warpPlaces), f("warp_channels", t.warpChannels), f("resident", t.resident), f("pack", t.pack),
      f("grouped", t.grouped), f("packed", t.packed), f("stagers", t.stagers), f("tap_slice", t.tapSlice), f("walks", t.walks);
}
void visit(Fields &f, WeightTile &t) {
  f("box", t.box), f("as", t.as), f("bs", t.bs), f("ta", t.ta), f("tq", t.tq), f("threads", t.threads), f("splits", t.splits),
      f("warp_a", t.warpA), f("warp_q", t.warpQ), f("stages", t.stages), f("resident", t.resident), f("pack", t.pack),
      f("grouped", t.grouped), f("lines", t.lines), f("taps", t.taps), f("stagers", t.stagers);
}
void visit(Fields &f, MatmulTile &t) {
  f("rows", t.rows), f("cols", t.cols), f("depth", t.depth), f("tm", t.tm), f("tn", t.tn), f("threads", t.threads),
      f("resident", t.resident), f("step", t.step), f("band", t.band), f("warp_rows", t.warpRows), f("warp_cols", t.warpCols),
      f("splits", t.splits), f("grouped", t.grouped);
}
void visit(Fields &f, ChannelTile &t) { f("positions", t.positions), f("channels", t.channels), f("threads", t.threads); }
void visit(Fields &f, RowTile &t) { f("rows", t.rows), f("width", t.width), f("threads", t.threads); }
void visit(Fields &f, SweepTile &t) { f("threads", t.threads), f("along_reduced", t.alongReduced), f("lanes", t.lanes), f("held", t.held); }

template <class Tile> DictionaryAttr write(MLIRContext *context, Tile tile) {
  Fields f{context, {}, {}};
  visit(f, tile);
  return f.to.getDictionary(context);
}
template <class Tile> void read(DictionaryAttr attr, Tile &tile) {
  Fields f{attr.getContext(), attr, {}};
  visit(f, tile);
}
} // namespace

DictionaryAttr fusion::toAttr(MLIRContext *c, const WindowTile &t) { return write(c, t); }
DictionaryAttr fusion::toAttr(MLIRContext *c, const WeightTile &t) { return write(c, t); }
DictionaryAttr fusion::toAttr(MLIRContext *c, const MatmulTile &t) { return write(c, t); }
DictionaryAttr fusion::toAttr(MLIRContext *c, const ChannelTile &t) { return write(c, t); }
DictionaryAttr fusion::toAttr(MLIRContext *c, const RowTile &t) { return write(c, t); }
DictionaryAttr fusion::toAttr(MLIRContext *c, const SweepTile &t) { return write(c, t); }
void fusion::fromAttr(DictionaryAttr a, WindowTile &t) { read(a, t); }
void fusion::fromAttr(DictionaryAttr a, WeightTile &t) { read(a, t); }
void fusion::fromAttr(DictionaryAttr a, MatmulTile &t) { read(a, t); }
void fusion::fromAttr(DictionaryAttr a, ChannelTile &t) { read(a, t); }
void fusion::fromAttr(DictionaryAttr a, RowTile &t) { read(a, t); }
void fusion::fromAttr(DictionaryAttr a, SweepTile &t) { read(a, t); }
