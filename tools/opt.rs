//! `qonnx-opt` around `MlirOptMain`: ONNX input, and the flags that MLIR does not have.

use melior::Context;
use melior::ir::{Location, Module};
use qonnx_dialects::ir::emit_error;
use qonnx_dialects::tools;
use qonnx_mlir::frontend::onnx::{ImportOptions, import};
use qonnx_passes::{PASSES, pipelines::PIPELINES};
use std::path::Path;

/// Elements from which `--elide-constants` leaves a constant out.
const ELIDE: usize = 16;

/// Runs the tool and returns its exit status.
pub fn main(arguments: &[String]) -> i32 {
    qonnx_passes::register();
    if arguments.iter().any(|argument| argument == "--list-passes") {
        return i32::from(crate::print(&list()).is_err());
    }
    let arguments: Vec<String> = arguments
        .iter()
        .flat_map(|argument| match argument.as_str() {
            "--elide-constants" => vec![
                format!("--mlir-elide-elementsattrs-if-larger={ELIDE}"),
                format!("--mlir-elide-resource-strings-if-larger={ELIDE}"),
            ],
            _ => vec![argument.clone()],
        })
        .collect();
    tools::opt_main(&arguments, import_or_report)
}

/// Imports a model; faults are reported in the context, one diagnostic each.
pub fn import_or_report<'c>(context: &'c Context, path: &Path) -> Option<Module<'c>> {
    match import(context, path, &ImportOptions::default()) {
        Ok(module) => Some(module),
        Err(errors) => {
            let file = Location::new(context, &errors.file, 0, 0);
            for problem in &errors.problems {
                emit_error(file, &problem.to_string());
            }
            None
        }
    }
}

/// The project's passes and pipelines.
fn list() -> String {
    let mut text = String::new();
    for info in PASSES {
        text += &format!(
            "{} (on {}): {}\n",
            info.argument,
            info.anchor.op_name(),
            info.summary()
        );
        for option in info.options {
            text += &format!(
                "  {}={}: {}\n",
                option.name,
                (option.default)(),
                option.description
            );
        }
    }
    for pipeline in PIPELINES {
        text += &format!(
            "{} (pipeline): {}\n  {}\n",
            pipeline.name,
            pipeline.summary,
            (pipeline.text)()
        );
    }
    text
}
