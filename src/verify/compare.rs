//! Comparison of one sample's runs.

use qonnx_dialects::ir::Node;
use qonnx_dialects::tensor::{Data, Tensor};
use qonnx_dialects::text::Foreign;
use qonnx_dialects::value::TensorType;
use std::collections::BTreeSet;

use super::engine::{Engine, RunError};
use super::lockstep::{Flip, Followed, follow};
use super::number::Number;
use super::report::{
    BackendReport, BoundaryElement, Difference, Explanation, Outcome, Unexpected, Value,
};
use super::trace::Trace;
use crate::integers::{Integers, Kind, NOT_A_NUMBER};
use crate::samples::Sample;

/// Which sample is compared, and how strictly.
pub(super) struct Comparison<'a> {
    /// Number of the sample.
    pub number: usize,
    /// Its inputs.
    pub sample: &'a Sample,
    /// Names of the outputs.
    pub outputs: &'a [Foreign],
    /// How far a float output may be off, relative to numbers above 1.
    pub tolerance: f32,
}

/// Two tensors' elements that are further apart than allowed, the first of them and the worst.
#[derive(Default)]
struct Apart {
    first: Option<(usize, Number, Number)>,
    worst: Option<(usize, Number, Number)>,
    max_abs_diff: f64,
}

impl Comparison<'_> {
    /// Compares a compiled backend's run with level 3, which it must reproduce bit for bit: the outputs (NaN equals NaN),
    /// and the integers if the backend shows them (`traces`).
    pub fn exact(&self, entry: &mut BackendReport, traces: bool, wanted: &Trace, found: &Trace) {
        self.integers(entry, wanted, found, |integers, _| {
            !traces || integers.kind != Kind::Integers
        });
        self.first_integer_apart(entry, wanted, found);
        self.outputs(entry, &wanted.outputs, &found.outputs, bit_by_bit);
    }

    /// Compares a level with a graph (level 0 or 1): the integers behind each quantizer, and the outputs. Returns how
    /// the graph compares if it follows the level's integers, if anything differs.
    pub fn graph(
        &self,
        entry: &mut BackendReport,
        graph: &Engine<'_>,
        wanted: &Trace,
        found: &Trace,
    ) -> Result<Option<Followed>, RunError> {
        let same = self.integers(entry, wanted, found, |integers, others| {
            // Equal quantizers of one tensor become one op, which has the name of one of them.
            integers.kind == Kind::Idle || others.iter().any(|other| other.n == integers.n)
        });
        // A quantizer that is a float op on both levels has integers on both.
        for (extra, others) in found.paired(wanted).uneven {
            let Some(first) = extra.first().filter(|first| first.kind == Kind::Carriers) else {
                continue;
            };
            if others == 0 {
                let place = format!(
                    "number of integer tensors of node '{}'",
                    first.node.name.shown()
                );
                entry.differs(self.counts(place, 0, extra.len()));
            }
        }
        let mut alike = BackendReport::new(entry.backend, entry.reference);
        let near = |_, wanted: &Tensor, found: &Tensor| {
            Apart::new(wanted, found, |_, a, b| a.is_near(b, self.tolerance))
        };
        self.outputs(&mut alike, &wanted.outputs, &found.outputs, near);
        if same && alike.outcome == Outcome::Equal {
            entry.max_abs_diff = entry.max_abs_diff.max(alike.max_abs_diff);
            return Ok(None);
        }
        let Some(interpreter) = graph.interpreter() else {
            return Ok(None);
        };
        // From here on it is not `wanted` that the level is held against but the graph run again.
        for again in graph.run(std::slice::from_ref(self.sample))? {
            self.first_integer_apart(entry, wanted, &again);
            self.outputs(entry, &wanted.outputs, &again.outputs, bit_by_bit);
        }
        let followed = follow(graph.function, interpreter, self.sample, found)
            .map_err(|error| graph.error(error))?;
        self.followed(entry, &followed, found);
        Ok(Some(followed))
    }

    /// Reports the first tensor in which the runs have different integers.
    fn first_integer_apart(&self, entry: &mut BackendReport, wanted: &Trace, found: &Trace) {
        for (wanted, found) in wanted.paired(found).both {
            let mut pairs = wanted.n.iter().zip(&found.n);
            if let Some(element) = pairs.position(|(wanted, found)| wanted != found) {
                let (expected, found) = (wanted.n[element], found.n[element]);
                return entry.differs(self.integer_at(&wanted.node, element, expected, found));
            }
        }
    }

    /// Counts the integers that both runs have, and reports those that only one has; whether all that both have are
    /// equal. `optional` says which tensors of `wanted` the other run need not have, given all that it has.
    fn integers(
        &self,
        entry: &mut BackendReport,
        wanted: &Trace,
        found: &Trace,
        optional: impl Fn(&Integers, &[Integers]) -> bool,
    ) -> bool {
        let paired = wanted.paired(found);
        for (wanted, others) in paired.uneven {
            let mut optional = wanted.iter().map(|one| optional(one, &found.integers));
            let Some(node) = wanted.first().map(|first| &first.node) else {
                continue;
            };
            if others > 0 || !optional.all(|optional| optional) {
                let place = format!("number of integer tensors of node '{}'", node.name.shown());
                entry.differs(self.counts(place, wanted.len(), others));
            }
        }
        let mut same = true;
        for (wanted, found) in paired.both {
            if wanted.n.len() != found.n.len() {
                let place = format!("number of elements of node '{}'", wanted.node.name.shown());
                entry.differs(self.counts(place, wanted.n.len(), found.n.len()));
                continue;
            }
            entry.tensors += 1;
            entry.elements += wanted.n.len();
            same &= wanted.n == found.n;
        }
        same
    }

    /// Takes over what following a run has found.
    fn followed(&self, entry: &mut BackendReport, followed: &Followed, found: &Trace) {
        let mut seen = BTreeSet::new();
        for Flip {
            node,
            element,
            graph,
            other,
            ..
        } in &followed.wrong
        {
            // One mistake shows in many elements; the first of each node says where it is.
            if seen.insert(node) {
                entry.differs(self.integer_at(node, *element, *graph, *other));
            }
        }
        let boundary = followed.boundary.iter().map(|flip| BoundaryElement {
            sample: self.number,
            node: flip.node.name.clone(),
            element: flip.element,
            value: flip.value,
            noise: flip.radius,
            expected: flip.graph,
            found: flip.other,
        });
        entry.boundary.extend(boundary);
        entry.not_numbers += followed.not_numbers.len();
        let excused = !followed.boundary.is_empty() || !followed.not_numbers.is_empty();
        if excused && entry.outcome == Outcome::Equal {
            entry.outcome = Outcome::Boundary;
        }
        let within = |output: usize, wanted: &Tensor, found: &Tensor| {
            let radii = followed.radii.get(output).map_or(&[][..], Vec::as_slice);
            Apart::new(wanted, found, |at, wanted, found| {
                let noise = radii.get(at).copied().unwrap_or(0.0);
                wanted.is_near(found, self.tolerance) || wanted.is_within(found, noise)
            })
        };
        self.outputs(entry, &followed.outputs, &found.outputs, within);
    }

    /// Compares the outputs with the expected ones, whose elements may be of other types: integers exactly if both are
    /// integers, and else in float64. Returns the one that is off by most, if any is off by more than the tolerance.
    pub fn expected(
        &self,
        entry: &mut BackendReport,
        expected: &[Tensor],
        found: &[Tensor],
    ) -> Option<Difference> {
        let mut worst: Option<(f64, Difference)> = None;
        if expected.len() != found.len() {
            let place = "number of outputs".to_owned();
            entry.differs(self.counts(place, expected.len(), found.len()));
        }
        for (output, (wanted, found)) in expected.iter().zip(found).enumerate() {
            if wanted.shape != found.shape {
                let shapes = [wanted, found].map(|tensor| format!("{:?}", tensor.shape));
                entry.differs(self.types(output, shapes));
                continue;
            }
            let apart = Apart::new(wanted, found, |_, a, b| a.is_near(b, self.tolerance));
            let largest = entry.max_abs_diff_expected.get_or_insert(0.0);
            *largest = largest.max(apart.max_abs_diff);
            if let Some(at) = apart.worst {
                let size = at.1.distance(at.2);
                if worst.as_ref().is_none_or(|(worst, _)| *worst < size) {
                    worst = Some((size, self.at_output(output, at)));
                }
            }
        }
        worst.map(|(_, difference)| difference)
    }

    /// Notes that the outputs are not the expected ones, and whether that is explained.
    pub fn unexpected(
        &self,
        entry: &mut BackendReport,
        difference: Difference,
        explanation: Explanation,
    ) {
        let explained = matches!(explanation, Explanation::Shown { .. });
        entry.unexpected.push(Unexpected {
            difference,
            explained,
            explanation,
        });
    }

    fn outputs(
        &self,
        entry: &mut BackendReport,
        wanted: &[Tensor],
        found: &[Tensor],
        apart: impl Fn(usize, &Tensor, &Tensor) -> Apart,
    ) {
        if wanted.len() != found.len() {
            let place = "number of outputs".to_owned();
            entry.differs(self.counts(place, wanted.len(), found.len()));
        }
        for (output, (wanted, found)) in wanted.iter().zip(found).enumerate() {
            let types = [wanted, found].map(TensorType::of);
            if types[0] != types[1] {
                let types = types.map(|ty| format!("{} {:?}", ty.element, ty.shape));
                entry.differs(self.types(output, types));
                continue;
            }
            let apart = apart(output, wanted, found);
            entry.max_abs_diff = entry.max_abs_diff.max(apart.max_abs_diff);
            if let Some(first) = apart.first {
                entry.differs(self.at_output(output, first));
            }
        }
    }

    fn output(&self, number: usize) -> Foreign {
        self.outputs.get(number).cloned().unwrap_or_default()
    }

    fn at_output(
        &self,
        output: usize,
        (element, expected, found): (usize, Number, Number),
    ) -> Difference {
        Difference {
            sample: self.number,
            place: format!("output '{}'", self.output(output).shown()),
            element,
            expected: Value::Number(expected),
            found: Value::Number(found),
        }
    }

    fn integer_at(&self, node: &Node, element: usize, expected: i64, found: i64) -> Difference {
        Difference {
            sample: self.number,
            place: format!("node '{}'", node.name.shown()),
            element,
            expected: Value::Number(integer(expected)),
            found: Value::Number(integer(found)),
        }
    }

    fn types(&self, output: usize, [expected, found]: [String; 2]) -> Difference {
        Difference {
            sample: self.number,
            place: format!("type of output '{}'", self.output(output).shown()),
            element: 0,
            expected: Value::Text(expected),
            found: Value::Text(found),
        }
    }

    fn counts(&self, place: String, expected: usize, found: usize) -> Difference {
        let count = |count: usize| Value::Number(Number::Integer(count as i128));
        Difference {
            sample: self.number,
            place,
            element: 0,
            expected: count(expected),
            found: count(found),
        }
    }
}

