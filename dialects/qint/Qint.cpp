//===- Qint.cpp - registration of the `qint` dialect ---------------------------------------------===//

#include "dialect.h"

#include "llvm/ADT/TypeSwitch.h"
#include "mlir/IR/TensorEncoding.h"

#include "Qint.dialect-decls.inc"
#define GET_ATTRDEF_CLASSES
#include "Qint.attrdef-decls.inc"
#define GET_OP_CLASSES
#include "Qint.op-decls.inc"

#include "Qint.dialect-defs.inc"
#define GET_ATTRDEF_CLASSES
#include "Qint.attrdef-defs.inc"
#define GET_OP_CLASSES
#include "Qint.op-defs.inc"

void qonnx::qint::QintDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "Qint.attrdef-defs.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "Qint.op-defs.inc"
      >();
}

using qonnx::qint::ValuesAttr;

// Whether steps from `lo` end at `hi`.
static bool areValues(int64_t lo, int64_t hi, int64_t step) {
  // Without overflow, the distance of two numbers of 64 bits is one without a sign.
  uint64_t distance = uint64_t(hi) - uint64_t(lo);
  return lo <= hi && step >= 1 && distance % uint64_t(step) == 0;
}

llvm::LogicalResult ValuesAttr::verify(llvm::function_ref<mlir::InFlightDiagnostic()> emitError, int64_t lo, int64_t hi,
                                       int64_t step) {
  if (areValues(lo, hi, step))
    return mlir::success();
  return emitError() << "there are no integers from " << lo << " to " << hi << " in steps of " << step
                     << " that end there";
}

llvm::LogicalResult ValuesAttr::verifyEncoding(llvm::ArrayRef<int64_t> shape, mlir::Type elementType,
                                               llvm::function_ref<mlir::InFlightDiagnostic()> emitError) const {
  auto element = llvm::dyn_cast<mlir::IntegerType>(elementType);
  unsigned width = element ? element.getWidth() : 0;
  bool held = false;
  if (element && element.isSigned() && width >= 1 && width <= 64) {
    int64_t greatest = INT64_MAX >> (64 - width);
    held = -greatest - 1 <= getLo() && getHi() <= greatest;
  } else if (element && element.isUnsigned() && width >= 1 && width <= 63) {
    held = 0 <= getLo() && getHi() <= int64_t((uint64_t(1) << width) - 1);
  }
  if (held)
    return mlir::success();
  return emitError() << elementType << " does not hold the integers " << getLo() << " to " << getHi();
}

MlirAttribute qonnxQintValuesGet(MlirContext context, int64_t lo, int64_t hi, int64_t step) {
  // `get` ends the process where the verifier refuses.
  if (!areValues(lo, hi, step))
    return MlirAttribute{nullptr};
  return wrap(mlir::Attribute(ValuesAttr::get(unwrap(context), lo, hi, step)));
}

bool qonnxQintValuesRead(MlirAttribute attribute, int64_t *lo, int64_t *hi, int64_t *step) {
  auto values = llvm::dyn_cast_if_present<ValuesAttr>(unwrap(attribute));
  if (!values)
    return false;
  *lo = values.getLo();
  *hi = values.getHi();
  *step = values.getStep();
  return true;
}

// The operand of an op that returns it unchanged.
static mlir::OpFoldResult identity(mlir::Operation *op) {
  return qonnxRustIsIdentity(wrap(op)) ? op->getOperand(0) : mlir::OpFoldResult();
}

mlir::OpFoldResult qonnx::qint::RequantizeOp::fold(FoldAdaptor) { return identity(*this); }
mlir::OpFoldResult qonnx::qint::ThresholdOp::fold(FoldAdaptor) { return identity(*this); }
mlir::OpFoldResult qonnx::qint::LookupOp::fold(FoldAdaptor) { return identity(*this); }
mlir::OpFoldResult qonnx::qint::CastOp::fold(FoldAdaptor) { return identity(*this); }

extern "C" {
MLIR_DEFINE_CAPI_DIALECT_REGISTRATION(Qint, qint, qonnx::qint::QintDialect)
}
