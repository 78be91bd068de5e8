//! What a verification found.

use qonnx_dialects::text::Foreign;
use serde::Serialize;
use std::fmt;

/// Most lines of one kind that the text form prints; the JSON form has all.
const LINES: usize = 8;

/// How two runs compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Equal, or within the tolerance where one applies.
    Equal,
    /// Equal but for elements within float32 noise of a rounding boundary, or NaN in the graph.
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
    /// The reference's value: of a quantizer its integer.
    pub expected: f64,
    /// The other value.
    pub found: f64,
}

/// An element that lies within float32 noise of a rounding boundary and was rounded the other way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BoundaryElement {
    /// Number of the sample.
    pub sample: usize,
    /// The name of the quantizer node.
    pub node: Foreign,
    /// Number of the element, row-major.
    pub element: usize,
    /// The number that the reference quantizes.
    pub value: f32,
    /// How far float32 noise may have moved it.
    pub noise: f32,
    /// The reference's integer.
    pub expected: i64,
    /// The other integer.
    pub found: i64,
}

/// A sample with an output outside of the tolerance of the expected one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unexpected {
    /// The output that is off by most.
    pub difference: Difference,
    /// Whether float32 noise explains it: either the output itself is within noise, or elements of this sample
    /// are within noise of a rounding boundary, so that another order of summation may round them the other way.
    pub explained: bool,
    /// The number of those elements.
    pub near_boundary: usize,
    /// The number of elements that are NaN in the graph and integers in this run.
    pub not_numbers: usize,
}

/// One backend's results.
#[derive(Clone, Debug, Serialize)]
pub struct BackendReport {
    /// The backend.
    pub backend: &'static str,
    /// What it was compared with; absent for the first.
    pub reference: Option<&'static str>,
    /// The verdict.
    pub outcome: Outcome,
    /// Integer tensors that were compared, over all samples.
    pub tensors: usize,
    /// Their elements.
    pub elements: usize,
    /// Elements that differ within float32 noise of a rounding boundary.
    pub boundary: Vec<BoundaryElement>,
    /// Elements that are NaN in the reference, for which there is no integer.
    pub not_numbers: usize,
    /// Places where it differs: of each sample the first element of each node and output.
    pub differences: Vec<Difference>,
    /// Largest difference of an output from the reference (behind the same integers).
    pub max_abs_diff: f64,
    /// Largest difference from the expected outputs.
    pub max_abs_diff_expected: Option<f64>,
    /// Samples with an output outside of the tolerance of the expected one.
    pub unexpected: Vec<Unexpected>,
    /// Time for compiling and running all samples, in seconds.
    pub seconds: f64,
}

impl BackendReport {
    /// The report before the first sample.
    pub(super) fn new(backend: &'static str, reference: Option<&'static str>) -> Self {
        Self {
            backend,
            reference,
            outcome: Outcome::Equal,
            tensors: 0,
            elements: 0,
            boundary: Vec::new(),
            not_numbers: 0,
            differences: Vec::new(),
            max_abs_diff: 0.0,
            max_abs_diff_expected: None,
            unexpected: Vec::new(),
            seconds: 0.0,
        }
    }

    pub(super) fn differs(&mut self, difference: Difference) {
        self.outcome = Outcome::Different;
        self.differences.push(difference);
    }

    /// Whether nothing differs but what float32 noise explains.
    pub fn passed(&self) -> bool {
        self.outcome != Outcome::Different && self.unexpected.iter().all(|sample| sample.explained)
    }
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
            "backend",
            "against",
            "result",
            "integers",
            "boundary",
            "max_abs_diff",
            "vs expected",
            "seconds"
        )?;
        for entry in &self.backends {
            entry.row(formatter)?;
        }
        for entry in &self.backends {
            entry.details(formatter, self.samples)?;
        }
        write!(
            formatter,
            "{}",
            if self.passed { "passed" } else { "FAILED" }
        )
    }
}

impl BackendReport {
    fn row(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = match self.outcome {
            Outcome::Equal => "equal",
            Outcome::Boundary => "boundary",
            Outcome::Different => "DIFFERENT",
        };
        let difference =
            |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3e}"));
        writeln!(
            formatter,
            "{:8} {:8} {:9} {:>10} {:>9} {:>13} {:>13} {:>8.3}",
            self.backend,
            self.reference.unwrap_or("-"),
            outcome,
            self.elements,
            self.boundary.len(),
            difference(self.reference.map(|_| self.max_abs_diff)),
            difference(self.max_abs_diff_expected),
            self.seconds
        )
    }

    fn details(&self, formatter: &mut fmt::Formatter<'_>, samples: usize) -> fmt::Result {
        let more = |formatter: &mut fmt::Formatter<'_>, all: usize, what: &str| match all
            .checked_sub(LINES)
        {
            None | Some(0) => Ok(()),
            Some(more) => writeln!(
                formatter,
                "{}: {more} more {what}, see --json",
                self.backend
            ),
        };
        for Difference {
            sample,
            place,
            element,
            expected,
            found,
        } in self.differences.iter().take(LINES)
        {
            writeln!(
                formatter,
                "{}: sample {sample}: {place} element {element}: expected {expected}, found {found}",
                self.backend
            )?;
        }
        more(formatter, self.differences.len(), "differences")?;
        for BoundaryElement {
            sample,
            node,
            element,
            value,
            noise,
            expected,
            found,
        } in self.boundary.iter().take(LINES)
        {
            let node = node.shown();
            writeln!(
                formatter,
                "{}: sample {sample}: node '{node}' element {element}: {value:e} is within {noise:.1e} of a \
                 rounding boundary: {expected} or {found}",
                self.backend
            )?;
        }
        more(
            formatter,
            self.boundary.len(),
            "elements at rounding boundaries",
        )?;
        if self.not_numbers > 0 {
            writeln!(
                formatter,
                "{}: {} elements are NaN in the graph; no integer stands for NaN, so the quantizer gives 0",
                self.backend, self.not_numbers
            )?;
        }
        if self.unexpected.is_empty() {
            return Ok(());
        }
        let count = self.unexpected.len();
        writeln!(
            formatter,
            "{}: {count} of {samples} samples differ from the expected outputs",
            self.backend
        )?;
        for unexpected in self.unexpected.iter().take(LINES) {
            let Difference {
                sample,
                place,
                element,
                expected,
                found,
            } = &unexpected.difference;
            let why = match (unexpected.explained, unexpected.near_boundary) {
                (true, _) if unexpected.not_numbers > 0 => "NaN became an integer".to_owned(),
                (true, 0) => "within float32 noise".to_owned(),
                (true, near) => format!(
                    "{near} elements of this sample are within float32 noise of a rounding boundary"
                ),
                (false, _) => "not explained by float32 noise".to_owned(),
            };
            writeln!(
                formatter,
                "{}: sample {sample}: {place} element {element}: expected {expected}, found {found}; {why}",
                self.backend
            )?;
        }
        more(formatter, count, "samples")
    }
}
