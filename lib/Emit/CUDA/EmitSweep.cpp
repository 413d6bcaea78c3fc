// Prints kernels that sweep over runs of elements: once per reduction that another waits for, and once more for what stands behind them.
#include "SweepPrinter.h"

using namespace mlir;
using namespace fusion;
using namespace fusion::cuda;
using llvm::formatv;

/// `for (v) { body }` where a thread has several results.
void SweepPrinter::eachResult(llvm::function_ref<void()> body) {
  if (!arrays())
    return body();
  w.directive("#pragma unroll");
  w.open(formatv("for (int v = 0; v < {0}; ++v)", vector));
  body();
  w.close();
}

std::string SweepPrinter::operand(Value v, AffineMap access, llvm::DenseMap<std::pair<Value, Attribute>, std::string> &loaded) {
  if (source && v == inTile) {
    std::string &name = loaded[{v, Attribute()}];
    if (name.empty()) {
      name = k.variable(v.getDefiningOp());
      w.line(k.comment(v.getDefiningOp()) + (v == source->value ? "" : ", as it was put back"));
      w.line("const float " + name + " = " + source->tile + "[r * " + source->pitch + " + m];");
    }
    return name;
  }
  if (filled.contains(v) && !k.isTensor(v))
    return heldElement(v);
  if (!k.isTensor(v))
    return k.scalars[v] + (isKept(v) && arrays() ? "[v]" : "");
  std::string &name = loaded[{v, AffineMapAttr::get(access)}];
  if (!name.empty())
    return name;
  name = k.fresh(k.pointer(v) + "_value");
  w.line("const float " + name + " = " + k.element(v, access, k.facts.domain, elementCoordinates()) + ";");
  return name;
}

