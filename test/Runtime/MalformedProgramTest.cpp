// Programs that are wrong: each gets an error that names the place; damaged bytes never crash.
#include "Hash.h"
#include "TestProgram.h"
#include "fusion/Runtime/Program.h"
#include <functional>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace fusion::runtime;
using nlohmann::json;

namespace {

std::string sampleText() { return Program::create(test::sampleData())->serialize(); }

std::string errorOf(const std::string &text) {
  Expected<Program> program = Program::parse(text);
  return program ? "no error" : program.error().message();
}

/// Gives a changed program a valid checksum, so that the change itself is judged.
std::string sealed(json root) {
  root.erase("checksum");
  root["checksum"] = "fnv1a64:" + detail::hex16(detail::fnv1a64(root.dump()));
  return root.dump();
}

struct Case {
  const char *name;
  std::function<void(json &)> change;
  const char *message; ///< start of the expected error
};

json &forward(json &root) { return root["variants"][0]["forward"]; }
json &backward(json &root) { return root["variants"][0]["backward"]; }
json &kernel(json &root) { return forward(root)["kernels"][0]; }
json &workspaceArg(json &root) { return backward(root)["kernels"][0]["args"][3]; }

json nested(unsigned depth) {
  json expr = "N";
  for (unsigned i = 0; i < depth; ++i)
    expr = json::array({"+", expr, 1});
  return expr;
}

const Case cases[] = {
    {"format", [](json &r) { r["format"] = "other"; }, "format: expected \"fusion-program\", but got \"other\""},
    {"version", [](json &r) { r["version"] = 2; }, "version: expected 1 (this build reads no other), but got 2"},
    {"versionType", [](json &r) { r["version"] = "1"; }, "version: expected an integer, but got \"1\""},
    {"noTensors", [](json &r) { r.erase("tensors"); }, "tensors: expected this key, but it is missing"},
    {"tensorsType", [](json &r) { r["tensors"] = 3; }, "tensors: expected an array, but got 3"},
    {"chainType", [](json &r) { r["chain"] = json::array(); }, "chain: expected a string, but got an array"},
    {"elementType", [](json &r) { r["tensors"][0]["type"] = "f64"; }, "tensors[0].type: expected f32, f16 or bf16, but got \"f64\""},
    {"elementTypeOfGradient", [](json &r) { r["tensors"][0]["type"] = "f16"; },
     "tensors[5].type: expected f16, the type of \"x\", but got f32"},
    {"layout", [](json &r) { r["tensors"][0]["layout"] = "nhwc"; },
     "tensors[0].layout: expected row_major or channels_last, but got \"nhwc\""},
    {"layoutRank", [](json &r) { r["tensors"][1]["layout"] = "channels_last"; },
     "tensors[1].layout: expected 3, 4 or 5 extents of a channels_last tensor, but got 1"},
    {"layoutOfGradient",
     [](json &r) {
       r["tensors"][0]["shape"] = r["tensors"][5]["shape"] = {"N", 2, 2};
       r["tensors"][0]["layout"] = "channels_last";
     },
     "tensors[5].layout: expected channels_last, the layout of \"x\", but got row_major"},
    {"precision", [](json &r) { r["precision"] = "half"; }, "precision: expected ieee, torch, tf32, bf16 or fp16"},
    {"assumeFinite", [](json &r) { r["assume_finite"] = 1; }, "assume_finite: expected true or false, but got 1"},
    {"batchBoth", [](json &r) { r["batch"]["fixed"] = 1; }, "batch: expected either fixed or dynamic, but got both or neither"},
    {"batchNegative", [](json &r) { r["batch"] = {{"fixed", -1}}; }, "batch.fixed: expected a batch size, but got -1"},
    {"batchMax", [](json &r) { r["batch"]["max"] = 0; }, "batch.max: expected a batch size, but got 0"},
    {"batchFloat", [](json &r) { r["batch"]["max"] = 1.5; }, "batch.max: expected an integer, but got 1.5"},
    {"batchHuge", [](json &r) { r["batch"]["max"] = UINT64_MAX; },
     "batch.max: expected an integer below 2^63, but got 18446744073709551615"},
    {"noVariants", [](json &r) { r["variants"] = json::array(); }, "variants: expected at least one variant"},
    {"arch", [](json &r) { r["variants"][0]["arch"] = "gfx90a"; }, "variants[0].arch: expected an architecture such as sm_80"},
    {"archTwice", [](json &r) { r["variants"].push_back(r["variants"][0]); }, "variants[1].arch: expected an architecture of its own"},
    {"role", [](json &r) { r["tensors"][1]["role"] = "weight"; }, "tensors[1].role: expected input, parameter, output, saved, grad_output"},
    {"nameTwice", [](json &r) { r["tensors"][1]["name"] = "x"; }, "tensors[1].name: expected a name of its own"},
    {"nameEmpty", [](json &r) { r["tensors"][1]["name"] = ""; }, "tensors[1].name: expected a name, but it is empty"},
    {"nameLong", [](json &r) { r["tensors"][1]["name"] = std::string(1 << 20, 'a'); },
     "tensors[1].name: expected at most 1024 bytes, but got 1048576"},
    {"nameNul", [](json &r) { r["tensors"][1]["name"] = std::string("a\0b", 3); },
     "tensors[1].name: expected text without NUL bytes, but byte 1 is one"},
    {"extentZero", [](json &r) { r["tensors"][1]["shape"][0] = 0; }, "tensors[1].shape[0]: expected a positive extent, but got 0"},
    {"extentMinusOne", [](json &r) { r["tensors"][1]["shape"][0] = -1; }, "tensors[1].shape[0]: expected a positive extent, but got -1"},
    {"extentWord", [](json &r) { r["tensors"][1]["shape"][0] = "M"; },
     "tensors[1].shape[0]: expected a positive integer or \"N\", but got \"M\""},
    {"rank", [](json &r) { r["tensors"][1]["shape"] = std::vector<int>(17, 1); },
     "tensors[1].shape: expected at most 16 extents, but got 17"},
    {"byteCount", [](json &r) { r["tensors"][0]["shape"] = {"N", 4, int64_t(1) << 60}; }, "tensors[0].shape: expected a size below 2^63"},
    {"ofRange", [](json &r) { r["tensors"][4]["of"] = 9; }, "tensors[4].of: expected a tensor index below 7, but got 9"},
    {"ofMissing", [](json &r) { r["tensors"][4].erase("of"); }, "tensors[4].of: expected the index of the tensor"},
    {"ofRole", [](json &r) { r["tensors"][4]["of"] = 0; }, "tensors[4].of: expected a tensor of role output, but \"x\" has role input"},
    {"ofOnInput", [](json &r) { r["tensors"][0]["of"] = 1; }, "tensors[0].of: expected no \"of\" on a tensor of role input, but got 1"},
    {"gradShape", [](json &r) { r["tensors"][6]["shape"] = {5}; }, "tensors[6].shape: expected the shape of \"w\", but it differs"},
    {"inputRange", [](json &r) { forward(r)["inputs"][1] = 7; },
     "variants[0].forward.inputs[1]: expected a tensor index below 7, but got 7"},
    {"inputNegative", [](json &r) { forward(r)["inputs"][1] = -1; },
     "variants[0].forward.inputs[1]: expected an integer between 0 and 4294967295, but got -1"},
    {"inputTwice", [](json &r) { forward(r)["inputs"][1] = 0; },
     "variants[0].forward.inputs[1]: expected each tensor once, but \"x\" is listed twice"},
    {"inputRole", [](json &r) { forward(r)["inputs"][1] = 4; },
     "variants[0].forward.inputs[1]: expected an input or a parameter, but \"grad_y\" has role grad_output"},
    {"outputRole", [](json &r) { backward(r)["outputs"][0] = 2; },
     "variants[0].backward.outputs[0]: expected a grad_input or a grad_parameter"},
    {"savedRole", [](json &r) { forward(r)["saved"][0] = 5; }, "variants[0].forward.saved[0]: expected a saved tensor"},
    {"savedBackward",
     [](json &r) {
       backward(r)["saved"] = {3};
       backward(r)["inputs"] = {4, 1};
     },
     "variants[0].backward.saved[0]: expected none"},
    {"sourceEmpty", [](json &r) { forward(r)["source"] = ""; },
     "variants[0].forward.source: expected the source of the kernels or images of them, but both are missing"},
    {"sourceNul", [](json &r) { forward(r)["source"] = std::string("a\0b", 3); },
     "variants[0].forward.source: expected text without NUL bytes"},
    {"sourceInclude", [](json &r) { forward(r)["source"] = "int a;\n # include \"/etc/passwd\"\n"; },
     "variants[0].forward.source: expected source without #include, but line 2 has one"},
    {"workspaceNegative", [](json &r) { backward(r)["workspace"] = -256; },
     "variants[0].backward.workspace: expected a value between 0 and"},
    {"kernelName", [](json &r) { kernel(r)["name"] = "a b"; }, "variants[0].forward.kernels[0].name: expected a C identifier"},
    {"kernelNameInjection", [](json &r) { kernel(r)["name"] = "a\n__global__ void b"; },
     "variants[0].forward.kernels[0].name: expected a C identifier"},
    {"gridCount", [](json &r) { kernel(r)["grid"] = {1, 1}; }, "variants[0].forward.kernels[0].grid: expected 3 extents, but got 2"},
    {"gridNegative", [](json &r) { kernel(r)["grid"][1] = {"-", 0, 5}; },
     "variants[0].forward.kernels[0].grid[1]: expected a value between 0 and 65535, but got -5"},
    {"gridLarge", [](json &r) { kernel(r)["grid"][2] = "N"; },
     "variants[0].forward.kernels[0].grid[2]: expected a value between 0 and 65535, but got 100000 at batch size 100000"},
    {"exprOperator", [](json &r) { kernel(r)["grid"][0] = {"%", "N", 2}; },
     "variants[0].forward.kernels[0].grid[0][0]: expected one of + - * / ceildiv min max align, but got \"%\""},
    {"exprArity", [](json &r) { kernel(r)["grid"][0] = {"+", 1}; },
     "variants[0].forward.kernels[0].grid[0]: expected [operator, a, b], but got an array of 2"},
    {"exprWord", [](json &r) { kernel(r)["grid"][0] = {"+", 1, "M"}; },
     "variants[0].forward.kernels[0].grid[0][2]: expected an integer, \"N\" or [operator, a, b], but got \"M\""},
    {"exprFloat", [](json &r) { kernel(r)["grid"][0] = 1.5; }, "variants[0].forward.kernels[0].grid[0]: expected an integer, but got 1.5"},
    {"exprDeep", [](json &r) { kernel(r)["grid"][0] = nested(64); }, "variants[0].forward.kernels[0].grid[0][1][1]"},
    {"exprZero", [](json &r) { kernel(r)["grid"][0] = {"/", "N", 0}; },
     "variants[0].forward.kernels[0].grid[0]: expected a positive right operand of /, but got 0"},
    {"exprOverflow", [](json &r) { backward(r)["workspace"] = {"*", "N", INT64_MAX}; },
     "variants[0].backward.workspace: expected a size below 2^63"},
    {"blockZero", [](json &r) { kernel(r)["block"] = 0; },
     "variants[0].forward.kernels[0].block: expected between 1 and 1024 threads, but got 0"},
    {"blockLarge", [](json &r) { kernel(r)["block"] = 1025; },
     "variants[0].forward.kernels[0].block: expected between 1 and 1024 threads, but got 1025"},
    {"sharedLarge", [](json &r) { kernel(r)["shared"] = (1 << 20) + 1; }, "variants[0].forward.kernels[0].shared: expected at most 1 MiB"},
    {"sharedNegative", [](json &r) { kernel(r)["shared"] = -1; },
     "variants[0].forward.kernels[0].shared: expected an integer of at least 0, but got -1"},
    {"argRange", [](json &r) { kernel(r)["args"][1]["tensor"] = 9; },
     "variants[0].forward.kernels[0].args[1]: expected a tensor index below 7, but got 9"},
    {"argUnlisted", [](json &r) { kernel(r)["args"][1]["tensor"] = 5; },
     "variants[0].forward.kernels[0].args[1]: expected a tensor listed in inputs, outputs or saved of this phase, but \"grad_x\" is not"},
    {"argKinds", [](json &r) { kernel(r)["args"][1]["batch"] = "i32"; },
     "variants[0].forward.kernels[0].args[1]: expected exactly one of tensor, workspace and batch, but got 2"},
    {"argNone", [](json &r) { kernel(r)["args"][1] = json::object(); },
     "variants[0].forward.kernels[0].args[1]: expected exactly one of tensor, workspace and batch, but got 0"},
    {"argBatch", [](json &r) { kernel(r)["args"][4]["batch"] = "u32"; },
     "variants[0].forward.kernels[0].args[4].batch: expected \"i32\" or \"i64\", but got \"u32\""},
    {"argBatchWidth", [](json &r) { r["batch"]["max"] = int64_t(1) << 31; },
     "variants[0].forward.kernels[0].args[4]: expected a largest batch size below 2^31 for an i32 batch argument, but got 2147483648"},
    {"argCount", [](json &r) { kernel(r)["args"] = std::vector<json>(513, json{{"tensor", 0}}); },
     "variants[0].forward.kernels[0].args: expected at most 512 arguments, but got 513"},
    {"offsetAlign", [](json &r) { workspaceArg(r)["workspace"] = 128; },
     "variants[0].backward.kernels[0].args[3].workspace: expected a multiple of 256, but got 128"},
    {"offsetPast", [](json &r) { workspaceArg(r)["workspace"] = 1024; },
     "variants[0].backward.kernels[0].args[3]: expected a buffer inside the workspace of 512 bytes, but got 0 bytes at offset 1024 at "
     "batch size 0"},
    {"offsetNegative", [](json &r) { workspaceArg(r)["workspace"] = -256; },
     "variants[0].backward.kernels[0].args[3].workspace: expected a value between 0 and"},
    {"bytesPast", [](json &r) { workspaceArg(r)["bytes"] = {"*", "N", 64}; },
     "variants[0].backward.kernels[0].args[3]: expected a buffer inside the workspace of 1600512 bytes, but got 6400000 bytes"},
    {"bytesMissing", [](json &r) { workspaceArg(r).erase("bytes"); },
     "variants[0].backward.kernels[0].args[3].bytes: expected this key, but it is missing"},
    {"kernelType", [](json &r) { forward(r)["kernels"][0] = 5; }, "variants[0].forward.kernels[0]: expected an object, but got 5"},
    {"phaseNull", [](json &r) { r["variants"][0]["backward"] = nullptr; }, "variants[0].backward: expected an object, but got null"},
};

TEST(MalformedProgram, EveryErrorNamesItsPlace) {
  const json good = json::parse(sampleText());
  ASSERT_EQ(errorOf(sealed(good)), "no error");
  for (const Case &c : cases) {
    json changed = good;
    c.change(changed);
    std::string message = errorOf(sealed(changed));
    EXPECT_EQ(message.substr(0, std::string(c.message).size()), c.message) << c.name << ": " << message;
  }
}

TEST(MalformedProgram, TextThatIsNoProgram) {
  EXPECT_NE(errorOf("").find("expected JSON"), std::string::npos);
  EXPECT_NE(errorOf(std::string("\x7f"
                                "ELF\0\1\2\3",
                                8))
                .find("expected JSON"),
            std::string::npos);
  EXPECT_NE(errorOf("[1]").find("program: expected an object, but got an array"), std::string::npos);
  EXPECT_NE(errorOf("{}").find("format: expected this key, but it is missing"), std::string::npos);
  EXPECT_NE(errorOf("{\"format\":\"\xff\"}").find("expected JSON"), std::string::npos) << "strings must be UTF-8";
  EXPECT_NE(errorOf(std::string(100000, '[')).find("expected brackets nested at most 256 deep, but byte 256 is deeper"), std::string::npos);
  EXPECT_NE(errorOf("[" + std::string(5000000, ',') + "]").find("expected at most 4194304 values"), std::string::npos);
  EXPECT_NE(errorOf(std::string(Program::maxFileBytes + 1, ' ')).find("expected at most 268435456 bytes"), std::string::npos);
}

TEST(MalformedProgram, EditsAreNoticed) {
  std::string text = sampleText();
  size_t at = text.find("\"block\": 64");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 11, "\"block\": 32");
  EXPECT_NE(errorOf(text).find("checksum: expected \"fnv1a64:"), std::string::npos);
}