/// The number that an integer of a run stands for.
pub(super) fn integer(n: i64) -> Number {
    match n {
        NOT_A_NUMBER => Number::Real(f64::NAN),
        n => Number::Integer(n.into()),
    }
}

/// Two tensors of one type compared bit for bit; NaN equals NaN.
fn bit_by_bit(_output: usize, wanted: &Tensor, found: &Tensor) -> Apart {
    Apart::new(wanted, found, |at, _, _| same_bits(wanted, found, at))
}

/// Whether two tensors of one type have the same bits at a place, where NaN equals NaN.
fn same_bits(a: &Tensor, b: &Tensor, at: usize) -> bool {
    match (&a.data, &b.data) {
        (Data::F32(a), Data::F32(b)) => {
            a[at].to_bits() == b[at].to_bits() || a[at].is_nan() && b[at].is_nan()
        }
        (Data::F64(a), Data::F64(b)) => {
            a[at].to_bits() == b[at].to_bits() || a[at].is_nan() && b[at].is_nan()
        }
        (Data::Int { values: a, .. }, Data::Int { values: b, .. }) => a[at] == b[at],
        _ => false,
    }
}

impl Apart {
    /// Compares the elements of two tensors of as many elements.
    fn new(wanted: &Tensor, found: &Tensor, equal: impl Fn(usize, Number, Number) -> bool) -> Self {
        let mut apart = Self::default();
        for at in 0..wanted.len().min(found.len()) {
            let (wanted, found) = (Number::at(wanted, at), Number::at(found, at));
            let difference = wanted.distance(found);
            if !equal(at, wanted, found) {
                apart.first.get_or_insert((at, wanted, found));
                let worse = apart
                    .worst
                    .is_none_or(|(_, a, b)| a.distance(b) < difference);
                if worse {
                    apart.worst = Some((at, wanted, found));
                }
            }
            apart.max_abs_diff = apart.max_abs_diff.max(difference);
        }
        apart
    }
}
