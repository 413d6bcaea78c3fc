// Tile choices: the chains' are pinned with their reasons, and every choice for any shape fits every device.
#include "Problems.h"
#include "fusion/Schedule/SweepWalks.h"
#include "gtest/gtest.h"
#include <cmath>
#include <ctime>

using namespace fusion;
using namespace fusion::test;

namespace {

std::string show(const WindowTile &t) {
  return std::to_string(t.box[0]) + "x" + std::to_string(t.box[1]) + "x" + std::to_string(t.box[2]) + " c" + std::to_string(t.channels) +
         " s" + std::to_string(t.slice) + " " +
         (t.onTensorCores() ? "w" + std::to_string(t.warpPlaces) + "x" + std::to_string(t.warpChannels)
                            : std::to_string(t.rows) + "x" + std::to_string(t.cols)) +
         " t" + std::to_string(t.threads);
}

std::string show(const WeightTile &t) {
  return std::to_string(t.box[0]) + "x" + std::to_string(t.box[1]) + "x" + std::to_string(t.box[2]) + " " + std::to_string(t.as) + "x" +
         std::to_string(t.bs) + " " +
         (t.onTensorCores() ? "w" + std::to_string(t.warpA) + "x" + std::to_string(t.warpQ) + " b" + std::to_string(t.resident)
                            : std::to_string(t.ta) + "x" + std::to_string(t.tq)) +
         " t" + std::to_string(t.threads);
}

std::string show(const MatmulTile &t) {
  return std::to_string(t.rows) + "x" + std::to_string(t.cols) + " d" + std::to_string(t.depth) + " " + std::to_string(t.tm) + "x" +
         std::to_string(t.tn) + " t" + std::to_string(t.threads) + " b" + std::to_string(t.resident) +
         (t.onTensorCores() ? " w" + std::to_string(t.warpRows) + "x" + std::to_string(t.warpCols) : "");
}

const DeviceSpec &h200() {
  static const DeviceSpec spec = *deviceFor("sm_90a");
  return spec;
}

/// An H200 whose products stay on CUDA cores, as `ieee` has it.
DeviceSpec cudaCores() {
  DeviceSpec spec = h200();
  spec.tf32Rate = 0;
  return spec;
}

/// An activation's derivative on the way in: two tensors and some twenty instructions per element.
ElementWork gradientOfActivation() {
  ElementWork w;
  w.loads[0] = 2, w.instructions[0] = 20;
  return w;
}

} // namespace

TEST(Tiles, ConvolutionForward) {
  ElementWork w;
  w.epilogueInstructions = 9, w.epilogueStores = 2;
  // All 64 channels in one block: x exceeds L2 and would be read again for every further block of channels. Boxes are wide, for whole
  // sectors; 4 x 8 sums per thread leave registers for three blocks, whose phases overlap.
  EXPECT_EQ(show(chooseWindowTile(conv2d(), false, w, cudaCores(), 128)), "1x2x64 c64 s8 4x8 t256");
  EXPECT_EQ(show(chooseWindowTile(conv2d(), false, w, h200(), 128)), "1x4x126 c64 s8 w64x64 t384");
}

TEST(Tiles, ConvolutionInputGradient) {
  // Few output channels: slices of 8 share the arithmetic of a place; a box of 16 x 32 keeps the halo small and the pipe at 22 KB.
  EXPECT_EQ(show(chooseWindowTile(conv2d(), true, gradientOfActivation(), cudaCores(), 128)), "1x16x32 c8 s8 4x8 t128");
  EXPECT_EQ(show(chooseWindowTile(conv2d(), true, gradientOfActivation(), h200(), 128)), "1x8x32 c8 s16 w64x8 t256");
}

TEST(Tiles, ConvolutionWeightGradient) {
  ElementWork w = gradientOfActivation();
  w.reduces = true;
  // All 64 x 8 channels in one block, so that the gradient is read once; 4 channels by the 9 taps of one channel per thread.
  EXPECT_EQ(show(chooseWeightTile(conv2d(), w, cudaCores(), 128)), "1x2x32 64x8 4x9 t128");
}

