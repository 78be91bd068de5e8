//! `qonnxc`: compile, run, verify and report on quantized networks.

use std::process::ExitCode;

fn main() -> ExitCode {
    match qonnx_tools::arguments() {
        Ok(cli) => qonnx_tools::run("qonnxc", || qonnx_tools::commands::run(&cli)),
        Err(status) => status,
    }
}
