//===- attributes.cpp - small accessors that the C API lacks -----------------------------------------===//

#include "mlir/CAPI/IR.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Diagnostics.h"
#include "qonnx-c.h"

const char *qonnxResourceData(MlirAttribute attribute, size_t *size) {
  auto resource = llvm::dyn_cast<mlir::DenseResourceElementsAttr>(unwrap(attribute));
  if (!resource)
    return nullptr;
  mlir::AsmResourceBlob *blob = resource.getRawHandle().getBlob();
  if (!blob)
    return nullptr;
  *size = blob->getData().size();
  return blob->getData().data();
}

void qonnxEmit(MlirLocation location, int severity, const char *message) {
  mlir::Location loc = unwrap(location);
  if (severity == 1)
    mlir::emitWarning(loc, message);
  else
    mlir::emitRemark(loc, message);
}
