//! `qonnx-opt`: MLIR's `mlir-opt`, with the dialects and passes of qonnx-mlir, and ONNX files as input.

fn main() {
    qonnx_passes::register();
    let arguments: Vec<String> = std::env::args().collect();
    std::process::exit(qonnx_dialects::tools::opt_main(&arguments, |_, _| None));
}
