//! Everything that can run a model: the interpreter at each level, and the backends.

use melior::Context;
use melior::ir::Module;
use melior::ir::operation::OperationLike;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Diagnostic, Function};
use qonnx_dialects::qonnx;
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::value::TensorType;
use std::path::Path;

use super::trace::{self, Integers};
use crate::backend::{self, BackendError, Network, Settings};
use crate::driver::{self, DriverError, Level, LoadOptions};
use crate::interp::{InterpError, Interpreter};
use crate::samples::{self, Sample};

/// Something that runs a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// The interpreter at level 0.
    Graph,
    /// The interpreter at level 1.
    Interp,
    /// The interpreter at level 2.
    Int,
    /// Native code.
    Cpu,
    /// The HLS project, compiled by the host's C++ compiler.
    Hls,
}

impl Backend {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Graph, Self::Interp, Self::Int, Self::Cpu, Self::Hls];

    /// Name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::Interp => "interp",
            Self::Int => "int",
            Self::Cpu => "cpu",
            Self::Hls => "hls",
        }
    }
}

impl std::str::FromStr for Backend {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|backend| backend.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name);
            format!("unknown backend '{text}', expected one of {}", names.join(", "))
        })
    }
}

/// A backend cannot run a model.
#[derive(Debug, thiserror::Error)]
#[error("{file}: backend {backend}: {message}")]
pub struct RunError {
    /// The model.
    pub file: String,
    /// The backend.
    pub backend: &'static str,
    /// What is wrong.
    pub message: String,
}

/// One sample's results.
#[derive(Clone, Debug)]
pub struct Run {
    /// The outputs, in graph order.
    pub outputs: Vec<Tensor>,
    /// The integers on the way, in the order they were computed.
    pub integers: Vec<Integers>,
}

/// A model that can be run at every level.
pub struct Runners {
    file: String,
    context: Context,
    options: LoadOptions,
    path: std::path::PathBuf,
    inputs: Vec<(String, TensorType)>,
    outputs: Vec<String>,
    steps: Vec<Option<f32>>,
    remarks: Vec<Diagnostic>,
}

impl Runners {
    /// Reads a model; fails if its graph is at fault.
    pub fn new(path: &Path, options: &LoadOptions) -> Result<Self, DriverError> {
        let file = path.display().to_string();
        let context = ir::session();
        let (inputs, outputs, steps, remarks) = {
            let loaded = driver::load(&context, path, options)?;
            let refused = |stage: String| DriverError::Refused {
                file: file.clone(),
                stage,
                diagnostics: Vec::new(),
            };
            let function = ir::main_function(&loaded.module)
                .ok_or_else(|| refused("finding the network".to_owned()))?;
            let inputs = samples::inputs(function).map_err(refused)?;
            (inputs, function.output_names(), input_steps(function), loaded.remarks)
        };
        let (options, path) = (options.clone(), path.to_path_buf());
        Ok(Self { file, context, options, path, inputs, outputs, steps, remarks })
    }

    /// Names and types of the inputs.
    pub fn inputs(&self) -> &[(String, TensorType)] {
        &self.inputs
    }

    /// Names of the outputs.
    pub fn outputs(&self) -> &[String] {
        &self.outputs
    }

    /// For each input the scale of a quantizer that it goes into directly.
    pub fn input_steps(&self) -> &[Option<f32>] {
        &self.steps
    }

    /// What was remarked while the model was read.
    pub fn remarks(&self) -> &[Diagnostic] {
        &self.remarks
    }

    fn error(&self, backend: Backend, message: impl ToString) -> RunError {
        RunError { file: self.file.clone(), backend: backend.name(), message: message.to_string() }
    }

    /// The model at a level.
    fn module(&self, level: Level) -> Result<Module<'_>, DriverError> {
        let mut module = driver::load(&self.context, &self.path, &self.options)?.module;
        driver::bring_to(&self.context, &mut module, &self.file, level)?;
        Ok(module)
    }

    /// Runs all samples.
    pub fn run(&self, backend: Backend, samples: &[Sample]) -> Result<Vec<Run>, RunError> {
        let level = match backend {
            Backend::Graph => Level::Graph,
            Backend::Interp => Level::Clean,
            Backend::Int | Backend::Cpu | Backend::Hls => Level::Int,
        };
        let module = self.module(level).map_err(|error| self.error(backend, error))?;
        match backend {
            Backend::Graph | Backend::Interp | Backend::Int => {
                let function = ir::main_function(&module).ok_or_else(|| self.error(backend, "no function"))?;
                let interpreter =
                    Interpreter::new(function).map_err(|error| self.error(backend, error))?;
                samples
                    .iter()
                    .map(|sample| interpret(&interpreter, sample))
                    .collect::<Result<_, InterpError>>()
                    .map_err(|error| self.error(backend, error))
            }
            Backend::Cpu | Backend::Hls => self
                .run_compiled(backend, &module, samples)
                .map_err(|error| self.error(backend, error)),
        }
    }

    fn run_compiled<'c>(
        &'c self,
        backend: Backend,
        module: &Module<'c>,
        samples: &[Sample],
    ) -> Result<Vec<Run>, BackendError> {
        let name = self.path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let network = Network { context: &self.context, module, name: &name };
        let compiler = backend::backend(backend.name()).ok_or_else(|| BackendError::Tool {
            tool: backend.name().to_owned(),
            message: "this backend is not part of this build".to_owned(),
        })?;
        let outputs = compiler.load(network, &Settings::new())?.run_all(samples)?;
        Ok(outputs.into_iter().map(|outputs| Run { outputs, integers: Vec::new() }).collect())
    }
}

/// Runs one sample in the interpreter and keeps the integers.
fn interpret(interpreter: &Interpreter<'_>, sample: &Sample) -> Result<Run, InterpError> {
    let mut integers = Vec::new();
    let outputs = interpreter.run(sample, &mut |op, operands, results| {
        let found = trace::of_graph(op, operands)
            .or_else(|| results.first().and_then(|result| trace::of_integers(op, result)));
        integers.extend(found);
    })?;
    Ok(Run { outputs, integers })
}

/// For each argument the constant scale of the first quantizer that uses it.
fn input_steps(function: Function<'_>) -> Vec<Option<f32>> {
    let quantizer_scale = |argument: ir::Val<'_>| {
        ir::users(argument).into_iter().find_map(|(op, at)| {
            let GraphOp::Qonnx(qonnx::Op::IntQuant(_)) = GraphOp::read(op)? else { return None };
            let scale = ir::constant_tensor(ir::val(op.operand(1).ok()?))?;
            (at == 0).then(|| scale.to_f32().first().copied()).flatten()
        })
    };
    function.arguments().into_iter().map(quantizer_scale).collect()
}
