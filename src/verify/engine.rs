//! Everything that can run a model: the interpreter at each level, and the backends.

use melior::Context;
use melior::ir::Module;
use qonnx_dialects::ir::{self, Diagnostic, Function};
use qonnx_dialects::memory::Budget;
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::text::{Foreign, shown_path};
use qonnx_dialects::value::TensorType;
use std::path::Path;

use super::trace::Trace;
use crate::backend::{self, BACKENDS, Network, Runner, Settings};
use crate::driver::{self, DriverError, Level, LoadOptions};
use crate::integers::{Dependence, integers_of};
use crate::interp::Interpreter;
use crate::samples::{self, InputHints, Sample};
use crate::source::STANDARD_INPUT;

/// Something that runs a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The interpreter at level 0.
    Graph,
    /// The interpreter at level 1.
    Interp,
    /// The interpreter at level 2: layers.
    Qint,
    /// The interpreter at level 3: loop nests.
    Int,
    /// A backend of the registry, by its name.
    Compiled(&'static str),
}

impl Backend {
    /// The levels of the interpreter.
    pub const LEVELS: [Self; 4] = [Self::Graph, Self::Interp, Self::Qint, Self::Int];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        let compiled = BACKENDS
            .iter()
            .map(|backend| Self::Compiled(backend.name()));
        Self::LEVELS.into_iter().chain(compiled)
    }

    /// Name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::Interp => "interp",
            Self::Qint => "qint",
            Self::Int => "int",
            Self::Compiled(name) => name,
        }
    }

    /// The one whose every bit it must give, if that takes part; it is held against the graph otherwise.
    pub(super) fn refines(self) -> Option<Self> {
        match self {
            Self::Graph | Self::Interp | Self::Qint => None,
            Self::Int => Some(Self::Qint),
            Self::Compiled(_) => Some(Self::Int),
        }
    }

    fn level(self) -> Level {
        match self {
            Self::Graph => Level::Graph,
            Self::Interp => Level::Clean,
            Self::Qint => Level::Layers,
            Self::Int => Level::Int,
            Self::Compiled(name) => backend::backend(name).map_or(Level::Int, |of| of.level()),
        }
    }
}

impl std::str::FromStr for Backend {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::all()
            .find(|backend| backend.name() == text)
            .ok_or_else(|| {
                let names: Vec<_> = Self::all().map(Self::name).collect();
                format!(
                    "unknown backend '{text}', expected one of {}",
                    names.join(", ")
                )
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

/// A model that can be run at every level.
pub struct Model {
    file: String,
    context: Context,
    options: LoadOptions,
    path: std::path::PathBuf,
    inputs: Vec<(Foreign, TensorType)>,
    outputs: Vec<Foreign>,
    hints: Vec<InputHints>,
    remarks: Vec<Diagnostic>,
}

impl Model {
    /// Reads a model; fails if its graph is at fault.
    pub fn new(path: &Path, options: &LoadOptions) -> Result<Self, DriverError> {
        let file = shown_path(path);
        if path.as_os_str() == STANDARD_INPUT {
            let error = std::io::Error::other("each level reads the model anew; give a file");
            return Err(DriverError::Read {
                file: "standard input".to_owned(),
                error,
            });
        }
        let context = ir::session();
        let (inputs, outputs, hints, remarks) = {
            let loaded = driver::load(&context, path, options)?;
            let function =
                ir::main_function(&loaded.module).ok_or_else(|| DriverError::NoNetwork {
                    file: file.clone(),
                    found: "found no function".to_owned(),
                })?;
            let inputs = samples::inputs(function).map_err(|message| DriverError::Interface {
                file: file.clone(),
                message,
            })?;
            (
                inputs,
                function.output_names(),
                samples::hints(function),
                loaded.remarks,
            )
        };
        let (options, path) = (options.clone(), path.to_path_buf());
        Ok(Self {
            file,
            context,
            options,
            path,
            inputs,
            outputs,
            hints,
            remarks,
        })
    }

    /// Names and types of the inputs.
    pub fn inputs(&self) -> &[(Foreign, TensorType)] {
        &self.inputs
    }

    /// Names of the outputs.
    pub fn outputs(&self) -> &[Foreign] {
        &self.outputs
    }

    /// For each input what is known about the numbers that matter to it.
    pub fn hints(&self) -> &[InputHints] {
        &self.hints
    }

    /// What was remarked while the model was read.
    pub fn remarks(&self) -> &[Diagnostic] {
        &self.remarks
    }

    pub(super) fn error(&self, backend: Backend, message: impl ToString) -> RunError {
        RunError {
            file: self.file.clone(),
            backend: backend.name(),
            message: message.to_string(),
        }
    }

    /// The model at the level of a backend, ready to run.
    pub fn engine(&self, backend: Backend) -> Result<Engine<'_>, RunError> {
        let failed = |error: DriverError| self.error(backend, error);
        let mut module = driver::load(&self.context, &self.path, &self.options)
            .map_err(failed)?
            .module;
        driver::bring_to(&self.context, &mut module, &self.file, backend.level())
            .map_err(failed)?;
        let function = ir::main_function(&module)
            .ok_or_else(|| self.error(backend, "the module has no function"))?;
        let program = match backend {
            Backend::Compiled(name) => {
                let compiler = backend::backend(name)
                    .ok_or_else(|| self.error(backend, "it is not part of this build"))?;
                let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
                let name = Foreign::new(stem);
                let network = Network {
                    context: &self.context,
                    module: &module,
                    name: &name,
                };
                let runner = compiler
                    .load_tracing(network, &Settings::new())
                    .map_err(|error| self.error(backend, error))?;
                Program::Compiled(runner)
            }
            _ => Program::Level(
                Interpreter::new(function).map_err(|error| self.error(backend, error))?,
            ),
        };
        Ok(Engine {
            model: self,
            backend,
            dependence: Dependence::of(function),
            function,
            program,
            _module: module,
        })
    }
}

enum Program<'c> {
    Level(Interpreter<'c>),
    Compiled(Box<dyn Runner>),
}

/// A model that one backend is ready to run.
pub struct Engine<'c> {
    model: &'c Model,
    /// The backend.
    pub backend: Backend,
    dependence: Dependence,
    /// The network at the backend's level; it lives in `_module`.
    pub(super) function: Function<'c>,
    program: Program<'c>,
    _module: Module<'c>,
}

impl<'c> Engine<'c> {
    /// Runs samples: all at once on a backend that starts a process, otherwise one after the other.
    pub fn run(&self, samples: &[Sample]) -> Result<Vec<Trace>, RunError> {
        let failed = |error: String| self.model.error(self.backend, error);
        match &self.program {
            Program::Compiled(runner) => {
                let traced = runner
                    .trace_all(samples)
                    .map_err(|error| failed(error.to_string()))?;
                if traced.len() != samples.len() {
                    let (found, expected) = (traced.len(), samples.len());
                    return Err(failed(format!(
                        "gave results of {found} samples, expected {expected}"
                    )));
                }
                Ok(traced.into_iter().map(Trace::from).collect())
            }
            Program::Level(interpreter) => samples
                .iter()
                .map(|sample| {
                    let mut integers = Vec::new();
                    // They are kept for all ops, other than the values they are of.
                    let mut budget = Budget::default();
                    let mut room = Ok(());
                    let outputs = interpreter
                        .run(sample, &mut |op, operands, results| {
                            for result in results.iter() {
                                room = room.and_then(|()| budget.take(&TensorType::of(result)));
                            }
                            if room.is_err() {
                                return;
                            }
                            let Some(mut shown) = integers_of(op, operands, results) else {
                                return;
                            };
                            shown.kind = self.dependence.kind(op, shown.kind);
                            integers.push(shown);
                        })
                        .map_err(|error| failed(error.to_string()))?;
                    room.map_err(|error| failed(format!("the integers of all nodes: {error}")))?;
                    Ok(Trace { outputs, integers })
                })
                .collect(),
        }
    }

