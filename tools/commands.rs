//! The commands of `qonnxc`. Results go to standard output, messages to standard error.

use melior::Context;
use melior::ir::Module;
use qonnx_dialects::ir::{self, Diagnostic};
use qonnx_dialects::memory;
use qonnx_dialects::tensor::{Data, Tensor};
use qonnx_dialects::text::{self, Foreign, shell_word, shown_path};
use qonnx_mlir::backend::{self, BackendError, Network};
use qonnx_mlir::driver::{self, Level};
use qonnx_mlir::output::{Output, OutputError, OutputFile};
use qonnx_mlir::reduce::{self, Step, Test};
use qonnx_mlir::report;
use qonnx_mlir::trace::{self, TraceOptions};
use qonnx_mlir::verify::{self, VerifyOptions};
use qonnx_mlir::{npz, samples};
use qonnx_passes::pipelines;
use serde::Serialize;
use std::process::ExitCode;
use std::time::Duration;

use crate::args::{Cleanup, Cli, Command, Compile, Model, Reduce, Report, Run, Trace, Verify};
use crate::error::CommandError;
use crate::formats::{self, ModuleFormat};
use crate::progress::Progress;
use crate::{DIFFERENT, print};

/// Runs a command.
pub fn run(cli: &Cli) -> ExitCode {
    if let Some(bytes) = cli.memory {
        memory::set_limit(bytes);
    }
    let outcome = match &cli.command {
        Command::Compile(arguments) => compile(arguments),
        Command::Run(arguments) => run_model(arguments),
        Command::Verify(arguments) => verify(arguments),
        Command::Report(arguments) => report(arguments),
        Command::Cleanup(arguments) => cleanup(arguments),
        Command::Trace(arguments) => trace(arguments),
        Command::Reduce(arguments) => reduce(arguments),
    };
    outcome.unwrap_or_else(|error| {
        error.print();
        ExitCode::from(error.status())
    })
}

/// Prints a result: its text form, or JSON where another program reads it.
fn show(text: impl std::fmt::Display, json: Option<&impl Serialize>) -> Result<(), CommandError> {
    let text = match json {
        None => text.to_string(),
        Some(value) => {
            text::json(value).map_err(|error| CommandError::standard_output(error.into()))?
        }
    };
    print(&format!("{text}\n")).map_err(CommandError::standard_output)
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
    let file = shown_path(&model.model);
    remark(&driver::bring_to(context, &mut module, &file, level)?);
    Ok(module)
}

fn compile(arguments: &Compile) -> Result<ExitCode, CommandError> {
    let output = Output::new(&arguments.output)
        .forced(arguments.force)
        .with_input(&arguments.model.model);
    let target = arguments.target.as_str();
    let failed = |message: String| CommandError::Backend {
        file: shown_path(&arguments.model.model),
        message,
    };
    let compiler = backend::backend(target)
        .ok_or_else(|| failed(format!("the target '{target}' is not part of this build")))?;
    let settings = backend::settings(compiler, &arguments.set)
        .map_err(|error| CommandError::Settings(error.to_string()))?;
    output.check_folder()?;
    let context = ir::session();
    let module = model_at(&context, &arguments.model, compiler.level())?;
    let stem = arguments.model.model.file_stem().unwrap_or_default();
    let name = Foreign::new(stem.to_string_lossy());
    let network = Network {
        context: &context,
        module: &module,
        name: &name,
    };
    let made = backend::make(compiler, network, &settings).map_err(|error| match error {
        BackendError::Scratch(error) => error.into(),
        error => failed(error.to_string()),
    })?;
    output.write_folder(&made.files)?;
    let folder = shown_path(&arguments.output);
    let files: Vec<_> = made.files.iter().map(|file| file.path.as_str()).collect();
    let summary = serde_json::json!({
        "target": target,
        "output": folder,
        "files": files,
        "command": made.command,
        "notes": made.notes,
    });
    let shown = |file: &&str| shown_path(&arguments.output.join(file));
    let mut lines: Vec<String> = files.iter().map(shown).collect();
    if !made.notes.is_empty() {
        lines.push(made.notes);
    }
    if let Some(command) = &made.command {
        let folder = shell_word(&arguments.output);
        lines.push(format!("build and run it with: cd {folder} && {command}"));
    }
    show(lines.join("\n"), arguments.json.then_some(&summary))?;
    Ok(ExitCode::SUCCESS)
}

