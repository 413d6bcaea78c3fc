// The formulas of Tiles.cpp against the prelude's own: NVRTC evaluates static_asserts over random problems and tiles.
#include "Problems.h"
#include "fusion/Emit/CUDA/Emit.h"
#include "fusion/Runtime/Nvrtc.h"
#include "gtest/gtest.h"

using namespace fusion;
using namespace fusion::test;

namespace {

std::string text(const Extents &e) { return "{" + std::to_string(e[0]) + ", " + std::to_string(e[1]) + ", " + std::to_string(e[2]) + "}"; }

std::string problemText(const WindowProblem &p, const std::string &name) {
  return "struct " + name + " { static constexpr int A = " + std::to_string(p.a) + ", B = " + std::to_string(p.b) +
         ", G = " + std::to_string(p.groups) + "; static constexpr Vec3 small = " + text(p.small) + ", large = " + text(p.large) +
         ", taps = " + text(p.taps) + ", stride = " + text(p.stride) + ", padding = " + text(p.padding) +
         ", dilation = " + text(p.dilation) + "; };\n";
}

std::string entry(const char *name, int64_t value) { return std::string(", ") + name + " = " + std::to_string(value); }

/// Everything that shared memory, threads and the model depend on.
std::string windowAsserts(const WindowProblem &p, const WindowTile &t, bool scatter, int number, int64_t wrong) {
  WindowGeometry g(p, t, scatter);
  std::string n = std::to_string(number), shape = "WindowShape<P" + n + ", T" + n + (scatter ? ", true>" : ", false>");
  std::string out = problemText(p, "P" + n) + "struct T" + n + " { static constexpr Vec3 box = " + text(t.box) +
                    "; static constexpr int vector = 1" + entry("channels", t.channels) + entry("slice", t.slice) + entry("rows", t.rows) +
                    entry("cols", t.cols) + entry("threads", t.threads) + entry("pitch", g.pitch) + "; };\n";
  auto same = [&](const std::string &member, int64_t value) {
    out += "static_assert(" + shape + "::" + member + " == " + std::to_string(value) + ", \"" + member + "\");\n";
  };
  same("PipeFloats", g.pipeFloats + wrong), same("Items", g.items), same("PhaseItems", g.phaseItems), same("Resident", g.resident),
      same("Pitch", g.weightPitch);
  same("plane", g.plane), same("Paired", g.paired), same("Places", g.places), same("Positions", g.positions),
      same("ColGroups", g.columnGroups);
  const char *axes[] = {"d", "h", "w"};
  for (int i = 0; i < 3; ++i) {
    std::string axis = std::string(".") + axes[i];
    same("phases" + axis, g.phases[i]), same("period" + axis, g.period[i]), same("reach" + axis, g.reach[i]),
        same("step" + axis, g.step[i]);
    same("lanes" + axis, g.lanes[i]), same("full" + axis, g.full[i]), same("patch" + axis, g.patch[i]), same("spread" + axis, g.spread[i]);
  }
  same("boxes.d * " + shape + "::boxes.h * " + shape + "::boxes.w", t.boxes(p, scatter));
  out += "static_assert(T" + n + "::pitch >= volume(T" + n + "::box) && T" + n + "::pitch % 4 == 0, \"pitch\");\n";
  return out;
}

std::string tensorWindowAsserts(const WindowProblem &p, const WindowTile &t, bool scatter, int number) {
  WindowGeometry g(p, t, scatter);
  std::string n = std::to_string(number), shape = "TensorWindowShape<P" + n + ", T" + n + (scatter ? ", true>" : ", false>");
  std::string out = problemText(p, "P" + n) + "struct T" + n + " { static constexpr Vec3 box = " + text(t.box) +
                    "; static constexpr int vector = 1" + entry("channels", t.channels) + entry("slice", t.slice) +
                    entry("warpPlaces", t.warpPlaces) + entry("warpChannels", t.warpChannels) + entry("threads", t.threads) +
                    entry("pitch", g.pitch) + (t.pack == 2 ? "; using Factors = Bf16; };\n" : "; using Factors = Tf32; };\n");
  auto same = [&](const std::string &member, int64_t value) {
    out += "static_assert(" + shape + "::" + member + " == " + std::to_string(value) + ", \"" + member + "\");\n";
  };
  same("PipeFloats", g.pipeFloats), same("TableFloats", g.tableFloats), same("WeightFloats", g.weightFloats), same("Pitch", g.weightPitch);
  same("plane", g.plane), same("Places", g.places), same("Direct", g.copiesQuads), same("Buffers", g.twoBuffers ? 2 : 1);
  const char *axes[] = {"d", "h", "w"};
  for (int i = 0; i < 3; ++i) {
    std::string axis = std::string(".") + axes[i];
    same("phases" + axis, g.phases[i]), same("period" + axis, g.period[i]), same("reach" + axis, g.reach[i]),
        same("step" + axis, g.step[i]);
    same("cover" + axis, g.cover[i]), same("patch" + axis, g.patch[i]), same("spread" + axis, g.spread[i]);
  }
  return out;
}

std::string togetherAsserts(const WindowProblem &p, const WindowTile &t, bool scatter, int number) {
  WindowGeometry g(p, t, scatter);
  std::string n = std::to_string(number), shape = "TogetherShape<P" + n + ", T" + n + (scatter ? ", true>" : ", false>");
  std::string out = problemText(p, "P" + n) + "struct G" + n + " { static constexpr int columns = " + std::to_string(t.warpChannels) +
                    "; };\nstruct T" + n + " { static constexpr Vec3 box = " + text(t.box) + "; static constexpr int vector = 1" +
                    entry("channels", t.channels) + entry("slice", t.slice) + entry("warpPlaces", t.warpPlaces) +
                    entry("warpChannels", t.warpChannels) + entry("threads", t.threads) + entry("pitch", g.pitch) +
                    entry("stagers", t.stagers) + entry("batch", 2) + entry("tapSlice", t.tapsAtOnce(p)) + entry("walks", t.walks) +
                    (t.pack == 2 ? "; using Factors = Bf16" : "; using Factors = Tf32") + "; using Products = G" + n + "; };\n";
  auto same = [&](const std::string &member, int64_t value) {
    out += "static_assert(" + shape + "::" + member + " == " + std::to_string(value) + ", \"" + member + "\");\n";
  };
  same("PipeFloats", g.pipeFloats), same("TableFloats", g.tableFloats), same("WeightFloats", g.weightFloats), same("Wide", g.weightPitch);
  same("plane", g.plane), same("Tiles", g.tiles), same("PatchBuffers", g.twoBuffers || t.walks ? 2 : 1);
  same("Stays", g.stays);
  return out;
}

std::string weightAsserts(const WindowProblem &p, const WeightTile &t, int number) {
  std::string n = std::to_string(number), shape = t.onTensorCores() ? "TensorWeightShape" : "WeightShape";
  shape += "<P" + n + ", T" + n + ">";
  // An instance of the shape also runs the prelude's own asserts on what a tile may be.
  std::string out = problemText(p, "P" + n) + "struct T" + n + " { static constexpr Vec3 box = " + text(t.box) +
                    "; static constexpr int threads = " + std::to_string(t.threads) + entry("as", t.as) + entry("bs", t.bs) +
                    entry("ta", t.ta) + entry("tq", t.tq) + entry("warpA", t.warpA) + entry("warpQ", t.warpQ) + entry("stages", t.stages) +
                    (t.pack == 2 ? "; using Factors = Fp16" : "; using Factors = Tf32") + "; };\nstatic_assert(" + shape +
                    "::PipeFloats == " + std::to_string(t.pipeFloats(p)) + " && volume(" + shape +
                    "::boxes) == " + std::to_string(t.boxes(p)) + " && " + shape + "::BlocksA * " + shape + "::BlocksB * P" + n +
                    "::G == " + std::to_string(t.channelBlocks(p)) + ", \"weight\");\n";
  if (t.onTensorCores())
    out += "static_assert(" + shape + "::WarpsA * " + shape + "::WarpsQ == " + std::to_string(t.warps(p)) + ", \"warps\");\n";
  return out;
}

std::string togetherWeightAsserts(const WindowProblem &p, const WeightTile &t, int number) {
  std::string n = std::to_string(number), shape = "WeightTogetherShape<P" + n + ", T" + n + ">";
  std::string out =
      problemText(p, "P" + n) + "struct G" + n + " { static constexpr int columns = " + std::to_string(t.warpQ) + "; };\nstruct T" + n +
      " { static constexpr Vec3 box = " + text(t.box) + ", taps = " + text(t.taps) +
      "; static constexpr int threads = " + std::to_string(t.threads) + entry("as", t.as) + entry("bs", t.bs) + entry("lines", t.lines) +
      entry("stagers", t.stagers) + entry("batch", 2) + "; using Factors = Tf32; using Products = G" + n + "; };\nstatic_assert(" + shape +
      "::PipeFloats == " + std::to_string(t.pipeFloats(p)) + " && " + shape + "::Multiplying == " + std::to_string(t.multiplying()) +
      " && volume(" + shape + "::boxes) == " + std::to_string(t.boxes(p)) + " && " + shape + "::BlocksA * " + shape + "::BlocksB * P" + n +
      "::G * volume(" + shape + "::tapBlocks) == " + std::to_string(t.channelBlocks(p)) + ", \"weight together\");\n";
  return out;
}

class Mirror : public testing::Test {
protected:
  std::mt19937 random{7};
  int64_t pick(std::initializer_list<int64_t> from) {
    return from.begin()[std::uniform_int_distribution<size_t>(0, from.size() - 1)(random)];
  }

