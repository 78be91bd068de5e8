//! `qonnx-lsp-server`: MLIR's language server with the dialects of qonnx-mlir.
fn main() {}
