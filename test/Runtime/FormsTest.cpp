// Forms of a phase and units of a source: their text, which one a launch gets, that each is made once, and what is compiled at the same
// time.
#include "Forms.h"
#include "FakeDriver.h"
#include "TestProgram.h"
#include "fusion/Runtime/Embed.h"
#include "fusion/Runtime/Executable.h"
#include <thread>

using namespace fusion::runtime;
using test::FakeDriver;

namespace {

const char *const kHead = "typedef long long index_t; // linear offsets\n\n"
                          "// Tensors begin at multiples of 16 bytes; with `false` here, at multiples of 4.\n"
                          "constexpr bool alignedTensors = true;\n";

KernelLaunch kernelNamed(const std::string &name) {
  KernelLaunch kernel;
  kernel.name = name;
  return kernel;
}

TEST(Forms, AreMadeByReplacingALine) {
  EXPECT_EQ(*detail::sourceIn(kHead, Form::Wide), kHead);
  std::string narrow = *detail::sourceIn(kHead, Form::Narrow), unaligned = *detail::sourceIn(kHead, Form::Unaligned);
  EXPECT_NE(narrow.find("typedef int index_t; // linear offsets\n"), std::string::npos);
  EXPECT_NE(narrow.find("alignedTensors = true"), std::string::npos);
  EXPECT_NE(unaligned.find("\nconstexpr bool alignedTensors = false;\n"), std::string::npos);
  EXPECT_NE(unaligned.find("long long index_t"), std::string::npos) << "an odd address says nothing about the batch";
  EXPECT_FALSE(detail::sourceIn("  typedef long long index_t;", Form::Narrow)) << "only as a line of its own";
  EXPECT_EQ(*detail::sourceIn("no vectors", Form::Unaligned), "no vectors");
}

TEST(Units, HoldWhatIsSharedAndTheStructsTheyUse) {
  std::string source = "head\n// one\n//   about it\nstruct Load {\n  int x;\n};\nstruct Operand {\n  Load load;\n};\nvoid one();\n"
                       "// two\nstruct Tile {\n};\nvoid two(Operand);\n// three\nvoid three(Tile, Loader);\n";
  std::vector<detail::Unit> units =
      detail::unitsOf(source, {kernelNamed("one"), kernelNamed("two"), kernelNamed("two"), kernelNamed("three")});
  ASSERT_EQ(units.size(), 3u);
  EXPECT_EQ(units[0].source, source.substr(0, source.find("// two")));
  EXPECT_EQ(units[1].source,
            "head\nstruct Load {\n  int x;\n};\nstruct Operand {\n  Load load;\n};\n// two\nstruct Tile {\n};\nvoid two(Operand);\n");
  EXPECT_EQ(units[2].source, "head\nstruct Tile {\n};\n// three\nvoid three(Tile, Loader);\n");
  EXPECT_EQ(units[2].kernel, "three");
}

TEST(Units, ASourceWithoutMarksStaysWhole) {
  for (const char *source : {"// one\n// two and more\n", "// two\n// one\n", "void one(); void two();", " // one\n // two\n"}) {
    std::vector<detail::Unit> units = detail::unitsOf(source, {kernelNamed("one"), kernelNamed("two")});
    ASSERT_EQ(units.size(), 1u) << source;
    EXPECT_EQ(units[0].source, source);
    EXPECT_EQ(units[0].kernel, "");
  }
}

/// Remembers what it compiles.
class CompilingDriver : public FakeDriver {
public:
  std::vector<std::string> sources, names;
  std::string refused; ///< a source with this in it does not compile
  std::atomic<int> now{0}, most{0};
  Expected<Binary> compile(const std::string &source, const std::string &name, const std::string &arch) override {
    most = std::max(most.load(), ++now);
    Expected<Binary> binary = FakeDriver::compile(source, name, arch);
    --now;
    std::lock_guard<std::mutex> lock(mutex);
    sources.push_back(source), names.push_back(name);
    if (!refused.empty() && source.find(refused) != std::string::npos)
      return Error(ErrorKind::Compile, name + ": refused");
    return binary;
  }

private:
  std::mutex mutex;
};

class FormsTest : public testing::Test {
protected:
  std::shared_ptr<CompilingDriver> driver = std::make_shared<CompilingDriver>();
  std::vector<std::string> remarks;
  ProgramData data = test::sampleData();
  std::vector<DevicePointer> tensors = {0x1000, 0x2000, 0x3000, 0x4000, 0x5000, 0x6000, 0x7000};

