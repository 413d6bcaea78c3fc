// Counts the arithmetic of stages and turns work into predicted seconds.
#include "fusion/Schedule/CostModel.h"
#include "fusion/Stages/Access.h"
#include <algorithm>

using namespace mlir;
using namespace fusion;

Work &Work::operator+=(const Work &o) {
  bytesRead += o.bytesRead, bytesWritten += o.bytesWritten;
  contractFlops += o.contractFlops, mapFlops += o.mapFlops, special += o.special;
  return *this;
}

CostTerms Work::terms(const DeviceSpec &spec) const {
  CostTerms t;
  t.memory = bytes() / spec.bandwidth;
  t.math = contractFlops / (spec.fp32Rate * spec.contractionShare) + mapFlops / spec.fp32Rate;
  t.special = special / spec.specialRate;
  t.launch = spec.launchSeconds;
  return t;
}

double CostTerms::seconds() const { return std::max({memory, math, special}) + launch; }

llvm::StringRef CostTerms::bound() const {
  double most = std::max({memory, math, special});
  return most < launch ? "launch" : most == memory ? "memory" : most == math ? "math" : "special";
}

double Work::rooflineSeconds(const DeviceSpec &spec) const {
  return std::max({bytes() / spec.bandwidth, flops() / spec.fp32Rate, special / spec.specialRate});
}

double fusion::bytesOf(Type type, int64_t batch) {
  double bytes = 4;
  for (int64_t extent : cast<RankedTensorType>(type).getShape())
    bytes *= ShapedType::isDynamic(extent) ? double(batch) : double(extent);
  return bytes;
}

static double elements(Type type, int64_t batch) { return bytesOf(type, batch) / 4; }

/// Multiply-adds of a contraction are (elements of S) x (taps and channels that meet each).
static double contractFlops(ContractOp op, int64_t batch) {
  auto type = [](Value v) { return cast<RankedTensorType>(v.getType()); };
  if (op.getKind() == ContractKind::matmul) {
    RankedTensorType a = type(op.getLhs());
    int64_t k = a.getDimSize(op.getTransposeA() ? 0 : 1);
    return 2 * elements(op.getResult().getType(), batch) * double(ShapedType::isDynamic(k) ? batch : k);
  }
  Value s = op.getKind() == ContractKind::gather ? op.getResult() : op.getLhs();
  RankedTensorType w = op.getKind() == ContractKind::weight ? type(op.getResult()) : type(op.getRhs());
  double meets = 1;
  for (int64_t extent : w.getShape().drop_front(op.getKind() == ContractKind::weight && w.getRank() > type(s).getRank() ? 2 : 1))
    meets *= double(extent);
  return 2 * elements(s.getType(), batch) * meets;
}

Work fusion::workOf(Operation *stage, int64_t batch) {
  Work work;
  if (auto contract = dyn_cast<ContractOp>(stage)) {
    work.contractFlops = contractFlops(contract, batch);
  } else if (auto map = dyn_cast<MapOp>(stage)) {
    double count = double(Domain::from(map.getDomain()).elements(batch));
    for (Operation &op : map.getBody().front().without_terminator()) {
      if (isa<arith::ConstantOp>(op))
        continue;
      if (isa<math::ExpOp, math::LogOp, math::SqrtOp, math::RsqrtOp>(op))
        work.special += count, work.mapFlops += 6 * count;
      else if (isa<arith::DivFOp>(op))
        work.special += count, work.mapFlops += 8 * count;
      else if (isa<math::TanhOp, math::ErfOp, math::Log1pOp, math::ExpM1Op, math::PowFOp>(op))
        work.special += 2 * count, work.mapFlops += 20 * count;
      else
        work.mapFlops += count;
    }
  } else if (auto reduce = dyn_cast<ReduceOp>(stage)) {
    work.mapFlops += double(Domain::from(reduce.getDomain()).elements(batch)) * (reduce.getKind() == ReduceKind::moments ? 4 : 1);
  } else if (auto partial = dyn_cast<PartialOp>(stage)) {
    work.mapFlops += double(Domain::from(partial.getDomain()).elements(batch)) * (partial.getKind() == ReduceKind::moments ? 4 : 1);
  }
  return work;
}
