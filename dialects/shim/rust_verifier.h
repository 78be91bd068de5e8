//===- rust_verifier.h - the trait `RustVerified` ---------------------------------------------------===//
//
// Rules of ops (operand ranks, shapes, attribute values) live in Rust beside the evaluation of the op, so
// that verifier, shape inference and interpreter cannot disagree. The trait hands the op over.

#ifndef QONNX_RUST_VERIFIER_H
#define QONNX_RUST_VERIFIER_H

#include "mlir/CAPI/IR.h"
#include "mlir/IR/OpDefinition.h"
#include "qonnx-c.h"

namespace qonnx {

template <typename ConcreteType>
class RustVerified : public mlir::OpTrait::TraitBase<ConcreteType, RustVerified> {
public:
  static llvm::LogicalResult verifyTrait(mlir::Operation *op) {
    return llvm::success(qonnxRustVerify(wrap(op)));
  }
};

} // namespace qonnx

#endif // QONNX_RUST_VERIFIER_H