  WindowTile anyTile(const WindowProblem &p) {
    WindowTile t;
    t.box = {pick({1, 1, 2, 4}), pick({1, 2, 3, 8, 16}), pick({1, 4, 7, 16, 32, 64})};
    t.channels = pick({1, 3, 4, 6, 16, 64}), t.slice = pick({1, 2, 3, 8}), t.rows = pick({1, 2, 4, 6, 8}), t.cols = pick({1, 3, 4, 8, 16});
    t.threads = pick({64, 96, 256});
    return t;
  }

  WeightTile anyTensorTile(const WindowProblem &p) {
    WeightTile t;
    t.pack = pick({1, 2});
    t.box = {pick({1, 2}), pick({2, 4, 6}), t.pack == 1 ? pick({4, 8, 12, 32}) : pick({8, 16, 32})};
    t.as = pick({1, 3, 16, 20, 64}), t.bs = pick({1, 3, 4, 5, 8, 12, 16}), t.warpA = pick({16, 32}), t.warpQ = pick({8, 24, 72});
    t.stages = pick({1, 2}), t.threads = 32 * t.warps(p) * pick({1, 2, 3});
    t.as = std::min(t.as, t.threads);
    return t;
  }

  /// Compiles; the log when that fails, nothing when it succeeds.
  std::string errors(const std::string &asserts) {
    auto nvrtc = runtime::Nvrtc::get();
    if (!nvrtc)
      return "NOT RUN: " + nvrtc.error().message();
    std::string source = "typedef int index_t;\n" +
                         preludeText({"window.cuh", "tensor-window.cuh", "weight.cuh", "tensor-weight.cuh", "half.cuh",
                                      "together-shape.cuh", "weight-together.cuh"}) +
                         asserts;
    auto ptx = (*nvrtc)->compileToPtx(source, "mirror.cu", "sm_90a");
    return ptx ? "" : ptx.error().message();
  }
};

} // namespace

