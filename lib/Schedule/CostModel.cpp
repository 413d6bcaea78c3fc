// Counts the arithmetic of stages and turns work into predicted seconds.
#include "fusion/Schedule/CostModel.h"
#include "fusion/Dialect/ElementTypes.h"
#include "fusion/Schedule/Factors.h"
#include "fusion/Schedule/Scalars.h"
#include "fusion/Stages/Access.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace fusion;

Work &Work::operator+=(const Work &o) {
  bytesRead += o.bytesRead, bytesWritten += o.bytesWritten;
  contractFlops += o.contractFlops, tensorFlops += o.tensorFlops, tf32Flops += o.tf32Flops, halfFlops += o.halfFlops,
      mapFlops += o.mapFlops, special += o.special;
  return *this;
}

CostTerms Work::terms(const DeviceSpec &spec) const {
  CostTerms t;
  t.memory = bytes() / spec.bandwidth;
  t.math = contractFlops / (spec.fp32Rate * spec.contractionShare) + mapFlops / spec.fp32Rate;
  t.math += tensorFlops > 0 ? tensorFlops / spec.tensorProductRate() : 0;
  t.math += tf32Flops > 0 ? tf32Flops / spec.tensorWindowRate() : 0;
  t.math += halfFlops > 0 ? halfFlops / spec.halfWindowRate() : 0;
  t.special = special / spec.specialRate;
  t.launch = spec.launchSeconds;
  return t;
}

/// Share of the lesser terms that the greatest one does not hide, as measured (benchmarks/results).
static constexpr double kExposed = 0.2;

double CostTerms::seconds() const {
  double most = std::max({memory, math, special});
  return most + kExposed * (memory + math + special - most) + launch;
}

llvm::StringRef CostTerms::bound() const {
  double most = std::max({memory, math, special});
  return most < launch ? "launch" : most == memory ? "memory" : most == math ? "math" : "special";
}

double Work::rooflineSeconds(const DeviceSpec &spec) const {
  double tensor =
      tensorFlops + tf32Flops + halfFlops > 0 ? (3 * tensorFlops + tf32Flops + halfFlops / 2) / spec.tf32Rate : 0; // beside the CUDA cores
  return std::max({bytes() / spec.bandwidth, (contractFlops + mapFlops) / spec.fp32Rate, tensor, special / spec.specialRate});
}

double fusion::bytesOf(Type type, int64_t batch) {
  double bytes = double(elementBytes(type));
  for (int64_t extent : cast<RankedTensorType>(type).getShape())
    bytes *= ShapedType::isDynamic(extent) ? double(batch) : double(extent);
  return bytes;
}

static double elements(Type type, int64_t batch) { return bytesOf(type, batch) / double(elementBytes(type)); }

// Multiply-adds are (elements of S) x (taps and channels that meet each).
double fusion::contractionFlops(ContractOp op, int64_t batch) {
  auto type = [](Value v) { return cast<RankedTensorType>(v.getType()); };
  if (op.getKind() == ContractKind::matmul) {
    RankedTensorType a = type(op.getLhs());
    int64_t k = a.getDimSize(op.getTransposeA() ? 0 : 1);
    auto extent = [&](int64_t n) { return double(ShapedType::isDynamic(n) ? batch : n); };
    return 2 * extent(op.getProductShape()[0]) * extent(op.getProductShape()[1]) * extent(k);
  }
  Value s = op.getKind() == ContractKind::gather ? op.getResult() : op.getLhs();
  RankedTensorType w = op.getKind() == ContractKind::weight ? type(op.getResult()) : type(op.getRhs());
  double meets = 1;
  for (int64_t extent : w.getShape().drop_front(op.getKind() == ContractKind::weight && w.getRank() > type(s).getRank() ? 2 : 1))
    meets *= double(extent);
  return 2 * elements(s.getType(), batch) * meets;
}

/// Flops at full rate that take as long as one instruction: a multiply-add counts two, and three of four slots are filled.
static constexpr double kFlopsPerInstruction = 2.6;

