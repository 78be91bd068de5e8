//! Comparison of one sample's runs.

use qonnx_dialects::ir::Node;
use qonnx_dialects::tensor::Tensor;
use std::collections::{BTreeMap, BTreeSet};

use super::engine::{Engine, RunError};
use super::lockstep::{Flip, Followed, follow, near_boundaries};
use super::report::{BackendReport, BoundaryElement, Difference, Outcome, Unexpected};
use super::trace::{Integers, Trace};
use crate::samples::Sample;

/// Which sample is compared, and how strictly.
pub(super) struct Comparison<'a> {
    /// Number of the sample.
    pub number: usize,
    /// Its inputs.
    pub sample: &'a Sample,
    /// Names of the outputs.
    pub outputs: &'a [String],
    /// How far a float output may be off, relative to numbers above 1.
    pub tolerance: f32,
}

/// Two tensors' elements that are further apart than allowed, the first of them and the worst.
struct Apart {
    first: Option<(usize, f32, f32)>,
    worst: Option<(usize, f32, f32)>,
    max_abs_diff: f64,
}

impl Comparison<'_> {
    /// Compares a run with the exact integers it must reproduce: every integer that both show, and every output bit
    /// for bit; NaN equals NaN.
    pub fn exact(&self, entry: &mut BackendReport, wanted: &Trace, found: &Trace) {
        if !self.integers(entry, wanted, found) {
            self.first_integer_apart(entry, wanted, found);
        }
        let equal = |_: usize, wanted: f32, found: f32| {
            wanted.to_bits() == found.to_bits() || wanted.is_nan() && found.is_nan()
        };
        self.outputs(entry, &wanted.outputs, &found.outputs, |_| &equal);
    }

    /// Compares a level with a graph (level 0 or 1): the integers behind each quantizer, and the outputs.
    pub fn graph(
        &self,
        entry: &mut BackendReport,
        graph: &Engine<'_>,
        wanted: &Trace,
        found: &Trace,
    ) -> Result<(), RunError> {
        let same = self.integers(entry, wanted, found);
        let within = |_: usize, wanted: f32, found: f32| self.within_tolerance(wanted, found);
        let mut alike = BackendReport::new(entry.backend, entry.reference);
        self.outputs(&mut alike, &wanted.outputs, &found.outputs, |_| &within);
        if same && alike.outcome == Outcome::Equal {
            entry.max_abs_diff = entry.max_abs_diff.max(alike.max_abs_diff);
            return Ok(());
        }
        let Some(interpreter) = graph.interpreter() else {
            return Ok(());
        };
        let followed = follow(graph.function, interpreter, self.sample, found)
            .map_err(|error| graph.error(error))?;
        self.followed(entry, &followed, found);
        Ok(())
    }

    /// Reports the first tensor in which the runs have different integers.
    fn first_integer_apart(&self, entry: &mut BackendReport, wanted: &Trace, found: &Trace) {
        let apart = wanted.integers.iter().find_map(|wanted| {
            let found = found
                .integers
                .iter()
                .rfind(|found| found.node == wanted.node)?;
            let pairs = || wanted.n.iter().zip(&found.n);
            let element = pairs().position(|(wanted, found)| wanted != found)?;
            Some(Difference {
                sample: self.number,
                place: format!("node '{}'", wanted.node.name.shown()),
                element,
                expected: wanted.n[element] as f64,
                found: found.n[element] as f64,
            })
        });
        if let Some(difference) = apart {
            entry.differs(difference);
        }
    }

    /// Counts the integers that both runs have; whether all are equal.
    fn integers(&self, entry: &mut BackendReport, wanted: &Trace, found: &Trace) -> bool {
        let by_node: BTreeMap<&Node, &Integers> = found
            .integers
            .iter()
            .map(|integers| (&integers.node, integers))
            .collect();
        let mut same = true;
        for wanted in &wanted.integers {
            let Some(found) = by_node.get(&wanted.node) else {
                continue;
            };
            if wanted.n.len() != found.n.len() {
                let place = format!("node '{}'", wanted.node.name.shown());
                let (expected, length) = (wanted.n.len() as f64, found.n.len() as f64);
                let difference = Difference {
                    sample: self.number,
                    place: format!("number of elements of {place}"),
                    element: 0,
                    expected,
                    found: length,
                };
                entry.differs(difference);
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
                entry.differs(Difference {
                    sample: self.number,
                    place: format!("node '{}'", node.name.shown()),
                    element: *element,
                    expected: *graph as f64,
                    found: *other as f64,
                });
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
        entry.not_numbers += followed.not_numbers;
        let excused = !followed.boundary.is_empty() || followed.not_numbers > 0;
        if excused && entry.outcome == Outcome::Equal {
            entry.outcome = Outcome::Boundary;
        }
        let checks: Vec<_> = (0..found.outputs.len())
            .map(|output| {
                move |at: usize, wanted: f32, found: f32| {
                    let noise = followed
                        .radii
                        .get(output)
                        .and_then(|radii| radii.get(at))
                        .copied();
                    self.within_tolerance(wanted, found)
                        || noise.is_some_and(|noise| distance(wanted, found) <= f64::from(noise))
                }
            })
            .collect();
        self.outputs(entry, &followed.outputs, &found.outputs, |output| {
            &checks[output]
        });
    }

    /// Compares the outputs with the expected ones. `graph` explains what is outside of the tolerance; `integer`
    /// says that the run has integers in place of the graph's numbers.
    pub fn expected(
        &self,
        entry: &mut BackendReport,
        (graph, integer): (Option<&Engine<'_>>, bool),
        expected: &[Vec<f32>],
        found: &Trace,
    ) -> Result<(), RunError> {
        let within = |_: usize, wanted: f32, found: f32| self.within_tolerance(wanted, found);
        let mut worst: Option<Difference> = None;
        for (output, (wanted, found)) in expected.iter().zip(&found.outputs).enumerate() {
            let apart = Apart::new(wanted, &found.to_f32(), &within);
            let largest = entry.max_abs_diff_expected.get_or_insert(0.0);
            *largest = largest.max(apart.max_abs_diff);
            let size = |difference: &Difference| (difference.expected - difference.found).abs();
            if let Some(difference) = apart.worst.map(|worst| self.at_output(output, worst))
                && worst
                    .as_ref()
                    .is_none_or(|worst| size(worst) < size(&difference))
            {
                worst = Some(difference);
            }
        }
        let Some(difference) = worst else {
            return Ok(());
        };
        let mut unexpected = Unexpected {
            difference,
            explained: false,
            near_boundary: 0,
            not_numbers: 0,
        };
        if let Some((graph, interpreter)) =
            graph.and_then(|graph| Some((graph, graph.interpreter()?)))
        {
            let near = near_boundaries(graph.function, interpreter, self.sample)
                .map_err(|error| graph.error(error))?;
            unexpected.near_boundary = near.boundary.len();
            unexpected.not_numbers = if integer { near.not_numbers } else { 0 };
            unexpected.explained = unexpected.not_numbers > 0 || explains(&near, expected, found);
        }
        entry.unexpected.push(unexpected);
        Ok(())
    }

    fn outputs<'f>(
        &self,
        entry: &mut BackendReport,
        wanted: &[Tensor],
        found: &[Tensor],
        equal: impl Fn(usize) -> &'f dyn Fn(usize, f32, f32) -> bool,
    ) {
        if wanted.len() != found.len() {
            entry.differs(Difference {
                sample: self.number,
                place: "number of outputs".to_owned(),
                element: 0,
                expected: wanted.len() as f64,
                found: found.len() as f64,
            });
        }
        for (output, (wanted, found)) in wanted.iter().zip(found).enumerate() {
            let apart = Apart::new(&wanted.to_f32(), &found.to_f32(), equal(output));
            entry.max_abs_diff = entry.max_abs_diff.max(apart.max_abs_diff);
            let first =
                apart
                    .first
                    .or((wanted.shape != found.shape).then_some((0, f32::NAN, f32::NAN)));
            if let Some(first) = first {
                entry.differs(self.at_output(output, first));
            }
        }
    }

    fn at_output(
        &self,
        output: usize,
        (element, expected, found): (usize, f32, f32),
    ) -> Difference {
        let name = self.outputs.get(output).map_or("", String::as_str);
        Difference {
            sample: self.number,
            place: format!("output '{name}'"),
            element,
            expected: expected.into(),
            found: found.into(),
        }
    }

    fn within_tolerance(&self, wanted: f32, found: f32) -> bool {
        distance(wanted, found) <= f64::from(self.tolerance) * f64::from(wanted.abs().max(1.0))
    }
}

/// Whether float32 noise explains that outputs are not the expected ones.
fn explains(near: &Followed, expected: &[Vec<f32>], found: &Trace) -> bool {
    let within_noise = || {
        expected
            .iter()
            .zip(&found.outputs)
            .enumerate()
            .all(|(output, (wanted, found))| {
                let radii = near.radii.get(output).map_or(&[][..], Vec::as_slice);
                wanted
                    .iter()
                    .zip(found.to_f32())
                    .enumerate()
                    .all(|(at, (wanted, found))| {
                        distance(*wanted, found) <= f64::from(radii.get(at).copied().unwrap_or(0.0))
                    })
            })
    };
    !near.boundary.is_empty() || within_noise()
}

impl Apart {
    fn new(wanted: &[f32], found: &[f32], equal: &dyn Fn(usize, f32, f32) -> bool) -> Self {
        let mut apart = Self {
            first: None,
            worst: None,
            max_abs_diff: 0.0,
        };
        for (at, (&wanted, &found)) in wanted.iter().zip(found).enumerate() {
            let difference = distance(wanted, found);
            if !equal(at, wanted, found) {
                apart.first.get_or_insert((at, wanted, found));
                let worse = apart
                    .worst
                    .is_none_or(|(_, a, b)| distance(a, b) < difference);
                if worse {
                    apart.worst = Some((at, wanted, found));
                }
            }
            apart.max_abs_diff = apart.max_abs_diff.max(difference);
        }
        apart
    }
}

/// How far two numbers are apart; NaN equals NaN, and is infinitely far from everything else.
fn distance(a: f32, b: f32) -> f64 {
    if a == b || a.is_nan() && b.is_nan() {
        return 0.0;
    }
    let distance = (f64::from(a) - f64::from(b)).abs();
    if distance.is_nan() {
        f64::INFINITY
    } else {
        distance
    }
}
