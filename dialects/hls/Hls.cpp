//===- Hls.cpp - registration of the `hls` dialect --------------------------------------------------===//

#include "dialect.h"
#include "mlir/IR/SymbolTable.h"

#include "Hls.dialect-decls.inc"
#define GET_OP_CLASSES
#include "Hls.op-decls.inc"

#include "Hls.dialect-defs.inc"
#define GET_OP_CLASSES
#include "Hls.op-defs.inc"

void qonnx::hls::HlsDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "Hls.op-defs.inc"
      >();
}

extern "C" {
MLIR_DEFINE_CAPI_DIALECT_REGISTRATION(Hls, hls, qonnx::hls::HlsDialect)
}
