//! `qonnx-translate`.

use clap::{ArgGroup, Parser};
use qonnx_dialects::ir;
use qonnx_dialects::text::shown_path;
use qonnx_mlir::backend::{self, Text};
use qonnx_mlir::driver::{self, LoadOptions};
use std::path::PathBuf;
use std::process::ExitCode;

use crate::error::CommandError;
use crate::formats::{self, ModuleFormat};

/// Translate a model across one level boundary.
#[derive(Debug, Parser)]
#[command(name = "qonnx-translate", version = crate::version(), about)]
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
    /// Leave out the elements of long attributes
    #[arg(long)]
    pub elide_constants: bool,
    /// The input file; '-' is standard input
    pub input: PathBuf,
    /// The output file: .mlir or .mlirbc, .ll, or C++; standard output where not given, or '-'
    #[arg(short, long)]
    pub output: Option<PathBuf>,
    /// Replace the file even if it is write-protected, but never an input
    #[arg(long)]
    pub force: bool,
}

/// Runs the tool.
pub fn run(cli: &Cli) -> ExitCode {
    match translate(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.print();
            ExitCode::from(error.status())
        }
    }
}

fn translate(cli: &Cli) -> Result<(), CommandError> {
    let context = ir::session();
    let output = formats::output(cli.output.as_deref(), cli.force).with_input(&cli.input);
    if cli.import_onnx {
        let format = ModuleFormat::of(&output)?;
        let loaded = driver::load(&context, &cli.input, &LoadOptions::default())?;
        for remark in &loaded.remarks {
            eprintln!("{remark}");
        }
        let bytes = format.bytes(&loaded.module, cli.elide_constants, &output)?;
        return Ok(output.write_file(&bytes)?);
    }
    let (target, extensions) = if cli.mlir_to_llvmir {
        (Text::LlvmIr, formats::LLVM_IR)
    } else {
        (Text::Hls, formats::CPP)
    };
    formats::check_text(&output, extensions)?;
    // A module of an exit dialect is no network: it need not have a function of ours.
    let (module, _) = driver::parse(&context, &cli.input)?;
    let text = backend::translate(target, &module).map_err(|message| CommandError::Backend {
        file: shown_path(&cli.input),
        message,
    })?;
    Ok(output.write_file(text.as_bytes())?)
}
