//===- Common.td - what the definitions of all dialects share ---------------------------------------===//

#ifndef QONNX_COMMON_TD
#define QONNX_COMMON_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/DialectBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

// The rules of an op (operand ranks, shapes, attribute values) are written once, in Rust, beside its
// evaluation. This trait makes MLIR's verifier ask them; see `shim/rust_verifier.h`.
def RustVerified : NativeOpTrait<"RustVerified"> {
  let cppNamespace = "::qonnx";
}

// An ONNX input that a node may leave out: present as a tensor, or absent as a value of type `none`.
def OptionalTensor : AnyTypeOf<[AnyTensor, NoneType], "tensor or none">;

#endif // QONNX_COMMON_TD
