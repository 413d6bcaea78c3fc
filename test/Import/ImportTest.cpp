// Import: names arrive, and every kind of bad input leaves by a located diagnostic with the right status.
#include "fusion/Import/Import.h"
#include "fusion/Dialect/Names.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"
#include <cstdio>
#include <fstream>

using namespace fusion;
using namespace mlir;

namespace {

class Import : public testing::Test {
protected:
  ImportResult import(llvm::StringRef text, ImportOptions options = {}) {
    messages.clear();
    llvm::raw_string_ostream out(messages);
    options.diagnostics = &out;
    return importModel(llvm::MemoryBufferRef(text, "m.mlir"), context, options);
  }
  /// Imports `body` between a function's braces.
  ImportResult importBody(llvm::StringRef arguments, llvm::StringRef body, llvm::StringRef result = "tensor<4xf32>") {
    return import(("func.func @f(" + arguments + ") -> " + result + " {\n" + body + "\n}\n").str());
  }
  void expectMessage(llvm::StringRef part) { EXPECT_NE(messages.find(part.str()), std::string::npos) << messages; }

  MLIRContext context;
  std::string messages;
};

std::string argumentName(func::FuncOp function, unsigned i) { return function.getArgAttrOfType<StringAttr>(i, kNameAttr).getValue().str(); }
std::string resultName(func::FuncOp function, unsigned i) {
  return function.getResultAttrOfType<StringAttr>(i, kNameAttr).getValue().str();
}
func::FuncOp chain(ImportResult &result) { return cast<func::FuncOp>(result.module->getBody()->front()); }

} // namespace

TEST_F(Import, TakesNamesFromTheSource) {
  auto result = importBody("%x: tensor<4xf32>, %arg1: tensor<4xf32>, %my_scale: tensor<4xf32> {fusion.parameter}",
                           "%0 = fusion.add %x, %arg1 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>\n"
                           "%out = fusion.mul %0, %my_scale : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>\n"
                           "return %out : tensor<4xf32>");
  ASSERT_TRUE(result) << messages;
  auto function = chain(result);
  EXPECT_EQ(argumentName(function, 0), "x");
  EXPECT_EQ(argumentName(function, 1), "x1");
  EXPECT_EQ(argumentName(function, 2), "my_scale");
  EXPECT_EQ(resultName(function, 0), "out");
  auto &block = function.getBody().front();
  EXPECT_EQ(nameOf(block.getArgument(2).getLoc()), "my_scale");
  EXPECT_EQ(nameOf(block.front().getLoc()), "");
  auto named = cast<NameLoc>(block.front().getNextNode()->getLoc());
  EXPECT_EQ(named.getName(), "out");
  auto file = cast<FileLineColLoc>(named.getChildLoc());
  EXPECT_EQ(file.getFilename(), "m.mlir");
  EXPECT_EQ(file.getLine(), 3u);
  EXPECT_EQ(messages, "");
}

TEST_F(Import, GivenNamesWin) {
  auto result = importBody(
      "%x: tensor<4xf32> {fusion.name = \"conv1.weight\"}, %y: tensor<4xf32>, %z: tensor<4xf32> {fusion.name = \"y\"}",
      "%h = fusion.relu %x : tensor<4xf32> loc(\"layer \\\"1\\\"\\0A*/\")\n%s = fusion.add %h, %y : (tensor<4xf32>, tensor<4xf32>) "
      "-> tensor<4xf32>\n%t = fusion.add %s, %z : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>\nreturn %t : tensor<4xf32>");
  ASSERT_TRUE(result) << messages;
  auto function = chain(result);
  EXPECT_EQ(argumentName(function, 0), "conv1.weight");
  EXPECT_EQ(argumentName(function, 1), "y_1"); // steps aside for the given one
  EXPECT_EQ(argumentName(function, 2), "y");
  EXPECT_EQ(nameOf(function.getBody().front().front().getLoc()), "layer \"1\"\n*/");
}

TEST_F(Import, KeepsAnyName) {
  std::string longName(1 << 20, 'n');
  auto result =
      importBody("%" + longName + ": tensor<4xf32>, %b: tensor<4xf32> {fusion.name = \"a\\00b\\0A\\22*/\"}",
                 "%y = fusion.add %" + longName + ", %b : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>\nreturn %y : tensor<4xf32>");
  ASSERT_TRUE(result) << messages.substr(0, 1000);
  EXPECT_EQ(argumentName(chain(result), 0), longName);
  EXPECT_EQ(argumentName(chain(result), 1), std::string("a\0b\n\"*/", 7));
}

