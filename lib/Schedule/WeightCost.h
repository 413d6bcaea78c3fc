// What a block of a weight gradient does per step of its loop over images and boxes, where warpgroups multiply.
#pragma once
#include "TileCost.h"

namespace fusion {

/// What brings both operands of a weight gradient's step: bytes between memory, L2 and the block, `patch` of L for a box of S.
void addWeightTraffic(BlockCost &b, const WindowProblem &p, const WeightTile &t, const ElementWork &work, const Extents &patch,
                      double images, const DeviceSpec &spec);

/// Calls `with` for every tile of warpgroups, with what a step costs and what follows the last one.
void forEachWarpgroupWeight(const WindowProblem &p, const ElementWork &work, double images, const DeviceSpec &spec,
                            llvm::function_ref<void(const WeightTile &, const BlockCost &step, const BlockCost &last)> with);

} // namespace fusion
