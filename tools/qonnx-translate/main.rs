//! `qonnx-translate`: one level boundary at a time, from standard input or a file to standard output.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = qonnx_tools::translate::Cli::parse();
    qonnx_tools::run("qonnx-translate", || qonnx_tools::translate::run(&cli))
}
