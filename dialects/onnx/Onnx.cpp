//===- Onnx.cpp - registration of the `onnx` dialect ---------------------------------------------===//

#include "dialect.h"

#include "Onnx.dialect-decls.inc"
#define GET_OP_CLASSES
#include "Onnx.op-decls.inc"

#include "Onnx.dialect-defs.inc"
#define GET_OP_CLASSES
#include "Onnx.op-defs.inc"

void qonnx::onnx::OnnxDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "Onnx.op-defs.inc"
      >();
}

mlir::OpFoldResult qonnx::onnx::ConstantOp::fold(FoldAdaptor) { return getValue(); }

/// Makes the constants that upstream folding asks for.
mlir::Operation *qonnx::onnx::OnnxDialect::materializeConstant(mlir::OpBuilder &builder, mlir::Attribute value,
                                                               mlir::Type type, mlir::Location loc) {
  auto elements = llvm::dyn_cast<mlir::ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, loc, type, elements);
}

extern "C" {
MLIR_DEFINE_CAPI_DIALECT_REGISTRATION(Onnx, onnx, qonnx::onnx::OnnxDialect)
}
