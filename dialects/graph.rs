//! Level 0 and 1 ops of any dialect under one roof, as the importer, the passes and the interpreter see them.

use melior::Context;
use melior::ir::operation::OperationLike;
use melior::ir::{Location, Type, TypeLike, ValueLike, operation::Operation};

use crate::error::EvalError;
use crate::ir::{self, Val};
use crate::monotone::Monotonicity;
use crate::tensor::{Element, Tensor};
use crate::value::{TensorType, ValueInfo};
use crate::{onnx, qonnx};

/// Constants up to this many elements are looked at when types are inferred: shapes, axes, bit widths.
const SMALL: usize = 64;
/// Likewise of the type of shapes: no value has as many dimensions.
const LONG: usize = 1 << 16;

/// An op of the `onnx` or `qonnx` dialect. Constants and absent inputs are not among them.
#[derive(Clone, Debug, PartialEq)]
pub enum GraphOp {
    /// A standard ONNX op.
    Onnx(onnx::Op),
    /// A quantizer of QONNX.
    Qonnx(qonnx::Op),
}

impl From<onnx::Op> for GraphOp {
    fn from(op: onnx::Op) -> Self {
        Self::Onnx(op)
    }
}

impl From<qonnx::Op> for GraphOp {
    fn from(op: qonnx::Op) -> Self {
        Self::Qonnx(op)
    }
}

impl GraphOp {
    /// Reads an op in place; `None` if it is of another kind.
    pub fn read(op: ir::Op<'_>) -> Option<Self> {
        onnx::Op::read(op)
            .map(Self::Onnx)
            .or_else(|| qonnx::Op::read(op).map(Self::Qonnx))
    }

    /// Name as ONNX and QONNX spell it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Onnx(op) => op.name(),
            Self::Qonnx(op) => op.name(),
        }
    }

    /// The least and the greatest number of operands, absent optional ones at the end not counted.
    pub fn arity(&self) -> (usize, usize) {
        match self {
            Self::Onnx(op) => op.arity(),
            Self::Qonnx(op) => op.arity(),
        }
    }

    /// The results of the op.
    pub fn eval(&self, operands: &[Option<&Tensor>]) -> Result<Vec<Tensor>, EvalError> {
        match self {
            Self::Onnx(op) => op.eval(operands),
            Self::Qonnx(op) => op.eval(operands),
        }
    }

    /// The types of the results.
    pub fn infer(&self, operands: &[Option<ValueInfo<'_>>]) -> Result<Vec<TensorType>, EvalError> {
        match self {
            Self::Onnx(op) => op.infer(operands),
            Self::Qonnx(op) => op.infer(operands),
        }
    }

    /// The results, if they are known at compile time.
    pub fn fold(
        &self,
        operands: &[Option<ValueInfo<'_>>],
    ) -> Result<Option<Vec<Tensor>>, EvalError> {
        match self {
            Self::Onnx(op) => op.fold(operands),
            Self::Qonnx(op) => op.fold(operands),
        }
    }

    /// How the result moves with operand number `operand`, the others being constants.
    pub fn monotonicity(&self, operand: usize, operands: &[Option<ValueInfo<'_>>]) -> Monotonicity {
        match self {
            Self::Onnx(op) => op.monotonicity(operand, operands),
            Self::Qonnx(op) => op.monotonicity(operand, operands),
        }
    }

    /// About how many multiplications, comparisons or copies of elements evaluating the op takes; saturates.
    pub fn work(&self, operands: &[Option<&TensorType>], results: &[TensorType]) -> u64 {
        let elements = |ty: &TensorType| ty.elements().map_or(u64::MAX, |count| count as u64);
        let read = operands.iter().flatten().map(|ty| elements(ty));
        let made = results.iter().map(elements).fold(0, u64::saturating_add);
        let moved = read.fold(made, u64::saturating_add);
        match self {
            Self::Onnx(op) => moved.saturating_add(made.saturating_mul(op.terms(operands))),
            Self::Qonnx(_) => moved,
        }
    }

    /// Whether the op may give NaN on finite operands because of a constant.
    pub fn makes_nan(&self, operands: &[Option<ValueInfo<'_>>]) -> bool {
        match self {
            Self::Onnx(op) => op.makes_nan(operands),
            Self::Qonnx(op) => op.makes_nan(operands),
        }
    }

    /// Whether every result element depends on one element of each operand.
    pub fn is_elementwise(&self) -> bool {
        match self {
            Self::Onnx(op) => op.is_elementwise(),
            Self::Qonnx(op) => op.is_elementwise(),
        }
    }

    /// Whether inference checks each element of an operand alone, however many there are.
    fn checks_value(&self, operand: usize) -> bool {
        match self {
            Self::Onnx(op) => matches!((op, operand), (onnx::Op::Gather { .. }, 1)),
            Self::Qonnx(op) => op.checks_value(operand),
        }
    }

    /// Infers the types of the results of an op in place. `None` if the type of an operand is not known, or
    /// the value of one that the shape depends on.
    pub fn infer_in_place(&self, op: ir::Op<'_>) -> Option<Result<Vec<TensorType>, EvalError>> {
        let operands: Vec<Val<'_>> = op.operands().map(ir::val).collect();
        let mut known = Vec::with_capacity(operands.len());
        for &operand in &operands {
            if operand.r#type().is_none() {
                known.push(None);
                continue;
            }
            let r#type = ir::type_of(operand)?;
            let value = match r#type.elements() {
                Some(..=SMALL) => ir::constant_tensor(operand),
                _ if self.checks_value(known.len()) => ir::constant_numbers(operand),
                Some(..=LONG) if r#type.element == Element::I64 => ir::constant_tensor(operand),
                _ => None,
            };
            known.push(Some((r#type, value)));
        }
        let infos: Vec<_> = known
            .iter()
            .map(|entry| {
                let (ty, value) = entry.as_ref()?;
                Some(ValueInfo {
                    ty,
                    value: value.as_ref(),
                })
            })
            .collect();
        match self.infer(&infos) {
            Err(EvalError::NotConstant { .. }) => None,
            outcome => Some(outcome),
        }
    }

    /// Builds the op.
    pub fn build<'c>(
        &self,
        context: &'c Context,
        operands: &[Val<'c>],
        results: &[Type<'c>],
        location: Location<'c>,
    ) -> Operation<'c> {
        match self {
            Self::Onnx(op) => op.build(context, operands, results, location),
            Self::Qonnx(op) => op.build(context, operands, results, location),
        }
    }
}
