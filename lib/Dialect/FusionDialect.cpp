// Registers the dialect and instantiates what TableGen generates.
#include "fusion/Dialect/FusionDialect.h"

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
