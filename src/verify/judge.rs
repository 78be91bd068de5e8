//! The verdict on one sample: each level against the one before it, compiled backends against level 3, and all of them
//! against expected outputs.

use qonnx_dialects::tensor::Tensor;
use std::time::Instant;

use super::compare::{Comparison, integer};
use super::engine::{Backend, Engine, RunError};
use super::explain::{Explained, Goal, Search};
use super::lockstep::Followed;
use super::number::Number;
use super::report::{BackendReport, Explanation, Flipped, Side};
use super::trace::Trace;

/// The last level of the graph, which explains expected outputs.
pub fn graph_of(engines: &[Engine<'_>]) -> Option<usize> {
    engines
        .iter()
        .rposition(|engine| matches!(engine.backend, Backend::Graph | Backend::Interp))
}

/// A backend's runs so far and its report.
pub struct Subject {
    /// The runs of all samples, if it had to run them at once.
    traces: Option<Vec<Trace>>,
    /// What was found so far.
    pub report: BackendReport,
    /// On the sample at hand: what the backend decides otherwise than the graph does.
    own: Own,
}

/// How a backend compares with the last level of the graph on one sample.
#[derive(Clone, Debug, Default)]
struct Own {
    /// Whether it differs from it, or what it was held against does.
    differs: bool,
    /// What it decides otherwise.
    flipped: Vec<Flipped>,
    /// The graph's outputs behind the backend's decisions.
    behind: Vec<Tensor>,
}

impl Subject {
    /// A backend that took since `started` to become ready.
    pub fn new(engine: &Engine<'_>, traces: Option<Vec<Trace>>, started: Instant) -> Self {
        let mut report = BackendReport::new(engine.backend.name(), None);
        report.seconds = started.elapsed().as_secs_f64();
        Self {
            traces,
            report,
            own: Own::default(),
        }
    }

    /// The run of one sample.
    pub fn trace(
        &mut self,
        engine: &Engine<'_>,
        comparison: &Comparison<'_>,
    ) -> Result<Trace, RunError> {
        let none = || engine.error(format!("gave no results of sample {}", comparison.number));
        if let Some(traces) = &mut self.traces {
            let trace = traces.get_mut(comparison.number).map(std::mem::take);
            return trace.ok_or_else(none);
        }
        let started = Instant::now();
        let traces = engine.run(std::slice::from_ref(comparison.sample))?;
        self.report.seconds += started.elapsed().as_secs_f64();
        traces.into_iter().next().ok_or_else(none)
    }
}

/// One sample's runs with the reports they go into, in the order of the backends.
pub struct Judged<'j, 'c> {
    /// The sample, and how strictly it is compared.
    pub comparison: &'j Comparison<'j>,
    /// The backends.
    pub engines: &'j [Engine<'c>],
    /// Their runs.
    pub traces: &'j [Trace],
    /// Their reports.
    pub subjects: &'j mut [Subject],
}

impl Judged<'_, '_> {
    /// Holds each level against the graph, or against the level whose bits it must give, and compiled backends likewise.
    pub fn levels(&mut self) -> Result<(), RunError> {
        let graph = graph_of(self.engines);
        for at in 0..self.engines.len() {
            let (engine, trace) = (&self.engines[at], &self.traces[at]);
            self.subjects[at].own = Own {
                behind: graph.map_or(Vec::new(), |graph| self.traces[graph].outputs.clone()),
                ..Own::default()
            };
            let before = &self.engines[..at];
            let refined = engine.backend.refines().and_then(|refined| {
                let same = |other: &Engine<'_>| other.backend == refined;
                before.iter().rposition(same)
            });
            let compiled = matches!(engine.backend, Backend::Compiled(_));
            let graph = graph_of(before).filter(|_| !compiled);
            let Some(reference) = refined.or(graph) else {
                continue;
            };
            let (other, wanted) = (&before[reference], &self.traces[reference]);
            let report = &mut self.subjects[at].report;
            let differences = report.differences.len();
            report.reference = Some(other.backend.name());
            if refined.is_some() {
                self.comparison
                    .exact(report, engine.traces(), wanted, trace);
                let differs = report.differences.len() > differences;
                let mut own = self.subjects[reference].own.clone();
                own.differs |= differs;
                self.subjects[at].own = own;
                continue;
            }
            let followed = self.comparison.graph(report, other, wanted, trace)?;
            let differs = report.differences.len() > differences;
            if engine.backend == Backend::Interp {
                // Level 1 is what explains expected outputs, so that it is level 0 that decides otherwise.
                let own = &mut self.subjects[reference].own;
                own.flipped = followed.map_or(Vec::new(), |followed| own_flips(&followed, true));
                own.behind = wanted.outputs.clone();
                own.differs = differs;
                self.subjects[at].own.differs = differs;
            } else {
                let graph_differs = self.subjects[reference].own.differs;
                let own = &mut self.subjects[at].own;
                own.differs = differs || graph_differs;
                if let Some(followed) = followed {
                    own.flipped = own_flips(&followed, false);
                    own.behind = followed.outputs;
                }
            }
        }
        Ok(())
    }