TEST(MalformedProgram, TheBuilderIsJudgedLikeTheFile) {
  ProgramData data = test::sampleData();
  data.variants[0].forward.kernels[0].args[1].tensor = 9;
  EXPECT_EQ(Program::create(data).error().message(), "variants[0].forward.kernels[0].args[1]: expected a tensor index below 7, but got 9");
  data = test::sampleData();
  data.tensors[0].name = "\xc3\x28"; // no UTF-8: the writer could not write it
  EXPECT_EQ(Program::create(data).error().message(), "tensors[0].name: expected UTF-8, but got other bytes");
  data = test::sampleData();
  Expr deep = Expr::batch();
  for (int i = 0; i < 100; ++i)
    deep = deep + Expr::batch();
  data.variants[0].forward.kernels[0].grid[0] = deep;
  EXPECT_NE(Program::create(data).error().message().find("variants[0].forward.kernels[0].grid[0]: expected an expression"),
            std::string::npos);
}

TEST(MalformedProgram, TruncatedAtEveryByte) {
  const std::string text = sampleText();
  size_t last = text.rfind('}');
  for (size_t length = 0; length <= last; ++length)
    EXPECT_NE(errorOf(text.substr(0, length)), "no error") << length;
}

TEST(MalformedProgram, FlippedBitsNeverCrash) {
  const std::string text = sampleText();
  size_t refused = 0;
  for (size_t i = 0; i < text.size(); ++i)
    for (unsigned char mask : {0x01, 0x20, 0x80}) {
      std::string damaged = text;
      damaged[i] = char(damaged[i] ^ mask);
      refused += errorOf(damaged) != "no error";
    }
  EXPECT_GT(refused, text.size() * 2) << "only changes of white space and of unknown keys may pass";
}

TEST(MalformedProgram, DamageBehindAValidChecksumNeverCrashes) {
  const json good = json::parse(sampleText());
  const json replacements[] = {nullptr, true, -1, 0, 1e300, INT64_MAX, UINT64_MAX, "", "N", json::array(), json::object()};
  const json flat = good.flatten();
  for (const auto &item : flat.items())
    for (const json &replacement : replacements) {
      json changed = good;
      changed[json::json_pointer(item.key())] = replacement;
      Expected<Program> program = Program::parse(sealed(changed));
      if (program) {
        EXPECT_TRUE(bool(Program::parse(program->serialize()))) << item.key() << " <- " << replacement;
      }
    }
}

} // namespace
