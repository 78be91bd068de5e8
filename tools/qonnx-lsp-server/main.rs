//! `qonnx-lsp-server`: MLIR's language server with the dialects of qonnx-mlir.

use std::process::ExitCode;

fn main() -> ExitCode {
    qonnx_tools::run("qonnx-lsp-server", || {
        let arguments: Vec<_> = std::env::args_os().collect();
        let status = qonnx_dialects::tools::lsp_main(&arguments);
        ExitCode::from(u8::try_from(status).unwrap_or(1))
    })
}
