//! From a file to a module at a level.

use melior::Context;
use melior::ir::Module;
use melior::ir::operation::OperationLike;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Diagnostic, Severity};
use qonnx_dialects::pass::run_pipeline;
use qonnx_dialects::text::{is_bytecode, shown_path};
use qonnx_dialects::{onnx, qint, upstream};
use qonnx_passes::cleanup::quantize_inputs::FixedType;
use qonnx_passes::pipelines;
use std::path::Path;

use crate::frontend::onnx::{ImportErrors, ImportOptions, import, import_bytes};
use crate::source::{Source, names_module};

/// Why a model cannot be brought to a level.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// The model file is at fault.
    #[error(transparent)]
    Import(#[from] ImportErrors),
    /// A file cannot be read.
    #[error("{file}: cannot be read: {error}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        error: std::io::Error,
    },
    /// The file holds a model where only a module will do.
    #[error(
        "{file}: is an ONNX model, expected a module; qonnx-translate --import-onnx or qonnx-opt makes one of it"
    )]
    Model {
        /// The file.
        file: String,
    },
    /// The module holds no network.
    #[error("{file}: holds no network: {found}, expected a function 'main' with one block")]
    NoNetwork {
        /// The file.
        file: String,
        /// What was found.
        found: String,
    },
    /// The network cannot be given samples.
    #[error("{file}: {message}")]
    Interface {
        /// The file.
        file: String,
        /// What is wrong with which input.
        message: String,
    },
    /// MLIR or a pass refused; the diagnostics say why.
    #[error("{file}: {stage} failed\n{}", text(.diagnostics))]
    Refused {
        /// The file.
        file: String,
        /// What failed.
        stage: String,
        /// What was reported.
        diagnostics: Vec<Diagnostic>,
    },
}

fn text(diagnostics: &[Diagnostic]) -> String {
    diagnostics
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

/// A level of the compiler that a model can be brought to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// 0: the graph as in the file.
    Graph,
    /// 1: shapes known, constants folded.
    Clean,
    /// 2: layers of exact-width integers.
    Layers,
    /// 3: loop nests on exact-width integers.
    Int,
}

/// How a model file is read.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Options of the importer.
    pub import: ImportOptions,
    /// Quantize every float input to this type.
    pub input_type: Option<FixedType>,
}

/// A model and what was remarked while it was read.
pub struct Loaded<'c> {
    /// The module.
    pub module: Module<'c>,
    /// Warnings and remarks.
    pub remarks: Vec<Diagnostic>,
}

/// Reads an ONNX model or a module as MLIR text or bytecode, whatever its name.
pub fn load<'c>(
    context: &'c Context,
    path: &Path,
    options: &LoadOptions,
) -> Result<Loaded<'c>, DriverError> {
    let file = shown_path(path);
    let (mut module, mut diagnostics) = open(context, path, &options.import)?;
    if ir::main_function(&module).is_none() {
        let functions = ir::functions(&module).len();
        return Err(DriverError::NoNetwork {
            file,
            found: format!("found {functions} functions"),
        });
    }
    let identify = |module: &Module<'c>| {
        if let Some(function) = ir::main_function(module) {
            ir::identify(context, function, &file);
        }
    };
    identify(&module);
    if let Some(fixed) = &options.input_type {
        let pipeline = format!("func.func(quantize-inputs{{type={fixed}}})");
        diagnostics.extend(run(
            context,
            &mut module,
            &file,
            "quantizing the inputs",
            &pipeline,
        )?);
        identify(&module);
    }
    Ok(Loaded {
        module,
        remarks: diagnostics,
    })
}

/// Reads an ONNX model or a module, which need not hold a network; returns warnings and remarks besides.
pub fn open<'c>(
    context: &'c Context,
    path: &Path,
    options: &ImportOptions,
) -> Result<(Module<'c>, Vec<Diagnostic>), DriverError> {
    match read(path)? {
        Source::Module(source) => parse_source(context, path, &source),
        model => import_source(context, path, model, options),
    }
}

/// Reads a module as MLIR text or bytecode; returns warnings and remarks besides.
pub fn parse<'c>(
    context: &'c Context,
    path: &Path,
) -> Result<(Module<'c>, Vec<Diagnostic>), DriverError> {
    match read(path)? {
        Source::Module(source) => parse_source(context, path, &source),
        Source::Model(_) | Source::PipedModel(_) => Err(DriverError::Model {
            file: shown_path(path),
        }),
    }
}

/// What a path names.
pub fn read(path: &Path) -> Result<Source, DriverError> {
    Source::read(path).map_err(|error| DriverError::Read {
        file: shown_path(path),
        error,
    })
}