TEST(Tiles, WeightGradientOnTensorCores) {
  // Both operands are copied: two buffers, so that the next box is in flight while one is multiplied.
  DeviceSpec alone = h200(); // warps
  alone.wgmmaShare = 0;
  WeightTile t = chooseWeightTile(wideConv2d(), ElementWork(), alone, 32);
  EXPECT_EQ(show(t), "1x8x16 32x32 w32x48 b2 t192");
  EXPECT_EQ(t.stages, 2);
  // A gradient that is computed on the way is not in flight meanwhile.
  t = chooseWeightTile(wideConv2d(), gradientOfActivation(), alone, 32);
  EXPECT_EQ(show(t), "1x8x32 32x32 w32x48 b2 t192");
  EXPECT_EQ(t.stages, 1);
  // Less than half the time of CUDA cores.
  WeightChoice choice = chooseWeight(wideConv2d(), ElementWork(), h200(), 32);
  EXPECT_LT(choice.tensorSeconds, 0.5 * choice.cudaSeconds);
  // A channel per group leaves 15 of 16 rows empty, and so do 3 channels of S most of them.
  WindowProblem depthwise = wideConv2d();
  depthwise.a = depthwise.b = depthwise.groups = 64;
  EXPECT_FALSE(chooseWeightTile(depthwise, ElementWork(), h200(), 32).onTensorCores());
  EXPECT_FALSE(chooseWeightTile(convTranspose3d(), gradientOfActivation(), h200(), 128).onTensorCores());
  // Where less than a microsecond is at stake, fp32 stays.
  WindowProblem small = wideConv2d();
  small.small = small.large = {1, 2, 4};
  EXPECT_FALSE(chooseWeightTile(small, ElementWork(), h200(), 1).onTensorCores());
  choice = chooseWeight(wideConv2d(), ElementWork(), cudaCores(), 32);
  EXPECT_FALSE(choice.tile.onTensorCores());
  EXPECT_TRUE(std::isinf(choice.tensorSeconds));
}

TEST(Tiles, WeightGradientOfWarpgroups) {
  // All nine taps in a block, a line of them per warpgroup, and long lines of positions; 256 threads bring the next box.
  WeightTile t = chooseWeightTile(wideConv2d(), ElementWork(), h200(), 32);
  EXPECT_EQ(show(t), "1x4x32 64x32 w64x96 b1 t640");
  EXPECT_TRUE(t.grouped && t.taps == (Extents{1, 3, 3}) && t.lines == 1 && t.stagers == 256);
  EXPECT_EQ(t.channelBlocks(wideConv2d()), 4);
  // What computes an operand on the way needs registers that so many threads do not have.
  t = chooseWeightTile(wideConv2d(), gradientOfActivation(), h200(), 32);
  EXPECT_LT(t.threads, 640);
  // Eight channels of a group fill an eighth of the rows.
  WindowProblem grouped = wideConv2d();
  grouped.groups = 16;
  EXPECT_FALSE(chooseWeightTile(grouped, ElementWork(), h200(), 32).grouped);
}

TEST(Tiles, WarpgroupTilesOfWeightsFit) {
  std::mt19937 random(29);
  int seen = 0;
  for (int i = 0; i < 200; ++i) {
    WindowProblem p = randomProblem(random);
    DeviceSpec spec = h200();
    p.images *= 100;
    ElementWork w;
    w.loads[0] = double(i % 3 + 1), w.instructions[i % 2] = double(i % 7 * 6), w.reduces = i % 2;
    chooseWeight(p, w, spec, 1, [&](const WeightTile &t, double) {
      if (!t.grouped)
        return;
      ++seen;
      EXPECT_TRUE(t.bs % 8 == 0 && t.warpQ == t.bs * t.taps[2] && t.warpQ <= 256 && t.box[2] % 8 == 0) << show(t);
      EXPECT_EQ(t.threads, t.multiplying() + t.stagers) << show(t);
      EXPECT_LE(t.resident * (4 * t.pipeFloats(p) + 1024), spec.sharedPerMultiprocessor) << show(t);
      EXPECT_GE(t.registers(), t.lines * t.warpQ / 2 + 24) << show(t);
    });
  }
  EXPECT_GE(seen, 1000);
}

