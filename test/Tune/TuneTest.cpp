// Tuning with times that are made up: which tile wins, what is remembered, what stops it. Nothing is launched.
#include "fusion/Tune/Tune.h"
#include "common/Tool.h"
#include "fusion/Import/Import.h"
#include "fusion/Schedule/KernelFacts.h"
#include "fusion/Schedule/Shortlist.h"
#include "fusion/Schedule/Tiles.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace fusion;
using namespace fusion::tune;
using runtime::Error;
using runtime::ErrorKind;
using runtime::Expected;

namespace {

constexpr char kModel[] = R"(
func.func @two(%x: tensor<8x16x20x20xf32>, %w: tensor<24x16x3x3xf32> {fusion.parameter}, %v: tensor<8x24x1x1xf32> {fusion.parameter}) -> tensor<8x8x18x18xf32> {
  %a = fusion.conv %x, %w : (tensor<8x16x20x20xf32>, tensor<24x16x3x3xf32>) -> tensor<8x24x18x18xf32>
  %b = fusion.relu %a : tensor<8x24x18x18xf32>
  %y = fusion.conv %b, %v : (tensor<8x24x18x18xf32>, tensor<8x24x1x1xf32>) -> tensor<8x8x18x18xf32>
  return %y : tensor<8x8x18x18xf32>
}
)";

/// Times by measurement and kernel; kernels behind the last one given take 1 ms.
class Scripted : public Clock {
public:
  explicit Scripted(std::vector<std::vector<double>> times, std::string name = "a device")
      : times(std::move(times)), name(std::move(name)) {}
  std::string device() const override { return name; }
  Expected<KernelTimes> measure(const runtime::ProgramData &program, int64_t) override {
    size_t now = measured++;
    if (failsAt == int(now))
      return Error(ErrorKind::Device, "a made-up failure");
    if (stop && stopAt == int(now)) {
      *stop = true;
      return Error(ErrorKind::Cancelled, "stopped");
    }
    KernelTimes result;
    for (size_t i = 0; i < program.variants.front().forward.kernels.size(); ++i)
      result.forward.push_back(now < times.size() && i < times[now].size() ? times[now][i] : 1e-3);
    return result;
  }
  unsigned measured = 0;
  int failsAt = -1, stopAt = -1;
  std::atomic<bool> *stop = nullptr;

private:
  std::vector<std::vector<double>> times;
  std::string name;
};

class TuneTest : public ::testing::Test {
protected:
  void SetUp() override {
    char name[] = "/tmp/fusion-tune-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder = name;
    how.candidates = 3;
    how.progress = [this](const std::string &line, bool) { lines.push_back(line); };
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  /// Compiles kModel (or `text`) as fusion-opt does.
  Compiled compile(const char *text = kModel) {
    std::string path = folder + "/model.mlir";
    std::ofstream(path) << text;
    imported = importFile(path, session.context);
    std::optional<Compiled> compiled;
    EXPECT_EQ(tools::compileModule(session, *imported.module, options, compiled), tools::Fine);
    return std::move(*compiled);
  }
  Expected<TuneResult> run(Clock &clock, const std::string &memoryFolder) {
    Compiled base = compile();
    first = schedules(base), lists.clear();
    base.fused->walk([&](KernelOp kernel) { lists.push_back(shortlist(kernel, base.spec, base.batch, how.candidates)); });
    runtime::Memory memory(memoryFolder, [this](const std::string &message) { warnings.push_back(message); });
    return tune::tune(*imported.module, options, std::move(base), clock, memory, how);
  }
  Expected<TuneResult> run(Clock &clock) { return run(clock, folder + "/memory"); }
  static std::vector<mlir::DictionaryAttr> schedules(const Compiled &compiled) {
    std::vector<mlir::DictionaryAttr> all;
    mlir::ModuleOp(*const_cast<Compiled &>(compiled).fused).walk([&](KernelOp kernel) { all.push_back(*kernel.getSchedule()); });
    return all;
  }

  std::string folder;
  tools::Session session;
  ImportResult imported;
  CompileOptions options;
  TuneOptions how;
  std::vector<std::string> lines, warnings;
  std::vector<mlir::DictionaryAttr> first;
  std::vector<llvm::SmallVector<TileCandidate>> lists;
};

} // namespace

