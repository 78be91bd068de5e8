//! The one integration-test binary: lit tests, golden runs, runs on broken input, and what is written where.
//!
//! A file `*.mlir` or `*.test` below `lit_tests/` is a trial that runs its `RUN:` lines; see `harness/lit.rs`. Models
//! with stored inputs and outputs are verified by `harness/golden.rs`, and with wrong ones by `harness/mutations.rs`;
//! changed files are tried by `harness/mutants.rs`, and `harness/cases.rs` runs files that must be refused. `QONNX_LIT=text`
//! runs the trials whose name contains the text.

#[path = "harness/bounded.rs"]
mod bounded;
#[path = "harness/broken.rs"]
mod broken;
#[path = "harness/cases.rs"]
mod cases;
#[path = "harness/changes.rs"]
mod changes;
#[path = "harness/ended.rs"]
mod ended;
#[path = "harness/environment.rs"]
mod environment;
#[path = "harness/golden.rs"]
mod golden;
#[path = "harness/graphs.rs"]
mod graphs;
#[path = "harness/hostile.rs"]
mod hostile;
#[path = "harness/lit.rs"]
mod lit;
#[path = "harness/mutants.rs"]
mod mutants;
#[path = "harness/mutations.rs"]
mod mutations;
#[path = "harness/output_folders.rs"]
mod output_folders;
#[path = "harness/outputs.rs"]
mod outputs;
#[path = "harness/sandbox.rs"]
mod sandbox;
#[path = "harness/upstream.rs"]
mod upstream;
#[path = "harness/used.rs"]
mod used;

use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let lit = lit::trials();
    let filter = std::env::var("QONNX_LIT").unwrap_or_default();
    // An empty suite would be green for the wrong reason.
    if lit.iter().all(Trial::has_ignored_flag) {
        eprintln!(
            "no lit test can run here: expected .mlir files in {}",
            environment::lit_folder().display()
        );
        return ExitCode::FAILURE;
    }
    let trials: Vec<Trial> = lit
        .into_iter()
        .chain(golden::trials())
        .chain(bounded::trials())
        .chain(broken::trials())
        .chain(cases::trials())
        .chain(graphs::trials())
        .chain(hostile::trials())
        .chain(mutants::trials())
        .chain(mutations::trials())
        .chain(outputs::trials())
        .chain(ended::trials())
        .chain(upstream::trials())
        .filter(|trial| trial.name().contains(&filter))
        .collect();
    if trials.is_empty() {
        eprintln!("no trial's name contains '{filter}'");
        return ExitCode::FAILURE;
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Err(message) = golden::record() {
        eprintln!("{message}");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}