TEST_F(Import, RefusesNamesGivenTwice) {
  EXPECT_EQ(importBody("%x: tensor<4xf32> {fusion.name = \"a\"}, %z: tensor<4xf32> {fusion.name = \"a\"}",
                       "%y = fusion.add %x, %z : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>\nreturn %y : tensor<4xf32>")
                .status,
            ImportStatus::Error);
  expectMessage("m.mlir:1:1: error: expected arguments and results of different names, but got \"a\" twice");
}

TEST_F(Import, ZeroBatchAndUnknownBatchAreValid) {
  EXPECT_TRUE(importBody("%x: tensor<0x4xf32>", "%y = fusion.relu %x : tensor<0x4xf32>\nreturn %y : tensor<0x4xf32>", "tensor<0x4xf32>"))
      << messages;
  EXPECT_TRUE(importBody("%x: tensor<?x4xf32>", "%y = fusion.relu %x : tensor<?x4xf32>\nreturn %y : tensor<?x4xf32>", "tensor<?x4xf32>"))
      << messages;
}

TEST_F(Import, OtherElementTypesAreUnsupported) {
  for (const char *type : {"tensor<4xf64>", "tensor<4xf8E5M2>", "tensor<4xi32>", "tensor<*xf32>", "memref<4xf32>", "f32"}) {
    std::string t = type;
    EXPECT_EQ(importBody("%x: " + t, "return %x : " + t, t).status, ImportStatus::Unsupported) << type;
    expectMessage("m.mlir:1:14: error: expected argument 0 to ");
  }
  EXPECT_EQ(importBody("%x: tensor<4xf32>", "%y = \"fusion.constant\"() {value = 1.0 : f64} : () -> tensor<f64>\nreturn %x : tensor<4xf32>")
                .status,
            ImportStatus::Unsupported);
  expectMessage("m.mlir:2:6: error: expected result 0 to have element type f32, f16 or bf16, but got 'tensor<f64>'");
}

TEST_F(Import, OtherStructureIsRefused) {
  EXPECT_EQ(import("module {}").status, ImportStatus::Error);
  expectMessage("m.mlir:1:1: error: expected one function, the chain, but got none");
  EXPECT_EQ(import("func.func private @f(tensor<4xf32>) -> tensor<4xf32>").status, ImportStatus::Error);
  expectMessage("expected a public function with a body, but got a declaration");
  std::string one = "(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : tensor<4xf32> }\n";
  EXPECT_EQ(import("func.func @f" + one + "func.func @g" + one).status, ImportStatus::Unsupported);
  expectMessage("m.mlir:2:1: error: expected one function, the chain, but got another function");
  EXPECT_EQ(import("module { module {} }").status, ImportStatus::Unsupported);
  EXPECT_EQ(import("func.func @f(%x: tensor<4xf32>) { return }").status, ImportStatus::Error);
  expectMessage("expected the function to return the chain's results");
  EXPECT_EQ(importBody("%x: tensor<4xf32>", "%m = fusion.map(%x) attributes {} : (tensor<4xf32>) -> tensor<4xf32> {}").status,
            ImportStatus::Error);
  EXPECT_EQ(importBody("%x: tensor<4xf32> {fusion.paramter}", "return %x : tensor<4xf32>").status, ImportStatus::Error);
  expectMessage("expected the argument attributes fusion.parameter, fusion.layout and fusion.name");
  EXPECT_EQ(importBody("%x: tensor<?x4xf32> {fusion.parameter}", "return %x : tensor<?x4xf32>", "tensor<?x4xf32>").status,
            ImportStatus::Error);
  expectMessage("expected a static extent of at least 1 in dim 0 of a parameter");
  EXPECT_EQ(importBody("%x: tensor<2x?xf32>", "return %x : tensor<2x?xf32>", "tensor<2x?xf32>").status, ImportStatus::Error);
}

TEST_F(Import, ConstraintsAreChecked) {
  EXPECT_EQ(importBody("%x: tensor<4xf32>",
                       "%y = fusion.leaky_relu %x {slope = 0x7FF8000000000000 : f64} : tensor<4xf32>\nreturn %y : tensor<4xf32>")
                .status,
            ImportStatus::Error);
  expectMessage("m.mlir:2:6: error: 'fusion.leaky_relu' op expected a finite slope");
  expectMessage("%y = fusion.leaky_relu"); // the source line, with a caret under the op
  expectMessage("\n     ^\n");
}