/// What happens to one element (or run of `vector` elements) at r.
void SweepPrinter::element(int s, ArrayRef<Operation *> needed, Value keeping) {
  const Domain &d = k.facts.domain;
  AffineMap full = withoutUnitDims(fullAccess(k.kernel.getContext(), d), d);
  Operation *terminator = k.kernel.getBody().front().getTerminator();
  llvm::DenseMap<std::pair<Value, Attribute>, std::string> loaded;
  llvm::DenseMap<unsigned, std::string> stored;
  for (auto [i, v] : llvm::enumerate(terminator->getOperands()))
    if (stores(v) && !isKept(v) && known(v) == s)
      stored[i] = k.fresh(k.pointerOfResult(i) + "_run");
  AffineMap alongRun = holds() ? placeInRun() : AffineMap();
  // Full-size operands come in runs; so do those that are as long as a held run.
  auto loadRun = [&](Value v, AffineMap access) {
    if (!k.isTensor(v) || k.channelsLast(v) || loaded.count({v, AffineMapAttr::get(access)}))
      return;
    AffineMap plain = withoutUnitDims(access, d);
    std::string &element = loaded[{v, AffineMapAttr::get(access)}];
    if (plain != full && perRun.count(v)) {
      element = perRun[v];
      return;
    }
    if (plain == full && held.count(v)) {
      if (!filled.contains(v))
        w.line(vector > 1 ? formatv("loadVector<{0}>({1}[u], {2} + at);", vector, held[v], k.pointer(v)).str()
                          : formatv("{0}[u] = {1}[at];", held[v], k.pointer(v)).str());
      element = heldElement(v);
      return;
    }
    if (plain != full && (!alongRun || plain != alongRun)) {
      loaded.erase({v, AffineMapAttr::get(access)});
      return;
    }
    StringRef offset = plain == full ? this->offset() : "r";
    std::string name = k.fresh(k.pointer(v) + (vector > 1 ? "_run" : "_value"));
    if (vector > 1) {
      w.line(formatv("float {0}[{1}];", name, vector));
      w.line(formatv("loadVector<{0}>({1}, {2} + {3});", vector, name, k.pointer(v), offset));
    } else {
      w.line(formatv("const float {0} = {1}[{2}];", name, k.pointer(v), offset));
    }
    element = vector > 1 ? name + "[v]" : name;
  };
  for (Operation *op : needed)
    if (auto map = dyn_cast<MapOp>(op))
      for (auto [v, access] : llvm::zip(map.getInputs(), map.getAccess().getAsValueRange<AffineMapAttr>()))
        loadRun(v, access);
  AffineMap dense = fullAccess(k.kernel.getContext(), d);
  for (Operation *op : stages)
    if (auto reduce = dyn_cast<ReduceOp>(op); reduce && known(op->getResult(0)) == s)
      loadRun(reduce.getInput(), dense);
  auto inRuns = [&](unsigned i) { return vector > 1 && stored.count(i) && !k.resultIsChannelsLast(i); };
  for (unsigned i = 0; i < terminator->getNumOperands(); ++i)
    if (inRuns(i))
      w.line(formatv("float {0}[{1}];", stored[i], vector));
  if (vector > 1) {
    w.directive("#pragma unroll");
    w.open(formatv("for (int v = 0; v < {0}; ++v)", vector));
  }
  Place coordinates = elementCoordinates();
  for (Operation *op : needed) {
    auto map = cast<MapOp>(op);
    w.line(k.comment(op));
    SmallVector<std::string> texts;
    for (auto [v, access] : llvm::zip(map.getInputs(), map.getAccess().getAsValueRange<AffineMapAttr>()))
      texts.push_back(operand(v, access, loaded));
    k.addIndex(map, coordinates, texts);
    std::string name = k.variable(op);
    k.scalarBody(w, map, texts, name);
    k.scalars[map.getResult()] = name;
    if (held.count(map.getResult()))
      w.line(heldElement(map.getResult()) + " = " + name + ";");
    if (map.getResult() == keeping)
      w.line(source->tile + "[r * " + source->pitch + " + m] = " + name + "; // for the next walks");
  }
  for (Operation *op : stages)
    if (auto reduce = dyn_cast<ReduceOp>(op); reduce && known(op->getResult(0)) == s)
      w.line(formatv("{0}{1}.add({2}{3});", gather[op], arrays() ? "[v]" : "", operand(reduce.getInput(), dense, loaded),
                     !columns() && vector > 1 ? ", r + v" : ", r"));
  for (unsigned i = 0; i < terminator->getNumOperands(); ++i)
    if (stored.count(i)) {
      std::string value = operand(terminator->getOperand(i), dense, loaded);
      if (inRuns(i)) {
        w.line(stored[i] + "[v] = " + value + ";");
        continue;
      }
      w.line("if (live)");
      w.line("  " + (k.resultIsChannelsLast(i) ? k.resultElement(i, d, coordinates) : k.pointerOfResult(i) + "[" + offset().str() + "]") +
             " = " + value + ";");
    }
  if (vector > 1)
    w.close();
  for (unsigned i = 0; i < terminator->getNumOperands(); ++i)
    if (inRuns(i)) {
      w.line("if (live)");
      w.line(formatv("  storeVector<{0}>({1} + at, {2});", vector, k.pointerOfResult(i), stored[i]));
    }
}

/// The type that gathers values for a reduction.
static StringRef gathererOf(ReduceKind kind) {
  switch (kind) {
  case ReduceKind::sum:
    return "SumOf";
  case ReduceKind::moments:
    return "MomentsOf";
  case ReduceKind::max:
    return "MaxOf";
  case ReduceKind::min:
    return "MinOf";
  case ReduceKind::argmax:
    return "PlaceOf<1>";
  case ReduceKind::argmin:
    return "PlaceOf<-1>";
  }
  llvm_unreachable("every kind is handled");
}

bool SweepPrinter::needsOffset(int s, ArrayRef<Operation *> needed) {
  const Domain &d = k.facts.domain;
  AffineMap full = withoutUnitDims(fullAccess(k.kernel.getContext(), d), d);
  auto loads = [&](Operation *op) {
    auto map = dyn_cast<MapOp>(op);
    return map && llvm::any_of(llvm::zip(map.getInputs(), map.getAccess().getAsValueRange<AffineMapAttr>()),
                               [&](auto use) { return k.isTensor(std::get<0>(use)) && withoutUnitDims(std::get<1>(use), d) == full; });
  };
  return !source || llvm::any_of(needed, loads) || llvm::any_of(stages, [&](Operation *op) {
    return isa<ReduceOp>(op) && known(op->getResult(0)) == s && k.isTensor(op->getOperand(0));
  }) || llvm::any_of(k.kernel.getBody().front().getTerminator()->getOperands(), [&](Value v) {
    return stores(v) && !isKept(v) && known(v) == s;
  });
}

