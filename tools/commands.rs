//! The commands of `qonnxc`. Results go to standard output, messages to standard error.

use melior::Context;
use melior::ir::Module;
use qonnx_dialects::ir::{self, Diagnostic};
use qonnx_dialects::tensor::{Data, Tensor};
use qonnx_mlir::driver::{self, DriverError, Level};
use qonnx_mlir::report;
use qonnx_mlir::verify::{self, RunError, Runners, VerifyError, VerifyOptions};
use qonnx_mlir::backend::{self, Network, Settings};
use qonnx_mlir::{npz, output, samples};
use std::process::ExitCode;

use crate::INPUT_AT_FAULT;
use crate::args::{Cleanup, Cli, Command, Compile, Model, Report, Run, Target, Verify};

/// Why a command failed; the message is for the user.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The model is at fault.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// An archive is at fault.
    #[error(transparent)]
    Npz(#[from] npz::NpzError),
    /// Verification could not be carried out.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// A backend cannot run the model.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A backend cannot compile the model.
    #[error("{0}")]
    Backend(String),
    /// Samples do not fit.
    #[error("{file}: {message}")]
    Samples {
        /// The archive.
        file: String,
        /// What is wrong.
        message: String,
    },
    /// Output cannot be written.
    #[error("{file}: cannot be written: {error}")]
    Write {
        /// The file.
        file: String,
        /// Why.
        error: std::io::Error,
    },
}

/// Runs a command.
pub fn run(cli: &Cli) -> ExitCode {
    let outcome = match &cli.command {
        Command::Compile(arguments) => compile(arguments),
        Command::Run(arguments) => run_model(arguments),
        Command::Verify(arguments) => verify(arguments),
        Command::Report(arguments) => report(arguments),
        Command::Cleanup(arguments) => cleanup(arguments),
    };
    outcome.unwrap_or_else(|error| {
        for line in error.to_string().lines() {
            eprintln!("error: {line}");
        }
        ExitCode::from(INPUT_AT_FAULT)
    })
}

fn remark(diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        eprintln!("{diagnostic}");
    }
}

/// The model at a level; remarks are printed.
fn model_at<'c>(
    context: &'c Context,
    model: &Model,
    level: Level,
) -> Result<Module<'c>, CommandError> {
    let loaded = driver::load(context, &model.model, &model.load_options())?;
    remark(&loaded.remarks);
    let mut module = loaded.module;
    let file = model.model.display().to_string();
    remark(&driver::bring_to(context, &mut module, &file, level)?);
    Ok(module)
}

fn compile(arguments: &Compile) -> Result<ExitCode, CommandError> {
    let context = ir::session();
    let module = model_at(&context, &arguments.model, Level::Int)?;
    let name = arguments.model.model.file_stem().map_or_else(
        || "model".to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    );
    let target = match arguments.target {
        Target::Cpu => "cpu",
        Target::Hls => "hls",
    };
    let failed = |message: String| {
        CommandError::Backend(format!("{}: {message}", arguments.model.model.display()))
    };
    let compiler = backend::backend(target)
        .ok_or_else(|| failed(format!("the target '{target}' is not part of this build")))?;
    let settings: Settings = arguments.set.iter().cloned().collect();
    let network = Network { context: &context, module: &module, name: &name };
    let written = backend::write(compiler, network, &settings, &arguments.output)
        .map_err(|error| failed(error.to_string()))?;
    if arguments.json {
        let summary = serde_json::json!({
            "target": target,
            "output": arguments.output,
            "files": written.files,
            "command": written.command,
            "notes": written.notes,
        });
        println!("{summary}");
        return Ok(ExitCode::SUCCESS);
    }
    for file in &written.files {
        println!("{}", arguments.output.join(file).display());
    }
    if !written.notes.is_empty() {
        println!("{}", written.notes);
    }
    if let Some(command) = &written.command {
        println!("build and run it with: cd {} && {command}", arguments.output.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn run_model(arguments: &Run) -> Result<ExitCode, CommandError> {
    let runners = Runners::new(&arguments.model.model, &arguments.model.load_options())?;
    remark(runners.remarks());
    let arrays = npz::read(&arguments.inputs)?;
    let samples = samples::from_arrays(runners.inputs(), &arrays).map_err(|message| {
        CommandError::Samples { file: arguments.inputs.display().to_string(), message }
    })?;
    let runs = runners.run(arguments.backend, &samples)?;
    let mut results = Vec::new();
    for (at, name) in runners.outputs().iter().enumerate() {
        let parts: Vec<&Tensor> = runs.iter().filter_map(|run| run.outputs.get(at)).collect();
        results.push((name.clone(), stacked(&parts)));
    }
    npz::write(&arguments.output, &results)?;
    Ok(ExitCode::SUCCESS)
}

/// Tensors of one shape along a new leading axis.
fn stacked(parts: &[&Tensor]) -> Tensor {
    let shape = parts.first().map_or_else(Vec::new, |part| part.shape.clone());
    let data = Data::joined(parts.iter().map(|part| &part.data)).unwrap_or(Data::F32(Vec::new()));
    let mut whole = vec![parts.len()];
    whole.extend(shape);
    Tensor::new(whole, data)
}

fn verify(arguments: &Verify) -> Result<ExitCode, CommandError> {
    let options = VerifyOptions {
        load: arguments.model.load_options(),
        inputs: arguments.inputs.clone(),
        expect: arguments.expect.clone(),
        backends: arguments.backends.clone(),
        samples: arguments.samples as usize,
        seed: arguments.seed,
        tolerance: arguments.tolerance,
    };
    let report = verify::verify(&arguments.model.model, &options)?;
    if arguments.json {
        let text = serde_json::to_string_pretty(&report).map_err(|error| CommandError::Backend(error.to_string()))?;
        println!("{text}");
    } else {
        println!("{report}");
    }
    Ok(if report.passed { ExitCode::SUCCESS } else { ExitCode::from(INPUT_AT_FAULT) })
}

fn report(arguments: &Report) -> Result<ExitCode, CommandError> {
    let report = report::report(&arguments.model.model, &arguments.model.load_options())?;
    if arguments.json {
        let text = serde_json::to_string_pretty(&report).map_err(|error| CommandError::Backend(error.to_string()))?;
        println!("{text}");
    } else {
        println!("{report}");
    }
    Ok(ExitCode::SUCCESS)
}

fn cleanup(arguments: &Cleanup) -> Result<ExitCode, CommandError> {
    let context = ir::session();
    let module = model_at(&context, &arguments.model, Level::Clean)?;
    let text = ir::print_module(&module, false, true);
    match &arguments.output {
        None => print!("{text}"),
        Some(path) => output::write_file(path, text.as_bytes())
            .map_err(|error| CommandError::Write { file: path.display().to_string(), error })?,
    }
    Ok(ExitCode::SUCCESS)
}