/// Imports what was read from `path`, a model; returns warnings and remarks besides.
pub fn import_source<'c>(
    context: &'c Context,
    path: &Path,
    model: Source,
    options: &ImportOptions,
) -> Result<(Module<'c>, Vec<Diagnostic>), DriverError> {
    let file = shown_path(path);
    let (module, diagnostics) = ir::capture(context, || match model {
        Source::PipedModel(bytes) => import_bytes(context, bytes, &file, options),
        Source::Model(_) | Source::Module(_) => import(context, path, options),
    });
    match module {
        Ok(module) => Ok((module, diagnostics)),
        Err(errors)
            if diagnostics
                .iter()
                .any(|entry| entry.severity == Severity::Error) =>
        {
            Err(DriverError::Refused {
                file,
                stage: errors.to_string(),
                diagnostics,
            })
        }
        Err(errors) => Err(errors.into()),
    }
}

fn parse_source<'c>(
    context: &'c Context,
    path: &Path,
    source: &[u8],
) -> Result<(Module<'c>, Vec<Diagnostic>), DriverError> {
    match ir::capture(context, || ir::parse_module(context, source)) {
        (Some(module), diagnostics) => {
            check_bounds(context, &module, &shown_path(path))?;
            Ok((module, diagnostics))
        }
        (None, diagnostics) => Err(DriverError::Refused {
            file: shown_path(path),
            // What a web server sends instead of a file is text as well.
            stage: match names_module(path) || is_bytecode(source) {
                true => "parsing".to_owned(),
                false => "parsing it as MLIR text, as it is no ONNX protobuf,".to_owned(),
            },
            diagnostics,
        }),
    }
}

/// Refuses text of level 3 that indexes beyond its tensors, and of level 2 whose products are more than their types hold.
fn check_bounds(context: &Context, module: &Module<'_>, file: &str) -> Result<(), DriverError> {
    let ((), diagnostics) = ir::capture(context, || {
        for op in ir::functions(module)
            .iter()
            .flat_map(|function| function.ops())
        {
            let outcome = upstream::check_bounds(op).and_then(|()| qint::check_products(op));
            if let Err(message) = outcome {
                ir::emit_error(op.location(), &message);
            }
        }
    });
    if diagnostics.is_empty() {
        return Ok(());
    }
    Err(DriverError::Refused {
        file: file.to_owned(),
        stage: "checking indices and products".to_owned(),
        diagnostics,
    })
}

/// The level that a module is at.
pub fn level_of(module: &Module<'_>) -> Level {
    let Some(function) = ir::main_function(module) else {
        return Level::Graph;
    };
    let ops = function.ops();
    let graph =
        |op: ir::Op<'_>| GraphOp::read(op).is_some() || onnx::is_constant(op) || onnx::is_none(op);
    let layer = |op: &ir::Op<'_>| qint::Op::read(*op).is_some_and(|op| op.is_layer());
    if ops.iter().any(layer) {
        Level::Layers
    } else if ops.iter().any(|op| !graph(*op)) {
        Level::Int
    } else {
        Level::Graph
    }
}

/// Brings a module to a level, unless it already is there. Returns warnings and remarks.
pub fn bring_to<'c>(
    context: &'c Context,
    module: &mut Module<'c>,
    file: &str,
    level: Level,
) -> Result<Vec<Diagnostic>, DriverError> {
    let found = level_of(module);
    if found >= level {
        return Ok(Vec::new());
    }
    let (stage, pipeline) = match level {
        Level::Graph => return Ok(Vec::new()),
        Level::Clean => ("cleaning the graph", pipelines::cleanup()),
        Level::Layers => ("lowering to layers", pipelines::lower_to_qint()),
        Level::Int if found == Level::Layers => {
            ("lowering the layers", pipelines::layers_to_linalg())
        }
        Level::Int => ("lowering to integers", pipelines::lower_to_int()),
    };
    run(context, module, file, stage, &pipeline)
}

/// Runs passes, given as in a pipeline on the module.
pub fn run<'c>(
    context: &'c Context,
    module: &mut Module<'c>,
    file: &str,
    stage: &str,
    passes: &str,
) -> Result<Vec<Diagnostic>, DriverError> {
    qonnx_passes::register();
    let pipeline = format!("builtin.module({passes})");
    let (outcome, diagnostics) = ir::capture(context, || run_pipeline(context, module, &pipeline));
    match outcome {
        Ok(()) => Ok(diagnostics),
        Err(_) => Err(DriverError::Refused {
            file: file.to_owned(),
            stage: stage.to_owned(),
            diagnostics,
        }),
    }
}