fn run_model(arguments: &Run) -> Result<ExitCode, CommandError> {
    let output = Output::new(&arguments.output)
        .forced(arguments.force)
        .with_input(&arguments.model.model)
        .with_input(&arguments.inputs);
    formats::check_npz(&output)?;
    if arguments.json && arguments.output.as_os_str() == "-" {
        let message = "cannot have both the archive and the summary; give a file";
        return Err(OutputError::new(output.path(), message).into());
    }
    let model = verify::Model::new(&arguments.model.model, &arguments.model.load_options())?;
    remark(model.remarks());
    let mut archive = npz::Archive::open(&arguments.inputs)?;
    let samples = samples::from_arrays(model.inputs(), &mut archive).map_err(|message| {
        CommandError::Samples {
            file: shown_path(&arguments.inputs),
            message,
        }
    })?;
    let runs = model.engine(arguments.backend)?.outputs(&samples)?;
    let mut results = Vec::new();
    for (at, name) in model.outputs().iter().enumerate() {
        let parts: Vec<&Tensor> = runs.iter().filter_map(|outputs| outputs.get(at)).collect();
        results.push((name.verbatim().to_owned(), stacked(&parts)));
    }
    let bytes = npz::to_bytes(&results)
        .map_err(|error| OutputError::new(output.path(), format!("cannot be encoded: {error}")))?;
    output.write_file(&bytes)?;
    if arguments.json {
        let outputs = results.iter().map(|(name, tensor)| {
            serde_json::json!({ "name": name, "shape": tensor.shape, "type": tensor.element().to_string() })
        });
        let summary = serde_json::json!({
            "backend": arguments.backend.name(),
            "samples": samples.len(),
            "output": shown_path(&arguments.output),
            "outputs": outputs.collect::<Vec<_>>(),
        });
        show("", Some(&summary))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Tensors of one shape along a new leading axis.
fn stacked(parts: &[&Tensor]) -> Tensor {
    let shape = parts
        .first()
        .map_or_else(Vec::new, |part| part.shape.clone());
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
        search: arguments.search as usize,
    };
    let progress = Progress::new();
    let report = verify::verify(&arguments.model.model, &options, &mut |done, all| {
        progress.at(done, all)
    });
    progress.clear();
    let report = report?;
    show(&report, arguments.json.then_some(&report))?;
    Ok(if report.passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(DIFFERENT)
    })
}

fn report(arguments: &Report) -> Result<ExitCode, CommandError> {
    let report = report::report(&arguments.model.model, &arguments.model.load_options())?;
    show(&report, arguments.json.then_some(&report))?;
    Ok(ExitCode::SUCCESS)
}

fn cleanup(arguments: &Cleanup) -> Result<ExitCode, CommandError> {
    let output = formats::output(arguments.output.as_deref(), arguments.force)
        .with_input(&arguments.model.model);
    let format = ModuleFormat::of(&output)?;
    let context = ir::session();
    let module = model_at(&context, &arguments.model, Level::Clean)?;
    output.write_file(&format.bytes(&module, false, &output)?)?;
    Ok(ExitCode::SUCCESS)
}

fn trace(arguments: &Trace) -> Result<ExitCode, CommandError> {
    let model = &arguments.model;
    let passes = arguments.passes.clone();
    let options = TraceOptions {
        load: model.load_options(),
        passes: passes.unwrap_or_else(|| pipelines::lower_to_int_with(&["remarks=true"])),
        elide: arguments.elide_constants,
    };
    if let Some(folder) = &arguments.output {
        let output = Output::new(folder)
            .forced(arguments.force)
            .with_input(&model.model);
        output.check_folder()?;
        let files = trace::trace(&model.model, &options)?;
        output.write_folder(&files)?;
        let shown = |file: &OutputFile| shown_path(&folder.join(&file.path));
        let lines: Vec<_> = files.iter().map(shown).collect();
        show(lines.join("\n"), None::<&()>)?;
        return Ok(ExitCode::SUCCESS);
    }
    // The command line has one of both.
    let folder = arguments.check.clone().unwrap_or_default();
    let files = trace::trace(&model.model, &options)?;
    let differences = trace::differences(&files, &folder)
        .map_err(|error| OutputError::new(&folder, format!("cannot be read: {error}")))?;
    if differences.is_empty() {
        show(format!("{} files are the same", files.len()), None::<&()>)?;
        return Ok(ExitCode::SUCCESS);
    }
    show(differences.join("\n"), None::<&()>)?;
    Ok(ExitCode::from(DIFFERENT))
}

fn reduce(arguments: &Reduce) -> Result<ExitCode, CommandError> {
    let output = formats::output(Some(&arguments.output), arguments.force)
        .with_input(&arguments.model.model);
    formats::check_text(&output, formats::TEXT)?;
    let timeout = Duration::from_secs(arguments.timeout.into());
    let test = Test::new(&arguments.test, timeout)?;
    let progress = |step: &Step| {
        let what = match step.edit {
            "" => "the model".to_owned(),
            edit => format!("without some {edit}"),
        };
        let Step {
            ops, bytes, tests, ..
        } = step;
        eprintln!("test {tests}: {what}: {ops} ops, {bytes} bytes");
    };
    let reduced = reduce::reduce(
        &arguments.model.model,
        &arguments.model.load_options(),
        &test,
        arguments.max_tests as usize,
        &mut { progress },
    )?;
    output.write_file(reduced.text.as_bytes())?;
    if !reduced.complete {
        eprintln!(
            "stopped after --max-tests={}; with more it may get smaller",
            arguments.max_tests
        );
    }
    Ok(ExitCode::SUCCESS)
}
