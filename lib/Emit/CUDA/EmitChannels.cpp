// Prints the loop over (channel, position): loads, stages, stores, partials.
#include "KernelText.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace fusion;
using namespace fusion::cuda;
using llvm::formatv;

namespace {

/// Prints the loop over (channel, position) and what happens to each element, stage by stage. Runs of elements lie along positions, or
/// along channels where the loop does (`along`).
class ChannelPrinter {
public:
  ChannelPrinter(KernelText &k, const ChannelLoop &loop)
      : k(k), w(k.body), loop(loop), along(loop.alongChannels), stages(loop.stages), call(loop.call) {}
  void run();

private:
  struct Use {
    Value tensor;
    AffineMap access;
  };
  KernelText &k;
  Writer &w;
  const ChannelLoop &loop;
  const bool along;
  ArrayRef<Operation *> stages;
  std::string call;        ///< what computes the tile value in place, in front of the position
  std::string inTile;      ///< place of the current run in a row of the tile; empty when its values are in registers
  std::string tileElement; ///< the same place, wherever the values are
  bool guarded = false;    ///< elements outside the tile are not read
  bool ahead = false;      ///< loads come first, and `live` says whether an element exists
  int64_t turn = 1;        ///< runs of a lane that are in flight together
  llvm::DenseMap<std::pair<Value, Attribute>, std::string> operands; ///< (tensor, access) -> text of its current element
  llvm::DenseMap<Operation *, std::string> accumulators;
  llvm::MapVector<unsigned, std::string> vectors; ///< stored result -> register run

