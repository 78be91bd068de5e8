//! `qonnx-opt` around `MlirOptMain`: ONNX input, and the flags that MLIR does not have.

use qonnx_dialects::memory;
use qonnx_dialects::text::LONGEST;
use qonnx_dialects::tools::{self, Hooks, OptInput};
use qonnx_mlir::driver::{self, DriverError};
use qonnx_mlir::frontend::onnx::ImportOptions;
use qonnx_mlir::output::{Output, OutputError};
use qonnx_mlir::source::{STANDARD_INPUT, Source};
use qonnx_passes::{passes, pipelines::PIPELINES};
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::CommandError;
use crate::formats::{self, MODULE};
use crate::{IMPORT_ONNX, READ_DIRECTLY, USAGE};

/// Leaves out the elements of long attributes.
const ELIDE: &str = "--elide-constants";

/// Whether write-protected files are replaced: `--force`.
static FORCE: AtomicBool = AtomicBool::new(false);

/// Runs the tool and returns its exit status.
pub fn main(arguments: &[OsString]) -> i32 {
    let given = |flag: &str| arguments.iter().skip(1).any(|argument| argument == flag);
    if given("--version") {
        return i32::from(crate::print(&format!("qonnx-opt {}\n", crate::version())).is_err());
    }
    qonnx_passes::register();
    if given("--list-passes") {
        return i32::from(crate::print(&list()).is_err());
    }
    if given(IMPORT_ONNX) {
        eprintln!("error: unknown flag '{IMPORT_ONNX}': {READ_DIRECTLY}");
        return i32::from(USAGE);
    }
    for argument in arguments.iter().filter_map(|argument| argument.to_str()) {
        let Some(size) = argument.strip_prefix("--memory") else {
            continue;
        };
        match size
            .strip_prefix('=')
            .map_or(memory::parse(""), memory::parse)
        {
            Ok(bytes) => memory::set_limit(bytes),
            Err(expected) => {
                eprintln!("error: --memory=SIZE: {expected}");
                return i32::from(USAGE);
            }
        }
    }
    let elide = given(ELIDE);
    let arguments: Vec<OsString> = arguments
        .iter()
        .filter(|argument| !argument.as_encoded_bytes().starts_with(b"--memory="))
        .flat_map(|argument| match argument.to_str() {
            Some(ELIDE) => vec![
                format!("--mlir-elide-elementsattrs-if-larger={LONGEST}").into(),
                format!("--mlir-elide-resource-strings-if-larger={LONGEST}").into(),
            ],
            Some("--force") => {
                FORCE.store(true, Ordering::Relaxed);
                Vec::new()
            }
            _ => vec![argument.clone()],
        })
        .collect();
    let hooks = Hooks {
        elide,
        read,
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

/// Reads what a path names; its faults are printed.
fn read(path: &Path) -> Option<OptInput> {
    let standard_input = path.as_os_str() == STANDARD_INPUT;
    if standard_input && io::stdin().is_terminal() {
        eprintln!("(reading standard input; end it with ctrl-d, or interrupt with ctrl-c)");
    }
    let failed = |error: DriverError| CommandError::from(error).print();
    let path = path.to_owned();
    match driver::read(&path).map_err(failed).ok()? {
        Source::Module(bytes) => Some(OptInput::Module(bytes)),
        model => Some(OptInput::Model(Box::new(move |context| {
            let options = ImportOptions::default();
            let outcome = driver::import_source(context, &path, model, &options);
            let (module, remarks) = outcome.map_err(failed).ok()?;
            for remark in &remarks {
                eprintln!("{remark}");
            }
            Some(module)
        }))),
    }
}

/// The project's passes and pipelines.
fn list() -> String {
    let mut text = String::new();
    for info in passes() {
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
