// The prelude's parts, embedded at build time from prelude/*.cuh, and the order in which they go in front of a kernel.
#include "Warpgroup.h"
#include "fusion/Emit/CUDA/Emit.h"
#include "llvm/ADT/STLExtras.h"

namespace {
struct Part {
  const char *name, *text;
};
#include "PreludeParts.inc" // const Part kParts[] = {...};

/// Empty where there is no such part.
std::string textOf(llvm::StringRef name) {
  for (const Part &part : kParts)
    if (name == part.name)
      return part.text;
  return fusion::cuda::warpgroupText(name).value_or("");
}

/// What a part says it needs, on its line `// requires: a.cuh, b.cuh`.
std::vector<std::string> requirements(llvm::StringRef text) {
  std::vector<std::string> names;
  llvm::SmallVector<llvm::StringRef> all;
  text.split("// requires:").second.split('\n').first.split(all, ',');
  for (llvm::StringRef name : all)
    if (!textOf(name.trim()).empty())
      names.push_back(name.trim().str());
  return names;
}

void add(std::vector<std::string> &order, const std::string &name) {
  std::string text = textOf(name);
  if (text.empty() || llvm::is_contained(order, name))
    return;
  for (const std::string &required : requirements(text))
    add(order, required);
  order.push_back(name);
}
} // namespace

std::string fusion::preludeText(llvm::ArrayRef<std::string> parts) {
  std::vector<std::string> order;
  add(order, "base.cuh");
  for (const std::string &part : parts)
    add(order, part);
  std::string text;
  for (const std::string &name : order)
    text += "// ---- " + name + "\n" + textOf(name) + "\n";
  return text;
}
