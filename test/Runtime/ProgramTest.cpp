// Programs that are right: round trip, sizes, lookups, files.
#include "fusion/Runtime/Program.h"
#include "TestProgram.h"
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

using namespace fusion::runtime;

namespace {

Program sample() {
  Expected<Program> program = Program::create(test::sampleData());
  if (!program)
    ADD_FAILURE() << program.error().message();
  return *program;
}

TEST(Program, RoundTripKeepsEverything) {
  Program program = sample();
  std::string text = program.serialize();
  Expected<Program> again = Program::parse(text);
  ASSERT_TRUE(bool(again)) << again.error().message();
  EXPECT_EQ(again->serialize(), text);
  const ProgramData &data = again->data();
  EXPECT_EQ(data.chain, "sample");
  EXPECT_EQ(data.precision, "torch");
  EXPECT_FALSE(data.assumeFinite);
  EXPECT_TRUE(data.batch.dynamic);
  EXPECT_EQ(data.batch.size, 100000);
  ASSERT_EQ(data.tensors.size(), 7u);
  EXPECT_EQ(data.tensors[4].role, TensorRole::GradOutput);
  EXPECT_EQ(*data.tensors[4].of, 2u);
  EXPECT_EQ(data.tensors[0].shape, (std::vector<int64_t>{kBatchExtent, 4}));
  const Phase &backward = *data.variants.at(0).backward;
  EXPECT_EQ(backward.inputs, (std::vector<unsigned>{4, 1, 3}));
  EXPECT_EQ(backward.workspace, test::sampleData().variants[0].backward->workspace);
  EXPECT_EQ(backward.kernels.at(0).sharedBytes, 1024u);
  EXPECT_EQ(backward.kernels[0].args.at(3).kind, KernelArg::Kind::Workspace);
  EXPECT_EQ(backward.kernels[0].args[3].name, "partials");
  EXPECT_EQ(backward.kernels[0].args[3].offset, Expr(512));
  EXPECT_EQ(backward.kernels[0].args[4].kind, KernelArg::Kind::Batch64);
  const KernelLaunch &scale = data.variants[0].forward.kernels.at(0);
  EXPECT_EQ(scale.args.at(4).kind, KernelArg::Kind::Batch32);
  EXPECT_EQ(scale.report, "scales rows");
  EXPECT_EQ(scale.grid[0].str(), "[\"ceildiv\",[\"*\",\"N\",4],64]");
}

TEST(Program, ForwardOnlyAndFixedBatchRoundTrip) {
  ProgramData data = test::sampleData();
  data.batch = {/*dynamic=*/false, /*size=*/0};
  data.assumeFinite = true;
  data.precision = "ieee";
  data.variants[0].backward.reset();
  data.variants[0].arch = "sm_90a";
  Expected<Program> program = Program::create(data);
  ASSERT_TRUE(bool(program)) << program.error().message();
  Expected<Program> again = Program::parse(program->serialize());
  ASSERT_TRUE(bool(again)) << again.error().message();
  EXPECT_FALSE(again->data().variants[0].backward.has_value());
  EXPECT_TRUE(again->data().assumeFinite);
  EXPECT_EQ(again->data().precision, "ieee");
  EXPECT_FALSE(again->data().batch.dynamic);
  EXPECT_EQ(again->data().batch.size, 0);
}

TEST(Program, ChecksumFollowsItsSpecification) {
  nlohmann::json root = nlohmann::json::parse(sample().serialize());
  std::string stated = root["checksum"];
  root.erase("checksum");
  uint64_t hash = 0xcbf29ce484222325ull;
  for (unsigned char c : root.dump())
    hash = (hash ^ c) * 0x100000001b3ull;
  char expected[32];
  std::snprintf(expected, sizeof(expected), "fnv1a64:%016llx", static_cast<unsigned long long>(hash));
  EXPECT_EQ(stated, expected);
}

TEST(Program, UnknownKeysAreIgnored) {
  nlohmann::json root = nlohmann::json::parse(sample().serialize());
  root["future"] = {{"a", 1.5}};
  root["tensors"][0]["colour"] = "red";
  root.erase("checksum");
  uint64_t hash = 0xcbf29ce484222325ull;
  for (unsigned char c : root.dump())
    hash = (hash ^ c) * 0x100000001b3ull;
  char checksum[32];
  std::snprintf(checksum, sizeof(checksum), "fnv1a64:%016llx", static_cast<unsigned long long>(hash));
  root["checksum"] = checksum;
  Expected<Program> program = Program::parse(root.dump(4));
  EXPECT_TRUE(bool(program)) << program.error().message();
}

TEST(Program, SizesAndLookups) {
  Program program = sample();
  EXPECT_EQ(*program.tensorBytes(0, 3), 3 * 4 * 4);
  EXPECT_EQ(*program.tensorBytes(0, 0), 0);
  EXPECT_EQ(*program.tensorBytes(1, 3), 16);
  EXPECT_EQ(program.tensorBytes(7, 3).error().message(), "expected a tensor index below 7, but got 7");
  EXPECT_EQ(program.tensorBytes(0, 100001).error().message(), "expected a batch size between 0 and 100000, but got 100001");
  EXPECT_EQ(*program.tensorIndex("grad_w"), 6u);
  EXPECT_EQ(program.tensorIndex("q").error().message(), "expected one of the tensors x, w, y, z, grad_y, grad_x, grad_w, but got \"q\"");
  ProgramData fixed = test::sampleData();
  fixed.batch = {false, 8};
  EXPECT_EQ(Program::create(fixed)->checkBatch(7).message(),
            "expected the fixed batch size 8, but got 7; compile with a batch of \"?\" for any size");
}

TEST(Program, ElementTypesAreKept) {
  ProgramData data = test::sampleData();
  for (unsigned tensor : {0u, 5u})
    data.tensors[tensor].type = ElementType::BF16;
  data.tensors[3].type = ElementType::F16;
  auto program = Program::create(data);
  ASSERT_TRUE(program) << program.error().message();
  auto again = Program::parse(program->serialize());
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->data().tensors[0].type, ElementType::BF16);
  EXPECT_EQ(again->data().tensors[1].type, ElementType::F32);
  EXPECT_EQ(again->data().tensors[3].type, ElementType::F16);
  EXPECT_EQ(*again->tensorBytes(0, 10), 80);
  EXPECT_EQ(*again->tensorBytes(1, 10), 16);
}

