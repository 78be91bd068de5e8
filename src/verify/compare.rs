//! Comparison of runs.

use qonnx_dialects::tensor::Tensor;
use std::collections::BTreeMap;
use std::time::Duration;

use super::report::{BackendReport, Difference, Outcome, Report};
use super::runner::{Backend, Run, Runners};
use super::trace::Integers;
use crate::samples::Sample;

/// Compares every run with the first one at its level of exactness.
pub fn compare(
    model: &str,
    runners: &Runners,
    samples: &[Sample],
    expected: Option<&[Vec<Vec<f32>>]>,
    runs: Vec<(Backend, Vec<Run>, Duration)>,
    tolerance: f32,
) -> Report {
    let find = |wanted: &[Backend]| runs.iter().find(|(backend, ..)| wanted.contains(backend));
    let mut backends = Vec::with_capacity(runs.len());
    for (backend, run, took) in &runs {
        // Native code and hardware models are held against the integer program, float levels and the
        // integer program against the graph.
        let exact = matches!(backend, Backend::Cpu | Backend::Hls);
        let reference = if exact { find(&[Backend::Int]).or(runs.first()) } else { runs.first() };
        let (name, reference) = reference.map_or((*backend, run), |(name, run, _)| (*name, run));
        let mut entry = BackendReport {
            backend: backend.name(),
            reference: name.name(),
            outcome: Outcome::Equal,
            tensors: 0,
            elements: 0,
            boundary: 0,
            differences: Vec::new(),
            max_abs_diff: 0.0,
            max_abs_diff_expected: None,
            unexpected: None,
            seconds: took.as_secs_f64(),
        };
        let exact = exact && name == Backend::Int;
        for (sample, (found, wanted)) in run.iter().zip(reference).enumerate() {
            let expected = expected.and_then(|expected| expected.get(sample));
            let comparison = Comparison { sample, runners, exact, tolerance };
            comparison.sample(&mut entry, wanted, found, expected.map(Vec::as_slice));
        }
        // What equals an integer program that flipped at a rounding boundary has flipped with it.
        if exact && entry.outcome == Outcome::Equal {
            let inherited = backends.iter().find(|other: &&BackendReport| other.backend == name.name());
            entry.outcome = inherited.map_or(Outcome::Equal, |other| other.outcome);
        }
        backends.push(entry);
    }
    let failed = |entry: &BackendReport| {
        entry.outcome == Outcome::Different
            || entry.outcome == Outcome::Equal && entry.unexpected.is_some_and(|count| count > 0)
    };
    let passed = !backends.iter().any(failed);
    Report { model: model.to_owned(), samples: samples.len(), passed, backends }
}

struct Comparison<'a> {
    sample: usize,
    runners: &'a Runners,
    /// Whether outputs must be equal on every bit.
    exact: bool,
    tolerance: f32,
}

impl Comparison<'_> {
    fn sample(&self, entry: &mut BackendReport, wanted: &Run, found: &Run, expected: Option<&[Vec<f32>]>) {
        let flipped = self.integers(entry, wanted, found);
        for (at, (wanted, found)) in wanted.outputs.iter().zip(&found.outputs).enumerate() {
            let name = self.runners.outputs().get(at).map_or("", String::as_str);
            self.output(entry, name, wanted, found, flipped);
        }
        let Some(expected) = expected else { return };
        let mut outside = false;
        for (wanted, found) in expected.iter().zip(&found.outputs) {
            for (wanted, found) in wanted.iter().zip(found.to_f32()) {
                let difference = distance(*wanted, found);
                let largest = entry.max_abs_diff_expected.get_or_insert(0.0);
                *largest = largest.max(difference);
                outside |= difference > f64::from(self.tolerance) * f64::from(wanted.abs().max(1.0));
            }
        }
        *entry.unexpected.get_or_insert(0) += usize::from(outside);
    }

    /// Compares the integers of both runs by node, in order. Returns whether an element flipped at a rounding
    /// boundary, after which everything may differ.
    fn integers(&self, entry: &mut BackendReport, wanted: &Run, found: &Run) -> bool {
        let by_node: BTreeMap<&str, &Integers> =
            found.integers.iter().map(|integers| (integers.node.as_str(), integers)).collect();
        for wanted in &wanted.integers {
            let Some(found) = by_node.get(wanted.node.as_str()) else { continue };
            entry.tensors += 1;
            entry.elements += wanted.n.len();
            let mut flipped = 0;
            let mut first = None;
            for (at, (expected, value)) in wanted.n.iter().zip(&found.n).enumerate() {
                if expected == value {
                    continue;
                }
                let rounds_to = |integers: &Integers, other: &i64| {
                    integers.nearby.iter().flatten().any(|nearby| nearby.get(at) == Some(other))
                };
                let near = rounds_to(wanted, value) || rounds_to(found, expected);
                if near {
                    flipped += 1;
                } else {
                    first.get_or_insert(at);
                }
            }
            let same_length = wanted.n.len() == found.n.len();
            if first.is_some() || !same_length {
                let at = first.unwrap_or(0);
                let of = |n: &[i64]| n.get(at).map_or(f64::NAN, |value| *value as f64);
                entry.outcome = Outcome::Different;
                entry.differences.push(Difference {
                    sample: self.sample,
                    place: format!("node '{}'", wanted.node),
                    element: at,
                    expected: of(&wanted.n),
                    found: of(&found.n),
                });
                return true;
            }
            if flipped > 0 {
                entry.boundary += flipped;
                if entry.outcome == Outcome::Equal {
                    entry.outcome = Outcome::Boundary;
                }
                return true;
            }
        }
        false
    }

    fn output(
        &self,
        entry: &mut BackendReport,
        name: &str,
        wanted: &Tensor,
        found: &Tensor,
        flipped: bool,
    ) {
        let same_shape = wanted.shape == found.shape;
        let mut first = None;
        for (at, (expected, value)) in wanted.to_f32().into_iter().zip(found.to_f32()).enumerate() {
            let difference = distance(expected, value);
            entry.max_abs_diff = entry.max_abs_diff.max(difference);
            let equal = if self.exact {
                expected.to_bits() == value.to_bits() || expected.is_nan() && value.is_nan()
            } else {
                difference <= f64::from(self.tolerance) * f64::from(expected.abs().max(1.0))
            };
            if !equal {
                first.get_or_insert((at, expected, value));
            }
        }
        if flipped || same_shape && first.is_none() {
            return;
        }
        let (element, expected, value) = first.unwrap_or((0, f32::NAN, f32::NAN));
        entry.outcome = Outcome::Different;
        entry.differences.push(Difference {
            sample: self.sample,
            place: format!("output '{name}'"),
            element,
            expected: expected.into(),
            found: value.into(),
        });
    }
}

/// How far two numbers are apart; NaN equals NaN.
fn distance(a: f32, b: f32) -> f64 {
    if a == b || a.is_nan() && b.is_nan() { 0.0 } else { (f64::from(a) - f64::from(b)).abs() }
}