/// Around the multiply-adds of a window: operands come to shared memory, sums leave it, and few channels fill no register tile.
static void addWindowOverhead(Work &work, ContractOp op, int64_t batch) {
  constexpr double staged = 10, written = 12; // instructions per element
  double instructions = staged * elements(op.getLhs().getType(), batch), channels;
  auto weight = cast<RankedTensorType>(op.getKind() == ContractKind::weight ? op.getResult().getType() : op.getRhs().getType());
  if (op.getKind() == ContractKind::weight) {
    instructions += staged * elements(op.getRhs().getType(), batch);
    channels = double(cast<RankedTensorType>(op.getLhs().getType()).getDimSize(1)) / double(op.getGroups());
  } else {
    instructions += written * elements(op.getResult().getType(), batch);
    channels = op.getKind() == ContractKind::gather ? double(weight.getDimSize(0)) / double(op.getGroups()) : double(weight.getDimSize(1));
  }
  work.mapFlops += kFlopsPerInstruction * instructions;
  work.contractFlops *= 1 + std::max(0.0, 2 / channels - 0.25);
}

bool fusion::windowsApart(PoolOp pool) {
  for (auto [kernel, stride, padding, dilation] : llvm::zip(pool.getKernel(), pool.getStride(), pool.getPadding(), pool.getDilation()))
    if ((kernel - 1) * dilation + 1 > stride || padding != 0)
      return false;
  return !pool.getAdaptive();
}

/// Pairs of a window and an element of it.
static double tapsOf(PoolOp pool, int64_t batch) {
  double taps = elements(pool.isGradient() ? pool.getInputs()[0].getType() : Type(pool.getResult().getType()), batch);
  for (int64_t extent : pool.getKernel())
    taps *= double(extent);
  return taps;
}

double fusion::timesComputed(PoolOp pool, unsigned i, int64_t batch) {
  double reads = tapsOf(pool, batch), size = elements(pool.getInputs()[i].getType(), batch);
  if (pool.getKind() == PoolKind::max_grad) {
    if (i == 0 || windowsApart(pool))
      return 1;
    reads *= reads / elements(pool.getInputs()[0].getType(), batch); // each element looks through all its windows
  }
  return std::max(1.0, reads / size);
}

/// Of a whole pool. A gradient compares and takes places, once per window or in the windows of each element.
static double poolInstructions(PoolOp pool, int64_t batch) {
  constexpr double search = 4, spread = 2; // per element looked at, per element written
  if (pool.getKind() != PoolKind::max_grad)
    return tapsOf(pool, batch);
  double size = elements(pool.getResult().getType(), batch);
  return windowsApart(pool) ? search * tapsOf(pool, batch) + spread * size : search * timesComputed(pool, 1, batch) * size;
}

Work fusion::workOf(Operation *stage, int64_t batch) {
  Work work;
  if (auto contract = dyn_cast<ContractOp>(stage)) {
    work.contractFlops = contractionFlops(contract, batch);
    if (contract.getKind() != ContractKind::matmul)
      addWindowOverhead(work, contract, batch);
  } else if (auto pool = dyn_cast<PoolOp>(stage)) {
    work.mapFlops = kFlopsPerInstruction * poolInstructions(pool, batch);
  } else if (auto map = dyn_cast<MapOp>(stage)) {
    double count = double(Domain::from(map.getDomain()).elements(batch));
    work.mapFlops = kFlopsPerInstruction * instructionsPerElement(map) * count;
    work.special += specialPerElement(map) * count;
  } else if (auto reduce = dyn_cast<ReduceOp>(stage)) {
    work.mapFlops =
        kFlopsPerInstruction * double(Domain::from(reduce.getDomain()).elements(batch)) * (reduce.getKind() == ReduceKind::moments ? 4 : 1);
  } else if (auto partial = dyn_cast<PartialOp>(stage)) {
    work.mapFlops = kFlopsPerInstruction * double(Domain::from(partial.getDomain()).elements(batch)) *
                    (partial.getKind() == ReduceKind::moments ? 4 : 1);
  }
  return work;
}

/// What a window's products count on tensor cores: rows of a share come in 16, columns and k in eights. Its flops count that many times.
static double filledUp(ContractOp op) {
  auto shape = [](Value v) { return cast<RankedTensorType>(v.getType()).getShape(); };
  bool weightGradient = op.getKind() == ContractKind::weight;
  ArrayRef<int64_t> weight = shape(weightGradient ? op.getResult() : op.getRhs());
  auto up = [](double n, double to) { return std::ceil(n / to) * to / n; };
  double taps = 1, stride = 1;
  for (int64_t extent : weight.take_back(op.getStride().size()))
    taps *= double(extent);
  for (int64_t s : op.getStride())
    stride *= double(s);
  double a = double(op.getKind() == ContractKind::gather ? shape(op.getResult())[1] : shape(op.getLhs())[1]) / double(op.getGroups());
  double b =
      double(op.getKind() == ContractKind::scatter ? shape(op.getResult())[1] : shape(weightGradient ? op.getRhs() : op.getLhs())[1]) /
      double(op.getGroups());
  if (weightGradient)
    return up(a, 16) * up(b * taps, 8);
  bool scatter = op.getKind() == ContractKind::scatter;
  double reduced = std::min(scatter ? a : b, 32.0), ofPhase = scatter ? std::max(1.0, taps / stride) : taps;
  return up(scatter ? b : a, 8) * up(reduced * ofPhase, 8);
}