TEST_F(TuneTest, ShortlistsAreDistinctAndAscend) {
  how.candidates = 8;
  Scripted clock({});
  ASSERT_TRUE(bool(run(clock)));
  ASSERT_EQ(lists.size(), 2u);
  for (size_t k = 0; k < lists.size(); ++k) {
    ASSERT_EQ(lists[k].size(), 8u);
    EXPECT_EQ(lists[k][0].schedule, first[k]) << "the tile that the kernel has comes first";
    for (size_t i = 0; i < lists[k].size(); ++i) {
      EXPECT_GT(lists[k][i].seconds, 0);
      if (i > 1)
        EXPECT_GE(lists[k][i].seconds, lists[k][i - 1].seconds);
      for (size_t j = 0; j < i; ++j)
        EXPECT_NE(lists[k][i].schedule, lists[k][j].schedule);
    }
  }
}

TEST_F(TuneTest, EachKernelGetsItsFastestTile) {
  Scripted clock({{9e-6, 2e-6}, {5e-6, 3e-6}, {7e-6, 4e-6}});
  Expected<TuneResult> tuned = run(clock);
  ASSERT_TRUE(bool(tuned));
  EXPECT_EQ(clock.measured, 3u);
  EXPECT_FALSE(tuned->stopped);
  std::vector<mlir::DictionaryAttr> chosen = schedules(tuned->compiled);
  EXPECT_EQ(chosen[0], lists[0][1].schedule);
  EXPECT_EQ(chosen[1], lists[1][0].schedule);
  ASSERT_FALSE(tuned->compiled.forward.decisions.empty());
  EXPECT_NE(tuned->compiled.forward.decisions[tuned->compiled.forward.decisions.size() - 2].find(
                "on a device, forward_0_convolution_relu: tile 2 of 3, 5.0 us measured, 1.80 times as fast as the first (9.0 us)"),
            std::string::npos)
      << tuned->compiled.forward.decisions[tuned->compiled.forward.decisions.size() - 2];
}

TEST_F(TuneTest, WinnersAreRememberedPerDevice) {
  Scripted clock({{9e-6, 2e-6}, {5e-6, 3e-6}, {7e-6, 1e-6}});
  ASSERT_TRUE(bool(run(clock)));
  Scripted again({});
  Expected<TuneResult> tuned = run(again);
  ASSERT_TRUE(bool(tuned));
  EXPECT_EQ(again.measured, 0u);
  EXPECT_EQ(schedules(tuned->compiled)[0], lists[0][1].schedule);
  EXPECT_EQ(schedules(tuned->compiled)[1], lists[1][2].schedule);
  Scripted other({}, "another device");
  ASSERT_TRUE(bool(run(other)));
  EXPECT_EQ(other.measured, 3u);
}

TEST_F(TuneTest, RememberedOnlyMeasuresNothing) {
  how.measure = false;
  Scripted clock({});
  Expected<TuneResult> tuned = run(clock);
  ASSERT_TRUE(bool(tuned));
  EXPECT_EQ(clock.measured, 0u);
  EXPECT_EQ(schedules(tuned->compiled), first);
  EXPECT_TRUE(lines.empty());
}

TEST_F(TuneTest, DamagedMemoryIsMeasuredAgain) {
  Scripted clock({{9e-6, 2e-6}, {5e-6, 3e-6}, {7e-6, 1e-6}});
  ASSERT_TRUE(bool(run(clock)));
  unsigned damaged = 0;
  for (const auto &entry : std::filesystem::directory_iterator(folder + "/memory")) {
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-1, std::ios::end);
    file.put('?');
    ++damaged;
  }
  ASSERT_EQ(damaged, 2u);
  Scripted again({{1e-6, 1e-6}, {2e-6, 2e-6}, {3e-6, 3e-6}});
  Expected<TuneResult> tuned = run(again);
  ASSERT_TRUE(bool(tuned));
  EXPECT_EQ(again.measured, 3u);
  EXPECT_EQ(schedules(tuned->compiled), first);
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_NE(warnings[0].find("its checksum does not match"), std::string::npos) << warnings[0];
}

TEST_F(TuneTest, ARememberedTileThatIsNoCandidateIsNotUsed) {
  Compiled base = compile();
  runtime::Memory memory(folder + "/memory", nullptr);
  base.fused->walk([&](KernelOp kernel) { memory.insert(memoryKey(kernel, base, "a device"), "{rows = 7 : i64}"); });
  Scripted clock({});
  ASSERT_TRUE(bool(run(clock)));
  EXPECT_EQ(clock.measured, 3u);
}

