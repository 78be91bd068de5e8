//! Translation validation: the same samples through every level and backend, and where they first differ.
//!
//! The integer program must give, for every quantizer of the graph, the integer that the graph gives; compiled
//! backends must equal the integer program on every bit. Levels 0 and 1 work on rounded float32 carriers, so an
//! element whose value lies within float32 noise of a rounding boundary may differ between them and level 2; such
//! elements are listed apart, and what comes after them is judged behind the same integers (`lockstep.rs`).

mod compare;
mod engine;
mod lockstep;
mod noise;
mod report;
#[cfg(test)]
mod tests;
mod trace;

pub use engine::{Backend, Engine, Model, RunError};
pub use report::{BackendReport, BoundaryElement, Difference, Outcome, Report, Unexpected};
pub use trace::{Integers, Trace, integers_of};

use qonnx_dialects::tensor::Tensor;
use std::path::Path;
use std::time::Instant;

use crate::driver::{DriverError, LoadOptions};
use crate::npz;
use crate::samples;
use compare::Comparison;

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
    /// How far an output may be from the expected one, relative to numbers above 1.
    pub tolerance: f32,
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
    let file = |path: &Path| path.display().to_string();
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
        ),
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
    let mut engines = Vec::with_capacity(backends.len());
    for (done, backend) in backends.iter().enumerate() {
        let started = Instant::now();
        let engine = subject.engine(*backend)?;
        // A compiled backend may start a process, so it gets all samples at once; it keeps only outputs.
        let traces = match backend {
            Backend::Compiled(_) => Some(engine.run(&samples)?),
            _ => None,
        };
        engines.push(Subject::new(engine, traces, started));
        progress(done + 1, steps);
    }
    for (number, sample) in samples.iter().enumerate() {
        let comparison = Comparison {
            number,
            sample,
            outputs: subject.outputs(),
            tolerance: options.tolerance,
        };
        let expected = expected.as_ref().and_then(|expected| expected.get(number));
        let expected: Option<Vec<_>> =
            expected.map(|outputs| outputs.iter().map(Tensor::to_f32).collect());
        compare(&comparison, &mut engines, expected.as_deref())?;
        progress(backends.len() + number + 1, steps);
    }
    let backends: Vec<_> = engines.into_iter().map(|subject| subject.report).collect();
    let passed = backends.iter().all(BackendReport::passed);
    Ok(Report {
        model: file(model),
        samples: samples.len(),
        passed,
        backends,
    })
}

/// A backend with its runs so far and its report.
struct Subject<'c> {
    engine: Engine<'c>,
    /// The runs of all samples, if it had to run them at once.
    traces: Option<Vec<Trace>>,
    report: BackendReport,
}

impl<'c> Subject<'c> {
    fn new(engine: Engine<'c>, traces: Option<Vec<Trace>>, started: Instant) -> Self {
        let mut report = BackendReport::new(engine.backend.name(), None);
        report.seconds = started.elapsed().as_secs_f64();
        Self {
            engine,
            traces,
            report,
        }
    }

    /// The run of one sample.
    fn trace(&mut self, comparison: &Comparison<'_>) -> Result<Trace, RunError> {
        if let Some(traces) = &mut self.traces {
            return Ok(traces
                .get_mut(comparison.number)
                .map(std::mem::take)
                .unwrap_or_default());
        }
        let started = Instant::now();
        let traces = self.engine.run(std::slice::from_ref(comparison.sample))?;
        self.report.seconds += started.elapsed().as_secs_f64();
        Ok(traces.into_iter().next().unwrap_or_default())
    }
}

/// Runs one sample everywhere. Each level is held against the one before it, and compiled backends against level 2.
fn compare(
    comparison: &Comparison<'_>,
    subjects: &mut [Subject<'_>],
    expected: Option<&[Vec<f32>]>,
) -> Result<(), RunError> {
    let mut traces: Vec<Trace> = Vec::with_capacity(subjects.len());
    for at in 0..subjects.len() {
        let trace = subjects[at].trace(comparison)?;
        let (before, rest) = subjects.split_at_mut(at);
        let Some(subject) = rest.first_mut() else {
            continue;
        };
        let compiled = matches!(subject.engine.backend, Backend::Compiled(_));
        let reference = before.iter().rposition(|other| match other.engine.backend {
            Backend::Int => compiled,
            Backend::Graph | Backend::Interp => !compiled,
            Backend::Compiled(_) => false,
        });
        if let Some(reference) = reference {
            let graph = &before[reference].engine;
            subject.report.reference = Some(graph.backend.name());
            if compiled {
                comparison.exact(&mut subject.report, &traces[reference], &trace);
            } else {
                comparison.graph(&mut subject.report, graph, &traces[reference], &trace)?;
            }
        }
        if let Some(expected) = expected {
            let is_graph =
                |engine: &&Engine<'_>| matches!(engine.backend, Backend::Graph | Backend::Interp);
            let mut engines = before
                .iter()
                .map(|other| &other.engine)
                .chain([&subject.engine]);
            let graph = engines.rfind(is_graph);
            let integer = !is_graph(&&subject.engine);
            comparison.expected(&mut subject.report, (graph, integer), expected, &trace)?;
        }
        traces.push(trace);
    }
    Ok(())
}