TEST(Tiles, TensorTilesOfWeightsFitEveryDevice) {
  std::mt19937 random(23);
  int seen = 0;
  for (int i = 0; i < 200; ++i) {
    WindowProblem p = randomProblem(random);
    DeviceSpec spec = *deviceFor(kArchitectures[i % 4]);
    spec.fp32Rate /= 20, p.images *= 100; // so that most take tensor cores
    spec.wgmmaShare = 0;                  // warps alone
    ElementWork w;
    w.loads[0] = double(i % 3 + 1), w.instructions[i % 2] = double(i % 7 * 6), w.reduces = i % 2;
    WeightTile t = chooseWeightTile(p, w, spec, 1);
    if (!t.onTensorCores())
      continue;
    ++seen;
    EXPECT_EQ(t.threads % (32 * t.warps(p)), 0) << show(t);
    EXPECT_TRUE(t.warpA % 16 == 0 && t.warpQ % 8 == 0 && t.threads <= 256 && t.threads >= t.as && t.splits >= 1) << show(t);
    EXPECT_EQ(t.box[0] * t.box[1] * t.box[2] % 8, 0) << show(t);
    EXPECT_LE(t.resident * (4 * t.pipeFloats(p) + 1024), spec.sharedPerMultiprocessor) << show(t);
    EXPECT_GE(65536 / (t.resident * t.threads), t.warpA * t.warpQ / 16 + 40) << show(t); // registers for both sums and the rest
  }
  EXPECT_GE(seen, 100);
}

TEST(Tiles, TransposedConvolutionForward) {
  ElementWork w;
  w.epilogueInstructions = 30;
  // A box of whole rows of pairs: each thread owns both phases along w (8 rows = 4 places x 2), all 16 channels in one block.
  EXPECT_EQ(show(chooseWindowTile(convTranspose3d(), true, w, cudaCores(), 128)), "1x8x64 c16 s3 8x8 t128");
  EXPECT_EQ(show(chooseWindowTile(convTranspose3d(), true, w, h200(), 128)), "1x8x64 c16 s3 w32x16 t128");
}

TEST(Tiles, MatrixProduct) {
  ElementWork w;
  w.epilogueInstructions = 50;
  // 8 x 8 sums per thread: two quads of each operand for 64 multiply-adds. Depth 8 keeps two blocks of 256 threads to 128 registers.
  EXPECT_EQ(show(chooseMatmulTile(1024, 8192, 8192, 32, w, cudaCores())), "128x128 d8 8x8 t256 b2");
  // A tiny product takes a tiny tile.
  EXPECT_EQ(show(chooseMatmulTile(3, 5, 7, 0, w, h200())), "32x32 d8 4x4 t64 b8");
}

TEST(Tiles, MatrixProductOnTensorCores) {
  ElementWork w;
  // 64 x 32 sums per warp: a fragment's splitting serves as many products as registers allow. Four warps, two blocks of 240 registers.
  const DeviceSpec alone = *deviceFor("sm_90"); // without warpgroups
  EXPECT_EQ(show(chooseMatmulTile(1024, 8192, 8192, 32, w, alone)), "64x128 d8 8x8 t128 b2 w64x32");
  // Few tiles: smaller ones, on more multiprocessors.
  EXPECT_EQ(show(chooseMatmulTile(128, 1024, 512, 0, w, alone)), "32x64 d8 8x4 t64 b6 w32x32");
  EXPECT_EQ(show(chooseMatmulTile(128, 1024, 512, 0, w, h200())), "64x32 d8 4x4 t256 b2 w16x32");
  // Measured on an H200 (benchmarks/results): 2.2 to 2.3 ms on tensor cores, 1.2 ms with warpgroups and 3.4 ms on CUDA cores.
  EXPECT_NEAR(chooseMatmul(4096, 4096, 4096, 0, w, alone).tensorSeconds, 2.25e-3, 0.15e-3);
  MatmulChoice choice = chooseMatmul(4096, 4096, 4096, 0, w, h200());
  EXPECT_EQ(show(choice.tile), "128x128 d8 8x8 t384 b1 w16x128");
  EXPECT_NEAR(choice.tensorSeconds, 1.18e-3, 0.05e-3);
  EXPECT_NEAR(choice.cudaSeconds, 3.2e-3, 0.3e-3);
  // Sums of few terms, tiny products, and a card whose CUDA cores do as well, keep fp32 multiply-adds.
  EXPECT_FALSE(chooseMatmulTile(4096, 4096, 31, 0, w, h200()).onTensorCores());
  EXPECT_FALSE(chooseMatmulTile(3, 5, 64, 0, w, h200()).onTensorCores());
  EXPECT_FALSE(chooseMatmulTile(4096, 4096, 4096, 0, w, *deviceFor("sm_120")).onTensorCores());
}