  void SetUp() override {
    Phase &forward = data.variants[0].forward;
    data.variants[0].backward.reset();
    forward.source = kHead + std::string("// scale\n");
    forward.narrowBatch = 1000;
    forward.unaligned = true;
  }
  Context context(bool jit = true) {
    ContextOptions options;
    options.diskCache = false;
    options.jit = jit;
    options.remarks = [this](const std::string &message) { remarks.push_back(message); };
    return Context(driver, options);
  }
  Program program() {
    Expected<Program> made = Program::create(data);
    if (!made)
      ADD_FAILURE() << made.error().message();
    return *Program::parse(made->serialize()); // as users get it
  }
  Executable load(bool jit = true) {
    Expected<Executable> executable = Executable::create(context(jit), program());
    if (!executable)
      ADD_FAILURE() << executable.error().message();
    return *executable;
  }
  Error launch(const Executable &executable, int64_t batch, DevicePointer offset = 0) {
    std::vector<DevicePointer> addresses = tensors;
    addresses[1] += offset;
    return executable.launch(PhaseKind::Forward, batch, addresses.data(), addresses.size());
  }
  static bool isNarrow(const std::string &source) { return source.find("typedef int index_t") != std::string::npos; }
};

TEST_F(FormsTest, LaunchesGetTheFormTheyNeed) {
  Executable executable = load();
  ASSERT_EQ(driver->sources.size(), 1u);
  EXPECT_TRUE(isNarrow(driver->sources[0]));
  EXPECT_FALSE(launch(executable, 1000));
  EXPECT_TRUE(remarks.empty());
  EXPECT_EQ(driver->sources.size(), 1u);

  EXPECT_FALSE(launch(executable, 1001));
  ASSERT_EQ(driver->sources.size(), 2u);
  EXPECT_EQ(driver->sources[1], data.variants[0].forward.source);
  EXPECT_EQ(remarks, (std::vector<std::string>{"sample_forward: a batch of more than 1000 needs 64-bit offsets; kernels with them are "
                                               "loaded for such launches, once"}));

  EXPECT_FALSE(launch(executable, 1, 4));
  ASSERT_EQ(driver->sources.size(), 3u);
  EXPECT_NE(driver->sources[2].find("alignedTensors = false"), std::string::npos);
  ASSERT_EQ(remarks.size(), 2u);
  EXPECT_EQ(remarks[1], "sample_forward: a tensor is not aligned to 16 bytes; kernels without vector accesses are loaded for such "
                        "launches, once");
  EXPECT_FALSE(launch(executable, 50000, 8));
  EXPECT_FALSE(launch(executable, 50000));
  EXPECT_EQ(driver->sources.size(), 3u) << "each form once";
  EXPECT_EQ(launch(executable, 1, 2).message(),
            "expected an address aligned to 4 bytes for the parameter \"w\" (tensor 1), but got 0x2002; "
            "copy it to aligned memory");
}

TEST_F(FormsTest, ASecondFormIsMadeOnceByManyThreads) {
  driver->compileTime = std::chrono::milliseconds(20);
  Executable executable = load();
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i)
        failures += bool(launch(executable, t % 2 ? 2000 : 10));
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(driver->compiled, 2);
  EXPECT_EQ(remarks.size(), 1u);
  executable = load();
  EXPECT_EQ(driver->unloaded, 2);
}

TEST_F(FormsTest, AFormMayBePreparedAhead) {
  Executable executable = load();
  EXPECT_FALSE(executable.prepare(PhaseKind::Forward, 2000, 16));
  EXPECT_FALSE(executable.prepare(PhaseKind::Forward, 1, 4));
  EXPECT_EQ(driver->compiled, 3);
  EXPECT_FALSE(launch(executable, 2000));
  EXPECT_FALSE(launch(executable, 2000, 12));
  EXPECT_EQ(driver->compiled, 3);
  EXPECT_EQ(executable.prepare(PhaseKind::Forward, 1, 2).message(), "expected an alignment in multiples of 4 bytes, but got 2");
  EXPECT_EQ(executable.prepare(PhaseKind::Forward, 200000, 16).kind(), ErrorKind::InvalidArgument);
  EXPECT_EQ(executable.prepare(PhaseKind::Backward, 1, 16).kind(), ErrorKind::InvalidArgument);
}

TEST_F(FormsTest, SixteenBitTensorsLieAtMultiplesOfTwoBytes) {
  data.tensors[1].type = data.tensors[6].type = ElementType::F16;
  Executable executable = load();
  EXPECT_FALSE(launch(executable, 10, 2));
  Error error = launch(executable, 10, 1);
  EXPECT_NE(error.message().find("expected an address aligned to 2 bytes for the parameter \"w\""), std::string::npos) << error.message();
  tensors[0] += 2; // an fp32 one
  error = launch(executable, 10);
  EXPECT_NE(error.message().find("expected an address aligned to 4 bytes for the input \"x\""), std::string::npos) << error.message();
  EXPECT_NE(executable.prepare(PhaseKind::Forward, 10, 2).message().find("multiples of 4 bytes"), std::string::npos);
  for (unsigned tensor : {0u, 2u, 3u, 4u, 5u})
    data.tensors[tensor].type = ElementType::BF16;
  EXPECT_FALSE(load().prepare(PhaseKind::Forward, 10, 2));
}