TEST_F(Mirror, WindowFormulasAreThePreludes) {
  std::string asserts;
  for (int i = 0; i < 120; ++i) {
    WindowProblem p = randomProblem(random);
    bool scatter = i % 2;
    DeviceSpec spec = *deviceFor(kArchitectures[i % 4]);
    if (i % 2)
      spec.tf32Rate = 0;
    WindowTile t = i % 3 ? anyTile(p) : chooseWindowTile(p, scatter, ElementWork(), spec, 1);
    asserts += t.grouped           ? togetherAsserts(p, t, scatter, i)
               : t.onTensorCores() ? tensorWindowAsserts(p, t, scatter, i)
                                   : windowAsserts(p, t, scatter, i, 0);
  }
  std::string log = errors(asserts);
  if (log.find("NOT RUN") == 0)
    GTEST_SKIP() << log;
  EXPECT_EQ(log, "");
}

TEST_F(Mirror, TensorWindowFormulasAreThePreludes) {
  std::string asserts;
  for (int i = 0; i < 120; ++i) {
    WindowProblem p = randomProblem(random);
    bool scatter = i % 2;
    WindowTile t = anyTile(p);
    t.pack = pick({1, 2}), t.slice = t.pack * pick({3, 4, 6, 8}), t.warpPlaces = pick({16, 32, 64}), t.warpChannels = pick({8, 16, 32});
    int64_t places = WindowGeometry(p, t, scatter).places;
    t.threads = 32 * ((places + t.warpPlaces - 1) / t.warpPlaces) * ((t.channels + t.warpChannels - 1) / t.warpChannels);
    asserts += tensorWindowAsserts(p, t, scatter, i);
  }
  std::string log = errors(asserts);
  if (log.find("NOT RUN") == 0)
    GTEST_SKIP() << log;
  EXPECT_EQ(log, "");
}

