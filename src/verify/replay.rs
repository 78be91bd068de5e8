//! A graph run again and again on one sample, each time with other decisions where float32 noise allows them.
//!
//! A quantizer decides: an element within noise of a rounding boundary may get either integer, or any of several if the
//! noise is wider than a step. So does every other op with steps, such as `Trunc`, `Floor` or a comparison. A run keeps
//! all its values, so that one with other decisions computes only what they change.

use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::tensor::Tensor;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::depend;
use super::near::{Near, Nearby, Reached, may_decide};
use super::noise::{Spread, Sums};
use crate::interp::{InterpError, Interpreter, Slot, Step};
use crate::samples::Sample;

/// The greatest noise of an output that explains a difference, as a share of the output's greatest magnitude: ten times
/// the default tolerance.
const MOST_NOISE: f32 = 1e-4;

/// An element that an op decides: the number of the op's step, and of the element in its result.
pub type Place = (usize, usize);

/// What is decided otherwise than the graph does: [keys](Near) by place.
pub type Decisions = BTreeMap<Place, i64>;

/// A value of a run, and how far float32 noise may move each of its elements; nowhere if there are no radii.
struct Carried {
    tensor: Tensor,
    radii: Option<Vec<f32>>,
}

/// A run with all its values.
#[derive(Clone)]
pub struct Run {
    values: Vec<Option<Rc<Carried>>>,
    /// By step the elements that may be decided another way, in ascending order.
    near: BTreeMap<usize, Rc<Vec<Near>>>,
}

/// A graph that is ready to be run in this way.
pub struct Replay<'e, 'c> {
    interpreter: &'e Interpreter<'c>,
    constants: Vec<Option<&'e Tensor>>,
}

/// The results of a step, and what may be decided another way.
type Stepped = (Vec<Carried>, Vec<Near>);

/// The elements that something depends on, of the results of each step that may decide any.
pub struct Needed(BTreeMap<usize, Vec<bool>>);

/// How a run is made.
#[derive(Clone, Copy)]
struct Mode<'r> {
    /// A run on the same sample; only what differs from it is computed.
    base: Option<&'r Run>,
    decisions: &'r Decisions,
    /// Whether radii cover everything that may be decided, rather than what was decided.
    everything: bool,
}

impl<'e, 'c> Replay<'e, 'c> {
    /// Prepares a graph of level 0 or 1.
    pub fn new(interpreter: &'e Interpreter<'c>) -> Self {
        let mut constants = vec![None; interpreter.slots()];
        for step in interpreter.steps() {
            for slot in step.results() {
                constants[slot] = step.constant();
            }
        }
        Self {
            interpreter,
            constants,
        }
    }

    /// The run without other decisions.
    pub fn first(&self, sample: &Sample) -> Result<Run, InterpError> {
        let mut values = vec![None; self.interpreter.slots()];
        for (slot, tensor) in self.interpreter.arguments().zip(sample) {
            let tensor = tensor.clone();
            values[slot] = Some(Rc::new(Carried {
                tensor,
                radii: None,
            }));
        }
        let empty = Run {
            values,
            near: BTreeMap::new(),
        };
        let mode = Mode {
            base: None,
            decisions: &Decisions::new(),
            everything: false,
        };
        Ok(self.run(empty.clone(), mode)?.unwrap_or(empty))
    }

    /// The run with these decisions; `None` if one of them is not within float32 noise in this very run.
    pub fn again(&self, first: &Run, decisions: &Decisions) -> Result<Option<Run>, InterpError> {
        let mode = Mode {
            base: Some(first),
            decisions,
            everything: false,
        };
        self.run(first.clone(), mode)
    }

