//! What a verification found.

use serde::Serialize;
use std::fmt;

/// How two runs compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Equal, or within the tolerance where one applies.
    Equal,
    /// Equal but for elements within float32 noise of a rounding boundary, and what follows from them.
    Boundary,
    /// Different.
    Different,
}

/// A place where two runs differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Number of the sample.
    pub sample: usize,
    /// The quantizer node, or `output NAME`.
    pub place: String,
    /// Number of the element, row-major.
    pub element: usize,
    /// The reference's value.
    pub expected: f64,
    /// The other value.
    pub found: f64,
}

/// One backend's results.
#[derive(Clone, Debug, Serialize)]
pub struct BackendReport {
    /// The backend.
    pub backend: &'static str,
    /// What it was compared with.
    pub reference: &'static str,
    /// The verdict.
    pub outcome: Outcome,
    /// Integer tensors that were compared, over all samples.
    pub tensors: usize,
    /// Their elements.
    pub elements: usize,
    /// Elements that differ within float32 noise of a rounding boundary.
    pub boundary: usize,
    /// Places where it differs; the first of each sample.
    pub differences: Vec<Difference>,
    /// Largest difference of an output from the reference backend.
    pub max_abs_diff: f64,
    /// Largest difference from the expected outputs.
    pub max_abs_diff_expected: Option<f64>,
    /// Samples with an output outside of the tolerance of the expected one.
    pub unexpected: Option<usize>,
    /// Time for compiling and running all samples, in seconds.
    pub seconds: f64,
}

/// The whole result.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The model.
    pub model: String,
    /// Number of samples.
    pub samples: usize,
    /// The verdict: whether nothing differs but at rounding boundaries.
    pub passed: bool,
    /// One entry for each backend.
    pub backends: Vec<BackendReport>,
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}: {} samples", self.model, self.samples)?;
        writeln!(
            formatter,
            "{:8} {:8} {:9} {:>10} {:>9} {:>13} {:>13} {:>8}",
            "backend", "against", "result", "integers", "boundary", "max_abs_diff", "vs expected", "seconds"
        )?;
        for entry in &self.backends {
            let expected = entry.max_abs_diff_expected.map_or("-".to_owned(), |diff| format!("{diff:.3e}"));
            let outcome = match entry.outcome {
                Outcome::Equal => "equal",
                Outcome::Boundary => "boundary",
                Outcome::Different => "DIFFERENT",
            };
            writeln!(
                formatter,
                "{:8} {:8} {:9} {:>10} {:>9} {:>13.3e} {:>13} {:>8.3}",
                entry.backend,
                entry.reference,
                outcome,
                entry.elements,
                entry.boundary,
                entry.max_abs_diff,
                expected,
                entry.seconds
            )?;
        }
        for entry in &self.backends {
            if let Some(unexpected) = entry.unexpected.filter(|count| *count > 0) {
                writeln!(
                    formatter,
                    "{}: {unexpected} of {} samples differ from the expected outputs",
                    entry.backend, self.samples
                )?;
            }
            for found in entry.differences.iter().take(8) {
                writeln!(
                    formatter,
                    "{}: sample {}: {} element {}: expected {}, found {}",
                    entry.backend, found.sample, found.place, found.element, found.expected, found.found
                )?;
            }
        }
        write!(formatter, "{}", if self.passed { "passed" } else { "FAILED" })
    }
}
