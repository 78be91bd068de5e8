//! The reference interpreter: levels 0 to 3, and networks of hardware layers, by walking the function.
//!
//! Every op has its one meaning beside its definition (`eval` in `dialects/`); the interpreter only moves values
//! between them. It is the oracle that passes and backends are checked against, so it does nothing clever.

mod hardware;
mod step;
#[cfg(test)]
mod tests;

use melior::ir::operation::OperationLike;
use qonnx_dialects::error::EvalError;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Function, Op, Val};
use qonnx_dialects::memory::Budget;
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::text::Foreign;
use qonnx_dialects::value::TensorType;
use std::collections::HashMap;

use step::Action;

/// Why a function cannot be interpreted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InterpError {
    /// The inputs are not those that the function takes.
    #[error("input {index}: expected {expected}, found {found}")]
    Input {
        /// Number of the input.
        index: usize,
        /// The type of the argument.
        expected: String,
        /// What was given.
        found: String,
    },
    /// An op cannot be evaluated.
    #[error("node '{}': {message}", .node.shown())]
    Op {
        /// Name of the ONNX node.
        node: Foreign,
        /// What is wrong.
        message: String,
    },
}

/// Sees every op that was evaluated: the op, its operands (absent ones are `None`) and its results. What it
/// leaves in the results is what later ops get, so that a run can be made to follow another one.
pub type Observer<'o, 'c> = &'o mut dyn FnMut(Op<'c>, &[Option<&Tensor>], &mut [Tensor]);

/// Number of a value of the function.
pub type Slot = usize;

/// One op with the values it reads and makes.
pub struct Step<'c> {
    op: Op<'c>,
    action: Action,
    operands: Vec<Slot>,
    /// With the type that the op declares, where it is static.
    results: Vec<(Slot, Option<TensorType>)>,
    /// Values that no later op uses.
    dead: Vec<Slot>,
}

/// A function prepared for running on many samples: ops are decoded and constants are read once.
pub struct Interpreter<'c> {
    arguments: Vec<(Slot, Option<TensorType>)>,
    steps: Vec<Step<'c>>,
    returned: Vec<Slot>,
    /// By slot the constants that are read when they are needed.
    stored: Vec<Option<Op<'c>>>,
}

/// Numbers values as they appear.
#[derive(Default)]
struct Slots(HashMap<usize, Slot>);

impl Slots {
    fn define(&mut self, value: Val<'_>) -> Slot {
        let next = self.0.len();
        *self.0.entry(ir::value_key(value)).or_insert(next)
    }

    fn find(&self, value: Val<'_>) -> Option<Slot> {
        self.0.get(&ir::value_key(value)).copied()
    }
}