    /// For each element of each output a bound of how far it is from `first`'s, whatever is decided; infinite where
    /// none is known.
    pub fn reach(&self, first: &Run) -> Result<Vec<Vec<f32>>, InterpError> {
        let mode = Mode {
            base: Some(first),
            decisions: &Decisions::new(),
            everything: true,
        };
        let run = self.run(first.clone(), mode)?;
        let outputs = run.iter().flat_map(|run| self.moving(run));
        Ok(outputs
            .map(|(output, radii)| {
                if radii.is_empty() {
                    vec![0.0; output.len()]
                } else {
                    radii.to_vec()
                }
            })
            .collect())
    }

    /// Each output with the radii of its elements; there are none where nothing can move it.
    fn moving<'r>(&'r self, run: &'r Run) -> impl Iterator<Item = (&'r Tensor, &'r [f32])> {
        let returned = self.interpreter.returned().iter();
        returned.filter_map(move |&slot| {
            Some((self.tensor(run, slot)?, run.radii(slot).unwrap_or(&[])))
        })
    }

    /// Each output with the noise of its elements; there is none where float32 noise cannot move it. A bound that has
    /// grown beyond [`MOST_NOISE`] on its way through many layers says nothing about rounding any more.
    pub fn outputs<'r>(&'r self, run: &'r Run) -> Vec<(&'r Tensor, Vec<f32>)> {
        let noise = |(tensor, radii): (&'r Tensor, &'r [f32])| {
            let finite = tensor.to_f32().into_iter().filter(|x| x.is_finite());
            let most = MOST_NOISE * finite.fold(0f32, |most, x| most.max(x.abs()));
            let bounded = |&radius: &f32| {
                if radius.is_finite() {
                    radius.min(most)
                } else {
                    radius
                }
            };
            (tensor, radii.iter().map(bounded).collect())
        };
        self.moving(run).map(noise).collect()
    }

    /// What an element of an output depends on; the same for all runs.
    pub fn needed(&self, run: &Run, (output, element): (usize, usize)) -> Needed {
        let mut masks: Vec<Option<Vec<bool>>> = vec![None; self.interpreter.slots()];
        let mut needed = BTreeMap::new();
        if let Some(&slot) = self.interpreter.returned().get(output) {
            let mut mask = vec![false; self.tensor(run, slot).map_or(0, Tensor::len)];
            mask.iter_mut()
                .skip(element)
                .take(1)
                .for_each(|m| *m = true);
            masks[slot] = Some(mask);
        }
        for (number, step) in self.interpreter.steps().iter().enumerate().rev() {
            let Some(graph) = step.graph() else { continue };
            // No step before this one reads its results.
            let wanted: Vec<_> = step.results().map(|slot| masks[slot].take()).collect();
            if wanted.iter().all(Option::is_none) {
                continue;
            }
            let wanted: Vec<_> = wanted.iter().map(Option::as_deref).collect();
            let tensors: Vec<_> = step.results().map(|slot| self.tensor(run, slot)).collect();
            let operands = self.operands(run, step);
            let constant = |&slot: &Slot| self.constants[slot].is_some();
            let constant: Vec<_> = step.operands().iter().map(constant).collect();
            for (at, &slot) in step.operands().iter().enumerate() {
                if constant[at] || operands[at].is_none() {
                    continue;
                }
                let mask = depend::on(graph, &operands, &constant, at, &tensors, &wanted);
                match &mut masks[slot] {
                    Some(known) => known.iter_mut().zip(mask).for_each(|(a, b)| *a |= b),
                    none => *none = Some(mask),
                }
            }
            if let ([Some(mask)], true) = (&wanted[..], may_decide(graph)) {
                needed.insert(number, mask.to_vec());
            }
        }
        Needed(needed)
    }

    /// The elements of a run that may be decided another way, with their places.
    pub fn near<'r>(&self, run: &'r Run) -> impl Iterator<Item = (Place, &'r Near)> + 'r {
        run.near
            .iter()
            .flat_map(|(&step, near)| near.iter().map(move |near| ((step, near.element), near)))
    }

    /// The step of a place.
    pub fn step(&self, (step, _): Place) -> &Step<'c> {
        &self.interpreter.steps()[step]
    }

    fn tensor<'r>(&'r self, run: &'r Run, slot: Slot) -> Option<&'r Tensor> {
        let computed = run.values[slot].as_deref().map(|value| &value.tensor);
        computed.or(self.constants[slot])
    }

    fn operands<'r>(&'r self, run: &'r Run, step: &Step<'c>) -> Vec<Option<&'r Tensor>> {
        let slots = step.operands().iter();
        slots.map(|&slot| self.tensor(run, slot)).collect()
    }

    /// Goes on with `run`, which holds the values before the first step, and what may stay of the others.
    fn run(&self, mut run: Run, mode: Mode<'_>) -> Result<Option<Run>, InterpError> {
        let mut changed = vec![false; self.interpreter.slots()];
        for (number, step) in self.interpreter.steps().iter().enumerate() {
            let Some(graph) = step.graph() else { continue };
            let decided = mode.decisions.range((number, 0)..(number + 1, 0));
            let decided: BTreeMap<usize, i64> =
                decided.map(|(place, &key)| (place.1, key)).collect();
            let reconsidered = mode.everything && run.near.contains_key(&number);
            let moved = step.operands().iter().any(|&slot| changed[slot]);
            if mode.base.is_some() && decided.is_empty() && !moved && !reconsidered {
                continue;
            }
            let Some((results, near)) = self.step_of(&run, step, graph, &decided, mode)? else {
                return Ok(None);
            };
            for (slot, value) in step.results().zip(results) {
                let same = run.values[slot].as_ref().is_some_and(|old| {
                    mode.base.is_some() && old.tensor == value.tensor && old.radii == value.radii
                });
                if !same {
                    changed[slot] = true;
                    run.values[slot] = Some(Rc::new(value));
                }
            }
            if near.is_empty() {
                run.near.remove(&number);
            } else {
                run.near.insert(number, Rc::new(near));
            }
        }
        Ok(Some(run))
    }

    /// The results of a step and what may be decided another way; `None` if `decided` is not among that.
    fn step_of(
        &self,
        run: &Run,
        step: &Step<'c>,
        graph: &GraphOp,
        decided: &BTreeMap<usize, i64>,
        mode: Mode<'_>,
    ) -> Result<Option<Stepped>, InterpError> {
        let operands = self.operands(run, step);
        let radii: Vec<_> = step
            .operands()
            .iter()
            .map(|&slot| run.radii(slot))
            .collect();
        let mut results = step.eval(&operands)?;
        let failed = |error| step.failed(error);
        let nearby = Nearby::of(graph, &operands, &radii, &results).map_err(failed)?;
        let (radii, near) = match nearby {
            Some(nearby) => {
                let result = results.first_mut();
                let Some(reached) = result.and_then(|r| nearby.decide(r, decided, mode.everything))
                else {
                    return Ok(None);
                };
                let Reached { radii, near } = reached;
                (vec![radii], near)
            }
            None if !decided.is_empty() => return Ok(None),
            None => {
                let spread = Spread {
                    sums: Sums::InFloat32,
                    certain: mode.everything,
                };
                let spread = spread.through(graph, &operands, &radii, &results);
                (spread.map_err(failed)?, Vec::new())
            }
        };
        let some = |radii: Vec<f32>| radii.iter().any(|&radius| radius != 0.0).then_some(radii);
        let results = results
            .into_iter()
            .zip(radii)
            .map(|(tensor, radii)| Carried {
                tensor,
                radii: some(radii),
            });
        Ok(Some((results.collect(), near)))
    }
}

impl Needed {
    /// Whether a place is among them.
    pub fn contains(&self, (step, element): Place) -> bool {
        let mask = self.0.get(&step);
        mask.is_some_and(|mask| mask.get(element).copied().unwrap_or(false))
    }
}

impl Run {
    fn radii(&self, slot: Slot) -> Option<&[f32]> {
        self.values[slot].as_ref()?.radii.as_deref()
    }
}