  SmallVector<Use> uses(bool perElement);
  bool hasPartials() const {
    return llvm::any_of(stages, [](Operation *op) { return isa<PartialOp>(op); });
  }
  AffineMap full() const { return fullAccess(k.kernel.getContext(), loop.domain); }
  /// Whether this loop stores result `i`: its value is the loop's own, or that of one of its stages.
  bool storesResult(unsigned i) const {
    Value v = k.kernel.getBody().front().getTerminator()->getOperand(i);
    bool wanted = loop.stored == Stored::All ||
                  (loop.stored != Stored::Nothing && (loop.stored == Stored::ChannelsLast) == k.resultIsChannelsLast(i));
    return wanted && !isa_and_nonnull<PartialOp>(v.getDefiningOp()) &&
           (v == loop.tileValue || llvm::is_contained(stages, v.getDefiningOp()));
  }
  /// Coordinates of the current element of a run.
  Place here() const {
    return {loop.image, along && loop.vector > 1 ? "(channel + v)" : "channel", !along && loop.vector > 1 ? "(p + v)" : "p"};
  }
  /// Whether the elements that an access gives are neighbours where the loop's are.
  bool inRuns(const Use &use) const {
    return use.access == full() && along == k.channelsLast(use.tensor) &&
           (!along || Domain::of(cast<RankedTensorType>(use.tensor.getType())) == loop.domain);
  }
  bool storedInRuns(unsigned i) const { return along == k.resultIsChannelsLast(i); }
  StringRef runStart() const { return along ? "row + channel" : "row + p"; }
  /// Where the current element lies in the tile, given its place in a row of it.
  std::string tileAt(StringRef place) const {
    StringRef v = loop.vector > 1 ? " + v" : "";
    return along ? formatv("tile[(c{0}) * {1} + {2}]", v, loop.tilePitch, place).str()
                 : formatv("tile[c * {0} + {1}{2}]", loop.tilePitch, place, v).str();
  }
  /// Whether elements of tensors of the domain's positions are loaded or stored.
  bool readsOrWrites();
  void perChannel();
  void element();
  void lanes();
  void channelLanes();
  void rowAlongChannels();
  void cell(StringRef index);
  void values();
  void stage(Operation *op);
  void partials();
  void openUnrolled(StringRef index, int64_t count);
};

/// Loops along channels have nothing that belongs to a channel.
SmallVector<ChannelPrinter::Use> ChannelPrinter::uses(bool perElement) {
  SmallVector<Use> all;
  llvm::DenseSet<std::pair<Value, Attribute>> seen;
  for (Operation *op : llvm::concat<Operation *const>(loop.before, stages))
    if (auto map = dyn_cast<MapOp>(op))
      for (auto [v, access] : llvm::zip(map.getInputs(), map.getAccess().getAsValueRange<AffineMapAttr>()))
        if (k.isTensor(v) && (along || usesPosition(access)) == perElement && seen.insert({v, AffineMapAttr::get(access)}).second)
          all.push_back({v, access});
  // The input of a reduction may be a tensor itself.
  for (Operation *op : stages)
    if (isa<PartialOp>(op) && k.isTensor(op->getOperand(0)) && perElement &&
        seen.insert({op->getOperand(0), AffineMapAttr::get(full())}).second)
      all.push_back({op->getOperand(0), full()});
  return all;
}

bool ChannelPrinter::readsOrWrites() {
  return !uses(true).empty() || llvm::any_of(llvm::seq(k.kernel.getNumResults()), [&](unsigned i) { return storesResult(i); });
}

void ChannelPrinter::perChannel() {
  for (const Use &use : uses(false)) {
    std::string name = k.fresh(k.pointer(use.tensor) + "_value");
    w.line(formatv("const float {0} = {1};", name, k.element(use.tensor, use.access, loop.domain, {loop.image, "channel"})));
    operands[{use.tensor, AffineMapAttr::get(use.access)}] = name;
  }
  if (loop.before.empty())
    return;
  std::string read = k.scalars[loop.read] = k.variable(loop.read.getDefiningOp());
  w.open(formatv("const auto {0} = [&](float {1})", loop.element, read));
  for (Operation *op : loop.before)
    stage(op);
  w.line(formatv("return {0};", k.scalars[cast<MapOp>(loop.before.back()).getResult()]));
  w.close(";");
}

void ChannelPrinter::stage(Operation *op) {
  if (auto partial = dyn_cast<PartialOp>(op)) {
    Value in = partial.getInput();
    std::string value = k.isTensor(in) ? operands[{in, AffineMapAttr::get(full())}] : k.scalars[in];
    if (partial.getKind() == ReduceKind::moments) {
      std::string first = std::string("from == 0") + (turn > 1 ? " && u == 0" : "") + (loop.cell.empty() ? "" : " && r == 0") +
                          (loop.vector > 1 ? " && v == 0" : "");
      w.line(accumulators[op] + ".add(" + value + ", live, " + first + ");");
    } else {
      w.line("if (live)");
      w.line("  " + accumulators[op] + " += " + value + ";");
    }
    return;
  }
  auto map = cast<MapOp>(op);
  SmallVector<std::string> texts;
  for (auto [v, access] : llvm::zip(map.getInputs(), map.getAccess().getAsValueRange<AffineMapAttr>()))
    texts.push_back(k.isTensor(v) ? operands[{v, AffineMapAttr::get(access)}] : k.scalars[v]);
  k.addIndex(map, here(), texts);
  std::string name = k.variable(op);
  w.line(k.comment(op));
  k.scalarBody(w, map, texts, name);
  k.scalars[map.getResult()] = name;
}

void ChannelPrinter::openUnrolled(StringRef index, int64_t count) {
  w.directive("#pragma unroll");
  w.open(formatv("for (int {0} = 0; {0} < {1}; ++{0})", index, count));
}

/// The stages in order, for the current element of a run, which starts at `m` in the tile and at `p` in the tensors.
void ChannelPrinter::values() {
  int64_t V = loop.vector;
  if (!inTile.empty()) {
    std::string name = k.variable(loop.tileValue.getDefiningOp());
    w.line(k.comment(loop.tileValue.getDefiningOp()));
    w.line(call.empty()
               ? formatv("const float {0} = {1}{2}{3};", name, guarded ? "live ? " : "", tileAt(inTile), guarded ? " : 0.0f" : "").str()
               : formatv("const float {0} = {1}{2}{3});", name, call, loop.ofTile ? StringRef(inTile) : "p", V > 1 ? " + v" : "").str());
    k.scalars[loop.tileValue] = name;
  }
  for (Operation *op : stages)
    stage(op);
  if (!loop.putBack)
    return;
  if (ahead)
    w.line("if (live)");
  std::string value = k.isTensor(loop.putBack) ? operands[{loop.putBack, AffineMapAttr::get(full())}] : k.scalars[loop.putBack];
  w.line(formatv("{0}{1} = {2};", ahead ? "  " : "", tileAt(tileElement), value));
}

/// One run of `vector` elements: loads, the stages in order, stores.
void ChannelPrinter::element() {
  int64_t V = loop.vector;
  StringRef guard = ahead ? "live ? " : "", otherwise = ahead ? " : 0.0f" : "";
  SmallVector<Use> scattered;
  for (const Use &use : uses(true)) {
    if (!inRuns(use)) {
      scattered.push_back(use);
      continue;
    }
    std::string &text = operands[{use.tensor, AffineMapAttr::get(use.access)}];
    if (!text.empty()) // loaded ahead
      continue;
    std::string name = k.fresh(k.pointer(use.tensor) + (V > 1 ? "_run" : "_value"));
    if (V > 1) {
      w.line(formatv("float {0}[{1}]{2};", name, V, ahead ? " = {}" : ""));
      if (ahead)
        w.line("if (live)");
      w.line(formatv("{0}loadVector<{1}>({2}, {3} + {4});", ahead ? "  " : "", V, name, k.pointer(use.tensor), runStart()));
    } else {
      w.line(formatv("const float {0} = {1}{2}[{3}]{4};", name, guard, k.pointer(use.tensor), runStart(), otherwise));
    }
    text = V > 1 ? name + "[v]" : name;
  }
  SmallVector<unsigned> apart; ///< results whose elements leave one by one
  for (unsigned i = 0; i < k.kernel.getNumResults(); ++i) {
    if (!storesResult(i))
      continue;
    if (V > 1 && !storedInRuns(i)) {
      apart.push_back(i);
      continue;
    }
    vectors[i] = k.fresh(k.pointerOfResult(i) + "_run");
    if (V > 1)
      w.line(formatv("float {0}[{1}];", vectors[i], V));
  }
  if (V > 1)
    openUnrolled("v", V);
  for (const Use &use : scattered) {
    std::string name = k.fresh(k.pointer(use.tensor) + "_value");
    w.line(formatv("const float {0} = {1}{2}{3};", name, guard, k.element(use.tensor, use.access, loop.domain, here()), otherwise));
    operands[{use.tensor, AffineMapAttr::get(use.access)}] = name;
  }
  values();
  auto valueOf = [&](unsigned i) { return k.scalars[k.kernel.getBody().front().getTerminator()->getOperand(i)]; };
  if (V > 1) {
    for (auto &[i, name] : vectors)
      w.line(name + "[v] = " + valueOf(i) + ";");
    for (unsigned i : apart) {
      if (ahead)
        w.line("if (live)");
      w.line((ahead ? "  " : "") + k.resultElement(i, loop.domain, here()) + " = " + valueOf(i) + ";");
    }
    w.close();
  }
  bool many = vectors.size() > 1;
  if (ahead && many)
    w.open("if (live)");
  else if (ahead && !vectors.empty())
    w.line("if (live)");
  for (auto &[i, name] : vectors) {
    std::string one = (storedInRuns(i) ? k.pointerOfResult(i) + "[" + runStart().str() + "]" : k.resultElement(i, loop.domain, here())) +
                      " = " + valueOf(i) + ";";
    w.line((ahead && !many ? "  " : "") +
           (V > 1 ? formatv("storeVector<{0}>({1} + {2}, {3});", V, k.pointerOfResult(i), runStart(), name).str() : one));
  }
  if (ahead && many)
    w.close();
}

/// A lane's walk over the elements of cell `index`, run by run.
void ChannelPrinter::cell(StringRef index) {
  constexpr int64_t longest = 32; // runs that are printed out: offsets and comparisons become constants
  int64_t runs = loop.cellElements / loop.vector;
  std::string name = k.fresh("max_cell");
  w.line(k.comment(loop.tileValue.getDefiningOp()));
  w.line(formatv("const {0} {1}({2}{3});", loop.cellType, name, loop.cell, index));
  w.directive(runs <= longest ? "#pragma unroll" : "#pragma unroll 1");
  w.open(formatv("for (int r = 0; r < {0}; ++r)", runs));
  w.line(formatv("const int p = {0}.element({1});", name, loop.vector > 1 ? formatv("r * {0}", loop.vector).str() : std::string("r")));
  w.line("const bool live = p >= 0;");
  rowAlongChannels();
  ahead = true;
  inTile = "p", call = name + ".gradient(";
  element();
  w.close();
}

/// A warp's walk over the elements of its channel. Loads come first and nothing branches around an element, so that the latencies of
/// `turn` runs overlap.
void ChannelPrinter::lanes() {
  if (!loop.cell.empty()) {
    w.open(formatv("for (int from = 0; from < {0}; from += 32)", loop.elements));
    cell(formatv("{0} + from + lane", loop.first).str());
    w.close();
    return;
  }
  int64_t V = loop.vector, step = 32 * V, loaded = llvm::count_if(uses(true), [&](const Use &use) { return inRuns(use); });
  // Loops over windows would keep the runs from being unrolled, and so in memory.
  while ((loop.call.empty() || loop.shortCall) && turn * V < (loaded > 0 ? 16 : 8) && turn * V * loaded <= 8 &&
         loop.elements % (2 * turn * step) == 0)
    turn *= 2;
  std::string mine = V > 1 ? "mine" : "lane", start = turn > 1 ? "start" : "from", limit = loop.limit;
  if (V > 1)
    w.line(formatv("const int mine = lane * {0};", V));
  if (loop.place.empty() && loop.elements % step) {
    w.line(formatv("const int last = {0} + {1} < {2} ? {0} + {1} : {2};", loop.first, loop.elements, loop.limit));
    limit = "last";
  }
  w.open(formatv("for (int from = 0; from < {0}; from += {1})", loop.elements, turn * step));
  const bool placed = readsOrWrites();
  auto place = [&] {
    if (turn > 1) {
      openUnrolled("u", turn);
      w.line(formatv("const int start = from + u * {0};", step));
    }
    if (placed || loop.place.empty())
      w.line("const int p = " + (loop.place.empty() ? formatv("{0} + {1} + {2};", loop.first, start, mine).str()
                                                    : formatv("{0}.offset<{1}>({2}, {3});", loop.place, step, start, mine).str()));
    w.line("const bool live = " + (loop.place.empty() ? formatv("p < {0};", limit).str()
                                                      : formatv("{0}.inside<{1}>({2}, {3});", loop.place, step, start, mine).str()));
  };
  std::string index = turn > 1 ? "[u]" : "", all = turn > 1 ? formatv("[{0}]", turn).str() : "";
  std::string element = V > 1 ? "[v]" : "", run = V > 1 ? formatv("[{0}]", V).str() : "";
  SmallVector<std::string> lines;
  std::string m = formatv("{0} + {1}", start, mine), tileRun;
  // Behind the last element comes the first again, unless that may be written at the same time.
  bool tail = loop.elements % step;
  guarded = tail && loop.putBack;
  if (tail && !guarded)
    m = "(live ? " + m + " : 0)";
  tileElement = m;
  if (loop.tileValue && (loaded == 0 || !loop.call.empty())) {
    inTile = m;
  } else if (loop.tileValue) {
    Operation *contract = loop.tileValue.getDefiningOp();
    w.line(k.comment(contract));
    tileRun = k.fresh(identifier(cast<StringAttr>(contract->getAttr("source")).getValue()) + "_run");
    w.line("float " + tileRun + all + run + ";");
    k.scalars[loop.tileValue] = tileRun + index + element;
  }
  for (const Use &use : uses(true)) {
    if (!inRuns(use))
      continue;
    std::string name = k.fresh(k.pointer(use.tensor) + "_run"), from = k.pointer(use.tensor) + (V > 1 ? " + row + p" : "[row + p]");
    w.line("float " + name + all + run + " = {};");
    lines.push_back(V > 1 ? formatv("loadVector<{0}>({1}{2}, {3});", V, name, index, from).str()
                          : formatv("{0}{1} = {2};", name, index, from).str());
    operands[{use.tensor, AffineMapAttr::get(use.access)}] = name + index + element;
  }
  place();
  if (!tileRun.empty()) {
    if (V > 1)
      openUnrolled("v", V);
    w.line(formatv("{0}{1}{2} = {3}tile[c * {4} + {5}{6}]{7};", tileRun, index, element, guarded ? "live ? " : "", loop.tilePitch, m,
                   V > 1 ? " + v" : "", guarded ? " : 0.0f" : ""));
    if (V > 1)
      w.close();
  }
  if (!lines.empty()) {
    w.open("if (live)");
    for (const std::string &line : lines)
      w.line(line);
    w.close();
  }
  if (turn > 1 && loaded > 0) {
    w.close();
    place();
  }
  this->element();
  if (turn > 1)
    w.close();
  w.close();
}

/// Where the channels of position p begin.
void ChannelPrinter::rowAlongChannels() {
  if (along && readsOrWrites())
    w.line(formatv("const index_t row = (index_t){0} * {1} + (index_t)p * {2};", loop.image, loop.domain.channels * loop.domain.positions,
                   loop.domain.channels));
}

/// All threads share the elements, neighbours along channels.
void ChannelPrinter::channelLanes() {
  int64_t V = loop.vector;
  // Channels of memory lie together as far as they go. Those of a tile lie apart in shared memory: eight of them, which fill a sector, and
  // then positions keep lanes from meeting in a bank.
  bool inShared = loop.tileValue && (call.empty() || loop.ofTile);
  int64_t group = inShared ? std::min<int64_t>(8, loop.maxChannels) : loop.maxChannels, per = (group + V - 1) / V;
  int64_t groups = (loop.maxChannels + per * V - 1) / (per * V);
  w.open(formatv("for (int e = threadIdx.x; e < {0}; e += {1})", per * groups * loop.elements, loop.threads));
  std::string within = per == 1 ? "0" : formatv("e % {0}", per).str();
  if (groups > 1)
    within =
        (per == 1 ? "" : within + " + ") + formatv("e / {0}", per * loop.elements).str() + (per == 1 ? "" : formatv(" * {0}", per).str());
  w.line("const int c = " +
         (V == 1 || per * groups == 1 ? within : (groups > 1 ? "(" + within + ")" : within) + formatv(" * {0}", V).str()) + ";");
  std::string m = per == 1 ? std::string("e") : formatv("e / {0}", per).str();
  w.line(formatv("const int m = {0};", groups > 1 ? formatv("{0} % {1}", m, loop.elements).str() : m));
  w.line(formatv("if (c >= {0})", loop.channels));
  w.line("  continue;");
  w.line(formatv("const int channel = {0} + c;", loop.firstChannel));
  inTile = loop.tileValue ? "m" : "", tileElement = "m";
  if (loop.cell.empty()) {
    w.line(formatv("const int p = {0};", loop.position));
    w.line("if (p < 0)");
    w.line("  continue;");
    rowAlongChannels();
    element();
  } else {
    cell(formatv("{0} + m", loop.first).str());
  }
  w.close();
}

/// The warp's partial of its channel, one per (channel, tile).
void ChannelPrinter::partials() {
  for (Operation *op : stages) {
    auto partial = dyn_cast<PartialOp>(op);
    if (!partial)
      continue;
    std::string to = k.pointerOfResult(k.storesOf(partial.getPartial()).front()), name = accumulators[op];
    int64_t channels = loop.domain.channels;
    w.line("// " + std::string("partial of ") + k.comment(op).substr(3) + " over this tile");
    if (partial.getKind() == ReduceKind::sum) {
      w.line(formatv("const float {0}_all = warpSum({0});", name));
      w.line("if (lane == 0)");
      w.line(formatv("  {0}[(index_t)channel * {2} + {3}] = {1}_all;", to, name, loop.tiles, loop.tile));
      continue;
    }
    w.line(formatv("const Moments {0}_all = {0}.moments();", name));
    w.open("if (lane == 0)");
    int component = 0;
    for (StringRef field : {"count", "mean", "m2"}) {
      std::string plane = component ? formatv("({0} + channel)", component * channels).str() : "channel";
      w.line(formatv("{0}[(index_t){1} * {4} + {5}] = {2}_all.{3};", to, plane, name, field, loop.tiles, loop.tile));
      ++component;
    }
    w.close();
  }
}

void ChannelPrinter::run() {
  bool partial = hasPartials();
  if (loop.vector > 1)
    k.useVectors();
  if (along)
    return channelLanes();
  int64_t warps = loop.threads / 32, V = loop.vector;
  int64_t perImage = loop.domain.channels * loop.domain.positions;
  auto row = [&] {
    w.line(formatv("const int channel = {0} + c;", loop.firstChannel));
    if (readsOrWrites())
      w.line(formatv("const index_t row = (index_t){0} * {1} + (index_t)channel * {2};", loop.image, perImage, loop.domain.positions));
  };
  if (!partial && (uses(false).empty() || loop.maxChannels < warps)) {
    // Nothing belongs to a channel: all threads share the elements.
    inTile = loop.tileValue ? "m" : "";
    tileElement = "m";
    int64_t run = loop.cell.empty() ? V : 1;
    w.open(formatv("for (int e = {0}; e < {1} * {2}; e += {3})",
                   run > 1 ? formatv("threadIdx.x * {0}", V).str() : std::string("threadIdx.x"), loop.channels, loop.elements,
                   loop.threads * run));
    w.line(formatv("const int c = e / {0};", loop.elements));
    w.line(formatv("const int m = e % {0};", loop.elements));
    if (loop.cell.empty()) {
      w.line(formatv("const int p = {0};", loop.position));
      w.line("if (p < 0)");
      w.line("  continue;");
    }
    row();
    perChannel();
    if (loop.cell.empty())
      element();
    else
      cell(formatv("{0} + m", loop.first).str());
    w.close();
    return;
  }
  k.prelude.insert("reduce.cuh");
  if (!k.lanesNamed) {
    w.line("const int warp = threadIdx.x / 32;");
    w.line("const int lane = threadIdx.x % 32;");
    k.lanesNamed = true;
  }
  w.open(formatv("for (int c = warp; c < {0}; c += {1})", loop.channels, warps));
  row();
  perChannel();
  for (Operation *op : stages)
    if (auto p = dyn_cast<PartialOp>(op)) {
      accumulators[op] =
          k.fresh(identifier(p->getAttrOfType<StringAttr>("source") ? p->getAttrOfType<StringAttr>("source").getValue() : "sum"));
      w.line((p.getKind() == ReduceKind::moments ? "ShiftedSums " : "float ") + accumulators[op] +
             (p.getKind() == ReduceKind::moments ? ";" : " = 0.0f;"));
    }
  ahead = true;
  lanes();
  partials();
  w.close();
}

} // namespace

void cuda::emitChannelLoop(KernelText &k, const ChannelLoop &loop) { ChannelPrinter(k, loop).run(); }

int64_t cuda::vectorFor(std::initializer_list<int64_t> extents, int64_t widest) {
  for (int64_t v : {8, 4, 2})
    if (v <= widest && llvm::all_of(extents, [&](int64_t extent) { return extent % v == 0; }))
      return v;
  return 1;
}
