// libfusion_compiler: programs, options, diagnostics, cancelling, and the same in a child process with limits.
#include "fusion/compiler.h"
#include "fusion/fusion.hpp"
#include <gtest/gtest.h>
#include <thread>

namespace {

const char *const kModel = "func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32> {fusion.parameter}) -> tensor<?x8xf32> {\n"
                           "  %p = fusion.mul %x, %w : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>\n"
                           "  %y = fusion.relu %p : tensor<?x8xf32>\n"
                           "  return %y : tensor<?x8xf32>\n"
                           "}\n";

struct Outcome {
  fusion_status status;
  std::string program, diagnostics, error;
  std::vector<std::string> steps;
  int stopAt = 1000;
};

Outcome compile(const std::string &model, fusion_compile_options options = FUSION_COMPILE_OPTIONS, int stopAt = 1000) {
  Outcome outcome;
  outcome.stopAt = stopAt;
  options.user = &outcome;
  options.diagnostic = [](void *user, fusion_severity, const char *message) {
    static_cast<Outcome *>(user)->diagnostics += std::string(message) + "\n";
  };
  options.progress = [](void *user, const char *step, uint32_t done, uint32_t total) {
    auto *seen = static_cast<Outcome *>(user);
    EXPECT_LT(done, total);
    seen->steps.push_back(step);
    return int(int(seen->steps.size()) > seen->stopAt);
  };
  fusion_sink sink = fusion::sinkOf(outcome.program);
  outcome.status = fusion_compile(model.data(), model.size(), "model.mlir", &options, &sink);
  outcome.error = outcome.status ? fusion_compiler_last_error() : "";
  return outcome;
}

fusion_compile_options isolated() {
  fusion_compile_options options = FUSION_COMPILE_OPTIONS;
  options.isolate = 1;
  return options;
}

TEST(Compiler, MakesAProgramThatTheRuntimeReads) {
  fusion_compile_options options = FUSION_COMPILE_OPTIONS;
  options.gradients = FUSION_ALL_GRADIENTS;
  options.arch = "sm_80";
  Outcome outcome = compile(kModel, options);
  ASSERT_EQ(outcome.status, FUSION_OK) << outcome.error;
  EXPECT_GE(outcome.steps.size(), 2u);
  fusion::Program program = fusion::Program::parse(outcome.program);
  EXPECT_EQ(program.name(), "f");
  EXPECT_TRUE(program.dynamicBatch());
  EXPECT_EQ(program.tensor(program.find("grad_w")).role, FUSION_GRAD_PARAMETER);
  options.isolate = 1;
  EXPECT_EQ(compile(kModel, options).program, outcome.program) << "in a child process it is the same program";
}

TEST(Compiler, WrongModelsAreDiagnosed) {
  for (const fusion_compile_options &options : {fusion_compile_options FUSION_COMPILE_OPTIONS, isolated()}) {
    Outcome outcome = compile("func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {\n  return %z : tensor<8xf32>\n}\n", options);
    EXPECT_EQ(outcome.status, FUSION_INVALID_ARGUMENT);
    EXPECT_EQ(outcome.error.substr(0, 22), "model.mlir:2:10: error") << outcome.error;
    EXPECT_NE(outcome.diagnostics.find(outcome.error), std::string::npos);
    EXPECT_TRUE(outcome.program.empty());
    EXPECT_EQ(compile("", options).status, FUSION_INVALID_ARGUMENT);
    EXPECT_EQ(compile(std::string(70000, '('), options).status, FUSION_INVALID_ARGUMENT);
    EXPECT_EQ(compile("func.func @f(%x: tensor<8xf64>) -> tensor<8xf64> {\n  return %x : tensor<8xf64>\n}\n", options).status,
              FUSION_UNSUPPORTED);
  }
}

TEST(Compiler, WrongOptionsAreNamed) {
  fusion_compile_options options = FUSION_COMPILE_OPTIONS;
  options.arch = "sm_1";
  EXPECT_EQ(compile(kModel, options).error.substr(0, 27), "options.arch: expected one ");
  options.arch = nullptr, options.precision = "half";
  EXPECT_EQ(compile(kModel, options).error, "options.precision: expected torch, ieee, tf32, bf16 or fp16, but got \"half\"");
  options.precision = nullptr, options.struct_size = 4;
  EXPECT_NE(compile(kModel, options).error.find("set it to sizeof the struct"), std::string::npos);
}

TEST(Compiler, CanBeStopped) {
  for (int stopAt : {0, 1}) {
    Outcome outcome = compile(kModel, FUSION_COMPILE_OPTIONS, stopAt);
    EXPECT_EQ(outcome.status, FUSION_CANCELLED);
    EXPECT_TRUE(outcome.program.empty());
  }
  EXPECT_EQ(compile(kModel, isolated(), 0).status, FUSION_CANCELLED);
}

TEST(Compiler, ThreadsCompileAtTheSameTime) {
  std::string expected = compile(kModel).program;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i)
        EXPECT_EQ(compile(kModel).program, expected);
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST(IsolatedCompiler, TimeAndMemoryAreLimited) {
  fusion_compile_options options = isolated();
  options.limit_seconds = 0.001;
  Outcome outcome = compile(kModel, options);
  EXPECT_EQ(outcome.status, FUSION_COMPILE);
  EXPECT_NE(outcome.error.find("expected to compile within 0.001"), std::string::npos) << outcome.error;
  options.limit_seconds = 0, options.limit_memory_bytes = 1 << 20;
  outcome = compile(kModel, options);
  EXPECT_EQ(outcome.status, FUSION_COMPILE) << outcome.error;
  EXPECT_TRUE(outcome.program.empty());
}

TEST(IsolatedCompiler, AMissingOneIsNamed) {
  fusion_compile_options options = isolated();
  options.compiler = "/nonexistent/fusion-opt";
  Outcome outcome = compile(kModel, options);
  EXPECT_EQ(outcome.status, FUSION_SYSTEM);
  EXPECT_NE(outcome.error.find("cannot start /nonexistent/fusion-opt"), std::string::npos);
}

} // namespace
