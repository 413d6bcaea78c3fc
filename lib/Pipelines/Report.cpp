// Prints what a compilation decided and what it predicts.
#include "fusion/Pipelines/Compile.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace fusion;
namespace json = llvm::json;

static json::Object phaseJson(const PhaseReport &p, const std::map<std::string, Resources> &resources) {
  json::Array kernels;
  for (const KernelReport &k : p.kernels) {
    json::Object o{{"name", k.name},
                   {"stages", json::Array(k.stages)},
                   {"unit", k.factors ? unitOf(*k.factors) : "fp32"},
                   {"bytes_read", int64_t(k.work.bytesRead)},
                   {"bytes_written", int64_t(k.work.bytesWritten)},
                   {"flops", int64_t(k.work.flops())},
                   {"contraction_flops", int64_t(k.contractionFlops)},
                   {"predicted_us", k.seconds * 1e6},
                   {"terms", json::Object{{"memory_us", k.terms.memory * 1e6},
                                          {"math_us", k.terms.math * 1e6},
                                          {"special_us", k.terms.special * 1e6},
                                          {"launch_us", k.terms.launch * 1e6}}},
                   {"bound", k.terms.bound()},
                   {"roofline_us", k.rooflineSeconds * 1e6},
                   {"threads", int64_t(k.threads)},
                   {"shared_bytes", int64_t(k.sharedBytes)},
                   {"schedule", k.schedule}};
    auto it = resources.find(k.name);
    o["registers"] = it == resources.end() ? json::Value(nullptr) : json::Value(int64_t(it->second.registers));
    o["serialized"] = it == resources.end() ? json::Value(nullptr) : json::Value(it->second.serialized);
    o["spill_bytes"] = it == resources.end() ? json::Value(nullptr) : json::Value(int64_t(it->second.spillBytes));
    kernels.push_back(std::move(o));
  }
  return json::Object{{"kernels", std::move(kernels)},
                      {"bytes", int64_t(p.bytes)},
                      {"compulsory_bytes", int64_t(p.compulsoryBytes)},
                      {"saved_bytes", int64_t(p.savedBytes)},
                      {"saved", json::Array(p.saved)},
                      {"channels_last", json::Array(p.channelsLast)},
                      {"workspace_bytes", int64_t(p.workspaceBytes)},
                      {"predicted_us", p.seconds * 1e6},
                      {"roofline_us", p.rooflineSeconds * 1e6},
                      {"decisions", json::Array(p.decisions)}};
}

std::string fusion::reportJson(const Compiled &c, const std::map<std::string, Resources> &resources) {
  json::Object o{{"chain", c.chain}, {"arch", c.spec.arch}, {"batch", c.batch}, {"forward", phaseJson(c.forward, resources)}};
  o["backward"] = c.backward ? json::Value(phaseJson(*c.backward, resources)) : json::Value(nullptr);
  return llvm::formatv("{0:2}\n", json::Value(std::move(o))).str();
}

static std::string megabytes(double bytes) {
  return bytes < 1e5 ? llvm::formatv("{0:f1} kB", bytes / 1e3).str() : llvm::formatv("{0:f1} MB", bytes / 1e6).str();
}

static std::string phaseText(llvm::StringRef name, const PhaseReport &p, const std::map<std::string, Resources> &resources) {
  std::string text =
      llvm::formatv("{0}: {1} kernel{2}, {3} moved ({4:f2} x compulsory {5}), predicted {6:f1} us, roof {7:f1} us, workspace {8}\n", name,
                    p.kernels.size(), p.kernels.size() == 1 ? "" : "s", megabytes(p.bytes), p.bytes / p.compulsoryBytes,
                    megabytes(p.compulsoryBytes), p.seconds * 1e6, p.rooflineSeconds * 1e6, megabytes(p.workspaceBytes));
  for (const KernelReport &k : p.kernels) {
    text += llvm::formatv("  {0}: reads {1}, writes {2}, {3:f2} GFLOP, predicted {4:f1} us ", k.name, megabytes(k.work.bytesRead),
                          megabytes(k.work.bytesWritten), k.work.flops() / 1e9, k.seconds * 1e6);
    text += llvm::formatv("({0}: memory {1:f1}, math {2:f1}, special {3:f1}, launch {4:f1}); ", k.terms.bound(), k.terms.memory * 1e6,
                          k.terms.math * 1e6, k.terms.special * 1e6, k.terms.launch * 1e6);
    text += llvm::formatv("{0}; {1} threads, {2} bytes shared", k.schedule, k.threads, k.sharedBytes);
    if (auto it = resources.find(k.name); it != resources.end())
      text += llvm::formatv(", {0} registers, {1} bytes spilled", it->second.registers, it->second.spillBytes);
    text += "\n";
  }
  if (!p.saved.empty()) {
    text += llvm::formatv("  saved for backward ({0}):", megabytes(p.savedBytes));
    for (const std::string &s : p.saved)
      text += " " + s;
    text += "\n";
  }
  if (!p.channelsLast.empty()) {
    text += "  channels last:";
    for (const std::string &s : p.channelsLast)
      text += " " + s;
    text += "\n";
  }
  for (const std::string &line : p.decisions)
    text += "  why: " + line + "\n";
  return text;
}

std::string fusion::reportText(const Compiled &c, const std::map<std::string, Resources> &resources) {
  std::string text = llvm::formatv("{0} for {1} ({2}), batch {3}\n", c.chain, c.spec.arch, c.spec.name, c.batch);
  text += phaseText("forward", c.forward, resources);
  if (c.backward)
    text += phaseText("backward", *c.backward, resources);
  return text;
}
