//! `qonnx-opt`: MLIR's `mlir-opt`, with the dialects and passes of qonnx-mlir, and ONNX files as input.
fn main() {}