TEST_F(Import, UnknownOpGetsASuggestion) {
  EXPECT_EQ(importBody("%x: tensor<4xf32>", "%y = fusion.hardswsh %x : tensor<4xf32>\nreturn %y : tensor<4xf32>").status,
            ImportStatus::Error);
  expectMessage("m.mlir:2:6: error: ");
  expectMessage("did you mean 'fusion.hardswish'?");
}

TEST_F(Import, TruncatedFilesAreErrorsAtEveryLength) {
  std::string text = "func.func @f(%x: tensor<4xf32> {fusion.name = \"a\"}) -> tensor<4xf32> {\n  %y = fusion.relu %x : tensor<4xf32>\n  "
                     "return %y : tensor<4xf32>\n}";
  ASSERT_TRUE(import(text)) << messages;
  for (size_t n = 0; n < text.size(); ++n) {
    EXPECT_EQ(import(text.substr(0, n)).status, ImportStatus::Error) << text.substr(0, n);
    EXPECT_EQ(messages.rfind("m.mlir:", 0), 0u) << messages;
  }
}

TEST_F(Import, BinaryJunkIsRefused) {
  EXPECT_EQ(import(llvm::StringRef("func.func\0 @f", 13)).status, ImportStatus::Error);
  expectMessage("m.mlir:1:10: error: expected text, but got the byte 0x00");
  EXPECT_EQ(import(llvm::StringRef("\x7f\x45LF\x02\x01", 6)).status, ImportStatus::Error);
  EXPECT_EQ(import("ML\xefR\x01").status, ImportStatus::Error);
  expectMessage("MLIR bytecode");
  std::string junk;
  for (int i = 0; i < 10000; ++i)
    junk += char(0x80 + i % 128);
  EXPECT_EQ(import(junk).status, ImportStatus::Error);
  EXPECT_LT(messages.size(), 8000u);
  EXPECT_EQ(import("").status, ImportStatus::Error);
  expectMessage("m.mlir:1:1: error: expected a model description, but got an empty file");
}

TEST_F(Import, DeepNestingIsRefusedBeforeParsing) {
  for (const char *bracket : {"(", "[", "{", "<", "module {\n"}) {
    std::string deep;
    for (int i = 0; i < 100000; ++i)
      deep += bracket;
    EXPECT_EQ(import(deep).status, ImportStatus::Error);
    expectMessage("expected brackets nested at most 256 deep");
  }
  std::string minus = "func.func @f(%x: tensor<4xf32> {a = affine_map<(d0) -> (" + std::string(100000, '-') +
                      "d0)>}) -> tensor<4xf32> { return %x : tensor<4xf32> }";
  EXPECT_EQ(import(minus).status, ImportStatus::Error);
  expectMessage("expected no affine maps or sets");
}

TEST_F(Import, BracketsInStringsAndCommentsDoNotCount) {
  std::string many(1000, '(');
  EXPECT_TRUE(importBody("%x: tensor<4xf32> {fusion.name = \"\\\"" + many + "\"}", "// " + many + "\nreturn %x : tensor<4xf32>"))
      << messages;
}

TEST_F(Import, LargeFilesAreRefused) {
  ImportOptions options;
  options.largestFile = 10;
  EXPECT_EQ(import("func.func @f() { return }", options).status, ImportStatus::Error);
  expectMessage("m.mlir:1:1: error: expected at most 10 bytes, but got more");
}

TEST_F(Import, ReadsFiles) {
  std::string path = testing::TempDir() + "fusion-import-test.mlir";
  std::ofstream(path) << "func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : tensor<4xf32> }";
  llvm::raw_string_ostream out(messages);
  ImportOptions options;
  options.diagnostics = &out;
  EXPECT_TRUE(importFile(path, context, options)) << messages;
  std::remove(path.c_str());
  EXPECT_EQ(importFile(path, context, options).status, ImportStatus::Error);
  expectMessage(path + ":1:1: error: expected a readable model description, but No such file or directory");
  messages.clear();
  EXPECT_EQ(importFile(testing::TempDir(), context, options).status, ImportStatus::Error);
  expectMessage("expected a readable model description, but");
  messages.clear();
  options.largestFile = 1 << 20;
  EXPECT_EQ(importFile("/dev/zero", context, options).status, ImportStatus::Error); // endless
  expectMessage("expected at most 1048576 bytes");
}
