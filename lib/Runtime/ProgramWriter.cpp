// Writes ProgramData as the JSON text of a program file. It must not check: what it gets has passed checkProgram().
#include "Base64.h"
#include "Forms.h"
#include "Hash.h"
#include "ProgramFile.h"
#include <nlohmann/json.hpp>

using namespace fusion::runtime;
using detail::encodeBase64;
using nlohmann::json;

namespace {

json write(const Expr &expr) { return json::parse(expr.str()); }

json writeExtent(int64_t extent) { return extent == kBatchExtent ? json("N") : json(extent); }

json write(const Tensor &tensor) {
  json shape = json::array();
  for (int64_t extent : tensor.shape)
    shape.push_back(writeExtent(extent));
  json result = {{"name", tensor.name}, {"role", roleName(tensor.role)}, {"shape", shape}};
  if (tensor.type != ElementType::F32)
    result["type"] = typeName(tensor.type);
  if (tensor.layout != Layout::RowMajor)
    result["layout"] = layoutName(tensor.layout);
  if (tensor.of)
    result["of"] = *tensor.of;
  return result;
}

json write(const KernelArg &arg) {
  switch (arg.kind) {
  case KernelArg::Kind::Tensor:
    return {{"tensor", arg.tensor}};
  case KernelArg::Kind::Workspace:
    return {{"workspace", write(arg.offset)}, {"bytes", write(arg.bytes)}, {"name", arg.name}};
  case KernelArg::Kind::Batch32:
    return {{"batch", "i32"}};
  case KernelArg::Kind::Batch64:
    break;
  }
  return {{"batch", "i64"}};
}

json write(const KernelLaunch &kernel) {
  json args = json::array();
  for (const KernelArg &arg : kernel.args)
    args.push_back(write(arg));
  json grid = json::array({write(kernel.grid[0]), write(kernel.grid[1]), write(kernel.grid[2])});
  json result = {{"name", kernel.name}, {"grid", grid}, {"block", kernel.block}, {"shared", kernel.sharedBytes}, {"args", args}};
  if (!kernel.report.empty())
    result["report"] = kernel.report;
  return result;
}

json write(const Phase &phase) {
  json kernels = json::array();
  for (const KernelLaunch &kernel : phase.kernels)
    kernels.push_back(write(kernel));
  json result = {{"source", phase.source},
                 {"inputs", phase.inputs},
                 {"outputs", phase.outputs},
                 {"saved", phase.saved},
                 {"workspace", write(phase.workspace)},
                 {"kernels", kernels}};
  for (const Image &image : phase.images) {
    result["images"].push_back({{"kind", image.kind}, {"arch", image.arch}, {"data", encodeBase64(image.bytes)}});
    if (image.form != Form::Wide)
      result["images"].back()["form"] = detail::formName(image.form);
  }
  if (phase.narrowBatch)
    result["narrow_batch"] = phase.narrowBatch;
  if (phase.unaligned)
    result["unaligned"] = true;
  return result;
}

json write(const Variant &variant) {
  json result = {{"arch", variant.arch}, {"forward", write(variant.forward)}};
  if (variant.backward)
    result["backward"] = write(*variant.backward);
  return result;
}

} // namespace

std::string detail::writeProgram(const ProgramData &data) {
  json root = {{"format", "fusion-program"},
               {"version", 1},
               {"chain", data.chain},
               {"precision", data.precision},
               {"assume_finite", data.assumeFinite},
               {"tensors", json::array()},
               {"variants", json::array()}};
  root["batch"] = data.batch.dynamic ? json{{"dynamic", true}, {"max", data.batch.size}} : json{{"fixed", data.batch.size}};
  for (const Tensor &tensor : data.tensors)
    root["tensors"].push_back(write(tensor));
  for (const Variant &variant : data.variants)
    root["variants"].push_back(write(variant));
  root["checksum"] = "fnv1a64:" + hex16(fnv1a64(root.dump()));
  return root.dump(1) + "\n";
}