TEST(Tiles, TensorTilesFitEveryDevice) {
  std::mt19937 random(7);
  for (int i = 0; i < 400; ++i) {
    auto size = [&] { return int64_t(1) << (random() % 14) | int64_t(random() % 100); };
    ElementWork w;
    w.instructions[i % 2] = double(i % 5 * 10), w.epilogueInstructions = double(i % 3 * 20);
    int64_t group = i % 4 == 0 ? int64_t(1) << random() % 8 : 0;
    DeviceSpec spec = *deviceFor(kArchitectures[i % 4]);
    MatmulTile t = chooseMatmulTile(size(), size(), size(), group, w, spec);
    if (!t.onTensorCores())
      continue;
    EXPECT_EQ(t.multiplying() + (t.grouped ? kMatmulStagers : 0), t.threads) << show(t);
    // Tiles with sums that are not finite are computed again: with all threads, or where some only bring operands, with what that leaves.
    int64_t again = t.rows / t.tm * (t.cols / t.tn);
    EXPECT_TRUE(t.grouped ? again <= t.threads && again % 32 == 0 : again == t.threads) << show(t);
    EXPECT_LE(t.resident * (t.sharedBytes() + 1024), spec.sharedPerMultiprocessor) << show(t);
    EXPECT_GE(65536 / (t.resident * t.threads), t.warpRows * t.warpCols / 16 + (t.grouped ? 36 : 100))
        << show(t); // registers for the sums and the rest
    EXPECT_LE(t.step, t.cols) << show(t);
  }
}

TEST(Tiles, MatrixProductWalksBands) {
  // 264 blocks run together on an H200. 16 rows of tiles by 16 columns of them: x is read ceil(32 / 16) times and w ceil(128 / 16) times,
  // instead of x 16 times by 128 rows by 2 columns.
  ElementWork w;
  MatmulTile t;
  t.band = chooseMatmulBand(16384, 4096, 4096, t, w, h200());
  EXPECT_EQ(t.band, 16);
  double x = 4.0 * 16384 * 4096, weight = 4.0 * 4096 * 4096;
  MatmulReads reads = matmulReads(16384, 4096, 4096, t, w, h200());
  EXPECT_EQ(reads.left, 2);
  EXPECT_EQ(reads.right, 8);
  EXPECT_EQ(reads.extraBytes, x + 7 * weight);
  t.band = 0;
  reads = matmulReads(16384, 4096, 4096, t, w, h200());
  EXPECT_EQ(reads.left, 16);
  EXPECT_EQ(reads.right, 1);
  // Operands that stay in L2 are read once in any order, and keep the plain one.
  EXPECT_EQ(chooseMatmulTile(1024, 8192, 8192, 32, w, h200()).band, 0);
  EXPECT_EQ(chooseMatmulTile(3, 5, 7, 0, w, h200()).band, 0);
  EXPECT_EQ(chooseMatmulTile(0, 5, 7, 0, w, h200()).band, 0);
}

TEST(Tiles, BandsReadNoMoreThanAllRowsDo) {
  std::mt19937 random(5);
  for (int i = 0; i < 300; ++i) {
    auto size = [&] { return int64_t(1) << (random() % 18) | int64_t(random() % 100); };
    int64_t m = size(), n = size(), k = size();
    DeviceSpec spec = *deviceFor(kArchitectures[i % 4]);
    MatmulTile t = chooseMatmulTile(m, n, k, 0, ElementWork(), spec), all = t;
    all.band = 0;
    EXPECT_TRUE(t.band == 0 || t.band * t.rows < m) << show(t);
    double bytes = matmulReads(m, n, k, t, ElementWork(), spec).extraBytes,
           plain = matmulReads(m, n, k, all, ElementWork(), spec).extraBytes;
    EXPECT_TRUE(t.band ? bytes < plain : bytes == plain) << m << " " << n << " " << k << " " << show(t);
  }
}

TEST(Tiles, GroupsLieInsideAMatmulTile) {
  for (int64_t group : {1, 3, 24, 32, 48, 96, 128}) {
    MatmulTile t = chooseMatmulTile(100, 5 * group, 64, group, ElementWork(), h200());
    EXPECT_EQ(t.step % group, 0) << group;
    EXPECT_LE(t.step, t.cols) << group;
  }
}

TEST(Tiles, HeavyProloguesTakeFewerRegisters) {
  ElementWork heavy;
  heavy.loads[0] = 6, heavy.instructions[0] = 200;
  WindowTile t = chooseWindowTile(conv2d(), true, heavy, cudaCores(), 128),
             light = chooseWindowTile(conv2d(), true, ElementWork(), cudaCores(), 128);
  EXPECT_LE(t.rows * t.cols, light.rows * light.cols) << show(t);
  WindowGeometry g(conv2d(), t, true);
  EXPECT_TRUE(!g.resident || t.rows * t.cols <= 56) << show(t); // what is left of 128 registers beside 6 x 4 loads in flight
}

