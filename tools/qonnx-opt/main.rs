//! `qonnx-opt`: MLIR's `mlir-opt`, with the dialects and passes of qonnx-mlir, and ONNX files as input.

use melior::ir::Location;
use qonnx_dialects::ir::emit_error;
use qonnx_mlir::frontend::onnx::{ImportOptions, import};

fn main() {
    qonnx_passes::register();
    let arguments: Vec<String> = std::env::args()
        .flat_map(|argument| match argument.as_str() {
            "--elide-constants" => vec![
                "--mlir-elide-elementsattrs-if-larger=16".to_owned(),
                "--mlir-elide-resource-strings-if-larger=16".to_owned(),
            ],
            _ => vec![argument],
        })
        .collect();
    std::process::exit(qonnx_dialects::tools::opt_main(&arguments, |context, path| {
        match import(context, path, &ImportOptions::default()) {
            Ok(module) => Some(module),
            Err(errors) => {
                for problem in &errors.problems {
                    let file = Location::new(context, &errors.file, 0, 0);
                    emit_error(file, &problem.to_string());
                }
                None
            }
        }
    }));
}
