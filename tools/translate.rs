//! `qonnx-translate`.

use clap::{ArgGroup, Parser};
use qonnx_dialects::ir;
use qonnx_mlir::backend::{self, Text};
use qonnx_mlir::driver::{self, LoadOptions};
use qonnx_mlir::output;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::error::CommandError;
use crate::{INPUT_AT_FAULT, print};

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
    /// The input file; '-' is standard input, for modules
    pub input: PathBuf,
    /// The output file; standard output where not given
    #[arg(short, long)]
    pub output: Option<PathBuf>,
}

/// Runs the tool.
pub fn run(cli: &Cli) -> ExitCode {
    match translate(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.print();
            ExitCode::from(INPUT_AT_FAULT)
        }
    }
}

fn translate(cli: &Cli) -> Result<(), CommandError> {
    let context = ir::session();
    let text = if cli.import_onnx {
        let loaded = driver::load(&context, &cli.input, &LoadOptions::default())?;
        for remark in &loaded.remarks {
            eprintln!("{remark}");
        }
        ir::print_module(&loaded.module, cli.elide_constants, true)
    } else {
        // A module of an exit dialect is no network: it need not have a function of ours.
        let (module, _) = driver::parse(&context, &cli.input)?;
        let target = if cli.mlir_to_llvmir {
            Text::LlvmIr
        } else {
            Text::Hls
        };
        backend::translate(target, &module).map_err(|message| CommandError::Backend {
            file: cli.input.display().to_string(),
            message,
        })?
    };
    match &cli.output {
        Some(path) => {
            output::write_file(path, text.as_bytes()).map_err(|error| CommandError::Write {
                file: path.display().to_string(),
                error,
            })
        }
        None => print(&text).map_err(CommandError::standard_output),
    }
}