void fusion::moveToTensorCores(Work &work, ContractOp contract) {
  Factors factors = factorsOf(contract);
  double flops = contract.getKind() == ContractKind::matmul ? work.contractFlops : work.contractFlops * filledUp(contract);
  (factors == Factors::Split ? work.tensorFlops : factors == Factors::Tf32 ? work.tf32Flops : work.halfFlops) += flops;
  work.contractFlops = 0;
}

bool fusion::windowPrefersTensorCores(ContractOp contract, int64_t batch, const DeviceSpec &spec) {
  if (spec.tf32Rate == 0)
    return false;
  Work cuda, tensor;
  // Where much of a product only fills up, staging and sums decide, on either unit.
  constexpr double mostFilledUp = 1.5;
  if (filledUp(contract) > mostFilledUp)
    return false;
  cuda.contractFlops = workOf(contract, batch).contractFlops;
  tensor.contractFlops = contractionFlops(contract, batch);
  moveToTensorCores(tensor, contract);
  return tensor.terms(spec).math < 0.9 * cuda.terms(spec).math;
}

/// Counts the maps `inside` the kernel that compute `operand`, `times` more; whether there are any.
static bool computeAgain(Work &work, Value operand, double times, int64_t batch, llvm::function_ref<bool(Operation *)> inside) {
  llvm::SetVector<Operation *> stages;
  auto add = [&](Value v) {
    if (Operation *op = v.getDefiningOp(); op && isa<MapOp>(op) && inside(op))
      stages.insert(op);
  };
  add(operand);
  for (unsigned at = 0; at < stages.size(); ++at)
    llvm::for_each(stages[at]->getOperands(), add);
  for (Operation *op : stages) {
    Work once = workOf(op, batch);
    work.mapFlops += times * once.mapFlops, work.special += times * once.special;
  }
  return !stages.empty();
}

void fusion::addPrologue(Work &work, ContractOp window, int64_t batch, llvm::function_ref<bool(Operation *)> inside) {
  // How much longer warpgroups take where stagers compute what they bring, as measured on an H200.
  constexpr double ofWindow = 1.15, ofWeight = 1.5;
  bool weight = window.getKind() == ContractKind::weight;
  // From something of its own size: what is spread from a few values is there at once.
  auto computed = [&](Value v) {
    llvm::SetVector<Value> all;
    all.insert(v);
    for (unsigned at = 0; at < all.size(); ++at) {
      Operation *op = all[at].getDefiningOp();
      if (op && isa<MapOp>(op) && inside(op))
        all.insert(op->operand_begin(), op->operand_end());
      else if (at > 0 && elements(all[at].getType(), batch) >= elements(v.getType(), batch))
        return true;
    }
    return false;
  };
  if (computed(window.getLhs()) || (weight && computed(window.getRhs())))
    work.tf32Flops *= weight ? ofWeight : ofWindow;
}

void fusion::addReloads(Work &work, PoolOp pool, int64_t batch, llvm::function_ref<bool(Operation *)> inside) {
  for (auto [i, operand] : llvm::enumerate(pool.getInputs()))
    computeAgain(work, operand, timesComputed(pool, i, batch) - 1, batch, inside);
}

void fusion::addReloads(Work &work, ContractOp product, int64_t batch, int64_t rows, int64_t cols,
                        llvm::function_ref<bool(Operation *)> inside) {
  constexpr double loading = 6; // instructions per element
  auto shape = product.getProductShape();
  auto tiles = [&](int64_t extent, int64_t tile) {
    return std::ceil(double(ShapedType::isDynamic(extent) ? batch : extent) / double(tile));
  };
  const double times[] = {tiles(shape[1], cols), tiles(shape[0], rows)};
  for (int i = 0; i < 2; ++i)
    if (computeAgain(work, product->getOperand(i), times[i] - 1, batch, inside))
      work.mapFlops += kFlopsPerInstruction * loading * times[i] * elements(product->getOperand(i).getType(), batch);
}