/// What sweep s reduces or stores, element by element.
SmallVector<Value> SweepPrinter::rootsOf(int s) const {
  SmallVector<Value> roots;
  for (Operation *op : stages)
    if (isa<ReduceOp>(op) && known(op->getResult(0)) == s)
      roots.push_back(op->getOperand(0));
  for (Value v : k.kernel.getBody().front().getTerminator()->getOperands())
    if (stores(v) && !isKept(v) && known(v) == s)
      roots.push_back(v);
  return roots;
}

/// The stages that make `roots`, in order, from what is known already.
SmallVector<Operation *> SweepPrinter::stagesFor(ArrayRef<Value> roots) const {
  llvm::DenseSet<Operation *> wanted;
  std::function<void(Value)> want = [&](Value v) {
    Operation *op = v.getDefiningOp();
    if (op && !(source && v == inTile) && !isKept(v) && !filled.contains(v) && wanted.insert(op).second)
      for (Value operand : op->getOperands())
        want(operand);
  };
  for (Value v : roots)
    want(v);
  SmallVector<Operation *> needed;
  for (Operation *op : stages)
    if (wanted.contains(op))
      needed.push_back(op);
  return needed;
}

void SweepPrinter::sweep(int s) {
  SmallVector<Value> roots = rootsOf(s);
  if (roots.empty())
    return;
  bool reduces = llvm::any_of(stages, [&](Operation *op) { return isa<ReduceOp>(op) && known(op->getResult(0)) == s; });
  SmallVector<Operation *> needed = stagesFor(roots);
  const Value keeping = source ? walks[s].putBack : Value();
  for (Operation *op : stages)
    if (auto reduce = dyn_cast<ReduceOp>(op); reduce && known(op->getResult(0)) == s) {
      gather[op] = k.variable(op);
      StringRef type = gathererOf(reduce.getKind());
      w.line(k.comment(op) + ": " + stringifyReduceKind(reduce.getKind()).str() + " of a run");
      std::string none = formatv(" = {0}::none()", type).str();
      if (!arrays()) {
        w.line(type + " " + gather[op] + none + ";");
        continue;
      }
      w.line(formatv("{0} {1}[{2}];", type, gather[op], vector));
      eachResult([&] { w.line(gather[op] + "[v]" + none + ";"); });
    }
  if (!reduces)
    w.line("// behind the reductions");
  std::string first = columns() ? (tile.lanes < tile.threads ? "part" : "0") : vector > 1 ? formatv("part * {0}", vector).str() : "part";
  if (holds())
    declareHeld(s, needed);
  int64_t step = columns() ? tile.threads / tile.lanes : tile.lanes * vector;
  bool guarded = holds() && run.reduced % step;
  if (holds()) {
    w.directive("#pragma unroll");
    w.open(formatv("for (int u = 0; u < {0}; ++u)", steps()));
    w.line(formatv("const int r = u * {0} + {1};", step, first));
    if (guarded)
      w.open(formatv("if (r < {0})", run.reduced));
  } else {
    w.open(formatv("for (int r = {0}; {1}r < {2}; r += {3})", first, putsBack() ? "live && " : "", reducedText(), step));
  }
  if (needsOffset(s, needed))
    w.line(formatv("const index_t {0} = base + {1};", offset(), run.inner == 1 ? "r" : formatv("(index_t)r * {0}", run.inner).str()));
  element(s, needed, keeping);
  if (keeping)
    inTile = keeping;
  if (guarded)
    w.close();
  w.close();
  for (auto &entry : held)
    filled.insert(entry.first);
}