TEST(Tiles, HeightsFillTilesOfWarpgroups) {
  // 34 x 34 elements with lines of 38 between them: five lines are 170 of 192 places, four would be 136.
  WindowProblem p;
  p.a = 64, p.b = 128, p.images = 512, p.packs = true;
  p.small = {1, 32, 32}, p.large = {1, 34, 34}, p.taps = {1, 5, 5}, p.padding = {0, 1, 1};
  WindowTile t = chooseWindowTile(p, true, ElementWork(), h200(), 512);
  EXPECT_TRUE(t.grouped && t.box[1] == 5 && t.box[2] == 34) << show(t);
}

TEST(Tiles, BlocksWalkBoxesOfWholeLinesWhereOneSliceIsAll) {
  // 8 -> 64 channels: lines of 126 elements begin anywhere in a sector, so that boxes of them are one run. With 64 -> 64 channels, weights
  // would come again with each box.
  WindowProblem p;
  p.a = 64, p.b = 8, p.images = 128, p.packs = true;
  p.small = {1, 126, 126}, p.large = {1, 128, 128}, p.taps = {1, 3, 3};
  WindowTile t = chooseWindowTile(p, false, ElementWork(), h200(), 128);
  EXPECT_TRUE(t.grouped && t.walks && t.box[2] == 126) << show(t);
  EXPECT_EQ(t.run(p.small), t.box[1] * 126);
  EXPECT_EQ(t.vector(p.small), t.box[1] % 2 ? 2 : 4);
  p.b = 64;
  t = chooseWindowTile(p, false, ElementWork(), h200(), 128);
  EXPECT_TRUE(t.grouped && !t.walks) << show(t);
  // Memory between a box and the next line is no part of a run, nor of a vector.
  t.box = {2, 4, 126};
  EXPECT_EQ(t.run(p.small), 4 * 126);
  EXPECT_EQ(t.vector(p.small), 2);
  t.box = {1, 4, 128};
  EXPECT_EQ(t.vector(p.small), 2);
}

TEST(Tiles, WalksOverChannelsFillRoundsOfPositions) {
  auto lanes = [](int64_t positions, int64_t channels, int64_t threads) { return tileLanes(positions, channels, threads).lanes; };
  EXPECT_EQ(lanes(256, 128, 384), 128);
  EXPECT_EQ(lanes(204, 128, 384), 128); // seven rounds of 32 would merge seven times
  EXPECT_EQ(lanes(512, 16, 256), 256);
  EXPECT_EQ(tileLanes(204, 128, 384).elements, 86);
}

TEST(Tiles, WindowsOfManyTapsStageThemInSlices) {
  // 5 x 5 x 5 taps of 128 channels do not fit beside the patch. A scatter with a stride meets its taps in classes, which are staged
  // together.
  WindowProblem p;
  p.a = 128, p.b = 64, p.images = 16, p.packs = true;
  p.small = {16, 32, 32}, p.large = {20, 36, 36}, p.taps = {5, 5, 5};
  WindowTile t = chooseWindowTile(p, false, ElementWork(), h200(), 16);
  EXPECT_TRUE(t.grouped && t.tapSlice > 0) << show(t);
  p.small = {12, 16, 16}, p.large = {27, 35, 35}, p.stride = {2, 2, 2};
  chooseWindow(p, true, ElementWork(), h200(), 16, [](const WindowTile &tile, double) { EXPECT_EQ(tile.tapSlice, 0) << show(tile); });
}

TEST(Tiles, FewLongColumnsAreSharedByManyThreads) {
  // A layer norm's gradients: 2048 results, a sum of 131072 rows each. A block has a sector's results and as many threads as help.
  fusion::Run run;
  run.perImage = false, run.outer = 1, run.reduced = 4096, run.inner = 2048;
  SweepWork work;
  SweepTile t = chooseSweepTile(run, 32, work, h200());
  EXPECT_FALSE(t.alongReduced);
  EXPECT_EQ(t.lanes * 4, 8) << "results of a block";
  EXPECT_EQ(t.threads, 512);
  // Twice as many leave a block of 16, in 64 bytes, for each multiprocessor: a batch norm of 4096 features.
  run.reduced = 1, run.inner = 4096;
  t = chooseSweepTile(run, 16384, work, h200());
  EXPECT_EQ(t.lanes * 4, 16);
  EXPECT_EQ(t.threads, 512);
  // Short columns keep whole lines.
  run.reduced = 2, run.inner = 2048;
  t = chooseSweepTile(run, 4, work, h200());
  EXPECT_GE(t.lanes, 32);
  EXPECT_EQ(t.threads, 256);
}