TEST_F(Mirror, WarpgroupWindowFormulasAreThePreludes) {
  std::string asserts;
  for (int i = 0; i < 120; ++i) {
    WindowProblem p = randomProblem(random);
    bool scatter = i % 2;
    WindowTile t = anyTile(p);
    t.pack = pick({1, 2}), t.slice = 8 * t.pack * pick({1, 2, 3}), t.grouped = 1, t.warpPlaces = 16 * pick({1, 2, 3});
    t.warpChannels = pick({8, 16, 32});
    if (p.taps[0] * p.taps[1] * p.taps[2] > 3 && (!scatter || p.stride[0] * p.stride[1] * p.stride[2] == 1))
      t.tapSlice = pick({0, 2, 3});
    WindowGeometry g(p, t, scatter);
    int64_t tiles = t.warpPlaces / 16;
    t.stagers = pick({32, 128}), t.walks = pick({0, 1});
    t.threads = 128 * ((g.tiles + tiles - 1) / tiles) * ((t.channels + t.warpChannels - 1) / t.warpChannels) + t.stagers;
    if (g.describable)
      asserts += togetherAsserts(p, t, scatter, i);
  }
  std::string log = errors(asserts);
  if (log.find("NOT RUN") == 0)
    GTEST_SKIP() << log;
  EXPECT_EQ(log, "");
}

TEST_F(Mirror, WeightFormulasAreThePreludes) {
  std::string asserts;
  for (int i = 0; i < 60; ++i) {
    WindowProblem p = randomProblem(random);
    DeviceSpec spec = *deviceFor(kArchitectures[i % 4]);
    if (i % 3 == 0)
      spec.tf32Rate = 0;
    WeightTile t = i % 3 == 1 ? anyTensorTile(p) : chooseWeightTile(p, ElementWork(), spec, 1);
    asserts += t.grouped ? togetherWeightAsserts(p, t, i) : weightAsserts(p, t, i);
  }
  std::string log = errors(asserts);
  if (log.find("NOT RUN") == 0)
    GTEST_SKIP() << log;
  EXPECT_EQ(log, "");
}

TEST_F(Mirror, WarpgroupWeightFormulasAreThePreludes) {
  std::string asserts;
  for (int i = 0; i < 60; ++i) {
    WindowProblem p = randomProblem(random);
    WeightTile t;
    t.grouped = 1, t.warpA = 64, t.box = {pick({1, 2}), pick({4, 8}), pick({8, 16})};
    t.as = pick({16, 64, 96}), t.bs = pick({8, 16}), t.lines = pick({1, 2, 3}), t.stagers = pick({32, 128});
    for (int axis = 0; axis < 3; ++axis)
      t.taps[axis] = pick({1, p.taps[axis]});
    t.warpQ = t.bs * t.taps[2], t.threads = t.multiplying() + t.stagers;
    asserts += togetherWeightAsserts(p, t, i);
  }
  std::string log = errors(asserts);
  if (log.find("NOT RUN") == 0)
    GTEST_SKIP() << log;
  EXPECT_EQ(log, "");
}

TEST_F(Mirror, AWrongFormulaIsFound) {
  std::string log = errors(windowAsserts(conv2d(), WindowTile(), false, 0, 4));
  if (log.find("NOT RUN") == 0)
    GTEST_SKIP() << log;
  EXPECT_NE(log.find("PipeFloats"), std::string::npos) << log;
}
