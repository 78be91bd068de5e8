//===- Dataflow.cpp - registration of the `dataflow` dialect ----------------------------------------===//

#include "dialect.h"
#include "llvm/ADT/TypeSwitch.h"

// The custom part of the types' syntax, `1x8xui4`.
static mlir::ParseResult parseWords(mlir::AsmParser &parser, llvm::SmallVector<int64_t> &shape,
                                    mlir::IntegerType &element) {
  return mlir::failure(parser.parseDimensionList(shape, /*allowDynamic=*/false) || parser.parseType(element));
}

static void printWords(mlir::AsmPrinter &printer, llvm::ArrayRef<int64_t> shape, mlir::IntegerType element) {
  for (int64_t extent : shape)
    printer << extent << 'x';
  printer << element;
}

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
using qonnx::dataflow::StreamType;

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

// Why there are no words of such a shape and type, in so many lanes (0 for an array); null if there are.
static const char *whatIsWrong(llvm::ArrayRef<int64_t> shape, mlir::IntegerType element, int64_t lanes) {
  int64_t size = 1;
  for (int64_t extent : shape)
    if (extent < 1 || llvm::MulOverflow(size, extent, size))
      return "extents are at least 1, and their product is a 64-bit number";
  if (element.isSignless())
    return "a word is signed (si) or unsigned (ui)";
  if (element.getWidth() < 1 || element.getWidth() > 63)
    return "a word has 1 to 63 bits";
  if (lanes < 0 || (lanes > 0 && (shape.empty() ? 1 : shape.back()) % lanes != 0))
    return "lanes divide the extent of the last dimension";
  return nullptr;
}

static llvm::LogicalResult verifyLink(llvm::function_ref<mlir::InFlightDiagnostic()> emitError,
                                      llvm::ArrayRef<int64_t> shape, mlir::IntegerType element, int64_t lanes) {
  const char *wrong = whatIsWrong(shape, element, lanes);
  if (!wrong)
    return mlir::success();
  mlir::InFlightDiagnostic diagnostic = emitError() << wrong << ", got ";
  llvm::interleave(shape, [&](int64_t extent) { diagnostic << extent; }, [&] { diagnostic << "x"; });
  if (!shape.empty())
    diagnostic << " of ";
  diagnostic << element;
  if (lanes != 0)
    diagnostic << " in " << lanes << " lanes";
  return diagnostic;
}

llvm::LogicalResult ArrayType::verify(llvm::function_ref<mlir::InFlightDiagnostic()> emitError,
                                      llvm::ArrayRef<int64_t> shape, mlir::IntegerType element) {
  return verifyLink(emitError, shape, element, 0);
}

llvm::LogicalResult StreamType::verify(llvm::function_ref<mlir::InFlightDiagnostic()> emitError,
                                       llvm::ArrayRef<int64_t> shape, mlir::IntegerType element, int64_t lanes) {
  if (lanes == 0)
    return emitError() << "a stream has at least one lane, got 0";
  return verifyLink(emitError, shape, element, lanes);
}

MlirType qonnxDataflowLinkGet(MlirType element, intptr_t rank, const int64_t *extents, int64_t lanes) {
  auto word = llvm::dyn_cast<mlir::IntegerType>(unwrap(element));
  llvm::ArrayRef<int64_t> shape(extents, rank);
  // `get` ends the process where the verifier refuses.
  if (!word || whatIsWrong(shape, word, lanes))
    return MlirType{nullptr};
  if (lanes == 0)
    return wrap(mlir::Type(ArrayType::get(word.getContext(), shape, word)));
  return wrap(mlir::Type(StreamType::get(word.getContext(), shape, word, lanes)));
}

bool qonnxDataflowLinkRead(MlirType type, MlirType *element, intptr_t *rank, const int64_t **extents, int64_t *lanes) {
  auto read = [&](mlir::Type word, llvm::ArrayRef<int64_t> shape, int64_t count) {
    *element = wrap(word);
    *rank = shape.size();
    *extents = shape.data();
    *lanes = count;
    return true;
  };
  if (auto array = llvm::dyn_cast<ArrayType>(unwrap(type)))
    return read(array.getElement(), array.getShape(), 0);
  if (auto stream = llvm::dyn_cast<StreamType>(unwrap(type)))
    return read(stream.getElement(), stream.getShape(), stream.getLanes());
  return false;
}

extern "C" {
MLIR_DEFINE_CAPI_DIALECT_REGISTRATION(Dataflow, dataflow, qonnx::dataflow::DataflowDialect)
}
