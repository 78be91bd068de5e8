//! `qonnx-opt`: MLIR's `mlir-opt`, with the dialects and passes of qonnx-mlir, and ONNX files as input.

use std::process::ExitCode;

fn main() -> ExitCode {
    qonnx_tools::run("qonnx-opt", || {
        let arguments: Vec<_> = std::env::args_os().collect();
        ExitCode::from(u8::try_from(qonnx_tools::opt::main(&arguments)).unwrap_or(1))
    })
}
