// The prelude's parts, embedded at build time from prelude/*.cuh, and the order in which they go in front of a kernel.
#include "fusion/Emit/CUDA/Emit.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

namespace {
struct Part {
  const char *name, *text;
};
#include "PreludeParts.inc" // const Part kParts[] = {...};

const char *textOf(llvm::StringRef name) {
  for (const Part &part : kParts)
    if (name == part.name)
      return part.text;
  return nullptr;
}

/// What a part says it needs, on its line `// requires: a.cuh, b.cuh`.
llvm::SmallVector<llvm::StringRef> requirements(llvm::StringRef text) {
  llvm::SmallVector<llvm::StringRef> names, all;
  llvm::StringRef rest = text.split("// requires:").second.split('\n').first;
  rest.split(all, ',');
  for (llvm::StringRef name : all)
    if (textOf(name.trim()))
      names.push_back(name.trim());
  return names;
}

void add(llvm::SetVector<llvm::StringRef> &order, llvm::StringRef name) {
  const char *text = textOf(name);
  if (!text || order.contains(name))
    return;
  for (llvm::StringRef required : requirements(text))
    add(order, required);
  order.insert(name);
}
} // namespace

std::string fusion::preludeText(llvm::ArrayRef<std::string> parts) {
  llvm::SetVector<llvm::StringRef> order;
  add(order, "base.cuh");
  for (const std::string &part : parts)
    add(order, part);
  std::string text;
  for (llvm::StringRef name : order)
    text += "// ---- " + name.str() + "\n" + textOf(name) + "\n";
  return text;
}
