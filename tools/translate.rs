//! `qonnx-translate`.

use clap::{ArgGroup, Parser};
use qonnx_dialects::ir;
use qonnx_mlir::driver::{self, LoadOptions};
use qonnx_mlir::backend::{self, Text};
use qonnx_mlir::output;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::INPUT_AT_FAULT;

/// Translate a model across one level boundary.
#[derive(Debug, Parser)]
#[command(name = "qonnx-translate", version, about)]
#[command(group(ArgGroup::new("direction").required(true)))]
pub struct Cli {
    /// An ONNX file to a module of level 0
    #[arg(long, group = "direction")]
    pub import_onnx: bool,
    /// A module of the llvm dialect to LLVM IR
    #[arg(long, group = "direction")]
    pub mlir_to_llvmir: bool,
    /// A module of the hls dialect to C++
    #[arg(long, group = "direction")]
    pub mlir_to_hls: bool,
    /// Leave out the elements of large constants
    #[arg(long)]
    pub elide_constants: bool,
    /// The input file
    pub input: PathBuf,
    /// The output file; standard output where not given
    #[arg(short, long)]
    pub output: Option<PathBuf>,
}

/// Runs the tool.
pub fn run(cli: &Cli) -> ExitCode {
    match translate(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            for line in message.lines() {
                eprintln!("error: {line}");
            }
            ExitCode::from(INPUT_AT_FAULT)
        }
    }
}

fn translate(cli: &Cli) -> Result<(), String> {
    let context = ir::session();
    let text = if cli.import_onnx {
        let loaded = driver::load(&context, &cli.input, &LoadOptions::default()).map_err(|error| error.to_string())?;
        for remark in &loaded.remarks {
            eprintln!("{remark}");
        }
        ir::print_module(&loaded.module, cli.elide_constants, true)
    } else {
        let (module, _) = driver::parse(&context, &cli.input).map_err(|error| error.to_string())?;
        backend::translate(if cli.mlir_to_llvmir { Text::LlvmIr } else { Text::Hls }, &module)?
    };
    match &cli.output {
        Some(path) => output::write_file(path, text.as_bytes()).map_err(|error| format!("{}: {error}", path.display())),
        None => std::io::stdout().write_all(text.as_bytes()).map_err(|error| error.to_string()),
    }
}
