//! Backends: from level 2 or 3 to what runs outside of the compiler.
//!
//! A backend is a folder here with one implementation of [`Backend`] and one line in [`BACKENDS`]. Everything that
//! lists backends (command line, documentation, verification) goes through that registry.

pub mod c;
pub mod hls;
pub mod llvm;

mod compiler;
mod exposed;
mod host;
mod interface;
mod process;
#[cfg(test)]
mod tests;
mod writer;

use std::collections::BTreeMap;

use melior::Context;
use melior::ir::Module;
use qonnx_dialects::ir::{Diagnostic, Node, Severity};
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::text::Foreign;

use crate::driver::Level;
use crate::output::{OutputError, OutputFile};
use crate::samples::Sample;

/// All backends.
pub const BACKENDS: &[&dyn Backend] = &[&llvm::Cpu, &c::C, &hls::Hls];

/// The backend of a name, such as `cpu`.
pub fn backend(name: &str) -> Option<&'static dyn Backend> {
    BACKENDS
        .iter()
        .copied()
        .find(|backend| backend.name() == name)
}

/// A network at the [level](Backend::level) that a backend starts from.
#[derive(Clone, Copy)]
pub struct Network<'c, 'm> {
    /// The context of the module.
    pub context: &'c Context,
    /// The module; backends work on a copy.
    pub module: &'m Module<'c>,
    /// The name of the model, as a user would say it; a backend makes an identifier of it.
    pub name: &'m Foreign,
}

/// Option values by name; absent ones have their defaults.
pub type Settings = BTreeMap<Foreign, Foreign>;

/// An option of a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackendOption {
    /// Name on the command line, in kebab case.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What it is if it is not given, for the help text.
    pub default: &'static str,
}

/// What a backend has made of a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// The files, in the order a user should look at them.
    pub files: Vec<OutputFile>,
    /// What a user should know about the result, such as what is hardware and what is host code.
    pub notes: String,
    /// A command that builds and runs what was made, to be typed in the output folder.
    pub command: Option<String>,
}

/// What one sample's run gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traced {
    /// The outputs, in graph order.
    pub outputs: Vec<Tensor>,
    /// Integer tensors on the way in the order they were computed: the ONNX node, and the numbers in row-major order.
    pub integers: Vec<(Node, Vec<i64>)>,
}

/// A compiled network that runs on this machine.
pub trait Runner: Send + Sync {
    /// Runs one sample: one tensor for each input of the network, in order; returns its outputs.
    fn run(&self, inputs: &[&Tensor]) -> Result<Vec<Tensor>, BackendError>;

    /// Runs many samples. A runner that starts a process overrides this to start it once.
    fn run_all(&self, samples: &[Sample]) -> Result<Vec<Vec<Tensor>>, BackendError> {
        samples
            .iter()
            .map(|sample| self.run(&sample.iter().collect::<Vec<_>>()))
            .collect()
    }

    /// Whether [`Self::trace_all`] tells the integers of every `qint` op that belongs to a node.
    fn traces(&self) -> bool {
        false
    }

    /// Runs many samples and tells the integers on the way; none for a runner that cannot look inside.
    fn trace_all(&self, samples: &[Sample]) -> Result<Vec<Traced>, BackendError> {
        let outputs = self.run_all(samples)?;
        Ok(outputs
            .into_iter()
            .map(|outputs| Traced {
                outputs,
                integers: Vec::new(),
            })
            .collect())
    }
}

/// A way from a network to a target.
pub trait Backend: Sync {
    /// Name on the command line.
    fn name(&self) -> &'static str;

    /// One sentence.
    fn summary(&self) -> &'static str;

    /// The level that it starts from: layers, or loop nests on exact-width integers.
    fn level(&self) -> Level {
        Level::Int
    }

    /// The options it understands.
    fn options(&self) -> &'static [BackendOption];

    /// Checks the values of all options that are set, before anything is done.
    fn check(&self, settings: &Settings) -> Result<(), BackendError>;

    /// Compiles the network to files, which the caller writes.
    fn make(&self, network: Network<'_, '_>, settings: &Settings) -> Result<Made, BackendError>;

