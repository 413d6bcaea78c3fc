// Images inside programs: their text, which one a device gets, what happens when it does not load, and making them.
#include "Base64.h"
#include "FakeDriver.h"
#include "TestProgram.h"
#include "fusion/Runtime/Embed.h"
#include "fusion/Runtime/Executable.h"
#include "fusion/Runtime/Nvrtc.h"
#include <cstring>
#include <elf.h>
#include <random>

using namespace fusion::runtime;

namespace {

/// The smallest file that passes for a cubin; `mark` tells them apart.
std::string cubin(const std::string &mark) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_shentsize = sizeof(Elf64_Shdr);
  return std::string(reinterpret_cast<const char *>(&header), sizeof(header)) + mark;
}

/// Remembers the last bytes of what it loads, and refuses those it is told to.
class LoadingDriver : public test::FakeDriver {
public:
  std::vector<std::string> seen;
  std::string refused;
  Expected<ModuleHandle> load(const Binary &binary) override {
    std::string text(binary.bytes.begin(), binary.bytes.end());
    seen.push_back(text.size() > 4 ? text.substr(text.size() - 4) : text);
    if (!refused.empty() && seen.back() == refused)
      return Error(ErrorKind::Device, "no kernel image");
    return FakeDriver::load(binary);
  }
};

class ImagesTest : public testing::Test {
protected:
  std::shared_ptr<LoadingDriver> driver = std::make_shared<LoadingDriver>();
  std::vector<std::string> messages;
  ProgramData data = test::sampleData();
  void SetUp() override { data.variants[0].backward.reset(); }

  Expected<Executable> load(bool jit = true) {
    ContextOptions options;
    options.diskCache = false;
    options.jit = jit;
    options.diagnostics = [this](const std::string &message) { messages.push_back(message); };
    Expected<Program> program = Program::create(data);
    if (!program)
      return program.error();
    // Through the text, as users get it.
    program = Program::parse(program->serialize());
    if (!program)
      return program.error();
    return Executable::create(Context(driver, options), *program);
  }
  void add(const std::string &kind, const std::string &arch, const std::string &mark) {
    data.variants[0].forward.images.push_back({kind, arch, kind == "cubin" ? cubin(mark) : mark});
  }
};

TEST(Base64, EncodesAnyBytes) {
  std::mt19937 random(1);
  for (size_t size = 0; size < 70; ++size) {
    std::string bytes(size, '\0'), back;
    for (char &c : bytes)
      c = char(random());
    ASSERT_TRUE(detail::decodeBase64(detail::encodeBase64(bytes), back)) << size;
    EXPECT_EQ(back, bytes);
  }
  EXPECT_EQ(detail::encodeBase64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(detail::encodeBase64("foob"), "Zm9vYg==");
  std::string bytes;
  for (const char *wrong : {"Zg=", "Z===", "Zm9v!mFy", "Zg==Zg==", "=m9v"})
    EXPECT_FALSE(detail::decodeBase64(wrong, bytes)) << wrong;
}

TEST_F(ImagesTest, TheBestOneIsLoadedAndNothingCompiled) {
  struct {
    int major, minor;
    const char *loaded;
  } cases[] = {{8, 0, "sm80"}, {8, 6, "sm86"}, {8, 9, "sm86"}, {9, 0, "s90a"}, {10, 0, "p_90"}, {12, 1, "p_90"}};
  add("ptx", "sm_80", "p_80");
  add("cubin", "sm_80", "sm80");
  add("ptx", "sm_90", "p_90");
  add("cubin", "sm_90a", "s90a");
  add("cubin", "sm_86", "sm86");
  add("host", "sm_80", "host");
  for (const auto &c : cases) {
    driver->seen.clear();
    driver->info.major = c.major, driver->info.minor = c.minor;
    Expected<Executable> executable = load();
    ASSERT_TRUE(bool(executable)) << executable.error().message();
    EXPECT_EQ(driver->seen, std::vector<std::string>{c.loaded}) << c.major << "." << c.minor;
  }
  EXPECT_EQ(driver->compiled, 0);
}

TEST_F(ImagesTest, WhereNoneFitsTheSourceIsCompiled) {
  add("cubin", "sm_100a", "100a");
  add("cubin", "sm_90a", "s90a");
  driver->info.major = 8;
  ASSERT_TRUE(bool(load()));
  EXPECT_EQ(driver->compiled, 1);
  Expected<Executable> executable = load(/*jit=*/false);
  ASSERT_FALSE(bool(executable));
  EXPECT_EQ(executable.error().kind(), ErrorKind::Unsupported);
  EXPECT_EQ(executable.error().message(), "sample_forward.cu: expected an image for sm_80 in the program, but it brings none that fits and "
                                          "compiling is off; embed one with fusion-embed");
  data.variants[0].forward.source.clear();
  executable = load();
  ASSERT_FALSE(bool(executable));
  EXPECT_EQ(executable.error().message(),
            "sample_forward.cu: expected an embedded image for sm_80, but the program has cubin sm_100a, cubin "
            "sm_90a and no source; embed one for this device with fusion-embed");
}

TEST_F(ImagesTest, OneThatDoesNotLoadIsReportedAndTheNextTried) {
  add("cubin", "sm_90a", "s90a");
  add("ptx", "sm_80", "p_80");
  driver->refused = "s90a";
  ASSERT_TRUE(bool(load()));
  EXPECT_EQ(driver->seen, (std::vector<std::string>{"s90a", "p_80"}));
  EXPECT_EQ(driver->compiled, 0);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0], "sample_forward.cu: the embedded cubin for sm_90a is not used: no kernel image");
}

