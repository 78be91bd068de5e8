//! What a verification found.

use qonnx_dialects::text::Foreign;
use serde::{Serialize, Serializer};

use super::number::Number;

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

/// What a difference is about: a number, or where there is none a few words.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// An element.
    Number(Number),
    /// A type, or what else is there.
    Text(String),
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
    pub expected: Value,
    /// The other value.
    pub found: Value,
}

/// An element that lies within float32 noise of a rounding boundary and was rounded the other way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BoundaryElement {
    /// Number of the sample.
    pub sample: usize,
    /// The quantizer node.
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

/// Which run decides an element otherwise than the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The one that gives the expected outputs.
    Expected,
    /// The backend.
    Found,
    /// Both, in the same way.
    Both,
}

/// An element that is decided otherwise than the graph decides it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Flipped {
    /// The node that decides.
    pub node: Foreign,
    /// Number of the element, row-major.
    pub element: usize,
    /// What the graph rounds, in the run with all these decisions.
    #[serde(serialize_with = "number")]
    pub value: f32,
    /// How far float32 noise may have moved it.
    pub noise: f32,
    /// What the graph decides: of a quantizer its integer, of another op its result.
    pub graph: Number,
    /// What is decided instead.
    pub chosen: Number,
    /// By whom.
    pub side: Side,
}

/// An output element outside of the tolerance that only float32 noise behind the last quantizer excuses.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WithinNoise {
    /// Number of the output.
    pub output: usize,
    /// Number of the element, row-major.
    pub element: usize,
    /// How far it is from the expected one.
    pub distance: f64,
    /// How far float32 noise may have moved it.
    pub noise: f32,
}

/// Whether float32 noise explains the expected outputs of a sample.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Explanation {
    /// It does: the graph gives them if these elements are decided otherwise.
    Shown {
        /// The elements, none if the graph gives them as it is; and what the backend decides otherwise.
        flipped: Vec<Flipped>,
        /// The output element that needs float32 noise most, if any is outside of the tolerance.
        within_noise: Option<WithinNoise>,
    },
    /// No element of the sample is within float32 noise of a rounding boundary.
    NoElement,
    /// No choice for the elements beside a rounding boundary gives them.
    NoChoice {
        /// The number of those elements.
        near: usize,
    },
    /// The search was ended by its bound.
    Unfinished {
        /// The number of elements beside a rounding boundary.
        near: usize,
        /// The bound: a number of runs.
        runs: usize,
    },
    /// There are elements beside a rounding boundary, and no search was wanted.
    NotSearched {
        /// Their number.
        near: usize,
    },
    /// No graph was run that could show it.
    NoGraph,
    /// The graph gives them, as above, but the backend differs from the graph.
    Different,
    /// The graph gives them, as above, and the backend gives what the graph does, each within the tolerance; but they are
    /// further apart, where none of the elements makes a difference.
    Beyond,
}

impl Explanation {
    /// The explanation for a backend that decides some elements otherwise than the graph itself.
    pub(super) fn with_own(mut self, own: &[Flipped]) -> Self {
        let Self::Shown { flipped, .. } = &mut self else {
            return self;
        };
        for own in own {
            let same = |other: &&mut Flipped| {
                (&other.node, other.element) == (&own.node, own.element)
                    && other.chosen == own.chosen
            };
            match flipped.iter_mut().find(same) {
                Some(both) => both.side = Side::Both,
                None => flipped.push(own.clone()),
            }
        }
        self
    }
}

/// A sample with an output outside of the tolerance of the expected one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unexpected {
    /// The output that is off by most.
    pub difference: Difference,
    /// Whether float32 noise explains it, and how that was shown or why not.
    pub explained: bool,
    /// See [`Explanation`].
    #[serde(flatten)]
    pub explanation: Explanation,
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
    #[serde(serialize_with = "number")]
    pub max_abs_diff: f64,
    /// Largest difference from the expected outputs.
    #[serde(serialize_with = "optional_number")]
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

/// A float as [`Number`] writes it.
fn number<S: Serializer>(
    value: &(impl Into<f64> + Copy),
    serializer: S,
) -> Result<S::Ok, S::Error> {
    Number::Real((*value).into()).serialize(serializer)
}

fn optional_number<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    value.map(Number::Real).serialize(serializer)
}