impl<'c> Interpreter<'c> {
    /// Prepares a function of level 0 to 3. Fails on ops of other levels and on a constant whose elements are
    /// elided.
    pub fn new(function: Function<'c>) -> Result<Self, InterpError> {
        let mut slots = Slots::default();
        let arguments = function.arguments();
        let arguments = arguments
            .into_iter()
            .map(|value| (slots.define(value), ir::type_of(value)));
        let arguments: Vec<_> = arguments.collect();
        let mut steps = Vec::new();
        let mut budget = Budget::default();
        let functions = ir::block_of(function.op()).map(ir::functions_in);
        let functions = functions.unwrap_or_default();
        for op in function.ops() {
            let operands = op
                .operands()
                .map(|operand| slots.find(ir::val(operand)))
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| step::error(op, "uses a value before the op that makes it"))?;
            let results = op.results().map(ir::val);
            let results = results
                .map(|value| (slots.define(value), ir::type_of(value)))
                .collect();
            steps.push(Step {
                op,
                action: Action::of(op, &functions, &mut budget)?,
                operands,
                results,
                dead: Vec::new(),
            });
        }
        let returned = function
            .returned()
            .into_iter()
            .map(|value| slots.find(value))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| step::error(function.op(), "returns a value that no op makes"))?;
        let mut stored = vec![None; slots.0.len()];
        for step in &steps {
            if let (Action::Stored, Some((slot, _))) = (&step.action, step.results.first()) {
                stored[*slot] = Some(step.op);
            }
        }
        note_last_uses(&mut steps, &returned, stored.len());
        Ok(Self {
            arguments,
            steps,
            returned,
            stored,
        })
    }

    /// Runs the function; `observe` sees every op that depends on the sample or could. Fails if the values that are needed
    /// at once take too much memory.
    pub fn run(
        &self,
        inputs: &[Tensor],
        observe: Observer<'_, 'c>,
    ) -> Result<Vec<Tensor>, InterpError> {
        let mut values: Vec<Option<&Tensor>> = vec![None; self.slots()];
        self.take_inputs(inputs, &mut values)?;
        let mut computed: Vec<Option<Tensor>> = vec![None; self.slots()];
        let mut budget = Budget::default();
        for step in &self.steps {
            if let (Action::Constant(value), Some((slot, _))) = (&step.action, step.results.first())
            {
                values[*slot] = Some(value);
            }
        }
        for step in &self.steps {
            if matches!(
                step.action,
                Action::Constant(_) | Action::Stored | Action::Absent
            ) {
                continue;
            }
            self.read_stored(&step.operands, &mut computed, &mut budget)?;
            let operands: Vec<Option<&Tensor>> = step
                .operands
                .iter()
                .map(|&slot| computed[slot].as_ref().or(values[slot]))
                .collect();
            for r#type in step.result_types(&operands) {
                let room = budget.take(&r#type);
                room.map_err(|error| step::error(step.op, error.to_string()))?;
            }
            let mut results = step.eval(&operands)?;
            observe(step.op, &operands, &mut results);
            for ((slot, _), tensor) in step.results.iter().zip(results) {
                computed[*slot] = Some(tensor);
            }
            for &slot in &step.dead {
                if let Some(tensor) = computed[slot].take() {
                    budget.release(&TensorType::of(&tensor));
                }
            }
        }
        self.read_stored(&self.returned, &mut computed, &mut budget)?;
        self.returned
            .iter()
            .map(|&slot| {
                computed[slot]
                    .clone()
                    .or_else(|| values[slot].cloned())
                    .ok_or_else(|| {
                        let message = "'return' op has an operand without a value".to_owned();
                        InterpError::Op {
                            node: "return".into(),
                            message,
                        }
                    })
            })
            .collect()
    }

    /// Reads those of some values that are large constants and have not been read.
    fn read_stored(
        &self,
        slots: &[Slot],
        values: &mut [Option<Tensor>],
        budget: &mut Budget,
    ) -> Result<(), InterpError> {
        for &slot in slots {
            if let (Some(op), None) = (self.stored[slot], &values[slot]) {
                if let Some(r#type) = op
                    .result(0)
                    .ok()
                    .and_then(|value| ir::type_of(ir::val(value)))
                {
                    let room = budget.take(&r#type);
                    room.map_err(|error| step::error(op, error.to_string()))?;
                }
                values[slot] = Some(step::read_constant(op)?);
            }
        }
        Ok(())
    }

    /// The ops in order, for whoever keeps the values of a run in order to run a part of it again.
    pub fn steps(&self) -> &[Step<'c>] {
        &self.steps
    }

    /// The values that the function takes.
    pub fn arguments(&self) -> impl Iterator<Item = Slot> {
        self.arguments.iter().map(|(slot, _)| *slot)
    }

    /// The values that the function returns.
    pub fn returned(&self) -> &[Slot] {
        &self.returned
    }

    /// Number of values.
    pub fn slots(&self) -> usize {
        self.stored.len()
    }

    fn take_inputs<'t>(
        &self,
        inputs: &'t [Tensor],
        values: &mut [Option<&'t Tensor>],
    ) -> Result<(), InterpError> {
        let mismatch = |index: usize, expected: String, found: Option<&Tensor>| {
            let found = found.map_or("nothing".to_owned(), |found| {
                describe(&TensorType::of(found))
            });
            Err(InterpError::Input {
                index,
                expected,
                found,
            })
        };
        for (index, (slot, expected)) in self.arguments.iter().enumerate() {
            match (expected, inputs.get(index)) {
                (Some(expected), Some(found)) if *expected == TensorType::of(found) => {
                    values[*slot] = Some(found);
                }
                (Some(expected), found) => return mismatch(index, describe(expected), found),
                (None, found) => return mismatch(index, "a static shape".to_owned(), found),
            }
        }
        match inputs.get(self.arguments.len()) {
            None => Ok(()),
            extra => mismatch(self.arguments.len(), "no more inputs".to_owned(), extra),
        }
    }
}

impl<'c> Step<'c> {
    /// The op.
    pub fn op(&self) -> Op<'c> {
        self.op
    }

    /// The name of the ONNX node that the op belongs to, or else of the op.
    pub fn node(&self) -> Foreign {
        step::node(self.op)
    }

    /// The error that evaluating the op in another way gave.
    pub fn failed(&self, error: EvalError) -> InterpError {
        InterpError::Op {
            node: self.node(),
            message: error.to_string(),
        }
    }

    /// The op as a value, if it is of levels 0 and 1.
    pub fn graph(&self) -> Option<&GraphOp> {
        match &self.action {
            Action::Graph(graph) => Some(graph),
            _ => None,
        }
    }

    /// The value of a constant.
    pub fn constant(&self) -> Option<&Tensor> {
        match &self.action {
            Action::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The values it reads. One that no step makes is absent.
    pub fn operands(&self) -> &[Slot] {
        &self.operands
    }

    /// The values it makes.
    pub fn results(&self) -> impl Iterator<Item = Slot> {
        self.results.iter().map(|(slot, _)| *slot)
    }

    /// The types of the results on these operands; none if they are not known before it is evaluated.
    fn result_types(&self, operands: &[Option<&Tensor>]) -> Vec<TensorType> {
        let declared = self.results.iter().map(|(_, r#type)| r#type.clone());
        let declared = declared.collect::<Option<Vec<_>>>();
        declared
            .or_else(|| self.action.infer(operands))
            .unwrap_or_default()
    }

    /// The results on these operands, of the types that the op declares. Constants and absent operands are not
    /// evaluated: they have no operands and their values are known.
    pub fn eval(&self, operands: &[Option<&Tensor>]) -> Result<Vec<Tensor>, InterpError> {
        let results = self.action.eval(self.op, operands)?;
        self.check(&results)?;
        Ok(results)
    }

    /// Checks the results against the types that the op declares: the oracle trusts no pass.
    fn check(&self, results: &[Tensor]) -> Result<(), InterpError> {
        if results.len() != self.results.len() {
            let (found, expected) = (results.len(), self.results.len());
            return Err(step::error(
                self.op,
                format!("gave {found} results, expected {expected}"),
            ));
        }
        for (tensor, (_, expected)) in results.iter().zip(&self.results) {
            let found = TensorType::of(tensor);
            if let Some(expected) = expected.as_ref().filter(|expected| **expected != found) {
                let (found, expected) = (describe(&found), describe(expected));
                return Err(step::error(
                    self.op,
                    format!("gave {found}, expected {expected}"),
                ));
            }
        }
        Ok(())
    }
}

/// Notes after which op each value can be freed.
fn note_last_uses(steps: &mut [Step<'_>], returned: &[Slot], slots: usize) {
    let mut needed_later = vec![false; slots];
    for &slot in returned {
        needed_later[slot] = true;
    }
    for step in steps.iter_mut().rev() {
        // A result that nothing uses dies where it is made.
        let made = step.results.iter().map(|(slot, _)| *slot);
        for slot in step.operands.iter().copied().chain(made) {
            if !needed_later[slot] {
                needed_later[slot] = true;
                step.dead.push(slot);
            }
        }
    }
}

fn describe(ty: &TensorType) -> String {
    let extents: Vec<_> = ty.shape.iter().map(|extent| format!("{extent}x")).collect();
    format!("tensor<{}{}>", extents.concat(), ty.element)
}