/// The arrays that a sweep over held rows fills for later ones, and what it reads once per run.
void SweepPrinter::declareHeld(int s, ArrayRef<Operation *> needed) {
  const Domain &d = k.facts.domain;
  AffineMap full = withoutUnitDims(fullAccess(k.kernel.getContext(), d), d);
  AffineMap ofRun = withoutUnitDims(runAccess(k.kernel.getContext(), d, run), d);
  auto declare = [&](Value v, const std::string &base) {
    if (!again.contains(v) || held.count(v) || k.channelsLast(v))
      return;
    held[v] = k.fresh(base + "_held");
    w.line(formatv("float {0}[{1}]{2};", held[v], steps(), vector > 1 ? formatv("[{0}]", vector).str() : ""));
  };
  for (Operation *op : stages)
    if (isa<ReduceOp>(op) && known(op->getResult(0)) == s && k.isTensor(op->getOperand(0)))
      declare(op->getOperand(0), k.pointer(op->getOperand(0)));
  for (Operation *op : needed) {
    auto map = cast<MapOp>(op);
    for (auto [v, access] : llvm::zip(map.getInputs(), map.getAccess().getAsValueRange<AffineMapAttr>())) {
      if (!k.isTensor(v))
        continue;
      AffineMap plain = withoutUnitDims(access, d);
      if (plain == full) {
        declare(v, k.pointer(v));
      } else if (plain == ofRun && !perRun.count(v)) {
        perRun[v] = k.fresh(k.pointer(v) + "_value");
        w.line("const float " + perRun[v] + " = " + k.elementAt(v, "kept") + ";");
      }
    }
    auto name = op->getAttrOfType<StringAttr>("source");
    declare(map.getResult(), name ? identifier(name.getValue()) : "value");
  }
}

/// Merges what the threads gathered; every thread of a run gets the result.
void SweepPrinter::finishReductions(int s) {
  for (Operation *op : stages) {
    auto reduce = dyn_cast<ReduceOp>(op);
    if (!reduce || known(op->getResult(0)) != s)
      continue;
    bool moments = reduce.getKind() == ReduceKind::moments;
    std::string type = moments ? "Moments" : gathererOf(reduce.getKind()).str(), from = gather[op];
    std::string own = from + (arrays() ? "[v]" : "") + (moments ? ".moments()" : "");
    bool shared = columns() ? tile.lanes < tile.threads : tile.lanes > 32;
    std::string scratch = shared ? k.fresh(from + "_scratch") : "", all = k.fresh(from + "_all");
    if (shared)
      w.line(formatv("__shared__ {0} {1}[{2}];", type, scratch, columns() ? tile.threads : tile.threads / 32));
    std::string merged = own;
    if (columns() && shared)
      merged = formatv("columnAll<{0}, {1}, {2}>({3}, {4})", tile.lanes, tile.threads, k.walkers ? "true" : "false", own, scratch);
    else if (holds())
      merged = moments ? formatv("lanesMoments<{0}, {1}>({2})", tile.lanes, run.reduced, from).str()
                       : formatv("lanesAll<{0}>({1})", tile.lanes, own).str();
    else if (!columns())
      merged = shared ? formatv("blockAll<{0}>({1}, {2})", tile.threads, own, scratch).str() : formatv("warpAll({0})", own).str();
    SmallVector<std::string> names;
    for (unsigned i = 0; i < op->getNumResults(); ++i) {
      names.push_back(k.fresh(moments ? from + (i == 0 ? "_mean" : "_variance") : from + "_value"));
      k.scalars[op->getResult(i)] = names[i];
      if (arrays())
        w.line(formatv("float {0}[{1}];", names[i], vector));
    }
    eachResult([&] {
      w.line("const " + type + " " + all + " = " + merged + ";");
      std::string to = arrays() ? "" : "const float ", at = arrays() ? "[v]" : "";
      if (moments) {
        w.line(to + names[0] + at + " = " + all + ".mean;");
        w.line(to + names[1] + at + " = " + all + ".m2 / " + all + ".count;");
      } else {
        bool place = reduce.getKind() == ReduceKind::argmax || reduce.getKind() == ReduceKind::argmin;
        w.line(to + names[0] + at + " = " + (place ? "(float)" + all + ".place" : all + ".value") + ";");
      }
    });
  }
}

