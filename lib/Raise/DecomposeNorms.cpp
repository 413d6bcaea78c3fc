// -fusion-decompose-norms: norms become statistics and normalisation.
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Dialect/Names.h"
#include "fusion/Raise/Passes.h"

using namespace mlir;

namespace fusion {

#define GEN_PASS_DEF_DECOMPOSENORMS
#include "fusion/Raise/Passes.h.inc"

/// The statistics are named after the norm.
static Location statsLoc(GroupNormOp norm) {
  StringRef name = nameOf(norm.getLoc());
  return name.empty() ? norm.getLoc() : Location(NameLoc::get(StringAttr::get(norm.getContext(), name + "_stats"), norm.getLoc()));
}

static void decompose(GroupNormOp norm) {
  OpBuilder builder(norm);
  RankedTensorType x = norm.getX().getType();
  auto stats = RankedTensorType::get({x.getDimSize(0), int64_t(norm.getGroups())}, x.getElementType());
  auto statistics = GroupStatsOp::create(builder, statsLoc(norm), stats, stats, norm.getX(), norm.getGroupsAttr(), norm.getEpsAttr());
  Value y = NormalizeOp::create(builder, norm.getLoc(), x, norm.getX(), statistics.getMean(), statistics.getRstd(), norm.getGamma(),
                                norm.getBeta());
  norm.replaceAllUsesWith(y);
  norm.erase();
}

namespace {
class DecomposeNormsPass : public impl::DecomposeNormsBase<DecomposeNormsPass> {
  void runOnOperation() override {
    getOperation().walk([&](GroupNormOp norm) {
      decompose(norm);
      ++numDecomposed;
    });
  }
};
} // namespace
} // namespace fusion