    /// Likewise [`Self::load`], and ready to tell the integers on the way if the backend can: for who checks it, since that may
    /// take twice as long.
    fn load_tracing(
        &self,
        network: Network<'_, '_>,
        settings: &Settings,
    ) -> Result<Box<dyn Runner>, BackendError> {
        self.load(network, settings)
    }

    /// Makes the network ready to run on this machine.
    fn load(
        &self,
        network: Network<'_, '_>,
        settings: &Settings,
    ) -> Result<Box<dyn Runner>, BackendError>;
}

/// Why a backend failed.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// A pass failed and said why.
    #[error("{}", first_error(.0))]
    Passes(Vec<Diagnostic>),
    /// An option has a value that the backend does not understand.
    #[error("option '{}' is '{}', expected {expected}", .option.shown(), .found.shown())]
    Option {
        /// Its name.
        option: Foreign,
        /// Its value.
        found: Foreign,
        /// What is understood, in words.
        expected: String,
    },
    /// An option that the backend does not have.
    #[error("'{}' is no option of '{backend}', expected one of: {known}", .option.shown())]
    UnknownOption {
        /// Its name.
        option: Foreign,
        /// The backend.
        backend: &'static str,
        /// The names of its options.
        known: String,
    },
    /// An option that has two values.
    #[error("option '{}' is set twice, to '{}' and '{}', expected one value", .option.shown(), .values[0].shown(), .values[1].shown())]
    RepeatedOption {
        /// Its name.
        option: Foreign,
        /// Its values.
        values: [Foreign; 2],
    },
    /// The generated code cannot be made or run.
    #[error(transparent)]
    Code(#[from] qonnx_dialects::llvm::CodeError),
    /// A tool of the system is missing or failed.
    #[error("{tool}: {message}")]
    Tool {
        /// The tool.
        tool: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// A file on the way cannot be written or read.
    #[error(transparent)]
    Scratch(#[from] OutputError),
}

/// The first error among diagnostics, with the place it names; whoever prints it says that it is an error.
fn first_error(diagnostics: &[Diagnostic]) -> String {
    diagnostics
        .iter()
        .find(|diagnostic| diagnostic.severity == Severity::Error)
        .map_or_else(
            || "a pass failed without saying why".to_owned(),
            Diagnostic::text,
        )
}

/// The settings of a command line: every option is known and set once, to a value that the backend understands.
pub fn settings(
    backend: &dyn Backend,
    given: &[(Foreign, Foreign)],
) -> Result<Settings, BackendError> {
    let mut settings = Settings::new();
    for (option, value) in given {
        if let Some(before) = settings.insert(option.clone(), value.clone()) {
            return Err(BackendError::RepeatedOption {
                option: option.clone(),
                values: [before, value.clone()],
            });
        }
    }
    check_settings(backend, &settings)?;
    Ok(settings)
}

/// Checks that a backend knows all options that are set, and understands their values.
pub fn check_settings(backend: &dyn Backend, settings: &Settings) -> Result<(), BackendError> {
    let known: Vec<_> = backend.options().iter().map(|option| option.name).collect();
    match settings
        .keys()
        .find(|name| !known.contains(&name.verbatim()))
    {
        None => backend.check(settings),
        Some(name) => Err(BackendError::UnknownOption {
            option: name.clone(),
            backend: backend.name(),
            known: known.join(", "),
        }),
    }
}

/// Compiles the network to files. Nothing has been written then.
pub fn make(
    backend: &dyn Backend,
    network: Network<'_, '_>,
    settings: &Settings,
) -> Result<Made, BackendError> {
    check_settings(backend, settings)?;
    backend.make(network, settings)
}

/// A text that a module of an exit dialect is printed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// LLVM IR, of the `llvm` dialect.
    LlvmIr,
    /// C++, of the `hls` dialect.
    Hls,
}

/// Prints a module of an exit dialect.
pub fn translate(text: Text, module: &Module<'_>) -> Result<String, String> {
    match text {
        Text::LlvmIr => qonnx_dialects::llvm::to_llvm_ir(module).map_err(|error| error.to_string()),
        Text::Hls => hls::print(module),
    }
}