TEST(Program, LargestBatchIsTheEdge) {
  ProgramData data = test::sampleData();
  EXPECT_EQ(Program::largestBatch(data, 5), 5);
  EXPECT_EQ(Program::largestBatch(data, int64_t(1) << 40), (int64_t(1) << 31) - 1); // backward's grid is N
  data.variants[0].forward.kernels[0].grid[1] = Expr::batch() * Expr(3);
  EXPECT_EQ(Program::largestBatch(data, INT64_MAX), 65535 / 3);
  data.batch.size = 65535 / 3;
  EXPECT_TRUE(bool(Program::create(data)));
  data.batch.size = 65535 / 3 + 1;
  EXPECT_FALSE(bool(Program::create(data)));
  for (int64_t factor = 1; factor <= 40; ++factor) {
    data.variants[0].forward.kernels[0].grid[1] = Expr::batch() * Expr(factor);
    for (int64_t limit : {1000, 1001, 100000, 1 << 20})
      EXPECT_EQ(Program::largestBatch(data, limit), std::min(limit, 65535 / factor)) << factor;
  }
  data.variants.clear();
  EXPECT_EQ(Program::largestBatch(data, 100), 0);
}

TEST(Program, BracketsInsideStringsAreNoNesting) {
  ProgramData data = test::sampleData();
  data.variants[0].forward.source = "// \" \\ " + std::string(1000, '[') + " \" " + std::string(1000, '{') + "\n";
  Expected<Program> program = Program::parse(Program::create(data)->serialize());
  ASSERT_TRUE(bool(program)) << program.error().message();
  EXPECT_EQ(program->data().variants[0].forward.source, data.variants[0].forward.source);
}

TEST(Program, FilesRoundTrip) {
  char folder[] = "/tmp/fusion-program-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  std::string path = std::string(folder) + "/p.json";
  ASSERT_FALSE(bool(sample().save(path)));
  Expected<Program> again = Program::load(path);
  ASSERT_TRUE(bool(again)) << again.error().message();
  EXPECT_EQ(again->serialize(), sample().serialize());
  std::ofstream(path) << "{\"format\":";
  EXPECT_EQ(Program::load(path).error().message(),
            path + ": program: expected JSON, but the text is not; the file is truncated or no program file");
  EXPECT_NE(Program::load(folder).error().message().find("expected a regular file"), std::string::npos);
  ::unlink(path.c_str());
  EXPECT_EQ(Program::load(path).error().kind(), ErrorKind::System);
  ::rmdir(folder); // fails, and leaks the folder, if save() left a temporary file
  EXPECT_NE(::access(folder, F_OK), 0);
}

} // namespace
