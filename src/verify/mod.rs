//! Translation validation: the same samples through every level and backend, and where they first differ.
//!
//! The integer program must give, for every quantizer of the graph, the integer that the graph gives; compiled
//! backends must equal the integer program on every bit. Levels 0 and 1 work on rounded float32 carriers, so an
//! element whose value lies within float32 noise of a rounding boundary may differ between them and level 2; such
//! elements are listed apart, and what comes after them is judged behind the same integers (`lockstep.rs`).
//!
//! Expected outputs come from another executor, which sums in float32. Where they differ from what a backend gives, the
//! graph must show that float32 noise explains them (`explain.rs`); the backend is held to the graph in any case, so
//! that an explanation never covers a wrong backend.

mod compare;
mod depend;
mod engine;
mod exact;
mod explain;
mod judge;
mod lockstep;
mod near;
mod noise;
mod number;
mod replay;
mod report;
#[cfg(test)]
mod tests;
mod text;
mod trace;

pub use engine::{Backend, Engine, Model, RunError};
pub use number::Number;
pub use report::{
    BackendReport, BoundaryElement, Difference, Explanation, Flipped, Outcome, Report, Side,
    Unexpected, Value, WithinNoise,
};
pub use trace::Trace;

use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::text::{Foreign, shown_path};
use std::path::Path;
use std::time::Instant;

use crate::driver::{DriverError, LoadOptions};
use crate::npz;
use crate::samples;
use compare::Comparison;
use explain::Search;
use judge::{Judged, Subject, graph_of};

/// What to verify, and how.
#[derive(Clone, Debug)]
pub struct VerifyOptions {
    /// How the model is read.
    pub load: LoadOptions,
    /// An archive of inputs; generated where there is none.
    pub inputs: Option<std::path::PathBuf>,
    /// An archive of expected outputs.
    pub expect: Option<std::path::PathBuf>,
    /// What is compared with each other; see [`complete`] for what is added.
    pub backends: Vec<Backend>,
    /// How many samples are generated where none are given.
    pub samples: usize,
    /// Seed of generated samples.
    pub seed: u64,
    /// How far an output may be from the expected one, relative to numbers above 1; finite and not negative.
    pub tolerance: f32,
    /// How often the graph may be run, over all samples, to find out which elements beside a rounding boundary explain
    /// expected outputs.
    pub search: usize,
}

/// Why a model could not be verified (not: why it failed).
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The model is at fault.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// An archive is at fault.
    #[error(transparent)]
    Npz(#[from] npz::NpzError),
    /// Samples do not fit the model.
    #[error("{file}: {message}")]
    Samples {
        /// The archive or the model.
        file: String,
        /// What is wrong.
        message: String,
    },
    /// A backend cannot run the model.
    #[error("{0}")]
    Run(#[from] RunError),
}

/// The backends in the order they are compared in, each once. `interp` brings `graph` with it (both are the
/// reference interpreter), and a compiled backend brings `int`, whose bits it must give.
pub fn complete(backends: &[Backend]) -> Vec<Backend> {
    let asked = |backend: Backend| backends.contains(&backend);
    let compiled = |backend: &&Backend| matches!(backend, Backend::Compiled(_));
    let mut all = Vec::new();
    if asked(Backend::Graph) || asked(Backend::Interp) {
        all.push(Backend::Graph);
    }
    if asked(Backend::Interp) {
        all.push(Backend::Interp);
    }
    if asked(Backend::Qint) {
        all.push(Backend::Qint);
    }
    if asked(Backend::Int) || backends.iter().any(|backend| compiled(&backend)) {
        all.push(Backend::Int);
    }
    for backend in backends.iter().filter(compiled) {
        if !all.contains(backend) {
            all.push(*backend);
        }
    }
    all
}

/// Verifies a model. `progress` is called after each step with the number of steps done and of all.
pub fn verify(
    model: &Path,
    options: &VerifyOptions,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Report, VerifyError> {
    let file = |path: &Path| shown_path(path);
    let at_fault = |path: &Path| {
        let file = file(path);
        move |message: String| VerifyError::Samples { file, message }
    };
    let subject = Model::new(model, &options.load)?;
    let samples = match &options.inputs {
        Some(path) => samples::from_arrays(subject.inputs(), &mut npz::Archive::open(path)?)
            .map_err(at_fault(path))?,
        None => samples::generate(
            subject.inputs(),
            subject.hints(),
            options.samples,
            options.seed,
        )
        .map_err(|error| at_fault(model)(format!("making {} samples {error}", options.samples)))?,
    };
    if samples.is_empty() {
        return Err(at_fault(model)(
            "there are no samples to verify on".to_owned(),
        ));
    }
    let expected = match &options.expect {
        Some(path) => Some(
            samples::expected(
                subject.outputs(),
                samples.len(),
                &mut npz::Archive::open(path)?,
            )
            .map_err(at_fault(path))?,
        ),
        None => None,
    };

    let backends = complete(&options.backends);
    let steps = backends.len() + samples.len();
    let (mut engines, mut subjects) = (Vec::new(), Vec::new());
    for (done, backend) in backends.iter().enumerate() {
        let started = Instant::now();
        let engine = subject.engine(*backend)?;
        // A compiled backend may start a process, so it gets all samples at once; it keeps only outputs.
        let traces = match backend {
            Backend::Compiled(_) => Some(engine.run(&samples)?),
            _ => None,
        };
        subjects.push(Subject::new(&engine, traces, started));
        engines.push(engine);
        progress(done + 1, steps);
    }
    let mut search = graph_of(&engines).and_then(|graph| {
        let interpreter = engines[graph].interpreter()?;
        Some(Search::new(interpreter, options.search))
    });
    for (number, sample) in samples.iter().enumerate() {
        let comparison = Comparison {
            number,
            sample,
            outputs: subject.outputs(),
            tolerance: options.tolerance,
        };
        let traces = subjects.iter_mut().zip(&engines);
        let traces = traces
            .map(|(subject, engine)| subject.trace(engine, &comparison))
            .collect::<Result<Vec<_>, _>>()?;
        let expected = expected.as_ref().and_then(|expected| expected.get(number));
        if let (Some(expected), Some(path), Some(trace)) =
            (expected, &options.expect, traces.first())
        {
            check_shapes(expected, &trace.outputs, subject.outputs()).map_err(at_fault(path))?;
        }
        let mut one = Judged {
            comparison: &comparison,
            engines: &engines,
            traces: &traces,
            subjects: &mut subjects,
        };
        one.levels()?;
        if let Some(expected) = expected {
            one.expected(expected, search.as_mut())?;
        }
        progress(backends.len() + number + 1, steps);
    }
    let backends: Vec<_> = subjects.into_iter().map(|subject| subject.report).collect();
    let passed = backends.iter().all(BackendReport::passed);
    Ok(Report {
        model: file(model),
        samples: samples.len(),
        passed,
        backends,
    })
}

/// Checks that the expected outputs of a sample have the shapes of the outputs.
fn check_shapes(expected: &[Tensor], outputs: &[Tensor], names: &[Foreign]) -> Result<(), String> {
    for ((expected, output), name) in expected.iter().zip(outputs).zip(names) {
        if expected.shape != output.shape {
            let name = name.shown();
            return Err(format!(
                "array for output '{name}' has samples of shape {:?}, expected {:?}",
                expected.shape, output.shape
            ));
        }
    }
    Ok(())
}
