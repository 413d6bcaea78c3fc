// Loads shared objects and reads where their data lies.
#include "Module.h"
#include "Process.h"
#include <algorithm>
#include <cstring>
#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>

namespace fusion::host {
using runtime::Error;
using runtime::ErrorKind;
using runtime::Expected;
namespace {
constexpr size_t kGuardBytes = 256; // as the rewriter appends

struct Segments {
  void *base;
  ModuleCopy *copy;
};

int readSegments(dl_phdr_info *info, size_t, void *data) {
  auto &segments = *static_cast<Segments *>(data);
  char *base = reinterpret_cast<char *>(info->dlpi_addr);
  if (base != segments.base)
    return 0;
  ModuleCopy &copy = *segments.copy;
  copy.begin = base;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto &header = info->dlpi_phdr[i];
    if (header.p_type != PT_LOAD)
      continue;
    char *begin = base + header.p_vaddr, *end = begin + header.p_memsz;
    copy.end = std::max(copy.end, end);
    if (header.p_flags & PF_W) {
      copy.dataBegin = begin;
      copy.dataEnd = end;
    }
  }
  return 1;
}

std::string demangled(const char *name) {
  int status;
  char *text = abi::__cxa_demangle(name, nullptr, nullptr, &status);
  std::string result = text ? text : name;
  free(text);
  return result;
}

/// Splits "kernel::hc_shared_tile" or "kernel(float*)::hc_shared_tile" into function and variable.
Symbol describeSymbol(char *begin, size_t bytes, std::string name) {
  Symbol symbol{begin, begin + bytes, name, ""};
  size_t scope = name.rfind("::");
  if (scope != std::string::npos) {
    symbol.function = name.substr(0, name.find_first_of("(:"));
    symbol.name = name.substr(scope + 2);
  }
  constexpr char kGuarded[] = "hc_shared_";
  if (symbol.name.rfind(kGuarded, 0) == 0 && bytes > kGuardBytes) {
    symbol.name = symbol.name.substr(strlen(kGuarded));
    symbol.end -= kGuardBytes;
  }
  return symbol;
}

void readSymbols(const std::string &file, ModuleCopy &copy) {
  auto *header = reinterpret_cast<const Elf64_Ehdr *>(file.data());
  auto *sections = reinterpret_cast<const Elf64_Shdr *>(file.data() + header->e_shoff);
  for (int i = 0; i < header->e_shnum; ++i) {
    if (sections[i].sh_type != SHT_SYMTAB)
      continue;
    auto *symbols = reinterpret_cast<const Elf64_Sym *>(file.data() + sections[i].sh_offset);
    const char *names = file.data() + sections[sections[i].sh_link].sh_offset;
    for (size_t k = 0; k < sections[i].sh_size / sizeof(Elf64_Sym); ++k) {
      char *address = copy.begin + symbols[k].st_value;
      if (ELF64_ST_TYPE(symbols[k].st_info) == STT_OBJECT && symbols[k].st_size && address >= copy.dataBegin && address < copy.dataEnd)
        copy.symbols.push_back(describeSymbol(address, symbols[k].st_size, demangled(names + symbols[k].st_name)));
    }
  }
  std::sort(copy.symbols.begin(), copy.symbols.end(), [](const Symbol &a, const Symbol &b) { return a.begin < b.begin; });
}

Expected<std::unique_ptr<ModuleCopy>> loadCopy(const Image &image, bool instrumented) {
  Expected<ScratchDirectory> scratch = ScratchDirectory::make();
  if (!scratch)
    return scratch.error();
  // Every copy is a file of its own: the loader maps one file only once. The file may go as soon as it is mapped.
  std::string path = scratch->file("kernels.so");
  if (Error error = writeFile(path, image.sharedObject))
    return error;
  auto copy = std::make_unique<ModuleCopy>();
  copy->handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!copy->handle)
    return Error(ErrorKind::Device, std::string("cannot load the compiled kernels: ") + dlerror());
  auto table = reinterpret_cast<void **(*)()>(copy->symbol("hc_runtime_table"));
  auto slot = reinterpret_cast<hc_thread **(*)()>(copy->symbol("hc_current_slot"));
  Dl_info info;
  if (!table || !slot || !dladdr(reinterpret_cast<void *>(table), &info))
    return Error(ErrorKind::InvalidProgram, "the binary holds no kernels compiled by the host driver");
  CallTable calls = callTable(instrumented);
  memcpy(table(), calls.entries, calls.count * sizeof(void *));
  copy->currentSlot = slot();
  if (auto dynamic = reinterpret_cast<char *(*)()>(copy->symbol("hc_dynamic_shared")))
    copy->dynamicShared = dynamic();
  Segments segments{info.dli_fbase, copy.get()};
  dl_iterate_phdr(readSegments, &segments);
  readSymbols(image.sharedObject, *copy);
  return copy;
}
} // namespace

ModuleCopy::~ModuleCopy() {
  if (handle)
    dlclose(handle);
}

void *ModuleCopy::symbol(const std::string &name) const { return dlsym(handle, name.c_str()); }

void ModuleCopy::poisonShared(size_t dynamicBytes) {
  for (const Symbol &symbol : symbols)
    if (!symbol.function.empty())
      memset(symbol.begin, 0xFF, symbol.end - symbol.begin);
  if (dynamicShared)
    memset(dynamicShared, 0xFF, dynamicBytes);
}

Expected<std::shared_ptr<const Image>> Module::image(bool instrumented, const runtime::HostOptions &options) {
  Kind &kind = kinds[instrumented];
  if (kind.image)
    return kind.image;
  Recipe wanted = recipe;
  Expected<std::string> compiler = chooseCompiler(options, instrumented);
  if (!compiler)
    return compiler.error();
  wanted.instrumented = instrumented;
  wanted.compiler = *compiler;
  wanted.optimization = options.optimization;
  auto image = compileImage(wanted);
  if (image)
    kind.image = *image;
  return image;
}

Expected<ModuleCopy *> Module::copy(bool instrumented, unsigned worker, const runtime::HostOptions &options) {
  Kind &kind = kinds[instrumented];
  auto needed = image(instrumented, options);
  if (!needed)
    return needed.error();
  if (kind.copies.size() <= worker)
    kind.copies.resize(worker + 1);
  if (!kind.copies[worker]) {
    auto loaded = loadCopy(**needed, instrumented);
    if (!loaded)
      return loaded.error();
    kind.copies[worker] = std::move(*loaded);
  }
  return kind.copies[worker].get();
}

} // namespace fusion::host