TEST_F(TuneTest, StoppingKeepsTheBestAndRemembersNothing) {
  std::atomic<bool> stop{false};
  how.stop = &stop;
  Scripted clock({{9e-6, 2e-6}, {5e-6, 3e-6}});
  clock.stop = &stop, clock.stopAt = 2;
  Expected<TuneResult> tuned = run(clock);
  ASSERT_TRUE(bool(tuned));
  EXPECT_TRUE(tuned->stopped);
  EXPECT_EQ(schedules(tuned->compiled)[0], lists[0][1].schedule);
  EXPECT_EQ(schedules(tuned->compiled)[1], lists[1][0].schedule);
  stop = false;
  Scripted again({});
  ASSERT_TRUE(bool(run(again)));
  EXPECT_EQ(again.measured, 3u);
}

TEST_F(TuneTest, StoppedBeforeAnythingWasMeasured) {
  std::atomic<bool> stop{true};
  how.stop = &stop;
  Scripted clock({});
  Expected<TuneResult> tuned = run(clock);
  ASSERT_TRUE(bool(tuned));
  EXPECT_TRUE(tuned->stopped);
  EXPECT_EQ(clock.measured, 0u);
  EXPECT_EQ(schedules(tuned->compiled), first);
}

TEST_F(TuneTest, ASetThatFailsIsLeftOut) {
  Scripted clock({{9e-6, 2e-6}, {}, {7e-6, 4e-6}});
  clock.failsAt = 1;
  Expected<TuneResult> tuned = run(clock);
  ASSERT_TRUE(bool(tuned));
  EXPECT_EQ(tuned->failures, 1u);
  EXPECT_EQ(schedules(tuned->compiled)[0], lists[0][2].schedule);
  EXPECT_NE(std::find(lines.begin(), lines.end(), "tune: set 2 is left out: a made-up failure"), lines.end());
  Scripted again({}); // what was not measured in full is measured again
  ASSERT_TRUE(bool(run(again)));
  EXPECT_EQ(again.measured, 3u);
}

TEST_F(TuneTest, ADeviceThatFailsWithTheFirstTilesEndsIt) {
  Scripted clock({});
  clock.failsAt = 0;
  Expected<TuneResult> tuned = run(clock);
  ASSERT_FALSE(bool(tuned));
  EXPECT_EQ(tuned.error().message(), "a made-up failure");
}

TEST_F(TuneTest, KeysDoNotHoldTheTile) {
  Compiled compiled = compile();
  compiled.fused->walk([&](KernelOp kernel) {
    std::string before = memoryKey(kernel, compiled, "a device");
    kernel.setScheduleAttr(mlir::DictionaryAttr::get(kernel.getContext()));
    EXPECT_EQ(memoryKey(kernel, compiled, "a device"), before);
  });
}

TEST_F(TuneTest, KeysFollowTheProblemAndNotItsNames) {
  auto keys = [&](const char *text) {
    Compiled compiled = compile(text);
    std::vector<std::string> all;
    compiled.fused->walk([&](KernelOp kernel) { all.push_back(memoryKey(kernel, compiled, "a device")); });
    return all;
  };
  std::vector<std::string> own = keys(kModel);
  std::string renamed = kModel, larger = kModel;
  for (auto [from, to] : {std::pair<const char *, const char *>{"@two", "@other"}, {"%a", "%first"}, {"%x", "%input"}})
    for (size_t at = 0; (at = renamed.find(from, at)) != std::string::npos; at += std::strlen(to))
      renamed.replace(at, std::strlen(from), to);
  EXPECT_EQ(keys(renamed.c_str()), own);
  for (size_t at = 0; (at = larger.find("8x8x18x18", at)) != std::string::npos; at += 9)
    larger.replace(at, 9, "8x9x18x18");
  larger.replace(larger.find("%v: tensor<8x24"), 15, "%v: tensor<9x24");
  larger.replace(larger.find("tensor<8x24x1x1xf32>)"), 11, "tensor<9x24");
  std::vector<std::string> others = keys(larger.c_str());
  ASSERT_EQ(others.size(), 2u);
  EXPECT_EQ(others[0], own[0]);
  EXPECT_NE(others[1], own[1]);
  options.precision = "ieee";
  EXPECT_NE(keys(kModel)[0], own[0]);
}
