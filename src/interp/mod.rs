//! The reference interpreter: levels 0, 1 and 2 by walking the function.
//!
//! Every op has its one meaning beside its definition (`eval` in `dialects/`); the interpreter only moves values
//! between them. It is the oracle that passes and backends are checked against, so it does nothing clever.

use melior::ir::operation::OperationLike;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Function, Op, Val};
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::value::TensorType;
use qonnx_dialects::{onnx, qint, upstream};
use std::collections::HashMap;

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
    #[error("node '{node}': {message}")]
    Op {
        /// Name of the ONNX node.
        node: String,
        /// What is wrong.
        message: String,
    },
}

/// Sees every op that was evaluated: the op, its operands (absent ones are `None`) and its results.
pub type Observer<'o, 'c> = &'o mut dyn FnMut(Op<'c>, &[Option<&Tensor>], &[Tensor]);

/// A function prepared for running on many samples: constants are read once.
pub struct Interpreter<'c> {
    function: Function<'c>,
    ops: Vec<Op<'c>>,
    /// Values of constant ops.
    constants: HashMap<usize, Tensor>,
    /// For each op, the values that no later op uses.
    dead_after: Vec<Vec<usize>>,
}

impl<'c> Interpreter<'c> {
    /// Prepares a function. Fails on a constant whose elements are elided.
    pub fn new(function: Function<'c>) -> Result<Self, InterpError> {
        let ops = function.ops();
        let mut constants = HashMap::new();
        for op in &ops {
            if onnx::is_constant(*op) || upstream::is_constant(*op) {
                let result = ir::val(op.result(0).map_err(|error| at(*op, error))?);
                let value = ir::constant_tensor(result)
                    .ok_or_else(|| at(*op, "the elements of this constant are elided"))?;
                constants.insert(ir::value_key(result), value);
            }
        }
        let mut last_use: HashMap<usize, usize> = HashMap::new();
        for (number, op) in ops.iter().enumerate() {
            for operand in op.operands().map(ir::val) {
                last_use.insert(ir::value_key(operand), number);
            }
        }
        for value in function.returned() {
            last_use.remove(&ir::value_key(value));
        }
        let mut dead_after = vec![Vec::new(); ops.len()];
        let mut uses: Vec<_> = last_use.into_iter().collect();
        uses.sort_unstable();
        for (value, number) in uses {
            dead_after[number].push(value);
        }
        Ok(Self { function, ops, constants, dead_after })
    }

    /// Runs the function; `observe` sees every op.
    pub fn run(&self, inputs: &[Tensor], observe: Observer<'_, 'c>) -> Result<Vec<Tensor>, InterpError> {
        let arguments = self.function.arguments();
        let mut values: HashMap<usize, Tensor> = HashMap::new();
        for (index, argument) in arguments.iter().enumerate() {
            let expected = ir::type_of(*argument);
            let found = inputs.get(index);
            match (&expected, found) {
                (Some(expected), Some(found)) if *expected == TensorType::of(found) => {
                    values.insert(ir::value_key(*argument), found.clone());
                }
                _ => {
                    return Err(InterpError::Input {
                        index,
                        expected: expected.map_or("a static shape".to_owned(), |ty| describe(&ty)),
                        found: found.map_or("nothing".to_owned(), |found| describe(&TensorType::of(found))),
                    });
                }
            }
        }
        for (number, op) in self.ops.iter().enumerate() {
            let results = self.eval(*op, &values)?;
            observe(*op, &self.operands(*op, &values), &results);
            for (result, tensor) in results.into_iter().enumerate() {
                let value = ir::val(op.result(result).map_err(|error| at(*op, error))?);
                values.insert(ir::value_key(value), tensor);
            }
            for dead in &self.dead_after[number] {
                values.remove(dead);
            }
        }
        self.function
            .returned()
            .into_iter()
            .map(|value| {
                self.value(&values, value).cloned().ok_or_else(|| InterpError::Op {
                    node: "return".to_owned(),
                    message: "a returned value was not computed".to_owned(),
                })
            })
            .collect()
    }

    fn value<'a>(&'a self, values: &'a HashMap<usize, Tensor>, value: Val<'c>) -> Option<&'a Tensor> {
        let key = ir::value_key(value);
        values.get(&key).or_else(|| self.constants.get(&key))
    }

    fn operands<'a>(&'a self, op: Op<'c>, values: &'a HashMap<usize, Tensor>) -> Vec<Option<&'a Tensor>> {
        op.operands().map(|operand| self.value(values, ir::val(operand))).collect()
    }

    /// The results of one op; none for constants, absent inputs and uninitialised tensors' placeholders.
    fn eval(&self, op: Op<'c>, values: &HashMap<usize, Tensor>) -> Result<Vec<Tensor>, InterpError> {
        if onnx::is_constant(op) || upstream::is_constant(op) || onnx::is_none(op) {
            return Ok(Vec::new());
        }
        let operands = self.operands(op, values);
        if let Some(graph) = GraphOp::read(op) {
            return graph.eval(&operands).map_err(|error| at(op, error));
        }
        let result = op
            .result(0)
            .ok()
            .and_then(|result| ir::type_of(ir::val(result)))
            .ok_or_else(|| at(op, "the result has no static shape"))?;
        if upstream::is_empty(op) {
            // What is not initialised is never read; zeros keep runs reproducible.
            return Ok(vec![Tensor::zeros(&result)]);
        }
        let operands = operands
            .into_iter()
            .collect::<Option<Vec<&Tensor>>>()
            .ok_or_else(|| at(op, "an operand was not computed"))?;
        if let Some(qint) = qint::Op::read(op) {
            let operand = operands.first().ok_or_else(|| at(op, "it has no operand"))?;
            return qint.eval(operand, &result).map(|value| vec![value]).map_err(|error| at(op, error));
        }
        if let Some(upstream) = upstream::Op::read(op) {
            return upstream.eval(&operands, &result).map(|value| vec![value]).map_err(|error| at(op, error));
        }
        Err(at(op, format!("'{}' op cannot be interpreted", ir::op_name(op))))
    }
}

fn at(op: Op<'_>, message: impl ToString) -> InterpError {
    let node = ir::node_name(op.location()).unwrap_or_else(|| ir::op_name(op));
    InterpError::Op { node, message: message.to_string() }
}

fn describe(ty: &TensorType) -> String {
    let extents: Vec<_> = ty.shape.iter().map(|extent| format!("{extent}x")).collect();
    format!("{}{}", extents.concat(), ty.element)
}
