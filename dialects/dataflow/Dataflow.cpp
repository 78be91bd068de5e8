//===- Dataflow.cpp - registration of the `dataflow` dialect ----------------------------------------===//

#include "dialect.h"
#include "llvm/ADT/TypeSwitch.h"

#include "Dataflow.dialect-decls.inc"
#define GET_TYPEDEF_CLASSES
#include "Dataflow.typedef-decls.inc"
#define GET_OP_CLASSES
#include "Dataflow.op-decls.inc"

#include "Dataflow.dialect-defs.inc"
#define GET_TYPEDEF_CLASSES
#include "Dataflow.typedef-defs.inc"
#define GET_OP_CLASSES
#include "Dataflow.op-defs.inc"

using qonnx::dataflow::ArrayType;

void qonnx::dataflow::DataflowDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "Dataflow.typedef-defs.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "Dataflow.op-defs.inc"
      >();
}

llvm::LogicalResult ArrayType::verify(llvm::function_ref<mlir::InFlightDiagnostic()> emitError, int64_t size,
                                      mlir::IntegerType element) {
  if (size < 1)
    return emitError() << "an array needs at least one word, got " << size;
  if (element.isSignless())
    return emitError() << "a word is signed (si) or unsigned (ui), got " << element;
  if (element.getWidth() < 1 || element.getWidth() > 63)
    return emitError() << "a word has 1 to 63 bits, got " << element;
  return mlir::success();
}

MlirType qonnxDataflowArrayGet(MlirType element, int64_t size) {
  auto word = llvm::dyn_cast<mlir::IntegerType>(unwrap(element));
  if (!word)
    return MlirType{nullptr};
  // Not `get`, which ends the process where the verifier refuses. Whoever asks says what is wrong.
  auto silent = [&] { return mlir::InFlightDiagnostic(); };
  return wrap(mlir::Type(ArrayType::getChecked(silent, word.getContext(), size, word)));
}

bool qonnxDataflowArrayRead(MlirType type, MlirType *element, int64_t *size) {
  auto array = llvm::dyn_cast<ArrayType>(unwrap(type));
  if (!array)
    return false;
  *element = wrap(mlir::Type(array.getElement()));
  *size = array.getSize();
  return true;
}

extern "C" {
MLIR_DEFINE_CAPI_DIALECT_REGISTRATION(Dataflow, dataflow, qonnx::dataflow::DataflowDialect)
}