TEST_F(ImagesTest, DamagedOnesAreRefused) {
  auto error = [&](Image image) {
    data.variants[0].forward.images = {image};
    Expected<Program> program = Program::create(data);
    return program ? std::string("none") : program.error().message();
  };
  EXPECT_EQ(error({"cubin", "sm_90", cubin("")}), "none");
  EXPECT_EQ(error({"cubin", "sm_90", "x"}),
            "variants[0].forward.images[0].data: expected a whole cubin (a 64-bit ELF file), but got other bytes");
  std::string outside = cubin("");
  reinterpret_cast<Elf64_Ehdr *>(outside.data())->e_shoff = 1 << 20;
  reinterpret_cast<Elf64_Ehdr *>(outside.data())->e_shnum = 3;
  EXPECT_NE(error({"cubin", "sm_90", outside}), "none") << "its section table lies outside";
  EXPECT_EQ(error({"ptx", "sm_90", std::string("a\0b", 3)}), "variants[0].forward.images[0].data: expected PTX text, but got other bytes");
  EXPECT_EQ(error({"elf", "sm_90", "x"}), "variants[0].forward.images[0].kind: expected cubin, ptx or host, but got another word");
  EXPECT_EQ(error({"host", "avx2", "x"}),
            "variants[0].forward.images[0].arch: expected an architecture such as sm_80 or sm_90a, but got another word");
}

TEST_F(ImagesTest, EmbeddingCompilesForEachArchitecture) {
  Expected<const Nvrtc *> nvrtc = Nvrtc::get();
  if (!nvrtc)
    GTEST_SKIP() << "NOT RUN: " << nvrtc.error().message();
  data = test::sampleData();
  Expected<Program> program = Program::create(data);
  ASSERT_TRUE(bool(program));
  ContextOptions options;
  options.diskCache = false;
  Context context(driver, options);
  Expected<Program> embedded = embedImages(context, *program, {{"sm_80", "sm_90a", "compute_90"}, {}, /*dropSource=*/true});
  ASSERT_TRUE(bool(embedded)) << embedded.error().message();
  embedded = Program::parse(embedded->serialize());
  ASSERT_TRUE(bool(embedded)) << embedded.error().message();
  for (const Phase *phase : {&embedded->data().variants[0].forward, &*embedded->data().variants[0].backward}) {
    ASSERT_EQ(phase->images.size(), 3u);
    EXPECT_TRUE(phase->source.empty());
    EXPECT_EQ(phase->images[0].arch, "sm_80");
    Expected<CubinInfo> info = parseCubin({{phase->images[1].bytes.begin(), phase->images[1].bytes.end()}, ""});
    ASSERT_TRUE(bool(info));
    EXPECT_EQ(info->kernels.size(), phase->kernels.size());
    EXPECT_NE(phase->images[2].bytes.find(".target sm_90"), std::string::npos);
  }
  EXPECT_EQ(driver->compiled, 0);
  EmbedOptions isolated{{"sm_80", "sm_90a", "compute_90"}, {}, true};
  isolated.isolation.worker = FUSION_COMPILE_WORKER;
  EXPECT_EQ(embedImages(context, *program, isolated)->serialize(), embedded->serialize());
  // Again for the device: one image more, and the source must be there for it.
  EXPECT_EQ(embedImages(context, *embedded, {{"device"}}).error().message(),
            "expected a program with source to compile, but its source was left out; start from the full one");
  EXPECT_EQ(embedImages(context, *program, {{"sm_75"}}).error().message(),
            "images: expected an architecture that a variant of the program (sm_80) runs on, but got sm_75; compile the model with "
            "--arch=sm_75");
  EXPECT_EQ(embedImages(context, *program, {{"fast"}}).error().kind(), ErrorKind::InvalidArgument);
}

} // namespace
