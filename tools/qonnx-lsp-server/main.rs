//! `qonnx-lsp-server`: MLIR's language server with the dialects of qonnx-mlir and their documentation.

use std::process::ExitCode;

fn main() -> ExitCode {
    qonnx_tools::run("qonnx-lsp-server", || {
        let arguments: Vec<_> = std::env::args_os().collect();
        let status = qonnx_tools::lsp::main(&arguments);
        ExitCode::from(u8::try_from(status).unwrap_or(1))
    })
}
