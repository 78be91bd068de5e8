//! Translation validation: the same samples through every level and backend, and where they first differ.
//!
//! The integer program must give, for every quantizer of the graph, the integer that the graph gives; native
//! code and hardware models must equal the integer program on every bit. Level 1 works on rounded float32
//! carriers, so an element whose value lies within float32 summation noise of a rounding boundary may differ
//! between levels 1 and 2 by one step; such elements are counted apart.

mod compare;
mod report;
mod runner;
mod trace;

pub use report::{BackendReport, Difference, Outcome, Report};
pub use runner::{Backend, Run, RunError, Runners};
pub use trace::Integers;

use std::path::Path;

use crate::driver::{DriverError, LoadOptions};
use crate::npz;
use crate::samples;

/// What to verify, and how.
#[derive(Clone, Debug)]
pub struct VerifyOptions {
    /// How the model is read.
    pub load: LoadOptions,
    /// An archive of inputs; generated where there is none.
    pub inputs: Option<std::path::PathBuf>,
    /// An archive of expected outputs.
    pub expect: Option<std::path::PathBuf>,
    /// What is compared with each other; the first is the reference of the others.
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

/// Verifies a model.
pub fn verify(model: &Path, options: &VerifyOptions) -> Result<Report, VerifyError> {
    let runners = Runners::new(model, &options.load)?;
    let inputs = runners.inputs();
    let file = |path: &Path| path.display().to_string();
    let samples = match &options.inputs {
        Some(path) => samples::from_arrays(inputs, &npz::read(path)?)
            .map_err(|message| VerifyError::Samples { file: file(path), message })?,
        None => samples::generate(inputs, runners.input_steps(), options.samples, options.seed),
    };
    if samples.is_empty() {
        let message = "there are no samples to verify on".to_owned();
        return Err(VerifyError::Samples { file: file(model), message });
    }
    let expected = match &options.expect {
        Some(path) => Some(
            samples::expected(runners.outputs(), samples.len(), &npz::read(path)?)
                .map_err(|message| VerifyError::Samples { file: file(path), message })?,
        ),
        None => None,
    };
    let mut runs = Vec::with_capacity(options.backends.len());
    for backend in &options.backends {
        let started = std::time::Instant::now();
        let run = runners.run(*backend, &samples)?;
        runs.push((*backend, run, started.elapsed()));
    }
    Ok(compare::compare(&file(model), &runners, &samples, expected.as_deref(), runs, options.tolerance))
}
