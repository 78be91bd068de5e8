//! What the command-line tools share: exit statuses, panics, and the commands of `qonnxc`.

pub mod args;
pub mod commands;
pub mod error;
pub mod formats;
pub mod opt;
pub mod progress;
pub mod translate;

use qonnx_dialects::text;
use qonnx_mlir::output::{self, signals};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

/// The input is at fault.
pub const INPUT_AT_FAULT: u8 = 1;

/// The command line is at fault.
pub const USAGE: u8 = 2;

/// What was checked does not hold.
pub const DIFFERENT: u8 = 3;

/// What the statuses mean, for the help text.
pub const STATUSES: &str = "Exit status: 0 success, 1 the input is at fault, 2 the command line is at fault, \
                            3 'verify' found differences";

/// Runs a tool. A panic is a bug of the compiler and is reported as one, with exit status 1. A signal ends the tool as
/// usual, and nothing is left of what it was doing.
pub fn run(tool: &str, main: impl FnOnce() -> ExitCode) -> ExitCode {
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
            error.exit();
        }
        eprint!("{}", text::printable(&error.render().to_string()));
        ExitCode::from(USAGE)
    })
}

/// Prints a result on standard output. A reader that has gone away, such as `head`, wants no more of it and is no
/// error; anything else that goes wrong is.
pub fn print(text: &str) -> io::Result<()> {
    output::print(text.as_bytes())
}
