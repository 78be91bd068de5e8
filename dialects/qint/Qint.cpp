//===- Qint.cpp - registration of the `qint` dialect ---------------------------------------------===//

#include "dialect.h"

#include "Qint.dialect-decls.inc"
#define GET_OP_CLASSES
#include "Qint.op-decls.inc"

#include "Qint.dialect-defs.inc"
#define GET_OP_CLASSES
#include "Qint.op-defs.inc"

void qonnx::qint::QintDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "Qint.op-defs.inc"
      >();
}

extern "C" {
MLIR_DEFINE_CAPI_DIALECT_REGISTRATION(Qint, qint, qonnx::qint::QintDialect)
}
