//! What the command-line tools share: exit statuses, panics, and the commands of `qonnxc`.

pub mod args;
pub mod commands;
pub mod error;
pub mod formats;
pub mod lsp;
pub mod opt;
pub mod progress;
pub mod translate;

use qonnx_dialects::{text, tools};
use qonnx_mlir::output::{self, signals};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::OnceLock;

/// The input is at fault.
pub const INPUT_AT_FAULT: u8 = 1;

/// The command line is at fault.
pub const USAGE: u8 = 2;

/// What was checked does not hold.
pub const DIFFERENT: u8 = 3;

/// What the statuses mean, for the help text.
pub const STATUSES: &str = "Exit status: 0 success, 1 the input is at fault, 2 the command line is at fault, \
                            3 'verify' or 'trace --check' found differences";

/// A flag of other compilers that some type out of habit.
pub const IMPORT_ONNX: &str = "--import-onnx";
/// What to do instead.
pub const READ_DIRECTLY: &str = "an ONNX model is read directly, under any name";

/// The version of the product, and of what it is made with.
pub fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let llvm = tools::llvm_version();
        format!("{} (LLVM and MLIR {llvm})", env!("CARGO_PKG_VERSION"))
    })
}

/// Runs a tool. A panic is a bug of the compiler and is reported as one, with exit status 1. A signal ends the tool as
/// usual, and nothing is left of what it was doing.
pub fn run(tool: &str, main: impl FnOnce() -> ExitCode) -> ExitCode {
    tools::end_on_broken_pipe();
    if let Err(error) = signals::install() {
        // Without it files are still written whole or not at all.
        eprintln!("{tool}: warning: signals end this run without tidying up: {error}");
    }
    // The default hook would print a backtrace hint that says nothing to a user.
    std::panic::set_hook(Box::new(|_| {}));
    match catch_unwind(AssertUnwindSafe(main)) {
        Ok(code) => code,
        Err(panic) => {
            let message = qonnx_dialects::pass::panic_text(&*panic);
            let message = text::printable(&message);
            eprintln!(
                "{tool}: internal error: {message}; this is a bug in the compiler, please report it with the command line and the model"
            );
            ExitCode::from(INPUT_AT_FAULT)
        }
    }
}

/// Reads the command line. What clap refuses is repeated in its message, where it must not steer the terminal.
pub fn arguments<C: clap::Parser>() -> Result<C, ExitCode> {
    C::try_parse().map_err(|error| {
        if !error.use_stderr() {
            // Help and version.
            tools::end_on_broken_pipe();
            error.exit();
        }
        tools::end_on_broken_pipe();
        eprint!("{}", text::printable(&error.render().to_string()));
        let unknown = error.kind() == clap::error::ErrorKind::UnknownArgument;
        if unknown && std::env::args_os().any(|argument| argument == IMPORT_ONNX) {
            eprintln!("\n  tip: {READ_DIRECTLY}");
        }
        ExitCode::from(USAGE)
    })
}

/// Prints a result on standard output. If its reader has gone away the tool ends; see [`tools::end_on_broken_pipe`].
pub fn print(text: &str) -> io::Result<()> {
    output::print(text.as_bytes())
}
