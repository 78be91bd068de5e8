//! Repository tasks: `cargo xtask new pass|op|layer|backend`, `docs [--check]`, `tidy`, `doctor`. Needs no MLIR.

mod docs;
mod doctor;
mod new_backend;
mod new_op;
mod new_pass;
mod operators;
mod passes;
#[allow(dead_code, reason = "the build of the dialects uses more of it")]
#[path = "../../dialects/build/records.rs"]
mod records;
mod targets;
mod tidy;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask COMMAND
  new pass STAGE NAME      scaffold passes/STAGE/name.rs, its registration and its test
  new op DIALECT NAME [FORMULA]
                           scaffold an op definition and its test, and list the remaining steps
  new layer NAME           scaffold a hardware layer: an op of dataflow
  new backend NAME         scaffold src/backend/NAME, which writes a list of layers, its registration and its test
  docs [--check]           write docs/dialects/, docs/operators.md, docs/passes.md and docs/targets.md, or check that they are up to date
  tidy                     check the conventions of the repository
  doctor                   say which tools are missing and what to install";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["new", "pass", stage, name] => new_pass::run(stage, name),
        ["new", "op", dialect, name] => new_op::run(dialect, name, None),
        ["new", "op", dialect, name, formula] => new_op::run(dialect, name, Some(formula)),
        ["new", "layer", name] => new_op::run("dataflow", name, None),
        ["new", "backend", name] => new_backend::run(name),
        ["docs"] => docs::run(false),
        ["docs", "--check"] => docs::run(true),
        ["tidy"] => tidy::run(),
        ["doctor"] => doctor::run(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
