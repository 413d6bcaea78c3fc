// Where the results and elements of a sweep lie: in memory, or in a convolution's tile.
#include "SweepPrinter.h"

using namespace mlir;
using namespace fusion;
using namespace fusion::cuda;
using llvm::formatv;

/// (n, c, p) of element `at`, cheaply where a coordinate is one of outer, r and inner.
Place SweepPrinter::elementCoordinates() {
  int64_t C = k.facts.domain.channels, P = k.facts.domain.positions, span = run.reduced * run.inner;
  if (source)
    return {source->place + ".image", "r", "p"};
  std::string in = run.inner == 1 ? "0" : arrays() ? "(inner + v)" : "inner", r = !columns() && vector > 1 ? "(r + v)" : "r";
  if (run.perImage && span == C * P && run.inner == P)
    return {"outer", r, P == 1 ? "0" : in};
  if (run.perImage && span == C * P && run.inner == 1)
    return {"outer", P == 1 ? r : formatv("({0} / {1})", r, P).str(), P == 1 ? "0" : formatv("({0} % {1})", r, P).str()};
  if (run.perImage && span <= P && P % span == 0) {
    std::string inside = run.inner == 1 ? r : formatv("({0} * {1} + {2})", r, run.inner, in).str();
    int64_t runs = P / span;
    return {formatv("(outer / {0})", C * runs), formatv("(outer / {0} % {1})", runs, C),
            runs == 1 ? inside : formatv("(outer % {0} * {1} + {2})", runs, span, inside).str()};
  }
  if (run.perImage && P == 1 && run.inner == 1 && C % run.reduced == 0)
    return {formatv("(outer / {0})", C / run.reduced), formatv("(outer % {0} * {1} + {2})", C / run.reduced, run.reduced, r), "0"};
  std::string at = vector > 1 ? "(at + v)" : "at";
  return {formatv("({0} / {1})", at, C * P), formatv("({0} / {1} % {2})", at, P, C), P == 1 ? "0" : formatv("({0} % {1})", at, P).str()};
}

AffineMap SweepPrinter::placeInRun() const {
  const Domain &d = k.facts.domain;
  AffineExpr c = getAffineDimExpr(1, k.kernel.getContext()), p = getAffineDimExpr(2, k.kernel.getContext());
  AffineExpr place;
  if (run.reduced <= d.positions && d.positions % run.reduced == 0)
    place = run.reduced == d.positions ? p : p % run.reduced;
  else if (run.reduced == d.channels * d.positions)
    place = c * d.positions + p;
  else if (d.positions == 1 && d.channels % run.reduced == 0)
    place = c % run.reduced;
  return place ? withoutUnitDims(AffineMap::get(3, 0, place), d) : AffineMap();
}

/// (n, c, p) of a result in a domain that lists the results in memory order.
Place SweepPrinter::keptCoordinates(const Domain &d) {
  if (source && d.channels * d.positions == run.inner)
    return {source->place + ".image", d.channels == 1 ? "0" : formatv("(p / {0})", d.positions).str(),
            d.channels == 1 ? std::string("p") : formatv("(p % {0})", d.positions).str()};
  std::string kept = arrays() ? "(kept + v)" : "kept";
  return {formatv("({0} / {1})", kept, d.channels * d.positions), formatv("({0} / {1} % {2})", kept, d.positions, d.channels),
          formatv("({0} % {1})", kept, d.positions)};
}

/// The same where the run is the channels of a tile: the block's lanes go over the positions in rounds.
void SweepPrinter::placeInTile() {
  int64_t C = k.facts.domain.channels, P = k.facts.domain.positions;
  bool shared = tile.lanes<tile.threads, rounds = source->elements> tile.lanes;
  if (shared)
    w.line(formatv("const int part = threadIdx.x / {0};", tile.lanes));
  if (rounds)
    w.open(formatv("for (int from = 0; from < {0}; from += {1})", source->elements, tile.lanes));
  std::string lane = shared ? formatv("threadIdx.x % {0}", tile.lanes).str() : "threadIdx.x";
  w.line("const int mine = " + std::string(rounds ? "from + " : "") + lane + ";");
  w.line(formatv("const int spot = {0}{1}.position(mine){2};",
                 source->elements % tile.lanes ? formatv("mine < {0} ? ", source->elements).str() : "", source->place,
                 source->elements % tile.lanes ? " : -1" : ""));
  w.line("const bool live = spot >= 0;");
  // Others may put back what such a thread would read.
  w.line(putsBack() ? "const int m = mine; // threads without a position have no elements"
                    : "const int m = live ? mine : 0; // threads without a position compute the first one again and store nothing");
  w.line("const int p = live ? spot : 0;");
  w.line(formatv("const index_t base = (index_t){0}.image * {1} + p;", source->place, C * P));
  w.line(formatv("const index_t kept = (index_t){0}.image * {1} + p;", source->place, P));
}

