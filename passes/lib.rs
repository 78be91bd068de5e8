//! The passes of qonnx-mlir: one folder per stage, one file per pass, one registry.
