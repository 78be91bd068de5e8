//! `qonnx-translate`: one level boundary each.

use std::process::ExitCode;

fn main() -> ExitCode {
    match qonnx_tools::arguments() {
        Ok(cli) => qonnx_tools::run("qonnx-translate", || qonnx_tools::translate::run(&cli)),
        Err(status) => status,
    }
}