/// Values per result: the statements behind the reductions of sweep s.
void SweepPrinter::keptStages(int s) {
  for (Operation *op : stages) {
    auto map = dyn_cast<MapOp>(op);
    if (!map || !isKept(map.getResult()) || known(map.getResult()) != s)
      continue;
    Domain d = Domain::from(map.getDomain());
    std::string name = k.variable(op);
    w.line(k.comment(op));
    if (arrays())
      w.line(formatv("float {0}[{1}];", name, vector));
    eachResult([&] {
      Place at = keptCoordinates(d);
      SmallVector<std::string> texts;
      for (auto [v, access] : llvm::zip(map.getInputs(), map.getAccess().getAsValueRange<AffineMapAttr>())) {
        if (!k.isTensor(v)) {
          texts.push_back(k.scalars[v] + (arrays() ? "[v]" : ""));
          continue;
        }
        bool dense = withoutUnitDims(access, d) == withoutUnitDims(fullAccess(k.kernel.getContext(), d), d);
        texts.push_back(dense ? k.elementAt(v, arrays() ? "kept + v" : "kept") : k.element(v, access, d, at));
      }
      k.addIndex(map, at, texts);
      std::string value = arrays() ? k.fresh(name + "_of") : name;
      k.scalarBody(w, map, texts, value);
      if (arrays())
        w.line(name + "[v] = " + value + ";");
    });
    k.scalars[map.getResult()] = name;
  }
}

void SweepPrinter::store(int s) {
  Operation *terminator = k.kernel.getBody().front().getTerminator();
  for (unsigned i = 0; i < terminator->getNumOperands(); ++i) {
    Value v = terminator->getOperand(i);
    if (!stores(v) || !isKept(v) || known(v) != s)
      continue;
    w.line(columns() && tile.lanes == tile.threads ? "if (live)" : "if (live && part == 0)");
    if (!arrays()) {
      w.line("  " + k.resultElementAt(i, "kept") + " = " + k.scalars[v] + ";");
      continue;
    }
    if (k.resultIsChannelsLast(i)) {
      w.line(formatv("  for (int v = 0; v < {0}; ++v)", vector));
      w.line("    " + k.resultElementAt(i, "kept + v") + " = " + k.scalars[v] + "[v];");
      continue;
    }
    w.line(formatv("  storeVector<{0}>({1} + kept, {2});", vector, k.pointerOfResult(i), k.scalars[v]));
  }
}

void SweepPrinter::print() {
  prepare();
  k.prelude.insert(holds() ? "lanes.cuh" : "sweep.cuh");
  if (vector > 1)
    k.useVectors();
  source ? placeInTile() : place();
  int last = 0;
  for (auto &entry : sweepOf)
    last = std::max(last, entry.second);
  for (int s = 0; s <= last; ++s) {
    sweep(s);
    finishReductions(s);
    keptStages(s);
    store(s);
  }
  if (source) {
    if (source->elements > tile.lanes)
      w.close();
    return;
  }
  // Later sweeps find the run in a cache unless all blocks at work together hold more than that.
  double running =
      double(k.options.spec.multiprocessors) * double(2048 / tile.threads) * (columns() ? tile.lanes * vector : tile.threads / tile.lanes);
  double set = 0, bytes = 0;
  for (Value v : k.kernel.getInputs())
    bytes += bytesOf(v.getType(), k.options.batch);
  double elements = double(k.facts.domain.elements(k.options.batch));
  set = elements > 0 ? bytes * std::min(1.0, running * double(run.reduced) * (run.perImage ? 1 : double(k.options.batch)) / elements) : 0;
  if (!holds() && set > double(k.options.spec.l2Bytes))
    k.extraSweepBytes = bytes * last;
}

void cuda::emitSweep(KernelText &k) { SweepPrinter(k).print(); }

void cuda::emitTileSweep(KernelText &k, const TileSweep &sweep) { SweepPrinter(k, sweep).print(); }