    /// Compares all outputs with the expected ones.
    pub fn expected(
        &mut self,
        expected: &[Tensor],
        mut search: Option<&mut Search<'_, '_>>,
    ) -> Result<(), RunError> {
        let goal = Goal {
            expected,
            tolerance: self.comparison.tolerance,
        };
        let mut known: Option<Explained> = None;
        for at in 0..self.engines.len() {
            let Subject { report, own, .. } = &mut self.subjects[at];
            let outputs = &self.traces[at].outputs;
            let Some(difference) = self.comparison.expected(report, expected, outputs) else {
                continue;
            };
            // It is about the graph and the sample, and the same for all backends.
            let explained =
                match (known.take(), search.as_mut(), graph_of(self.engines)) {
                    (Some(known), ..) => known,
                    (None, Some(search), Some(graph)) => search
                        .explain(self.comparison.sample, goal)
                        .map_err(|error| self.engines[graph].error(error))?,
                    _ => Explanation::NoGraph.into(),
                };
            known = Some(explained.clone());
            let explanation = own.explanation(explained, goal, outputs);
            self.comparison.unexpected(report, difference, explanation);
        }
        Ok(())
    }
}

impl Own {
    /// What explains that this backend's outputs are not the expected ones.
    fn explanation(&self, explained: Explained, goal: Goal<'_>, found: &[Tensor]) -> Explanation {
        let Explained {
            explanation,
            outputs,
        } = explained;
        match explanation {
            Explanation::Shown { .. } if self.differs => Explanation::Different,
            Explanation::Shown { .. } if !self.moves(&outputs, goal, found) => Explanation::Beyond,
            explanation => explanation.with_own(&self.flipped),
        }
    }

    /// Whether every output element that is not the expected one is within the noise of the graph's run that gives it,
    /// or moved by what this backend and that run decide differently.
    fn moves(&self, given: &[(Tensor, Vec<f32>)], goal: Goal<'_>, found: &[Tensor]) -> bool {
        let graphs = given.iter().zip(&self.behind);
        let mut outputs = goal.expected.iter().zip(found).zip(graphs);
        outputs.all(|((expected, found), ((given, radii), behind))| {
            let tensors = [expected, found, given, behind];
            let moved = |at: usize| {
                let [expected, found, given, behind] = tensors.map(|one| Number::at(one, at));
                let radius = radii.get(at).copied().unwrap_or(0.0);
                let near = expected.is_near(found, goal.tolerance);
                near || expected.is_within(found, radius) || !given.is_near(behind, goal.tolerance)
            };
            tensors.iter().all(|one| one.len() == expected.len()) && (0..expected.len()).all(moved)
        })
    }
}

/// What a run decided otherwise than the graph that followed it; `turned` if it is the other way round.
fn own_flips(followed: &Followed, turned: bool) -> Vec<Flipped> {
    let flips = followed.boundary.iter().chain(&followed.not_numbers);
    flips
        .map(|flip| {
            let (graph, chosen) = if turned {
                (flip.other, flip.graph)
            } else {
                (flip.graph, flip.other)
            };
            Flipped {
                node: flip.node.name.clone(),
                element: flip.element,
                value: flip.value,
                noise: flip.radius,
                graph: integer(graph),
                chosen: integer(chosen),
                side: Side::Found,
            }
        })
        .collect()
}
