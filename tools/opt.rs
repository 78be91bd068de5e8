//! `qonnx-opt` around `MlirOptMain`: ONNX input, and the flags that MLIR does not have.

use melior::Context;
use melior::ir::{Location, Module};
use qonnx_dialects::ir::emit_error;
use qonnx_dialects::text;
use qonnx_dialects::tools::{self, Hooks};
use qonnx_mlir::frontend::onnx::{ImportOptions, import};
use qonnx_mlir::output::{Output, OutputError};
use qonnx_passes::{PASSES, pipelines::PIPELINES};
use std::ffi::OsString;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::USAGE;
use crate::error::CommandError;
use crate::formats::{self, MODULE};

/// Elements from which `--elide-constants` leaves a constant out.
const ELIDE: usize = 16;

/// Whether write-protected files are replaced: `--force`.
static FORCE: AtomicBool = AtomicBool::new(false);

/// Runs the tool and returns its exit status.
pub fn main(arguments: &[OsString]) -> i32 {
    qonnx_passes::register();
    if arguments.iter().any(|argument| argument == "--list-passes") {
        return i32::from(crate::print(&list()).is_err());
    }
    // MLIR repeats a flag that it does not know as it is.
    let steers = |argument: &&OsString| {
        let shown = text::shown_path(Path::new(argument));
        argument.as_encoded_bytes().starts_with(b"-") && argument.to_str() != Some(shown.as_str())
    };
    if let Some(flag) = arguments.iter().skip(1).find(steers) {
        let flag = text::shown_path(Path::new(flag));
        eprintln!("error: unknown flag '{flag}'; --help lists what there is");
        return i32::from(USAGE);
    }
    let arguments: Vec<OsString> = arguments
        .iter()
        .flat_map(|argument| match argument.to_str() {
            Some("--elide-constants") => vec![
                format!("--mlir-elide-elementsattrs-if-larger={ELIDE}").into(),
                format!("--mlir-elide-resource-strings-if-larger={ELIDE}").into(),
            ],
            Some("--force") => {
                FORCE.store(true, Ordering::Relaxed);
                Vec::new()
            }
            _ => vec![argument.clone()],
        })
        .collect();
    let hooks = Hooks {
        import: import_or_report,
        check: |input, output| reported(formats::check_text(&to(input, output), MODULE)),
        write: |input, output, bytes| reported(to(input, output).write_file(bytes)),
    };
    tools::opt_main(&arguments, hooks)
}

/// The output of a run; the name of its input is known to be a file's or `-`.
fn to(input: &Path, output: &Path) -> Output {
    Output::new(output)
        .forced(FORCE.load(Ordering::Relaxed))
        .with_input(input)
}

/// Whether something succeeded; otherwise its error is printed.
fn reported(outcome: Result<(), OutputError>) -> bool {
    outcome
        .map_err(|error| CommandError::from(error).print())
        .is_ok()
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
