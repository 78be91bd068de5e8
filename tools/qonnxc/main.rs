//! `qonnxc`: compile, run, verify and report on quantized networks.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = qonnx_tools::args::Cli::parse();
    qonnx_tools::run("qonnxc", || qonnx_tools::commands::run(&cli))
}
