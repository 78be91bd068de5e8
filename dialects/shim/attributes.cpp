//===- attributes.cpp - small accessors that the C API lacks -----------------------------------------===//

#include "mlir/CAPI/IR.h"
#include "mlir/Dialect/LLVMIR/LLVMTypes.h"
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

void qonnxFlattenGlobal(MlirOperation operation) {
  // By the names of its attributes: the header of the `llvm` dialect takes a compiler ten seconds.
  mlir::Operation *global = unwrap(operation);
  auto value = llvm::dyn_cast_or_null<mlir::ElementsAttr>(global->getAttr("value"));
  auto held = llvm::dyn_cast_or_null<mlir::TypeAttr>(global->getAttr("global_type"));
  if (!value || !held || value.getShapedType().getRank() < 2)
    return;
  mlir::Type element = held.getValue();
  while (auto array = llvm::dyn_cast<mlir::LLVM::LLVMArrayType>(element))
    element = array.getElementType();
  int64_t count = value.getNumElements();
  auto type = mlir::RankedTensorType::get({count}, value.getElementType());
  mlir::Attribute flat;
  if (auto dense = llvm::dyn_cast<mlir::DenseElementsAttr>(value))
    flat = dense.reshape(type);
  else if (auto resource = llvm::dyn_cast<mlir::DenseResourceElementsAttr>(value))
    flat = mlir::DenseResourceElementsAttr::get(type, resource.getRawHandle());
  else
    return;
  global->setAttr("global_type", mlir::TypeAttr::get(mlir::LLVM::LLVMArrayType::get(element, count)));
  global->setAttr("value", flat);
}
