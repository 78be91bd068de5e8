//===- Qonnx.cpp - registration of the `qonnx` dialect -------------------------------------------===//

#include "dialect.h"

#include "Qonnx.dialect-decls.inc"
#define GET_OP_CLASSES
#include "Qonnx.op-decls.inc"

#include "Qonnx.dialect-defs.inc"
#define GET_OP_CLASSES
#include "Qonnx.op-defs.inc"

void qonnx::qonnx::QonnxDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "Qonnx.op-defs.inc"
      >();
}

extern "C" {
MLIR_DEFINE_CAPI_DIALECT_REGISTRATION(Qonnx, qonnx, qonnx::qonnx::QonnxDialect)
}