    /// The outputs of each sample, in graph order, without the integers on the way, which take more memory than these.
    pub fn outputs(&self, samples: &[Sample]) -> Result<Vec<Vec<Tensor>>, RunError> {
        let outputs = match &self.program {
            Program::Compiled(runner) => {
                return runner.run_all(samples).map_err(|error| self.error(error));
            }
            Program::Level(interpreter) => samples
                .iter()
                .map(|sample| interpreter.run(sample, &mut |_, _, _| {})),
        };
        outputs
            .collect::<Result<_, _>>()
            .map_err(|error| self.error(error))
    }

    /// Whether runs show the integers on the way.
    pub fn traces(&self) -> bool {
        match &self.program {
            Program::Compiled(runner) => runner.traces(),
            Program::Level(_) => true,
        }
    }

    /// The interpreter, if this is a level of it.
    pub(super) fn interpreter(&self) -> Option<&Interpreter<'c>> {
        match &self.program {
            Program::Level(interpreter) => Some(interpreter),
            Program::Compiled(_) => None,
        }
    }

    pub(super) fn error(&self, message: impl ToString) -> RunError {
        self.model.error(self.backend, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{BackendError, Traced};

    /// Gives so many results, whatever it is asked for.
    struct Miscounting(usize);

    impl Runner for Miscounting {
        fn run(&self, _: &[&Tensor]) -> Result<Vec<Tensor>, BackendError> {
            Ok(Vec::new())
        }

        fn trace_all(&self, _: &[Sample]) -> Result<Vec<Traced>, BackendError> {
            Ok(vec![Traced::default(); self.0])
        }
    }

    #[test]
    fn a_backend_gives_as_many_results_as_there_are_samples() {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/wine_mlp.onnx");
        let model = Model::new(&example, &LoadOptions::default()).expect("it can be read");
        let mut engine = model.engine(Backend::Int).expect("it can be run");
        let samples = samples::generate(model.inputs(), model.hints(), 2, 1).expect("small");
        for (count, fits) in [(0, false), (1, false), (2, true), (3, false)] {
            engine.program = Program::Compiled(Box::new(Miscounting(count)));
            assert_eq!(engine.run(&samples).is_ok(), fits, "{count}");
        }
    }
}