TEST_F(FormsTest, WithoutAnUnalignedFormAddressesAreHeldTo16) {
  data.variants[0].forward.unaligned = false;
  Executable executable = load();
  EXPECT_NE(launch(executable, 1, 4).message().find("expected an address aligned to 16 bytes"), std::string::npos);
  EXPECT_NE(executable.prepare(PhaseKind::Forward, 1, 4).message().find("compile the model again"), std::string::npos);
}

TEST_F(FormsTest, ProgramsMayBringSeveralForms) {
  Context making = context();
  Expected<Program> embedded = embedImages(making, program(), {{"device"}, {}, /*dropSource=*/true});
  ASSERT_TRUE(bool(embedded)) << embedded.error().message();
  ASSERT_EQ(embedded->data().variants[0].forward.images.size(), 2u);
  data = embedded->data();
  for (Image &image : data.variants[0].forward.images)
    image.kind = "ptx"; // the fake compiler makes no ELF
  driver->compiled = 0;
  Executable executable = load(/*jit=*/false);
  EXPECT_FALSE(launch(executable, 10));
  EXPECT_FALSE(launch(executable, 2000));
  EXPECT_EQ(driver->compiled, 0);
  Error error = launch(executable, 10, 4);
  EXPECT_EQ(error.kind(), ErrorKind::Unsupported);
  EXPECT_EQ(error.message(), "sample_forward.cu: expected an embedded image of the unaligned form for sm_90, but the program has ptx "
                             "sm_90, narrow ptx sm_90 and no source; align all tensors to 16 bytes, or embed `unaligned` too with "
                             "fusion-embed");
}

TEST_F(FormsTest, UnalignedImagesAreMadeOnRequest) {
  Expected<Program> embedded = embedImages(context(), program(), {{"device", "unaligned"}, {}, true});
  ASSERT_TRUE(bool(embedded)) << embedded.error().message();
  EXPECT_EQ(embedded->data().variants[0].forward.images.size(), 3u);
}

TEST_F(FormsTest, AWideImageServesWhereThereIsNoNarrowOne) {
  data.variants[0].forward.images = {{"ptx", "sm_80", "wide", Form::Wide}};
  Executable executable = load();
  EXPECT_FALSE(launch(executable, 1));
  EXPECT_FALSE(launch(executable, 2000));
  EXPECT_EQ(driver->compiled, 0);
  EXPECT_EQ(driver->loaded, 1);
}

TEST_F(FormsTest, WrongOnesAreRefused) {
  auto error = [&](auto change) {
    ProgramData changed = data;
    change(changed.variants[0].forward);
    Expected<Program> made = Program::create(changed);
    return made ? std::string("none") : made.error().message();
  };
  EXPECT_EQ(error([](Phase &p) { p.narrowBatch = 100001; }),
            "variants[0].forward.narrow_batch: expected a batch size of a dynamic batch within its range, but got 100001");
  EXPECT_EQ(error([](Phase &p) { p.source = "typedef int index_t;"; }),
            "variants[0].forward.source: expected the line `typedef long long index_t;` that the narrow form replaces, but it is missing");
  EXPECT_EQ(error([](Phase &p) { p.narrowBatch = 0, p.images = {{"host", "sm_80", "x", Form::Narrow}}; }),
            "variants[0].forward.images[0].form: expected a form of the phase, but it has no narrow one");
}

TEST_F(FormsTest, KernelsAreCompiledAtTheSameTimeAndOnlyOnce) {
  if (std::thread::hardware_concurrency() < 2)
    GTEST_SKIP() << "NOT RUN: one core";
  driver->compiler = "fake 1"; // so that binaries are cached
  driver->compileTime = std::chrono::milliseconds(50);
  data = test::sampleData();
  Phase &backward = *data.variants[0].backward;
  backward.source = "head\n// partial\none\n// finish\ntwo\n";
  Context shared = context();
  Expected<Executable> executable = Executable::create(shared, program());
  ASSERT_TRUE(bool(executable)) << executable.error().message();
  EXPECT_EQ(driver->compiled, 3);
  EXPECT_EQ(driver->loaded, 3);
  EXPECT_GE(driver->most, 2);
  backward.source = "head\n// partial\none\n// finish\nanother\n";
  executable = Executable::create(shared, program());
  ASSERT_TRUE(bool(executable)) << executable.error().message();
  EXPECT_EQ(driver->compiled, 4) << "what did not change is in the cache";
  EXPECT_EQ(driver->sources.back(), "head\n// finish\nanother\n");
}

TEST_F(FormsTest, KernelsThatOnlyCompileTogetherDo) {
  data = test::sampleData();
  data.variants[0].backward->source = "head\n// partial\none\n// finish\ntwo\n";
  driver->refused = "head\n// finish";
  Executable executable = load();
  EXPECT_EQ(driver->sources.back(), data.variants[0].backward->source);
  EXPECT_EQ(driver->loaded, 2);
  EXPECT_FALSE(executable.launch(PhaseKind::Backward, 1, tensors.data(), tensors.size(), 0x100000));
}

} // namespace