/// Where the thread's results and shares lie.
void SweepPrinter::place() {
  runtime::Expr all = results();
  int64_t perImage = run.outer * run.inner;
  std::string count = run.perImage ? product(k.batchText(k.facts.domain.batch), perImage) : std::to_string(perImage);
  if (run.perImage && ShapedType::isDynamic(k.facts.domain.batch) == false)
    count = std::to_string(k.facts.domain.batch * perImage);
  int64_t perBlock = columns() ? tile.lanes * vector : tile.threads / tile.lanes;
  if (columns()) {
    if (tile.lanes < tile.threads)
      w.line(formatv("const int part = threadIdx.x / {0};", tile.lanes));
    w.line(formatv("const index_t own = ((index_t)blockIdx.x * {0} + threadIdx.x % {0}){1};", tile.lanes,
                   vector > 1 ? formatv(" * {0}", vector).str() : ""));
  } else {
    bool block = tile.lanes == tile.threads; // a block has one run
    w.line(block ? "const int part = threadIdx.x;" : formatv("const int part = threadIdx.x % {0};", tile.lanes).str());
    w.line(block ? "const index_t own = blockIdx.x;"
                 : formatv("const index_t own = (index_t)blockIdx.x * {0} + threadIdx.x / {1};", perBlock, tile.lanes).str());
  }
  w.line(formatv("const bool live = own < (index_t){0};", count));
  w.line("const index_t kept = live ? own : 0; // threads behind the last result compute the first one again and store nothing");
  if (run.inner == 1) {
    w.line("const index_t outer = kept;");
  } else if (!run.perImage || run.outer * run.inner == run.inner) {
    w.line(run.perImage ? formatv("const index_t outer = kept / {0};", run.inner).str() : "const index_t outer = 0;");
    w.line(run.perImage ? formatv("const int inner = (int)(kept % {0});", run.inner).str() : "const int inner = (int)kept;");
  } else {
    w.line(formatv("const index_t outer = kept / {0};", run.inner));
    w.line(formatv("const int inner = (int)(kept % {0});", run.inner));
  }
  std::string base = run.perImage ? formatv("outer * {0}", run.reduced * run.inner).str() : "0";
  w.line("const index_t base = " + base + (run.inner == 1 ? "" : " + inner") + ";");
  k.launch.block = tile.threads;
  // 64 registers, or 128 where a thread holds much: left alone, ptxas aims at fewer and spills.
  k.residentBlocks = std::max<int64_t>(1, (holds() || columns() ? SweepWork::of(k.kernel).threads(run, tile.lanes) : 1024) / tile.threads);
  k.launch.grid = {ceilDivExpr(all, perBlock), runtime::Expr(1), runtime::Expr(1)};
  k.maxBatch = std::min<int64_t>(k.maxBatch, std::numeric_limits<int32_t>::max() / std::max<int64_t>(1, perImage));
  std::string shape = columns()
                          ? formatv("{0} results side by side per block, {1} threads on each", perBlock, tile.threads / tile.lanes).str()
                          : formatv("{0} runs per block, {1} threads on each", perBlock, tile.lanes).str();
  if (holds())
    shape += formatv(" with {0} elements in registers", steps() * vector).str();
  k.tileText = formatv("runs of {0} elements, {1} apart; {2}", run.reduced, run.inner, shape);
}

void SweepPrinter::prepare() {
  sweepOf = walksOf(stages, [&](Value v) { return isKept(v); });
  if (source) {
    SmallVector<Value> stored;
    llvm::copy_if(k.kernel.getBody().front().getTerminator()->getOperands(), std::back_inserter(stored),
                  [&](Value v) { return stores(v); });
    walks = tileWalks(source->value, stages, stored, [&](Value v) { return isKept(v); });
    if (tile.lanes == tile.threads &&
        run.reduced <= kUnrolledRun) // a thread's loops are unrolled, and what they compute stays in registers
      for (TileWalk &walk : walks)
        walk.putBack = Value();
  }
  if (holds())
    again = usedAgain(k.kernel, k.facts.domain);
  // Runs of elements that one thread loads at once: along the results, or along the reduced elements.
  int64_t extent = columns() ? run.inner : run.reduced;
  if ((!run.perImage && !columns()) || source)
    extent = 1;
  // Eight results and what is gathered for each would not fit a thread's registers.
  vector = vectorFor({extent}, columns() ? std::min<int64_t>(4, k.widestRun()) : k.widestRun());
}
