// Reads what kernels use: registers and stack frames from the cubin's own records, spills and barriers from ptxas's report.
#include "ProgramFile.h"
#include "fusion/Runtime/Nvrtc.h"
#include <algorithm>
#include <cstring>
#include <elf.h>
#include <string_view>

using namespace fusion::runtime;

namespace {

/// Bounds-checked access to the bytes of an ELF file.
class Bytes {
public:
  explicit Bytes(std::string_view bytes) : bytes(bytes) {}
  template <class T> bool read(uint64_t offset, T &out) const {
    if (offset > bytes.size() || sizeof(T) > bytes.size() - offset)
      return false;
    std::memcpy(&out, bytes.data() + offset, sizeof(T));
    return true;
  }
  /// The part of the file that a section holds, empty when it lies outside.
  Bytes section(const Elf64_Shdr &header) const {
    if (header.sh_type == SHT_NOBITS || header.sh_offset > bytes.size() || header.sh_size > bytes.size() - header.sh_offset)
      return Bytes({});
    return Bytes(bytes.substr(header.sh_offset, header.sh_size));
  }
  std::string text(uint64_t offset) const {
    if (offset >= bytes.size())
      return {};
    std::string_view rest = bytes.substr(offset);
    return std::string(rest.substr(0, rest.find('\0')));
  }
  size_t size() const { return bytes.size(); }

private:
  std::string_view bytes;
};

constexpr unsigned attributeFrameSize = 0x11, attributeRegisterCount = 0x2f, formatSized = 4;

KernelResources *findKernel(CubinInfo &info, const std::string &name) { return const_cast<KernelResources *>(info.find(name)); }

/// Walks .nv.info: records of (format, attribute, size or value); sized ones carry a symbol index and a number.
void readInfo(const Bytes &records, const Bytes &symbols, const Bytes &names, CubinInfo &info) {
  for (uint64_t at = 0; at + 4 <= records.size();) {
    uint8_t format = 0, attribute = 0;
    uint16_t size = 0;
    records.read(at, format);
    records.read(at + 1, attribute);
    records.read(at + 2, size);
    at += 4;
    if (format != formatSized)
      continue;
    uint32_t symbol = 0, value = 0;
    Elf64_Sym entry;
    if (size >= 8 && records.read(at, symbol) && records.read(at + 4, value) && symbols.read(uint64_t(symbol) * sizeof(Elf64_Sym), entry)) {
      if (KernelResources *kernel = findKernel(info, names.text(entry.st_name))) {
        if (attribute == attributeRegisterCount)
          kernel->registers = value;
        if (attribute == attributeFrameSize)
          kernel->stackFrame = value;
      }
    }
    at += size;
  }
}

/// The number that stands right before `unit` in `line`, for example "12" before " registers".
unsigned numberBefore(std::string_view line, std::string_view unit) {
  size_t end = line.find(unit);
  if (end == std::string_view::npos)
    return 0;
  size_t begin = end;
  while (begin > 0 && line[begin - 1] >= '0' && line[begin - 1] <= '9')
    --begin;
  unsigned value = 0;
  for (char digit : line.substr(begin, end - begin))
    value = value * 10 + unsigned(digit - '0');
  return value;
}

/// ptxas -v: "Function properties for NAME", then "N bytes stack frame, ...", then "Used N registers, ...".
void readReport(std::string_view log, CubinInfo &info) {
  const std::string_view header = "Function properties for ", waits = "wgmma.mma_async instructions are serialized", of = " function '";
  KernelResources *kernel = nullptr;
  while (!log.empty()) {
    std::string_view line = log.substr(0, log.find('\n'));
    log.remove_prefix(std::min(line.size() + 1, log.size()));
    if (size_t at = line.find(of); at != std::string_view::npos && line.find(waits) != std::string_view::npos) {
      std::string_view name = line.substr(at + of.size());
      if (KernelResources *found = findKernel(info, std::string(name.substr(0, name.find('\'')))))
        found->serialized = true;
    } else if (size_t at = line.find(header); at != std::string_view::npos) {
      kernel = findKernel(info, std::string(line.substr(at + header.size())));
    } else if (kernel && line.find(" bytes stack frame") != std::string_view::npos) {
      kernel->stackFrame = std::max(kernel->stackFrame, numberBefore(line, " bytes stack frame"));
      kernel->spillStores = numberBefore(line, " bytes spill stores");
      kernel->spillLoads = numberBefore(line, " bytes spill loads");
      kernel->reported = true;
    } else if (kernel && line.find(" registers") != std::string_view::npos) {
      kernel->barriers = numberBefore(line, " barriers");
      kernel->staticShared = numberBefore(line, " bytes smem");
    }
  }
}

} // namespace

bool detail::isWholeElf(std::string_view bytes) {
  Bytes file(bytes);
  Elf64_Ehdr header;
  if (!file.read(0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64)
    return false;
  auto inside = [&](uint64_t offset, uint64_t size) { return offset <= bytes.size() && size <= bytes.size() - offset; };
  if ((header.e_shnum && header.e_shentsize != sizeof(Elf64_Shdr)) || (header.e_phnum && header.e_phentsize != sizeof(Elf64_Phdr)) ||
      !inside(header.e_shoff, uint64_t(header.e_shnum) * sizeof(Elf64_Shdr)) ||
      !inside(header.e_phoff, uint64_t(header.e_phnum) * sizeof(Elf64_Phdr)))
    return false;
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    Elf64_Shdr section;
    if (!file.read(header.e_shoff + i * sizeof(section), section) ||
        (section.sh_type != SHT_NOBITS && !inside(section.sh_offset, section.sh_size)))
      return false;
  }
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!file.read(header.e_phoff + i * sizeof(segment), segment) || !inside(segment.p_offset, segment.p_filesz))
      return false;
  }
  return true;
}

const KernelResources *CubinInfo::find(const std::string &name) const {
  for (const KernelResources &kernel : kernels)
    if (kernel.name == name)
      return &kernel;
  return nullptr;
}

Expected<CubinInfo> fusion::runtime::parseCubin(const Binary &cubin) {
  Bytes file(std::string_view(cubin.bytes.data(), cubin.bytes.size()));
  Elf64_Ehdr header;
  Error damaged(ErrorKind::InvalidArgument, "expected a cubin (a 64-bit ELF file), but got other bytes");
  if (!file.read(0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_shentsize != sizeof(Elf64_Shdr))
    return damaged;
  std::vector<Elf64_Shdr> sections(header.e_shnum);
  for (size_t i = 0; i < sections.size(); ++i)
    if (header.e_shoff > cubin.bytes.size() || !file.read(header.e_shoff + i * sizeof(Elf64_Shdr), sections[i]))
      return damaged;
  if (header.e_shstrndx >= sections.size())
    return damaged;
  Bytes sectionNames = file.section(sections[header.e_shstrndx]);

  CubinInfo info;
  Bytes symbols({}), symbolNames({});
  const std::string codePrefix = ".text.";
  for (const Elf64_Shdr &section : sections) {
    std::string name = sectionNames.text(section.sh_name);
    if (name.compare(0, codePrefix.size(), codePrefix) == 0)
      info.kernels.emplace_back().name = name.substr(codePrefix.size());
    if (section.sh_type == SHT_SYMTAB && section.sh_link < sections.size()) {
      symbols = file.section(section);
      symbolNames = file.section(sections[section.sh_link]);
    }
  }
  for (const Elf64_Shdr &section : sections)
    if (sectionNames.text(section.sh_name) == ".nv.info")
      readInfo(file.section(section), symbols, symbolNames, info);
  readReport(cubin.log, info);
  return info;
}
