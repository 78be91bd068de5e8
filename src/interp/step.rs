//! One op of a function, decoded once so that running it on many samples only evaluates.

use qonnx_dialects::dataflow;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Function, NoElements, Node, Op};
use qonnx_dialects::memory::{self, Budget};
use qonnx_dialects::tensor::{Element, Tensor};
use qonnx_dialects::text::Foreign;
use qonnx_dialects::value::{TensorType, ValueInfo};
use qonnx_dialects::values::Values;
use qonnx_dialects::{onnx, qint, upstream};

use super::InterpError;
use super::hardware::Network;

/// Integers of levels 2 and 3 are kept as tensors, eight bytes each, until constants take so many bytes. Further ones are read
/// from their attributes, where weights have the size that they need, whenever a run comes to an op that uses them.
const KEPT: u64 = 64 << 20;

/// What an op does, with everything that its attributes and types say.
pub(super) enum Action {
    /// A constant; its value is known before the first sample.
    Constant(Tensor),
    /// One of very many integers of levels 2 and 3, or one that nothing uses: its value is read when it is needed.
    Stored,
    /// An absent operand of a graph op: it has no value.
    Absent,
    /// `tensor.empty`.
    Empty(TensorType),
    /// An op of levels 0 and 1.
    Graph(GraphOp),
    /// A `qint` op with its result type, and what its result can be.
    Qint(qint::Op, TensorType, Option<Values>),
    /// An upstream op with its result type.
    /// Beyond its elements, its type may say which integers they are.
    Upstream(upstream::Op, TensorType, Option<Values>),
    /// A network of hardware layers.
    Hardware(Network),
}

impl Action {
    /// Decodes an op. Fails on ops that no level of the compiler has, on constants whose elements the text
    /// elides or that there is no room for, and on integer ops without a static shape.
    pub(super) fn of(
        op: Op<'_>,
        functions: &[Function<'_>],
        budget: &mut Budget,
    ) -> Result<Self, InterpError> {
        if onnx::is_none(op) {
            return Ok(Self::Absent);
        }
        let result = op.result(0).ok().map(ir::val);
        if onnx::is_constant(op) || upstream::is_constant(op) {
            let r#type = result.and_then(ir::type_of);
            let large = r#type.as_ref().is_some_and(|r#type| {
                upstream::is_constant(op)
                    && matches!(r#type.element, Element::Int { width: ..=32, .. })
                    && budget.used().saturating_add(memory::bytes_of(r#type)) > KEPT
            });
            if large || ir::has_no_uses(op) {
                let there = result
                    .and_then(ir::constant_attribute)
                    .and_then(ir::elements_type);
                return match there {
                    Some(_) => Ok(Self::Stored),
                    None => Err(error(op, NoElements::Absent.to_string())),
                };
            }
            // A constant of equal elements takes more room here than in its attribute.
            if let Some(r#type) = r#type {
                let room = budget.take(&r#type);
                room.map_err(|too_large| error(op, too_large.to_string()))?;
            }
            return read_constant(op).map(Self::Constant);
        }
        if let Some(graph) = GraphOp::read(op) {
            return Ok(Self::Graph(graph));
        }
        let r#type = || {
            result
                .and_then(ir::type_of)
                .ok_or_else(|| error(op, "has no result of static shape, expected one"))
        };
        if upstream::is_empty(op) {
            return Ok(Self::Empty(r#type()?));
        }
        if let Some(qint) = qint::Op::read(op) {
            return Ok(Self::Qint(qint, r#type()?, result.and_then(ir::values_of)));
        }
        if let Some(upstream) = upstream::Op::read(op) {
            let values = result.and_then(ir::encoded_values);
            return Ok(Self::Upstream(upstream, r#type()?, values));
        }
        if let Some(run) = dataflow::Run::read(op) {
            return Network::of(op, &run, functions).map(Self::Hardware);
        }
        Err(error(
            op,
            "is of no level that can be interpreted, expected levels 0 to 3",
        ))
    }

    /// The types of the results on these operands, where they are not known without them.
    pub(super) fn infer(&self, operands: &[Option<&Tensor>]) -> Option<Vec<TensorType>> {
        let Self::Graph(graph) = self else {
            return None;
        };
        let types: Vec<Option<TensorType>> = operands
            .iter()
            .map(|operand| operand.map(TensorType::of))
            .collect();
        let infos: Vec<Option<ValueInfo<'_>>> = types
            .iter()
            .zip(operands)
            .map(|(ty, value)| ty.as_ref().map(|ty| ValueInfo { ty, value: *value }))
            .collect();
        graph.infer(&infos).ok()
    }

    /// The results on these operands; absent ones are `None`. Constants and absent operands have none, their
    /// values do not depend on the sample.
    pub(super) fn eval(
        &self,
        op: Op<'_>,
        operands: &[Option<&Tensor>],
    ) -> Result<Vec<Tensor>, InterpError> {
        let present = || {
            operands
                .iter()
                .copied()
                .collect::<Option<Vec<&Tensor>>>()
                .ok_or_else(|| error(op, "has an operand without a value, expected a tensor"))
        };
        let outcome = match self {
            Self::Constant(_) | Self::Stored | Self::Absent => return Ok(Vec::new()),
            // Nothing reads what is not initialised; zeros keep runs reproducible.
            Self::Empty(result) => return Ok(vec![Tensor::zeros(result)]),
            Self::Graph(graph) => graph.eval(operands),
            Self::Qint(qint, result, values) => {
                let value = qint.eval(&present()?, result);
                if let (Ok(value), Some(values)) = (&value, values) {
                    check(op, value, *values)?;
                }
                value.map(|value| vec![value])
            }
            Self::Upstream(upstream, result, values) => {
                let value = upstream.eval(&present()?, result);
                if let (Ok(value), Some(values)) = (&value, values) {
                    check(op, value, *values)?;
                }
                value.map(|value| vec![value])
            }
            Self::Hardware(network) => return network.eval(op, &present()?),
        };
        outcome.map_err(|error| InterpError::Op {
            node: node(op),
            message: error.to_string(),
        })
    }
}

/// Checks that integers are what their type says.
fn check(op: Op<'_>, integers: &Tensor, values: Values) -> Result<(), InterpError> {
    let mut numbers = integers.as_int().unwrap_or_default().iter();
    match numbers.find(|&&n| !values.contains(Values::one(n))) {
        None => Ok(()),
        Some(n) => {
            let message = format!("gave {n}, and its result holds {values}");
            Err(error(op, message))
        }
    }
}

/// The value of a constant op.
pub(super) fn read_constant(op: Op<'_>) -> Result<Tensor, InterpError> {
    let result = op.result(0).ok().map(ir::val);
    let value = result.map_or(Err(NoElements::Absent), ir::constant_elements);
    value.map_err(|reason| error(op, reason.to_string()))
}

/// The name of the ONNX node that an op belongs to, or else of the op.
pub(super) fn node(op: Op<'_>) -> Foreign {
    Node::of(op).name
}

/// An error about an op; `message` goes on after the op's name.
pub(super) fn error(op: Op<'_>, message: impl AsRef<str>) -> InterpError {
    let message = format!("'{}' op {}", ir::op_name(op), message.as_ref());
    InterpError::Op {
        node: node(op),
        message,
    }
}
