//! Constants of the graph during conversion.

use melior::ir::{Attribute, Location};
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir;
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::value::TensorType;
use std::rc::Rc;

use crate::analysis::scaled_int::ScaledConstant;

/// Ops that are evaluated anew when a constant is asked for, one after the other; more are evaluated at once.
const MAX_DEFERRED: usize = 8;

/// A constant of the graph. Weights are looked at as integers, and in no other way in most networks: their float form
/// is made when it is asked for and not kept.
#[derive(Clone)]
pub struct Constant<'c> {
    /// The type of the carriers.
    pub r#type: TensorType,
    /// The same as scaled integers, if it came from a quantizer.
    pub int: Option<Rc<ScaledConstant>>,
    /// Why it has none although a quantizer made it, or what it is made of.
    pub unscaled: Option<Rc<str>>,
    /// Where it was made.
    pub location: Location<'c>,
    /// Where its elements are.
    pub(super) source: Source<'c>,
}

/// Where the elements are.
#[derive(Clone)]
pub(super) enum Source<'c> {
    /// In the attribute of a constant op.
    Attribute(Attribute<'c>),
    /// Here.
    Tensor(Rc<Tensor>),
    /// In the result of an op on constants.
    Deferred(Rc<Deferred<'c>>),
}

pub(super) struct Deferred<'c> {
    op: GraphOp,
    operands: Vec<Option<Constant<'c>>>,
    depth: usize,
}

impl<'c> Constant<'c> {
    /// Of a constant op, whose elements are known.
    pub fn of_attribute(value: Attribute<'c>, r#type: TensorType, location: Location<'c>) -> Self {
        Self {
            r#type,
            int: None,
            unscaled: None,
            location,
            source: Source::Attribute(value),
        }
    }

    /// Of elements.
    pub fn of_tensor(value: Tensor, location: Location<'c>) -> Self {
        Self {
            r#type: TensorType::of(&value),
            int: None,
            unscaled: None,
            location,
            source: Source::Tensor(Rc::new(value)),
        }
    }

    /// The result of an op on constants whose scaled integers are known. `None` if it is to be evaluated at once, so that
    /// its operands need not be kept.
    pub fn deferred(
        op: &GraphOp,
        operands: &[Option<Self>],
        int: &Rc<ScaledConstant>,
        r#type: &TensorType,
        location: Location<'c>,
    ) -> Option<Self> {
        let depth = 1 + operands.iter().flatten().map(Self::depth).max()?;
        (depth <= MAX_DEFERRED).then(|| Self {
            r#type: r#type.clone(),
            int: Some(Rc::clone(int)),
            unscaled: None,
            location,
            source: Source::Deferred(Rc::new(Deferred {
                op: op.clone(),
                operands: operands.to_vec(),
                depth,
            })),
        })
    }

    fn depth(&self) -> usize {
        match &self.source {
            Source::Deferred(deferred) => deferred.depth,
            _ => 0,
        }
    }

    /// The attribute that holds the elements, if there is one.
    pub fn attribute(&self) -> Option<Attribute<'c>> {
        match self.source {
            Source::Attribute(attribute) => Some(attribute),
            _ => None,
        }
    }

    /// The numbers that occur: of equal elements that an attribute has once the one, without dimensions, else all.
    pub fn numbers(&self) -> Result<Rc<Tensor>, String> {
        let numbers = self.attribute().and_then(ir::read_numbers);
        numbers.map_or_else(|| self.tensor(), |numbers| Ok(Rc::new(numbers)))
    }

    /// The elements. Fails if the op that makes them does, or if there is no room for them.
    pub fn tensor(&self) -> Result<Rc<Tensor>, String> {
        match &self.source {
            Source::Attribute(attribute) => ir::read_elements(*attribute)
                .map(Rc::new)
                .map_err(|error| format!("a constant {error}")),
            Source::Tensor(tensor) => Ok(Rc::clone(tensor)),
            Source::Deferred(deferred) => {
                let results = evaluate(&deferred.op, &deferred.operands)?;
                let result = results.into_iter().next();
                result
                    .map(Rc::new)
                    .ok_or_else(|| "a constant has no value".to_owned())
            }
        }
    }
}

/// The results of an op on constants.
pub fn evaluate(op: &GraphOp, operands: &[Option<Constant<'_>>]) -> Result<Vec<Tensor>, String> {
    let values = tensors(operands)?;
    let values: Vec<Option<&Tensor>> = values.iter().map(Option::as_deref).collect();
    op.eval(&values).map_err(|error| error.to_string())
}

/// The elements of constants.
pub fn tensors(operands: &[Option<Constant<'_>>]) -> Result<Vec<Option<Rc<Tensor>>>, String> {
    let operands = operands.iter();
    operands
        .map(|operand| operand.as_ref().map(Constant::tensor).transpose())
        .collect()
}
