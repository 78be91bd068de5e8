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

// What an array is not that has so many words of a type; null if it is one.
static const char *whatIsWrong(int64_t size, mlir::IntegerType element) {
  if (size < 1)
    return "an array needs at least one word";
  if (element.isSignless())
    return "a word is signed (si) or unsigned (ui)";
  if (element.getWidth() < 1 || element.getWidth() > 63)
    return "a word has 1 to 63 bits";
  return nullptr;
}

llvm::LogicalResult ArrayType::verify(llvm::function_ref<mlir::InFlightDiagnostic()> emitError, int64_t size,
                                      mlir::IntegerType element) {
  if (const char *wrong = whatIsWrong(size, element))
    return emitError() << wrong << ", got " << size << " of " << element;
  return mlir::success();
}

MlirType qonnxDataflowArrayGet(MlirType element, int64_t size) {
  auto word = llvm::dyn_cast<mlir::IntegerType>(unwrap(element));
  // `get` ends the process where the verifier refuses.
  if (!word || whatIsWrong(size, word))
    return MlirType{nullptr};
  return wrap(mlir::Type(ArrayType::get(word.getContext(), size, word)));
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