TEST(Tiles, EveryShapeFitsEveryDevice) {
  std::mt19937 random(11);
  for (int i = 0; i < 200; ++i) {
    WindowProblem p = randomProblem(random);
    DeviceSpec spec = *deviceFor(kArchitectures[i % 4]);
    ElementWork w;
    w.loads[0] = double(i % 3 + 1), w.instructions[0] = double(i % 7 * 6);
    for (bool scatter : {false, true}) {
      WindowTile t = chooseWindowTile(p, scatter, w, spec, 1);
      WindowGeometry g(p, t, scatter);
      EXPECT_LE(g.sharedBytes(), spec.sharedPerBlock) << show(t);
      EXPECT_TRUE(t.threads % 32 == 0 && t.threads >= 64 && t.threads <= (t.grouped ? 768 : 256)) << show(t);
      if (t.grouped) { // every warpgroup has places and channels of its own
        EXPECT_EQ(t.threads,
                  128 * ((g.tiles + t.warpPlaces / 16 - 1) / (t.warpPlaces / 16)) * ((t.channels + t.warpChannels - 1) / t.warpChannels) +
                      t.stagers)
            << show(t);
      }
      EXPECT_LE(t.rows * t.cols, 64) << show(t);
      EXPECT_GE(t.box[2] * t.boxes(p, scatter), 1) << show(t);
    }
    WeightTile t = chooseWeightTile(p, w, spec, 1);
    EXPECT_LE(4 * t.pipeFloats(p), spec.sharedPerBlock) << show(t);
    EXPECT_TRUE(t.splits >= 1 && t.threads >= t.as && t.as % t.ta == 0 && t.box[2] % 4 == 0) << show(t);
  }
}

TEST(Tiles, ChoosingIsQuick) {
  clock_t start = clock();
  int choices = 0;
  for (const char *arch : kArchitectures)
    for (const WindowProblem &p : {conv2d(), convTranspose3d(), wideConv2d()}) {
      chooseWindowTile(p, false, ElementWork(), *deviceFor(arch), 128), chooseWindowTile(p, true, ElementWork(), *deviceFor(arch), 128);
      chooseWeightTile(p, ElementWork(), *deviceFor(arch), 128);
      choices += 3;
    }
  double milliseconds = 1e3 * double(clock() - start) / CLOCKS_PER_SEC / choices;
  printf("%.2f ms of CPU time per choice\n", milliseconds);
  EXPECT_LT(milliseconds, 25); // some 1 ms optimised; the margin is for unoptimised builds
}

// Who measures tiles picks among those that the chooser considers: the chosen one is among them, and none is predicted to take less.
TEST(Tiles, ObserversSeeEveryTileConsidered) {
  ElementWork w;
  double least = INFINITY;
  bool chosen = false;
  MatmulChoice product = chooseMatmul(4096, 4096, 4096, 0, w, h200(), Factors::Split, [&](MatmulTile tile, double seconds) {
    tile.band = chooseMatmulBand(4096, 4096, 4096, tile, w, h200());
    least = std::min(least, seconds);
    chosen |= show(tile) == show(chooseMatmulTile(4096, 4096, 4096, 0, w, h200()));
  });
  EXPECT_TRUE(chosen);
  EXPECT_EQ(least, std::min(product.cudaSeconds, product.tensorSeconds));

  least = INFINITY, chosen = false;
  std::string shown = show(chooseWindowTile(conv2d(), false, w, h200(), 128));
  WindowChoice window = chooseWindow(conv2d(), false, w, h200(), 128, [&](const WindowTile &tile, double seconds) {
    least = std::min(least, seconds), chosen |= show(tile) == shown;
  });
  EXPECT_TRUE(chosen);
  EXPECT_EQ(least, std::min(window.cudaSeconds, window.tensorSeconds));

  least = INFINITY, chosen = false;
  shown = show(chooseWeightTile(conv2d(), w, h200(), 128));
  WeightChoice weight = chooseWeight(conv2d(), w, h200(), 128, [&](const WeightTile &tile, double seconds) {
    least = std::min(least, seconds), chosen |= show(tile) == shown;
  });
  EXPECT_TRUE(chosen);
  EXPECT_EQ(least, std::min(weight.cudaSeconds, weight.tensorSeconds));
}
