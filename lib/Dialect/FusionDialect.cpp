// Registers the dialect and instantiates what TableGen generates.
#include "fusion/Dialect/FusionDialect.h"

/// A domain as `[?, 16, 49]`: the batch may be unknown.
static mlir::ParseResult parseDomain(mlir::OpAsmParser &parser, mlir::DenseI64ArrayAttr &domain) {
  llvm::SmallVector<int64_t, 3> extents;
  auto extent = [&]() -> mlir::ParseResult {
    extents.push_back(mlir::ShapedType::kDynamic);
    return mlir::succeeded(parser.parseOptionalQuestion()) ? mlir::success() : parser.parseInteger(extents.back());
  };
  if (parser.parseCommaSeparatedList(mlir::OpAsmParser::Delimiter::Square, extent, " in domain"))
    return mlir::failure();
  domain = parser.getBuilder().getDenseI64ArrayAttr(extents);
  return mlir::success();
}

static void printDomain(mlir::OpAsmPrinter &printer, mlir::Operation *, mlir::DenseI64ArrayAttr domain) {
  printer << "[";
  llvm::interleaveComma(domain.asArrayRef(), printer, [&](int64_t extent) {
    if (mlir::ShapedType::isDynamic(extent))
      printer << "?";
    else
      printer << extent;
  });
  printer << "]";
}

#include "fusion/Dialect/FusionDialect.cpp.inc"
#include "fusion/Dialect/FusionEnums.cpp.inc"
#include "fusion/Dialect/FusionInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "fusion/Dialect/FusionOps.cpp.inc"

void fusion::FusionDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "fusion/Dialect/FusionOps.cpp.inc"
      >();
}
